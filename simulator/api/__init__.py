"""ALeRCE's HTTP services, answering for the objects of a simulated night."""

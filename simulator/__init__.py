"""A simulated night: physical light curves, ALeRCE's exact wire formats, and its REST API."""

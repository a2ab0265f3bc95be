"""alertwatch follows the ALeRCE broker's alert streams, runs science filters and keeps every match."""

__version__ = "0.1.0"

"""Where matches are delivered to: one file per destination."""

"""The built-in filters: one file per science case. Drop a file here and it exists."""

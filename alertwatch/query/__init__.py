"""Questions to the database of matches: `Selection` says which, `frames` gives the answers as tables.

Read-only: asking changes nothing, while the service writes or after it. `import alertwatch` has the functions.
"""

"""Enrichment: what a message lacks is looked up at ALeRCE, candidate by candidate.

`http` is one API as the outside world: time-outs, retries, limits, a circuit breaker, a cache. `alerce_ztf` and
`alerce_lsst` know the paths and fields; `ztf` and `lsst` which of them an alert needs and when an answer can be
trusted; `enrich` is what both share; `worker` takes candidates from the database, has them completed and
judged, and settles them.
"""

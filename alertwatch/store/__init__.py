"""The database: tables, migrations and the transactions that the service, the queries and the web share.

`Store` opens it; the modules beside it (`positions`, `candidates`, `verdicts`, …) are functions over one
transaction ``tx``, so that whoever writes can show on one screen what is stored together.
"""

from alertwatch.store.store import Store

__all__ = ["Store"]

"""The database: tables, migrations and the transactions that the service, the queries and the web share.

`Store` opens it, `Reader` for reading alone; the modules beside them (`positions`, `candidates`, `verdicts`, …)
are functions over one transaction ``tx``: whoever writes can show on one screen what is stored together.
"""

from alertwatch.store.reader import Reader
from alertwatch.store.store import Store

__all__ = ["Reader", "Store"]

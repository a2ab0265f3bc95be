"""The database: tables, migrations and the transactions that the service, the queries and the web share."""

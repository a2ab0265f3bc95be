"""Databases to test on: SQLite everywhere, a real PostgreSQL where Docker runs."""

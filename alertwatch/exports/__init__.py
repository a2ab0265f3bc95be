"""Matches in the forms that other services take: one file per service, pure functions without I/O."""

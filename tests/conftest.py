"""Fixtures for every test: which broker, which database, and a closed network."""

pytest_plugins = ["tests.support.kafka", "tests.support.databases"]

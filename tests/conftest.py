"""Fixtures for every test: which broker, which database, and a closed network."""

import os

pytest_plugins = ["tests.support.kafka", "tests.support.databases"]

# Tests start hundreds of Python processes: without bytecode on disk, each of them compiles every library anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

"""Writer schemas of messages that come without one. Names, types and order of the fields, no more.

ALeRCE's are those of its pipeline's output; Rubin's were written from the field lists of its alert packets.
"""

from __future__ import annotations

from importlib import resources


def load(name: str) -> bytes:
    """The JSON of ``name``.avsc; raises `FileNotFoundError`."""
    return resources.files(__name__).joinpath(f"{name}.avsc").read_bytes()


def names() -> list[str]:
    """Names of all schemas here."""
    files = resources.files(__name__).iterdir()
    return sorted(file.name.removesuffix(".avsc") for file in files if file.name.endswith(".avsc"))

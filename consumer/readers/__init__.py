"""Readers: one file per message format; the file's name is what the settings call it.

A reader is configured per topic pattern and never guessed from the bytes: the same pattern exists on two
clusters with two encodings, and a wrong schema can decode without an error into wrong values.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from inspect import isabstract
from typing import Any, ClassVar, TypeGuard

from alertwatch.alert import Alert, Cutouts
from alertwatch.errors import SettingsError
from alertwatch.registry import nearest


class Reader(ABC):
    """Turns the payload of one kind of message into an `Alert`; raises `DecodeError` for anything else.

    Two depths, since nearly all alerts are dropped after one look: `glance` decodes what the message says of
    the alert itself, `read` also its history and features. Both give the same ids, time and classifications.
    Stateless but for caches; safe to use from several threads.
    """

    name: ClassVar[str]
    """The file's name: stream name, settings value, database value. Set by itself."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.__module__.rpartition(".")[2]

    def split(self, payload: bytes) -> Sequence[bytes]:
        """One payload per alert: an Avro container may hold several records. Cheap when it holds one.

        Never raises: what cannot be split is left whole, for `glance` to say what is wrong with it.
        """
        return (payload,)

    @abstractmethod
    def glance(self, payload: bytes, received: float | None = None) -> Alert:
        """The alert without history and features: ids, time, position, classification, its own detection.

        ``received`` is the time of the Kafka record, MJD UTC.
        """

    @abstractmethod
    def read(self, payload: bytes, received: float | None = None) -> Alert:
        """The alert with everything that the message holds; its ``parts`` say what that is."""

    @abstractmethod
    def record(self, payload: bytes) -> dict[str, Any]:
        """The whole message as its schema has it, for a person to look at (one record)."""

    def cutouts(self, payload: bytes) -> Cutouts | None:  # noqa: ARG002 - readers of packets use it
        """The images that the message carries; ``None`` when its format has none."""
        return None


@cache
def get(name: str) -> Reader:
    """The reader in the file ``name``; raises `SettingsError` that names the nearest one."""
    try:
        return _readers()[name]()
    except KeyError:
        raise SettingsError(f"there is no reader {name!r}{nearest(name, names())}") from None


def names() -> list[str]:
    """Names of all readers."""
    return sorted(_readers())


@cache
def _readers() -> dict[str, type[Reader]]:
    """The concrete `Reader` that each file in this folder defines; files without one are helpers."""
    found: dict[str, type[Reader]] = {}
    for file in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{file.name}")
        for value in vars(module).values():
            if _is_reader(value) and value.__module__ == module.__name__:
                found[file.name] = value
    return found


def _is_reader(value: object) -> TypeGuard[type[Reader]]:
    return isinstance(value, type) and issubclass(value, Reader) and not isabstract(value)

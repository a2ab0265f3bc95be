"""Finds what can be plugged in: filters and sinks, built in, installed, or in a folder of yours.

The name of each is the name of its file, everywhere: settings, command line, database. A family says what its
members have in common.
"""

from __future__ import annotations

import copyreg
import importlib
import importlib.util
import pkgutil
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from alertwatch.errors import SettingsError
from alertwatch.filter import Filter, Parameters
from alertwatch.sink import Sink, SinkSettings


@dataclass(frozen=True)
class Family:
    """One kind of plug-in: members derive from ``base``, and ``model`` names their class of settings."""

    noun: str
    base: type
    model: str
    model_base: type[BaseModel]
    must_say: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The package whose modules are the built-in members."""
        return f"{self.noun}s"


FILTERS = Family("filter", Filter, "parameters_type", Parameters, ("streams",))
SINKS = Family("sink", Sink, "settings_type", SinkSettings)


def find(family: Family, folders: Iterable[Path] = ()) -> dict[str, type[Any]]:
    """Every member there is, by name. A name found twice is an error: nobody could say which one is meant."""
    found: dict[str, type[Any]] = {}
    for name, kind in (*_built_in(family), *_installed(family), *_in_folders(family, folders)):
        if name in found:
            both = f"{_where(found[name])} and {_where(kind)}"
            raise SettingsError(f"two {family.package} are called {name!r}: {both}; rename one")
        found[name] = kind
    return dict(sorted(found.items()))


def load_file(path: Path) -> type[Filter[Any]] | type[Sink[Any]]:
    """The filter or sink in one file outside any package. ``SettingsError`` says what is wrong with the file.

    A filter's instances can be pickled: the file is loaded wherever they arrive.
    """
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where its own annotations are looked up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise SettingsError(f"{path} does not load: {type(error).__name__}: {error}") from error
    kind = _only_one(module)
    if issubclass(kind, Filter):
        copyreg.pickle(kind, lambda made: (_from_file, (path, made.name, made.parameters.model_dump())))
    return kind


def _from_file(path: Path, name: str, parameters: dict[str, Any]) -> Filter[Any]:
    loaded = sys.modules.get(_module_name(path))
    kind = _only_one(loaded) if loaded is not None else load_file(path)
    assert issubclass(kind, Filter), "only filters are pickled"
    return kind(name, kind.parameters_type(**parameters))


def _module_name(path: Path) -> str:
    """What the module of a file outside any package is called: files of two folders may have one name."""
    return f"alertwatch_plugin_{path.stem}_{zlib.crc32(bytes(path.absolute().parent)):08x}"


def _only_one(module: ModuleType) -> type[Filter[Any]] | type[Sink[Any]]:
    """The one filter or sink that a module defines."""
    filters, sinks = _defined(module, FILTERS), _defined(module, SINKS)
    if len(filters) + len(sinks) != 1:
        raise SettingsError(
            f"{module.__file__} defines {len(filters)} filters and {len(sinks)} sinks; "
            "it must define exactly one of them"
        )
    return _sound(FILTERS, filters[0], module) if filters else _sound(SINKS, sinks[0], module)


def _built_in(family: Family) -> Iterator[tuple[str, type[Any]]]:
    package = importlib.import_module(family.package)
    for found in pkgutil.iter_modules(package.__path__):
        if not found.name.startswith("_"):
            kind = _only_one(importlib.import_module(f"{family.package}.{found.name}"))
            if issubclass(kind, family.base):
                yield found.name, kind


def _installed(family: Family) -> Iterator[tuple[str, type[Any]]]:
    for point in entry_points(group=f"alertwatch.{family.package}"):
        try:
            kind = point.load()
        except Exception as error:
            raise SettingsError(
                f"the installed {family.noun} {point.name!r} ({point.value}) cannot be loaded: {error}"
            ) from error
        yield point.name, kind


def _in_folders(family: Family, folders: Iterable[Path]) -> Iterator[tuple[str, type[Any]]]:
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(f"plugins.folders: there is no folder {folder}")
        for path in sorted(folder.glob("[!_]*.py")):
            kind = load_file(path)
            if issubclass(kind, family.base):
                yield path.stem, kind


def _defined(module: ModuleType, family: Family) -> list[type[Any]]:
    """The family's classes that a module defines, a package in any of its modules."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, family.base)
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
    ]


def _sound(family: Family, kind: type[Any], module: ModuleType) -> type[Any]:
    lacking = [name for name in (*family.must_say, family.model) if not hasattr(kind, name)]
    if lacking or not issubclass(getattr(kind, family.model), family.model_base):
        raise SettingsError(f"the {family.noun} in {module.__file__} does not say its {' and '.join(lacking)}")
    return kind


def _where(kind: type) -> str:
    """The file of a class, for a person who has to rename it."""
    module = sys.modules.get(kind.__module__)
    return getattr(module, "__file__", None) or kind.__module__

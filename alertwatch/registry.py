"""Finds filters: built in (`filters/`), installed (entry point ``alertwatch.filters``), in a folder of yours.

The name of a filter is the name of its file, everywhere: settings, command line, database.
"""

from __future__ import annotations

import copyreg
import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from alertwatch.errors import SettingsError
from alertwatch.filter import Filter, Parameters
from alertwatch.settings import Settings

FilterType = type[Filter[Any]]


def filters(folders: Iterable[Path] = ()) -> dict[str, FilterType]:
    """Every filter there is, by name. A name found twice is an error: nobody could say which one ran."""
    found: dict[str, FilterType] = {}
    for name, kind in (*_built_in(), *_installed(), *_in_folders(folders)):
        if name in found:
            raise SettingsError(
                f"two filters are called {name!r}: {found[name].__module__} and {kind.__module__}; rename one"
            )
        found[name] = kind
    return dict(sorted(found.items()))


def build(settings: Settings) -> dict[str, Filter[Any]]:
    """The configured and enabled filter instances, by their own names, parameters validated."""
    known = filters(settings.plugins.folders)
    return {
        name: instance(name, known, section.use or name, section.parameters)
        for name, section in settings.filters.items()
        if section.enabled
    }


def instance(name: str, known: dict[str, FilterType], use: str, parameters: dict[str, Any]) -> Filter[Any]:
    """One filter instance; ``SettingsError`` names the nearest filter or parameter when one is unknown."""
    if use not in known:
        raise SettingsError(f"[filters.{name}] uses {use!r}, which is no filter{nearest(use, known)}")
    kind = known[use]
    try:
        return kind(name, kind.parameters_type(**parameters))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        hint = nearest(key, kind.parameters_type.model_fields) if first["type"] == "extra_forbidden" else ""
        raise SettingsError(f"[filters.{name}] {key}: {first['msg']}{hint}") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """``"; did you mean …?"`` for a misspelt word, or what there is to choose from."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are: {', '.join(names)}"


def load_file(path: Path) -> FilterType:
    """The filter in one file outside any package. ``SettingsError`` says what is wrong with the file.

    Its instances can be pickled: the file is loaded wherever they arrive.
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
        raise SettingsError(f"the filter in {path} does not load: {type(error).__name__}: {error}") from error
    kind = _filter_in(module)
    copyreg.pickle(kind, lambda made: (_from_file, (path, made.name, made.parameters.model_dump())))
    return kind


def _from_file(path: Path, name: str, parameters: dict[str, Any]) -> Filter[Any]:
    loaded = sys.modules.get(_module_name(path))
    kind = _filter_in(loaded) if loaded is not None else load_file(path)
    return kind(name, kind.parameters_type(**parameters))


def _module_name(path: Path) -> str:
    return f"alertwatch_plugin_{path.stem}"


def _built_in() -> Iterator[tuple[str, FilterType]]:
    package = importlib.import_module("filters")
    for found in pkgutil.iter_modules(package.__path__):
        yield found.name, _filter_in(importlib.import_module(f"filters.{found.name}"))


def _installed() -> Iterator[tuple[str, FilterType]]:
    for point in entry_points(group="alertwatch.filters"):
        try:
            kind = point.load()
        except Exception as error:
            raise SettingsError(
                f"the installed filter {point.name!r} ({point.value}) cannot be loaded: {error}"
            ) from error
        yield point.name, kind


def _in_folders(folders: Iterable[Path]) -> Iterator[tuple[str, FilterType]]:
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(f"plugins.folders: there is no folder {folder}")
        for path in sorted(folder.glob("[!_]*.py")):
            yield path.stem, load_file(path)


def _filter_in(module: ModuleType) -> FilterType:
    """The one filter class that a module defines."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Filter) and value.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise SettingsError(f"{module.__file__} defines {len(own)} filters; it must define exactly one")
    kind: FilterType = own[0]
    lacking = [name for name in ("streams", "parameters_type") if not hasattr(kind, name)]
    if lacking or not issubclass(kind.parameters_type, Parameters):
        raise SettingsError(f"the filter in {module.__file__} does not say its {' and '.join(lacking)}")
    return kind

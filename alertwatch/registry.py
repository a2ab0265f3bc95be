"""Makes configured filters and sinks: finds their classes by name, and checks their own settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alertwatch import plugins
from alertwatch.errors import SettingsError
from alertwatch.filter import Filter
from alertwatch.plugins import load_file
from alertwatch.settings import ChannelSettings, FilterSettings, Settings
from alertwatch.sink import Sink

__all__ = ["build", "build_sinks", "filters", "instance", "load_file", "nearest", "sink", "sinks"]

FilterType = type[Filter[Any]]
SinkType = type[Sink[Any]]

M = TypeVar("M", bound=BaseModel)


def filters(folders: Iterable[Path] = ()) -> dict[str, FilterType]:
    """Every filter there is, by name; `SettingsError` says which file is wrong."""
    return plugins.find(plugins.FILTERS, folders)


def sinks(folders: Iterable[Path] = ()) -> dict[str, SinkType]:
    """Every sink there is, by name; `SettingsError` says which file is wrong."""
    return plugins.find(plugins.SINKS, folders)


def build(settings: Settings) -> dict[str, Filter[Any]]:
    """The configured and enabled filter instances, by their own names, parameters validated."""
    known = filters(settings.plugins.folders)
    return {
        name: instance(name, known, section.use or name, section.parameters)
        for name, section in settings.filters.items()
        if section.enabled
    }


def build_sinks(settings: Settings) -> dict[str, Sink[Any]]:
    """The sinks of the enabled channels, by the channels' names, settings validated."""
    known = sinks(settings.plugins.folders)
    return {
        name: sink(name, known, section.use or name, section.own, section.folder)
        for name, section in settings.channels.items()
        if section.enabled
    }


def instance(name: str, known: Mapping[str, FilterType], use: str, parameters: dict[str, Any]) -> Filter[Any]:
    """One filter instance; ``SettingsError`` names the nearest filter or parameter when one is unknown."""
    place = f"[filters.{name}]"
    if use not in known:
        raise SettingsError(f"{place} uses {use!r}, which is no filter{nearest(use, known)}")
    kind = known[use]
    return kind(name, _checked(place, kind.parameters_type, parameters, FilterSettings))


def sink(
    name: str, known: Mapping[str, SinkType], use: str, own: dict[str, Any], folder: Path = Path()
) -> Sink[Any]:
    """One channel's sink; relative paths among its ``own`` settings are relative to ``folder``.

    ``SettingsError`` names the nearest sink or setting when one is unknown.
    """
    place = f"[channels.{name}]"
    if use not in known:
        raise SettingsError(f"{place} uses {use!r}, which is no sink{nearest(use, known)}")
    kind = known[use]
    checked = _checked(place, kind.settings_type, own, ChannelSettings, folder)
    try:
        return kind(name, checked)
    except SettingsError as error:
        raise SettingsError(f"{place} {error}") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """``"; did you mean …?"`` for a misspelt word, or what there is to choose from."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are: {', '.join(names)}"


def _checked(
    place: str, model: type[M], own: dict[str, Any], section: type[BaseModel], folder: Path = Path()
) -> M:
    """The settings of a filter or sink; ``SettingsError`` has a line for each mistake, without its value."""
    try:
        return model.model_validate(own, context={"folder": folder})
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        known = {**section.model_fields, **model.model_fields}
        raise SettingsError("\n".join(f"{place} {_sentence(p, known)}" for p in problems)) from None


def _sentence(problem: ErrorDetails, known: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "extra_forbidden" if len(problem["loc"]) == 1:
            return f"{key}: {problem['msg']}{nearest(key, known)}"
        case "missing" if key in known:
            return f"{key} is missing ({known[key].description})"
        case "value_error" if not key:  # a complaint about the whole
            return problem["msg"].removeprefix("Value error, ")
        case _:
            return f"{key}: {problem['msg'].removeprefix('Value error, ')}"

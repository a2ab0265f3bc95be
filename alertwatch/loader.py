"""Reads the settings: the TOML file, then the environment over it; all mistakes at once, each a sentence."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as BadVariable

from alertwatch import mistakes, verification
from alertwatch.errors import SettingsError
from alertwatch.settings import Settings

DEFAULT_FILE = Path("alertwatch.toml")


def load(path: Path = DEFAULT_FILE) -> Settings:
    """The settings of one file and the environment, which wins. Relative paths are relative to the file.

    Raises `SettingsError` that lists every mistake with its place and the nearest known key.
    """
    text = _text(path)
    table = _parse(path, text)
    environment = _environment()
    everything = _merged({"database": {}} | table, environment)
    origin = mistakes.Origin(path, mistakes.line_numbers(text), environment)
    found = [*mistakes.misplaced_secrets(table, origin), *mistakes.unknown_variables(os.environ, everything)]
    try:
        settings = Settings.model_validate(everything, context={"folder": path.resolve().parent})
    except ValidationError as error:
        found += mistakes.sentences(error, origin)
    if found:
        raise SettingsError(mistakes.listed(found)) from None
    return settings


def verify(settings: Settings) -> None:
    """The checks that need readers, filters and sinks loaded; `SettingsError` lists every mistake."""
    found = list(dict.fromkeys(verification.mistakes_in(settings)))
    if found:
        raise SettingsError(mistakes.listed(found))


class _Environment(Settings, BaseSettings):
    """The settings as the environment spells them."""

    model_config = SettingsConfigDict(env_prefix=mistakes.PREFIX, env_nested_delimiter=mistakes.DELIMITER)


def _environment() -> dict[str, Any]:
    try:
        found = EnvSettingsSource(_Environment)()
    except BadVariable as error:  # says which field, never the value
        raise SettingsError(f"an {mistakes.PREFIX}… variable is not the JSON it should be: {error}") from None
    return _with_text_as_written(found)


def _with_text_as_written(found: dict[str, Any]) -> dict[str, Any]:
    """A channel's own settings as text, unless they are lists or tables: a password may look like a number."""
    written = {name.upper(): value for name, value in os.environ.items()}
    for name, channel in found.get("channels", {}).items():
        for key, value in channel.items():
            if not isinstance(value, list | dict):
                channel[key] = written.get(mistakes.variable("channels", name, key), value)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"there is no settings file {path}; `alertwatch init` writes one, --config FILE names another"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"the settings file {path} is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """``below`` with the values of ``above`` over it, table by table."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged

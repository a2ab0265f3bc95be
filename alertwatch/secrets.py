"""Secrets: from the environment or from files; never from the settings file, never in a message or a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, SecretStr

from alertwatch.errors import SettingsError
from alertwatch.settings import ChannelSettings

KAFKA_SECRETS = ("password", "secret", "token", "ssl.key.pem", "oauthbearer.config")
"""How the names of librdkafka options end whose values are secret."""

CHANNEL_SECRETS = (
    "token",
    "password",
    "secret",
    "webhook_url",
    "apprise_url",
    "authorization",
    "api_key",
)
"""How the names of a channel's settings end whose values are secret; ``-`` counts as ``_``."""

PASSWORD_IN_URL = re.compile(r"://[^/?#\s]*:(?P<login>[^/?#\s]*)@|[?&]password=(?P<option>[^&#\s]*)")


def reveal(section: BaseModel, name: str) -> str | None:
    """The secret called ``name`` ("username", "password") of one section of the settings, or ``None``.

    A value from the environment comes first, then the contents of the file that ``<name>_file`` names.
    Raises `SettingsError` when that file cannot be read or is empty.
    """
    value: SecretStr | None = getattr(section, name)
    if value is not None:
        return value.get_secret_value()
    path: Path | None = getattr(section, f"{name}_file")
    return None if path is None else _read(f"{name}_file", path)


def passwords(settings: BaseModel) -> Iterator[str]:
    """Every secret value that the settings hold or point to, for taking them out of logs.

    User names are left in: they are parts of host and group names, which a log must be able to show.
    A file that cannot be read holds nothing to hide.
    """
    for section in _sections(settings):
        for name, field in type(section).model_fields.items():
            if SecretStr in _members(field.annotation) and name != "username":
                yield from _revealed(section, name)
        for option, value in getattr(section, "kafka", {}).items():
            if is_secret_option(option):
                yield str(value)
        if isinstance(section, ChannelSettings):
            yield from _of_channel(section.own, section.folder)


def is_secret_option(option: str) -> bool:
    """Whether a librdkafka option holds a secret (``sasl.password``, ``ssl.key.password``, …)."""
    return option.endswith(KAFKA_SECRETS)


def is_channel_secret(key: str) -> bool:
    """Whether a setting of a channel, or a header in one, holds a secret (``token``, ``app_token``, …)."""
    return key.lower().replace("-", "_").endswith(CHANNEL_SECRETS)


def _of_channel(own: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The secrets among a channel's own settings, whose sink need not be known; each line is one."""
    for key, value in own.items():
        if isinstance(value, Mapping):
            yield from _of_channel(value, folder)
        elif is_channel_secret(key):
            yield from str(value).splitlines()
        elif is_channel_secret(key.removesuffix("_file")):
            yield from _lines(key, folder / Path(str(value)).expanduser())
        elif found := PASSWORD_IN_URL.search(str(value)):
            password = found["login"] or found["option"] or ""
            yield from {password, unquote(password)}


def _lines(key: str, path: Path) -> list[str]:
    try:
        return _read(key, path).splitlines()
    except SettingsError:
        return []


def _revealed(section: BaseModel, name: str) -> Iterator[str]:
    try:
        value = reveal(section, name)
    except SettingsError:
        return
    if value is not None:
        yield value


def _sections(section: BaseModel) -> Iterator[BaseModel]:
    """The section and all sections in it."""
    yield section
    for value in dict(section).values():
        for inner in value.values() if isinstance(value, dict) else (value,):
            if isinstance(inner, BaseModel):
                yield from _sections(inner)


def _members(annotation: object) -> tuple[object, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _read(key: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(f"{key} {path} is not text") from None
    except OSError as error:
        raise SettingsError(f"{key} {path} cannot be read: {error.strerror}") from None
    if not value:
        raise SettingsError(f"{key} {path} is empty; write the secret into it, on one line")
    return value

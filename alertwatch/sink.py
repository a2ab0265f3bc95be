"""The sink protocol: what a destination of notifications is.

A sink is one file in `sinks/` (or a plug-in): a class named anything, deriving from `Sink`, whose file name is
what ``use`` of a channel names. A channel is a configured sink: ``[channels.team] use = "slack"``.

A sink delivers one notification and says how that went; it does not queue, retry, wait or count: the delivery
ledger does. It is used by one thread at a time, and imports its libraries when it needs them.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict

from alertwatch.errors import ChannelRefused, SettingsError
from alertwatch.notification import Notification, Receipt
from alertwatch.secrets import reveal


class SinkSettings(BaseModel):
    """Base of a sink's settings: typed, each with a description.

    A secret is a pair of fields: ``token: SecretStr | None`` (the environment's) and
    ``token_file: File | None``; `Sink.secret` gives its value.
    Its name ends like one of `alertwatch.secrets.CHANNEL_SECRETS`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What a person did with a message: a label for an object. ``by`` names the person as the channel does."""

    survey: str
    object_id: str
    label: str
    reason: str | None = None
    by: str


S = TypeVar("S", bound=SinkSettings)


class Sink(ABC, Generic[S]):
    """A destination. Subclasses set the class attributes and write `send` (and what else they can do).

    Whatever goes wrong is one of three errors, each a sentence without secrets:
    `ChannelUnavailable` (passing: tried again, after ``retry_after`` if the other side names a delay),
    `NotificationRefused` (this message will never pass, others may) or
    `ChannelRefused` (nothing passes until a person acts: the messages wait, the operator is told once).
    Any other exception counts as passing.
    """

    settings_type: ClassVar[type[SinkSettings]]
    """The settings model: the ``S`` of ``Sink[S]``, set by itself."""

    wants_pictures: ClassVar[bool] = False
    """Whether light curves and cutouts are to be drawn for it."""

    can_find: ClassVar[bool] = False
    """Whether `find` can tell that a message arrived. Where not, a crash at the wrong moment sends twice."""

    per_minute: ClassVar[float | None] = None
    """The most messages per minute that the destination takes; ``None``: any. A channel may set its own."""

    budget_per_hour: ClassVar[int | None] = None
    """Messages per hour beyond which they are merged; ``None``: any number. A channel may set its own."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), Sink):
                cls.settings_type = get_args(base)[0]

    def __init__(self, name: str, settings: S) -> None:
        """``name``: the channel's. Does no I/O. May raise `SettingsError` for what the model cannot check."""
        self.name = name
        self.settings = settings

    def secret(self, name: str) -> str | None:
        """The secret called ``name`` of the settings, read anew: a file that was put right is seen at once.

        Raises `ChannelRefused` when its file cannot be read.
        """
        try:
            return reveal(self.settings, name)
        except SettingsError as error:
            raise ChannelRefused(str(error)) from None

    @abstractmethod
    def check(self) -> str:
        """Ask the destination whether it would take a message, without sending one; a sentence that says so."""

    @abstractmethod
    def send(self, notification: Notification) -> Receipt:
        """Deliver the main message; what was given for it."""

    def find(self, notification: Notification) -> Receipt | None:  # noqa: ARG002 - subclasses use it
        """The receipt of a message that an earlier, interrupted attempt delivered; ``None``: it did not.

        Only asked before a second attempt, and where `can_find`.
        """
        return None

    def complete(self, notification: Notification, receipt: Receipt) -> None:
        """What follows the main message (pictures in a thread); repeated until done, and never done twice."""

    def preview(self, notification: Notification) -> dict[str, bytes]:
        """The message as files (name → contents) that show a person what would be sent; opens in a browser."""
        from alertwatch.render import plain_text  # noqa: PLC0415 - templates are slow to load

        return {f"{self.name}.txt": plain_text(notification).encode()}

    def listen(self, act: Callable[[Action], None], stop: threading.Event) -> None:
        """Pass on what people do with messages until ``stop`` is set; runs on a thread of its own."""

    def close(self) -> None:
        """Let go of connections."""

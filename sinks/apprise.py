"""Sends through Apprise: Telegram, Teams, Discord, Matrix, ntfy, Pushover and a hundred other services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, SecretStr, model_validator

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.notification import Kind, Notification, Receipt
from alertwatch.settings import File
from alertwatch.sink import Sink, SinkSettings

if TYPE_CHECKING:
    from apprise import AppriseAttachment

STATUS = re.compile(r"\berror=(40[134]|410)\b")
"""How Apprise logs that a service refuses the credentials, or knows no such recipient."""


class AppriseSettings(SinkSettings):
    """The services, each an address of its own that holds the credentials."""

    apprise_url: SecretStr | None = Field(
        None,
        description="Apprise address of a service, several on lines (environment or apprise_url_file only)",
    )
    apprise_url_file: File | None = Field(None, description="file with an Apprise address on each line")
    pictures: bool = Field(True, description="send light curve and cutouts along, to services that take files")

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.apprise_url is None and self.apprise_url_file is None:
            raise ValueError("needs apprise_url (from the environment) or apprise_url_file")
        return self


class AppriseSink(Sink[AppriseSettings]):
    """Any service that Apprise knows, named by Apprise's addresses."""

    wants_pictures = True

    def __init__(self, name: str, settings: AppriseSettings) -> None:
        super().__init__(name, settings)
        self.wants_pictures = settings.pictures  # type: ignore[misc] # less than the sink can do
        self._done: tuple[str, set[int]] = ("", set())

    def check(self) -> str:
        """Whether Apprise knows the addresses; the services themselves can only be asked by a message."""
        names = [str(service.service_name) for service in self._services()]
        return f"Apprise knows {', '.join(names)}; only a message shows whether it arrives"

    def send(self, notification: Notification) -> Receipt:
        """To each service that does not have it yet: a second attempt leaves out those that took the first."""
        if self._done[0] != notification.key:
            self._done = (notification.key, set())
        done = self._done[1]
        for number, service in enumerate(self._services()):
            if number not in done:
                self._send(service, notification)
                done.add(number)
        return Receipt(id=notification.key)

    def _send(self, service: Any, notification: Notification) -> None:
        import apprise  # noqa: PLC0415 - slow to load

        from alertwatch.render import plain_text, subject  # noqa: PLC0415 - so is what renders

        one = apprise.Apprise()
        one.add(service)
        result = one.notify(
            title=subject(notification),
            body=plain_text(notification),
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=_importance(notification),
            attach=self._attachments(notification) if service.attachment_support else None,
        )
        if not result:
            is_final = any(STATUS.search(str(line)) for line in result.logs())
            error = ChannelRefused if is_final else ChannelUnavailable
            raise error(f"{service.service_name} did not take the message by way of Apprise")

    def _attachments(self, notification: Notification) -> AppriseAttachment | None:
        from apprise import AppriseAttachment  # noqa: PLC0415 - slow to load
        from apprise.attachment.memory import AttachMemory  # noqa: PLC0415

        if not notification.pictures:
            return None
        found = AppriseAttachment()
        for picture in notification.pictures:
            found.add(AttachMemory(picture.png, picture.name, "image/png"))  # type: ignore[no-untyped-call]
        return found

    def _services(self) -> list[Any]:
        """Apprise's plug-ins for our addresses; what is too long for one message becomes several."""
        import apprise  # noqa: PLC0415 - slow to load

        lines = (line.strip() for line in (self.secret("apprise_url") or "").splitlines())
        urls = [line for line in lines if line and not line.startswith("#")]
        found: list[Any] = [apprise.Apprise.instantiate(url) for url in urls]
        if not found:
            raise ChannelRefused("the file of Apprise addresses holds none")
        wrong = [str(number) for number, service in enumerate(found, start=1) if service is None]
        if wrong:
            raise ChannelRefused(
                f"Apprise does not understand address {', '.join(wrong)} of {len(found)}; "
                "see https://appriseit.com/services/"
            )
        for url, service in zip(urls, found, strict=True):
            if "overflow=" not in url:
                service.overflow_mode = apprise.OverflowMode.SPLIT
        return found


def _importance(notification: Notification) -> str:
    is_urgent = notification.kind is Kind.OPERATOR or any(entry.urgent for entry in notification.entries)
    return "warning" if is_urgent else "info"

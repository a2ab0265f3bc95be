"""Slack: a channel by bot token (threads, pictures, buttons, look-up), or by incoming webhook (posts only)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import structlog

from alertwatch.errors import ChannelRefused, SettingsError
from alertwatch.notification import Kind, Notification, Picture, Receipt
from alertwatch.secrets import reveal
from alertwatch.sink import Action, Sink
from sinks.slack import lookup
from sinks.slack.answers import NO_PICTURES, NO_THREAD
from sinks.slack.api import Api
from sinks.slack.health import health
from sinks.slack.settings import SlackSettings
from sinks.slack.webhook import post

if TYPE_CHECKING:
    from sinks.slack.blocks import Message

log = structlog.get_logger(__name__)

MOST_ALT = 1000  # characters
WEBHOOK_CANNOT = (
    "an incoming webhook cannot be checked without posting; it posts, but has no threads, no pictures, "
    "no buttons, and a message whose connection drops may come twice"
)


class Slack(Sink[SlackSettings]):
    """One Slack channel. Matches are messages, news of them replies in their thread."""

    wants_pictures = True
    can_find = True
    per_minute = 60.0
    budget_per_hour = 60

    def __init__(self, name: str, settings: SlackSettings) -> None:
        super().__init__(name, settings)
        self._just_posted: str | None = None
        if settings.by_webhook:
            self.can_find = self.wants_pictures = False  # type: ignore[misc] # less than the sink can do

    def check(self) -> str:
        """Whether the token is good, the bot in the channel, and which scopes it lacks."""
        if self.settings.by_webhook:
            self._secret("webhook_url")
            return WEBHOOK_CANNOT
        return health(self._api(), buttons=self.settings.has_buttons)

    def send(self, notification: Notification) -> Receipt:
        """Post the main message; news of a source goes into the thread of its first message."""
        main = self._messages(notification)[0]
        if self.settings.by_webhook:
            post(self._secret("webhook_url"), {"text": main.text, "blocks": main.blocks, "unfurl_links": False})
            return Receipt(id=notification.key)
        receipt = self._post(notification, main)
        self._just_posted = notification.key
        return receipt

    def find(self, notification: Notification) -> Receipt | None:
        """The message that carries the key of the notification: in the thread it belongs to, or the channel."""
        if self.settings.by_webhook:
            return None
        api, thread = self._api(), self._thread(notification)
        ts = lookup.in_thread(api, thread).keys.get(notification.key) if thread else None
        if ts is not None:
            return self._receipt(ts, thread)
        ts = lookup.in_channel(api, notification.key, notification.created_at)
        return None if ts is None else self._receipt(ts, None)

    def complete(self, notification: Notification, receipt: Receipt) -> None:
        """In the thread: what did not fit into the main message, then the pictures, less what is there."""
        from sinks.slack.blocks import continued  # noqa: PLC0415 - templates are slow to load

        main, *rest = self._messages(notification)
        first_time, self._just_posted = self._just_posted == notification.key, None
        if self.settings.by_webhook or not (rest or notification.pictures):
            return
        api, thread = self._api(), receipt.extra.get("thread", receipt.id)
        said = lookup.Said(objects=set(main.objects)) if first_time else lookup.in_thread(api, thread)
        for message in continued(notification, said.objects):
            self._say(api, f"{notification.key}#more", notification, message, thread_ts=thread)
        named = {_file_name(notification, picture): picture for picture in notification.pictures}
        self._upload(api, thread, {name: p for name, p in named.items() if name not in said.files})

    def preview(self, notification: Notification) -> dict[str, bytes]:
        """The blocks as JSON, and a page that shows them much as Slack does."""
        from sinks.slack.preview import preview  # noqa: PLC0415 - nobody needs it while delivering

        return preview(self.name, self._messages(notification), notification)

    def listen(self, act: Callable[[Action], None], stop: threading.Event) -> None:
        """Pass on what people do with the buttons, where an app-level token is configured."""
        if self.settings.has_buttons:
            from sinks.slack.socket import listen  # noqa: PLC0415 - only where there are buttons

            listen(self._api(), self._secret("app_token"), self.settings.base_url, act, stop)

    def _messages(self, notification: Notification) -> list[Message]:
        from sinks.slack.blocks import messages  # noqa: PLC0415 - templates are slow to load

        return messages(notification, buttons=self.settings.has_buttons, threads=not self.settings.by_webhook)

    def _post(self, notification: Notification, message: Message) -> Receipt:
        """Into the thread if there is one that still takes replies, else into the channel."""
        api, thread = self._api(), self._thread(notification)
        if thread is not None:
            urgent = any(entry.urgent for entry in notification.entries)
            reply = {"thread_ts": thread, "reply_broadcast": urgent}
            answer = self._say(api, notification.key, notification, message, **reply)
            if answer.get("ok"):
                return self._receipt(answer["ts"], thread)
        return self._receipt(self._say(api, notification.key, notification, message)["ts"], None)

    def _say(self, api: Api, key: str, notification: Notification, message: Message, **reply: Any) -> Any:
        return api.call(
            "chat.postMessage",
            allowed=NO_THREAD if reply else (),
            channel=api.channel,
            metadata=lookup.metadata(key, notification.subscription, message.objects),
            text=message.text,
            blocks=message.blocks,
            unfurl_links=False,
            unfurl_media=False,
            **reply,
        )

    def _upload(self, api: Api, thread: str, pictures: dict[str, Picture]) -> None:
        """All at once: Slack shows none before the last step, so an interrupted attempt leaves nothing."""
        if not pictures:
            return
        files = [
            {"filename": name, "title": picture.alt, "alt_txt": picture.alt[:MOST_ALT], "content": picture.png}
            for name, picture in pictures.items()
        ]
        answer = api.call(
            "files.upload_v2",
            allowed=NO_THREAD | NO_PICTURES,
            file_uploads=files,
            channel=api.channel,
            thread_ts=thread,
        )
        if not answer.get("ok"):
            log.warning("Slack takes no pictures", channel=self.name, error=answer.get("error"))

    def _thread(self, notification: Notification) -> str | None:
        """The thread that the notification continues, if it is in this channel."""
        earlier = notification.earlier
        if earlier is None or notification.kind is not Kind.UPDATE:
            return None
        if earlier.extra.get("channel") != self.settings.channel:
            return None
        return earlier.extra.get("thread", earlier.id)

    def _receipt(self, ts: str, thread: str | None) -> Receipt:
        extra = {"channel": self.settings.channel or "", "thread": thread or ts}
        return Receipt(id=ts, extra=extra)

    def _api(self) -> Api:
        """Made anew each time, so that a token file that was put right is read."""
        return Api(self._secret("token"), self.settings.base_url, self.settings.channel or "")

    def _secret(self, name: str) -> str:
        try:
            return reveal(self.settings, name) or ""
        except SettingsError as error:
            raise ChannelRefused(f"channel {self.name}: {error}") from None


def _file_name(notification: Notification, picture: Picture) -> str:
    """The picture's name with a mark of the notification: a thread holds pictures of several."""
    mark = hashlib.sha256(notification.key.encode()).hexdigest()[:8]
    name = PurePath(picture.name)
    return f"{name.stem}_{mark}{name.suffix}"

"""Posts each notification as signed JSON to an address of yours: a marshal, a robot, a cloud function."""

from __future__ import annotations

import hashlib
import hmac
import re
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, SecretStr, field_validator

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused
from alertwatch.notification import Notification, Receipt
from alertwatch.settings import File
from alertwatch.sink import Sink, SinkSettings
from alertwatch.times import retry_after

if TYPE_CHECKING:
    import httpx

PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that say *later*."""

NOBODY_LISTENS = frozenset({401, 403, 404, 405, 407, 410})
"""Statuses that any other notification would get as well."""


CARRIED = re.compile(r"([!-~]([ -~]*[!-~])?)?")
"""The values that a header can carry."""


class WebhookSettings(SinkSettings):
    """Where to post, and what proves that it was us."""

    url: str = Field(description="address that takes a POST of JSON")
    secret: SecretStr | None = Field(
        None, description="what messages are signed with (environment or secret_file only)"
    )
    secret_file: File | None = Field(None, description="file that holds the secret")
    token: SecretStr | None = Field(
        None, description="sent as `Authorization: Bearer …` (environment or token_file only)"
    )
    token_file: File | None = Field(None, description="file that holds the token")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="further headers, e.g. X-Team")
    timeout_seconds: float = Field(20.0, gt=0, description="longest wait for the answer [s]")
    pictures: bool = Field(False, description="send light curve and cutouts along, as PNG in base64")

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return url


class Webhook(Sink[WebhookSettings]):
    """An address that takes each notification as JSON, signed with a secret that both sides know."""

    def __init__(self, name: str, settings: WebhookSettings) -> None:
        super().__init__(name, settings)
        self.wants_pictures = settings.pictures  # type: ignore[misc] # less than the sink can do
        self._client: httpx.Client | None = None

    def check(self) -> str:
        """Whether the server answers and does not refuse our token; it is asked for its OPTIONS."""
        status = self._request("OPTIONS", b"", self._credentials()).status_code
        if status in {401, 403}:
            raise ChannelRefused(f"{self._place} refuses our credentials ({status})")
        if status >= 500 and status != 501:
            raise ChannelUnavailable(f"{self._place} answers with an error ({status})")
        return f"{self._place} answers; only a message shows whether it takes them"

    def send(self, notification: Notification) -> Receipt:
        """Post it. The same key in ``Idempotency-Key`` marks a second attempt."""
        if not self.settings.pictures:
            notification = msgspec.structs.replace(notification, pictures=())
        body = msgspec.json.encode(notification)
        headers = self._credentials() | self._signature(body)
        headers |= {"Content-Type": "application/json", "Idempotency-Key": notification.key}
        self._judge(self._request("POST", body, headers))
        return Receipt(id=notification.key)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def _place(self) -> str:
        """The server alone: an address may hold a secret."""
        return f"{urlsplit(self.settings.url).hostname}"

    def _credentials(self) -> dict[str, str]:
        headers = {name: value.get_secret_value() for name, value in self.settings.headers.items()}
        token = self.secret("token")
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        for name, value in headers.items():
            if not CARRIED.fullmatch(value):  # the library's error would repeat it
                raise ChannelRefused(
                    f"the value of the header {name} holds what no header can carry, such as a line break, "
                    "a space at its end or a letter that is not ASCII; check token and headers"
                )
        return headers

    def _signature(self, body: bytes) -> dict[str, str]:
        """The time, so that an old message cannot be played again, and what proves both."""
        secret, now = self.secret("secret"), str(int(time.time()))
        if secret is None:
            return {}
        signature = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Alertwatch-Timestamp": now, "X-Alertwatch-Signature": f"sha256={signature}"}

    def _request(self, method: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        import httpx  # noqa: PLC0415 - slow to load

        if self._client is None:
            agent = {"User-Agent": "alertwatch"}
            self._client = httpx.Client(timeout=self.settings.timeout_seconds, headers=agent)
        try:
            return self._client.request(method, self.settings.url, content=body, headers=headers)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            if _is_untrusted(error):
                raise ChannelRefused(f"{self._place} has no certificate that we trust: {reason}") from error
            raise ChannelUnavailable(f"{self._place} does not answer: {reason}") from error

    def _judge(self, response: httpx.Response) -> None:
        """Nothing for a message that was taken, else the error that the answer means."""
        status = response.status_code
        if response.is_success:
            return
        if response.is_redirect:  # not followed: the signed message would go to whomever it names
            raise ChannelRefused(f"{self._place} sends us elsewhere ({status}); set url to the new address")
        if status in PASSING or status >= 500:
            delay = retry_after(response.headers.get("Retry-After"), time.time())
            raise ChannelUnavailable(f"{self._place} answers with an error ({status})", delay)
        if status in NOBODY_LISTENS:
            raise ChannelRefused(f"{self._place} refuses us ({status}); check url, token and secret")
        raise NotificationRefused(f"{self._place} refuses this message ({status})")


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None

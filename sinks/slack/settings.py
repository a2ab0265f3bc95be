"""What a Slack channel is configured with: a bot token and a channel id, or an incoming webhook."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from alertwatch.settings import File
from alertwatch.sink import SinkSettings

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")


class SlackSettings(SinkSettings):
    """Either ``token`` and ``channel``, or ``webhook_url``."""

    token: SecretStr | None = Field(None, description="bot token, xoxb-… (environment or token_file only)")
    token_file: File | None = Field(None, description="file that holds the bot token")
    channel: str | None = Field(None, description="id of the channel, e.g. C0123456789; needed with a token")
    webhook_url: SecretStr | None = Field(
        None,
        description="address of an incoming webhook, instead of a token (environment or webhook_url_file only)",
    )
    webhook_url_file: File | None = Field(None, description="file that holds the incoming webhook's address")
    app_token: SecretStr | None = Field(
        None, description="app-level token, xapp-…, for buttons (environment or app_token_file only)"
    )
    app_token_file: File | None = Field(None, description="file that holds the app-level token")
    base_url: str = Field("https://slack.com/api/", description="address of Slack's Web API")

    @field_validator("channel")
    @classmethod
    def _an_id(cls, channel: str | None) -> str | None:
        if channel is None or CHANNEL_ID.fullmatch(channel):
            return channel
        raise ValueError(
            "must be a channel id like C0123456789, since names change and cannot be looked up; "
            "in Slack, open the channel, click its name, and copy the id at the end of *About*"
        )

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// (or http://)")
        return url if url.endswith("/") else url + "/"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.by_token and self.by_webhook:
            raise ValueError("has both a bot token and an incoming webhook; keep one (a token can do more)")
        if not self.by_token and not self.by_webhook:
            raise ValueError("needs token or token_file, with channel; or webhook_url or webhook_url_file")
        if self.by_token and self.channel is None:
            raise ValueError("needs channel: the id of the channel to post to, like C0123456789")
        if self.has_buttons and not self.by_token:
            raise ValueError("has an app_token for buttons, which an incoming webhook cannot have; use a token")
        return self

    @property
    def by_token(self) -> bool:
        """Whether messages go through the Web API."""
        return self.token is not None or self.token_file is not None

    @property
    def by_webhook(self) -> bool:
        """Whether messages go through an incoming webhook."""
        return self.webhook_url is not None or self.webhook_url_file is not None

    @property
    def has_buttons(self) -> bool:
        """Whether messages have buttons: somebody must listen to them."""
        return self.app_token is not None or self.app_token_file is not None

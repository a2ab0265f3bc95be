"""The settings: one TOML file, any key of which an environment variable can override.

``sources.ztf.group_id`` is ``ALERTWATCH_SOURCES__ZTF__GROUP_ID``. Secrets come from the environment or from
files only. Unknown keys are errors that name the nearest known one. `alertwatch.loader` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from alertwatch import sky
from alertwatch.filter import FOLLOWED
from alertwatch.hours import QuietHours, TimeOfDay


def beside_settings(path: Path, info: ValidationInfo) -> Path:
    """A relative path is relative to the settings file, wherever the program was started."""
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path.expanduser()


File = Annotated[Path, AfterValidator(beside_settings)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Security = Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"]
Mechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]


class Section(BaseModel):
    """Base of all sections: unknown keys are errors, values never appear in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


class DatabaseSettings(Section):
    """Where matches are kept."""

    url: str = Field(
        "sqlite:///alertwatch.db",
        description="SQLAlchemy URL: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
    )
    password: SecretStr | None = Field(
        None, description="PostgreSQL password (environment or password_file only)"
    )
    password_file: File | None = Field(None, description="file that holds the PostgreSQL password")

    @model_validator(mode="before")
    @classmethod
    def _hide_password(cls, data: Any) -> Any:
        """A password inside the URL becomes `password`, which no message and no log shows."""
        if not isinstance(data, dict) or not isinstance(data.get("url"), str):
            return data
        parts = urlsplit(data["url"])
        login, _, host = parts.netloc.rpartition("@")
        user, colon, password = login.partition(":")
        if not colon:
            return data
        url = urlunsplit(parts._replace(netloc=f"{user}@{host}"))
        return {"password": unquote(password)} | data | {"url": url}

    @field_validator("url")
    @classmethod
    def _sqlite_beside_settings(cls, url: str, info: ValidationInfo) -> str:
        if "password=" in url:
            raise ValueError("must not hold password=…; use database.password")
        scheme, found, name = url.partition(":///")
        if not found or not scheme.startswith("sqlite") or name in {"", ":memory:"}:
            return url
        return f"{scheme}:///{beside_settings(Path(name), info)}"


class SourceSettings(Section):
    """One Kafka cluster and the topics to follow on it."""

    brokers: str = Field(description="host:port, several separated by commas")
    group_id: str = Field(description="consumer group; must start with the prefix that ALeRCE gave you")
    security: Security = Field("PLAINTEXT", description="how to connect; SASL_… need username and password")
    mechanism: Mechanism = Field("SCRAM-SHA-512", description="how to log in where security is SASL_…")
    username: SecretStr | None = Field(None, description="Kafka user (environment or username_file only)")
    username_file: File | None = Field(None, description="file that holds the Kafka user name")
    password: SecretStr | None = Field(None, description="Kafka password (environment or password_file only)")
    password_file: File | None = Field(None, description="file that holds the Kafka password")
    topics: dict[str, str] = Field(description="topic name, '{date}' pattern or ^regular expression = reader")
    start: Literal["earliest", "latest"] = Field(
        "earliest", description="where to begin in a partition never read before"
    )
    switch_hour: int = Field(
        23, ge=0, le=23, description="UTC hour at which the producer moves to the next date's topic"
    )
    retention_hours: float = Field(48.0, gt=0, description="how long the broker keeps a topic's messages [h]")
    batch_messages: int = Field(2_000, ge=1, le=10_000, description="most messages in one transaction")
    batch_bytes: int = Field(16_000_000, ge=100_000, description="most bytes in one transaction")
    dead_letter_limit: float = Field(
        0.5,
        gt=0,
        le=1,
        description="stop when more than this share of the last 1,000 messages of a reader is undecodable",
    )
    kafka: dict[str, str | int | float | bool] = Field(
        default_factory=dict, repr=False, description="any librdkafka option"
    )

    @field_validator("kafka")
    @classmethod
    def _files_beside_settings(
        cls, options: dict[str, str | int | float | bool], info: ValidationInfo
    ) -> dict[str, str | int | float | bool]:
        """Certificates and keys (``ssl.….location``) are files; ``probe`` is librdkafka's word for *look*."""
        return {
            key: str(beside_settings(Path(str(value)), info))
            if key.startswith("ssl.") and key.endswith(".location") and value != "probe"
            else value
            for key, value in options.items()
        }


class ApiSettings(Section):
    """One ALeRCE REST API, used to look up candidates."""

    url: str = Field(description="base address, e.g. https://api.alerce.online/ztf/v1")
    packets: str | None = Field(
        None, description="address of the packet and stamp service (ZTF): https://avro.alerce.online"
    )
    tap: str | None = Field(
        None, description="address of the TAP service, the fall-back for PS1 and solar-system cross-matches"
    )
    timeout_seconds: float = Field(20.0, gt=0, description="longest wait for one answer [s]")
    max_concurrent: int = Field(4, ge=1, le=32, description="most requests under way at once")
    requests_per_second: float = Field(10.0, gt=0, description="most requests begun per second")
    cache_seconds: float = Field(
        600.0, ge=0, description="how long an answer is used again for the same object [s]"
    )
    breaker_failures: int = Field(5, ge=1, description="failures in a row after which the API counts as down")
    breaker_seconds: float = Field(60.0, gt=0, description="pause before the next try when the API is down [s]")


class LookupSettings(Section):
    """When candidates are looked up, and again."""

    workers: int = Field(4, ge=1, le=32, description="candidates looked up at once")
    retry_minutes: tuple[float, ...] = Field((1, 2, 5, 15), description="delays of the first retries [min]")
    then_every_minutes: float = Field(60.0, gt=0, description="delay of the later retries [min]")
    give_up_hours: float = Field(
        48.0, gt=0, description="age at which a candidate is no longer retried by itself [h]; it stays listed"
    )
    tell_after_minutes: float = Field(
        30.0, gt=0, description="say so when candidates wait longer than this [min]"
    )
    lease_seconds: float = Field(
        300.0, gt=0, description="after this a candidate claimed by a dead process is free again [s]"
    )


class LoggingSettings(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least important message that is logged"
    )
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: console on a terminal, else JSON"
    )


class PluginSettings(Section):
    """Where filters and sinks of your own are found."""

    folders: tuple[File, ...] = Field((), description="folders whose *.py files are filters or sinks, one each")
    max_filter_errors: int = Field(10, ge=1, description="errors in a row after which a filter is switched off")


class FilterSettings(BaseModel):
    """One configured filter instance: ``use`` names the filter (default: the section's own name)."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    use: Name | None = Field(None, description="the filter to use; without it the section's own name")
    enabled: bool = Field(True, description="false switches this instance off")

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys that are the filter's own parameters, not yet validated."""
        return dict(self.model_extra or {})


class ChannelSettings(BaseModel):
    """One destination of notifications: ``use`` names the sink, the other keys are that sink's own."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    use: Name | None = Field(None, description="the sink to use; without it the section's own name")
    enabled: bool = Field(True, description="false keeps what is for it until it is true again")
    per_minute: float | None = Field(None, gt=0, description="most messages per minute; default: the sink's")
    budget_per_hour: int | None = Field(
        None,
        ge=0,
        description="messages per hour beyond which they are merged; 0: no limit; default: the sink's",
    )

    _folder: Path = PrivateAttr(Path())

    def model_post_init(self, context: Any) -> None:
        """Remember what relative paths are relative to: the sink's own settings are validated later."""
        self._folder = (context or {}).get("folder", Path())

    @property
    def folder(self) -> Path:
        """The folder of the settings file."""
        return self._folder

    @property
    def own(self) -> dict[str, Any]:
        """The keys that are the sink's own settings, not yet validated."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Any of the sink's own settings may be a secret."""
        yield from ((name, getattr(self, name)) for name in type(self).model_fields)
        yield from ((name, "…") for name in self.own)


class ConditionSettings(Section):
    """Conditions on an object; all must hold. What is not known holds no condition."""

    classes: tuple[str, ...] | None = Field(None, description='top class is one of these, e.g. ["SN", "TDE"]')
    grades: tuple[str, ...] | None = Field(None, description="the filter's grade is one of these")
    min_probability: float | None = Field(None, ge=0, le=1, description="least probability of the top class")
    brighter_than: float | None = Field(None, description="brighter than this difference magnitude [mag]")
    fainter_than: float | None = Field(None, description="fainter than this difference magnitude [mag]")
    max_age_days: float | None = Field(None, gt=0, description="longest time since the first detection [d]")
    cones: tuple[str, ...] = Field(
        (), description='in any of these circles: "RA DEC RADIUS" as of `matches --cone`'
    )
    min_galactic_latitude: float | None = Field(
        None, ge=0, le=90, description="least distance from the galactic plane [deg]"
    )
    min_dec: float | None = Field(None, ge=-90, le=90, description="southern limit [deg]")
    max_dec: float | None = Field(None, ge=-90, le=90, description="northern limit [deg]")

    @field_validator("cones")
    @classmethod
    def _are_circles(cls, cones: tuple[str, ...]) -> tuple[str, ...]:
        for number, text in enumerate(cones, start=1):
            try:
                sky.circle(text)
            except ValueError as error:
                raise ValueError(f"number {number} {error}") from None
        return cones

    @field_validator("classes", "grades")
    @classmethod
    def _can_hold(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is not None and not names:
            raise ValueError("is empty, so nothing would hold; leave it out to take any")
        return names

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        for low, high in (("fainter_than", "brighter_than"), ("min_dec", "max_dec")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least >= most:
                raise ValueError(f"can never hold: {low} must be less than {high}")
        return self


class AgainSettings(Section):
    """What is worth a second word on a source that was told of."""

    class_change: bool = Field(True, description="its class has changed to one not told of yet")
    new_filter: bool = Field(True, description="another of the subscription's filters matched")
    brighter_by_mag: float | None = Field(
        None, gt=0, description="it is so much brighter than the brightest told of, in the same band [mag]"
    )
    probability_change: float | None = Field(
        None, gt=0, le=1, description="its class's probability has moved by so much since it was told of"
    )


class SubscriptionSettings(Section):
    """Who is told of what, where and when."""

    filters: tuple[Name, ...] = Field(min_length=1, description="the configured filters whose matches count")
    channels: tuple[Name, ...] = Field(min_length=1, description="the channels that are told")
    where: ConditionSettings = Field(
        ConditionSettings(), description="further conditions; looked at again on each later alert"
    )
    again: AgainSettings = Field(AgainSettings(), description="what is worth a second word")
    urgent: ConditionSettings | None = Field(
        None, description="what goes out at once, also in quiet hours and past digests"
    )
    quiet: str | None = Field(
        None,
        description='hours that hold messages back, e.g. "09:00-18:00 America/Santiago"; without a zone: UTC',
    )
    digest: Literal["none", "hourly", "daily", "weekly", "evening", "morning"] = Field(
        "none", description="collect; evening and morning are the nautical twilights of [site]"
    )
    digest_at: str = Field(
        "08:00", description='time of daily and weekly (Monday) digests, e.g. "08:00 America/Santiago"'
    )
    group_minutes: float = Field(
        0.0, ge=0, description="collect what comes within so many minutes [min]; 0: at once"
    )
    follow_days: float = Field(60.0, gt=0, description="how long a matched object is followed [d]")
    pictures: bool = Field(True, description="light curve and cutouts, where the channel can show them")

    @field_validator("quiet")
    @classmethod
    def _is_hours(cls, text: str | None) -> str | None:
        if text is not None:
            QuietHours.parse(text)
        return text

    @field_validator("digest_at")
    @classmethod
    def _is_time(cls, text: str) -> str:
        TimeOfDay.parse(text)
        return text


class SiteSettings(Section):
    """The observatory whose twilights digests go by."""

    name: str = Field("Cerro Pachón", description="for people")
    latitude: float = Field(-30.2446, ge=-90, le=90, description="north positive [deg]")
    longitude: float = Field(-70.7494, ge=-180, le=180, description="east positive [deg]")


class NotificationSettings(Section):
    """How messages are delivered, and who is told of the service's own troubles."""

    operator: tuple[Name, ...] = Field((), description="channels that are told when something is wrong")
    lag_minutes: float = Field(
        30.0, gt=0, description="tell the operator when the stream is behind for longer than this [min]"
    )
    silent_hours: float = Field(
        24.0, gt=0, description="tell the operator when no alert came for longer than this [h]"
    )
    retry_minutes: tuple[float, ...] = Field(
        (0.03, 0.1, 0.5, 1, 2, 5), description="delays of the first retries of a message [min], with jitter"
    )
    then_every_minutes: float = Field(10.0, gt=0, description="delay of the later retries [min]")
    refused_every_minutes: float = Field(
        60.0,
        gt=0,
        description="longest delay between tries of a channel that refuses everything; the first: 1 [min]",
    )
    lease_seconds: float = Field(
        120.0, gt=0, description="after this a message claimed by a dead process is free again [s]"
    )
    templates: File | None = Field(
        None, description="folder of Jinja2 templates of your own; those it lacks are ours"
    )


class Settings(Section):
    """All settings."""

    database: DatabaseSettings = DatabaseSettings()
    sources: dict[Name, SourceSettings] = Field(default_factory=dict)
    apis: dict[Literal["ztf", "lsst"], ApiSettings] = Field(default_factory=dict)
    lookups: LookupSettings = LookupSettings()
    filters: dict[Name, FilterSettings] = Field(default_factory=dict)
    channels: dict[Name, ChannelSettings] = Field(default_factory=dict)
    subscriptions: dict[Name, SubscriptionSettings] = Field(default_factory=dict)
    notifications: NotificationSettings = NotificationSettings()
    site: SiteSettings = SiteSettings()
    plugins: PluginSettings = PluginSettings()
    logging: LoggingSettings = LoggingSettings()

    @field_validator("filters")
    @classmethod
    def _name_is_free(cls, filters: dict[str, FilterSettings]) -> dict[str, FilterSettings]:
        if FOLLOWED in filters:
            raise ValueError(
                f"{FOLLOWED!r} is what later alerts of matched objects are recorded under, so it cannot name"
                f" a filter; call the section otherwise, and say use = {FOLLOWED!r} if that is the file's name"
            )
        return filters

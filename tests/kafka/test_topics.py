from __future__ import annotations

import datetime as dt

import pytest

from alertwatch.errors import SettingsError
from consumer.kafka.topics import TopicPattern, Topics, date_at


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def daily(*dates: str) -> list[str]:
    return [f"stamp_classifier_{date}" for date in dates]


TOPICS = Topics("ztf", {"stamp_classifier_{date}": "ztf_stamp"}, retention_hours=48)


def test_every_day_still_retained_is_followed() -> None:
    existing = daily("20260311", "20260312", "20260313", "20260314", "20260315")
    assert TOPICS.followed(existing, at("2026-03-15T12:00")) == set(existing[2:])


def test_tomorrows_topic_is_followed_as_soon_as_it_exists() -> None:
    existing = daily("20260315", "20260316")
    assert TOPICS.followed(existing, at("2026-03-15T23:05")) == set(existing)


def test_a_day_expires_a_retention_after_the_next_one_began() -> None:
    existing = daily("20260315", "20260316")
    assert TOPICS.followed(existing, at("2026-03-17T23:59")) == set(existing)
    assert TOPICS.followed(existing, at("2026-03-18T00:01")) == set(existing[1:])


def test_a_producer_that_stays_on_an_old_topic_is_followed() -> None:
    """It moves on only when it has something to send at the switch hour: dates are names, not nights."""
    assert TOPICS.followed(daily("20260310"), at("2026-03-15T12:00")) == set(daily("20260310"))
    moved = daily("20260310", "20260315")
    assert TOPICS.followed(moved, at("2026-03-15T12:00")) == set(moved)


def test_what_only_looks_like_a_date_is_not_one() -> None:
    assert TOPICS.followed(daily("20261399", "2026031", "20260315_old"), at("2026-03-15T12:00")) == set()


def test_literal_names_are_literal() -> None:
    topics = Topics("ztf", {"alerts.v1": "ztf_packet"}, 48)
    assert topics.followed(["alerts.v1", "alertsXv1", "alerts.v10"], at("2026-03-15T12:00")) == {"alerts.v1"}


def test_regular_expressions_match_from_the_start() -> None:
    topics = Topics("ztf", {r"^lc_.*_\d{8}$": "ztf_lc"}, 48)
    existing = ["lc_classifier_ztf_20200101", "old_lc_x_20200101"]
    assert topics.followed(existing, at("2026-03-15T12:00")) == {"lc_classifier_ztf_20200101"}


def test_kafkas_own_topics_are_never_followed() -> None:
    assert Topics("ztf", {"^.*": "ztf_lc"}, 48).followed(["__consumer_offsets", "a"], at("2026-03-15")) == {"a"}


def test_where_patterns_overlap_the_first_one_reads() -> None:
    topics = Topics("ztf", {"lc_special": "ztf_stamp", "^lc_": "ztf_lc"}, 48)
    assert topics.reader_name("lc_special") == "ztf_stamp"
    assert topics.reader_name("lc_other") == "ztf_lc"


def test_a_topic_without_a_reader_is_an_error_that_names_it() -> None:
    with pytest.raises(SettingsError, match=r'sources\.ztf\.topics.*"weather"'):
        TOPICS.reader_name("weather")


@pytest.mark.parametrize("pattern", ["^(", "a_{date}_{date}", "a_{day}", "a_{date", "{"])
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match="not"):
        TopicPattern(pattern, "ztf_stamp")


def test_a_source_without_topics_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"sources\.ztf\.topics is empty"):
        Topics("ztf", {}, 48)


@pytest.mark.parametrize(
    ("now", "hour", "date"),
    [
        ("2026-03-15T22:59", 23, "20260315"),
        ("2026-03-15T23:00", 23, "20260316"),
        ("2026-12-31T23:30", 23, "20270101"),
        ("2026-03-15T12:00", 12, "20260316"),
        ("2026-03-15T12:00", 0, "20260315"),
    ],
)
def test_the_producer_writes_to_the_next_date_from_the_switch_hour_on(now: str, hour: int, date: str) -> None:
    assert f"{date_at(at(now), hour):%Y%m%d}" == date

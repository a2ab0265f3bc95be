"""Quiet hours, digests and twilights: clocks that leap, days without a night."""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertwatch.hours import QuietHours, TimeOfDay
from alertwatch.settings import SiteSettings, SubscriptionSettings
from consumer.notify import twilight
from consumer.notify.hours import next_digest, quiet_until

PALOMAR = SiteSettings(name="Palomar", latitude=33.3563, longitude=-116.8650)
PACHON = SiteSettings()
TROMSO = SiteSettings(name="Tromsø", latitude=69.65, longitude=18.96)
POLE = SiteSettings(name="South Pole", latitude=-89.99, longitude=0.0)

moments = st.floats(1.6e9, 2.2e9)
zones = st.sampled_from(["UTC", "America/Santiago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
times = st.times().map(lambda time: f"{time:%H:%M}")


def at(text: str, zone: str = "UTC") -> float:
    """``2026-03-15 08:00`` on that zone's clocks → seconds since 1970."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def said(moment: float | None, zone: str = "UTC") -> str | None:
    return None if moment is None else f"{dt.datetime.fromtimestamp(moment, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def asked(**keys: object) -> SubscriptionSettings:
    return SubscriptionSettings.model_validate({"filters": ["a"], "channels": ["b"], **keys})


# -- quiet hours ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ("09:00-18:00", "2026-03-15 08:59", None),
        ("09:00-18:00", "2026-03-15 09:00", "2026-03-15 18:00"),
        ("09:00-18:00", "2026-03-15 18:00", None),
        ("9:00 – 18:00", "2026-03-15 12:00", "2026-03-15 18:00"),
        ("22:00-06:00", "2026-03-15 23:00", "2026-03-16 06:00"),
        ("22:00-06:00", "2026-03-16 05:59", "2026-03-16 06:00"),
        ("22:00-06:00", "2026-03-16 12:00", None),
        ("22:00-00:00", "2026-03-16 23:59", "2026-03-17 00:00"),
        ("09:00-18:00 America/Santiago", "2026-06-15 12:59", None),
        ("09:00-18:00 America/Santiago", "2026-06-15 13:00", "2026-06-15 22:00"),  # UTC−4
        ("09:00-18:00 America/Santiago", "2026-12-15 12:00", "2026-12-15 21:00"),  # UTC−3
    ],
)
def test_quiet_hours_end_when_they_say(quiet: str, now: str, until: str | None) -> None:
    assert said(quiet_until(asked(quiet=quiet), at(now))) == until


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert quiet_until(asked(), at("2026-03-15 12:00")) is None


def test_quiet_hours_whose_end_is_leapt_over_end_within_the_hour() -> None:
    quiet = QuietHours.parse("22:00-02:30 Europe/Berlin")
    assert said(quiet.until(at("2026-03-29 01:30", "Europe/Berlin")), "Europe/Berlin") == "2026-03-29 03:30"


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    quiet = QuietHours.parse("02:15-02:45 Europe/Berlin")
    first = at("2026-10-25 02:30", "Europe/Berlin")
    assert quiet.until(first) == first + 900
    assert quiet.until(first + 1800) is None
    assert quiet.until(first + 3600) == first + 4500


@given(start=times, end=times, zone=zones, now=moments)
def test_it_is_never_quiet_when_quiet_hours_have_ended(start: str, end: str, zone: str, now: float) -> None:
    if start == end:
        return
    quiet = QuietHours.parse(f"{start}-{end} {zone}")
    until = quiet.until(now)
    if until is not None:
        assert now < until <= now + 50 * 3600
        assert quiet.until(until) is None


# -- digests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "now", "due"),
    [
        ({"digest": "none"}, "2026-03-15 08:00", None),
        ({"digest": "hourly"}, "2026-03-15 08:00", "2026-03-15 09:00"),
        ({"digest": "hourly"}, "2026-03-15 08:59", "2026-03-15 09:00"),
        ({"digest": "daily"}, "2026-03-15 07:59", "2026-03-15 08:00"),
        ({"digest": "daily"}, "2026-03-15 08:00", "2026-03-16 08:00"),
        ({"digest": "daily", "digest_at": "08:00 America/Santiago"}, "2026-06-15 08:00", "2026-06-15 12:00"),
        ({"digest": "daily", "digest_at": "02:30 Europe/Berlin"}, "2026-03-29 00:00", "2026-03-29 01:30"),
        ({"digest": "weekly"}, "2026-03-15 08:00", "2026-03-16 08:00"),  # a Sunday
        ({"digest": "weekly"}, "2026-03-16 08:00", "2026-03-23 08:00"),
        ({"digest": "weekly", "digest_at": "20:00 Pacific/Auckland"}, "2026-03-16 08:00", "2026-03-23 07:00"),
    ],
)
def test_digests_are_due_at_their_hours(keys: dict[str, str], now: str, due: str | None) -> None:
    assert said(next_digest(asked(**keys), PACHON, at(now))) == due


@given(time=times, zone=zones, now=moments, weekday=st.sampled_from([None, 0]))
def test_the_next_time_of_day_is_ahead_and_not_too_far(
    time: str, zone: str, now: float, weekday: int | None
) -> None:
    found = TimeOfDay.parse(f"{time} {zone}").after(now, weekday)
    assert now < found <= now + (26 if weekday is None else 7 * 24 + 2) * 3600


# -- twilights ------------------------------------------------------------------------------------------------


def low_precision_altitude(site: SiteSettings, moment: float) -> float:
    """The Sun's altitude by the Astronomical Almanac's low-precision formulae (0.01°), not astropy's."""
    n = moment / 86_400 + 40_587 - 51_544.5
    longitude, anomaly = math.radians(280.460 + 0.9856474 * n), math.radians(357.528 + 0.9856003 * n)
    ecliptic = longitude + math.radians(1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 0.0000004 * n)
    ra = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    dec = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    hour = math.radians(280.46061837 + 360.98564736629 * n + site.longitude) - ra
    here = math.radians(site.latitude)
    sine = math.sin(here) * math.sin(dec) + math.cos(here) * math.cos(dec) * math.cos(hour)
    return math.degrees(math.asin(sine))


@pytest.mark.parametrize("site", [PALOMAR, PACHON], ids=lambda site: site.name)
@pytest.mark.parametrize("month", [1, 4, 7, 11])
def test_the_sun_is_at_12_degrees_below_the_horizon(site: SiteSettings, month: int) -> None:
    now = at(f"2026-{month:02}-15 12:00")
    for which, falls in (("evening", True), ("morning", False)):
        found = twilight.after(which, site, now)
        before, after = (low_precision_altitude(site, found + seconds) for seconds in (-60, 60))
        assert (before > -12 > after) if falls else (before < -12 < after)


@settings(max_examples=25, deadline=None)
@given(
    now=st.floats(1.6e9, 1.85e9),  # as far as leap seconds are known
    which=st.sampled_from(["evening", "morning"]),
    site=st.sampled_from([PALOMAR, PACHON, TROMSO, POLE]),
)
def test_each_day_has_one_twilight_wherever_one_is(
    now: float, which: twilight.Which, site: SiteSettings
) -> None:
    first = twilight.after(which, site, now)
    second = twilight.after(which, site, first)
    assert now < first <= now + 36 * 3600
    assert 12 * 3600 < second - first < 36 * 3600
    assert twilight.after(which, site, (now + first) / 2) == pytest.approx(first, abs=1)


def test_days_without_a_night_have_their_digest_at_local_midnight() -> None:
    midnight = at("2026-06-21 00:00") - 18.96 / 15 * 3600
    for which in ("evening", "morning"):
        assert twilight.after(which, TROMSO, midnight - 3600) == pytest.approx(midnight)


def test_days_without_a_day_have_their_digest_at_local_noon() -> None:
    noon = at("2026-06-21 12:00")
    for which in ("evening", "morning"):
        assert twilight.after(which, POLE, noon - 3600) == pytest.approx(noon)

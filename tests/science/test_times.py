import math
from datetime import UTC, datetime

import pytest
from astropy.time import Time

from alertwatch import times


def test_a_datetime_becomes_the_mjd_that_astropy_gives() -> None:
    moment = datetime(2026, 3, 15, 7, 12, 34, 567000, tzinfo=UTC)
    assert math.isclose(times.from_datetime(moment), Time(moment).mjd, abs_tol=1e-9)


def test_an_mjd_becomes_the_datetime_that_made_it() -> None:
    moment = datetime(2026, 3, 15, 7, 12, 34, tzinfo=UTC)
    back = times.to_datetime(times.from_datetime(moment))
    assert abs((back - moment).total_seconds()) < 1e-4
    assert back.tzinfo is UTC


def test_a_naive_datetime_is_refused_because_nobody_knows_its_zone() -> None:
    with pytest.raises(TypeError):
        times.from_datetime(datetime(2026, 3, 15))  # noqa: DTZ001


def test_rubin_times_become_utc_as_astropy_converts_them() -> None:
    tai = Time(61000.25, format="mjd", scale="tai")
    assert math.isclose(times.from_tai(61000.25), tai.utc.mjd, abs_tol=1e-9)
    assert times.to_tai(times.from_tai(61000.25)) == pytest.approx(61000.25, abs=1e-10)


def test_julian_dates_and_kafka_timestamps_become_mjd() -> None:
    assert times.from_jd(2461000.75) == 61000.25
    assert times.from_unix_ms(0) == 40587.0
    assert times.from_unix_ms(86_400_000 // 2) == 40587.5
    assert times.to_unix(times.from_unix_ms(1_770_000_000_123)) == pytest.approx(1_770_000_000.123, abs=1e-5)

"""The pictures of a notification, made from real packets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from alertwatch.alert import Alert, Cutouts, Detection, LightCurve, NonDetection
from alertwatch.notification import Picture
from alertwatch.plots import pictures
from consumer import readers
from tests.plots.fits_images import star, zipped
from tests.support.data import DATA, manifest, needs_data

ZTF = manifest(survey="ztf", kind="alert-avro-ocf", n_alerts="1")
RUBIN = [row for row in manifest(survey="lsst", kind="alert-avro-ocf") if "rubin_test_data" in row["path"]]


def packet(row: dict[str, str]) -> tuple[Alert, Cutouts | None]:
    reader = readers.get(f"{row['survey']}_packet")
    payload = (DATA / row["path"]).read_bytes()
    return reader.read(payload, None), reader.cutouts(payload)


def of(alert: Alert, images: Cutouts | None) -> tuple[Picture, ...]:
    curve = LightCurve(alert.detections, alert.non_detections, alert.forced_photometry)
    return pictures(alert.object_id, curve, images, alert.survey, mark_mjd=alert.mjd)


@needs_data
@pytest.mark.parametrize(
    "row", [*ZTF[:: len(ZTF) // 7 or 1], *RUBIN[::4]], ids=lambda row: row["path"].rsplit("/", 1)[-1]
)
def test_real_packets_become_small_pictures(row: dict[str, str]) -> None:
    alert, images = packet(row)
    made = of(alert, images)
    assert [picture.name for picture in made] in (["light_curve.png"], ["light_curve.png", "cutouts.png"])
    for picture in made:
        assert picture.png.startswith(b"\x89PNG")
        assert len(picture.png) < 80_000
        assert alert.object_id in picture.alt


def test_the_words_for_the_pictures_tell_the_numbers() -> None:
    curve = LightCurve(
        (
            Detection(mjd=61110.2, band="g", mag=19.3, e_mag=0.1),
            Detection(mjd=61114.2, band="g", mag=18.6, e_mag=0.05),
            Detection(mjd=61114.3, band="r", mag=18.8),
        ),
        (NonDetection(mjd=61107.2, band="g", limit=20.5), NonDetection(mjd=61108.2, band="r", limit=20.3)),
    )
    lines, stamps = pictures("ZTF24abcdefg", curve, Cutouts(science=zipped(star())), "ztf")
    assert lines.alt == (
        "Light curve of ZTF24abcdefg: 3 detections over 4.1 days; latest g = 18.60 ± 0.05 mag, r = 18.80 mag; "
        "2 upper limits, the deepest g = 20.5 mag."
    )
    assert stamps.alt == (
        "Cutouts of ZTF24abcdefg: science image, 64 arcsec wide; not available: template, difference."
    )


def test_without_images_there_is_the_light_curve_alone() -> None:
    (picture,) = pictures("ZTF24abcdefg", LightCurve(), None, "ztf")
    assert picture.alt == "Light curve of ZTF24abcdefg: no detections."


def test_several_threads_draw_the_same_as_one() -> None:
    curve = LightCurve(tuple(Detection(mjd=61110.0 + i, band="gr"[i % 2], mag=19 - i / 10) for i in range(6)))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: pictures("ZTF24abcdefg", curve, None, "ztf")[0].png, range(4)))
    assert len(set(made)) == 1

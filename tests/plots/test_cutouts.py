"""What a person sees in the figure of the cutouts."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from matplotlib.figure import Figure

from alertwatch.alert import Cutouts
from alertwatch.plots import cutouts, png
from alertwatch.plots.cutouts import scaled
from alertwatch.plots.stamps import ZTF_PIXEL, read, stamps
from consumer import readers
from tests.plots.fits_images import image, star, zipped
from tests.support.data import DATA, manifest, needs_data

ZTF = Cutouts(science=zipped(star()), template=zipped(star()), difference=zipped(star()))
# a detector turned by 90 degrees: x is north, y is west
TURNED = {"CRPIX1": 16.0, "CRPIX2": 16.0, "PC1_1": 0.0, "PC1_2": -5.6e-5, "PC2_1": 5.6e-5, "PC2_2": 0.0}

GARBAGE = {
    "nothing": None,
    "empty": b"",
    "noise": b"\x00\x01\x02" * 50,
    "cut off gzip": zipped(star())[:300],
    "gzip of garbage": gzip.compress(b"garbage"),
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "no pixels": image(np.zeros((0, 0))),
    "a cube": image(np.ones((3, 3, 3))),
    "only NaN": image(np.full((9, 9), np.nan)),
    "header alone": image(star())[:2880],
}


def panels(figure: Figure | None) -> list[str]:
    assert figure is not None
    return [" ".join([axes.get_title(), *(text.get_text() for text in axes.texts)]) for axes in figure.axes]


def test_three_images_side_by_side_with_scale_and_compass() -> None:
    assert panels(cutouts(ZTF, "ztf")) == ["Science 20″ N E", "Template", "Difference"]


def test_north_is_up_and_east_is_left_in_ztfs_images() -> None:
    """ZTF's first row is north."""
    stamp = read(zipped(star(row=3, column=10)), "ztf")
    assert stamp is not None
    row, column = np.unravel_index(np.argmax(stamp.pixels), stamp.pixels.shape)
    assert (row, column) == (63 - 1 - 3, 10)  # drawn with the first row below
    assert stamp.to_sky is not None
    east, north = stamp.to_sky @ np.array([column - 31, row - 31])
    assert (east, north) == pytest.approx((21 * ZTF_PIXEL, 28 * ZTF_PIXEL))


def of_noise(size: int = 63) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 3, (size, size))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_difference_is_science_minus_template_whichever_way_ztf_sends_it(sign: int) -> None:
    """ZTF sends template minus science of a source that got fainter."""
    change = of_noise()
    change[31, 31] = -200.0
    images = Cutouts(science=zipped(star() + of_noise()), difference=zipped(sign * change))
    found = stamps(images, "ztf")["difference"]
    assert found is not None
    assert found.pixels[31, 31] == pytest.approx(-200.0)


def test_images_that_have_nothing_in_common_stay_as_they_are() -> None:
    for seed in range(20):
        other = np.random.default_rng(seed + 100).normal(0, 3, (63, 63))
        found = stamps(Cutouts(science=zipped(star()), difference=zipped(other)), "ztf")["difference"]
        assert found is not None
        assert np.flipud(found.pixels) == pytest.approx(other, abs=1e-4)


@needs_data
def test_real_alerts_of_sources_that_got_fainter_are_white_in_the_difference() -> None:
    rows = manifest(survey="ztf", kind="alert-avro-ocf", n_alerts="1")
    signs = {True: 0, False: 0}
    for row in rows[::12]:
        reader, payload = readers.get("ztf_packet"), (DATA / row["path"]).read_bytes()
        alert, images = reader.glance(payload), reader.cutouts(payload)
        found = stamps(images, "ztf")["difference"] if images else None
        if alert.detection is None or alert.detection.positive is None or found is None or found.target is None:
            continue
        x, y = map(int, found.target)
        middle = np.nansum(found.pixels[y - 2 : y + 3, x - 2 : x + 3] - np.nanmedian(found.pixels))
        assert (middle > 0) == alert.detection.positive, row["path"]
        signs[alert.detection.positive] += 1
    assert min(signs.values()) >= 5


def test_rubins_headers_tell_directions_and_scale() -> None:
    stamp = read(image(star(31), **TURNED), "lsst")
    assert stamp is not None
    assert stamp.pixel == pytest.approx(0.2016, abs=1e-4)
    assert stamp.target == (15, 15)
    assert stamp.to_sky is not None
    assert stamp.to_sky @ np.array([1, 0]) == pytest.approx([0, 0.2016])


def test_a_title_stands_above_the_images() -> None:
    figure = cutouts(ZTF, "ztf", title="ZTF24abcdefg")
    assert figure is not None
    assert [text.get_text() for text in figure.texts] == ["ZTF24abcdefg"]
    assert figure.get_figheight() > cutouts(ZTF, "ztf").get_figheight()  # type: ignore[union-attr]


def test_without_directions_none_are_claimed() -> None:
    figure = cutouts(Cutouts(science=image(star(30))), "lsst")
    assert panels(figure) == ["Science", "Template not available", "Difference not available"]


def test_the_source_is_not_marked_in_an_image_cut_off_at_the_edge() -> None:
    stamp = read(zipped(star()[:, :50]), "ztf")
    assert stamp is not None
    assert stamp.target is None


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_image_is_not_available(garbage: bytes | None) -> None:
    figure = cutouts(Cutouts(science=garbage, template=ZTF.template, difference=ZTF.difference), "ztf")
    assert panels(figure)[0] == "Science not available"
    assert cutouts(Cutouts(science=garbage), "ztf") is None


def test_missing_pixels_stay_missing() -> None:
    pixels = star()
    pixels[:, :9] = np.nan
    pixels[0, 20] = np.inf
    shown = scaled(pixels)
    assert np.isnan(shown[:, :9]).all()
    assert 0 <= np.nanmin(shown) <= np.nanmax(shown) <= 1
    assert shown[31, 31] == 1


def test_a_faint_host_stands_out_beside_bright_stars() -> None:
    pixels = of_noise()  # sigma 3
    for row, column in ((8, 8), (50, 12), (12, 50)):
        pixels[row : row + 4, column : column + 4] = 3000.0
    pixels[30:33, 30:33] = 15.0
    shown = scaled(pixels)
    assert shown[30:33, 30:33].mean() - np.median(shown) > 0.12


@pytest.mark.parametrize("pixels", [np.zeros((9, 9)), np.full((9, 9), 7.0), np.full((9, 9), 1e38)])
def test_an_image_without_contrast_is_drawn(pixels: np.ndarray) -> None:
    assert np.isfinite(scaled(pixels)).all()
    figure = cutouts(Cutouts(difference=image(pixels)), "ztf")
    assert figure is not None
    assert png(figure).startswith(b"\x89PNG")


def test_the_picture_is_sharp_and_small() -> None:
    figure = cutouts(ZTF, "ztf")
    assert figure is not None
    drawn = png(figure)
    assert int.from_bytes(drawn[16:20]) == 1200
    assert len(drawn) < 80_000

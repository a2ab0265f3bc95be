"""Regions of any shape, as the tools of the field write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy_healpix import HEALPix
from hypothesis import given
from hypothesis import strategies as st

from alertwatch.query.moc import Moc, parse, read
from alertwatch.store import healpix

CELLS = {3: [3, 4, 100], 5: [700, 702]}


def test_ascii_and_json_say_the_same() -> None:
    assert parse("3/3-4 100 5/700,702") == parse('{"3": [3, 4, 100], "5": [700, 702]}')
    assert parse("s3/3-4 100 5/700 702\n29/") == parse("3/3-4,100 5/700 702")


def fits_table(file: Path, numbers: list[int], **header: object) -> Path:
    column = fits.Column(name="UNIQ", format="K", array=np.array(numbers, dtype=np.int64))
    table = fits.BinTableHDU.from_columns([column])
    table.header.update({"COORDSYS": "C", **header})
    table.writeto(file)
    return file


def test_both_versions_of_the_standard_are_read_from_fits(tmp_path: Path) -> None:
    wanted = parse("3/3-4 100 5/700,702")
    uniq = [4 ** (order + 1) + cell for order, cells in CELLS.items() for cell in cells]
    flat = [n for first, last in wanted.ranges for n in (first, last + 1)]
    assert read(fits_table(tmp_path / "1.fits", uniq, ORDERING="NUNIQ")) == wanted
    assert read(fits_table(tmp_path / "2.fits", flat, ORDERING="RANGE", MOCDIM="SPACE")) == wanted


@pytest.mark.parametrize(
    ("header", "sentence"),
    [({"COORDSYS": "G"}, "other coordinates than ICRS"), ({"ORDERING": "NESTED"}, "ordered by NESTED")],
)
def test_another_kind_of_map_is_named(tmp_path: Path, header: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(fits_table(tmp_path / "map.fits", [4 ** (3 + 1)], **header))


def test_a_map_of_probabilities_is_not_taken_for_a_region(tmp_path: Path) -> None:
    columns = [fits.Column(name=name, format="D", array=np.ones(2)) for name in ("UNIQ", "PROBDENSITY")]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "sky.fits")
    with pytest.raises(ValueError, match="a map of probabilities, not a MOC"):
        read(tmp_path / "sky.fits")


@pytest.mark.parametrize("text", ["", "hello", "3/", "3/800", "30/1", "3/5-4", "1-3", '{"3": 1}', "[1, 2]"])
def test_what_is_no_region_is_refused(text: str) -> None:
    if text == "3/":
        assert parse(text).ranges == ()  # an empty region is one
        return
    with pytest.raises(ValueError, match="is no MOC"):
        parse(text)


def test_a_file_of_any_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no MOC"):
        read(tmp_path / "x")


part = st.floats(0.001, 0.999)  # of a cell's side: at its edge rounding decides


@given(st.integers(0, 767), st.integers(0, 767), part, part)
def test_a_cell_holds_the_positions_that_astropy_puts_there(cell: int, other: int, x: float, y: float) -> None:
    ra, dec = HEALPix(nside=8, order="nested").healpix_to_lonlat(cell, x, y)
    pixel = healpix.pixel(ra.to_value("deg"), dec.to_value("deg"))
    assert parse(f"3/{cell}").holds(pixel)
    assert parse(f"3/{other}").holds(pixel) == (cell == other)


ranges = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 6)).map(lambda r: (r[0], r[0] + r[1])))


@given(ranges, st.integers(0, 210), st.integers(1, 5))
def test_a_region_holds_what_its_ranges_hold(found: list[tuple[int, int]], pixel: int, most: int) -> None:
    moc = Moc.of(found)
    inside = any(first <= pixel <= last for first, last in found)
    covered = any(first <= pixel <= last for first, last in moc.covering(most))
    assert moc.holds(pixel) == inside
    assert covered or not inside
    assert len(moc.covering(most)) <= most

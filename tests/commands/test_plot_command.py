from __future__ import annotations

import re

import pytest

from alertwatch.alert import Classification, Cutouts, Detection, NonDetection
from alertwatch.store import cutouts, verdicts
from tests.plots.fits_images import star, zipped
from tests.store.examples import an_alert, judged

OID = "ZTF26young"
LATEST = {"stamp_classifier": 26, "lc_classifier": 27}  # classifier: day of its latest match


@pytest.fixture(autouse=True)
def one_object(store):
    seen = tuple(
        Detection(
            mjd=61000.0 + n / 2, band="gr"[n % 2], mag=19.0 - n / 10, e_mag=0.05, alert_id=str(n), positive=True
        )
        for n in range(6)
    )
    alert = an_alert(OID, detections=seen, non_detections=(NonDetection(mjd=60999.0, band="g", limit=20.5),))
    with store.write() as tx:
        verdicts.save(tx, [judged(alert)], now=1.7e9)
        cutouts.save(tx, "ztf", OID, "1", Cutouts(science=zipped(star())), now=1.7e9)


def test_a_light_curve_is_written_here_and_its_name_is_printed(cli, folder):
    result = cli("plot", OID)

    assert result.exit_code == 0, result.output
    assert result.stdout == f"{OID}-difference.png\n"
    assert (folder / f"{OID}-difference.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF"), ("a.html", b"<!doctype html>")],
)
def test_the_suffix_of_the_output_says_the_format(cli, folder, name, start):
    assert cli("plot", OID, "--output", name).exit_code == 0
    assert (folder / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    "options",
    [
        ["--kind", "apparent"],
        ["--kind", "flux", "--since-first"],
        ["--period", "0.7", "--days", "30"],
        ["--kind", "cadence"],
        ["--kind", "colour-magnitude"],
        ["--kind", "colour-colour"],
        ["--kind", "classes"],
        ["--kind", "cutouts"],
    ],
    ids=" ".join,
)
def test_every_kind_can_be_drawn(cli, folder, options):
    assert cli("plot", OID, *options, "--output", "a.png").exit_code == 0
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")


def test_classes_are_those_that_each_classifier_said_last(cli, store, folder):
    later = Classification(classifier="stamp_classifier", probabilities={"AGN": 0.9, "SN": 0.1})
    other = Classification(classifier="lc_classifier", probabilities={"SNIa": 0.4, "QSO": 0.3})
    with store.write() as tx:
        for day, told in enumerate([later, other], 1):
            alert = an_alert(OID, str(day), mjd=60000.25 + day, classifications=(told,))
            verdicts.save(tx, [judged(alert)], now=1.7e9)

    assert cli("plot", OID, "--kind", "classes", "--output", "a.svg").exit_code == 0

    said = re.findall(r"<!-- (.*?) -->", (folder / "a.svg").read_text())
    assert {"lc_classifier · top class on 2023-02-27", "stamp_classifier · top class on 2023-02-26"} <= set(
        said
    )
    assert {"AGN", "0.90", "SNIa", "0.40"} <= set(said)
    assert not {"SN", "0.80", "QSO"} & set(said)


def test_a_dash_is_standard_output(cli, folder):
    assert cli("plot", OID, "--format", "svg", "--output", "-").stdout_bytes.startswith(b"<?xml")
    assert not list(folder.glob("*.svg"))


def test_the_file_is_shown_when_that_is_asked_for(cli, monkeypatch):
    shown = []
    monkeypatch.setattr("click.launch", shown.append)

    cli("plot", OID, "--output", "a.png", "--open")

    assert shown == ["a.png"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--period", "1", "--since-first"], "give one of the two"),
        (["--period", "0"], "0.0 is not in the range x>0"),
        (["--kind", "cadence", "--period", "1"], "--period is for light curves, not for --kind cadence"),
        (["--kind", "cadence", "--format", "html"], "--format html is for light curves"),
        (["--output", "a.jpg"], "no format is called jpg; give --format"),
        (["--output", "-", "--open"], "--open shows a file"),
    ],
)
def test_what_does_not_go_together_is_said(cli, options, sentence):
    result = cli("plot", OID, *options)

    assert result.exit_code == 2
    assert sentence in result.stderr


def test_an_object_that_is_not_there_is_said(cli, folder):
    result = cli("plot", "ZTF00aaaaaaa")

    assert result.exit_code == 1
    assert "the database holds no photometry of ZTF00aaaaaaa (ztf)" in result.stderr
    assert "no class of ZTF00aaaaaaa" in cli("plot", "ZTF00aaaaaaa", "--kind", "classes").stderr
    assert "no images of ZTF00aaaaaaa" in cli("plot", "ZTF00aaaaaaa", "--kind", "cutouts").stderr
    assert not list(folder.glob("*.png"))


def test_a_file_that_cannot_be_written_is_said(cli):
    result = cli("plot", OID, "--output", "no/such/folder/a.png")

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr

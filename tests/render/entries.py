"""Entries to render: complete, sparse, without anything, and with what only an enemy would send."""

from __future__ import annotations

from alertwatch.alert import CrossMatch
from alertwatch.facts import Facts
from alertwatch.filter import Criterion, Outcome
from alertwatch.notification import Brightness, Entry, Kind, Link, MatchedBy, Notification, Picture
from alertwatch.render.derived import links

EVIL = (
    "<script>alert(1)</script>\r\nBcc: eve@example.org\x00 & \"quoted\" '{{ 7*7 }}' $x^2$ \u202e 超新星 "
    + "A" * 5000
)

COMPLETE = Entry(
    survey="ztf",
    object_id="ZTF24abcdefg",
    also=("170028485864063195",),
    reasons=("new",),
    facts=Facts(
        mjd=61114.2,
        class_name="SN",
        classifier="stamp_classifier",
        probability=0.812,
        band="g",
        mag=18.62,
        ra=150.1,
        dec=-2.2,
        age_days=1.2,
        grade="gold",
    ),
    matched=(
        MatchedBy(
            filter="young_sn",
            grade="gold",
            mjd=61114.2,
            criteria=(
                Criterion(name="age", outcome=Outcome.PASS, value="1.2", threshold="≤ 5", unit="d"),
                Criterion(name="extinction", outcome=Outcome.UNKNOWN, required=False, note="no map"),
                Criterion(name="not a star", outcome=Outcome.GUARANTEED),
            ),
        ),
    ),
    brightness=(
        Brightness(band="g", mjd=61114.2, mag=18.62, e_mag=0.05, rate=0.32),
        Brightness(band="r", mjd=61113.2, mag=18.9, e_mag=0.06, rate=-0.1),
    ),
    first_mjd=61113.0,
    n_det=3,
    host=CrossMatch(catalog="PS1", source_id="1234567890", distance=1.24, star_score=0.02, mag={"r": 18.88}),
    links=links("ztf", "ZTF24abcdefg", 150.1, -2.2),
    labels=("follow-up requested by ana",),
)
SPARSE = Entry(
    survey="lsst", object_id="170028485864063195", facts=Facts(class_name="AGN", band="r", mag=21.34)
)
UNKNOWN = Entry(survey="ztf", object_id="ZTF24unknown", facts=Facts())
NAN, ENDLESS = float("nan"), float("inf")
NOT_FINITE = Entry(
    survey="ztf",
    object_id="ZTF24nan",
    facts=Facts(mjd=NAN, probability=NAN, band="g", mag=NAN, ra=NAN, dec=ENDLESS, age_days=-ENDLESS),
    brightness=(Brightness(band="g", mjd=NAN, mag=ENDLESS, e_mag=NAN, rate=NAN),),
    first_mjd=1e300,
    host=CrossMatch(catalog="PS1", distance=NAN, star_score=NAN, mag={"r": NAN}),
)
HOSTILE = Entry(
    survey=EVIL,
    object_id=EVIL,
    also=(EVIL,) * 50,
    reasons=(EVIL,) * 50,
    facts=Facts(class_name=EVIL, classifier=EVIL, probability=0.5, band=EVIL, mag=18.0, grade=EVIL),
    matched=(
        MatchedBy(
            filter=EVIL,
            grade=EVIL,
            criteria=(
                Criterion(name=EVIL, outcome=Outcome.FAIL, value=EVIL, threshold=EVIL, unit=EVIL, note=EVIL),
            ),
        ),
    ),
    brightness=(Brightness(band=EVIL, mjd=61114.2, mag=18.0),),
    host=CrossMatch(catalog=EVIL, source_id=EVIL, distance=1.0, mag={EVIL: 18.0}),
    links=(
        Link(name=EVIL, url="javascript:alert(1)"),
        Link(name=EVIL, url='https://example.org/?"><script>alert(1)</script>|'),
    ),
    labels=(EVIL,) * 50,
    urgent=True,
)
ENTRIES = {
    "complete": COMPLETE,
    "sparse": SPARSE,
    "unknown": UNKNOWN,
    "not finite": NOT_FINITE,
    "hostile": HOSTILE,
}
PICTURES = (Picture(name="light_curve.png", alt=f"Light curve {EVIL}", png=b"\x89PNG"),)


def notification(
    *entries: Entry, kind: Kind = Kind.MATCH, title: str = "A title", text: str = ""
) -> Notification:
    """A notification of these entries, with pictures."""
    return Notification(
        key="k", subscription="young_sn", kind=kind, title=title, created_at=0.0, text=text, entries=entries,
        pictures=PICTURES,
    )  # fmt: skip

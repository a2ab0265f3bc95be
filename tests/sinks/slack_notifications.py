"""Notifications to send to Slack: one with everything, many in one, and some that are as bad as can be."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from alertwatch.alert import CrossMatch
from alertwatch.facts import Facts
from alertwatch.filter import Criterion, Outcome
from alertwatch.notification import (
    Brightness,
    Entry,
    Kind,
    Link,
    MatchedBy,
    Notification,
    Picture,
)

PICTURE = Picture(
    name="light_curve.png", alt="light curve of ZTF24abcdef in g and r", png=b"\x89PNG light curve"
)
CUTOUTS = Picture(name="cutouts.png", alt="science, template and difference image", png=b"\x89PNG cutouts")

YOUNG = MatchedBy(
    filter="young_sn",
    grade="gold",
    mjd=61115.21,
    criteria=(
        Criterion(name="class is SN", outcome=Outcome.PASS, value="SN 0.81", threshold="≥ 0.5"),
        Criterion(name="age", outcome=Outcome.PASS, value="1.2", threshold="≤ 5", unit="d"),
        Criterion(name="not a star", outcome=Outcome.PASS, value="0.03", threshold="< 0.5", note="PS1 sgscore"),
        Criterion(name="rising", outcome=Outcome.PASS, value="0.32", threshold="> 0", unit="mag/d"),
        Criterion(name="real/bogus", outcome=Outcome.GUARANTEED),
        Criterion(name="host redshift", outcome=Outcome.UNKNOWN, required=False, note="no catalogue has it"),
    ),
)


def entry(object_id: str = "ZTF24abcdef", **more: Any) -> Entry:
    """A supernova candidate of which everything is known."""
    whole = Entry(
        survey="ztf",
        object_id=object_id,
        also=("ZTF24abcdeg",),
        reasons=("new",),
        facts=Facts(
            mjd=61115.21,
            class_name="SN",
            classifier="stamp_classifier",
            probability=0.81,
            band="g",
            mag=18.62,
            ra=150.1,
            dec=2.2,
            age_days=1.2,
            grade="gold",
        ),
        matched=(YOUNG,),
        brightness=(
            Brightness(band="g", mjd=61115.21, mag=18.62, e_mag=0.05, rate=0.32),
            Brightness(band="r", mjd=61115.18, mag=18.9, e_mag=0.06, rate=0.11),
        ),
        first_mjd=61114.0,
        n_det=7,
        host=CrossMatch(catalog="PS1", source_id="1100912", distance=3.4, star_score=0.03, mag={"r": 17.2}),
        links=(
            Link(name="ALeRCE Explorer", url=f"https://alerce.online/object/{object_id}"),
            Link(name="TNS", url="https://www.wis-tns.org/search?ra=150.1&decl=2.2&radius=3"),
            Link(name="SIMBAD", url="https://simbad.cds.unistra.fr/simbad/sim-coo?Coord=150.1+2.2&Radius=5"),
            Link(name="NED", url="https://ned.ipac.caltech.edu/conesearch?ra=150.1&dec=2.2"),
        ),
    )
    return msgspec.structs.replace(whole, **more)


def match(key: str = "key-1", **more: Any) -> Notification:
    """A new source, without pictures."""
    whole = Notification(
        key=key,
        subscription="young_sn",
        kind=Kind.MATCH,
        title="SN candidate ZTF24abcdef",
        created_at=time.time(),
        entries=(entry(),),
    )
    return msgspec.structs.replace(whole, **more)


def digest(count: int, **more: Any) -> Notification:
    """Many sources at once."""
    entries = tuple(entry(f"ZTF24aa{n:05d}") for n in range(count))
    title = f"{count} sources this evening"
    return match("digest-1", kind=Kind.DIGEST, title=title, entries=entries, **more)


def monstrous() -> Notification:
    """As long as can be, and full of what means something to Slack."""
    bad = "<!channel> & <@U1> *bold* _x_ `c` |\u0000\u202e 🚀" * 400
    criteria = tuple(
        Criterion(name=f"{n} {bad}", outcome=Outcome.PASS, value=bad, threshold=bad) for n in range(300)
    )
    return match(
        key="monster",
        title=bad,
        text=bad,
        subscription=bad,
        entries=(
            entry(
                reasons=(bad,) * 50,
                also=tuple(f"{bad}{n}" for n in range(90)),
                labels=(bad,) * 90,
                matched=(MatchedBy(filter=bad, grade=bad, criteria=criteria),) * 5,
                brightness=tuple(Brightness(band=bad, mjd=61115.0, mag=18.0 + n) for n in range(60)),
                links=tuple(Link(name=bad, url=f"https://x.example/{'y' * 1500}?a=<{n}>|") for n in range(99)),
                facts=Facts(
                    class_name=bad, classifier=bad, band=bad, mag=1e300, ra=400.0, dec=-100.0, grade=bad
                ),
            ),
        ),
    )

"""ZTF packets of an object that brightens, with three images; what notifications are recorded of."""

from __future__ import annotations

import io
from typing import Any

import fastavro

from alertwatch.settings import SubscriptionSettings
from alertwatch.subscriptions import Subscription

OID, MJD = "ZTF26abcdefg", 61000.25
DOUBLES = ("jd", "ra", "dec", "magpsf", "sigmapsf", "drb", "sgscore1", "distpsnr1", "sgmag1")


def _record(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": n, "type": t} for n, t in fields.items()]}


STAMP = _record("stamp", fileName="string", stampData="bytes")
SCHEMA = fastavro.parse_schema(
    _record(
        "alert",
        objectId="string",
        candid="long",
        candidate=_record(
            "candidate",
            **dict.fromkeys(DOUBLES, "double"),
            fid="int",
            candid="long",
            isdiffpos="string",
            objectidps1="long",
        ),
        cutoutScience=["null", STAMP],
        cutoutTemplate=["null", "stamp"],
        cutoutDifference=["null", "stamp"],
    )
)


def packet(number: int = 0, mag: float = 18.5, object_id: str = OID) -> bytes:
    """The object's packet of day ``number``; its science image says ``science <number>``."""
    candid = 3_400_500_010_115_015_001 + number
    candidate = {
        "jd": MJD + number + 2_400_000.5,
        "fid": 2,
        "candid": candid,
        "isdiffpos": "t",
        "ra": 185.7288,
        "dec": 15.8236,
        "magpsf": mag,
        "sigmapsf": 0.1,
        "drb": 0.99,
        "sgscore1": 0.02,
        "distpsnr1": 0.8,
        "objectidps1": 128981857288123456,
        "sgmag1": 17.9,
    }
    message = {"objectId": object_id, "candid": candid, "candidate": candidate}
    for kind in ("Science", "Template", "Difference"):
        data = f"{kind.lower()} {number}".encode()
        message[f"cutout{kind}"] = {"fileName": "f", "stampData": data}
    file = io.BytesIO()
    fastavro.writer(file, SCHEMA, [message])
    return file.getvalue()


def candid(number: int = 0) -> str:
    """The alert id of that packet."""
    return str(3_400_500_010_115_015_001 + number)


def subscription(
    name: str, *filters: str, follow_days: float = 60, paused_at: float | None = None
) -> Subscription:
    """One that names these filters."""
    section = SubscriptionSettings(filters=filters, channels=("team",), follow_days=follow_days)
    return Subscription(name, section, "file", paused_at)


def subscriptions(*all_: Subscription) -> dict[str, Subscription]:
    """By name."""
    return {one.name: one for one in all_}

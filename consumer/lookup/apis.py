"""Which look-ups the settings allow."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal

from alertwatch.settings import ApiSettings
from consumer.lookup.enrich import Clock, Lookup
from consumer.lookup.http import ApiClient
from consumer.lookup.lsst import LsstLookup
from consumer.lookup.ztf import ZtfLookup


def build(apis: Mapping[Literal["ztf", "lsst"], ApiSettings], clock: Clock = time.time) -> dict[str, Lookup]:
    """The look-up of each survey whose API is configured."""
    lookups: dict[str, Lookup] = {}
    if ztf := apis.get("ztf"):
        packets = ApiClient("ZTF packet service", ztf.packets, ztf, clock) if ztf.packets else None
        tap = ApiClient("ZTF TAP service", ztf.tap, ztf, clock) if ztf.tap else None
        lookups["ztf"] = ZtfLookup(ApiClient("ZTF API", ztf.url, ztf, clock), packets, tap, clock)
    if lsst := apis.get("lsst"):
        lookups["lsst"] = LsstLookup(ApiClient("Rubin API", lsst.url, lsst, clock), clock)
    return lookups

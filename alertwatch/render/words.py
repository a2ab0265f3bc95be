"""Numbers and names as a person reads them. What is not known, or not finite, has no words (``None``)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from alertwatch import sky, times
from alertwatch.alert import CrossMatch
from alertwatch.notification import Brightness
from alertwatch.render.derived import sexagesimal

STEADY = 0.03
"""Slower changes than this are no change to speak of, mag/day."""

LONGEST = 120
"""Characters of a name or value from outside that are shown."""

CATALOGS = {"PS1": "Pan-STARRS", "MPC": "known solar-system object", "Gaia": "Gaia"}


def clean(text: object, longest: int = LONGEST) -> str:
    """Text from outside on one line: control characters and runs of blanks are one blank, the rest is cut."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def paragraphs(text: str, longest: int = 8_000) -> str:
    """Text from outside that may have several lines, without other control characters."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in text[: 2 * longest])
    kept = re.sub(r"\n{3,}", "\n\n", kept).strip()
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def number(value: float | None, places: int) -> str | None:
    """A finite number with a true minus sign."""
    if value is None or not math.isfinite(value) or abs(value) >= 1e12:
        return None
    return f"{value:.{places}f}".replace("-", "−")


def span(days: float | None) -> str | None:
    """A duration: ``25 min``, ``7 h``, ``1.2 d``, ``3.4 yr``."""
    if days is None or not math.isfinite(days) or days < 0:
        return None
    if days < 1 / 24:
        return f"{days * 1440:.0f} min"
    if days < 0.95:
        return f"{days * 24:.0f} h"
    return f"{days:.1f} d" if days < 99.95 else f"{days:.0f} d" if days < 1000 else f"{days / 365.25:.1f} yr"


def moment(mjd: float | None) -> str | None:
    """MJD UTC → ``2026-03-15 04:12 UTC``."""
    try:
        return None if mjd is None else f"{times.to_datetime(mjd):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError):
        return None


def magnitude(seen: Brightness) -> str | None:
    """``18.62 ± 0.05 mag``."""
    mag, error = number(seen.mag, 2), number(seen.e_mag, 2)
    return mag and (f"{mag} ± {error} mag" if error else f"{mag} mag")


def change(rate: float | None) -> str | None:
    """Of a rise rate [mag/day]: ``rising 0.32 mag/d``, ``fading …``, ``steady``."""
    if rate is None or not math.isfinite(rate):
        return None
    size = number(abs(rate), 2)
    return "steady" if abs(rate) < STEADY else f"{'rising' if rate > 0 else 'fading'} {size} mag/d"


def position(ra: float | None, dec: float | None) -> list[tuple[str, str]]:
    """RA and Dec in both notations and galactic coordinates, labelled; none without a place on the sky."""
    if ra is None or dec is None or not (0 <= ra <= 360 and -90 <= dec <= 90):
        return []
    longitude, latitude = sky.galactic(ra, dec)
    return [
        ("Position", " ".join(sexagesimal(ra, dec)) + " (ICRS)"),
        ("Degrees", f"{ra:.6f} {dec:+.6f}"),
        ("Galactic", f"l = {longitude:.3f}°, b = {latitude:+.3f}°".replace("-", "−")),
    ]


def neighbour(host: CrossMatch) -> str:
    """``Pan-STARRS 123…, 1.2″ away, r = 18.9 mag, star score 0.02 (galaxy)``."""
    name = CATALOGS.get(host.catalog, clean(host.catalog))
    name = f"{name} {clean(host.source_id, 40)}" if host.source_id else name
    distance, score = number(host.distance, 1), number(host.star_score, 2)
    mags = [(clean(band, 8), number(mag, 1)) for band, mag in host.mag.items()]
    facts = [
        f"{distance}″ away" if distance else None,
        ", ".join(f"{band} = {mag}" for band, mag in mags[:5] if mag) + " mag" if mags else None,
        f"star score {score} ({_kind(host.star_score)})" if score else None,
    ]
    return joined([name, *facts])


def _kind(star_score: float | None) -> str:
    if star_score is None or 0.3 <= star_score <= 0.7:
        return "galaxy or star"
    return "star" if star_score > 0.7 else "galaxy"


def joined(parts: Iterable[str | None], separator: str = ", ") -> str:
    """The parts that are there."""
    return separator.join(part for part in parts if part)

"""What the pictures show, in words: for screen readers and mail programs that show no pictures."""

from __future__ import annotations

from alertwatch.alert import LightCurve
from alertwatch.plots.points import Point, detections
from alertwatch.plots.stamps import Stamp
from alertwatch.plots.style import BANDS, drawable


def light_curve(title: str, curve: LightCurve) -> str:
    """How many detections over how long, the latest magnitudes, the deepest limit."""
    seen, name = detections(curve), drawable(title)
    limits = _limits(curve)
    if not seen:
        return f"Light curve of {name}: no detections{'; ' + limits if limits else ''}."
    latest = {p.band: p for p in seen}
    bands = sorted(latest, key=lambda b: (list(BANDS).index(b) if b in BANDS else 99, b))
    over = f" over {seen[-1].mjd - seen[0].mjd:.1f} days" if len(seen) > 1 else ""
    told = f"{_counted(len(seen), 'detection')}{over}; latest {', '.join(_magnitude(latest[b]) for b in bands)}"
    return f"Light curve of {name}: {told}{'; ' + limits if limits else ''}."


def _limits(curve: LightCurve) -> str:
    deepest = max(curve.non_detections, key=lambda n: n.limit, default=None)
    if deepest is None:
        return ""
    count = _counted(len(curve.non_detections), "upper limit")
    return f"{count}, the deepest {drawable(deepest.band, 12)} = {deepest.limit:.1f} mag"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _magnitude(point: Point) -> str:
    error = f" ± {point.error:.2f}" if point.error else ""
    return f"{drawable(point.band, 12)} = {point.value:.2f}{error} mag"


def cutouts(title: str, found: dict[str, Stamp | None]) -> str:
    """Which images there are, and how much sky they show."""
    there = {kind: stamp for kind, stamp in found.items() if stamp is not None}
    missing = [kind for kind in found if kind not in there]
    one = next(iter(there.values()), None)
    size = f", {one.pixels.shape[1] * one.pixel:.0f} arcsec wide" if one is not None and one.pixel else ""
    lacking = f"; not available: {', '.join(missing)}" if missing else ""
    return f"Cutouts of {drawable(title)}: {', '.join(there)} image{size}{lacking}."

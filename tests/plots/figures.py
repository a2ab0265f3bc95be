"""What a person sees on a figure: points, words, colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from alertwatch.alert import Detection


def seen(mjd: float, mag: float | None, band: str = "g", **more: Any) -> Detection:
    return Detection(mjd=mjd, band=band, mag=mag, e_mag=0.05, **{"positive": True, **more})


def drawn(figure: Figure, gid: str) -> list[tuple[float, float]]:
    """The points of one kind (detections, limits, forced) that are on the axes."""
    axes = figure.axes[0]
    lines = [
        c.lines[0] for c in axes.containers if isinstance(c, ErrorbarContainer) and c.lines[0].get_gid() == gid
    ]
    lines += [line for line in axes.lines if line.get_gid() == gid and line not in lines]
    return [(float(x), float(y)) for line in lines for x, y in np.column_stack(line.get_data())]


def words(figure: Figure) -> str:
    texts = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return " | ".join(text.get_text() for text in texts)


def objects(figure: Figure, *, color: bool = False) -> Any:
    """The points of many objects: their positions on the axes, or their colours (RGBA)."""
    (points,) = figure.axes[0].findobj(lambda artist: artist.get_gid() == "objects")
    return points.get_facecolor() if color else np.asarray(points.get_offsets())  # type: ignore[attr-defined]

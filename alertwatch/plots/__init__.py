"""Pictures of light curves and cutouts: matplotlib figures, for notifications, the query API and notebooks.

    light_curve(curve, kind=…, period=…)  magnitudes or fluxes over time or phase
    cadence(curve)                        visits of every night, by band
    colour_magnitude(curves), colour_colour(curves)  of one object in time, or of many
    class_probabilities(classifications)  what each classifier says
    sky_map(frame)                        positions of matches on the whole sky
    period_amplitude(frame)               variable stars
    cutouts(images, survey)               science, template, difference; None without images
    png(figure)                           a figure as PNG bytes
    pictures(title, curve, images, …)     what goes with a notification, and the same in words
    interactive.light_curve, .sky_map     the same to hover over, by Plotly (the extra ``notebooks``)

Each gives a matplotlib Figure. Units: MJD UTC, AB magnitudes, nJy, degrees (ICRS).

Figures are made without pyplot and without global settings: any thread may draw.
"""

from __future__ import annotations

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from alertwatch.alert import Cutouts, LightCurve
from alertwatch.notification import Picture
from alertwatch.plots import alt
from alertwatch.plots.cadence import cadence
from alertwatch.plots.colour import colour_colour, colour_magnitude
from alertwatch.plots.cutouts import cutouts, draw
from alertwatch.plots.light_curve import light_curve
from alertwatch.plots.period_amplitude import period_amplitude
from alertwatch.plots.probabilities import class_probabilities
from alertwatch.plots.sky_map import sky_map
from alertwatch.plots.stamps import stamps

__all__ = [
    "cadence",
    "class_probabilities",
    "colour_colour",
    "colour_magnitude",
    "cutouts",
    "light_curve",
    "period_amplitude",
    "pictures",
    "png",
    "sky_map",
]


def png(figure: Figure) -> bytes:
    """The figure as PNG, in the size it was made for, on an opaque ground."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    stream = io.BytesIO()
    # without the alpha channel, which a picture on white does not need, it takes half the time to write
    Image.fromarray(pixels[..., :3].copy()).save(stream, "PNG", compress_level=4)
    return stream.getvalue()


def pictures(
    title: str,
    curve: LightCurve,
    images: Cutouts | None,
    survey: str,
    *,
    mark_mjd: float | None = None,
) -> tuple[Picture, ...]:
    """The light curve, and the cutouts where there are any. ``mark_mjd``: the alert's time, MJD UTC."""
    drawn = [
        Picture(
            name="light_curve.png",
            alt=alt.light_curve(title, curve),
            png=png(light_curve(curve, title=title, mark_mjd=mark_mjd)),
        )
    ]
    found = stamps(images, survey) if images is not None else {}
    if any(found.values()):
        drawn.append(Picture(name="cutouts.png", alt=alt.cutouts(title, found), png=png(draw(found))))
    return tuple(drawn)

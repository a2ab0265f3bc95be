"""The same plots to hover over: exact values, zoom, and a legend that switches bands and classes off.

    interactive.light_curve(curve, kind=…)   → plotly Figure
    interactive.sky_map(frame)               → plotly Figure
    interactive.html(figure)                 a page that needs no network

Needs Plotly: ``pip install 'alertwatch[notebooks]'``; without it each raises `AlertwatchError`.
"""

from alertwatch.plots.interactive.light_curve import light_curve
from alertwatch.plots.interactive.look import html
from alertwatch.plots.interactive.sky_map import sky_map

__all__ = ["html", "light_curve", "sky_map"]

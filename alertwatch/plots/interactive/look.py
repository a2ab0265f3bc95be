"""How the interactive plots look: the same colours and words as on paper."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from alertwatch.errors import AlertwatchError
from alertwatch.plots import style

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SYMBOLS = {
    "p": "pentagon",
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "P": "cross",
    "X": "x",
    "h": "hexagon",
}
"""Plotly's names of matplotlib's markers."""

FONT = {"family": "DejaVu Sans, Verdana, sans-serif", "size": 13, "color": style.INK}


def plotly() -> ModuleType:
    """Plotly's graph objects; raises `AlertwatchError` where Plotly is not installed."""
    try:
        from plotly import graph_objects  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise AlertwatchError(
            "interactive plots need Plotly, which is not installed; pip install 'alertwatch[notebooks]'"
        ) from None
    found: ModuleType = graph_objects
    return found


def layout(title: str, **more: Any) -> dict[str, Any]:
    """What all figures share."""
    return {
        "template": "plotly_white",
        "font": FONT,
        "title": {"text": f"<b>{escaped(title)}</b>", "font": {"size": 16}, "x": 0.01, "xanchor": "left"},
        "margin": {"l": 75, "r": 20, "t": 60, "b": 60},
        "hoverlabel": {"bgcolor": "white", "font": {**FONT, "size": 12}},
        "legend": {"groupclick": "toggleitem", "itemsizing": "constant"},
        **more,
    }


def axis(title: str, **more: Any) -> dict[str, Any]:
    """A framed axis."""
    frame = {"showline": True, "mirror": True, "linecolor": "#aab2bf", "ticks": "outside"}
    plain = {"gridcolor": style.RULE, "zeroline": False, "exponentformat": "none"}
    return {"title": {"text": title}, **frame, **plain, **more}


def escaped(text: str) -> str:
    """Text that Plotly, which reads some HTML, shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def html(figure: Figure) -> str:
    """The figure as a page of its own, with all that it needs inside (about 5 MB)."""
    config = {"displaylogo": False, "responsive": True}
    page: str = figure.to_html(include_plotlyjs=True, config=config, default_height="96vh")
    name = (figure.layout.title.text or "").removeprefix("<b>").removesuffix("</b>")
    # without a margin the page is no higher than the window
    return page.replace("</head>", f"<title>{name}</title><style>body {{margin: 0}}</style></head>", 1)

"""alertwatch follows the ALeRCE broker's alert streams, runs science filters and keeps every match.

Asking for what it kept: `matches`, `light_curve`, `explain`, `cutouts` and `live`, loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alertwatch.query.live import live
    from alertwatch.query.questions import cutouts, explain, light_curve, matches

__version__ = "0.1.0"
__all__ = ["__version__", "cutouts", "explain", "light_curve", "live", "matches"]

_QUESTIONS = dict.fromkeys(("cutouts", "explain", "light_curve", "matches"), "alertwatch.query.questions")
_HOMES = {**_QUESTIONS, "live": "alertwatch.query.live"}


def __getattr__(name: str) -> Any:
    """What is slow to load, since pandas and the database come with it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""The three images of an alert, as arrays, and drawn where a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alertwatch.alert import Cutouts

Pixels = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Images:
    """Science, template and difference image of an alert; ``None`` where there is none to read.

    Arrays are in the survey's own units, first row at the bottom (``origin="lower"``); ZTF's have north up and
    east left. The difference is science minus template, also where ZTF's file has it the other way round.
    ``pixel_scale`` is in arcsec, ``None`` where neither survey nor image tells it. ``files`` are the FITS files
    (gzipped, for ZTF) as the survey sent them.
    """

    object_id: str
    survey: str
    alert_id: str
    science: Pixels | None
    template: Pixels | None
    difference: Pixels | None
    pixel_scale: float | None
    files: Cutouts = field(repr=False)

    @classmethod
    def of(cls, object_id: str, survey: str, alert_id: str, files: Cutouts) -> Images:
        """The images in the files."""
        from alertwatch.plots.stamps import stamps  # noqa: PLC0415 - slow to load

        found = stamps(files, survey)
        arrays = {kind: None if stamp is None else stamp.pixels for kind, stamp in found.items()}
        scale = next((stamp.pixel for stamp in found.values() if stamp and stamp.pixel), None)
        return cls(object_id, survey, alert_id, **arrays, pixel_scale=scale, files=files)

    def __repr__(self) -> str:
        kinds = ("science", "template", "difference")
        shapes = ", ".join(
            f"{kind} {'×'.join(map(str, a.shape)) if a is not None else 'not available'}"
            for kind, a in ((kind, getattr(self, kind)) for kind in kinds)
        )
        return f"<cutouts of {self.object_id}, alert {self.alert_id}: {shapes}>"

    def _repr_png_(self) -> bytes | None:
        """What Jupyter shows."""
        from alertwatch import plots  # noqa: PLC0415 - slow to load

        figure = plots.cutouts(self.files, self.survey)
        return None if figure is None else plots.png(figure)

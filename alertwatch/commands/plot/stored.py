"""What the database holds of an object to be drawn; each says so where that is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertwatch.errors import AlertwatchError

if TYPE_CHECKING:
    from alertwatch.alert import Cutouts, LightCurve
    from alertwatch.commands import Session
    from alertwatch.store.queries import Match


def light_curve(session: Session, survey: str, object_id: str) -> LightCurve:
    """All that was measured."""
    from alertwatch.store import queries

    with session.reader() as reader, reader.read() as tx:
        curve = queries.light_curve(tx, survey, object_id)
    if not (curve.detections or curve.non_detections or curve.forced_photometry):
        raise AlertwatchError(
            f"the database holds no photometry of {object_id} ({survey}); it holds that of objects that "
            "matched, which `alertwatch matches` lists"
        )
    return curve


def images(session: Session, survey: str, object_id: str) -> Cutouts:
    """The images that were stored last."""
    from alertwatch.store import cutouts

    with session.reader() as reader, reader.read() as tx:
        found = cutouts.load(tx, survey, object_id)
    if found is None:
        raise AlertwatchError(f"the database holds no images of {object_id} ({survey})")
    return found[1]


def classified(session: Session, survey: str, object_id: str) -> list[Match]:
    """The matches of which a class is known, the newest first."""
    from alertwatch.query.selection import Selection
    from alertwatch.store import queries

    with session.reader() as reader, reader.read() as tx:
        found = queries.matches(tx, Selection(objects=(object_id,), survey=survey))
    told = [match for match in found if match.class_name and match.probability is not None]
    if not told:
        raise AlertwatchError(
            f"the database holds no class of {object_id} ({survey}); it holds those of objects that matched, "
            "which `alertwatch matches` lists"
        )
    return told

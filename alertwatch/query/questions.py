"""What `import alertwatch` offers: matches, light curves, reasons and images as tables and arrays.

Each opens the database for reading alone, asks, and closes it. ``config`` is a settings file (default:
``$ALERTWATCH_CONFIG``, else ``alertwatch.toml``), ``database`` a SQLAlchemy URL or a SQLite file instead.
All raise `SettingsError`, `DatabaseTooOld`, `DatabaseTooNew`, `AccessDenied` and `StoreUnavailable`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack, overload

from alertwatch.query import asked, frames, ids, words
from alertwatch.query.images import Images
from alertwatch.query.known import refuse_unknown_filter
from alertwatch.query.opened import opened

if TYPE_CHECKING:
    import pandas as pd
    from astropy.table import QTable
    from astropy.time import Time
    from astropy.units import Quantity

    from alertwatch.query.moc import Moc

    Moment: TypeAlias = str | float | date | datetime | timedelta | Time
    Place: TypeAlias = str | Path

    class Where(TypedDict, total=False):
        """Which object's, and where to ask."""

        survey: str | None
        config: Place | None
        database: Place | None

    class Words(Where, total=False):
        """What `matches` takes besides the filter."""

        class_name: str | None
        min_probability: float | None
        night: str | date | None
        since: Moment | None
        until: Moment | None
        brighter: float | Quantity | None
        fainter: float | Quantity | None
        cone: str | tuple[Any, ...] | None
        moc: Place | Moc | None
        objects: Place | Iterable[str | int] | None
        label: str | None
        tag: str | None
        order: str
        limit: int | None


@overload
def matches(
    filter: str | None = ..., *, table: Literal[False] = ..., **words: Unpack[Words]
) -> pd.DataFrame: ...
@overload
def matches(filter: str | None = ..., *, table: Literal[True], **words: Unpack[Words]) -> QTable: ...
def matches(
    filter: str | None = None,  # noqa: A002 - the word of the settings file and the command line
    *,
    class_name: str | None = None,
    min_probability: float | None = None,
    night: str | date | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    brighter: float | Quantity | None = None,
    fainter: float | Quantity | None = None,
    cone: str | tuple[Any, ...] | None = None,
    moc: Place | Moc | None = None,
    objects: Place | Iterable[str | int] | None = None,
    label: str | None = None,
    tag: str | None = None,
    survey: str | None = None,
    order: str = "newest",
    limit: int | None = None,
    table: bool = False,
    config: Place | None = None,
    database: Place | None = None,
) -> pd.DataFrame | QTable:
    """The stored matches that meet every condition; what is not known meets none.

    - ``filter``: of this configured filter.
    - ``class_name``: the top class, or a group: ``"SN"`` finds SNIa, SESN, SNII, SLSN as well.
    - ``min_probability``: of that top class, 0 to 1.
    - ``night``: ``"last night"``, ``"tonight"``, or the date of the evening: from noon to noon at the site.
    - ``since`` ≤ time of the alert < ``until``: MJD, ISO date, ``"12h"`` (or a timedelta) ago, datetime, Time.
    - ``brighter``, ``fainter`` than this difference magnitude (AB); a number, or a Quantity of astropy.
    - ``cone``: ``"RA DEC RADIUS"`` (degrees, and arcsec; ``5'`` arcmin, ``2d`` degrees), three numbers in
      degrees, or ``(SkyCoord, Angle)``.
    - ``moc``: a MOC as file (FITS, JSON, ASCII), text, or mocpy's own.
    - ``objects``: ids, as list, text with commas, or a `pathlib.Path` to a file.
    - ``label``: objects of which somebody said so. ``tag``: objects that have it.
    - ``survey``: ztf or lsst. ``limit``: at most so many, the first by ``order``:
      newest, oldest, brightest or probability (the most probable).

    Gives a DataFrame whose units are in ``attrs["units"]``, or with ``table=True`` an astropy QTable.
    Raises `BadSelection` for what cannot be understood, and for a filter that there is not.
    """
    given = {name: value for name, value in locals().items() if name not in {"table", "config", "database"}}
    with opened(config, database) as (reader, settings):
        selection = words.selection(longitude=settings.site.longitude, **given)
        with reader.read() as tx:
            found = asked.matches(tx, selection)
            if found.empty:
                refuse_unknown_filter(tx, settings, selection.filter)
    return frames.astropy_table(found) if table else found


@overload
def light_curve(
    object_id: str | int, *, table: Literal[False] = ..., **where: Unpack[Where]
) -> pd.DataFrame: ...
@overload
def light_curve(object_id: str | int, *, table: Literal[True], **where: Unpack[Where]) -> QTable: ...
def light_curve(
    object_id: str | int,
    *,
    survey: str | None = None,
    table: bool = False,
    config: Place | None = None,
    database: Place | None = None,
) -> pd.DataFrame | QTable:
    """The light curve of an object that matched once, by time; empty for any other.

    ``kind`` is *detection* (``mag`` is the difference magnitude, ``mag_corr`` the apparent one, where valid),
    *non_detection* (``limit``: 5-sigma limiting magnitude) or *forced* (difference ``flux`` in nJy, detected
    or not). Magnitudes are AB. Gives what `matches` gives.
    """
    with opened(config, database) as (reader, _), reader.read() as tx:
        found = asked.light_curve(tx, ids.object_id(object_id), words.survey(survey))
    return frames.astropy_table(found) if table else found


@overload
def explain(object_id: str | int, *, table: Literal[False] = ..., **where: Unpack[Where]) -> pd.DataFrame: ...
@overload
def explain(object_id: str | int, *, table: Literal[True], **where: Unpack[Where]) -> QTable: ...
def explain(
    object_id: str | int,
    *,
    survey: str | None = None,
    table: bool = False,
    config: Place | None = None,
    database: Place | None = None,
) -> pd.DataFrame | QTable:
    """Why an object matched, or did not: each criterion of each stored verdict in a row, newest alert first.

    A verdict without criteria is one row without ``criterion``. Gives what `matches` gives; nothing is looked
    up (`alertwatch explain` on the command line does, where nothing is stored).
    """
    with opened(config, database) as (reader, _), reader.read() as tx:
        found = asked.explain(tx, ids.object_id(object_id), words.survey(survey))
    return frames.astropy_table(found) if table else found


def cutouts(
    object_id: str | int,
    *,
    alert_id: str | int | None = None,
    survey: str | None = None,
    config: Place | None = None,
    database: Place | None = None,
) -> Images | None:
    """The images of an alert that matched (or of a later one of its object); by default the ones stored last.

    ``None`` where none are stored. Jupyter shows them as a picture.
    """
    with opened(config, database) as (reader, _), reader.read() as tx:
        wanted = None if alert_id is None else ids.object_id(alert_id)
        return asked.cutouts(tx, ids.object_id(object_id), wanted, words.survey(survey))

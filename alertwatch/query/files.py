"""Answers as files for other programs: CSV; Parquet and VOTable, with units."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from alertwatch.errors import AlertwatchError
from alertwatch.query.fields import Field, Kind

if TYPE_CHECKING:
    import pandas as pd

_ABOUT = "Matches of alertwatch"
_MJD_ORIGIN = 2_400_000.5
_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def write_csv(parts: Iterable[pd.DataFrame], out: TextIO) -> None:
    """CSV of frames one after the other: millions of rows need no memory. What is not known is empty."""
    for place, part in enumerate(parts):
        part.to_csv(out, header=place == 0, index=False, date_format=_ISO, lineterminator="\n")


def write_parquet(parts: Iterable[pd.DataFrame], out: BinaryIO) -> None:
    """Parquet of frames, at least one, with their types; each column's unit is in its metadata."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise AlertwatchError("Parquet needs pyarrow: pip install 'alertwatch[parquet]'") from None
    with ExitStack() as closing:
        writer = None
        for part in parts:
            table = pa.Table.from_pandas(part, preserve_index=False)
            if writer is None:
                schema = _with_units(table.schema, part.attrs["units"])
                writer = closing.enter_context(pq.ParquetWriter(out, schema))
            writer.write_table(table.cast(schema))


def _with_units(schema: Any, units: dict[str, str]) -> Any:
    for place, name in enumerate(schema.names):
        if unit := units.get(name):
            schema = schema.set(place, schema.field(place).with_metadata({"unit": unit}))
    return schema


def write_votable(found: pd.DataFrame, fields: tuple[Field, ...], out: BinaryIO) -> None:
    """VOTable with units, UCDs, and the systems of positions (ICRS) and times (MJD, UTC)."""
    from astropy.io.votable import from_table  # noqa: PLC0415 - slow to load
    from astropy.io.votable.tree import CooSys, TimeSys  # noqa: PLC0415

    document = from_table(_plain(found), table_id="matches")
    resource = document.resources[0]
    resource.description = _ABOUT
    resource.coordinate_systems.append(CooSys(ID="icrs", system="ICRS"))
    mjd_utc = {"ID": "utc_mjd", "timeorigin": _MJD_ORIGIN, "timescale": "UTC", "refposition": "TOPOCENTER"}
    resource.time_systems.append(TimeSys(**mjd_utc, config={"version_1_4_or_later": True}))
    columns = {column.name: column for column in resource.tables[0].fields}
    for field in fields:
        column = columns[field.name]
        column.unit, column.ucd = field.unit, field.ucd
        column.ref = {"ra": "icrs", "dec": "icrs", "mjd": "utc_mjd"}.get(field.name)
        if field.kind is Kind.TEXT:
            column.arraysize = "*"
        if field.kind in {Kind.MOMENT, Kind.CLOCK}:
            column.datatype, column.arraysize, column.xtype = "char", "*", "timestamp"
    document.to_xml(out)


def _plain(found: pd.DataFrame) -> Any:
    """An astropy table whose times are ISO 8601 text: VOTable has no type for them."""
    from alertwatch.query.frames import astropy_table  # noqa: PLC0415 - pandas is slow to load

    moments = found.select_dtypes("datetimetz").columns
    written = {name: found[name].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").astype("string") for name in moments}
    texts = found.assign(**written)
    texts.attrs = found.attrs
    return astropy_table(texts)

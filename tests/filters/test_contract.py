"""What every filter keeps, found by walking the folder: a new one is tested by being there.

Each filter NAME has a file ``test_NAME.py`` with tables ``ACCEPTED`` and ``REJECTED`` of alerts by case.
"""

import importlib
import pickle
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alertwatch import registry
from alertwatch.alert import Alert, Part
from alertwatch.filter import Filter, Outcome, Result
from alertwatch.taxonomy import CANONICAL
from consumer import readers

FILTERS = registry.filters()
STREAMS = set(readers.names())
DATA_OF = {
    Part.OBJECT: {"summary": None},
    Part.DETECTIONS: {"detections": ()},
    Part.NON_DETECTIONS: {"non_detections": ()},
    Part.FORCED_PHOTOMETRY: {"forced_photometry": ()},
    Part.CLASSIFICATIONS: {},
    Part.FEATURES: {"features": {}},
    Part.CROSSMATCHES: {"crossmatches": ()},
}

every_filter = pytest.mark.parametrize("name", FILTERS)


def made(name: str) -> Filter[Any]:
    kind = FILTERS[name]
    return kind(f"my_{name}", kind.parameters_type())


def table(name: str, which: str) -> dict[str, Alert]:
    found: dict[str, Alert] = getattr(importlib.import_module(f"tests.filters.test_{name}"), which)
    return found


def everything(name: str) -> list[Alert]:
    return [*table(name, "ACCEPTED").values(), *table(name, "REJECTED").values()]


@every_filter
def test_it_accepts_and_rejects_what_its_tables_say(name: str) -> None:
    assert {made(name).judge(alert).result for alert in table(name, "ACCEPTED").values()} == {Result.MATCH}
    assert {made(name).judge(alert).result for alert in table(name, "REJECTED").values()} == {Result.NO_MATCH}


@every_filter
def test_it_says_in_a_sentence_what_it_is(name: str) -> None:
    assert len((FILTERS[name].__doc__ or "").split()) > 5


@every_filter
def test_its_parameters_have_defaults_descriptions_and_units(name: str) -> None:
    for key, field in FILTERS[name].parameters_type.model_fields.items():
        assert not field.is_required(), key
        assert field.description, key
        assert isinstance(field.json_schema_extra, dict), key
        assert "unit" in field.json_schema_extra, key
        assert field.annotation is bool or field.metadata, f"{key} has no bounds"


@every_filter
def test_an_unknown_parameter_is_refused_with_the_nearest_one_named(name: str) -> None:
    key = next(iter(FILTERS[name].parameters_type.model_fields))
    with pytest.raises(Exception, match=key):
        registry.instance("x", dict(FILTERS), name, {key + "s": 1})


@every_filter
def test_writing_a_default_into_the_settings_changes_nothing(name: str) -> None:
    fields = FILTERS[name].parameters_type.model_fields
    written = {
        key: float(f.default) if isinstance(f.default, int) and f.annotation is float else f.default
        for key, f in fields.items()
    }
    same = registry.instance("x", dict(FILTERS), name, written)
    assert same.parameters_hash == registry.instance("x", dict(FILTERS), name, {}).parameters_hash


@every_filter
def test_it_wants_streams_classes_and_parts_that_exist(name: str) -> None:
    kind = FILTERS[name]
    assert kind.streams
    assert kind.streams <= STREAMS
    assert kind.classes is None or kind.classes <= CANONICAL
    assert kind.needs <= set(Part)


@every_filter
def test_it_wants_the_message_of_every_alert_that_it_accepts(name: str) -> None:
    for alert in table(name, "ACCEPTED").values():
        message = replace(
            alert, mjd=None, ra=None, dec=None, detections=(), non_detections=(), crossmatches=(), summary=None
        )
        assert made(name).wants(replace(message, parts=frozenset()))


@every_filter
def test_it_survives_the_way_to_another_process(name: str) -> None:
    original = made(name)
    copy = pickle.loads(pickle.dumps(original))
    assert (copy.name, copy.parameters, copy.parameters_hash) == (
        original.name,
        original.parameters,
        original.parameters_hash,
    )
    assert [copy.judge(a) for a in everything(name)] == [original.judge(a) for a in everything(name)]


@every_filter
def test_the_same_alert_gets_the_same_verdict_without_files_network_or_clock(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [made(name).judge(alert) for alert in everything(name)]  # also reads the bundled dust map, once

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a filter asked the world outside the alert")

    for owner, attribute in ((socket, "socket"), (time, "time"), (time, "monotonic"), (Path, "open")):
        monkeypatch.setattr(owner, attribute, forbidden)
    monkeypatch.setattr("builtins.open", forbidden)
    after = [made(name).judge(alert) for alert in everything(name)]
    monkeypatch.undo()
    assert after == before


@every_filter
def test_verdicts_can_be_stored_and_criteria_have_names_of_their_own(name: str) -> None:
    for alert in everything(name):
        verdict = made(name).judge(alert)
        assert msgspec.json.decode(msgspec.json.encode(verdict), type=type(verdict)) == verdict
        names = [criterion.name for criterion in verdict.criteria]
        assert len(set(names)) == len(names) > 0
        assert all(names)


@every_filter
def test_what_was_measured_after_the_alert_changes_nothing(name: str) -> None:
    for alert in table(name, "REJECTED").values():
        moment = alert.detection.mjd if alert.detection else alert.time
        assert moment is not None
        later = tuple(
            replace(d, mjd=moment + 1 + i, alert_id=f"later{i}") for i, d in enumerate(alert.detections[-3:])
        )
        assert made(name).judge(replace(alert, detections=alert.detections + later)) == made(name).judge(alert)


@every_filter
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_an_alert_of_which_nothing_is_known_never_matches(name: str, survey: str) -> None:
    for stream in FILTERS[name].streams:
        blank = Alert(survey=survey, stream=stream, object_id="1", alert_id="1")
        assert made(name).judge(blank).result is not Result.MATCH
        told = replace(blank, parts=frozenset(Part))
        assert made(name).judge(told).result is not Result.MATCH


@every_filter
def test_without_any_one_part_that_it_needs_it_never_matches_more(name: str) -> None:
    for alert in table(name, "REJECTED").values():
        for part in alert.parts:
            poorer = replace(alert, parts=alert.parts - {part}, **DATA_OF[part])
            assert_no_match_by_ignorance(made(name), poorer)


@every_filter
@given(data=st.data())
def test_forgetting_any_data_never_makes_a_match(name: str, data: st.DataObject) -> None:
    alert = data.draw(st.sampled_from(list(table(name, "REJECTED").values())))
    for _ in range(data.draw(st.integers(1, 4))):
        poorer = list(with_one_datum_less(alert))
        if poorer:
            alert = data.draw(st.sampled_from(poorer))
    assert_no_match_by_ignorance(made(name), alert)


def assert_no_match_by_ignorance(filter_: Filter[Any], alert: Alert) -> None:
    """No match, unless the broker vouches for what is not known."""
    verdict = filter_.judge(alert)
    vouched = any(criterion.outcome is Outcome.GUARANTEED for criterion in verdict.criteria)
    assert vouched or verdict.result is not Result.MATCH, verdict


def with_one_datum_less(alert: Alert) -> Iterator[Alert]:
    """The alert with one value unknown that may be: its own, its summary's, or one of a list's members."""
    for key in ("mjd", "ra", "dec", "received", "solar_system"):
        if getattr(alert, key) is not None:
            yield replace(alert, **{key: None})
    if alert.classifications:
        yield replace(alert, classifications=())
    if alert.summary is not None:
        yield from (replace(alert, summary=poorer) for poorer in poorer_values(alert.summary))
    for key in ("detections", "non_detections", "crossmatches"):
        members = getattr(alert, key)
        for i, member in enumerate(members):
            for poorer in poorer_values(member):
                yield replace(alert, **{key: (*members[:i], poorer, *members[i + 1 :])})


def poorer_values(value: Any) -> Iterator[Any]:
    """The struct with one of its known values, which the survey may leave out, unknown."""
    for field in msgspec.structs.fields(value):
        is_told = getattr(value, field.name) is not None and field.default is None
        if is_told and field.name not in {"alert_id", "dubious"}:
            yield replace(value, **{field.name: None})

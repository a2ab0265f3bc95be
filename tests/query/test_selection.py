"""A selection finds what asking every match in turn would find, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alertwatch.query.moc import Moc, parse
from alertwatch.query.selection import Cone, Order, Selection
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, labels, queries, tags
from alertwatch.store.queries import Match
from tests.query import skies


class Known(NamedTuple):
    store: Store
    matches: list[Match]
    said: dict[tuple[str, str], set[str]]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.docker)])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """A filled database, for as many questions as there are."""
    if request.param == "sqlite":
        yield from _filled(f"sqlite:///{tmp_path_factory.mktemp('skies') / 'alertwatch.db'}")
    else:
        from tests.support.databases import new_postgres

        with new_postgres(request.getfixturevalue("postgres_server")) as url:
            yield from _filled(url)


def _filled(url: str) -> Iterator[Known]:
    with Store.open(DatabaseSettings(url=url)) as store:
        skies.fill(store, skies.matches())
        with store.read() as tx:
            found = queries.matches(tx)
            said: dict[tuple[str, str], set[str]] = {}
            for key, words in tags.of(tx, [(match.survey, match.object_id) for match in found]).items():
                said[key] = {f"#{word}" for word in words}
            for label in labels.list(tx):
                said.setdefault((label.survey, label.object_id), set()).add(label.label)
        yield Known(store, found, said)


half = st.floats(0, 1).map(lambda value: round(value, 1))
cells = st.lists(
    st.integers(0, 4).flatmap(lambda o: st.tuples(st.just(o), st.integers(0, 12 * 4**o - 1))), min_size=1
)
mocs = cells.map(lambda found: parse(" ".join(f"{order}/{cell}" for order, cell in found)))
many_cells = st.integers(2, 9).map(
    lambda step: Moc.of((n << 48, ((n + 1) << 48) - 1) for n in range(0, 12 * 4**5, step))
)
selections = st.builds(
    Selection,
    filter=st.none() | st.sampled_from((*skies.FILTERS, "no_such")),
    class_name=st.none() | st.sampled_from(("SN", "sn", "qso", "Wonder", "TDE")),
    min_probability=st.none() | half,
    since=st.none() | st.sampled_from((61000.0, 61003.25, 61010.0)),
    until=st.none() | st.sampled_from((61000.0, 61005.5, 61010.25)),
    brighter=st.none() | st.sampled_from((17.5, 19.0, 20.9)),
    fainter=st.none() | st.sampled_from((17.0, 19.0, 20.0)),
    cone=st.none()
    | st.builds(Cone, st.floats(140, 160), st.sampled_from((-30.0, 2.0, 89.8)), st.floats(0.1, 20)),
    moc=st.none() | mocs | many_cells,
    objects=st.none() | st.lists(st.integers(0, 150).map(lambda n: f"ZTF26{n:07d}")).map(tuple),
    numbers=st.none() | st.lists(st.integers(1, 310)).map(tuple),
    label=st.none() | st.sampled_from(("sn ia", "bogus", "nothing")),
    tag=st.none() | st.sampled_from(("vlt", "paper 2", "nothing")),
    survey=st.none() | st.sampled_from(("ztf", "lsst")),
    limit=st.none() | st.integers(1, 40),
    order=st.sampled_from(Order),
)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=selections)
@example(wanted=Selection())
@example(wanted=Selection(class_name="SN", cone=Cone(150.0, 2.0, 5.0), order=Order.BRIGHTEST, limit=7))
@example(wanted=Selection(objects=()))
@example(wanted=Selection(cone=Cone(150.0, 2.0, 5.0), moc=Moc(())))
def test_a_selection_finds_what_asking_each_match_would_find(known: Known, wanted: Selection) -> None:
    with known.store.read() as tx:
        found = [match.id for match in queries.matches(tx, wanted)]
    assert found == [match.id for match in skies.expected(known.matches, known.said, wanted)]


@pytest.mark.parametrize("name", [f.name for f in fields(Selection) if f.name not in {"limit", "order"}])
def test_every_condition_alone_finds_some_and_leaves_some(known: Known, name: str) -> None:
    values = {
        "filter": "young_sn",
        "class_name": "SN",
        "min_probability": 0.5,
        "since": 61005.0,
        "until": 61005.0,
        "brighter": 19.0,
        "fainter": 19.0,
        "cone": Cone(150.0, 2.0, 5.0),
        "moc": parse("1/0-23"),
        "objects": ("ZTF260000001", "ZTF260000002"),
        "numbers": (1, 2, 300, 400),
        "label": "SN Ia",
        "tag": "VLT",
        "survey": "lsst",
    }
    wanted = Selection(**{name: values[name]})
    with known.store.read() as tx:
        found = queries.matches(tx, wanted)
    assert 0 < len(found) < len(known.matches)
    assert found == skies.expected(known.matches, known.said, wanted)


def test_a_list_of_objects_may_be_longer_than_a_database_takes_parameters(known: Known) -> None:
    ids = ("ZTF260000001", *(f"absent{n}" for n in range(70_000)))
    with known.store.read() as tx:
        found = queries.matches(tx, Selection(objects=ids))
    assert {match.object_id for match in found} == {"ZTF260000001"}


def test_labels_of_more_objects_than_a_database_takes_parameters(known: Known) -> None:
    with known.store.read() as tx:
        said = labels.of(tx, [*known.said, *(("ztf", f"absent{n}") for n in range(70_000))])
    assert set(said) == {key for key, words in known.said.items() if any(word[0] != "#" for word in words)}


def test_group_and_member_are_told_apart(known: Known) -> None:
    with known.store.read() as tx:
        group = {match.class_name for match in queries.matches(tx, Selection(class_name="SN"))}
        one = {match.class_name for match in queries.matches(tx, Selection(class_name="SESN"))}
    assert (group, one) == (skies.SUPERNOVAE, {"SNIbc"})

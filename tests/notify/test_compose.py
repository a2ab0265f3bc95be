"""What a message says: the newest of every source that it tells of, whatever it was when it was queued."""

from __future__ import annotations

import gzip
import threading
from typing import Any

from sqlalchemy import Connection

from alertwatch.alert import Alert, CrossMatch, Cutouts, Detection, Part
from alertwatch.facts import Facts
from alertwatch.notification import Kind, Notification, Picture, Receipt
from alertwatch.store import Store, cutouts, deliveries, followed, labels, outbox, verdicts
from alertwatch.store.deliveries import NewDelivery
from alertwatch.store.followed import Followed
from alertwatch.store.labels import Label
from alertwatch.store.outbox import NewRow
from consumer.notify import compose
from consumer.notify.composer import Composer
from consumer.notify.images import Images
from consumer.notify.patience import PatientStore
from tests.notify.destinations import Clock, Memory, Searchable
from tests.store.examples import an_alert, judged

HOST = CrossMatch(catalog="PS1", source_id="7", distance=1.2, star_score=0.1)
FAR = CrossMatch(catalog="Gaia", source_id="8", distance=9.0)
COMET = CrossMatch(catalog="MPC", source_id="9", distance=0.1)


def match(
    tx: Connection, object_id: str, alert_id: str = "1", *, source: int | None = None, **other: Any
) -> int:
    """Store a match of an object that is followed from now on; the id of its row in the outbox."""
    values: dict[str, Any] = {
        "crossmatches": (FAR, COMET, HOST),
        "parts": frozenset(Part),
        "detections": (Detection(mjd=60_000.25, band="g", alert_id=alert_id, mag=18.5),),
    }
    alert: Alert = an_alert(object_id, alert_id, **{**values, **other})
    (new,) = verdicts.save(tx, [judged(alert)], 1.0)
    facts = Facts.of(alert)
    place = {"ra": facts.ra, "dec": facts.dec, "since": 1.0, "until_at": 9e9}
    followed.add(
        tx, [Followed(survey="ztf", object_id=object_id, filters={"young_sn": 1.0}, facts=facts, **place)]
    )
    if source is not None:
        followed.set_sources(tx, {("ztf", object_id): source})
    row = NewRow(
        subscription="sn",
        filter=new.verdict.filter,
        survey="ztf",
        object_id=object_id,
        alert_id=alert_id,
        facts=facts,
    )
    outbox.add(tx, [row], 1.0)
    return outbox.of_object(tx, object_id)[-1].id


def followed_with(facts: Facts) -> Followed:
    place: dict[str, Any] = {"ra": None, "dec": None, "since": 1.0, "until_at": 9e9}
    return Followed(survey="ztf", object_id="ZTF21aaaaaaa", filters={}, facts=facts, **place)


def message(tx: Connection, *rows: int, key: str = "k", kind: Kind = Kind.MATCH, **other: Any) -> int:
    values: dict[str, Any] = {"subscription": "sn", "channel": "team", "title": "news", "due": 1.0}
    items = [(row, "new") for row in rows]
    (number,) = deliveries.create(
        tx, [NewDelivery(key=key, kind=kind, items=items, **{**values, **other})], 1.0
    )
    return number


def composed(tx: Connection, number: int) -> Notification:
    delivery = deliveries.get(tx, number)
    assert delivery
    return compose.compose(tx, delivery).notification


def test_a_message_tells_of_the_object_why_it_passed_and_what_is_near(store: Store) -> None:
    with store.write() as tx:
        row = match(tx, "ZTF21aaaaaaa")
        said = Label(
            survey="ztf", object_id="ZTF21aaaaaaa", label="claim", by="ana", via="command", added_at=1.0
        )
        labels.add(tx, said)
        told = composed(tx, message(tx, row))
    (entry,) = told.entries
    assert (entry.object_id, entry.reasons, entry.labels) == ("ZTF21aaaaaaa", ("new",), ("claimed by ana",))
    assert [(m.filter, m.criteria[0].name) for m in entry.matched] == [("young_sn", "age")]
    assert entry.host == HOST
    assert [(b.band, b.mag) for b in entry.brightness] == [("g", 18.5)]
    assert "ZTF21aaaaaaa" in told.title
    assert any("ZTF21aaaaaaa" in link.url for link in entry.links)


def test_ids_of_one_source_are_one_entry_with_the_newest_facts(store: Store) -> None:
    newest = (Detection(mjd=60_003.0, band="g", alert_id="2", mag=17.5),)
    with store.write() as tx:
        first = match(tx, "ZTF21aaaaaaa", source=1)
        second = match(tx, "ZTF21aaaaaab", "2", source=1, mjd=60_003.0, detections=newest)
        other = match(tx, "ZTF21aaaaaac", "3", source=2)
        told = composed(tx, message(tx, first, second, other, kind=Kind.DIGEST))
    one, another = told.entries
    assert (one.object_id, one.also, one.facts.mag) == ("ZTF21aaaaaab", ("ZTF21aaaaaaa",), 17.5)
    assert (another.object_id, another.also) == ("ZTF21aaaaaac", ())


def test_what_was_learned_while_the_message_waited_is_in_it(store: Store) -> None:
    with store.write() as tx:
        number = message(tx, match(tx, "ZTF21aaaaaaa"))
        followed.add(tx, [followed_with(Facts(mjd=60_005.0, band="r", mag=16.9))])
        (entry,) = composed(tx, number).entries
    assert (entry.facts.mjd, entry.facts.mag, entry.facts.band) == (60_005.0, 16.9, "r")
    assert entry.facts.class_name == "SN"


def test_an_update_continues_the_first_message_and_still_says_why_the_object_passed(store: Store) -> None:
    with store.write() as tx:
        row = match(tx, "ZTF21aaaaaaa", source=1)
        message(tx, row, key="first", source_id=1)
        claimed = deliveries.claim(tx, "team", "me", 2.0, 60.0)
        assert claimed
        deliveries.sent(tx, claimed, Receipt(id="m1"), 2.0)
        later = NewRow(
            subscription="sn",
            filter="followed",
            survey="ztf",
            object_id="ZTF21aaaaaaa",
            alert_id="2",
            facts=Facts(mjd=60_002.0),
        )
        outbox.add(tx, [later], 2.0)
        update = outbox.of_object(tx, "ZTF21aaaaaaa")[-1].id
        told = composed(tx, message(tx, update, key="second", kind=Kind.UPDATE, source_id=1))
    assert told.earlier == Receipt(id="m1")
    assert [m.filter for m in told.entries[0].matched] == ["young_sn"]


def test_a_summary_of_two_hundred_objects_looks_up_no_light_curves(store: Store) -> None:
    with store.write() as tx:
        rows = [match(tx, f"ZTF21aaaa{n:03}", str(n)) for n in range(200)]
        told = composed(tx, message(tx, *rows, kind=Kind.SUMMARY))
    assert len(told.entries) == 200
    assert all(entry.facts.mag == 18.5 and not entry.brightness for entry in told.entries)


def test_a_word_to_the_operator_is_said_as_it_is(store: Store) -> None:
    with store.write() as tx:
        told = composed(tx, message(tx, kind=Kind.OPERATOR, title="lag", text="we are behind"))
    assert (told.title, told.text, told.entries) == ("lag", "we are behind", ())


# -- pictures -------------------------------------------------------------------------------------------------


class Sketch:
    """Draws nothing, and remembers what it was asked to draw."""

    def __init__(self) -> None:
        self.images: list[Cutouts | None] = []

    def pictures(self, title: str, curve: object, images: Cutouts | None, *_: object) -> tuple[Picture, ...]:
        self.images.append(images)
        return (Picture(name="light_curve.png", alt=title, png=b"png"),)


class Service:
    """A stamp service with the images of one alert."""

    def __init__(self, images: Cutouts | None) -> None:
        self.images, self.asked = images, 0

    def cutouts(self, survey: str, object_id: str, alert_id: str) -> Cutouts | None:
        self.asked += 1
        return self.images


IMAGES = Cutouts(science=gzip.compress(b"fits"))


def illustrated(store: Store, service: Service, *, wanted: bool = True) -> tuple[Sketch, Composer]:
    sketch = Sketch()
    stop = threading.Event()
    patient = PatientStore(store, stop, "a message")
    images = Images(patient, service, Clock())  # type: ignore[arg-type]
    return sketch, Composer(patient, sketch, images, lambda _: wanted)  # type: ignore[arg-type]


def test_images_are_asked_for_once_and_kept(store: Store) -> None:
    with store.write() as tx:
        number = message(tx, match(tx, "ZTF21aaaaaaa", "123"))
        delivery = deliveries.get(tx, number)
    assert delivery
    service = Service(IMAGES)
    sketch, composer = illustrated(store, service)
    told = [composer(delivery, Searchable()) for _ in range(2)]
    assert [picture.alt for picture in told[0].pictures] == ["ZTF21aaaaaaa"]
    assert (sketch.images, service.asked) == ([IMAGES, IMAGES], 1)
    with store.read() as tx:
        assert cutouts.load(tx, "ztf", "ZTF21aaaaaaa", "123") == ("123", IMAGES)


def test_a_message_goes_without_images_when_nobody_has_them(store: Store) -> None:
    with store.write() as tx:
        delivery = deliveries.get(tx, message(tx, match(tx, "ZTF21aaaaaaa", "123")))
    assert delivery
    sketch, composer = illustrated(store, Service(None))
    assert composer(delivery, Searchable()).pictures
    assert sketch.images == [None]


def test_nothing_is_drawn_for_whom_shows_no_pictures(store: Store) -> None:
    with store.write() as tx:
        delivery = deliveries.get(tx, message(tx, match(tx, "ZTF21aaaaaaa", "123")))
    assert delivery
    sketch, composer = illustrated(store, Service(IMAGES))
    assert composer(delivery, Memory()).pictures == ()
    _, composer = illustrated(store, Service(IMAGES), wanted=False)
    assert composer(delivery, Searchable()).pictures == ()
    assert sketch.images == []

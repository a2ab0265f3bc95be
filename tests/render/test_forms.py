"""What a reader sees of a notification, in each form."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertwatch.alert import CrossMatch
from alertwatch.facts import Facts
from alertwatch.filter import Criterion, Outcome
from alertwatch.notification import Brightness, Entry, Kind, Link, MatchedBy, Notification
from alertwatch.render import facts_lines, headline, html, plain_text, slack_text, subject, why
from alertwatch.render.derived import links
from tests.render.entries import COMPLETE, ENTRIES, EVIL, HOSTILE, NOT_FINITE, SPARSE, UNKNOWN, notification
from tests.render.html_page import Page

HEADLINE = "SN candidate ZTF24abcdefg: g = 18.6, rising 0.32 mag/d, P = 0.81, age 1.2 d"
KINDS = (Kind.MATCH, Kind.UPDATE, Kind.SUMMARY, Kind.DIGEST, Kind.OPERATOR, Kind.TEST)


def page(told: Notification) -> Page:
    return Page(html(told, lambda picture: f"cid:{picture.name}"))


def test_the_first_line_says_it_all() -> None:
    assert headline(COMPLETE) == HEADLINE
    assert plain_text(notification(COMPLETE)).splitlines()[:2] == [HEADLINE, "• new"]
    assert slack_text(notification(COMPLETE)).splitlines()[0] == f"*{HEADLINE}*"
    assert subject(notification(COMPLETE)) == HEADLINE


def test_what_is_not_known_is_left_out_of_the_first_line() -> None:
    assert headline(SPARSE) == "AGN candidate 170028485864063195: r = 21.3"
    assert headline(UNKNOWN) == "Candidate ZTF24unknown"


def test_an_urgent_message_says_so_first() -> None:
    urgent = notification(msgspec.structs.replace(COMPLETE, urgent=True))
    assert subject(urgent).startswith("URGENT: SN candidate")
    assert "Urgent" in page(urgent).text


def test_all_that_is_known_can_be_read() -> None:
    facts = dict(facts_lines(COMPLETE))
    assert facts["Class"] == "SN, P = 0.81 (stamp_classifier)"
    assert facts["g band"] == "18.62 ± 0.05 mag, rising 0.32 mag/d, 2026-03-15 04:48 UTC"
    assert facts["r band"].startswith("18.90 ± 0.06 mag, fading 0.10 mag/d")
    assert facts["Position"] == "10:00:24.00 -02:12:00.0 (ICRS)"
    assert facts["Degrees"] == "150.100000 -2.200000"
    assert facts["Galactic"] == "l = 241.455°, b = +39.454°"
    assert facts["Age"] == "1.2 d, first seen 2026-03-14 00:00 UTC, 3 detections"
    assert facts["Nearest source"] == "Pan-STARRS 1234567890, 1.2″ away, r = 18.9 mag, star score 0.02 (galaxy)"
    assert facts["Labels"] == "follow-up requested by ana"
    assert facts["Other ids"] == "170028485864063195"


def test_a_source_that_was_seen_earlier_under_another_id_was_first_seen_when_its_age_began() -> None:
    older = msgspec.structs.replace(COMPLETE, facts=msgspec.structs.replace(COMPLETE.facts, age_days=2.0))
    assert dict(facts_lines(older))["Age"].startswith("2.0 d, first seen 2026-03-13 04:48 UTC")


@pytest.mark.parametrize("form", ["text", "html", "slack"])
def test_every_form_holds_every_fact_reason_and_link(form: str) -> None:
    told = notification(COMPLETE)
    shown = {"text": plain_text(told), "html": page(told).text, "slack": slack_text(told)}[form]
    for _, value in facts_lines(COMPLETE):
        assert value in shown
    for name in ("age", "≤ 5 d", "extinction", "no map", "TNS", "SIMBAD", "NED", "Finding chart"):
        assert name in shown


def test_criteria_say_how_they_came_out() -> None:
    assert why(COMPLETE) == [
        "✓ age: 1.2 (≤ 5 d)",
        "? extinction (not known; no map)",
        "◆ not a star (guaranteed by the broker)",
    ]


def test_criteria_of_several_filters_name_their_filter() -> None:
    twice = msgspec.structs.replace(COMPLETE, matched=(*COMPLETE.matched, MatchedBy(filter="watchlist")))
    assert why(twice)[0] == "young_sn · gold: ✓ age: 1.2 (≤ 5 d)"


@pytest.mark.parametrize(
    ("days", "said"), [(0.01, "14 min"), (0.5, "12 h"), (1.25, "1.2 d"), (150.2, "150 d"), (2000, "5.5 yr")]
)
def test_ages_are_told_in_a_unit_that_fits(days: float, said: str) -> None:
    assert (
        headline(Entry(survey="ztf", object_id="x", facts=Facts(age_days=days))) == f"Candidate x: age {said}"
    )


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_reads_none_or_nan(entry: Entry, kind: Kind) -> None:
    told = notification(entry, kind=kind)
    for form in (plain_text(told), slack_text(told), page(told).text, subject(told)):
        assert not re.search(r"\b(None|nan|inf|Undefined)\b", form)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_from_outside_is_data_in_an_email(kind: Kind) -> None:
    told = page(notification(HOSTILE, kind=kind, title=EVIL, text=EVIL))
    assert {tag for tag, _ in told.tags} & {"script", "iframe", "form"} == set()
    assert all(str(url).startswith(("https://", "cid:")) for url in told.attributes("a", "href"))
    assert "alert(1)" in told.text


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_from_outside_is_data_in_slack(kind: Kind) -> None:
    told = slack_text(
        notification(msgspec.structs.replace(HOSTILE, reasons=("<!channel> & you",)), kind=kind, title=EVIL)
    )
    assert re.findall(r"<(?!https://example\.org/)", told) == []
    assert "<!channel>" not in told
    assert all(link.count("|") == 1 for link in re.findall(r"<https[^>]*>", told))


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_is_one_short_line(entry: Entry, kind: Kind) -> None:
    line = subject(notification(entry, kind=kind, title=EVIL))
    assert line.isprintable()
    assert 0 < len(line) <= 120


def test_monstrous_texts_are_cut() -> None:
    told = notification(HOSTILE, text=EVIL * 100)
    assert max(len(plain_text(told)), len(slack_text(told)), len(html(told, lambda _: "cid:1"))) < 100_000


def test_an_email_reads_well_for_everyone() -> None:
    told = page(notification(COMPLETE))
    assert told.attributes("html", "lang") == ["en"]
    assert all(told.attributes("img", "alt"))
    assert told.attributes("img", "src") == ["cid:light_curve.png"]
    assert told.attributes("link", "href") == []
    assert told.attributes("h1", "style") != []
    layout = [role for tag, attributes in told.tags if tag == "table" and (role := attributes.get("role"))]
    assert set(layout) == {"presentation"}


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("kind", [Kind.MATCH, Kind.DIGEST, Kind.OPERATOR])
def test_the_words_of_an_email_stand_out_from_their_ground(kind: Kind) -> None:
    source = html(notification(COMPLETE, kind=kind), lambda _: "cid:1")
    colors = set(re.findall(r"[;\"{ ]color:(#[0-9a-f]{6})(?!!important)", source)) - {"#ffffff"}
    assert colors
    darkest_ground = luminance("#eef1f5")
    assert all((darkest_ground + 0.05) / (luminance(color) + 0.05) >= 4.5 for color in colors)


def many(count: int) -> list[Entry]:
    return [
        Entry(
            survey="ztf",
            object_id=f"ZTF24aaa{i:04d}",
            facts=Facts(class_name="SNIa", probability=0.91, ra=150.0 + i / 10, dec=-2.0, age_days=3.3),
            brightness=(Brightness(band="g", mjd=61114.0, mag=17 + (i * 7 % 100) / 40, rate=0.21),),
            links=links("ztf", f"ZTF24aaa{i:04d}", 150.0, -2.0),
            reasons=("brighter by 0.7 mag: 19.3 → 18.6",),
            urgent=i in (3, 5),
        )
        for i in range(count)
    ]


def test_a_digest_has_urgent_ones_first_then_the_brightest() -> None:
    told = plain_text(notification(*many(30), UNKNOWN, kind=Kind.DIGEST))
    mags = [float(mag) for mag in re.findall(r"g = (\S+),", told)]
    assert told.index("! SNIa candidate ZTF24aaa0003") < told.index("! SNIa candidate ZTF24aaa0005")
    assert mags[2:] == sorted(mags[2:])
    assert told.index("ZTF24unknown") > told.index("ZTF24aaa0029")


def test_two_hundred_objects_fit_into_an_email_that_no_program_cuts() -> None:
    told = html(notification(*many(200), kind=Kind.DIGEST), lambda _: "cid:1")
    assert len(told.encode()) < 100_000
    assert len(Page(told).attributes("a", "href")) == 200


def test_beyond_that_the_email_counts_and_the_plain_text_still_has_them_all() -> None:
    told = notification(*many(450), kind=Kind.SUMMARY)
    assert "And 250 more, which the plain-text part of this message lists." in page(told).text
    assert len(set(re.findall(r"ZTF24aaa\d{4}:", plain_text(told)))) == 450


def test_a_word_to_the_operator_keeps_its_lines() -> None:
    told = notification(
        kind=Kind.OPERATOR, title="The stream is silent", text="No alert since 05:31.\nLook at it."
    )
    assert plain_text(told).startswith("The stream is silent\n\nNo alert since 05:31.\nLook at it.\n")
    assert "The stream is silent" in page(told).text


def test_numbers_that_are_none_leave_the_object_and_what_it_is() -> None:
    assert plain_text(notification(NOT_FINITE)).startswith("Candidate ZTF24nan\n")


TEXT = st.text(max_size=30)
NUMBER = st.none() | st.floats()
FACTS = st.builds(
    Facts, mjd=NUMBER, class_name=st.none() | TEXT, classifier=st.none() | TEXT, probability=NUMBER,
    band=st.none() | TEXT, mag=NUMBER, ra=NUMBER, dec=NUMBER, age_days=NUMBER, grade=st.none() | TEXT,
)  # fmt: skip
CRITERIA = st.builds(
    Criterion, name=TEXT, outcome=st.sampled_from(Outcome), value=st.none() | TEXT, threshold=st.none() | TEXT,
    unit=st.none() | TEXT, required=st.booleans(), note=st.none() | TEXT,
)  # fmt: skip
ANY_ENTRY = st.builds(
    Entry,
    survey=TEXT,
    object_id=TEXT,
    also=st.tuples(TEXT),
    reasons=st.tuples(TEXT),
    facts=FACTS,
    matched=st.tuples(st.builds(MatchedBy, filter=TEXT, mjd=NUMBER, criteria=st.tuples(CRITERIA))),
    brightness=st.tuples(
        st.builds(Brightness, band=TEXT, mjd=st.floats(), mag=st.floats(), e_mag=NUMBER, rate=NUMBER)
    ),
    first_mjd=NUMBER,
    n_det=st.none() | st.integers(0, 10**6),
    host=st.none()
    | st.builds(CrossMatch, catalog=TEXT, distance=NUMBER, mag=st.dictionaries(TEXT, st.floats(), max_size=2)),
    links=st.tuples(st.builds(Link, name=TEXT, url=TEXT.map("https://example.org/".__add__))),
    labels=st.tuples(TEXT),
    urgent=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_ENTRY, max_size=2), st.sampled_from(Kind), TEXT)
def test_whatever_is_in_a_notification_it_has_every_form(entries: list[Entry], kind: Kind, text: str) -> None:
    told = notification(*entries, kind=kind, title=text, text=text)
    assert plain_text(told).strip()
    assert slack_text(told)
    assert subject(told).isprintable()
    assert page(told).attributes("html", "lang") == ["en"]

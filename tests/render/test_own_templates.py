"""Templates of the user's own come before ours, and never cost a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog.testing

from alertwatch.notification import Kind
from alertwatch.render import html, plain_text, slack_text, use_templates
from alertwatch.render.entries import Shown
from tests.render.entries import COMPLETE, notification
from tests.support.data import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    use_templates(tmp_path)
    yield tmp_path
    use_templates(None)


def test_a_template_of_ones_own_is_used_and_the_others_stay(folder: Path) -> None:
    (folder / "object.txt.j2").write_text("{{ entries[0].name }} for {{ subscription }}!")
    assert plain_text(notification(COMPLETE)) == "ZTF24abcdefg for young_sn!\n"
    assert "What is known" in html(notification(COMPLETE), lambda _: "cid:1")
    assert plain_text(notification(kind=Kind.OPERATOR)).startswith("A title")


def test_the_frame_of_the_emails_can_be_replaced_alone(folder: Path) -> None:
    (folder / "page.html.j2").write_text("<html>Our group: {% block body %}{% endblock %}</html>")
    told = html(notification(COMPLETE), lambda _: "cid:1")
    assert told.startswith("<html>Our group:")
    assert "ZTF24abcdefg" in told


def test_html_of_a_users_template_is_escaped_as_in_ours(folder: Path) -> None:
    (folder / "word.html.j2").write_text("<p>{{ title }}</p>")
    (folder / "word.slack.j2").write_text("{{ title }}")
    told = notification(kind=Kind.TEST, title="<b>&")
    assert html(told, lambda _: "cid:1") == "<p>&lt;b&gt;&amp;</p>"
    assert slack_text(told) == "&lt;b&gt;&amp;"


@pytest.mark.parametrize(
    "broken", ["{{ entries[0].colour }}", "{% if %}", "{{ 1 / 0 }}", "{% include 'missing.j2' %}", b"\xff\xfe"]
)
def test_a_broken_template_is_said_once_and_ours_is_used(folder: Path, broken: str | bytes) -> None:
    (folder / "object.txt.j2").write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    with structlog.testing.capture_logs() as logged:
        texts = {plain_text(notification(COMPLETE)) for _ in range(3)}
    assert [entry["event"] for entry in logged] == ["template_broken"]
    assert logged[0]["template"] == "object.txt.j2"
    assert len(texts) == 1
    assert texts.pop().startswith("SN candidate ZTF24abcdefg")


def test_a_folder_that_is_not_there_means_ours(tmp_path: Path) -> None:
    use_templates(tmp_path / "missing")
    try:
        assert plain_text(notification(COMPLETE)).startswith("SN candidate")
    finally:
        use_templates(None)


def test_every_value_that_the_page_on_templates_names_is_one() -> None:
    text = (ROOT / "docs" / "templates.md").read_text()
    of_entries = text.split("Each of `entries`")[1].split("\n\n")[1]
    named = {name for row in of_entries.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert len(named) > 10
    assert all(hasattr(Shown(COMPLETE), name) for name in named)


def test_every_template_is_named_on_the_page() -> None:
    text = (ROOT / "docs" / "templates.md").read_text()
    ours = ROOT / "alertwatch" / "render" / "templates"
    assert set(re.findall(r"`(\w+\.\w+\.j2)`", text)) == {path.name for path in ours.iterdir()}

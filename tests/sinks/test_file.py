"""The file sink: every line is whole, whatever happens to the file meanwhile."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
from collections import Counter
from pathlib import Path

import pytest

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.notification import Kind, Notification
from alertwatch.rows import COLUMNS
from sinks.file import FileSettings, FileSink
from tests.sinks.counterparts import full_disk
from tests.sinks.slack_notifications import digest, entry, match
from tests.sinks.test_contract import monster


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "matches"


def sink(path: Path, format_: str | None = None) -> FileSink:
    return FileSink("log", FileSettings.model_validate({"path": path, "format": format_}))


def keys(path: Path) -> list[str]:
    return [json.loads(line)["key"] for line in path.read_bytes().splitlines()]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_line_holds_what_is_known_of_the_object(path):
    sink(path).send(match())
    (line,) = path.read_text().splitlines()
    row = json.loads(line)

    assert list(row) == list(COLUMNS)
    assert (row["object_id"], row["class"], row["mag"], row["band"]) == ("ZTF24abcdef", "SN", 18.62, "g")
    assert row["filters"] == "young_sn"
    assert row["matched"][0]["criteria"][0]["name"] == "class is SN"


@pytest.mark.parametrize(
    ("name", "format_", "begins"),
    [("a.csv", None, "key,"), ("a.CSV", None, "key,"), ("a.jsonl", None, "{"), ("a.csv", "jsonl", "{")],
)
def test_the_paths_end_tells_the_format_unless_the_settings_do(tmp_path, name, format_, begins):
    sink(tmp_path / name, format_).send(match())
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_digest_is_a_line_for_each_object_and_a_word_is_one_line(path):
    sink(path).send(digest(20))
    sink(path).send(match("word", kind=Kind.OPERATOR, text="The stream is silent.", entries=()))

    assert Counter(keys(path)) == {"digest-1": 20, "word": 1}
    assert json.loads(path.read_text().splitlines()[-1])["text"] == "The stream is silent."


def test_a_table_has_one_header_and_one_line_for_each_row(path):
    for message in (match("a"), digest(3), monster()):
        sink(path, "csv").send(message)

    rows = table(path)
    assert [row["key"] for row in rows] == ["a", "digest-1", "digest-1", "digest-1", "monster"]
    assert all(set(row) == set(COLUMNS) for row in rows)
    assert len(path.read_bytes().splitlines()) == 6
    assert json.loads(rows[0]["links"])[0]["url"].startswith("https://")


def test_a_spreadsheet_computes_nothing(path):
    sink(path, "csv").send(match(title='=HYPERLINK("http://x")', entries=(entry("-1+1"),)))

    assert table(path)[0]["title"].startswith("'=")
    assert table(path)[0]["object_id"] == "'-1+1"
    assert float(table(path)[0]["dec"]) == 2.2


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
@pytest.mark.parametrize("torn", [2, 100, 3000])
def test_a_message_that_a_crash_tore_apart_is_completed_and_nothing_is_there_twice(path, format_, torn):
    sink(path, format_).send(match("before"))
    sink(path, format_).send(digest(5))
    os.truncate(path, path.stat().st_size - torn)

    after_the_crash = sink(path, format_)
    assert after_the_crash.find(digest(5)) is None
    after_the_crash.send(digest(5))

    rows = table(path) if format_ == "csv" else [json.loads(line) for line in path.read_bytes().splitlines()]
    assert Counter(row["key"] for row in rows) == {"before": 1, "digest-1": 5}
    assert [row["object_id"] for row in rows[1:]] == [e.object_id for e in digest(5).entries]
    assert after_the_crash.find(digest(5)) is not None


def test_a_last_line_that_somebody_wrote_without_its_end_is_kept(path):
    path.write_text('{"key":"mine","note":"by hand"}')
    sink(path).send(match("a"))

    assert keys(path) == ["mine", "a"]


def test_a_header_that_a_crash_tore_apart_is_written_anew(path):
    path.write_text("key,surv")
    sink(path, "csv").send(match("a"))

    assert [row["key"] for row in table(path)] == ["a"]


def test_a_full_disk_leaves_no_half_message(path):
    sink(path).check()
    with full_disk(), pytest.raises(ChannelUnavailable, match="cannot be written: File too large"):
        sink(path).send(digest(5))

    assert path.read_bytes() == b""
    sink(path).send(digest(5))
    assert len(keys(path)) == 5


def test_a_file_that_was_moved_away_is_made_anew(path, tmp_path):
    writer = sink(path, "csv")
    writer.send(match("a"))
    path.rename(tmp_path / "old")
    writer.send(match("b"))

    assert [row["key"] for row in table(tmp_path / "old")] == ["a"]
    assert [row["key"] for row in table(path)] == ["b"]


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_a_file_of_something_else_is_left_alone(path, format_):
    path.write_text("object,ra,dec\n")

    with pytest.raises(ChannelRefused, match=f"holds something else than {format_} of ours"):
        sink(path, format_).send(match())
    assert path.read_text() == "object,ra,dec\n"


def test_a_folder_that_is_missing_waits_for_a_person(tmp_path):
    lost = sink(tmp_path / "absent" / "matches")

    with pytest.raises(ChannelRefused, match="absent is not a folder that can be written"):
        lost.check()
    with pytest.raises(ChannelRefused, match="No such file or directory"):
        lost.send(match())


def _write(path: Path, name: str) -> None:
    for number in range(40):
        sink(path, "csv").send(_of_three(f"{name}-{number}"))


def _of_three(key: str) -> Notification:
    return match(key, kind=Kind.DIGEST, entries=digest(3).entries)


def test_two_processes_write_whole_lines_and_one_header(path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert set(Counter(row["key"] for row in table(path)).values()) == {3}
    assert len(table(path)) == 240

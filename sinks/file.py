"""Appends what matched to a file of JSON lines or CSV: for scripts, spreadsheets and archives."""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.notification import Notification, Receipt
from alertwatch.rows import COLUMNS, rows
from alertwatch.settings import File
from alertwatch.sink import Sink, SinkSettings

PASSING = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ENOLCK,
    errno.EMFILE,
    errno.ENFILE,
}
"""Errors that pass: a full disk, a server of files that is away."""

FORMULA = ("=", "+", "-", "@")
"""How a text begins that a spreadsheet would compute."""

LONGEST_CELL = 32_000
"""Characters that spreadsheets and CSV readers take in one cell (Excel: 32,767)."""


class FileSettings(SinkSettings):
    """Which file, and in what form."""

    path: File = Field(description="the file; its folder must be there")
    format: Literal["jsonl", "csv"] | None = Field(
        None,
        description="a JSON object in each line, or CSV; default: csv if path ends in .csv, else jsonl",
    )


class FileSink(Sink[FileSettings]):
    """A file that grows by a line for each object told of; crashes, rotation and other writers do no harm."""

    can_find = True

    def __init__(self, name: str, settings: FileSettings) -> None:
        super().__init__(name, settings)
        self._format = settings.format or ("csv" if settings.path.suffix.lower() == ".csv" else "jsonl")
        self._lines_there: dict[str, int] = {}

    def check(self) -> str:
        """Whether the file can be written, or made."""
        path = self.settings.path
        with self._explained():
            if path.exists():
                with self._locked():
                    return f"{path} can be written"
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise ChannelRefused(f"{path.parent} is not a folder that can be written")
        return f"{path} is not there yet; the first message makes it"

    def send(self, notification: Notification) -> Receipt:
        """Append a line for each entry: all of them, or none."""
        lines = self._lines(notification)[self._lines_there.pop(notification.key, 0) :]
        with self._explained(), self._locked() as file:
            end = os.fstat(file).st_size
            try:
                _write(file, (self._header() if end == 0 else b"") + b"".join(lines))
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end)
                raise
        return Receipt(id=notification.key)

    def find(self, notification: Notification) -> Receipt | None:
        """Whether all lines are there. Of a half-written message, `send` appends the rest."""
        if not self.settings.path.exists():
            return None
        expected, start = self._lines(notification), self._start(notification.key)
        with self._explained(), self._locked() as file, os.fdopen(os.dup(file), "rb") as reader:
            reader.seek(0)
            there = sum(line.startswith(start) for line in reader)
        if there >= len(expected):
            return Receipt(id=notification.key)
        self._lines_there[notification.key] = there
        return None

    def _header(self) -> bytes:
        return _csv_line(list(COLUMNS)) if self._format == "csv" else b""

    def _start(self, key: str) -> bytes:
        """What each line of a notification begins with."""
        if self._format == "csv":
            return _csv_line([_cell(key), ""]).rstrip(b"\r\n")
        return b'{"key":' + msgspec.json.encode(key) + b","

    def _lines(self, notification: Notification) -> list[bytes]:
        if self._format == "csv":
            return [_csv_line([_cell(value) for value in row.values()]) for row in rows(notification)]
        return [msgspec.json.encode(row) + b"\n" for row in rows(notification)]

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, made if need be, ours alone, and ending with a whole line."""
        while True:
            file = os.open(self.settings.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _is_at(file, self.settings.path):  # else it was rotated away while we waited
                    self._recognise(file)
                    self._mend_last_line(file)
                    yield file
                    return
            finally:
                os.close(file)

    def _recognise(self, file: int) -> None:
        """Refuse to append to a file that is something else."""
        beginning, header = os.pread(file, 4096, 0), self._header()
        if beginning and not beginning.startswith(header or b"{") and not header.startswith(beginning):
            raise ChannelRefused(
                f"{self.settings.path} holds something else than {self._format} "
                "of ours; move it away or name another path"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            words = f"{self.settings.path} cannot be written: {error.strerror}"
            raise (ChannelUnavailable if error.errno in PASSING else ChannelRefused)(words) from error

    def _mend_last_line(self, file: int) -> None:
        """Complete a last line that lacks only its end; remove one that a crash tore apart."""
        size = os.fstat(file).st_size
        if size == 0 or os.pread(file, 1, size - 1) == b"\n":
            return
        with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as contents:
            start = contents.rfind(b"\n") + 1
            is_whole = self._format == "jsonl" and _is_json(contents[start:])
        if is_whole:
            _write(file, b"\n")
        else:
            os.ftruncate(file, start)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _csv_line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    """A value on one line, which a spreadsheet takes for what it is."""
    if isinstance(value, str):
        text = "".join(char if char.isprintable() else " " for char in value[:LONGEST_CELL])
        return f"'{text}" if text.startswith(FORMULA) else text
    if value is None or isinstance(value, float):
        return "" if value is None else repr(value)
    json = msgspec.json.encode(value).decode().strip('"')
    return json if len(json) <= LONGEST_CELL else ""  # half a list would be none

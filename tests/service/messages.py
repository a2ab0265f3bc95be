"""Classifier messages to feed the service with, some of which must match."""

from __future__ import annotations

import random
import string

from simulator import wire

EVERY = 25  # one message in so many has SN on top


def oid(number: int) -> str:
    """The ZTF object id of a number."""
    letters = []
    for _ in range(7):
        number, rest = divmod(number, 26)
        letters.append(string.ascii_lowercase[rest])
    return "ZTF26" + "".join(letters)


def candid(number: int) -> str:
    """A candid beyond 2**53, where a float would lose its last digits."""
    return str(2_345_678_901_234_567_801 + number)


def stamp(number: int) -> bytes:
    """A stamp-classifier message; every 25th has SN on top."""
    best = "SN" if number % EVERY == 0 else "bogus"
    rest = {name: 0.05 for name in wire.STAMP_CLASSES if name != best}
    return wire.ztf_stamp(oid(number), candid(number), {best: 0.8, **rest})


def stamps(count: int) -> list[bytes]:
    """So many messages of different objects, in random order."""
    messages = [stamp(number) for number in range(count)]
    random.Random(count).shuffle(messages)
    return messages


def expected(count: int) -> set[tuple[str, str]]:
    """(object, alert) of those that have SN on top."""
    return {(oid(number), candid(number)) for number in range(0, count, EVERY)}

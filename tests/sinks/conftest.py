"""Fixtures of the e-mail tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.sinks.mails import MakeChannel, email_channel
from tests.sinks.smtp_servers import Mailbox, smtp_server


@pytest.fixture
def channel() -> Iterator[MakeChannel]:
    """Makes e-mail channels, and closes them."""
    with ExitStack() as stack:
        yield lambda *a, **b: stack.enter_context(closing(email_channel(*a, **b)))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server without encryption and login."""
    with smtp_server() as mailbox:
        yield mailbox

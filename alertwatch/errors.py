"""Every error that alertwatch raises on purpose, by what it means for the caller.

Three meanings, one branch each: *try again later*, *this input is bad*, *stop*. A message says what
happened, to what (topic, offset, object, key), and what to do about it; it never holds a secret.
"""


class AlertwatchError(Exception):
    """Base of all errors of alertwatch: a sentence for a person, and the exit code of the command line."""

    exit_code = 1


# -- try again later: the world is not ready; nothing is wrong with the input --------------------------


class TryAgainLater(AlertwatchError):
    """A passing fault. ``retry_after`` is the delay in seconds that the other side asked for, if it did."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreUnavailable(TryAgainLater):
    """The database is locked, full or away."""


class BrokerUnavailable(TryAgainLater):
    """No Kafka broker answers."""


class ApiUnavailable(TryAgainLater):
    """The API is down, overloaded or refuses for now (connection error, time-out, 429, 502, 503, 504)."""


class NotReadyYet(TryAgainLater):
    """The API answers, but does not know this alert yet (404, placeholder, detection still missing)."""


class ChannelUnavailable(TryAgainLater):
    """A channel does not answer, is overloaded or asks us to wait. Whether the message arrived is not known."""


# -- this input is bad: keep it, say so, go on -----------------------------------------------------------


class BadInput(AlertwatchError):
    """This one message, answer or file is wrong; the others are not."""


class DecodeError(BadInput):
    """Bytes that do not decode to an alert, or decode to something implausible."""


class BadAnswer(BadInput):
    """An API answer about one object that is malformed, or a repeated error for this object alone."""


class BadSelection(BadInput):
    """What was given to say which matches is not understood. ``argument`` is its name."""

    exit_code = 2

    def __init__(self, argument: str, sentence: str) -> None:
        super().__init__(f"{argument}: {sentence}")
        self.argument = argument
        self.sentence = sentence


class NotificationRefused(BadInput):
    """A channel refused this one notification (all its addresses, its size); others may well pass."""


# -- stop: a person has to act -----------------------------------------------------------------------------


class Stop(AlertwatchError):
    """The service cannot go on until a person acts."""


class SettingsError(Stop):
    """The settings are wrong: unknown key, bad value, missing secret."""

    exit_code = 2


class AccessDenied(Stop):
    """Kafka or the database refused the credentials."""

    exit_code = 3


class ChannelRefused(Stop):
    """A channel refuses everything until a person acts: bad token, unknown channel, wrong login."""

    exit_code = 3


class DatabaseTooNew(Stop):
    """The database was written by a newer alertwatch."""

    exit_code = 4


class DatabaseTooOld(Stop):
    """The database was written by an older alertwatch, and what reads it may not change it."""

    exit_code = 4


class TooManyDeadLetters(Stop):
    """Most of a topic does not decode: the reader configured for it is almost surely the wrong one."""

    exit_code = 5

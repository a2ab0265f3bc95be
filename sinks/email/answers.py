"""What a server says of the recipients of a message, one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused


@dataclass(frozen=True)
class Answers:
    """Which recipients the server takes; of the others what it said, and whether it may take them later."""

    taken: list[str] = field(default_factory=list)
    later: dict[str, str] = field(default_factory=dict)
    never: dict[str, str] = field(default_factory=dict)

    def add(self, recipient: str, code: int, text: str) -> None:
        """Note the answer for one recipient."""
        if 200 <= code <= 299:
            self.taken.append(recipient)
        else:
            (self.never if 500 <= code <= 599 else self.later)[recipient] = f"{code} {text}"

    def require(self, server: str, *, all_now: bool) -> None:
        """Raise unless the message can go out: to somebody; with ``all_now`` to all that ever will get it."""
        if self.later and (all_now or not self.taken):
            raise ChannelUnavailable(f"{server} does not take mail now for {listed(self.later)}")
        if not self.taken and all(_is_policy(said) for said in self.never.values()):
            raise ChannelRefused(
                f"{server} passes no mail on for us: {listed(self.never)}; check username, password and sender"
            )
        if not self.taken:
            refused = NotificationRefused if all_now else ChannelRefused  # others have got this one
            raise refused(
                f"{server} refuses all recipients: {listed(self.never)}; correct the channel's addresses"
            )


def listed(said: dict[str, str]) -> str:
    """Recipients with what the server said of each, for a person."""
    return ", ".join(f"{recipient} ({text})" for recipient, text in said.items())


def _is_policy(said: str) -> bool:
    """Whether an answer for a recipient is about us rather than about the address (RFC 3463: X.7.X)."""
    return said.startswith(("530", "535")) or said[4:].startswith("5.7.")

"""`ebs verify`: is a delivery still, byte for byte, what was stored, and what was recorded as sent?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import archive
from pipeline.archive import history


@dataclass(frozen=True)
class Verified:
    """What stands in a delivery beside what was stored; ``sent``: the entry of the history about it."""

    state: archive.State
    sent: history.Sent | None
    as_sent: bool  # its manifest is the one that was recorded as sent, or it was not sent
    receipt: bool  # the receipt that was recorded is there and as it was, or there is none

    @property
    def ok(self) -> bool:
        """Everything is there and as it was."""
        return not self.state.changed and not self.state.missing and self.as_sent and self.receipt


def verify(delivery: Path) -> Verified:
    """Compare every file of a delivery with SHA256SUMS, its sums with the manifest, the manifest with the history.

    Raises UsageError where the path is no delivery folder.
    """
    state = archive.state(delivery)
    if archive.SUMS in (*state.missing, *state.changed):
        archive.open_delivery(delivery)  # says what it is instead
    here = delivery.resolve()
    sent = next((one for one in history.read(here.parent) if one.delivery == here.name), None)
    as_sent = sent is None or archive.manifest_digest(delivery) == sent.manifest
    return Verified(state, sent, as_sent, sent is None or history.receipt_is_kept(here.parent, sent))

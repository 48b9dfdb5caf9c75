"""`ebs sent`: record that a delivery was transmitted. Only then is it part of the history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import archive
from pipeline.archive import history
from pipeline.errors import InputError, Problem, UsageError


@dataclass(frozen=True)
class Recorded:
    """The entry of the history, whether it is new, and what was sent for the same month before."""

    entry: history.Sent
    manifest: dict[str, Any]
    new: bool
    corrects: history.Sent | None


def record(
    delivery: Path, now: dt.datetime, at: dt.datetime | None = None, receipt: tuple[str, bytes] | None = None
) -> Recorded:
    """Record that a delivery was sent, ``now`` unless ``at`` says when; with the receipt, its name and bytes.

    A delivery is sent once: recorded again without a time, or with the same, nothing changes, but a receipt is added
    where there was none. Raises UsageError for what cannot have been sent (a test, nothing packed, before it was
    prepared, in the future, at another time than recorded), InputError for a delivery that is not as it was stored.
    """
    manifest = archive.open_delivery(delivery)
    asked = manifest["request"]
    delivery = delivery.resolve()
    folder = delivery.parent
    _may_be_sent(delivery, manifest)
    when = (at or now).replace(microsecond=0)
    if when > now:
        raise UsageError(Problem("--at", f"{when.isoformat()} is in the future.", "Record it when it has been sent."))
    if when < (prepared := dt.datetime.fromisoformat(manifest["prepared"])):
        words = f"{when.isoformat()} is before {prepared.isoformat()}, when the delivery was prepared."
        raise UsageError(Problem("--at", words, "Say when it was sent."))
    with archive.one_at_a_time(folder):
        before = history.read(folder)
        corrects = next(
            (s for s in reversed(before) if s.month == asked["month"] and s.delivery != delivery.name), None
        )
        known = next((one for one in before if one.delivery == delivery.name), None)
        digest = archive.manifest_digest(delivery)
        if known is not None and known.manifest != digest:
            words = f"another delivery of this name was recorded as sent on {known.at.isoformat()}."
            raise InputError(Problem(str(delivery), words, "Put back what was sent, from a copy."))
        if known is not None and at is not None and known.at != when:
            words = f"this delivery was recorded as sent on {known.at.isoformat()}."
            raise UsageError(Problem("--at", words, f"To correct the time, edit {folder / history.HISTORY}."))
        path = history.keep_receipt(folder, delivery.name, *receipt) if receipt is not None else ""
        if known is not None:
            if path and known.receipt != path:
                if known.receipt:
                    words = f"the receipt of this delivery is {known.receipt}."
                    raise UsageError(Problem("--receipt", words, f"To name another, edit {folder / history.HISTORY}."))
                history.add_receipt(folder, delivery.name, path)
                known = known.model_copy(update={"receipt": path})
            return Recorded(known, manifest, new=False, corrects=corrects)
        entry = history.Sent(
            delivery=delivery.name,
            month=asked["month"],
            at=when,
            indicators=tuple(asked["indicators"]),
            manifest=digest,
            receipt=path,
        )
        history.record(folder, entry)
    return Recorded(entry, manifest, new=True, corrects=corrects)


def _may_be_sent(delivery: Path, manifest: dict[str, Any]) -> None:
    """Whether this can have been transmitted at all, and is still what was stored."""
    asked = manifest["request"]
    where = str(delivery)
    if not archive.is_draft_name(delivery.name, asked["month"]):
        words = f"the name of this folder is not that of a draft of {asked['month']}, such as {asked['month']}_01."
        raise UsageError(Problem(where, words, "Give the folder that `ebs deliver` made, below outputs."))
    if asked["test"]:
        raise UsageError(Problem(where, "this is a test; it is no publication.", "Record the delivery that is none."))
    archive.to_upload(delivery)
    if damaged := archive.damaged(delivery):
        words = f"this is no longer what was stored: {', '.join(damaged[:3])}{', …' if len(damaged) > 3 else ''}."
        raise InputError(Problem(where, words, "Put it back from a copy, or deliver again."))

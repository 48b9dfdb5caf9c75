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
    """The entry of the history, whether it is new; what it corrects, and what was sent later for the same month."""

    entry: history.Sent
    manifest: dict[str, Any]
    new: bool
    corrects: history.Sent | None
    corrected_by: history.Sent | None


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
        known = next((one for one in before if one.delivery == delivery.name), None)
        digest = archive.manifest_digest(delivery)
        if known is not None and known.manifest != digest:
            words = f"another delivery of this name was recorded as sent on {known.at.isoformat()}."
            raise InputError(Problem(str(delivery), words, "Put back what was sent, from a copy."))
        if known is not None and at is not None and known.at != when:
            words = f"this delivery was recorded as sent on {known.at.isoformat()}."
            hint = f"If that is wrong, edit {folder / history.HISTORY}. If it was sent once more, make a new draft "
            raise UsageError(Problem("--at", words, hint + "(ebs deliver --prepared …) and record that."))
        if known is not None and known.receipt and receipt is not None:
            same = history.receipt_is(folder, known, *receipt)
            if not same:
                words = f"the receipt of this delivery is {known.receipt}."
                raise UsageError(Problem("--receipt", words, f"To name another, edit {folder / history.HISTORY}."))
        path, sha256 = history.keep_receipt(folder, delivery.name, *receipt) if receipt is not None else ("", "")
        entry = known or history.Sent(
            delivery=delivery.name,
            month=asked["month"],
            at=when,
            indicators=tuple(asked["indicators"]),
            manifest=digest,
            receipt=path,
            receipt_sha256=sha256,
        )
        if known is None:
            history.record(folder, entry)
        elif path and not known.receipt:
            history.add_receipt(folder, delivery.name, path, sha256)
            entry = known.model_copy(update={"receipt": path, "receipt_sha256": sha256})
    last = history.corrected(before, entry.month, entry.indicators)
    later = last if last is not None and last.delivery != entry.delivery and last.at > entry.at else None
    corrects = history.corrected(before, entry.month, entry.indicators, by=entry)
    return Recorded(entry, manifest, new=known is None, corrects=corrects, corrected_by=later)


def _may_be_sent(delivery: Path, manifest: dict[str, Any]) -> None:
    """Whether this can have been transmitted at all, and is still what was stored."""
    asked = manifest["request"]
    where = str(delivery)
    if not archive.is_draft_name(delivery.name, asked["month"]):
        words = f"the name of this folder is not that of a draft of {asked['month']}, such as {asked['month']}_01."
        raise UsageError(Problem(where, words, "Give the folder that `ebs deliver` made, below outputs."))
    archive.require_place(delivery, asked["country"])
    if asked["test"]:
        raise UsageError(Problem(where, "this is a test; it is no publication.", "Record the delivery that is none."))
    if damaged := archive.damaged(delivery):
        words = f"this is no longer what was stored: {', '.join(damaged[:3])}{', …' if len(damaged) > 3 else ''}."
        raise InputError(Problem(where, words, "Put it back from a copy, or deliver again."))
    archive.packed(delivery)

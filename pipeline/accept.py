"""`ebs accept`: a person has looked at a finding and says why it may stay. The next `ebs deliver` takes it into account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import archive
from pipeline.archive import decisions
from pipeline.errors import Problem, UsageError, is_text, nearest
from pipeline.findings import Rule
from pipeline.period import Period

SHORTEST = 4  # characters of an id that may stand for the whole


@dataclass(frozen=True)
class Accepted:
    """The new decisions, and those about the same findings that stand beside them: the last one counts."""

    taken: tuple[decisions.Decision, ...]
    others: tuple[decisions.Decision, ...]


def accept(
    delivery: Path,
    wanted: Sequence[str],
    rules: Mapping[str, Rule],
    *,
    reason: str,
    by: str,
    today: dt.date,
    until: str | None = None,
) -> Accepted:
    """Accept findings of a delivery: each named by its id, the beginning of it, or a rule (all that it found).

    ``until``: the last month of delivery for which it holds; else it is the delivery's own. A decision that was taken
    before, with the same words, is not taken again. Raises UsageError for a finding that is not there or that nobody can
    accept, InputError where the report is not what was stored.
    """
    manifest = archive.open_delivery(delivery)
    month = manifest["request"]["month"]
    last = _last(until, month)
    for option, text in (("--reason", reason), ("--by", by)):
        if not text.strip():
            raise UsageError(Problem(option, "nothing is said.", "Say it in words that others understand next year."))
        if not is_text(text):
            raise UsageError(Problem(option, "this is not text in the encoding of the terminal.", "Write it in UTF-8."))
    archive.unchanged(delivery, manifest, ["findings.json"])
    chosen: dict[tuple[str, str], dict[str, Any]] = {}
    for one in wanted:
        for entry in _meant(one, archive.findings(delivery)["findings"], rules, delivery):
            chosen[entry["id"], entry["value"]] = entry
    folder = delivery.resolve().parent
    archive.require_place(delivery.resolve(), manifest["request"]["country"])
    taken, others = [], []
    with archive.one_at_a_time(folder):
        known = decisions.read(folder, rules)
        for entry in chosen.values():
            decision = decisions.Decision(
                finding=entry["id"],
                rule=entry["rule"],
                value=entry["value"],
                about=entry["message"],
                reason=reason.strip(),
                by=by.strip(),
                at=today,
                since=month,
                until=last,
            )
            same = {"at", "about"}
            if any(decision.model_dump(exclude=same) == other.model_dump(exclude=same) for other in known):
                continue
            others += [
                other
                for other in decisions.in_force(known, month)
                if (other.finding, other.value) == (decision.finding, decision.value)
            ]
            decisions.record(folder, decision, rules)
            taken.append(decision)
    return Accepted(tuple(taken), tuple(others))


def _last(until: str | None, month: str) -> str:
    if until is None:
        return month
    try:
        last = Period.parse(until)
    except ValueError as error:
        raise UsageError(Problem("--until", f"{error}.")) from None
    if last.frequency != "M":
        raise UsageError(Problem("--until", f"{until!r} is not a month.", "Write it as 2024-12."))
    if str(last) < month:
        words = f"{last} is before {month}, the month of the delivery."
        raise UsageError(Problem("--until", words, "Name the last month of delivery for which it shall hold."))
    return str(last)


def _meant(
    wanted: str, entries: Sequence[dict[str, Any]], rules: Mapping[str, Rule], delivery: Path
) -> list[dict[str, Any]]:
    """The findings that a word means; UsageError where there are none, or several by chance, or none can be accepted."""
    found = [entry for entry in entries if entry["rule"] == wanted]
    if not found and len(wanted) >= SHORTEST:
        found = [entry for entry in entries if entry["id"].startswith(wanted)]
        if len({entry["id"] for entry in found}) > 1:
            ids = ", ".join(sorted({entry["id"] for entry in found}))
            raise UsageError(Problem(wanted, f"this is the beginning of several findings: {ids}.", "Give one whole."))
    if not found:
        known = [*{entry["rule"] for entry in entries}, *(entry["id"] for entry in entries)]
        hint = f"findings.json of {delivery} lists them, each with its id and rule."
        raise UsageError(Problem(wanted, f"the delivery has no such finding{nearest(wanted, known) or '.'}", hint))
    rule = rules[found[0]["rule"]]
    if rule.severity == "information":
        raise UsageError(Problem(wanted, "this is information: it needs no decision."))
    if not rule.may_be_accepted:
        words = f"a finding of {rule.id} cannot be accepted: the receiver would refuse the file, or a number is wrong."
        raise UsageError(Problem(wanted, words, rule.mend))
    return found

"""What is said of a delivery that was made: its findings, its figures, and what to do next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.findings import Rule
from pipeline.pages.summary import Document, not_accepted
from pipeline.pages.visible import counted
from pipeline.period import Period

OF_THE_DAY = "days-left"  # the rule that counts from the day of the run


def findings(report: Document, *, old: bool = False, most: int = 5) -> Iterator[str]:
    """The findings grouped by rule, five places each; ``old``: of another day, so that no days are left as it says."""
    groups: dict[tuple[str, str, str, bool], list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        if old and finding["rule"] == OF_THE_DAY:
            continue
        about = finding["severity"], finding["rule"], finding["name"], finding["accepted"] is not None
        groups.setdefault(about, []).append(finding)
    for (severity, rule, name, accepted), found in groups.items():
        yield f"{'accepted ' if accepted else ''}{severity.upper()} {rule}: {name} ({len(found)})"
        for finding in found[:most]:
            place = " ".join(
                filter(
                    None, [finding["file"], finding["cell"] or (f"line {finding['line']}" if finding["line"] else "")]
                )
            )
            yield f"    {finding['id']} {place + ': ' if place else ''}{finding['message']}"
            if accepted:
                yield from _decision(finding["accepted"], finding["message"])
        if len(found) > most:
            yield f"    and {len(found) - most} more, in findings.json"
        if severity != "information" and not accepted:
            yield f"    {found[0]['hint']}"


def _decision(accepted: Mapping[str, str], message: str) -> Iterator[str]:
    """Who accepted a finding and why; and what it said then, where it says something else now."""
    yield f"        {accepted['at']} by {accepted['by']}, until {accepted['until']}: {accepted['reason']}"
    if accepted["about"] and accepted["about"] != message:
        yield f"        accepted when it was: {accepted['about']}"


def summary(manifest: Document, *, packed: bool, existed: bool) -> Iterator[str]:
    """What was made, in a few lines; the files have names once they are in upload/."""
    if existed:
        yield "Nothing has changed: this request was answered before."
    for data_set in manifest["data_sets"]:
        yield (
            f"{data_set['file'] if packed else data_set['data_set'] + ', not packed'}: {data_set['series']} series, "
            f"{data_set['observations']:,} observations, {data_set['first']} to {data_set['last']}"
        )
    for indicator, parts in manifest["balance"].items():
        said = ", ".join(f"{name} {number:,}" for name, number in parts.items() if number and name != "read")
        yield f"{indicator}: {parts['read']:,} units read = {said}"
    index = manifest["index"]
    weights = index["weights"]
    if weights and weights["status"] != "official" and any(name.startswith("weighted") for name in index["files"]):
        used = f"{weights['status']} weights ({weights['unit']}, {weights['year']})"
        yield f"Index {index['base_year']} = 100: weighted index with {used}."
    for name, why in manifest["not_read"].items():
        yield f"not read: {name}: {why}"


def last_line(
    folder: Path,
    manifest: Document,
    report: Document,
    rules: Mapping[str, Rule],
    now: dt.datetime,
    sent: dt.datetime | None = None,
) -> str:
    """Where the files are, what to do next, and what Eurostat has not confirmed; ``sent``: when they were, if so."""
    open_ = [finding for finding in report["findings"] if not finding["accepted"]]
    if report["ok"]:
        files = counted(len(manifest["data_sets"]), "file")
        if sent is not None:
            parts = [f"{folder / 'upload'}: {files}, sent on {day(sent)}"]
        else:
            parts = [f"{folder / 'upload'}: {files} to send{_until(manifest, now)}"]
    else:
        errors = [finding for finding in open_ if finding["severity"] == "error"]
        number = not_accepted(report, "error")
        parts = [f"{folder}: a draft with {number} error{'s' if number > 1 else ''}; correct the input and run again"]
        if any(rules[finding["rule"]].may_be_accepted for finding in errors):
            parts[0] += f", or accept with a reason what may stay (`ebs accept {folder} …`)"
        parts[0] += ": nothing is in upload/"
    warned = sorted({finding["rule"] for finding in open_ if finding["severity"] == "warning"})
    if warned:
        parts.append(f"warnings to look at: {', '.join(warned)}")
    if report["ok"] and manifest["not_confirmed"]:
        first = "" if sent is not None or manifest["request"]["test"] else "; send as a test first"
        parts.append(f"not confirmed by Eurostat: {', '.join(manifest['not_confirmed'])}{first}")
    return "; ".join(parts)


def _until(manifest: Document, now: dt.datetime) -> str:
    """What it corrects; else by when, or since when it was due, and of a day that has moved which it was."""
    if corrects := manifest["request"].get("corrects"):
        return f", correcting {corrects['delivery']}"
    plain, due = manifest["due"], manifest.get("effective_due", manifest["due"])
    moved = f" (the working day after {plain})" if due != plain else ""
    return f"{', due since' if days_late(manifest, now) > 0 else ' by'} {due}{moved}"


def local_day(manifest: Document, at: dt.datetime) -> dt.date:
    """The day of an instant in the time zone in which days end for the deadline."""
    return at.astimezone(ZoneInfo(manifest["zone"])).date() if "zone" in manifest else at.date()


def days_late(manifest: Document, at: dt.datetime) -> int:
    """Days from the last day on time to an instant, negative before it."""
    last = dt.date.fromisoformat(manifest.get("effective_due", manifest["due"]))
    return (local_day(manifest, at) - last).days


def day(when: dt.datetime) -> str:
    """A time as a person reads it: 2024-07-05 09:00 +02:00."""
    return when.isoformat(" ", "minutes")


def when(month: str, at: dt.datetime, manifest: Document, called: str = "") -> str:
    """How long after its month and before or after the day it was due something was sent, in words.

    ``called``: the month in words, where it is told so. The day is that of the time zone in which a day ends for the deadline.
    """
    age = (local_day(manifest, at) - Period.parse(month).last_day).days
    late = days_late(manifest, at)
    if late:
        due = f"{counted(abs(late), 'day')} {'after it was' if late > 0 else 'before it is'} due"
    else:
        due = "the day it is due"
    return f"{counted(age, 'day')} after the end of {called or month}, {due}"

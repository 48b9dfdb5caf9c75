"""What is said of the metadata report on a terminal: what was written, what was found, what has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.facts.metadata_structure import MetadataStructure
from pipeline.findings import Rule
from pipeline.metadata_set import Change, MetadataSet
from pipeline.pages.text import findings
from pipeline.pages.visible import counted, read, shown

SCHEMA = 1
LISTED = 100  # places of one rule: more than a report has concepts
NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})*", re.ASCII)
Findings = Mapping[str, Any]  # the JSON report of findings


def lines(report: Findings, set_: MetadataSet, deliveries: int, rules: Mapping[str, Rule]) -> Iterator[str]:
    """What the report is, on how many deliveries its figures rest, and what is wrong with its text."""
    rests = f"its figures rest on {counted(deliveries, 'delivery', 'deliveries')} that {'was' if deliveries == 1 else 'were'} sent"
    without = "no delivery is recorded as sent, so its computed figures are missing (`ebs sent`)"
    concepts = sum(1 for one in set_.all if one.content)
    spoken = " and ".join(set_.languages)
    yield f"{set_.id}: {counted(concepts, 'concept')} in {spoken or 'no language'}; {rests if deliveries else without}"
    yield from findings({**report, "findings": _in_order(report["findings"])}, rules, listed=LISTED, information=True)


def _in_order(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Findings at one line in the order of the concepts' numbers, with which their messages begin (9 before 10)."""
    at = {(one["rule"], one["file"], one["line"]): place for place, one in reversed(list(enumerate(found)))}

    def place(one: Mapping[str, Any]) -> tuple[int, tuple[int, ...]]:
        number = NUMBER.match(one["message"])
        return at[one["rule"], one["file"], one["line"]], tuple(map(int, number[0].split("."))) if number else ()

    return sorted(found, key=place)


def last_line(
    report: Findings, files: Sequence[Path], not_confirmed: Sequence[str], *, lost: bool, restricted: bool
) -> str:
    """Where the files are and what to do next; ``restricted``: the messages hold what is not for publication."""
    counts = report["counts"]
    found = [counted(counts[one], one) for one in ("error", "warning") if counts[one]]
    if lost:
        return f"{', '.join(found)}: nothing was written, because some of the text would be lost; mend it and run again"
    doubts = f"{', '.join(found)} to look at" if found else "nothing to mend in the text"
    if not files:
        return f"{doubts}; `ebs metadata` writes the report"
    parts = [f"{files[0].parent}: {', '.join(path.name for path in files)}", doubts]
    if not any(path.suffix == ".html" for path in files):
        parts.append("no page was made: personal data would be on it")
    if restricted:
        parts.append("the messages hold what is not for publication: publish the pages alone")
    if not_confirmed:
        parts.append(f"not confirmed by Eurostat: {', '.join(not_confirmed)}; send as a test first")
    return "; ".join(parts)


def changes(old: str, changed: Sequence[Change], structure: MetadataStructure) -> Iterator[str]:
    """What has changed, concept by concept: a line with - was there before, one with + is there now.

    Two lines that differ in the kind of their blanks alone are shown with escapes for these.
    """
    for one in changed:
        yield f"{_title(one, structure)}: {_kind(one)}{' (not for publication)' if one.restricted else ''}"
        was, is_ = ({read(text, len(text)) for sign, text in one.lines if sign == wanted} for wanted in "-+")
        for sign, text in one.lines:
            if sign != " ":
                alike = read(text, len(text)) in was & is_
                yield f"    {sign} {shown(text, 500) if alike else read(text, 500)}"
    number = len({one.concept for one in changed})
    yield (
        f"{counted(number, 'concept')} changed since {shown(old, 500)}" if changed else f"the same as {shown(old, 500)}"
    )


def _title(change: Change, structure: MetadataStructure) -> str:
    known = structure.by_id.get(change.concept)
    name = f"{known.number} {shown(known.name, 200)}" if known else ""
    spoken = f" ({change.language})" if change.language else ""
    return f"{name} {shown(change.concept)}".strip() + spoken


def _kind(change: Change) -> str:
    form = change.kind == "changed" and all(sign == " " for sign, _ in change.lines)
    return "changed in its form alone (a link, an emphasis)" if form else change.kind


def changes_document(old: str, changed: Sequence[Change], structure: MetadataStructure) -> dict[str, Any]:
    """The same for JSON (schema 1)."""
    numbers = {one.id: one.number for one in structure.all}
    return {
        "schema": SCHEMA,
        "old": old,
        "changes": [
            {
                "concept": one.concept,
                "number": numbers.get(one.concept, ""),
                "language": one.language,
                "kind": one.kind,
                "restricted": one.restricted,
                "lines": [{"sign": sign.strip(), "text": text} for sign, text in one.lines],
            }
            for one in changed
        ],
    }


def taken_over(paths: Sequence[Path], overlay: Path) -> Iterator[str]:
    """Where the texts are, and what to do next."""
    for path in paths:
        yield f"written: {path}"
    yield f"Put {{{{ expressions }}}} where facts and figures stand, then: ebs metadata --check --facts {overlay}"


def taken_over_document(paths: Sequence[Path], notes: Sequence[str]) -> dict[str, Any]:
    """The same for JSON (schema 1)."""
    return {"schema": SCHEMA, "written": [str(path) for path in paths], "notes": list(notes)}

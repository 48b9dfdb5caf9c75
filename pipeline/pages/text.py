"""The report on a terminal: the verdict and the next step first, then what is wrong, then what was not checked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from pipeline.pages.summary import Document, Rules, Violation, hints, not_checked, places, verdict, violations
from pipeline.pages.visible import counted, shown

LISTED = 5  # places of one rule
NAMED = 8  # rules that one reason kept from running


def lines(document: Document, next_step: str, rules: Rules | None = None) -> Iterator[str]:
    """The verdict, what to do next, and why: each violated rule with its first places.

    Information is only counted, unless there is nothing else. The rules name those of which no detail was kept.
    """
    first = verdict(document)
    step = shown(next_step, 500)
    yield f"{first}{'; ' if document['ok'] else ': '}{step}" if step else first
    if len(document["files"]) > 1:
        yield from (f"  {_file(file)}" for file in document["files"])
    yield from findings(document, rules)
    for why, unchecked in not_checked(document).items():
        yield from _unchecked(why, unchecked, len(document["files"]))


def findings(
    document: Document, rules: Rules | None = None, *, listed: int = LISTED, information: bool = False
) -> Iterator[str]:
    """Each violated rule with its first places; information is only counted, unless there is nothing else.

    ``listed``: so many places · ``information``: it is listed like the others; then a hint that is not that of all
    places stands below its own.
    """
    found = violations(document, rules)
    doubtful = [one for one in found if one.severity != "information" or information]
    for one in doubtful or found:
        yield from _group(one, rules, listed, beside=information)
    if information:
        return
    told = [one for one in found if one.severity == "information"]
    if doubtful and told:
        each = ", ".join(f"{shown(one.rule)} ({one.count:,})" for one in told)
        yield f"{sum(one.count for one in told):,} for information: {each}"


def _file(file: Document) -> str:
    """What one of several files is and holds."""
    parts = [
        shown(file.get("format")),
        shown(file.get("structure")),
        counted(file.get("series") or 0, "series", "series"),
        counted(file.get("observations") or 0, "observation"),
        counted(file.get("findings") or 0, "finding"),
        "" if file.get("complete", True) else "read in part",
    ]
    return f"{shown(file['file'])}: {', '.join(filter(None, parts))}"


def _group(found: Violation, rules: Rules | None, listed: int = LISTED, *, beside: bool = False) -> Iterator[str]:
    """A violated rule: its heading, its first places, how to mend; ``beside``: hints that differ with their places."""
    name = f": {shown(found.name)}" if found.name else ""
    numbers = f"; {shown(found.numbers)}" if found.numbers else ""
    yield f"{shown(found.severity).upper()} {shown(found.rule)}{name} ({found.count:,}{numbers})"
    said = hints(found, rules, listed)
    apart = beside and (len(said) > 1 or len({bool(entry["hint"]) for entry in found.findings[:listed]}) > 1)
    for entry, line in zip_longest(found.findings[:listed], places(found, listed)):
        yield f"    {line}"
        if apart and entry and entry["hint"]:
            yield f"        {shown(entry['hint'], 500)}"
    yield from (f"    {hint}" for hint in said if not apart)


def _unchecked(why: str, rules: dict[str, list[str]], files: int) -> Iterator[str]:
    """The rules that one reason kept from running, by the files that they could not run on."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for rule, of in rules.items():
        groups.setdefault(tuple(of), []).append(rule)
    for names, here in groups.items():
        some = f" ({shown(names[0])})" if len(names) == 1 and names[0] else f" ({len(names)} of {files} files)"
        where = some if 0 < len(names) < files else ""
        reason = shown(why, 500).removesuffix(".")
        names_ = ", ".join(map(shown, here[:NAMED])) + (f" and {len(here) - NAMED} more" if len(here) > NAMED else "")
        yield f"not checked, {counted(len(here), 'rule')}: {reason}: {names_}{where}"

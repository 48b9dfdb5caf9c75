"""What a report says at a glance: the verdict, the violations rule by rule, what was not checked.

Every format shows the same summary of the JSON report (schema 1). The counts come from ``rules``, never from the length
of ``findings``: details may be cut, counts are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.findings import SEVERITIES, Group, Rule, is_held_up
from pipeline.pages.visible import counted, shown

Document = Mapping[str, Any]
Entry = Mapping[str, Any]
Rules = Mapping[str, Rule]


@dataclass(frozen=True)
class Violation:
    """A rule that is violated: how often, and the places of which the details were kept."""

    rule: str
    name: str
    severity: str
    numbers: str
    count: int
    findings: tuple[Entry, ...]

    @property
    def accepted(self) -> bool:
        """A person has accepted every place of it."""
        return len(self.findings) == self.count and all(entry["accepted"] for entry in self.findings)

    @property
    def anchor(self) -> str:
        """The id of the rule as a page may use it to lead there."""
        return "".join(c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):x}_" for c in self.rule)

    def more(self, listed: int) -> int:
        """How many places there are beyond those listed."""
        return self.count - min(listed, len(self.findings))


def violations(document: Document, rules: Rules | None = None, file: str | None = None) -> list[Violation]:
    """The violated rules, errors first, each with its count and places; of one file or of all.

    The rules say name and severity where no detail was kept; without them such a rule is taken for an error.
    """
    counts: dict[str, int] = {}
    places: dict[str, list[Entry]] = {}
    named: dict[str, Entry] = {}
    for entry in document["findings"]:
        named.setdefault(entry["rule"], entry)
        if file is None or entry["file"] == file:
            places.setdefault(entry["rule"], []).append(entry)
    for entry in document["rules"]:
        if entry["violations"] and (file is None or entry["file"] == file):
            counts[entry["rule"]] = counts.get(entry["rule"], 0) + entry["violations"]
    found = []
    for id_ in {**counts, **places}:
        listed = tuple(places.get(id_, ()))
        count = max(counts.get(id_, 0), len(listed))
        rule, first = (rules or {}).get(id_), named.get(id_)
        if first is not None:
            about = first["name"], first["severity"], numbers(first["struval"], first["fmr"])
        elif rule is not None:
            about = rule.name, rule.severity, numbers(rule.struval, rule.fmr)
        else:
            about = "", "error", ""
        found.append(Violation(id_, *about, count, listed))
    rank: dict[str, int] = {severity: i for i, severity in enumerate(SEVERITIES)}
    return sorted(found, key=lambda one: (rank.get(one.severity, 0), one.rule))


#: the rules that no group holds
OTHERS = Group("", "Other rules", "")


@dataclass(frozen=True)
class Gate:
    """A group of rules, and what came of them: how many hold, which are violated, how many could not run.

    ``held_up``: some of these could not run because another rule is violated.
    """

    group: Group
    holds: int
    violated: tuple[Violation, ...]
    unchecked: int
    held_up: bool = False

    @property
    def informed(self) -> tuple[Violation, ...]:
        """The rules that only tell something."""
        return tuple(one for one in self.violated if one.severity == "information")

    @property
    def doubtful(self) -> tuple[Violation, ...]:
        """The rules that found an error or a warning."""
        return tuple(one for one in self.violated if one.severity != "information")

    @property
    def outcome(self) -> tuple[str, str]:
        """How it looks (``error``, ``warning``, ``accepted``, ``holds`` or ``unknown``), and what it is in words."""
        open_ = [one for one in self.doubtful if not one.accepted]
        if any(one.severity == "error" for one in open_):
            return "error", "not passed"
        if open_:
            return "warning", "passed with warnings"
        if self.doubtful:
            return "accepted", "passed, as accepted"
        if not (self.holds or self.informed):
            return "unknown", "not checked"
        if self.held_up or self.unchecked > self.holds + len(self.informed):
            return "unknown", "checked in part"
        return "holds", "passed"


def gates(document: Document, rules: Rules, groups: Sequence[Group]) -> list[Gate]:
    """The groups of the rules that were confronted, in their order; last those that no group holds."""
    known = {group.id for group in groups}
    outcomes: dict[str, dict[str, set[str]]] = {}
    held_up: set[str] = set()
    found: dict[str, list[Violation]] = {}

    def group_of(rule: str) -> str:
        group = rules[rule].group if rule in rules else ""
        return group if group in known else OTHERS.id

    for entry in document["rules"]:
        outcomes.setdefault(group_of(entry["rule"]), {}).setdefault(entry["rule"], set()).add(entry["outcome"])
        if entry["outcome"] == "unchecked" and is_held_up(entry["why"]):
            held_up.add(group_of(entry["rule"]))
    for one in violations(document, rules):
        found.setdefault(group_of(one.rule), []).append(one)
    told = []
    for group in (*groups, OTHERS):
        violated = tuple(found.get(group.id, ()))
        others = [said for rule, said in outcomes.get(group.id, {}).items() if rule not in {v.rule for v in violated}]
        holds = sum("holds" in said for said in others)
        if violated or others:
            told.append(Gate(group, holds, violated, len(others) - holds, group.id in held_up))
    return told


def not_accepted(report: Document, severity: str) -> int:
    """How many findings of a severity nobody has accepted, those included of which no details were kept."""
    accepted = sum(bool(finding["accepted"]) for finding in report["findings"] if finding["severity"] == severity)
    return int(report["counts"][severity]) - accepted


def numbers(struval: str | None, fmr: str | None) -> str:
    """The receiver's numbers of a rule: ``STRUVAL 150/029, FMR 007``."""
    parts = (f"STRUVAL {struval}" if struval else "", f"FMR {fmr}" if fmr else "")
    return ", ".join(filter(None, parts))


def verdict(document: Document) -> str:
    """Valid or not, in one sentence without a full stop: ``a.xml: valid, 9 series, 1,341 observations``."""
    files: Sequence[Mapping[str, Any]] = document["files"]
    subject = shown(files[0]["file"]) if len(files) == 1 else counted(len(files), "file")
    if document["error"]:
        said = f"could not be validated ({shown(document['error']['message'], 500)})"
        return f"{subject}: {said}" if files else said
    counts = document["counts"]
    doubts = [counted(counts[severity], severity) for severity in ("error", "warning") if counts[severity]]
    if not document["ok"]:
        return f"{subject}: {', '.join(doubts)}"
    series, observations = (sum(file.get(key) or 0 for file in files) for key in ("series", "observations"))
    if counts["error"]:
        doubts[0] += " accepted"
    parts = ["valid", *doubts, counted(series, "series", "series"), counted(observations, "observation")]
    return f"{subject}: {', '.join(parts)}"


def not_checked(document: Document) -> dict[str, dict[str, list[str]]]:
    """Why rules could not run (or not completely): reason → rule → files."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for entry in document["rules"]:
        if entry["outcome"] == "unchecked" or entry["why"]:
            files = reasons.setdefault(entry["why"] or "no reason is given", {}).setdefault(entry["rule"], [])
            files.append(entry["file"])
    return reasons


def where(entry: Entry) -> str:
    """File and place of a finding: ``a.xml:12:7``, ``counts.xlsx counts!C7``."""
    file = shown(entry["file"])
    if entry["cell"]:
        return f"{file} {shown(entry['cell'])}".strip()
    return ":".join(filter(None, (file, shown(entry["line"]), shown(entry["column"]))))


def place(entry: Entry) -> str:
    """The place of a finding inside its file: ``line 12, column 7``, ``counts!C7``; nothing for the whole file."""
    if entry["cell"]:
        return shown(entry["cell"])
    said = (f"{name} {entry[name]}" for name in ("line", "column") if entry[name])
    return ", ".join(said)


#: what a finding may say beside its place and its message, and what that is called
_SAYS = {"series": "Series", "period": "Period", "component": "Component", "value": "Found", "expected": "Expected"}


def columns(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """What at least one of these findings says: (key, name) in the order of a table."""
    return [(key, name) for key, name in _SAYS.items() if any(entry[key] for entry in entries)]


def also(entry: Entry, most: int = 3) -> str:
    """The other places that a finding speaks of: ``12:7 'A'; 15:7 'B'``."""
    return _limited([_related(place) for place in entry["related"]], most)


def _related(place: Mapping[str, Any]) -> str:
    at = ":".join(filter(None, (shown(place["line"]), shown(place["column"]))))
    return f"{at} '{shown(place['value'])}'".strip() if place["value"] else at


def _limited(parts: Sequence[str], most: int) -> str:
    return "; ".join([*parts[:most], *([f"and {len(parts) - most:,} more"] if len(parts) > most else [])])


def sentence(entry: Entry) -> str:
    """One finding in one line: place, series, period, component, found, expected, message."""
    what = [
        f"series {shown(entry['series'])}" if entry["series"] else "",
        f"period {shown(entry['period'])}" if entry["period"] else "",
        shown(entry["component"]),
        f"found '{shown(entry['value'])}'" if entry["value"] else "",
        f"expected {shown(entry['expected'])}" if entry["expected"] else "",
        f"see also {also(entry)}" if entry["related"] else "",
    ]
    place, said = where(entry), ", ".join(filter(None, what))
    line = ": ".join(filter(None, (f"{place} {said}".strip(), shown(entry["message"], 500))))
    return f"{line} [{status}]" if (status := acceptance(entry)) else line


def acceptance(entry: Entry) -> str:
    """Who accepted a finding, why, until when; nothing when nobody did."""
    accepted = entry["accepted"]
    if not accepted:
        return ""
    until = f" until {shown(accepted['until'])}" if accepted.get("until") else ""
    return f"accepted by {shown(accepted['by'])}{until}: {shown(accepted['reason'], 500)}"


def places(found: Violation, most: int) -> Iterator[str]:
    """The first places of a violated rule, a line each, then how many more there are."""
    yield from (sentence(entry) for entry in found.findings[:most])
    more = found.more(most)
    if more:
        yield f"and {more:,} more" if found.findings[:most] else f"{counted(more, 'place')}, not listed"


def hints(found: Violation, rules: Rules | None, most: int) -> list[str]:
    """How to mend what is listed: each hint once."""
    said = [entry["hint"] for entry in found.findings[:most] if entry["hint"]]
    if not said and rules and found.rule in rules:
        said = [rules[found.rule].mend]
    return [shown(hint, 500) for hint in dict.fromkeys(said) if hint]

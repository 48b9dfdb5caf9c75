"""What was found in a delivery, told by what became of it since the last one: new, remaining, accepted, no longer found.

Inside, rule by rule, errors first, each with a few of its places; all of them are in ``findings.csv``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.facts.wording import day, listing, month, number
from pipeline.findings import SEVERITIES, Rule
from pipeline.pages.delivered import OF_THE_DAY, local_day
from pipeline.pages.draft import Draft
from pipeline.pages.summary import Entry, Violation, hints, numbers, violations
from pipeline.pages.visible import counted, read

MOST = 5  # places of a rule that are shown


@dataclass(frozen=True)
class Explained:
    """A rule in words, as `ebs explain` tells it: pairs of (name, what is said)."""

    rule: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Decided:
    """A finding that a person has accepted: ``about``: what it said then, where it says something else now."""

    id: str
    message: str
    about: str
    reason: str
    by: str
    at: str
    until: str


@dataclass(frozen=True)
class Told:
    """A rule with the places of one part: the first of them, how many more there are, how to mend them.

    ``id``: of its section · ``decided``: the places again, with who accepted them · ``means``: what it says about the
    data, ``mend``: hints that hold for all places shown · ``each``: whether every place has a hint of its own ·
    ``explained``: the rule in words, told once in a page · ``link``: where that is.
    """

    id: str
    violation: Violation
    count: str
    caption: str
    places: tuple[Entry, ...]
    decided: tuple[Decided, ...]
    more: int
    means: str
    mend: str
    each: bool
    explained: Explained | None
    link: str
    first: bool


@dataclass(frozen=True)
class Part:
    """A part of the findings: its heading, a sentence, and its rules; ``accepted``: a person has decided on them."""

    id: str
    heading: str
    sentence: str
    count: int
    rules: tuple[Told, ...]
    accepted: bool = False


@dataclass(frozen=True)
class Gone:
    """A rule some of whose findings are no longer there: where these were."""

    severity: str
    rule: str
    name: str
    count: int
    places: str


@dataclass(frozen=True)
class Found:
    """The findings of a delivery; ``csv``: the address of all of them, empty where the delivery has no such file."""

    sentence: str
    parts: tuple[Part, ...]
    gone: tuple[Gone, ...]
    gone_since: str
    csv: str

    @property
    def rules(self) -> list[Told]:
        """Each rule once, where it is told first."""
        return [told for part in self.parts for told in part.rules if told.first]


def view(draft: Draft) -> Found:
    """The findings of a draft."""
    entries = [entry for entry in draft.findings["findings"] if not _of_another_day(entry, draft)]
    before = None if draft.previous is None else {entry["id"] for entry in draft.previous}
    open_ = [entry for entry in entries if not entry["accepted"]]
    parts = [
        ("new", _heading(draft), [one for one in open_ if before is None or one["id"] not in before]),
        ("remaining", "Remaining", [one for one in open_ if before is not None and one["id"] in before]),
        ("accepted", "Accepted", [one for one in entries if one["accepted"]]),
    ]
    unlisted = {one.rule: one.more(len(one.findings)) for one in violations(draft.findings, draft.rules)}
    first: dict[str, str] = {}
    told = tuple(
        Part(
            id_,
            heading,
            _sentence(id_, those, draft),
            len(those),
            tuple(_told(id_, one, draft, first, accepted=id_ == "accepted") for one in _by_rule(those, unlisted)),
            accepted=id_ == "accepted",
        )
        for id_, heading, those in parts
        if those or (id_ == "new" and before is not None) or (id_ == "new" and not entries)
    )
    return Found(_since(draft), told, tuple(_gone(draft, entries)), _last(draft), draft.address("findings.csv"))


def _of_another_day(entry: Entry, draft: Draft) -> bool:
    """Whether a finding counts days from the day of preparation, and the page tells of another one."""
    prepared = dt.datetime.fromisoformat(draft.manifest["prepared"])
    return entry["rule"] == OF_THE_DAY and local_day(draft.manifest, prepared) != local_day(draft.manifest, draft.now)


# --- words ---------------------------------------------------------------------------------------------------------


def _last(draft: Draft) -> str:
    """The month of the last delivery sent for an earlier month, in words: May 2024; nothing without one."""
    used = draft.manifest["request"]["history"]
    return month(draft.language, used[-1]["month"]) if used else ""


def _heading(draft: Draft) -> str:
    return f"New since the delivery of {_last(draft)}" if draft.previous is not None else "Found"


def _since(draft: Draft) -> str:
    if draft.previous is None:
        return (
            "Nothing was sent for an earlier month: there is nothing to compare with, and every finding counts as new."
        )
    return f"Compared with what was found in the delivery of {_last(draft)}, the last one sent for an earlier month."


def _sentence(id_: str, those: Sequence[Entry], draft: Draft) -> str:
    if not those:
        return "No rule found anything new." if draft.previous is not None else "No rule found anything."
    counts = {severity: sum(entry["severity"] == severity for entry in those) for severity in SEVERITIES}
    words = {
        "error": ("error", "errors"),
        "warning": ("warning", "warnings"),
        "information": ("for information", "for information"),
    }
    said = [
        f"{number(draft.language, count)} {words[severity][count != 1]}" for severity, count in counts.items() if count
    ]
    listed = listing(draft.language, said)
    return {
        "new": f"{listed}.",
        "remaining": f"{listed} that the delivery of {_last(draft)} had as well.",
        "accepted": f"{listed}: a person has looked at them and has said why they may stay.",
    }[id_]


# --- rule by rule --------------------------------------------------------------------------------------------------


def _by_rule(entries: Iterable[Entry], unlisted: dict[str, int]) -> list[Violation]:
    """The rules of these findings, errors first; what was counted without details is told with the first part."""
    places: dict[str, list[Entry]] = {}
    for entry in entries:
        places.setdefault(entry["rule"], []).append(entry)
    found = []
    for rule, those in places.items():
        one = those[0]
        about = one["name"], one["severity"], numbers(one["struval"], one["fmr"])
        found.append(Violation(rule, *about, len(those) + unlisted.pop(rule, 0), tuple(those)))
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.rule))


def _told(part: str, one: Violation, draft: Draft, first: dict[str, str], *, accepted: bool) -> Told:
    rule = draft.rules.get(one.rule)
    new = one.rule not in first
    id_ = first.setdefault(one.rule, f"rule-{one.anchor}") if new else f"{part}-{one.anchor}"
    places = one.findings[:MOST]
    said = [] if accepted or one.severity == "information" else hints(one, draft.rules, len(places))
    more, count = one.more(len(places)), counted(one.count, "place")
    return Told(
        id_,
        one,
        count,
        f"{one.name}: the first {len(places)} of {count}" if more else f"{one.name}: {count}",
        places,
        tuple(_decided(entry, draft) for entry in places if accepted),
        more,
        rule.means if rule is not None else "",
        said[0] if len(said) == 1 else "",
        len(said) > 1,
        _explained(rule, draft) if rule is not None and new else None,
        f"explain-{one.anchor}" if rule is not None else "",
        new,
    )


def _decided(entry: Entry, draft: Draft) -> Decided:
    accepted = entry["accepted"]
    about = accepted["about"] if accepted["about"] != entry["message"] else ""
    at = _day(draft, accepted["at"])
    until = month(draft.language, accepted["until"])
    return Decided(entry["id"], entry["message"], about, accepted["reason"], accepted["by"], at, until)


def _day(draft: Draft, text: str) -> str:
    """A day in words; as it stands where it is none."""
    try:
        return day(draft.language, dt.date.fromisoformat(text))
    except ValueError:
        return text


def _explained(rule: Rule, draft: Draft) -> Explained:
    """A rule in words: what it asks for, an example, how to mend, its numbers, what may be decided."""
    group = next((group.name for group in draft.groups if group.id == rule.group), "")
    may = "A person may accept what it finds, with a reason." if rule.may_be_accepted else "Nobody can accept it."
    about = (
        ("Means", rule.means),
        ("Example", rule.example),
        ("To mend", rule.mend),
        ("Severity", rule.severity),
        ("Decision", "" if rule.severity == "information" else may),
        ("Group", group),
        ("At the receiver", numbers(rule.struval, rule.fmr)),
        ("Parameters", ", ".join(f"{name} = {value}" for name, value in rule.parameters.items())),
    )
    return Explained(rule.id, tuple((name, said) for name, said in about if said))


# --- what is gone --------------------------------------------------------------------------------------------------


def _gone(draft: Draft, entries: Iterable[Entry]) -> Iterable[Gone]:
    """The findings of the last delivery that this one does not have, rule by rule; what counts the days left aside."""
    here = {entry["id"] for entry in entries}
    gone: dict[str, list[Entry]] = {}
    for entry in draft.previous or ():
        if entry["id"] not in here and entry["rule"] != OF_THE_DAY:
            gone.setdefault(entry["rule"], []).append(entry)
    for rule, those in sorted(gone.items(), key=lambda item: (_rank(item[1][0]), item[0])):
        yield Gone(those[0]["severity"], rule, those[0]["name"], len(those), _places(those))


def _rank(entry: Entry) -> int:
    return SEVERITIES.index(entry["severity"]) if entry["severity"] in SEVERITIES else len(SEVERITIES)


def _places(entries: Sequence[Entry]) -> str:
    """Where findings were, the first few: series and period, else the message."""
    at = (" ".join(filter(None, (entry["series"], entry["period"]))) or entry["message"] for entry in entries)
    said = list(dict.fromkeys(map(read, at)))
    more = len(said) - 3
    return "; ".join(said[:3]) + (f"; and {more:,} more" if more > 0 else "")

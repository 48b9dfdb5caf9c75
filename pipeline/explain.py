"""What a rule means, how severe it is and how to mend what it finds; by its id or by the receiver's number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from pipeline.errors import Problem, UsageError, nearest
from pipeline.findings import SEVERITIES, Rule
from pipeline.pages.summary import numbers

OF_THE_REPORT = "metadata-"  # how the ids of the rules on the text of the metadata report begin
CONSEQUENCE = {
    "error": "blocks the upload",
    "warning": "does not block the upload",
    "information": "for your information",
}


def explain(rules: Mapping[str, Rule], id_: str | None = None) -> Iterator[str]:
    """A rule in words; or the rules that have this number at the receiver; or, without either, all rules.

    UsageError for what is neither, with the nearest ids.
    """
    wanted = (id_ or "").strip()
    if not wanted:
        return _list(rules.values())
    rule = rules.get(wanted) or rules.get(wanted.lower())
    if rule is not None:
        return _one(rule, rules)
    found = [rule for rule in rules.values() if _has(rule, wanted)]
    if not found:
        said = wanted if len(wanted) <= 60 else f"{wanted[:60]}…"
        meant = nearest(wanted, rules) or "."
        hint = "`ebs explain` lists all rules; a receiver's number is given as 150/029, 029 or FMR 007."
        raise UsageError(Problem("explain", f"{said!r} is neither a rule nor a receiver's number{meant}", hint))
    return _one(found[0], rules) if len(found) == 1 else _list(found)


def _has(rule: Rule, wanted: str) -> bool:
    """Whether a number is the rule's: whole, or its code alone; the name of the engine may stand before it."""
    match = re.fullmatch(r"(?:(STRUVAL|FMR)[\s:]*)?([0-9]+(?:/[0-9]+)?)", wanted, re.IGNORECASE | re.ASCII)
    if match is None:
        return False
    engine, number = (match[1] or "").upper(), match[2]
    struval = {rule.struval, rule.struval.rpartition("/")[2]} if rule.struval and engine != "FMR" else set()
    return number in struval or (number == rule.fmr and engine != "STRUVAL")


def _list(rules: Collection[Rule]) -> Iterator[str]:
    """One line per rule, errors first: severity, id, name, the receiver's numbers."""
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: SEVERITIES.index(rule.severity)):
        known = numbers(rule.struval, rule.fmr)
        yield f"{rule.severity:11}  {rule.id:{width}}  {rule.name}{f' ({known})' if known else ''}"


def _one(rule: Rule, rules: Mapping[str, Rule]) -> Iterator[str]:
    """Everything that is known of a rule; what it silences in its place, and in the whole file."""
    yield f"{rule.id}: {rule.name}"
    acceptable = "; of those that a person may accept with a reason" if rule.acceptable else ""
    silenced_by = [one.id for one in rules.values() if rule.id in one.silences]
    from_afar = [one.id for one in rules.values() if rule.id in one.silences_in_file]
    about = (
        ("severity", f"{rule.severity}, {_consequence(rule)}{acceptable}"),
        ("means", rule.means),
        ("example", rule.example),
        ("mend", rule.mend),
        ("receiver", numbers(rule.struval, rule.fmr)),
        ("parameters", ", ".join(f"{name} = {value}" for name, value in rule.parameters.items())),
        ("silences", _named("in its place", rule.silences)),
        ("", _named("in the whole file", rule.silences_in_file)),
        ("silenced by", _named("in its place", silenced_by)),
        ("", _named("anywhere in the file", from_afar)),
    )
    label = ""
    for what, said in about:
        label = what or label
        if said:
            yield f"  {label:12} {said}"


def _consequence(rule: Rule) -> str:
    """What becomes of an upload; the text of the metadata report never holds one up."""
    if rule.id.startswith(OF_THE_REPORT):
        return "of the metadata report: no figures are held up"
    return CONSEQUENCE[rule.severity]


def _named(where: str, rules: Collection[str]) -> str:
    """Rules by id, with where they count; nothing when there is none."""
    return f"{where}: {', '.join(rules)}" if rules else ""

"""The findings that a person has accepted: ``decisions.toml`` in a country's folder, readable and editable by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from pipeline.archive.edited import add, content
from pipeline.archive.folder import read as read_file
from pipeline.archive.folder import unchanged
from pipeline.errors import FactsError, Problem, nearest
from pipeline.facts import read_toml
from pipeline.facts.models import Code, Model, Month
from pipeline.facts.store import toml_text
from pipeline.findings import Acceptance, Rule

DECISIONS = "decisions.toml"
#: where a delivery keeps those that were in force for it
STORED = "inputs/earlier/decisions.toml"

Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Decision(Model):
    """A finding that was accepted, in deliveries of the months ``since`` to ``until``, as long as its value is the same.

    ``finding``: its id · ``about``: what it says, for whoever reads the file.
    """

    finding: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    rule: Code
    value: str = ""
    about: str = ""
    reason: Words
    by: Words
    at: dt.date
    since: Month
    until: Month

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Decision:
        if self.until < self.since:
            raise ValueError(f"until {self.until} is before since {self.since}")
        return self

    @property
    def acceptance(self) -> Acceptance:
        """As the findings know it."""
        return Acceptance(
            finding=self.finding,
            rule=self.rule,
            value=self.value,
            by=self.by,
            reason=self.reason,
            until=self.until,
            at=self.at.isoformat(),
            about=self.about,
        )


class _Decisions(Model):
    decision: tuple[Decision, ...] = ()


def read(folder: Path, rules: Mapping[str, Rule]) -> tuple[Decision, ...]:
    """Every decision of a country's folder; none where there is no file.

    Raises FactsError for a file that cannot be read, and for a decision about a rule that is none or whose findings
    nobody can accept.
    """
    path = folder / DECISIONS
    data = content(path)
    return () if data is None else parse(str(path), data, rules)


def parse(path: str, data: bytes, rules: Mapping[str, Rule]) -> tuple[Decision, ...]:
    """The decisions of such a file."""
    found = read_toml(path, data, _Decisions).decision
    problems = []
    for number, one in enumerate(found):
        where, rule = f"{path} decision[{number}].rule", rules.get(one.rule)
        if rule is None:
            problems.append(Problem(where, f"{one.rule!r} is no rule{nearest(one.rule, rules) or '.'}"))
        elif not rule.may_be_accepted:
            words = f"a finding of {one.rule!r} cannot be accepted."
            problems.append(Problem(where, words, "Correct what it finds, and remove the decision."))
    if problems:
        raise FactsError(problems)
    return found


def stored(delivery: Path, manifest: Mapping[str, Any], rules: Mapping[str, Rule]) -> tuple[Decision, ...]:
    """The decisions that were in force for a delivery, as it keeps them; InputError where they are not what was stored."""
    if STORED not in manifest["files"]:
        return ()
    unchanged(delivery, manifest, [STORED])
    return parse(str(delivery / STORED), read_file(delivery, STORED), rules)


def in_force(decisions: Iterable[Decision], month: str) -> tuple[Decision, ...]:
    """Those that hold for the delivery of a month, as they stand; of several about one finding the last one counts."""
    return tuple(one for one in decisions if one.since <= month <= one.until)


_HEAD = """\
# Findings that were accepted, and why. `ebs accept` adds to this file. A decision holds for deliveries of the months
# `since` to `until` while the finding has the same value; take it back by removing its block.
"""


def record(folder: Path, decision: Decision, rules: Mapping[str, Rule]) -> None:
    """Add a decision. Call it inside ``one_at_a_time``."""
    path = folder / DECISIONS
    add(path, _HEAD, _lines(decision), lambda data: parse(str(path), data, rules))


def to_toml(decisions: Iterable[Decision]) -> bytes:
    """Decisions as a file, in the order given."""
    return "\n".join("\n".join(_lines(one)) + "\n" for one in decisions).encode("utf-8")


def _lines(one: Decision) -> list[str]:
    texts = ("finding", "rule", "value", "about", "reason", "by")
    return [
        "[[decision]]",
        *(f"{name} = {toml_text(getattr(one, name))}" for name in texts),
        f"at = {one.at.isoformat()}",
        f"since = {toml_text(one.since)}",
        f"until = {toml_text(one.until)}",
    ]

"""What is wrong or doubtful in the data: never raised, always reported, with place, found, expected, how to mend.

A rule is confronted with data and gives a verdict with one of three outcomes: *holds*, *violated*, or *unchecked*
with the reason. Rules are facts (``codelists/regulation/rules.toml``); the functions in ``checks/`` only find.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "information"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information")


#: Every rule that can be found violated; each must be in rules.toml, so that no finding is ever without a law.
FOUND_BY_CODE = (
    "activity-gone", "additivity", "approximate", "balance", "before-start", "constraint", "control-rows",
    "count-ceiling", "count-negative", "coverage", "ends-elsewhere", "future-month", "header", "index-base",
    "input-blank", "input-duplicate", "never-seen", "not-computed", "not-read-back", "not-this-month", "read-back",
    "schema", "starts-later", "structure-in-force", "territory", "thousands-read", "unmapped",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """A rule as ``rules.toml`` states it; the code knows its id alone."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic when the facts are loaded)

    id: str
    name: str
    severity: Severity
    means: str
    mend: str
    acceptable: bool = False
    example: str = ""
    struval: str | None = None
    fmr: str | None = None
    silences: tuple[str, ...] = ()
    parameters: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; lines and columns start at 1 and count characters."""

    line: int | None = None
    column: int | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or doubtful, and where."""

    rule: str
    message: str
    hint: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    cell: str | None = None
    data_set: str = ""
    series: str = ""
    period: str = ""
    component: str = ""
    value: str = ""
    expected: str = ""
    related: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What confronting one rule with one file (or with the whole delivery, ``file=""``) gave."""

    rule: str
    file: str = ""
    checked: int = 0
    findings: tuple[Finding, ...] = ()
    unchecked: str = ""

    @property
    def outcome(self) -> str:
        """``holds``, ``violated`` or ``unchecked``."""
        if self.findings:
            return "violated"
        return "unchecked" if self.unchecked else "holds"


def finding_ids(findings: Iterable[Finding]) -> list[str]:
    """An id for each finding that stays when a line is inserted or a value changes.

    It is a hash of (rule, data set, series, period, component) and the ordinal among findings that share these.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    ids = []
    for finding in findings:
        what = (finding.rule, finding.data_set, finding.series, finding.period, finding.component)
        text = "\x1f".join((*what, str(seen[what])))
        seen[what] += 1
        ids.append(hashlib.sha256(text.encode()).hexdigest()[:12])
    return ids


@dataclass(frozen=True)
class Findings:
    """The verdicts of one run against the rules they come from."""

    verdicts: tuple[Verdict, ...]
    rules: Mapping[str, Rule]
    files: tuple[Mapping[str, Any], ...] = ()

    @property
    def all(self) -> list[Finding]:
        """Every finding, errors first, in a fixed order."""
        rank = {severity: i for i, severity in enumerate(SEVERITIES)}
        found = [finding for verdict in self.verdicts for finding in verdict.findings]
        return sorted(
            found,
            key=lambda f: (
                rank[self.rules[f.rule].severity],
                f.rule,
                f.file,
                f.line or 0,
                f.series,
                f.period,
                f.component,
                f.message,
            ),
        )

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(self.rules[f.rule].severity == severity for v in self.verdicts for f in v.findings)

    @property
    def ok(self) -> bool:
        """No finding of severity error."""
        return self.count("error") == 0

    def document(self, tool: Mapping[str, str]) -> dict[str, Any]:
        """The JSON report (schema 1): what was checked, with which outcome, and every finding."""
        found = self.all
        return {
            "schema": 1,
            "tool": dict(tool),
            "ok": self.ok,
            "error": None,
            "files": [dict(file) for file in self.files],
            "counts": {severity: self.count(severity) for severity in SEVERITIES},
            "rules": [
                {
                    "rule": verdict.rule,
                    "file": verdict.file,
                    "outcome": verdict.outcome,
                    "checked": verdict.checked,
                    "violations": len(verdict.findings),
                    "why": verdict.unchecked,
                }
                for verdict in sorted(self.verdicts, key=lambda v: (v.rule, v.file))
            ],
            "findings": [self._entry(finding, id_) for finding, id_ in zip(found, finding_ids(found), strict=True)],
        }

    def _entry(self, finding: Finding, id_: str) -> dict[str, Any]:
        rule = self.rules[finding.rule]
        return {
            "id": id_,
            "rule": rule.id,
            "name": rule.name,
            "severity": rule.severity,
            "struval": rule.struval,
            "fmr": rule.fmr,
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "cell": finding.cell,
            "series": finding.series,
            "period": finding.period,
            "component": finding.component,
            "value": finding.value,
            "expected": finding.expected,
            "message": finding.message,
            "hint": finding.hint or rule.mend,
            "related": [{"line": p.line, "column": p.column, "value": p.value} for p in finding.related],
            "accepted": None,
        }

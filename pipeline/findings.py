"""What is wrong or doubtful in the data: never raised, always reported, with place, found, expected, how to mend.

A rule is confronted with data and gives a verdict with one of three outcomes: *holds*, *violated*, or *unchecked*
with the reason. Rules are facts (``codelists/regulation/rules.toml``); the functions in ``checks/`` only find.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Severity = Literal["error", "warning", "information"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information")


#: Every rule that can be found violated; each must be in rules.toml, so that no finding is ever without a law.
FOUND_BY_CODE = (
    "action", "activity-gone", "additivity", "adjustment", "approximate", "archive", "at-observation",
    "attribute-contradicts", "attribute-misplaced", "attribute-missing", "balance", "before-start", "byte-order-mark",
    "code", "code-retired", "compressed", "concept-unknown", "confidentiality", "constraint", "constraint-key",
    "constraint-period", "contradictory-observation", "control-character", "control-rows", "count-ceiling",
    "count-negative", "coverage", "csv-columns", "csv-header", "csv-quote", "csv-ragged", "data-set-twice", "days-left",
    "deadline", "decimals", "definitive-revised", "dimension-misplaced", "dimension-missing", "document-type",
    "duplicate-group", "duplicate-observation", "duplicate-series", "element-order", "embargo", "empty-value",
    "encoding", "ends-elsewhere", "file-empty", "file-name", "forecast", "frequency", "future-month", "gap",
    "group-attribute", "group-key", "group-unknown", "group-without-series", "header", "header-incomplete",
    "header-missing", "header-value", "history-shorter", "index-base", "indicators-swapped", "input-blank",
    "input-duplicate", "kinds", "latest-month", "layout-flat", "layout-series", "limit", "members", "metadata-brackets",
    "metadata-certified", "metadata-contradiction", "metadata-date", "metadata-expression", "metadata-fact",
    "metadata-heading", "metadata-language", "metadata-link", "metadata-lost", "metadata-markup",
    "metadata-missing", "metadata-personal", "metadata-report", "metadata-spelling", "mixed-indicators",
    "month-on-month", "never-seen", "no-data", "no-data-set", "not-computed", "not-newest", "not-read-back", "not-sdmx",
    "not-this-month", "not-well-formed", "number-syntax", "old-file", "period", "period-frequency",
    "period-time-format", "prepared-future", "read-back", "repeated-month", "reporting-range", "revised",
    "revision-large", "same-factor", "same-file", "schema", "sdmx-version", "sender", "series-gone", "series-new",
    "shifted-columns", "starts-later", "status-by-history", "status-policy", "stray-text", "structure-disagrees",
    "structure-in-force", "structure-kind", "structure-reference", "structure-unknown", "structure-version",
    "territory", "test-flag", "text-format", "thousands-read", "time-missing", "too-few", "too-many", "truncated",
    "unexpected-attribute", "unexpected-element", "unexpected-series", "unit-multiplier", "unmapped", "value-ceiling",
    "value-fraction", "value-missing", "value-negative", "value-with-missing-status", "vanished-cell", "year-on-year",
    "zero-value",
)  # fmt: skip


_HELD_UP = "not judged while "


def held_up(by: str) -> str:
    """Why a rule is unchecked whose findings may be consequences of another, violated one."""
    return f"{_HELD_UP}{by} is violated"


def is_held_up(why: str) -> bool:
    """Whether this is such a reason."""
    return why.startswith(_HELD_UP)


@dataclass(frozen=True)
class Rule:
    """A rule as ``rules.toml`` states it; the code knows its id alone."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic when the facts are loaded)

    id: str
    name: str
    severity: Severity
    means: str
    mend: str
    group: str = ""
    acceptable: bool = False
    example: str = ""
    struval: str | None = None
    fmr: str | None = None
    silences: tuple[str, ...] = ()
    silences_in_file: tuple[str, ...] = ()
    parameters: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def may_be_accepted(self) -> bool:
        """Whether a person may accept what it finds: a warning always, an error where the rule says so.

        Information needs no decision.
        """
        return self.severity == "warning" or (self.severity == "error" and self.acceptable)


@dataclass(frozen=True)
class Group:
    """Rules that are told together, and what they ask for, as ``rules.toml`` states it."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic when the facts are loaded)

    id: str
    name: str
    requires: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that a person has accepted: its id, rule and value, who, why, until which month, when, what it said then."""

    finding: str
    rule: str
    value: str
    by: str
    reason: str
    until: str
    at: str = ""
    about: str = ""

    def document(self) -> dict[str, str]:
        """As the report tells it."""
        return {"by": self.by, "reason": self.reason, "until": self.until, "at": self.at, "about": self.about}


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
    more: int = 0  # violations beyond those of which the details were kept

    @property
    def violations(self) -> int:
        """How many there are, whether or not their details were kept."""
        return len(self.findings) + self.more

    @property
    def outcome(self) -> str:
        """``holds``, ``violated`` or ``unchecked``."""
        if self.findings or self.more:
            return "violated"
        return "unchecked" if self.unchecked and not self.checked else "holds"


class Confrontation:
    """What confronting one file with the rules gives, collected while it is read.

    Findings of one place are given together: the root is kept, what it silences there is not. Beyond ``most`` details
    per rule only the number grows; ``stream`` is told every finding that counts.
    """

    def __init__(
        self,
        file: str,
        rules: Mapping[str, Rule],
        most: int = 2000,
        stream: Callable[[Finding], None] | None = None,
    ) -> None:
        self.file = file
        self.rules = rules
        self.most = most
        self.stream = stream
        self.checked: Counter[str] = Counter()
        self.why: dict[str, str] = {}
        self._kept: dict[str, list[Finding]] = {}
        self._count: Counter[str] = Counter()
        self._silences = {id_: frozenset(rule.silences) for id_, rule in rules.items() if rule.silences}

    def found(self, findings: Iterable[Finding]) -> None:
        """The findings of one place: consequences of others among them are left out."""
        findings = list(findings)
        roots = [finding for finding in findings if finding.rule in self._silences] if len(findings) > 1 else []
        for finding in findings:
            if not any(self._explains(root, finding) for root in roots):
                self.add(finding)

    def _explains(self, root: Finding, other: Finding) -> bool:
        """Whether a finding is the consequence of another at the same place: of its component, or of the whole place."""
        if other.rule not in self._silences[root.rule] or root is other:
            return False
        return not root.component or not other.component or root.component == other.component

    def add(self, finding: Finding) -> None:
        """One finding."""
        if not finding.file:
            finding = replace(finding, file=self.file)
        rule = finding.rule
        self._count[rule] += 1
        if self.stream is not None:
            self.stream(finding)
        kept = self._kept.setdefault(rule, [])
        if len(kept) < self.most:
            kept.append(finding)

    def wanted(self, rule: str) -> bool:
        """Whether the details of another finding of this rule would be kept or streamed."""
        return self.stream is not None or self._count[rule] < self.most

    def more(self, rule: str, number: int = 1) -> None:
        """Findings that count and whose details nobody wants."""
        self._count[rule] += number

    def unchecked(self, rules: Iterable[str], why: str) -> None:
        """These rules could not run; the first reason stands."""
        for rule in rules:
            self.why.setdefault(rule, why)

    def number(self, rule: str) -> int:
        """How many findings of this rule there are."""
        return self._count[rule]

    def violated(self, rule: str) -> bool:
        """Whether there is a finding of this rule."""
        return self._count[rule] > 0

    @property
    def consequences(self) -> dict[str, str]:
        """Rules over the whole file that another violated rule makes meaningless: rule → the rule that does."""
        return {
            silenced: id_ for id_ in self._count if self._count[id_] for silenced in self.rules[id_].silences_in_file
        }

    def take(self, verdicts: Iterable[Verdict]) -> None:
        """Verdicts of rules that look at the whole file, after the pass; a consequence is unchecked, and says of what."""
        roots = self.consequences
        for verdict in verdicts:
            rule = verdict.rule
            if rule in roots:
                self.why.setdefault(rule, held_up(roots[rule]))
                continue
            self.checked[rule] += verdict.checked
            if verdict.unchecked:
                self.why.setdefault(rule, verdict.unchecked)
            for finding in verdict.findings:
                self.add(finding)
            self.more(rule, verdict.more)

    def verdicts(self) -> list[Verdict]:
        """One verdict for each rule that ran or could not run on this file."""
        found = []
        for rule in sorted({*self.checked, *self._count, *self.why}):
            kept = tuple(self._kept.get(rule, ()))
            more = self._count[rule] - len(kept)
            why = self.why.get(rule, "")
            found.append(Verdict(rule, self.file, self.checked[rule], kept, why, more))
        return found


def finding_ids(findings: Iterable[Finding]) -> list[str]:
    """An id for each finding that stays when a line is inserted or a value changes.

    It is a hash of (rule, data set, series, period, component) and the ordinal among findings that share these.
    """
    entries = Entries({})
    return [entries.id_of(finding) for finding in findings]


class Entries:
    """Findings as the reports tell them, one after the other, so that each has its id."""

    def __init__(self, rules: Mapping[str, Rule], acceptances: Iterable[Acceptance] = ()) -> None:
        self.rules = rules
        self.accepted = {(one.finding, one.rule, one.value): one for one in acceptances}
        self._seen: Counter[tuple[str, ...]] = Counter()

    def id_of(self, finding: Finding) -> str:
        """The id of the next finding."""
        what = (finding.rule, finding.data_set, finding.series, finding.period, finding.component)
        text = "\x1f".join((*what, str(self._seen[finding.file, *what])))
        self._seen[finding.file, *what] += 1
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]

    def entry(self, finding: Finding) -> dict[str, Any]:
        """The next finding with what its rule says."""
        rule = self.rules[finding.rule]
        id_ = self.id_of(finding)
        accepted = self.accepted.get((id_, rule.id, finding.value)) if rule.may_be_accepted else None
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
            "accepted": accepted and accepted.document(),
        }


@dataclass(frozen=True)
class Findings:
    """The verdicts of one run against the rules they come from."""

    verdicts: tuple[Verdict, ...]
    rules: Mapping[str, Rule]
    files: tuple[Mapping[str, Any], ...] = ()
    acceptances: tuple[Acceptance, ...] = ()

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
                f.column or 0,
                f.series,
                f.period,
                f.component,
                f.message,
            ),
        )

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(v.violations for v in self.verdicts if self.rules[v.rule].severity == severity)

    @property
    def ok(self) -> bool:
        """No finding of severity error but accepted ones."""
        errors = self.count("error")
        if errors and self.acceptances:
            errors -= sum(1 for entry in self.entries if entry["severity"] == "error" and entry["accepted"])
        return errors == 0

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Every finding as the report tells it, with who accepted it."""
        entries = Entries(self.rules, self.acceptances)
        return [entries.entry(finding) for finding in self.all]

    def document(self, tool: Mapping[str, str]) -> dict[str, Any]:
        """The JSON report (schema 1): what was checked, with which outcome, and every finding."""
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
                    "violations": verdict.violations,
                    "why": verdict.unchecked,
                }
                for verdict in sorted(self.verdicts, key=lambda v: (v.rule, v.file))
            ],
            "findings": self.entries,
        }

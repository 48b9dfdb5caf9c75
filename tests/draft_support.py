"""A small delivery as its report sees it: two indicators, three parts and their total, thirty months. Made by hand."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from lxml import html

from pipeline.facts import load
from pipeline.facts.models import Language
from pipeline.findings import Finding, Findings, Group, Rule, Verdict
from pipeline.pages.draft import COUNT, Draft, Named, Observation, StructureUsed
from pipeline.tables import Identity
from pipeline.vintages import Vintages

MONTHS = tuple(f"{year}-{month:02}" for year in (2022, 2023, 2024) for month in range(1, 13))[:30]
MONTH = MONTHS[-1]  # 2024-06
INDICATORS = (Named("births", "Births of enterprises"), Named("deaths", "Deaths of enterprises"))
PARTS = (Named("A1", "Farms"), Named("B2", "Mines"), Named("C3", "Works"))
TOTAL = Named("T", "All activities", total=True)
RULES = {
    rule.id: rule
    for rule in (
        Rule("lost", "Cells are lost", "error", "A cell goes nowhere.", "Say where it belongs.", "in", acceptable=True),
        Rule("wrong", "A number is wrong", "error", "It cannot be.", "Correct it.", "in", struval="150/029"),
        Rule("odd", "Out of the ordinary", "warning", "It has never been so.", "Ask who counts.", "out"),
        Rule("late", "Late", "warning", "It is late.", "Send it.", "out"),
        Rule("told", "Told", "information", "It is said.", "Nothing.", "out", example="12 cells are told."),
    )
}
GROUPS = (
    Group("in", "What comes in", "Every cell is read."),
    Group("out", "What goes out", "No value is out of the ordinary."),
)
NOW = dt.datetime(2024, 8, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))


@cache
def english() -> Language:
    """The language of the project itself."""
    return load().own_language


def value(indicator: str, aggregate: str, month: str) -> int:
    """What the delivery says of a month: a level for each part, and a little more every month."""
    if aggregate == TOTAL.id:
        return sum(value(indicator, part.id, month) for part in PARTS)
    level = {"births": 1000, "deaths": 100}[indicator]
    return level * (1 + [part.id for part in PARTS].index(aggregate)) + MONTHS.index(month)


def identity(indicator: str, aggregate: str, period: str, frequency: str = "M", measure: str = COUNT) -> Identity:
    return Identity(indicator, "XX", "N", frequency, aggregate, period, measure)


def observations() -> dict[Identity, Observation]:
    """Every count; the newest month is provisional."""
    return {
        identity(indicator.id, aggregate.id, month): Observation(
            str(value(indicator.id, aggregate.id, month)),
            "P" if month == MONTH else "A",
            "F",
            "",
            f"M.XX.N.{indicator.id}.{aggregate.id}",
        )
        for indicator in INDICATORS
        for aggregate in (*PARTS, TOTAL)
        for month in MONTHS
    }


def sent_before(*months: str, **other: int) -> Vintages:
    """Deliveries of these months that said what this one says, but ``births_A1_2024-04=7``: 7 less there."""
    found = Vintages()
    for published in months:
        said = {
            one: (int(it.value) - other.get(f"{one.indicator}_{one.aggregate}_{one.period}", 0), "A")
            for one, it in observations().items()
            if one.period <= published
        }
        found = found.then(published, [one.id for one in INDICATORS], said)
    return found


def manifest(**changes: Any) -> dict[str, Any]:
    """The manifest of the delivery."""
    files = ("counts.csv", "factors.csv", "findings.csv", "findings.json", "findings.junit.xml", "observations.csv")
    data_sets = [
        {
            "data_set": f"SET_{indicator.id.upper()}",
            "file": f"{indicator.id}.xml",
            "structure": "ORG:SET(1.0)",
            "refers_to": f"urn:x=ORG:{indicator.id.upper()}(1.0)",
            "series": len(PARTS) + 1,
            "observations": (len(PARTS) + 1) * len(MONTHS),
            "first": MONTHS[0],
            "last": MONTH,
            "sha256": str(place) * 64,
        }
        for place, indicator in enumerate(INDICATORS)
    ]
    return {
        "schema": 1,
        "identity": "0123456789abcdef" * 4,
        "request": {
            "country": "XX",
            "month": MONTH,
            "indicators": [one.id for one in INDICATORS],
            "test": False,
            "prepared": NOW.isoformat(),
            "inputs": {"births.csv": "a" * 64, "deaths.csv": "b" * 64},
            "layouts": [["births.csv", "births"], ["deaths.csv", "deaths"]],
            "facts": {"codelists/regulation/rules.toml": "c" * 64},
            "history": [],
            "decisions": [],
            "tool": "0.1.0",
        },
        "prepared": NOW.isoformat(),
        "due": "2024-08-04",
        "effective_due": "2024-08-05",
        "zone": "Europe/Luxembourg",
        "components": {"key": ["FREQ", "REF_AREA", "ADJUST", "INDICATOR", "ACTIVITY"], "value": "OBS_VALUE"},
        "data_sets": data_sets,
        "index": {"base_year": 2022, "weights": None, "strata": {}, "files": []},
        "balance": {
            one.id: {"read": 1000, "sent": 990, "out of scope": 10, "unknown": 0, "control rows": 0}
            for one in INDICATORS
        },
        "not_read": {},
        "not_confirmed": [],
        "files": {
            **{f"upload/{one['file']}": one["sha256"] for one in data_sets},
            **dict.fromkeys(files, "d" * 64),
            **{f"inputs/{name}": "e" * 64 for name in ("births.csv", "deaths.csv")},
        },
        **changes,
    }


def document(*verdicts: Verdict, rules: Mapping[str, Rule] = RULES, accepted: Any = ()) -> dict[str, Any]:
    """The JSON report of these verdicts; every other rule holds."""
    others = [Verdict(id_, checked=5) for id_ in rules if id_ not in {verdict.rule for verdict in verdicts}]
    return Findings((*verdicts, *others), rules, acceptances=tuple(accepted)).document({"name": "ebs", "version": "1"})


def violated(rule: str, number: int = 1, **of: Any) -> Verdict:
    """A rule that is violated in so many series."""
    found = (
        Finding(rule, f"{rule}: place {place}.", series=f"S{place}", period=MONTH, value=str(place), **of)
        for place in range(1, number + 1)
    )
    return Verdict(rule, checked=number, findings=tuple(found))


def draft(**changes: Any) -> Draft:
    """The delivery, with what is changed of it."""
    made = Draft(
        name="",
        folder="",
        country="Nowhere",
        manifest=manifest(),
        findings=document(),
        previous=None,
        rules=RULES,
        groups=GROUPS,
        language=english(),
        indicators=INDICATORS,
        aggregates=(*PARTS, TOTAL),
        structures=(StructureUsed("ORG:SET(1.0)", "ours", "inferred", dt.date(2021, 1, 1)),),
        breaks=(),
        sizes={"upload/births.xml": 20_480, "upload/deaths.xml": 512},
        observations=observations(),
        vintages=Vintages(),
        factors=(),
        counts=(),
        traced=(MONTH,),
        statuses={"A": "Normal value", "P": "Provisional value", "M": "Missing value"},
        normal="A",
        provisional="P",
        free="F",
        now=NOW,
    )
    return replace(made, **changes)


_STEP = re.compile(r"""(?P<tag>\w*)(?P<rest>(?:[.#][\w-]+|\[[\w-]+(?:='[^']*')?\]|:first-child)*)""")


def select(within: html.HtmlElement, selector: str) -> list[html.HtmlElement]:
    """The elements that a simple CSS selector means: tags, classes, ids, attributes, first children, ``>``."""
    path, axis = ".", "//"
    for word in selector.split():
        if word == ">":
            axis = "/"
            continue
        step = _STEP.fullmatch(word)
        assert step, word
        path += axis + (step["tag"] or "*")
        for test in re.findall(r"[.#][\w-]+|\[[^\]]+\]|:first-child", step["rest"]):
            path += {
                ".": f"[contains(concat(' ', normalize-space(@class), ' '), ' {test[1:]} ')]",
                "#": f"[@id='{test[1:]}']",
                "[": f"[@{test[1:-1]}]",
                ":": "[not(preceding-sibling::*)]",
            }[test[0]]
        axis = "//"
    return list(within.xpath(path))

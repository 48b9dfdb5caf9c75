"""The ESS validation report: every validation with its event, rule, data and value, readable by any office's tools.

Sources: M. van der Loo and O. ten Bosch, *Design of a generic machine-readable validation report structure*, version
1.0.0 (ESSnet ValiDat Integration, 2017-08-15), sections "Identification of an expression evaluation event", "… of an
expression", "… of data"; its JSON schema in github.com/data-cleaning/ValidatReport, ``json/validation_report.json``
and ``json/validation_report_1.0.1.json`` (from 1.0.1 on, each key in source and target is an array of subkeys).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from pipeline.findings import Rule
from pipeline.pages.summary import Document, Entry, Rules, acceptance, where
from pipeline.pages.visible import counted, visible

VALUES = {"violated": "0", "holds": "1", "unchecked": "NA"}


def ess(document: Document, rules: Rules, when: dt.datetime, actor: str) -> str:
    """The validations of this run as the European Statistical System exchanges them: a JSON array, in ASCII.

    A rule that holds or could not run is one validation of the whole file ("1", "NA"); a violated rule is one validation
    per place ("0"), and one more for the places of which no detail was kept. A datum is (U, τ, u, X): the population
    is the file, the measurement the period, the unit the series, the variable the component; what is empty means all
    of them. The actor is who validated, the agent is this program. Ids are hashes of the content: the same document
    at the same time gives the same bytes.
    """
    tool = " ".join(filter(None, (document["tool"].get("name"), document["tool"].get("version"))))
    event = {"time": when.isoformat(timespec="seconds"), "actor": visible(actor), "agent": visible(tool), "trigger": ""}
    done = [
        _validation(event, _rule(rules[entry["rule"]], tool, status), data, VALUES[entry["outcome"]], mark)
        for entry in document["rules"]
        for data, status, mark in _data(document, entry)
    ]
    return json.dumps(done, indent=1) + "\n"


def _validation(
    event: dict[str, str], rule: dict[str, str], data: dict[str, Any], value: str, mark: str
) -> dict[str, Any]:
    """One validation, its id made of all that it says and of the id of its finding."""
    said = {"type": "validation", "event": event, "rule": rule, "data": data, "value": value}
    text = json.dumps([said, mark], sort_keys=True)
    return {"id": hashlib.sha256(text.encode()).hexdigest()[:32], **said}


def _rule(rule: Rule, tool: str, status: str) -> dict[str, str]:
    """The rule; its expression is its id and parameters, for the code behind it has no other language."""
    parameters = ", ".join(f"{name} = {value}" for name, value in rule.parameters.items())
    return {
        "language": visible(f"{tool} rules.toml"),
        "expression": f"{rule.id}({parameters})",
        "severity": rule.severity,
        "description": f"{rule.name}: {rule.means}",
        "status": status,
    }


def _data(document: Document, entry: Entry) -> Iterator[tuple[dict[str, Any], str, str]]:
    """The data of a rule's validations, what a person said of it, and what tells it from its neighbours."""
    found = [f for f in document["findings"] if f["rule"] == entry["rule"] and f["file"] == entry["file"]]
    for one in found if entry["outcome"] == "violated" else ():
        key = [visible(str(one[part])) for part in ("file", "period", "series", "component")]
        yield _described([key], _place(one)), acceptance(one), one["id"]
    more = entry["violations"] - len(found)
    whole = [[visible(name), "", "", ""] for name in _names(document, entry["file"])]
    if entry["outcome"] == "unchecked":
        yield _described(whole, f"not checked: {visible(entry['why'])}"), "", ""
    elif entry["outcome"] == "holds":
        yield _described(whole, f"{entry['checked']:,} checked{_hashes(document, entry['file'])}"), "", ""
    elif more > 0:
        yield _described(whole, f"{counted(more, 'place')} more, not listed"), "", ""


def _described(keys: list[list[str]], description: str) -> dict[str, Any]:
    return {"source": keys, "target": keys, "description": description}


def _place(entry: Entry) -> str:
    parts = [
        where(entry),
        f"found '{visible(entry['value'])}'" if entry["value"] else "",
        f"expected {visible(entry['expected'])}" if entry["expected"] else "",
        visible(entry["message"]),
    ]
    return "; ".join(filter(None, parts))


def _names(document: Document, file: str) -> list[str]:
    """The file that was confronted with a rule; all of them when the rule is about all."""
    return [file] if file else [one["file"] for one in document["files"]] or [""]


def _hashes(document: Document, file: str) -> str:
    known = [one.get("sha256") for one in document["files"] if one["file"] == file]
    return "".join(f"; sha256 {hash_}" for hash_ in known if hash_)

"""The report as JUnit XML, which Jenkins and GitLab show: a suite per file, a case per rule.

A violated rule of severity error is a failure; warnings and information pass and are told in ``system-out``; a rule
that could not run is skipped and says why. Source: the form that both servers read (testsuites, testsuite, testcase,
failure, error, skipped, system-out); there is no standard. No clock: every time is 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from pipeline.pages.summary import Document, Entry, Rules, Violation, hints, places, violations
from pipeline.pages.visible import counted, shown

LISTED = 20  # places of one rule


def junit(document: Document, rules: Rules | None = None) -> str:
    """The report as a continuous-integration server reads it; to be written as UTF-8.

    The rules name those of which no detail was kept.
    """
    root = ET.Element("testsuites", name=shown(document["tool"].get("name", "")))
    if document["error"]:
        root.append(_refused(document))
    by_file: dict[str, list[Entry]] = {file["file"]: [] for file in document["files"]}
    for entry in document["rules"]:
        by_file.setdefault(entry["file"], []).append(entry)
    for file, entries in by_file.items():
        root.append(_suite(file, entries, {one.rule: one for one in violations(document, rules, file)}, rules))
    for what in ("tests", "failures", "errors", "skipped"):
        root.set(what, str(sum(int(suite.get(what, "0")) for suite in root)))
    root.set("time", "0")
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text.decode("utf-8") + "\n"


def _suite(file: str, entries: Iterable[Entry], found: dict[str, Violation], rules: Rules | None) -> ET.Element:
    """The rules confronted with one file."""
    name = shown(file, 1000) or "all files"
    cases = [_case(name, entry, found.get(entry["rule"]), rules) for entry in entries]
    suite = ET.Element("testsuite", name=name)
    suite.extend(cases)
    counts = {"tests": len(cases), "failures": _holding(cases, "failure"), "errors": 0}
    for what, number in {**counts, "skipped": _holding(cases, "skipped"), "time": 0}.items():
        suite.set(what, str(number))
    return suite


def _holding(cases: Iterable[ET.Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)


def _case(file: str, entry: Entry, found: Violation | None, rules: Rules | None) -> ET.Element:
    """What confronting one rule with one file gave."""
    case = ET.Element("testcase", name=shown(entry["rule"]), classname=file, file=file, time="0")
    if entry["outcome"] == "unchecked":
        ET.SubElement(case, "skipped", message=shown(entry["why"], 500))
    elif found is not None:
        message = f"{shown(found.name) or shown(found.rule)} ({counted(found.count, 'place')})"
        heading = ": ".join(filter(None, (shown(found.severity), shown(found.numbers), message)))
        text = "\n".join((heading, *places(found, LISTED), *hints(found, rules, LISTED)))
        if found.severity == "error" and not found.accepted:
            ET.SubElement(case, "failure", message=message, type=shown(found.rule)).text = text
        else:
            ET.SubElement(case, "system-out").text = text
    return case


def _refused(document: Document) -> ET.Element:
    """A run that ended before there was a result."""
    suite = ET.Element("testsuite", name="run", tests="1", failures="0", errors="1", skipped="0", time="0")
    case = ET.SubElement(suite, "testcase", name="run", classname="run", time="0")
    kind, message = (shown(document["error"][key], 1000) for key in ("kind", "message"))
    ET.SubElement(case, "error", message=message, type=kind).text = message
    return suite

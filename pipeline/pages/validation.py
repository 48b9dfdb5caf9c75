"""The report as one HTML page that needs nothing else: no remote resource, readable without script and on paper too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.findings import Group
from pipeline.pages.html import render
from pipeline.pages.summary import Document, Rules, gates, not_accepted, not_checked, verdict, violations
from pipeline.pages.visible import counted, shown

Twin = tuple[str, str, str]


@dataclass(frozen=True)
class Standing:
    """Where a validated file stands: how it looks, in a sentence, and what to do next."""

    kind: str
    sentence: str
    detail: str


def page(
    document: Document,
    rules: Rules,
    *,
    groups: Sequence[Group] = (),
    twins: Sequence[Twin] = (),
    not_confirmed: str = "",
) -> str:
    """The verdict, the files, the groups of rules, each violated rule with its places, and what was not checked.

    ``groups``: in the order in which they are told · ``twins``: the same as data: (label, address, what it is) ·
    ``not_confirmed``: what the receiver has not confirmed of what the files were judged by.
    """
    reasons = not_checked(document)
    return render(
        "validation.html",
        styles=("validation.css", "page.css"),
        script="page.js",
        running=f"Validation: {verdict(document)}",
        verdict=verdict(document),
        standing=standing(document, not_confirmed),
        subject=_subject(document),
        identity=_identity(document),
        error=document["error"],
        tool={"name": "", "version": "", **document["tool"]},
        files=[{**_FILE, **file} for file in document["files"]],
        gates=gates(document, rules, groups),
        found=violations(document, rules),
        reasons=reasons,
        not_run=len({rule for unchecked in reasons.values() for rule in unchecked}),
        rules=rules,
        twins=twins,
        held=sum(entry["outcome"] == "holds" for entry in document["rules"]),
        confronted=len(document["rules"]),
    )


#: what the report of a file that could not be opened may lack
_FILE = dict.fromkeys(("file", "format", "structure", "series", "observations", "findings", "complete", "sha256"))


def standing(document: Document, not_confirmed: str = "") -> Standing:
    """What may be done with what was validated, by all rules that could be run; they are not all that a receiver asks."""
    it, they = ("They", "them") if len(document["files"]) > 1 else ("It", "it")
    first = f" Send {they} as a test first: {not_confirmed} is not confirmed by Eurostat." if not_confirmed else ""
    if document["error"]:
        said = shown(document["error"]["message"], 500)
        return Standing("error", f"{it} could not be validated.", f"Nothing is known of it: {said}")
    counts = document["counts"]
    errors, warnings = (counted(counts[severity], severity) for severity in ("error", "warning"))
    if not document["ok"]:
        said = f"{errors} and {warnings}" if counts["warning"] else errors
        which = "the error" if counts["error"] == 1 else "the errors"
        return Standing("error", f"Not valid: {said}.", f"{it} must not be sent: mend {which}, then validate again.")
    sentence = "Valid by all rules that could be run"
    open_ = not_accepted(document, "warning")
    decided = ((counts["error"], "error"), (counts["warning"] - open_, "warning"))
    accepted = " and ".join(counted(number, what) for number, what in decided if number)
    noted = [f"{accepted} accepted"] if accepted else []
    if open_:
        said = " and ".join((*noted, counted(open_, "warning")))
        which = "the warning" if open_ == 1 else "the warnings"
        return Standing(
            "warning", f"{sentence}, with {said}.", f"{it} may be sent when somebody has looked at {which}.{first}"
        )
    said = f", with {noted[0]}" if noted else ""
    return Standing("accepted" if noted else "holds", f"{sentence}{said}.", f"{it} may be sent.{first}")


def _subject(document: Document) -> str:
    files = document["files"]
    if not files:
        return "Nothing was validated"
    return shown(files[0]["file"]).rpartition("/")[2] if len(files) == 1 else counted(len(files), "file")


def _identity(document: Document) -> list[tuple[str, Any]]:
    """What was validated at a glance: structures, formats, size."""
    files = document["files"]
    series, observations = (sum(file.get(key) or 0 for file in files) for key in ("series", "observations"))
    named = [(name, _each(document, key)) for name, key in (("Format", "format"), ("Structure", "structure"))]
    size = (("Series", f"{series:,}"), ("Observations", f"{observations:,}")) if files else ()
    return [(name, said) for name, said in (*named, *size) if said]


def _each(document: Document, key: str) -> str:
    said = list(dict.fromkeys(shown(file.get(key)) for file in document["files"] if file.get(key)))
    return ", ".join(said[:3]) + (f" and {len(said) - 3:,} more" if len(said) > 3 else "")

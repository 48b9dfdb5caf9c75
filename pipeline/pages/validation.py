"""The report as one HTML page that needs nothing else: no script, no remote resource, readable on paper too."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from pipeline.pages.summary import Document, Rules, acceptance, also, hints, not_checked, verdict, violations, where
from pipeline.pages.visible import counted, shown


def page(document: Document, rules: Rules) -> str:
    """The verdict, the files, each violated rule with its places, and what was not checked, for a browser.

    Everything is escaped, and a Content-Security-Policy allows nothing but the page's own style (by its hash).
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def final(value: Any) -> Any:  # what a template prints; autoescape comes after it
        return value if isinstance(value, Markup) else shown(value, 2000)

    environment = Environment(
        loader=PackageLoader("pipeline.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=final,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = environment.get_template("validation.css").render()
    found = violations(document, rules)
    return environment.get_template("validation.html").render(
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        verdict=verdict(document),
        ok=document["ok"],
        error=document["error"],
        tool={"name": "", "version": "", **document["tool"]},
        files=[{**_FILE, **file} for file in document["files"]],
        found=found,
        hints=lambda one: hints(one, rules, len(one.findings)),
        reasons=not_checked(document),
        rules=rules,
        held=sum(entry["outcome"] == "holds" for entry in document["rules"]),
        confronted=len(document["rules"]),
        where=where,
        also=also,
        acceptance=acceptance,
        counted=counted,
        number=_number,
    )


#: what the report of a file that could not be opened may lack
_FILE = dict.fromkeys(("file", "format", "structure", "series", "observations", "findings", "complete", "sha256"))


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"

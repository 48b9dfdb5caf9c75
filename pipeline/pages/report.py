"""The report of a delivery as one HTML page: may it be sent, what is to be looked at, what changed, what will be published.

The parts stand in the order in which they are asked for; each is a module of its own, with a template of its own.
"""

from __future__ import annotations

from pipeline.pages import answer, coverage, figures, lookup, revised
from pipeline.pages.draft import Draft
from pipeline.pages.html import render

STYLES = (
    "chart.css",
    "report_answer.css",
    "report_coverage.css",
    "report_figures.css",
    "report_revised.css",
    "report_lookup.css",
)


def page(draft: Draft) -> str:
    """The page, which needs nothing else: no remote resource, and no script to be read."""
    first = answer.view(draft)
    return render(
        "report.html",
        styles=STYLES,
        running=f"{first.title}: {first.sentence}",
        script="page.js",
        numbers=draft.language,
        draft=draft,
        answer=first,
        coverage=coverage.view(draft),
        figures=figures.view(draft),
        revised=revised.view(draft),
        lookup=lookup.view(draft),
    )

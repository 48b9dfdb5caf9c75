"""A small metadata structure and a report of it, with one of everything that the page must be able to show or to hide."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

from pipeline.facts import load
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.models import Language
from pipeline.facts.structure import TextFormat
from pipeline.metadata_set import Content, MetadataSet, ReportedAttribute, changes
from pipeline.pages.metadata import About, page
from pipeline.rich_text import Element, RichText, paragraph

SECRET = "Jane Secret, +33 1 99 00 99 00"
RICH, DAY = TextFormat("XHTML"), TextFormat("GregorianDay")


def attribute(id_: str, number: str, *children: MetadataAttribute, **more: object) -> MetadataAttribute:
    name = id_.capitalize().replace("_", " ")
    names = {"en": name, "fr": f"{name} (fr)"}
    below = {"presentational": True, "min_occurs": 0} if children else {"text_format": RICH}
    return MetadataAttribute(id_, number, names=names, children=children, **{**below, **more})  # type: ignore[arg-type]


STRUCTURE = MetadataStructure(
    "X",
    "MSD",
    "1.0",
    (
        attribute(
            "CONTACT", "1",
            attribute("ORGANISATION", "1.1", text_format=TextFormat()),
            attribute("PERSON", "1.2", restricted=True, min_occurs=0, text_format=TextFormat()),
        ),
        attribute(
            "DATES", "2",
            attribute("CERTIFIED", "2.1", text_format=DAY),
            attribute("POSTED", "2.2", text_format=DAY),
        ),
        attribute(
            "PRESENTATION", "3",
            attribute("DESCRIPTION", "3.1"),
            attribute("AREA", "3.2", min_occurs=0),  # nothing is said about it, and need not be
            attribute("TIME", "3.3"),  # something should be said about it
            attribute("SECTORS", "3.4"),
        ),
        attribute("UNIT", "4"),
        attribute("MARKED", "5", attribute("BELOW", "5.1"), presentational=False),  # the message restricts it
        attribute("HIDDEN", "6", attribute("INNER", "6.1", restricted=True)),  # all that stands below is restricted
        attribute("COMMENT", "7"),
    ),
)  # fmt: skip


def cell(tag: str, text: str, align: str = "") -> Element:
    return Element(tag, (text,) if text else (), (("align", align),) if align else ())


TABLE = Element("table", (
    Element("thead", (Element("tr", (cell("th", "Aggregate"), cell("th", "Number", "right"))),)),
    Element("tbody", (
        Element("tr", (cell("td", "Industry"), cell("td", "1,341", "right"))),
        Element("tr", (cell("td", "Trade"), cell("td", "9", "right"))),
    )),
))  # fmt: skip
SAID: dict[str, tuple[tuple[str, Content], ...]] = {
    "ORGANISATION": (("en", "The office"), ("fr", "L’office")),
    "PERSON": (("en", SECRET),),
    "CERTIFIED": (("", "2024-06-14"),),
    "POSTED": (("", "2024-06"),),
    "DESCRIPTION": (("en", paragraph("Businesses that start.")),),
    "SECTORS": (
        ("en", (*paragraph("The aggregates:"), TABLE)),
        ("fr", (*paragraph("Les agrégats :"), TABLE)),
    ),
    "UNIT": (
        ("en", (Element("h5", ("First",)), Element("h6", ("Inner",)), Element("h4", ("Second",)), *paragraph("Units."))),
    ),
    "BELOW": (("en", paragraph(SECRET)),),
    "INNER": (("en", paragraph(SECRET)),),
    "COMMENT": (("en", paragraph("None is needed.")), ("fr", paragraph("Aucun."))),
}  # fmt: skip


def report(**said: str | RichText | None) -> MetadataSet:
    """The report, with other English texts (None: without a text); MARKED is restricted by the message alone."""
    texts = dict(SAID)
    for id_, text in said.items():
        dates = STRUCTURE.by_id[id_].is_date if id_ in STRUCTURE.by_id else False
        other = tuple((language, old) for language, old in texts.get(id_, ()) if language not in ("", "en"))
        texts[id_] = () if text is None else (("" if dates else "en", text), *other)

    def one(attribute: MetadataAttribute) -> ReportedAttribute:
        below = tuple(one(child) for child in attribute.children)
        return ReportedAttribute(attribute.id, texts.get(attribute.id, ()), below, attribute.id in ("PERSON", "MARKED"))

    unknown = tuple(ReportedAttribute(id_, texts[id_]) for id_ in texts if id_ not in STRUCTURE.by_id)
    return MetadataSet("X", "report_x", "1.0", (("en", "Report"),), (*map(one, STRUCTURE.attributes), *unknown))


@cache
def languages() -> dict[str, Language]:
    return dict(load().languages)


ABOUT = About(
    country="Ruritania",
    agency="The office",
    title="Starts and ends",
    id="report_x",
    data_sets=(("Starts", "X_STARTS"), ("Ends", "X_ENDS")),
    short=frozenset({"ORGANISATION", "SECTORS"}),
    twins=(("SDMX-ML 3.0", "report_x_3.0.xml"),),
    pages=(("fr", "report_x.fr.html"),),
    languages={"en": "English", "fr": "français"},
    certified=dt.date(2024, 6, 14),
)


def html_page(
    new: MetadataSet | None = None, old: MetadataSet | None = None, language: str = "en", **about: object
) -> str:
    """The page of a report, compared with an older one where there is one."""
    new = new or report()
    changed = changes(old, new) if old is not None else None
    words = replace(ABOUT, **{"changes": changed, **about})  # type: ignore[arg-type]
    return page(new, STRUCTURE, languages()[language], words)

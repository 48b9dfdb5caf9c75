"""The page of the metadata report: what it shows, what it must never show, and how it is built for everybody."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html
from metadata_page_support import ABOUT, SAID, SECRET, STRUCTURE, cell, html_page, languages, report

import pipeline.pages
from pipeline.facts import load
from pipeline.facts.models import Language
from pipeline.metadata_set import Change, ReportedAttribute, changes
from pipeline.pages import metadata_text
from pipeline.pages.metadata import page
from pipeline.pages.visible import shown
from pipeline.rich_text import Element, RichText, paragraph
from pipeline.texts.markdown import to_rich

TEMPLATES = Path(pipeline.pages.__file__).parent / "templates"


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))


def words(element: html.HtmlElement) -> str:
    """Its text; what stands in two blocks has a space between."""
    return " ".join(" ".join(element.itertext()).split())


def section(text: str, id_: str) -> html.HtmlElement:
    return parsed(text).get_element_by_id(id_)


def headings(text: str) -> list[str]:
    return [
        words(one) for one in parsed(text).xpath("//main//h2 | //main//section[contains(@class, 'level-2')]/div/h3")
    ]


# --- what it shows ------------------------------------------------------------------------------------------------


def test_headings_are_numbered_as_in_the_structure_and_the_page_ends_as_the_model() -> None:
    assert headings(html_page()) == [
        "1 Contact", "1.1 Organisation",
        "2 Dates", "2.1 Certified", "2.2 Posted",
        "3 Presentation", "3.1 Description", "3.3 Time", "3.4 Sectors",
        "4 Unit", "6 Hidden", "7 Comment",
        "Changes since the last certified version", "Related metadata", "Annexes",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_public_concept_of_the_shipped_structure_has_its_number_and_name(language: str) -> None:
    facts = load()
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    said = tuple(ReportedAttribute(one.id, (("en", SECRET if one.restricted else "Said."),)) for one in structure.all)
    text = page(replace(report(), attributes=said), structure, languages()[language], ABOUT)
    public = [f"{one.number} {one.name_in(language)}" for one in structure.all if not one.restricted]
    assert len(public) == 70
    assert headings(text)[:-3] == public
    assert parsed(text).xpath("//main//section[not(starts-with(@id, 'page.'))]/@id") == [
        one.id for one in structure.all if not one.restricted
    ]
    assert "Secret" not in text


def test_the_contents_lead_to_every_heading() -> None:
    root = parsed(html_page())
    first = root.xpath("//nav/div/ol/li/a")
    assert [words(one) for one in first][:3] == ["1 Contact", "2 Dates", "3 Presentation"]
    assert [one.get("href") for one in first] == ["#CONTACT", "#DATES", "#PRESENTATION", "#UNIT", "#HIDDEN", "#COMMENT"]
    assert len(root.xpath("//nav//ol//a")) == len(root.xpath("//main//section[contains(@class, 'level')]")) - 3


def test_the_banner_says_who_speaks_of_what_and_since_when() -> None:
    banner = words(parsed(html_page()).xpath("//header")[0])
    for said in ("Starts and ends (X_STARTS, X_ENDS)", "Country Ruritania", "Compiling agency The office"):
        assert said in banner
    assert "Certified 14 June 2024" in banner
    assert "Posted June 2024" in banner


def test_dates_are_in_the_words_of_the_language() -> None:
    assert words(section(html_page(language="fr"), "CERTIFIED")).endswith("CERTIFIED 14 juin 2024")
    assert section(html_page(), "CERTIFIED").xpath(".//time/@datetime") == ["2024-06-14"]
    assert words(section(html_page(report(CERTIFIED="2024-02-31")), "CERTIFIED")).endswith("2024-02-31")
    assert words(section(html_page(report(CERTIFIED="soon <b>")), "CERTIFIED")).endswith("soon <b>")


def test_what_should_be_reported_and_is_not_is_said_and_what_need_not_is_left_out() -> None:
    text = html_page()
    assert words(section(text, "TIME")).endswith("Not reported.")
    assert words(section(text, "UNIT")).endswith("Units.")
    assert words(section(html_page(report(UNIT=None)), "UNIT")).endswith("Not reported.")
    assert 'id="AREA"' not in text


def test_numbers_that_are_left_out_have_a_reason() -> None:
    text = html_page()
    assert "Not reported" not in words(section(text, "HIDDEN"))
    assert words(section(text, "HIDDEN")).endswith("6.1 is not for publication.")
    notes = parsed(text).xpath("//main/p[@class='note'] | //main//section[@id='CONTACT']/p[@class='note']")
    assert [words(one) for one in notes] == ["5 is not for publication.", "1.2 is not for publication."]
    assert section(text, "PRESENTATION").xpath("./p[@class='note']") == []  # 3.2 says nothing, and could be published


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "1.3, 1.4 and 1.6 to 1.8 are not for publication."),
        ("fr", "Les points 1.3, 1.4 et 1.6 à 1.8 ne sont pas destinés à la publication."),
    ],
)
def test_several_numbers_that_are_left_out_are_told_in_one_sentence(language: str, said: str) -> None:
    facts = load()
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    text = page(report(), structure, languages()[language], ABOUT)
    assert [words(one) for one in parsed(text).xpath("//main//section/p[@class='note']")] == [said]


def test_a_text_that_is_missing_in_the_language_is_shown_in_another_and_marked() -> None:
    text = html_page(language="fr")
    one = section(text, "DESCRIPTION")
    assert [words(inner) for inner in one.xpath(".//*[@lang='en']")] == ["Businesses that start."]
    assert "il est donné dans une autre langue\u00a0: English." in one.text_content()
    assert section(text, "COMMENT").xpath(".//*[@lang]") == []
    assert parsed(text).get("lang") == "fr"
    assert parsed(html_page()).xpath("//main//*[@lang]") == []


def greek() -> Language:
    """A language for which nothing has a name."""
    return languages()["en"].model_copy(update={"id": "el"})


NAMES = {"en": "Starts", "fr": "Créations"}


def test_a_name_that_is_missing_in_the_language_is_marked() -> None:
    about = replace(
        ABOUT, country={"en": "Ruritania"}, agency={"fr": "L’office"}, title=NAMES, data_sets=((NAMES, "X"),),
        related=((NAMES, "https://example.org/"),),
    )  # fmt: skip
    text = page(report(), STRUCTURE, greek(), about)
    root = parsed(text)
    unmarked = [
        words(one) for one in root.xpath("//h1 | //main//h2[not(@class)] | //main//section[@id!='UNIT']/div/h3 | //nav//ol//a | //dt")
        if not one.xpath(".//span[@lang='en']")
    ]  # fmt: skip
    assert unmarked == ["Country", "Compiling agency"]  # words of the page
    assert [(words(one), one.get("lang")) for one in root.xpath("//h1/span[@lang] | //header//dd/span[@lang]")] == [
        ("Starts", "en"), ("Ruritania", "en"), ("L’office", "fr"),
    ]  # fmt: skip
    assert [words(one) for one in root.xpath("//footer//span[@lang='en']")] == ["Starts"]
    assert [words(one) for one in section(text, "page.related").xpath(".//a/span[@lang='en']")] == ["Starts"]
    assert words(root.xpath("//title")[0]) == "Starts, Ruritania: National reference metadata"
    whole_and_safe(text)
    known = parsed(page(report(), STRUCTURE, languages()["fr"], replace(ABOUT, title=NAMES)))
    assert words(known.xpath("//h1")[0]).startswith("Créations")
    assert known.xpath("//h1//@lang | //nav//@lang | //main//h2//@lang") == []


def test_the_messages_and_the_other_languages_are_linked() -> None:
    links = parsed(html_page()).xpath("//header//ul//a")
    assert [(one.get("href"), one.get("lang"), words(one)) for one in links] == [
        ("report_x_3.0.xml", None, "The same report as SDMX-ML 3.0"),
        ("report_x.fr.html", "fr", "français"),
    ]


def test_short_marks_what_goes_beyond_it() -> None:
    root = parsed(html_page())

    def marked(mark: str) -> set[str]:
        return set(root.xpath(f"//main//section[contains(concat(' ', @class, ' '), ' {mark} ')]/@id"))

    assert {one for one in marked("level-2") if one not in marked("beyond")} == {"ORGANISATION", "SECTORS"}
    assert {one for one in marked("level-1") if one not in marked("beyond")} == {"CONTACT", "PRESENTATION"}
    assert "CONTACT" in marked("bare")
    assert not marked("bare") & {"ORGANISATION", "SECTORS"}


def test_related_metadata_and_annexes_are_there_even_if_there_are_none() -> None:
    assert words(section(html_page(), "page.related")) == "Related metadata There is no related metadata."
    assert words(section(html_page(), "page.annexes")) == "Annexes There are no annexes."
    text = html_page(related=(("Starts", "https://example.org/a?b=1&c"), ("No", "javascript:alert(1)")))
    assert words(section(text, "page.related")) == "Related metadata Starts No"
    assert section(text, "page.related").xpath(".//a/@href") == ["https://example.org/a?b=1&c"]


def test_what_is_inferred_is_not_shown_as_confirmed() -> None:
    text = html_page(not_confirmed=("X:MSD(1.0)", "X:FLOW(1.0)"))
    assert "facts of this report: X:MSD(1.0) and X:FLOW(1.0)." in words(parsed(text).xpath("//footer")[0])
    assert "Not confirmed" not in html_page()


# --- what it never shows ------------------------------------------------------------------------------------------


def test_nothing_restricted_reaches_the_page() -> None:
    """Neither what the structure restricts, nor what the message does, nor what stands below; in no language."""
    assert any(SECRET in str(content) for content in SAID.values())
    old = report(PERSON=f"{SECRET} before", BELOW=paragraph(f"{SECRET} before"), INNER=paragraph(f"{SECRET} before"))
    for language in ("en", "fr"):
        for text in (html_page(language=language), html_page(old=old, language=language), html_page(old, report())):
            assert "Secret" not in text
            assert "99 00" not in text
            assert "PERSON" not in text
            assert "BELOW" not in text


def test_what_was_restricted_before_stays_hidden_in_the_changes() -> None:
    """The old message restricted a concept that the new one and the structure do not: its old text was never public."""
    old, new = report(COMMENT=paragraph(SECRET)), report()
    hidden = tuple(replace(one, restricted=one.id == "COMMENT") for one in old.attributes)
    assert "Secret" in html_page(new, old)
    text = html_page(new, replace(old, attributes=hidden))
    assert "Secret" not in text
    assert words(section(text, "page.changes")).endswith("says the same as the last certified version. It was certified on 14 June 2024.")  # fmt: skip


def test_concepts_that_the_structure_does_not_know_are_not_shown() -> None:
    strange = report(STRANGE=SECRET)
    assert "Secret" not in html_page(strange)
    assert "Secret" not in html_page(report(), strange)


# --- what changed -------------------------------------------------------------------------------------------------


def test_without_a_certified_version_one_sentence_says_so() -> None:
    text = html_page()
    assert words(section(text, "page.changes")).endswith("No certified version is kept to compare this report with.")
    assert "Changed since" not in text


def test_changes_name_the_concept_and_mark_the_words() -> None:
    old = report(DESCRIPTION=paragraph("Businesses that began."), COMMENT=None, AREA=paragraph("Everywhere."))
    text = html_page(old=old)
    changed = section(text, "page.changes")
    assert "3 concepts differ from the last certified version. It was certified on 14 June 2024." in words(changed)
    assert [words(one) for one in changed.xpath("./ul/li/p")] == [
        "3.1 Description changed", "3.2 Area no longer reported", "7 Comment new",
    ]  # fmt: skip
    assert changed.xpath("./ul/li/p/a/@href") == ["#DESCRIPTION", "#COMMENT"]  # what is gone has no place any more
    rows = section(text, "page.changes.DESCRIPTION").xpath("./p")
    assert [one.text_content() for one in rows] == ["Before: Businesses that began.", "Now: Businesses that start."]
    assert [words(one) for one in section(text, "page.changes.DESCRIPTION").xpath(".//del | .//ins")] == [
        "began",
        "start",
    ]
    badges = parsed(text).xpath("//p[@class='changed']/a/@href")
    assert badges == ["#page.changes.DESCRIPTION", "#page.changes.COMMENT"]


def test_a_changed_date_is_in_words() -> None:
    rows = section(html_page(old=report(CERTIFIED="2023-06-14")), "page.changes.CERTIFIED")
    assert words(rows) == "Before: 14 June 2023 Now: 14 June 2024"


def test_a_changed_form_says_that_the_words_are_the_same() -> None:
    bold = (Element("p", (Element("strong", ("None is needed.",)),)),)
    rows = section(html_page(old=report(COMMENT=bold)), "page.changes.COMMENT")
    assert words(rows).startswith("The words are the same")


def test_unchanged_lines_far_from_a_change_are_left_out() -> None:
    def lines(last: str) -> tuple[Element, ...]:
        return tuple(Element("p", (text,)) for text in ("one", "two", "three", "four", last))

    rows = section(html_page(report(COMMENT=lines("six")), report(COMMENT=lines("five"))), "page.changes.COMMENT")
    assert [words(one) for one in rows.xpath("./p")] == [
        "… Unchanged text is left out here.", "four", "Before: five", "Now: six",
    ]  # fmt: skip


def test_a_change_in_another_language_alone_is_shown_and_marked() -> None:
    text = html_page(old=report(DESCRIPTION=paragraph("Before.")), language="fr")
    assert section(text, "page.changes.DESCRIPTION").xpath(".//span/@lang") == ["en", "en"]


HEAD = "Group | May | June"


def table(*rows: str) -> tuple[Element, ...]:
    head, *body = (
        Element("tr", tuple(cell("td", text) for text in row.split(" | "))) for row in (HEAD, *rows)
    )  # fmt: skip
    return (Element("table", (Element("thead", (head,)), Element("tbody", tuple(body)))),)


def changed_table(old: RichText, new: RichText) -> list[html.HtmlElement]:
    """The tables of what changed, which are whole."""
    text = html_page(report(COMMENT=new), report(COMMENT=old))
    whole_and_safe(text)
    return section(text, "page.changes.COMMENT").xpath("./div[@role='region']/table")


def rows_of(table: html.HtmlElement) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in table.xpath(".//tr")]


def test_a_table_that_is_new_is_a_table_and_says_now_once() -> None:
    (found,) = changed_table(paragraph("Before."), (*paragraph("Now."), *table("Trade | 1 | 2", "Crafts | 3 | 4")))
    assert rows_of(found) == [["Now:", "Group", "May", "June"], ["Trade", "1", "2"], ["Crafts", "3", "4"]]
    assert found.xpath(".//th[@scope='rowgroup']/@rowspan") == ["3"]
    assert found.xpath("../@tabindex") == ["0"]


def test_cells_that_changed_are_marked_in_their_row_with_the_head_of_the_table() -> None:
    old = table("Trade | 1 | 2", "Crafts | 3 | 4", "Other | 5 | 6")
    (found,) = changed_table(old, table("Trade | 1 | 2", "Crafts | 3 | 4", "Other | 5 | 7"))
    assert rows_of(found) == [
        ["Group", "May", "June"], ["… Unchanged text is left out here."], ["Crafts", "3", "4"],
        ["Other", "5", "Before: 6 Now: 7"],
    ]  # fmt: skip
    assert [words(one) for one in found.xpath(".//del | .//ins")] == ["Before: 6", "Now: 7"]
    assert found.xpath(".//th/@scope") == ["col"] * 3


def test_rows_that_came_or_went_stand_in_the_same_table() -> None:
    old = table("Trade | 1 | 2", "Crafts | 3 | 4")
    (found,) = changed_table(old, table("Mining | 8 | 9", "Trade | 1 | 3"))
    assert rows_of(found) == [
        ["", "Group", "May", "June"], ["Now:", "Mining", "8", "9"],
        ["", "Trade", "1", "Before: 2 Now: 3"], ["Before:", "Crafts", "3", "4"],
    ]  # fmt: skip


def test_a_column_that_came_shows_the_row_before_and_now() -> None:
    (found,) = changed_table(table("Trade | 1 | 2", "A | B | C"), table("Trade | 1 | 2 | 3", "A | B | C"))
    assert ["Before:", "Trade", "1", "2", ""] in [[*row, ""][:5] for row in rows_of(found)]
    assert "Now:" in found.text_content()


def test_text_around_a_table_that_stayed_is_shown_without_it() -> None:
    rows = table("Trade | 1 | 2")
    assert changed_table((*paragraph("One."), *rows), (*paragraph("Two."), *rows)) == []


def test_several_lines_that_are_new_say_so_once() -> None:
    new = report(COMMENT=(*paragraph("One."), *paragraph("Two.")))
    rows = section(html_page(new, report(COMMENT=None)), "page.changes.COMMENT").xpath("./p")
    assert [(words(one), one.get("class")) for one in rows] == [("Now: One.", "now"), ("Two.", "now")]


def test_no_difference_is_said() -> None:
    assert "This report says the same" in words(section(html_page(old=report()), "page.changes"))
    assert "One concept differs" in words(section(html_page(old=report(COMMENT=None)), "page.changes"))


# --- rich text ----------------------------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "</style><b>",
    "\x00\x1b[2J\u202e",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_can_break_out_of_its_place(hostile: str) -> None:
    link = Element("a", (hostile,), (("href", f"https://example.org/{hostile}"), ("title", hostile)))
    rich = (
        Element("p", (hostile, link)),
        Element("table", (Element("tbody", (Element("tr", (cell("td", hostile),)),)),)),
    )
    new = report(ORGANISATION=hostile, CERTIFIED=hostile, DESCRIPTION=rich)
    change = Change("COMMENT", "en", "changed", (("-", hostile), ("+", hostile), (" ", hostile)))
    about = replace(
        ABOUT, country=hostile, agency=hostile, title=hostile, id=hostile, data_sets=((hostile, hostile),),
        twins=((hostile, "a"),), languages={"fr": hostile}, changes=(change,), not_confirmed=(hostile,),
    )  # fmt: skip
    text = page(new, STRUCTURE, languages()["en"], about)
    root = parsed(text)
    assert not root.xpath("//script | //img | //b | //@onerror")
    assert len(root.xpath("//style")) == 1
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    whole_and_safe(text)


def test_only_what_is_on_the_list_gets_through() -> None:
    """A tree that no reader of ours would make: the page does not rely on who made it."""
    bad = (
        Element("script", ("alert(1)",)),
        Element("p", (
            Element("a", ("run",), (("href", "javascript:alert(1)"),)),
            Element("a", ("nowhere",), (("href", "#PERSON"),)),
            Element("a", ("there",), (("href", "#PRESENTATION"), ("onclick", "x"))),
            Element("em", ("word",), (("style", "color:red"), ("class", "skip"), ("id", "UNIT"))),
        )),
        Element("ol", (Element("li", ("x",)),), (("start", '3" onclick="x'),)),
    )  # fmt: skip
    one = section(html_page(report(DESCRIPTION=bad)), "DESCRIPTION").xpath("./div[@class='text']")[0]
    assert one.xpath(".//a/@href") == ["#PRESENTATION"]
    assert one.xpath(".//script | .//@style | .//@onclick | .//@id | .//@start | .//em/@class") == []
    assert "alert(1)" in one.text_content()  # as text


def test_a_reference_to_another_section_leads_there() -> None:
    text = to_rich("As in [3.4](#SECTORS), not in [1.2](#PERSON).")
    links = section(html_page(report(COMMENT=text)), "COMMENT").xpath("./div[@class='text']//a")
    assert [(words(one), one.get("href")) for one in links] == [("3.4", "#SECTORS")]


def test_headings_of_a_text_stand_below_the_concepts_one_by_one() -> None:
    one = section(html_page(), "UNIT")
    assert [(x.tag, words(x)) for x in one.xpath(".//h2 | .//h3 | .//h4")] == [
        ("h2", "4 Unit"), ("h3", "First"), ("h4", "Inner"), ("h3", "Second"),
    ]  # fmt: skip


def test_tables_can_be_scrolled_by_keyboard_and_read_by_header() -> None:
    (frame,) = section(html_page(), "SECTORS").xpath(".//div[@role='region']")
    assert (frame.get("aria-label"), frame.get("tabindex")) == ("Table: Sectors", "0")
    assert frame.xpath(".//th/@scope") == ["col", "col", "row", "row"]
    assert [words(one) for one in frame.xpath(".//*[@class='right']")] == ["Number", "1,341", "9"]


def test_plain_text_keeps_its_lines_and_its_spaces() -> None:
    one = section(html_page(report(ORGANISATION="The office\n1 Street\n\nTown\u00a0: here")), "ORGANISATION")
    assert [p.text_content() for p in one.xpath("./div[@class='text']/p")] == ["The office1 Street", "Town\u00a0: here"]
    assert len(one.xpath(".//br")) == 1


# --- how it is built ----------------------------------------------------------------------------------------------


def whole_and_safe(text: str) -> None:
    """What holds of every page: no script, no style but its own, every id once, every link of the page leads somewhere."""
    root = parsed(text)
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    places = {f"#{id_}" for id_ in ids}
    assert [a for a in root.xpath("//@href") if a.startswith("#") and a not in places] == []
    assert set(root.xpath("//@aria-labelledby | //@popovertarget")) <= set(ids)
    assert root.xpath("//script | //link | //img | //iframe | //form | //object | //@style | //@src") == []
    assert [name for one in root.iter() for name in one.attrib if name.startswith("on")] == []
    levels = [int(str(one.tag)[1]) for one in root.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    (style,) = root.xpath("//style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = root.xpath("//meta[@http-equiv]/@content")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression", style.text)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_whole_and_safe(language: str) -> None:
    whole_and_safe(html_page(language=language))
    whole_and_safe(html_page(old=report(DESCRIPTION=None, UNIT=paragraph("a")), language=language))


def test_landmarks_and_names() -> None:
    root = parsed(html_page())
    assert [len(root.xpath(f"//{tag}")) for tag in ("header", "nav", "main", "footer", "fieldset")] == [1, 1, 1, 1, 1]
    assert root.xpath("//body/*[1]/@href") == ["#page.content"]
    assert all(words(one) for one in root.xpath("//a | //button | //label | //legend | //summary"))
    assert words(root.xpath("//title")[0]) == "Starts and ends, Ruritania: National reference metadata"
    regions = root.xpath("//*[@role='region']/@aria-label")
    assert len(regions) == len(set(regions))


def test_two_tables_of_a_concept_have_two_names() -> None:
    two = (*SAID["SECTORS"][0][1], *SAID["SECTORS"][0][1])
    root = parsed(html_page(report(SECTORS=two)))  # type: ignore[arg-type]
    assert root.xpath("//*[@role='region']/@aria-label") == ["Table: Sectors", "Table: Sectors (2)"]


def test_the_same_report_is_the_same_page() -> None:
    assert html_page(old=report(COMMENT=None)) == html_page(old=report(COMMENT=None))


def test_an_empty_report_is_a_page_too() -> None:
    empty = replace(report(), attributes=(ReportedAttribute("CONTACT"),))
    text = page(empty, STRUCTURE, languages()["en"], replace(ABOUT, changes=changes(empty, empty)))
    whole_and_safe(text)
    assert "6 Hidden" in headings(text)


def test_the_page_uses_every_word_that_the_languages_have_for_it() -> None:
    template = (TEMPLATES / "metadata.html").read_text("utf-8")
    used = set(re.findall(r"words\.([a-z_]+)", template)) | {"table"}
    used |= {"kind_new", "kind_gone", "kind_changed", "withheld_one", "withheld_many"}
    for language in languages().values():
        assert set(language.page) == used


# --- on a terminal ------------------------------------------------------------------------------------------------


def test_blanks_of_french_are_blanks_on_a_terminal_and_what_is_hidden_is_not() -> None:
    old, new = "Il y en a 1\u202f341\xa0: tous\x1b[2J", "Il y en a 1\u202f342\xa0: tous"
    change = Change("COMMENT", "fr", "changed", (("-", old), ("+", new)))
    assert list(metadata_text.changes("old.xml", (change,), STRUCTURE))[1:3] == [
        "    - Il y en a 1 341 : tous\\x1b[2J", "    + Il y en a 1 342 : tous",
    ]  # fmt: skip


def test_two_lines_that_differ_in_their_blanks_alone_show_them() -> None:
    change = Change("COMMENT", "fr", "changed", (("-", "ici :"), ("+", "ici\xa0:")))
    assert list(metadata_text.changes("old.xml", (change,), STRUCTURE))[1:3] == ["    - ici :", "    + ici\\xa0:"]


def test_a_finding_still_shows_an_unusual_blank() -> None:
    assert shown("FR\xa0M") == "FR\\xa0M"

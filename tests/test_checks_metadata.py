"""The linter of the metadata report: each rule alone, with its place; a text full of known defects; silence on good prose."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pytest
from delivery_support import ROOT
from lint_support import BROKEN, SMALL, TEXTS, by_rule, filled, found, found_in, line_of, report, written

from pipeline.checks.metadata import lint, personal
from pipeline.checks.prose import passages
from pipeline.checks.spelling import distance, inflections
from pipeline.errors import FactsError
from pipeline.facts import Facts, load
from pipeline.findings import FOUND_BY_CODE, Place
from pipeline.metadata import Composed, compose
from pipeline.metadata_set import unopened
from pipeline.tables import Identity
from pipeline.texts import document
from pipeline.texts.values import Past
from pipeline.vintages import Vintages

OF_DELIVERY = {"metadata-report", "metadata-findings"}  # what a delivery says of its report
RULES = sorted({rule for rule in FOUND_BY_CODE if rule.startswith("metadata-")} - OF_DELIVERY)

#: rule → the words at which its broken document is found, what is offending, a part of the message
PLACES = {
    "metadata-expression": ("{{ first_perod", "first_perod.registrations", "has no value"),
    "metadata-heading": ("## 3.1 Description", "3.1 Description of data", "in the structure it is '3.1 Data description'"),
    "metadata-missing": ("## 3.2", "", "3.2 Coverage - sector (COVERAGE_SECTOR) has no text"),
    "metadata-date": ("31/05/2024", "31/05/2024", "is not a date such as"),
    "metadata-certified": ("2023-06-14", "2023-06-14", "more than 12 months ago"),
    "metadata-personal": ("statistics.desk@", "statistics.desk@example.org", "an e-mail address"),
    "metadata-link": (
        "[release calendar]", "[release calendar](https://www.example.org/calendar", "its address does not end",
    ),
    "metadata-brackets": ("(of businesses", "(", "has no other half"),
    "metadata-spelling": ("volontary", "volontary", "is probably 'voluntary'"),
    "metadata-fact": ("B+C+D", "B+C+D", "Industry is 'B+C+D' here, and B, C, D, E in the facts"),
    "metadata-contradiction": ("Quarterly counts are sent", "Quarterly counts are sent to Eurostat by the institute.", "FREQ_DISS"),
    "metadata-lost": ("[Note]: prov", "[Note]: provisional-figures", "is the definition of a link that nothing uses"),
    "metadata-markup": ("<b>", "<b>", "is HTML"),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_a_document_that_it_alone_reports(facts: Facts, rule: str) -> None:
    paths = [path for path in (BROKEN / f"{rule}.md", BROKEN / f"{rule}.fr.md") if path.exists()]
    texts = [path.read_text("utf-8") for path in paths]
    documents = [filled(text, language, name=path.name) for text, language, path in zip(texts, ("en", "fr"), paths, strict=False)]  # fmt: skip
    (finding,) = found_in(facts, *documents)
    assert finding.rule == rule
    assert finding.message[:1].strip()
    if rule == "metadata-language":
        assert (finding.file, finding.component) == ("metadata-language.fr.md", "COVERAGE_SECTOR")
        assert "3.2 Coverage - sector" in finding.message
        return
    words, value, message = PLACES[rule]
    assert (finding.line, finding.column) == line_of(texts[0], words)
    assert (finding.file, finding.value) == (f"{rule}.md", value)
    assert message in finding.message
    assert finding.component in SMALL.by_id


def test_every_rule_says_what_it_means(facts: Facts) -> None:
    for rule in RULES:
        assert facts.rules[rule].means
        assert facts.rules[rule].example


def test_a_good_report_has_no_findings(facts: Facts) -> None:
    verdicts = lint([filled(report())], SMALL, facts, facts.country("FR"), dt.date(2024, 7, 5))
    assert {verdict.rule: verdict.outcome for verdict in verdicts} == dict.fromkeys(
        set(RULES) - {"metadata-language"}, "holds"
    )


# ------------------------------------------------------------------------------------------------------- the published


PUBLISHED = {
    "META_CERTIFIED": "14/06/2023",
    "DATA_DESCR": (
        "The following counts are transmitted to Eurostat:\n\n- registrations: quarterly counts of new businesses;\n"
        "- bankruptcies: quarterly counts of businesses that fail.\n\nMonthly counts follow on a volontary basis."
    ),
    "COVERAGE_SECTOR": (
        "- Industry: B+C+D+E\n- Construction: F\n- Industry, construction and services: B to N, P, Q, R, 95 and 96\n\n"
        "The base year was 2015 until 2023. Quaterly series are indices. The adjustement is national."
    ),
    "FREQ_DISS": (
        "Since 2024, quarterly counts have no longer been transmitted. The calendar is on the site: Calendar | Bank (\n\n"
        "Weekly figures on bankruptcies are also published by the bank."
    ),
    "COMMENT_DSET": "Weekly figures by the bank could be read until January 2024. They have been discontinued.",
}  # fmt: skip


def test_a_text_like_the_published_one(facts: Facts) -> None:
    text = report(**PUBLISHED)
    findings = by_rule(found(facts, text))
    assert sorted(findings) == [
        *("metadata-certified", "metadata-contradiction", "metadata-date", "metadata-link", "metadata-spelling"),
    ]
    assert [one.expected for one in findings["metadata-spelling"]] == ["voluntary", "quarterly", "adjustment"]
    (link,) = findings["metadata-link"]
    assert "Calendar | Bank (" in link.message
    first, second, weekly = findings["metadata-contradiction"]
    assert (first.line, second.line) == (line_of(text, "quarterly counts of new")[0], line_of(text, "quarterly counts of businesses")[0])  # fmt: skip
    assert [place.line for place in first.related] == [line_of(text, "Since 2024, quarterly")[0]]
    assert (weekly.line, weekly.column) == line_of(text, "Weekly figures on bankruptcies")
    assert weekly.related == (Place(*line_of(text, "They have been"), "They have been discontinued."),)


GOOD = """\
Business demography counts the businesses that start and those that fail. Two indicators are transmitted to Eurostat under
the regulation (EU) 2019/2152: registrations, compiled by INSEE, and bankruptcies, compiled by the Banque de France
(*défaillances d'entreprises*). Monthly counts have been transmitted voluntarily since mid-2022; since 2024 they take the
place of the quarterly ones, which Eurostat derives. A quarter is due by T+40, a month by M+40.

1. New means of production: a) a new unit, b) no predecessor.
2. Takeover (wholly or in part) without "continuity", as the [Commercial Code](https://www.legifrance.gouv.fr/(code)) has it.

| Aggregate | Members |
|---|---|
| Industry | B, C, D, E |
| Construction | F |
| Sections K to N | K-N |

The base year of the indices is 2021 (2021 = 100). It was 2015 until the end of 2023. Registrations are available from 2012,
bankruptcies start in January 1990. Values are definitive at the third publication. The weekly release was discontinued in
January 2024. Publications, procedures, comparisons, adjusted series, revised estimates and periodical bulletins are
available; organisations and organizations use them. See https://www.insee.fr/en/accueil, or <https://www.banque-france.fr>.
The rate was 1.5 %: 12 345 678 units, "12,345" in 2023-2024. `code (` and \\<b\\> are shown. H<sub>2</sub>O is fine. Only raw
counts are sent: seasonally adjusted series are published nationally and never transmitted. National registers recover the
individual records; evaluations, directors, relevant relations, competition and provisions are words like any other.
"""


def test_good_prose_is_left_in_peace(facts: Facts) -> None:
    assert found(facts, report(DATA_DESCR=GOOD)) == []


def test_good_french_prose_is_left_in_peace(facts: Facts) -> None:
    texts = {
        "CONTACT_ORGANISATION": "L'institut national (« Insee »).",
        "DATA_DESCR": "Les données mensuelles sont transmises depuis 2022 ; les données trimestrielles ne sont plus transmises depuis 2024.",
        "COVERAGE_SECTOR": "- Industrie : B à E\n- Construction : F\n\nL'année de base est 2021. L'échéance est M + 40.",
        "FREQ_DISS": "Les chiffres hebdomadaires ont été publiés jusqu'en janvier 2024. Les défaillances débutent en 1990.",
    }
    own, french = filled(report()), filled(written(texts, language="fr"), "fr", name="esms.fr.md")
    assert found_in(facts, own, french) == []


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("Les données trimestrielles sont transmises à Eurostat. Elles ne sont plus transmises depuis 2024.", "contradiction", "trimestrielles"),
        ("La banque publie un bulletin hebdomadaire.\n\nSon bulletin hebdomadaire a cessé de paraître.", "contradiction", "hebdomadaire"),
        ("Industrie : B+C+D", "fact", "B+C+D"),
        ("L'année de base est 2015.", "fact", "2015"),
        ("Les défaillances débutent en 1993.", "fact", "1993"),
        ("Les immatriculations sont définitives à la deuxième publication.", "fact", "deuxième"),
        ("Transmission à M+45.", "fact", "45"),
        ("Une diffusion trimestrielle des statistqiues.", "spelling", "statistqiues"),
        ("Voir Mme Durand.", "personal", "Mme Durand"),
    ],
)  # fmt: skip
def test_in_french(facts: Facts, text: str, rule: str, value: str) -> None:
    texts = {"CONTACT_ORGANISATION": "Insee", "DATA_DESCR": text, "COVERAGE_SECTOR": "Tous.", "FREQ_DISS": "Mois."}
    (finding,) = found_in(facts, filled(report()), filled(written(texts, language="fr"), "fr", name="esms.fr.md"))
    assert finding.rule == f"metadata-{rule}"
    assert finding.value.startswith(value)


# ------------------------------------------------------------------------------------------------------ rule by rule


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{#DATA_DESCR}", "", "the heading '3.1 Data description' names no concept"),
        ("{#DATA_DESCR}", "{#DATA_DESCRIPTION}", "did you mean 'DATA_DESCR'"),
        ("## 3.2 Coverage - sector {#COVERAGE_SECTOR}", "## 3.1 Data description {#DATA_DESCR}", "has a heading already"),
        ("## 3.1", "## 3.3", "is '3.3 Data description'; in the structure it is '3.1 Data description'"),
        ("## 3.1 ", "## ", "is 'Data description'; in the structure"),
        ("# 1 Contact", "Lost words.\n\n# 1 Contact", "'Lost words.' stands above the first heading"),
    ],
)  # fmt: skip
def test_headings(facts: Facts, old: str, new: str, message: str) -> None:
    findings = by_rule(found(facts, report().replace(old, new)))
    assert message in findings["metadata-heading"][0].message


@pytest.mark.parametrize(
    "heading",
    [
        " ## 3.2 Coverage - sector {#COVERAGE_SECTOR}",
        "##3.2 Coverage - sector {#COVERAGE_SECTOR}",
        "    ## 3.2 Coverage - sector {#COVERAGE_SECTOR}",
        "Coverage - sector {#COVERAGE_SECTOR}\n-----------------",
        "**3.2 Coverage - sector {#COVERAGE_SECTOR}**",
        "####### 3.2 Coverage - sector {#COVERAGE_SECTOR} (restricted)",
        "> ## 3.2 Coverage - sector {#COVERAGE_SECTOR}",
        "  ## 3.2 Coverage - sector",
    ],
)
def test_what_is_meant_for_a_heading_and_is_none(facts: Facts, heading: str) -> None:
    text = report().replace("## 3.2 Coverage - sector {#COVERAGE_SECTOR}", heading)
    first = heading.split("\n")[0]
    (finding,) = by_rule(found(facts, text))["metadata-heading"]
    assert "opens no concept: what follows would be told, and published, as DATA_DESCR" in finding.message
    assert (finding.line, finding.column) == (text.split("\n").index(first) + 1, 1)
    (section,) = [one for one in filled(text).sections if one.concept == "DATA_DESCR"]
    assert list(unopened(section)) == [(finding.line, first.strip())]


@pytest.mark.parametrize(
    "text",
    [
        "```\n ## 3.2 {#X}\n```",
        "Write `{#X}`",
        "<!-- ## 3.2 {#X} -->",
        "{\\#X}",
        "a {#X} b",
        "# 5 is its number",
        "#### A heading",
    ],
)
def test_what_is_no_heading_and_is_not_meant_for_one(text: str) -> None:
    (section,) = document.read("esms.md", f"#### A {{#A}}\n{text}".encode(), "en").sections[:1]
    assert list(unopened(section)) == []


def test_concepts_out_of_order(facts: Facts) -> None:
    text = report()
    head, third, fourth = text.partition("# 3 ")[0], "# 3 " + text.partition("# 3 ")[2].partition("# 4 ")[0], "# 4 " + text.partition("# 4 ")[2]  # fmt: skip
    moved = f"{head}{fourth}\n{third}"
    findings = found(facts, moved)
    assert [one.component for one in findings] == ["STAT_PRES", "DATA_DESCR", "COVERAGE_SECTOR"]
    assert {one.rule for one in findings} == {"metadata-heading"}
    assert findings[0].message == "STAT_PRES comes after FREQ_DISS; in the structure it comes before it."


def test_a_comment_above_the_first_heading_is_for_editors(facts: Facts) -> None:
    assert found(facts, f"<!-- How to\nedit this. -->\n\n{report()}") == []


def test_what_is_missing_is_said_where_it_belongs(facts: Facts) -> None:
    text = written({id_: said for id_, said in TEXTS.items() if id_ != "DATA_DESCR"})
    (finding,) = found(facts, text)
    assert (finding.rule, finding.component) == ("metadata-missing", "DATA_DESCR")
    assert finding.line == line_of(text, "# 3 ")[0]
    assert "## 3.1 Data description {#DATA_DESCR}" in finding.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2024-13-01", "is not a date"),
        ("14 June 2024", "is not a date"),
        ("2024-07-06", "lies in the future"),
        ("2024-06-14, as every year", "is not a date"),
    ],
)
def test_dates(facts: Facts, text: str, message: str) -> None:
    (finding,) = found(facts, report(META_CERTIFIED=text))
    assert (finding.rule, finding.component) == ("metadata-date", "META_CERTIFIED")
    assert message in finding.message


@pytest.mark.parametrize(("today", "number"), [("2025-06-14", 0), ("2025-06-15", 1)])
def test_a_certification_is_good_for_twelve_months(facts: Facts, today: str, number: int) -> None:
    assert len(found(facts, report(), today=dt.date.fromisoformat(today))) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ask Mr Smith.", "Mr Smith"),
        ("Call +33 1 87 69 50 00.", "+33 1 87 69 50 00"),
        ("Call 01 87 69 50 00.", "01 87 69 50 00"),
        ("Tel.: 555 123 4567", "Tel.: 555 123 4567"),
        ("[Mailbox](mailto:desk@example.org)", "desk@example.org"),
    ],
)
def test_personal_contacts(facts: Facts, text: str, value: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=text))
    assert (finding.rule, finding.value) == ("metadata-personal", value)
    assert "1.2 Contact email address" in finding.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("`desk@example.org`", "desk@example.org"),
        ("```\nAsk Mr Smith.\n```", "Mr Smith"),
        ("a\n\n    +33 1 87 69 50 00", "+33 1 87 69 50 00"),
        ("desk\\@example.org", "desk\\@example.org"),
        ("desk&#64;example.org", "desk&#64;example.org"),
    ],
)
def test_a_contact_in_code_or_spelled_otherwise_is_published_too(facts: Facts, text: str, value: str) -> None:
    (finding,) = [one for one in found(facts, report(DATA_DESCR=text)) if one.rule == "metadata-personal"]
    assert finding.value == value
    assert (finding.line, finding.column) == line_of(report(DATA_DESCR=text), value)


def test_personal_contacts_by_themselves(facts: Facts) -> None:
    own, french = (
        filled(report(DATA_DESCR="Ask Mr Smith.")),
        filled(report(DATA_DESCR="Voir Mme Durand."), "fr", name="esms.fr.md"),
    )
    findings = personal([own, french], SMALL, facts)
    assert [(one.file, one.value) for one in findings] == [("esms.md", "Mr Smith"), ("esms.fr.md", "Mme Durand")]
    assert personal([filled(report(CONTACT_EMAIL="Mr Smith"))], SMALL, facts) == []


def test_what_is_restricted_may_hold_a_contact(facts: Facts) -> None:
    assert found(facts, report(CONTACT_EMAIL="desk@example.org, Mr Smith, +33 1 87 69 50 00")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Calendar](https://www.example.org", "is cut off"),
        ("[Calendar] (https://www.example.org)", "apart"),
        ("[Calendar](www.example.org)", "neither with https:// nor with mailto:"),
        ("[Calendar](https://)", "names no host"),
        ("[Calendar](https:/example.org)", "followed by ://"),
        ("[Calendar](https://example)", "is no host"),
        ("[Calendar](https://www.example.org/a b)", "blanks"),
        ("[Calendar](ftp://example.org)", "ftp: is not allowed"),
        ("[Calendar](javascript:alert)", "javascript: is not allowed"),
        ("[Calendar]()", "has no address"),
        ("[](https://example.org)", "has no text"),
        ("[Calendar](https://example.org/…)", "is cut off"),
        ("[Calendar](mailto:nobody)", "no address of a mailbox"),
        ("See http:/www.example.org for more.", "followed by ://"),
        ("See <https://exa mple.org>.", "blanks"),
        ("The site: Calendar | Bank (", "an address was to follow"),
        ("The [site: Calendar (https://example.org", "an address was to follow"),
    ],
)
def test_links(facts: Facts, text: str, message: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=text))
    assert finding.rule == "metadata-link"
    assert message in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "[Calendar](https://www.example.org/a_(b)?c=d#e \"Title\")", "[a](<https://example.org/x>)", "[3.1](#DATA_DESCR)",
        "See https://example.org/a(b).", "(see https://example.org)", "**https://example.org/**", "`[x](`", "Text (a) [b] (c).",
    ],
)  # fmt: skip
def test_good_links(facts: Facts, text: str) -> None:
    assert found(facts, report(DATA_DESCR=text)) == []


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 | the third |", "the third", "this row has 3 cells, and the head of its table 2"),
        ("a | b\n--- | ---\n1 | 2 | the third", "the third", "this row has 3 cells"),
        ("- | a |\n  |---|\n  | 1 | the | third |", "the | third", "this row has 3 cells, and the head of its table 1"),
        ("The months\n\n[Note]: the-figures-are-provisional", "[Note]: the-figures-are-provisional", "that nothing uses"),
        ("- [Note]:\n  figures \"are\"\n- b", "[Note]:\nfigures \"are\"", "that nothing uses"),
        ("[a]: https://a.org\n[A]: https://b.org\n\n[a]", "[A]: https://b.org", "is defined twice"),
        ("See [a].\n\n[a]: www.example.org", "[a]: www.example.org", "whose address is none of the web"),
        ("a\n\n```words\nb", "```words", "begins a block of code that nothing closes"),
        ("```text of the code\nx\n```", "text of the code", "behind the fence of a block of code"),
    ],
)  # fmt: skip
def test_what_would_vanish(facts: Facts, text: str, value: str, message: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=text))
    assert (finding.rule, finding.value) == ("metadata-lost", " ".join(value.split()))
    assert message in finding.message
    assert (finding.line, finding.column) == line_of(report(DATA_DESCR=text), value.split("\n")[0])


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 |  |\n| 1 \\| 2 | 3 |",
        "| a |\n|---|\n| 1 |\n\nx | y",
        "| a | b |\n|---|\n| 1 | 2 | 3 |",
        "See [the site][1] and [2].\n\n[1]: https://example.org\n[2]: <https://example.com> 'Title'",
        "[Note]: the figures are provisional",
        "\\[Note]: provisional",
        "A line\n[Note]: provisional",
        "```\n[Note]: provisional\n| a |\n|---|\n| 1 | 2 |\n```",
        "a\n\n    [Note]: provisional",
        "<!-- [Note]: provisional -->",
        "```python\nx\n```",
    ],
)
def test_what_does_not_vanish(facts: Facts, text: str) -> None:
    assert [one for one in found(facts, report(DATA_DESCR=text)) if one.rule == "metadata-lost"] == []


def test_html_is_told_once_for_each_element(facts: Facts) -> None:
    text = (
        "H<sub>2</sub>O<br>\n<b>x</b> `<i>` \\<u> 3 < 4 <https://a.org> <!-- <p> -->\n\n```\n<p>\n```\n<div class='x'>"
    )
    findings = found(facts, report(DATA_DESCR=text))
    assert [(one.rule, one.value) for one in findings] == [
        ("metadata-markup", "<b>"),
        ("metadata-markup", "<div class='x'>"),
    ]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("One (two [three) four].", "[]"),
        ("A “word and « another.", "“«"),
        ('A "word.', '"'),
        ("Closed) here.", ")"),
        ("a) one; b) two; 1) three", ""),
        ("„so“ and “so” and «so»", ""),
        ("One (two\nthree).\n\nFour (five", "("),
    ],
)
def test_brackets(facts: Facts, text: str, signs: str) -> None:
    findings = found(facts, report(DATA_DESCR=text))
    assert "".join(one.value for one in findings) == signs
    assert {one.rule for one in findings} <= {"metadata-brackets"}


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("Wholesale and retail trade (G+H)", "G+H", "G"),
        ("| Construction | E, F |", "E, F", "F"),
        ("The aggregates sent:\n\n- Industry\u00a0: B+C+D\u00a0;", "B+C+D", "B, C, D, E"),
        ("Industry consists of sections B to D.", "B to D", "B, C, D, E"),
        ("Industry covers sections B to E and Construction covers sections G to H.", "G to H", "F"),
        ("The counts cover NACE sections B to N, P to R and division S95.", "B to N, P to R and division S95", "B, C, D, E, F, G, H, I, J, K, L, M, N, P, Q, R, 95, 96"),
        ("The base year is 2015.", "2015", "2021"),
        ("The index (2015 = 100) is published.", "2015", "2021"),
        ("The base year was updated from 2015 to 2020.", "2020", "2021"),
        ("The weights are the numbers of enterprises in 2019.", "2019", "2021"),
        ("Registrations are available from 2010.", "2010", "January 2012 or January 2000"),
        ("Bankruptcies start in March 1990.", "March 1990", "January 1990"),
        ("The first month sent for registrations is January 2000.", "January 2000", "January 2012"),
        ("Registrations are definitive at their second publication.", "second", "3"),
        ("Bankruptcies are definitive at their third publication.", "third", "2"),
        ("Values are revised for up to four months.", "four", "2 or 1"),
        ("Months are sent by M+30.", "30", "40"),
        ("Quarters were due at T+40 and are due at T + 45.", "", ""),
        ("A quarter is due at T + 45.", "45", "40"),
        ("It is sent within 45 days after the end of the month.", "45", "40"),
    ],
)  # fmt: skip
def test_statements_against_the_facts(facts: Facts, text: str, value: str, expected: str) -> None:
    findings = found(facts, report(DATA_DESCR=text))
    assert [(one.rule, one.value, one.expected) for one in findings] == (
        [("metadata-fact", value, expected)] if value else []
    )
    for one in findings:
        assert (one.line, one.column) == line_of(report(DATA_DESCR=text), value)


def test_what_an_expression_says_agrees(facts: Facts) -> None:
    text = report(DATA_DESCR="The base year is {{ base_year }}. It is typed here: the base year is 2014.")
    (finding,) = found_in(facts, filled(text, values={"base_year": "2015"}))
    assert (finding.value, (finding.line, finding.column)) == ("2014", line_of(text, "2014"))


def test_places_behind_values_and_comments(facts: Facts) -> None:
    text = report(DATA_DESCR="{{ a }} and {{ b }} <!-- c --> \\{{ then }} volontary. {{ table }}")
    text = text.replace(" {{ table }}", "\n\n{{ table }}\n\nvolontary")
    values = {"a": "x, y and z", "b": "and and", "table": "| a |\n|---|\n| volontary |"}
    findings = found_in(facts, filled(text, values=values))
    assert [(one.line, one.column) for one in findings] == [line_of(text, "volontary"), line_of(text, "volontary\n")]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("affirms", "denies"),
    [
        ("Quarterly data are sent to Eurostat.", "Since 2024, only monthly data have been delivered to Eurostat."),
        ("The institute transmits monthly and quarterly data.", "Quarterly data were sent until 2023."),
        ("Transmission of quarterly data by the institute.", "Quarterly data exist. They are no longer sent."),
        ("Weekly figures appear on Thursdays.", "The weekly figures were available until 2023. They have been discontinued."),
        ("The bank publishes weekly figures.", "Its weekly release was discontinued."),
        ("Seasonally adjusted data are sent to Eurostat.", "Raw data are sent to Eurostat."),
    ],
)  # fmt: skip
def test_contradictions(facts: Facts, affirms: str, denies: str, swapped: bool) -> None:
    first, second = (denies, affirms) if swapped else (affirms, denies)
    text = report(DATA_DESCR=first, FREQ_DISS=second)
    (finding,) = found(facts, text)
    assert finding.rule == "metadata-contradiction"
    assert finding.component == ("FREQ_DISS" if swapped else "DATA_DESCR")
    assert finding.line == line_of(text, affirms)[0]
    assert {place.line for place in finding.related} == {line_of(text, denies)[0]}


@pytest.mark.parametrize(
    "text",
    [
        "Quarterly data were sent until 2023. Quarterly data are no longer sent.",
        "Quarterly data are sent to Eurostat. Quarterly data are also sent to the ministry.",
        "Monthly (and previously quarterly) data are sent. Quarterly data are no longer sent.",
        "Weekly figures are published. Quarterly data are no longer sent.",
        "Quarterly accounts are compiled elsewhere. Quarterly data are no longer sent.",
        "Registrations are read weekly from the register. The weekly release has been discontinued.",
    ],
)
def test_no_contradiction(facts: Facts, text: str) -> None:
    assert found(facts, report(DATA_DESCR=text)) == []


@pytest.mark.parametrize(
    "between", ["- registrations\n- bankruptcies", "1. registrations\n\n2. bankruptcies\n\n   of a month"]
)
def test_the_words_above_a_list_belong_to_its_items_alone(facts: Facts, between: str) -> None:
    text = f"Two indicators are sent to Eurostat:\n\n{between}\n\nThe quarterly national accounts use them.\n\nQuarterly data are no longer sent."
    assert found(facts, report(DATA_DESCR=text)) == []
    (finding,) = found(
        facts, report(DATA_DESCR=text.replace("- regis", "- quarterly regis").replace("1. regis", "1. quarterly regis"))
    )
    assert finding.rule == "metadata-contradiction"


def test_lines_between_texts_are_no_passages() -> None:
    text = report(DATA_DESCR="A\n===\n\n| a |\n|---|\n| b |\n\n***\n\nc\nd\n\n- e\n\n  f\n\ng")
    told = [passage.text for passage in passages(filled(text)) if passage.concept == "DATA_DESCR"]
    assert told == ["A", "| a |", "| b |", "c\nd", "e", "f", "g"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("months", [0, 1, 6])
def test_what_the_report_says_of_itself_agrees_with_the_facts(facts: Facts, language: str, months: int) -> None:
    """The shipped text with its values typed in, after a history with late, corrected and skipped months."""
    country, composed = facts.country("FR"), shipped(facts, months)
    text, unsaid = document.write(composed.set_, composed.structure, language)
    assert all("grouping" not in one for one in unsaid)
    typed = filled(text, language, name="typed.md")
    assert typed.holes == ()
    verdicts = lint([typed], composed.structure, facts, country, dt.date(2024, 12, 1), composed.newest or None)
    wrong = [
        (one.rule, one.line, one.message)
        for verdict in verdicts
        for one in verdict.findings
        if one.rule
        in ("metadata-fact", "metadata-contradiction", "metadata-lost", "metadata-heading", "metadata-personal")
    ]
    assert wrong == []


@dataclass(frozen=True)
class Sent:
    """What the history knows of a delivery."""

    delivery: str
    month: str
    at: dt.datetime
    indicators: tuple[str, ...] = ("registrations", "bankruptcies")


def shipped(facts: Facts, months: int) -> Composed:
    """France's report after so many months, of which the third is late, the fourth corrected and the fifth skipped."""
    days = ["2024-03-04", "2024-04-08", "2024-05-14", "2024-06-07", "", "2024-08-05"][:months]
    sent, deliveries = [], []
    for at, day in enumerate(days, 1):
        month = f"2024-{at:02d}"
        said = {
            Identity(indicator, "FR", "N", "M", "F", f"2024-{one:02d}", "count"): (100 * one + at, "A")
            for indicator in Sent("", "", dt.datetime.min).indicators
            for one in range(1, at + 1)
        }
        if day:
            noon = dt.datetime.fromisoformat(f"{day}T12:00:00+02:00")
            numbers = (1, 2) if at == 4 else (1,)
            sent += [Sent(f"{month}_{n:02d}", month, noon + dt.timedelta(n)) for n in numbers]
            deliveries.append((month, sent[-1].indicators, said))
    as_of = sent[-1].at if sent else dt.datetime(2024, 7, 5, tzinfo=dt.UTC)
    past = Past(tuple(sent), Vintages.of(deliveries), as_of.date() if sent else None)
    return compose(facts, facts.country("FR"), past, as_of)


def test_a_statement_is_compared_with_the_facts_of_the_newest_delivery(facts: Facts) -> None:
    text = report(DATA_DESCR="The base year is 2015.")
    for newest, number in ((None, 1), ("2024-01", 1), ("2023-12", 0)):
        verdicts = lint([filled(text)], SMALL, facts, facts.country("FR"), dt.date(2024, 7, 5), newest)
        assert sum(len(verdict.findings) for verdict in verdicts) == number


@pytest.mark.parametrize(("text", "told"), [("2024-06-15", "there it is '2024-06-14'"), ("2024-06-14", ""), ("", "")])
def test_a_date_that_differs_in_a_further_language(facts: Facts, text: str, told: str) -> None:
    texts = {**TEXTS, "META_CERTIFIED": text, "DATA_DESCR": "Des mois."}
    findings = found_in(facts, filled(report()), filled(written(texts, language="fr"), "fr", name="esms.fr.md"))
    assert [one.rule for one in findings] == (["metadata-language"] if told else [])
    assert all(told in one.message and one.component == "META_CERTIFIED" for one in findings)


def test_a_date_that_the_own_language_lacks(facts: Facts) -> None:
    own = report().replace("2024-06-14", "")
    findings = by_rule(found_in(facts, filled(own), filled(written(TEXTS, language="fr"), "fr", name="esms.fr.md")))
    (finding,) = findings["metadata-language"]
    assert "'2024-06-14' is not used; it is taken from the text in 'en', and there is none there." in finding.message


def test_a_language_without_facts(facts: Facts) -> None:
    verdicts = lint([filled(report()), filled(report(), "xx", name="esms.xx.md")], SMALL, facts, facts.country("FR"), dt.date(2024, 7, 5))  # fmt: skip
    why = {verdict.rule for verdict in verdicts if verdict.unchecked and verdict.file == "esms.xx.md"}
    assert why == {"metadata-spelling", "metadata-fact", "metadata-contradiction"}


# ---------------------------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("quaterly", "quarterly", 1), ("volontary", "voluntary", 1), ("adjustement", "adjustment", 1),
     ("statistqiues", "statistiques", 1), ("", "abc", 3), ("same", "same", 0), ("national", "rational", 1)],
)  # fmt: skip
def test_distance(one: str, other: str, far: int) -> None:
    assert distance(one, other) == distance(other, one) == far


def test_inflections() -> None:
    assert inflections("policy", ["y/ies", "s"]) == {"policy", "policies", "policys"}
    assert "compiling" in inflections("compile", ["e/ing"])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_vocabulary_is_right_in_itself(facts: Facts, language: str) -> None:
    words = facts.languages[language].vocabulary
    text = ", ".join(words)
    texts = {**TEXTS, "DATA_DESCR": text} if language == "en" else {"DATA_DESCR": text}
    documents = [filled(written(texts, language=language), language)]
    documents = documents if language == "en" else [filled(report()), *documents]
    rules = {one.rule for one in found_in(facts, *documents)}
    assert "metadata-spelling" not in rules


# ------------------------------------------------------------------------------------------------- facts of a language


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('fact = "base year"', 'fact = "bass year"', "statement[3].fact: there is no fact 'bass year'; did you mean 'base year'?"),
        ("(?P<value>(?:19|20)", "((?:19|20)", "statement[3]: pattern has no group (?P<value>…)"),
        ("about = '", "about = '(", "topic[0].about: not a regular expression"),
    ],
)  # fmt: skip
def test_a_language_that_cannot_be_used(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = Path("codelists/languages/en.toml")
    text = (ROOT / file).read_text("utf-8")
    assert old in text
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(FactsError) as error:
        found(load(tmp_path), report())
    assert any(words in str(problem) for problem in error.value.problems), error.value.problems

"""What the linter reads in the words of a report: facts said in other words, contradictions, and correct sentences."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from lint_support import SMALL, TODAY, concept, filled, found, found_in, report, written

from pipeline.checks.metadata import lint
from pipeline.errors import FactsError
from pipeline.facts import Facts
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.findings import Finding, Findings
from pipeline.metadata_set import MetadataSet
from pipeline.pages import metadata_text

OWN = "Since 2024 they have replaced the quarterly ones, which Eurostat now derives from the months."
OWN_FR = "Depuis 2024, ils remplacent les nombres trimestriels, qu'Eurostat calcule désormais à partir des mois."
NO_WEEKS = "Its weekly release was discontinued in January 2024."
NO_WEEKS_FR = "Sa publication hebdomadaire a été arrêtée en janvier 2024."


def in_french(facts: Facts, text: str, more: str = "Mois.") -> list[Finding]:
    texts = {"CONTACT_ORGANISATION": "Insee", "DATA_DESCR": text, "COVERAGE_SECTOR": "Tous.", "FREQ_DISS": more}
    return found_in(facts, filled(report()), filled(written(texts, language="fr"), "fr", name="esms.fr.md"))


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Quarterly series are also transmitted to Eurostat.", OWN),
        ("Data are transmitted to Eurostat monthly and quarterly.", OWN),
        ("Data are transmitted to Eurostat each month and each quarter.", OWN),
        ("Frequency of transmission: monthly and quarterly.", OWN),
        ("Eurostat receives monthly and quarterly series.", OWN),
        ("Every week, the Banque de France publishes the number of bankruptcies.", NO_WEEKS),
        ("The Banque de France releases them once a week.", NO_WEEKS),
        ("The data sent to Eurostat are seasonally adjusted.", "Raw data are transmitted."),
    ],
)
def test_what_contradicts_the_report(facts: Facts, text: str, denied: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=text, FREQ_DISS=denied))
    assert (finding.rule, finding.component) == ("metadata-contradiction", "DATA_DESCR")


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Les séries trimestrielles sont aussi transmises à Eurostat.", OWN_FR),
        ("Les données sont transmises à Eurostat chaque mois et chaque trimestre.", OWN_FR),
        ("Fréquence de la transmission : mensuelle et trimestrielle.", OWN_FR),
        ("Eurostat reçoit des séries mensuelles et trimestrielles.", OWN_FR),
        ("Chaque semaine, la Banque de France publie le nombre de défaillances.", NO_WEEKS_FR),
        ("Les séries transmises sont corrigées des variations saisonnières.", "Les données transmises sont brutes."),
    ],
)
def test_what_contradicts_the_report_in_french(facts: Facts, text: str, denied: str) -> None:
    (finding,) = in_french(facts, text, denied)
    assert (finding.rule, finding.component) == ("metadata-contradiction", "DATA_DESCR")


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("Figures are sent 45 days after the month has ended.", "45", "40"),
        ("They are transmitted within 45 days of the end.", "45", "40"),
        ("Data are due no later than 45 days after the reference month.", "45", "40"),
        ("The deadline is 45 days.", "45", "40"),
        ("The deadline for a quarter is 45 days.", "45", "40"),
        ("- in scope: sections and divisions B to N, P to S;", "B to N, P to S", ""),
        ("The total covers sections B to S.", "B to S", ""),
        ("**Registrations.** A value is definitive when it is published for the second time.", "second", "3"),
        ("#### Registrations\n\nA value is definitive when it is published for the second time.", "second", "3"),
        ("- **Bankruptcies**: a value is definitive at the third publication.", "third", "2"),
        ("**Bankruptcies.** The values of the latest two months are provisional.", "two", "1"),
        ("The values of the latest four months are provisional.", "four", "2 or 1"),
        ("The indices are published in base 2015.", "2015", "2021"),
        ("The reference year of the indices is 2015.", "2015", "2021"),
        ("The indices have 2015 as their base year.", "2015", "2021"),
        ("The mean is set to 100 in 2015.", "2015", "2021"),
        ("Registrations have been sent since January 2000.", "January 2000", "January 2012"),
        ("The series of bankruptcies go back to January 1993.", "January 1993", "January 1990"),
        ("Bankruptcies are transmitted from 2005 onwards.", "2005", "January 1990"),
        ("Construction is section G.", "G", "F"),
        ("- registrations: Metropolitan France, Guadeloupe, Martinique, Mayotte and Saint-Pierre-et-Miquelon;",
         "Metropolitan France, Guadeloupe, Martinique, Mayotte and Saint-Pierre-et-Miquelon", ""),
        ("Bankruptcies cover Metropolitan France, Guadeloupe and Martinique.",
         "Metropolitan France, Guadeloupe and Martinique", ""),
    ],
)  # fmt: skip
def test_a_fact_in_other_words(facts: Facts, text: str, value: str, expected: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=text))
    assert finding.rule == "metadata-fact"
    assert finding.value == value
    assert expected in finding.expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Les données sont transmises 45 jours après que le mois est terminé.", "45"),
        ("La transmission a lieu au plus tard 45 jours après le mois de référence.", "45"),
        ("Le délai est de 45 jours.", "45"),
        ("- dans le champ : sections et divisions B à N, P à S ;", "B à N, P à S"),
        ("Le total couvre les sections B à S.", "B à S"),
        ("**Créations.** Une valeur est définitive à la deuxième publication.", "deuxième"),
        ("#### Défaillances\n\nUne valeur est définitive à la troisième publication.", "troisième"),
        ("Les valeurs des quatre derniers mois sont provisoires.", "quatre"),
        ("Les indices sont en base 2015.", "2015"),
        ("Les indices ont 2015 pour année de base.", "2015"),
        ("L'indice vaut 100 en 2015.", "2015"),
        ("Les créations sont transmises depuis janvier 2000.", "janvier 2000"),
        ("Les séries de défaillances remontent à janvier 1993.", "janvier 1993"),
        ("Les données sont transmises à partir de 2005.", "2005"),
        ("La construction correspond à la section G.", "G"),
        ("- défaillances : France métropolitaine, Guadeloupe et Martinique.", "France métropolitaine"),
    ],
)
def test_a_fact_in_other_words_in_french(facts: Facts, text: str, value: str) -> None:
    (finding,) = in_french(facts, text)
    assert finding.rule == "metadata-fact"
    assert finding.value.startswith(value)


RIGHT = """\
Eurostat publishes quarterly indices, which it derives from the monthly counts that are transmitted.
Registrations in the transport sector started in 2016 to grow faster than the others.
Bankruptcies began in 2020 to fall and rose again later.
The shops of Mr. Bricolage are many legal units.
A business can be created in one day.
Figures are sent 40 days after the month has ended, and published about 14 days after the end of the month.
The bank republishes a part of the series some 30 days after the month.
The debtor must declare the cessation within 45 days of the date on which payments ended.
The court decides within 60 days of the end of the observation period.
Registrations are available from 2012 to 2023; bankruptcies go back to January 1990.
Registrations have been transmitted monthly since 2022, and voluntarily.
Bankruptcies have been transmitted since 2022 on a voluntary basis.
The base year is 2021; the indices were in base 2015 until 2023.
The index is set to 100 in 2021.
Construction is section F, and sections L and M are part of the scope.
The total covers sections B to N, P to R and divisions 95 and 96.
Registrations: a value is definitive at the third publication. Bankruptcies are definitive at the second one.
The values of the latest two months of registrations are provisional.
Registrations cover the legal units of Guadeloupe and Martinique, as those of Metropolitan France.
Events are loaded every week from the directory; the calendar is published each month.
A quarterly survey of the ministry asks other questions; its results are sent to the ministry.
The data sent to Eurostat are not seasonally adjusted.
Eurostat receives monthly series, from which it computes quarterly indices.
Frequency of transmission: monthly. A quarter is the sum of its months.
In 2015 the number of departments with more than 100 bankruptcies in 2014 was stable.
"""
RIGHT_FR = """\
Eurostat publie des indices trimestriels, qu'il calcule à partir des nombres mensuels qui sont transmis.
Les créations du secteur des transports commencent en 2016 à augmenter plus vite que les autres.
Les défaillances commencent en 2020 à baisser, puis remontent.
Les magasins de Mr. Bricolage sont autant d'unités légales.
Les données sont transmises 40 jours après la fin du mois et publiées environ 14 jours après la fin du mois.
La banque republie une partie des séries environ 30 jours après la fin du mois.
Le débiteur déclare la cessation des paiements dans les 45 jours.
Les créations sont disponibles depuis 2012 ; les défaillances remontent à janvier 1990.
Les créations sont transmises depuis 2022 à titre volontaire.
L'année de base est 2021 ; les indices étaient en base 2015 jusqu'en 2023.
L'indice vaut 100 en 2021.
La construction correspond à la section F, et la section K fait partie du champ.
Le total couvre les sections B à N, P à R et les divisions 95 et 96.
Les créations sont définitives à la troisième publication. Les défaillances sont définitives à la deuxième.
Les événements sont chargés chaque semaine depuis le répertoire ; le calendrier est publié chaque mois.
Les données transmises ne sont pas corrigées des variations saisonnières.
Fréquence de la transmission : mensuelle. Un trimestre est la somme de ses mois.
"""


@pytest.mark.parametrize("text", RIGHT.splitlines())
def test_a_correct_sentence(facts: Facts, text: str) -> None:
    told = report(DATA_DESCR=text, FREQ_DISS=f"{OWN}\n\n{NO_WEEKS}\n\nRaw data are transmitted.")
    assert [one.message for one in found(facts, told)] == []


@pytest.mark.parametrize("text", RIGHT_FR.splitlines())
def test_a_correct_sentence_in_french(facts: Facts, text: str) -> None:
    more = f"{OWN_FR}\n\n{NO_WEEKS_FR}\n\nLes données transmises sont brutes."
    assert [one.message for one in in_french(facts, text, more)] == []


# ----------------------------------------------------------------------------------------------- what is there at all


@pytest.mark.parametrize(
    "text",
    ["&nbsp;", "<br>", "-", "[1]: https://x.org", "<!-- x", "---", "\u200b", "**", "```python\n```", "![](a.png)"],
)
def test_what_is_no_text(facts: Facts, text: str) -> None:
    missing = [one for one in found(facts, report(DATA_DESCR=text)) if one.rule == "metadata-missing"]
    assert [one.component for one in missing] == ["DATA_DESCR"]


@pytest.mark.parametrize("text", ["5", "é", "&eacute;", "`x`", "[x](https://x.org)", "| a |\n|---|"])
def test_what_is_a_text(facts: Facts, text: str) -> None:
    assert [one.rule for one in found(facts, report(DATA_DESCR=text))] == []


@pytest.mark.parametrize("heading", ["## 3.1 Data description", " ## 3.1 Data description {#DATA_DESCR}"])
def test_one_fault_is_found_once(facts: Facts, heading: str) -> None:
    text = report().replace("## 3.1 Data description {#DATA_DESCR}", heading)
    assert [one.rule for one in found(facts, text)] == ["metadata-heading"]


def test_a_report_that_was_never_certified(facts: Facts) -> None:
    france = facts.country("FR")
    assert france.country.report is not None
    about = france.country.report.model_copy(update={"certified": None, "posted": None})
    never = replace(france, country=france.country.model_copy(update={"report": about}))
    for text in ("", "{{ meta.certified }}"):
        verdicts = lint([filled(report(META_CERTIFIED=text))], SMALL, facts, never, TODAY)
        findings = [one for verdict in verdicts for one in verdict.findings]
        holes = ["metadata-expression"] if text else []
        assert [one.rule for one in findings] == [*holes, "metadata-certified"]
        assert "was never certified" in findings[-1].message
        if text:
            assert findings[0].message.endswith("country.toml [report] has no `certified`.")
            assert "Put the day there" in findings[0].hint


# ------------------------------------------------------------------------------------------------- signs that are lost


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("See ![the chart](https://a.org/b.png).", "![the chart](https://a.org/b.png)", "is an image"),
        ("It is ~~old~~ new.", "~~old~~", "is not struck out"),
        ("A note[^1] here.", "[^1]", "is no footnote"),
        ("- [ ] to do", "[ ]", "is no box"),
        ("Text <!-- open", "<!--", "begins a comment that nothing closes"),
    ],
)
def test_signs_that_are_not_read(facts: Facts, text: str, value: str, message: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=text))
    assert (finding.rule, finding.value) == ("metadata-markup", value)
    assert message in finding.message


def test_a_link_in_a_plain_text(facts: Facts) -> None:
    plain = MetadataStructure("ESTAT", "PLAIN", "1.0", (MetadataAttribute("A", "1", names={"en": "A"}),))
    text = "# 1 A {#A}\n\nSee [the site](https://a.org)."
    (finding,) = found(facts, text, structure=plain)
    assert (finding.rule, finding.value) == ("metadata-markup", "[the site](https://a.org)")


@pytest.mark.parametrize("target", ["DATA_DESC", "CONTACT_EMAIL"])
def test_a_link_to_no_public_concept(facts: Facts, target: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=f"See [there](#{target})."))
    assert (finding.rule, finding.value) == ("metadata-link", f"#{target}")


# ------------------------------------------------------------------------------------------------ holes, characters


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("See {{ table }} here.", "Put it on a line of its own"),
        ("Above\n{{ table }}", "Put a blank line above it."),
        ("See {{ tabel }}.", "Correct the name."),
        ("See {{ }}.", "Write the name of a value"),
        ("See {{ table", "Close them with }}."),
    ],
)
def test_the_hint_for_each_kind_of_hole(facts: Facts, text: str, hint: str) -> None:
    document = filled(report(DATA_DESCR=text), values={"table": "| a |\n|---|\n| b |"})
    (finding,) = found_in(facts, document)
    assert (finding.rule, finding.hint.startswith(hint)) == ("metadata-expression", True)


@pytest.mark.parametrize("sign", ["\x80", "\x9f", "\ufdd0", "\uffff", "\u202e", "\u2066"])
def test_a_character_that_is_no_text(sign: str) -> None:
    with pytest.raises(FactsError) as error:
        filled(f"# 1 A {{#A}}\n\nab{sign}")
    assert "line 3, column 3" in str(error.value.problems[0])


def test_a_text_that_is_too_long() -> None:
    with pytest.raises(FactsError) as error:
        filled("a\n" * 600_000)
    assert "a report's text has at most 1,048,576 bytes" in str(error.value.problems[0])


@pytest.mark.parametrize(
    "text", ["{{ " * 20_000, "{" * 50_000, "1" * 50_000, "a" + " " * 50_000 + "b", "<!-- \n" * 20_000]
)
def test_a_long_line_is_read_in_seconds(facts: Facts, text: str) -> None:
    before = time.process_time()
    found(facts, report(DATA_DESCR=text))
    assert time.process_time() - before < 10


def test_findings_are_listed_in_the_order_of_the_report_with_their_hints(facts: Facts) -> None:
    names = [("9.1", "Ninth"), ("10.1", "Alpha"), ("10.2", "Beta")]
    concepts = tuple(
        concept(f"{name.upper()}_{number.replace('.', '_')}", number, (name, name)) for number, name in names
    )
    structure = MetadataStructure("ESTAT", "MANY", "1.0", concepts)
    verdicts = lint([filled("")], structure, facts, facts.country("FR"), TODAY)
    missing = tuple(one for one in verdicts if one.rule == "metadata-missing")
    told = Findings(missing, facts.rules).document({"name": "ebs", "version": "0"})
    set_ = MetadataSet("XX", "SET", "1.0", (), ())
    lines = list(metadata_text.lines(told, set_, 0, facts.rules))[2:]
    assert [line.split(" has no")[0].split(": ")[-1] for line in lines[::2]] == [
        f"{number} {name} ({name.upper()}_{number.replace('.', '_')})" for number, name in names
    ]
    assert "10.1 Alpha {#ALPHA_10_1}" in lines[3]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("judgments", "judgmets"), ("revisions", "revisons"), ("territories", "teritories"), ("activities", "activties"),
        ("collected", "collcted"), ("services", "servies"),
    ],
)  # fmt: skip
def test_a_misspelt_inflection_of_a_word_that_the_text_has(facts: Facts, right: str, wrong: str) -> None:
    (finding,) = found(facts, report(DATA_DESCR=f"The {right}, the {wrong}; products and processes."))
    assert (finding.rule, finding.value, finding.expected) == ("metadata-spelling", wrong, right)


@pytest.mark.parametrize(
    ("right", "wrong"), [("créations", "crations"), ("transmises", "trasnmises"), ("jugements", "jugeents")]
)
def test_a_misspelt_inflection_in_french(facts: Facts, right: str, wrong: str) -> None:
    (finding,) = in_french(facts, f"Les {right}, les {wrong}.")
    assert (finding.rule, finding.value, finding.expected) == ("metadata-spelling", wrong, right)

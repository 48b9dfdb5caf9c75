"""`ebs metadata` as an officer uses it: regenerated month after month, judged, compared, taken over; and in a delivery."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from delivery_support import ROOT, ebs
from lxml import html

from pipeline import archive, metadata
from pipeline.facts import Facts, load
from pipeline.facts.metadata_structure import MetadataStructure
from pipeline.messages import metadata_schema, metadata_writer
from pipeline.metadata_set import Heading, ReportedAttribute, changes, said
from pipeline.rebuild import rebuild
from pipeline.sent import record
from pipeline.texts import document as documents

FR = ROOT / "codelists" / "countries" / "FR"
ID = "sts_tot_rb_esms_fr"
FILES = [f"{ID}.fr.html", f"{ID}.html", f"{ID}_2.1.xml", f"{ID}_3.0.xml"]
NOON = dt.datetime(2024, 7, 5, 12, tzinfo=dt.UTC)


def send(month: str, at: str) -> None:
    """A delivery of a month that is recorded as sent."""
    ebs("deliver", "inputs", "--out", "out", "--month", month, "--prepared", at)
    ebs("sent", f"out/FR/{month}_01", "--at", at)


def composed(facts: Facts, place: Path) -> metadata.Composed:
    """The report over everything that was sent from a country's folder."""
    country = facts.country("FR")
    past, at = metadata.sent_so_far(facts, country, place)
    return metadata.compose(facts, country, past, at or NOON)


def overlay(place: Path, **texts: str) -> Path:
    """Facts with other texts of the French report; a name stands for esms.<name>.md, `own` for esms.md."""
    folder = place / "facts" / "codelists" / "countries" / "FR"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / ("esms.md" if name == "own" else f"esms.{name}.md")).write_text(text, "utf-8")
    return place / "facts"


OWN = (FR / "esms.md").read_text("utf-8")


# --- what is written ----------------------------------------------------------------------------------------------


def test_the_report_is_written_for_whoever_has_sent_nothing(place: Path) -> None:
    done = ebs("metadata", "--out", "out")
    assert sorted(path.name for path in (place / "out/FR/esms").iterdir()) == FILES
    assert "no delivery is recorded as sent" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"{Path('out/FR/esms')}: ")
    last = done.stdout.splitlines()[-1]
    assert "not confirmed by Eurostat: ESTAT:ESMS_MSD(2.2), ESTAT:ESMS_STSRB(1.0), ESTAT:STSRB_REG_M(1.0), " in last
    assert last.endswith("; send as a test first")
    for name in FILES[2:]:
        assert metadata_schema.faults((place / "out/FR/esms" / name).read_bytes()) == []


def test_the_same_text_facts_and_history_give_the_same_bytes(place: Path) -> None:
    send("2024-04", "2024-06-05T09:00:00+02:00")
    ebs("metadata", "--out", "out")
    before = {path.name: path.read_bytes() for path in (place / "out/FR/esms").iterdir()}
    ebs("metadata", "--out", "out")
    assert before == {path.name: path.read_bytes() for path in (place / "out/FR/esms").iterdir()}


def test_one_language_alone(place: Path) -> None:
    ebs("metadata", "--out", "out", "--lang", "fr")
    names = sorted(path.name for path in (place / "out/FR/esms").iterdir())
    assert names == [f"{ID}.fr.html", f"{ID}_2.1.xml", f"{ID}_3.0.xml"]
    done = ebs("metadata", "--out", "out", "--lang", "de", status=2)
    assert "the report has no text in 'de'" in done.stderr


def test_headings_are_those_of_the_model(facts: Facts) -> None:
    """Number by number as in the published report of this domain: 19 headings, those below, in this order."""
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    assert [one.number for one in structure.attributes] == [str(number) for number in range(1, 20)]
    below = [len(one.children) for one in structure.attributes]
    assert below == [8, 3, 9, 0, 0, 2, 2, 3, 0, 7, 2, 3, 3, 2, 4, 0, 2, 6, 0]
    for text in (FR / "esms.md", FR / "esms.fr.md"):
        told = documents.read(text.name, text.read_bytes(), "en")
        public = [one for one in structure.all if not one.restricted]
        assert [section.concept for section in told.sections] == [one.id for one in public]
        assert [section.number for section in told.sections] == [one.number for one in public]


# --- regenerated --------------------------------------------------------------------------------------------------


def test_what_was_sent_since_changes_figures_and_dates_alone(place: Path, facts: Facts) -> None:
    """Between two regenerations the text and the facts stay: what changes stands in an expression that is computed."""
    old = composed(facts, place / "out/FR")
    send("2024-04", "2024-06-05T09:00:00+02:00")
    send("2024-05", "2024-07-09T09:00:00+02:00")
    new = composed(facts, place / "out/FR")
    changed = {(one.concept, one.language) for one in changes(old.set_, new.set_)}
    expected = set()
    for document, was in zip(new.documents, old.documents, strict=True):
        values, earlier = new.values[document.language], old.values[document.language]
        assert values.keys() == earlier.keys()
        moved = {name for name in values if values[name] != earlier[name]}
        assert {"punctuality", "timeliness.table", "observations", "period_covered.registrations"} <= moved
        assert not {"aggregates", "legal_acts", "deadline", "unit", "first_period.registrations"} & moved
        for section in document.sections:
            if moved & set(re.findall(r"{{\s*([\w.-]+)\s*}}", section.source)):
                expected.add((section.concept, document.language))
            else:
                assert section == was.section(section.concept)
    assert changed == expected
    assert {"PUNCTUALITY", "TIMELINESS", "COMPLETENESS", "COVERAGE_TIME", "REV_PRACTICE"} <= {c for c, _ in changed}


def test_figures_of_the_report_are_those_of_what_was_sent(place: Path, facts: Facts) -> None:
    send("2024-04", "2024-06-05T09:00:00+02:00")  # 36 days after the end of April
    send("2024-05", "2024-07-17T09:00:00+02:00")  # 47 days after the end of May: seven days late
    made = composed(facts, place / "out/FR")
    punctuality = said(made.set_.attribute("PUNCTUALITY").in_language("en"))  # type: ignore[union-attr]
    for figure in ("1 of 2", "M+40", "M+36", "M+47", "May 2024", "7 days"):
        assert figure in punctuality


def test_a_delivery_has_the_report_as_of_itself(place: Path, facts: Facts) -> None:
    send("2024-04", "2024-06-05T09:00:00+02:00")
    ebs("deliver", "inputs", "--out", "out", "--month", "2024-05", "--prepared", "2024-07-05T09:00:00+02:00")
    delivery = place / "out/FR/2024-05_01"
    assert sorted(path.name for path in (delivery / "esms").iterdir()) == FILES
    manifest = archive.open_delivery(delivery)
    assert {f"esms/{name}" for name in FILES} <= set(manifest["files"])
    name, data = metadata.in_delivery(delivery)
    told = metadata.read_message(name, data, facts).set_
    coverage = said(told.attribute("COVERAGE_TIME").in_language("en"))  # type: ignore[union-attr]
    assert "May 2024" in coverage  # its own month is the newest
    punctuality = said(told.attribute("PUNCTUALITY").in_language("en"))  # type: ignore[union-attr]
    assert "The only monthly delivery so far was sent by M+40: at M+36." in punctuality  # and it is not sent itself
    assert rebuild(delivery, check=True).ok
    assert "codelists/countries/FR/esms.md" in manifest["request"]["facts"]


def test_dates_follow_what_was_sent(place: Path) -> None:
    """Last update, `Prepared` and the message's id: the last sending, once it is later than the text."""
    folder = overlay(place)
    text = (FR / "country.toml").read_text("utf-8")
    older = re.sub(r"(?m)^updated = .*$", "updated = 2024-05-01", text)
    (folder / "codelists/countries/FR/country.toml").write_text(older, "utf-8")
    message = place / "out/FR/esms" / f"{ID}_3.0.xml"
    seen = []
    for month, at in (("", ""), ("2024-04", "2024-06-05T09:00:00+02:00"), ("2024-05", "2024-07-05T09:00:00+02:00")):
        if month:
            send(month, at)
        ebs("metadata", "--out", "out", "--facts", str(folder))
        told = message.read_text("utf-8")
        seen += [re.findall(rf"{ID}_(\d{{8}})T", told)[0], re.findall(r"Prepared>(\d{4}-\d\d-\d\d)", told)[0]]
        seen += re.findall(r'id="META_LAST_UPDATE">\s*<metadata:Value[^>]*>([^<]*)<', told)
    dates = ("2024-05-01", "2024-06-05", "2024-07-05")
    assert seen == [one for date in dates for one in (date.replace("-", ""), date, date)]


def test_a_delivery_is_dated_by_its_preparation(place: Path) -> None:
    ebs("deliver", "inputs", "--out", "out", "--prepared", "2024-07-05T09:00:00+02:00")
    told = (place / "out/FR/2024-05_01/esms" / f"{ID}_3.0.xml").read_text("utf-8")
    assert f"{ID}_20240705T090000" in told
    assert "Prepared>2024-07-05T09:00:00+02:00<" in told


def test_a_delivery_of_one_indicator_has_no_report(place: Path) -> None:
    """It does not know what was sent of the other; a report that said so would be false."""
    ebs("deliver", "inputs", "--out", "out", "--only", "registrations")
    delivery = place / "out/FR/2024-05_01"
    assert not (delivery / "esms").exists()
    (rule,) = [
        one
        for one in json.loads((delivery / "findings.json").read_bytes())["rules"]
        if one["rule"] == "metadata-report"
    ]
    assert rule["outcome"] == "unchecked"
    assert "bankruptcies is not here" in rule["why"]


def test_a_correction_does_not_make_the_report_late(place: Path, facts: Facts) -> None:
    """A month counts by its first sending, also in the report of a delivery that knows only the correction's values."""
    send("2024-04", "2024-06-05T09:00:00+02:00")
    ebs("deliver", "inputs", "--out", "out", "--month", "2024-04", "--prepared", "2024-08-20T09:00:00+02:00")
    ebs("sent", "out/FR/2024-04_02", "--at", "2024-08-20T09:00:00+02:00")
    ebs("deliver", "inputs", "--out", "out", "--month", "2024-05", "--prepared", "2024-08-21T09:00:00+02:00")
    delivery = place / "out/FR/2024-05_01"
    (one,) = archive.open_delivery(delivery)["request"]["history"]
    assert one["delivery"] == "2024-04_02"
    assert {entry["delivery"] for entry in one["first"].values()} == {"2024-04_01"}
    told = metadata.read_message(*metadata.in_delivery(delivery), facts).set_
    punctuality = said(told.attribute("PUNCTUALITY").in_language("en"))  # type: ignore[union-attr]
    assert "The only monthly delivery so far was sent by M+40: at M+36." in punctuality
    assert rebuild(delivery, check=True).ok


# --- a text that is wrong -----------------------------------------------------------------------------------------


def test_an_expression_without_a_value_stops_the_report_and_not_the_figures(place: Path) -> None:
    folder = overlay(place, own=OWN.replace("{{ base_year }}", "{{ base_yaer }}", 1))
    line = next(i for i, text in enumerate(OWN.splitlines(), 1) if "{{ base_year }}" in text)
    done = ebs("metadata", "--out", "out", "--facts", str(folder), status=1)
    assert f"esms.md:{line}:" in done.stdout
    assert "metadata-expression" in done.stdout
    assert "did you mean 'base_year'" in done.stdout
    assert "nothing was written" in done.stdout
    assert not (place / "out/FR/esms").exists()
    done = ebs("deliver", "inputs", "--out", "out", "--facts", str(folder))
    assert f"esms.md line {line}: {{{{ base_yaer }}}}" in done.stdout + done.stderr
    assert "WARNING metadata-report" in done.stdout + done.stderr
    assert not (place / "out/FR/2024-05_01/esms").exists()
    assert (place / "out/FR/2024-05_01/upload").is_dir()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("esms.md", OWN.encode("utf-8").replace(b"# 4 ", b"\xff# 4 ", 1), "not UTF-8"),
        ("esms.certified.xml", b"hello", "esms.certified.xml"),
    ],
    ids=["text", "certified"],
)
def test_a_report_that_cannot_be_read_holds_up_no_figures(place: Path, name: str, data: bytes, words: str) -> None:
    folder = overlay(place)
    (folder / "codelists/countries/FR" / name).write_bytes(data)
    done = ebs("deliver", "inputs", "--out", "out", "--facts", str(folder))
    assert "WARNING metadata-report" in done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert (place / "out/FR/2024-05_01/upload").is_dir()
    assert not (place / "out/FR/2024-05_01/esms").exists()
    assert rebuild(place / "out/FR/2024-05_01", check=True).ok
    for asked in ([], ["--check"]):
        assert words in ebs("metadata", "--out", "new", "--facts", str(folder), *asked, status=3).stderr


def test_personal_data_in_a_public_concept_keep_the_page_from_being_made(place: Path) -> None:
    words = "Questions: Mrs Jeanne Dupont, +33 1 87 69 50 00, jeanne.dupont@insee.example."
    folder = overlay(
        place, own=OWN.replace("# 19 Comment {#COMMENT_DSET}\n", f"# 19 Comment {{#COMMENT_DSET}}\n\n{words}\n")
    )
    done = ebs("metadata", "--out", "out", "--facts", str(folder), status=1)
    assert "metadata-personal" in done.stdout
    assert "no page was made: personal data would be on it" in done.stdout
    assert sorted(path.suffix for path in (place / "out/FR/esms").iterdir()) == [".xml", ".xml"]
    done = ebs("deliver", "inputs", "--out", "out", "--facts", str(folder))
    assert "Its pages were left out" in done.stdout + done.stderr
    assert not list((place / "out/FR/2024-05_01/esms").glob("*.html"))


def test_what_is_no_longer_made_is_taken_away(place: Path) -> None:
    """No page of yesterday stands beside the messages of today."""
    ebs("metadata", "--out", "out")
    done = ebs("metadata", "--out", "out", "--lang", "fr")
    gone = Path("out/FR/esms") / f"{ID}.html"
    assert f"note: {gone} was of an earlier run and has been removed." in done.stderr
    assert not gone.exists()


def test_a_text_in_a_language_without_a_file_is_no_secret(place: Path) -> None:
    folder = overlay(place, el="# 1 Επαφή {#CONTACT}\n")
    for arguments in (["metadata", "--check"], ["deliver", "inputs", "--out", "out"]):
        done = ebs(*arguments, "--facts", str(folder), status=3)
        assert "esms.el.md: nothing reads this text: there are no phrases of the language 'el'" in done.stderr


def test_check_writes_nothing(place: Path) -> None:
    ebs("metadata", "--check", "--out", "out")
    assert not (place / "out").exists()
    folder = overlay(place, own=OWN.replace("# 4 Unit of measure {#UNIT_MEASURE}", "# 4 Unit {#UNIT_MEASUER}"))
    done = ebs("metadata", "--check", "--out", "out", "--facts", str(folder), "--format", "json", status=1)
    document = json.loads(done.stdout)
    assert not document["ok"]
    assert "metadata-heading" in {one["rule"] for one in document["findings"]}


def test_a_country_without_a_report(place: Path) -> None:
    folder = overlay(place)
    text = (FR / "country.toml").read_text("utf-8")
    without = re.sub(r"\[report\]\n(?:.+\n)+", "", text)
    (folder / "codelists/countries/FR/country.toml").write_text(without, "utf-8")
    done = ebs("metadata", "--facts", str(folder), status=3)
    assert "country.toml: the facts of this country say nothing about its metadata report. Add [report]" in done.stderr
    ebs("deliver", "inputs", "--out", "out", "--facts", str(folder))
    assert not (place / "out/FR/2024-05_01/esms").exists()


# --- compared and taken over --------------------------------------------------------------------------------------


def test_what_has_changed_since(place: Path) -> None:
    ebs("metadata", "--out", "out")
    old = str(Path("out/FR/esms") / f"{ID}_3.0.xml")
    assert ebs("metadata", "--out", "out", "--diff", old).stdout == f"the same as {old}\n"
    folder = overlay(
        place, own=OWN.replace("# 19 Comment {#COMMENT_DSET}\n", "# 19 Comment {#COMMENT_DSET}\n\nSeen anew.\n")
    )
    done = ebs("metadata", "--out", "out", "--diff", old, "--facts", str(folder))
    assert done.stdout.splitlines() == [
        "19 Comment COMMENT_DSET (en): changed",
        "    + Seen anew.",
        f"1 concept changed since {old}",
    ]
    for other in (str(FR / "esms.md"), old.replace("3.0", "2.1")):
        assert "1 concept changed" in ebs("metadata", "--out", "out", "--diff", other, "--facts", str(folder)).stdout
    document = json.loads(ebs("metadata", "--out", "out", "--diff", old, "--format", "json").stdout)
    assert document == {"schema": 1, "old": old, "changes": []}


def test_a_delivery_is_compared_with_what_was_sent_since(place: Path) -> None:
    send("2024-04", "2024-06-05T09:00:00+02:00")
    done = ebs("metadata", "--out", "out", "--diff", "out/FR/2024-04_01")
    assert "14.2 Punctuality PUNCTUALITY (en): changed" in done.stdout


def test_what_was_certified_is_compared_on_the_page(place: Path) -> None:
    ebs("metadata", "--out", "out")
    page = (place / "out/FR/esms" / f"{ID}.html").read_text("utf-8")
    folder = overlay(
        place, own=OWN.replace("# 19 Comment {#COMMENT_DSET}\n", "# 19 Comment {#COMMENT_DSET}\n\nSeen anew.\n")
    )
    shutil.copy(place / "out/FR/esms" / f"{ID}_3.0.xml", folder / "codelists/countries/FR/esms.certified.xml")
    ebs("metadata", "--out", "out", "--facts", str(folder))
    after = (place / "out/FR/esms" / f"{ID}.html").read_text("utf-8")
    assert "Seen anew." not in page
    (section,) = html.fromstring(after).xpath("//*[@id='page.changes']")
    assert "Seen anew." in section.text_content()
    assert [link.get("href") for link in section.iter("a")] == ["#COMMENT_DSET"]


def test_a_message_becomes_the_text_and_the_same_report_again(place: Path) -> None:
    """Losing nothing: what is taken over, without any expression, makes the very same metadata set."""
    ebs("metadata", "--out", "out")
    for version in ("3.0", "2.1"):
        target, message = f"taken {version}", str(Path("out/FR/esms") / f"{ID}_{version}.xml")
        done = ebs("metadata", "--import", message, "--facts", target)
        folder = place / target / "codelists/countries/FR"
        assert sorted(path.name for path in folder.iterdir()) == ["esms.fr.md", "esms.md"]
        assert "note:" not in done.stderr
        again = ebs("metadata", "--out", "out", "--facts", target, "--diff", message)
        assert again.stdout == f"the same as {message}\n"


@pytest.mark.parametrize(
    ("languages", "own", "files", "note"),
    [
        (("fr", "en"), "en", ["esms.fr.md", "esms.md"], ""),
        (
            ("fr",),
            "en",
            ["esms.fr.md"],
            "en: it is the report's own language (country.toml), and the message has no text",
        ),
        (("en",), "en", ["esms.md"], "fr: the text that is there stays; the message has none."),
        (
            ("en", "de"),
            "en",
            ["esms.md"],
            "de: left out, as there is no codelists/languages/de.toml; add it and import",
        ),
        (("fr", "en-GB"), "en-GB", ["esms.fr.md", "esms.md"], ""),
    ],
)
def test_languages_of_a_message(
    place: Path, facts: Facts, languages: tuple[str, ...], own: str, files: list[str], note: str
) -> None:
    """Whatever their order, the report's own language is esms.md, with the dates; the others are named after theirs."""
    made = composed(facts, place / "out/FR")
    spoken = {"de": "en", "en-GB": "en"}
    contents = {
        one.id: tuple((to, one.in_language(spoken.get(to, to))) for to in languages)
        for one in made.set_.all
        if dict(one.content).keys() - {""}
    }

    def only(attribute: ReportedAttribute) -> ReportedAttribute:
        children = tuple(map(only, attribute.children))
        return replace(attribute, content=contents.get(attribute.id, attribute.content), children=children)

    set_ = replace(made.set_, attributes=tuple(map(only, made.set_.attributes)), names=((languages[0], "Title"),))
    restriction = facts.metadata.restriction.annotation
    data = metadata_writer.write_30(
        set_, made.structure, Heading("M", NOON.isoformat(), "FR1"), restriction=restriction
    )
    (place / "message.xml").write_bytes(data)
    done = ebs("metadata", "--import", "message.xml", "--facts", "taken")
    folder = place / "taken/codelists/countries/FR"
    assert sorted(path.name for path in folder.iterdir()) == files
    assert note in done.stderr
    assert "note: title: Title" in done.stderr  # a fact, not text
    dated = "esms.md" if own in languages else files[0]  # plain values stand once
    assert [name for name in files if "2024-06-14" in (folder / name).read_text("utf-8")] == [dated]


def test_a_text_is_compared_in_its_own_language(place: Path) -> None:
    ebs("metadata", "--out", "out")
    for name in ("esms.fr.md", "esms.md"):
        text = str(FR / name)
        assert ebs("metadata", "--out", "out", "--diff", text).stdout == f"the same as {text}\n"
    done = ebs("metadata", "--out", "out", "--diff", str(ROOT / "README.md"), status=3)
    assert "no heading of this file names a concept of the report" in done.stderr


def test_a_text_is_not_written_over(place: Path) -> None:
    ebs("metadata", "--out", "out")
    message = str(Path("out/FR/esms") / f"{ID}_3.0.xml")
    folder = overlay(place, own="# 1 Contact {#CONTACT}\n\nMine.\n")
    done = ebs("metadata", "--import", message, "--facts", str(folder), status=2)
    assert "another text is there already, and is not written over. Move it away" in done.stderr
    assert "Mine." in (folder / "codelists/countries/FR/esms.md").read_text("utf-8")
    assert "say into which folder the text shall go" in ebs("metadata", "--import", message, status=2).stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--diff", "none.xml"], 3, "there is no such file"),
        (["--diff", "inputs"], 2, ""),
        (["--diff", "inputs/registrations.csv"], 3, ""),
        (["--import", "inputs/registrations.csv", "--facts", "new"], 3, ""),
        (["--check", "--diff", "x"], 2, "Give one of them"),
        (["--country", "XX"], 3, "there are no facts about country 'XX'"),
        (["--history", "nowhere"], 2, "has a history.toml"),
        (["--format", "xml"], 2, "xml"),
    ],
)
def test_what_cannot_be_done_is_said(place: Path, arguments: list[str], status: int, words: str) -> None:
    done = ebs("metadata", "--out", "out", *arguments, status=status)
    assert words in done.stderr
    assert not (place / "out").exists()


def test_one_document_whatever_happens(place: Path) -> None:
    for arguments, status in ((["--check"], 0), (["--country", "XX"], 3), ([], 0)):
        done = ebs("metadata", "--out", "out", *arguments, "--format", "json", status=status)
        document = json.loads(done.stdout)
        assert document["schema"] == 1


def restricted(structure: MetadataStructure) -> Iterator[str]:
    return (one.id for one in structure.all if one.restricted)


def test_a_personal_contact_is_in_the_messages_and_never_on_the_page(place: Path, facts: Facts) -> None:
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    text = OWN
    order = [one.id for one in structure.all]
    for id_ in restricted(structure):
        one = structure.by_id[id_]
        after = next(other for other in order[order.index(id_) :] if not structure.by_id[other].restricted)
        heading = f"## {one.number} {one.name} {{#{id_}}}\n\nConfidential {id_.lower()} of Jeanne Martin\n\n"
        start = text.rindex("\n#", 0, text.index(f"{{#{after}}}")) + 1
        text = text[:start] + heading + text[start:]
    folder = overlay(place, own=text)
    ebs("metadata", "--out", "out", "--facts", str(folder), status=0)
    for name in FILES:
        data = (place / "out/FR/esms" / name).read_text("utf-8")
        assert ("Jeanne Martin" in data) == name.endswith(".xml"), name
        if name.endswith(".xml"):
            told = metadata.read_message(name, data.encode("utf-8"), facts).set_
            assert {one.id for one in told.all if one.restricted} == set(restricted(structure))


def test_the_shipped_text_has_no_error(facts: Facts) -> None:
    country = facts.country("FR")
    report = country.country.report
    assert report is not None
    assert report.certified is not None
    made = metadata.compose(facts, country, metadata.Past((), metadata.Vintages(), None), NOON)
    day = report.certified + dt.timedelta(days=1)
    early = [f for verdict in metadata.judge(made, facts, country, day) for f in verdict.findings]
    assert [one.message for one in early if one.rule != "metadata-date"] == []  # of the future, seen from then
    assert load().rules["metadata-certified"].severity == "warning"


def test_sending_is_what_counts(place: Path, facts: Facts) -> None:
    """A draft that was not sent is in no figure of the report."""
    ebs("deliver", "inputs", "--out", "out", "--month", "2024-04")
    country = facts.country("FR")
    past, at = metadata.sent_so_far(facts, country, place / "out/FR")
    assert (past.sent, at) == ((), None)
    record(place / "out/FR/2024-04_01", NOON, NOON)
    past, at = metadata.sent_so_far(facts, country, place / "out/FR")
    assert ([one.month for one in past.sent], at) == (["2024-04"], NOON)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("# 1 Contact {#CONTACT}", "Above it all.\n\n# 1 Contact {#CONTACT}"),
        ("# 1 Contact {#CONTACT}\n", "# 1 Contact {#CONTACT}\n\nIn a heading that only groups.\n"),
        ("# 19 Comment {#COMMENT_DSET}", "## Without an id\n\nLost.\n\n# 19 Comment {#COMMENT_DSET}"),
        ("# 19 Comment {#COMMENT_DSET}", "# 19 Comment {#CONTACT}"),
    ],
)
def test_no_text_is_lost_in_silence(place: Path, where: str, words: str) -> None:
    """What no message has a place for stops the report, with its line."""
    folder = overlay(place, own=OWN.replace(where, words, 1))
    done = ebs("metadata", "--out", "out", "--facts", str(folder), status=1)
    assert "ERROR metadata-heading" in done.stdout
    assert "nothing was written" in done.stdout
    assert not (place / "out").exists() or not list((place / "out").rglob("*.xml"))


def test_the_documentation_names_every_expression_and_rule(facts: Facts) -> None:
    told = (ROOT / "docs" / "metadata.md").read_text("utf-8")
    country = facts.country("FR")
    made = metadata.compose(facts, country, metadata.Past((), metadata.Vintages(), None), NOON)
    ids = {indicator.id for indicator in country.country.indicator}
    names = {re.sub(rf"\.({'|'.join(ids)})$", ".X", name) for name in made.values["en"]}
    assert sorted(name for name in names if f"`{name}`" not in told) == []
    rules = [rule for rule in facts.rules if rule.startswith("metadata-")]
    assert [rule for rule in rules if f"`{rule}`" not in told and f"`{rule}`" not in ("`metadata-report`",)] == []


def test_who_validates_the_message_is_told_what_judges_it(place: Path) -> None:
    ebs("metadata", "--out", "out")
    done = ebs("validate", str(Path("out/FR/esms") / f"{ID}_3.0.xml"), status=1)
    assert "this is an SDMX 3.0 GenericMetadata message, not a data message." in done.stdout
    assert "judged by `ebs metadata --check`" in done.stdout

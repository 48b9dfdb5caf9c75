"""`ebs structure import`: a registry's own export is judged, described, and takes its place; or nothing changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE, ROOT, Run

from pipeline.errors import FactsError, MachineError
from pipeline.facts import load, store
from pipeline.messages.readback import merged
from pipeline.messages.schema import standard_schema
from pipeline.structure_import import Imported, import_structures

SPECIMENS = ROOT / "tests" / "structures"
INDEX = tomllib.loads((ROOT / "dsd" / "index.toml").read_text("utf-8"))["structure"]
TODAY = dt.date(2024, 7, 1)


@pytest.fixture(scope="session")
def whole() -> str:
    """The shipped structure as a registry would export it: one message with its concepts and lists."""
    files = [file for entry in INDEX if entry["kind"] == "data structure" for file in entry["files"]]
    return merged((ROOT / file).read_bytes() for file in files).decode()


def flow(name: str = "STSRB_REG_M", version: str = "2.1") -> str:
    return (ROOT / "dsd" / f"{name}.xml").read_text("utf-8").replace('version="2.1"', f'version="{version}"')


def take(overlay: Path, *texts: str, official: bool = False, today: dt.date = TODAY) -> Imported:
    messages = [(f"export-{i}.xml", text.encode()) for i, text in enumerate(texts)]
    return import_structures(messages, overlay, official=official, today=today)


def specimen(name: str) -> str:
    return (SPECIMENS / f"{name}.xml").read_text("utf-8")


def entries(overlay: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found = tomllib.loads((overlay / "dsd" / "index.toml").read_text("utf-8"))["structure"]
    return {(entry["kind"], entry["id"]): entry for entry in found}


def state(overlay: Path) -> dict[str, bytes]:
    return {p.relative_to(overlay).as_posix(): p.read_bytes() for p in sorted(overlay.rglob("*")) if p.is_file()}


def why(error: pytest.ExceptionInfo[FactsError]) -> str:
    return "\n".join(map(str, error.value.problems))


# --- the registry's own copy takes the place of the reconstruction ------------------------------------------------


def test_the_same_version_replaces_the_reconstruction(tmp_path: Path, whole: str) -> None:
    overlay = tmp_path / "facts"
    made = take(overlay, whole, official=True)
    assert made.stored == ("dsd/ESTAT_STSALL_2.1.xml", "dsd/index.toml")
    assert (overlay / "dsd/ESTAT_STSALL_2.1.xml").read_text("utf-8") == whole
    entry = entries(overlay)["data structure", "ESTAT:STSALL(2.1)"]
    assert entry["files"] == ["dsd/ESTAT_STSALL_2.1.xml"]
    assert entry["sha256"] == {"dsd/ESTAT_STSALL_2.1.xml": hashlib.sha256(whole.encode()).hexdigest()}
    assert (entry["evidence"], entry["checked"]) == ("official", TODAY)
    assert entry["origin"].startswith("export-0.xml, an SDMX-ML 2.1 message of EBS, prepared ")
    assert made.used == ("STSRB_REG_M", "STSRB_BKRT_M")
    kept = {(e["kind"], e["id"]): e for e in INDEX if e["kind"] != "data structure"}
    assert {key: e for key, e in entries(overlay).items() if key in kept} == kept
    facts = load(overlay)
    assert [c.id for c in facts.structure("ESTAT:STSALL(2.1)").components] == [
        c.id for c in load().structure("ESTAT:STSALL(2.1)").components
    ]
    assert "codelists/sdmx/CL_FREQ.xml" not in {f for e in facts.structure_index for f in e.files}


def test_what_is_kept_of_the_index_stays_as_it_was_written(tmp_path: Path, whole: str) -> None:
    take(tmp_path, whole)
    before, after = ((root / "dsd" / "index.toml").read_text("utf-8") for root in (ROOT, tmp_path))
    kept = before.index('[[structure]]\nkind = "dataflow"')
    assert after.startswith(before[: before.index("[[structure]]")])
    assert after.endswith(before[kept:])


def test_a_later_version_replaces_the_reconstruction_and_what_followed_it(tmp_path: Path, whole: str) -> None:
    newer = whole.replace('id="STSALL" agencyID="ESTAT" version="2.1"', 'id="STSALL" agencyID="ESTAT" version="2.2"')
    made = take(tmp_path, newer)
    assert made.follow == {"STSRB_REG_M": "ESTAT:STSALL(2.2)", "STSRB_BKRT_M": "ESTAT:STSALL(2.2)"}
    assert "ESTAT:STSALL(2.1) was a reconstruction; ESTAT:STSALL(2.2) takes its place." in made.notes
    assert ("data structure", "ESTAT:STSALL(2.1)") not in entries(tmp_path)
    note = entries(tmp_path)["dataflow", "ESTAT:STSRB_REG_M(1.0)"]["note"]
    assert note == "Follows ESTAT:STSALL(2.2) instead of ESTAT:STSALL(2.1) since that was imported (2024-07-01)."
    facts = load(tmp_path)
    assert facts.transmission.preview.structure == "ESTAT:STSALL(2.2)"
    before = state(tmp_path)
    assert not take(tmp_path, newer, today=dt.date(2025, 1, 1)).changed
    assert state(tmp_path) == before


def test_an_earlier_version_stands_beside(tmp_path: Path, whole: str) -> None:
    older = whole.replace('id="STSALL" agencyID="ESTAT" version="2.1"', 'id="STSALL" agencyID="ESTAT" version="2.0"')
    made = take(tmp_path, older)
    assert made.used == ()
    assert {"ESTAT:STSALL(2.0)", "ESTAT:STSALL(2.1)"} <= {id_ for _, id_ in entries(tmp_path)}


def test_the_same_bytes_again_change_nothing(tmp_path: Path, whole: str) -> None:
    take(tmp_path, whole, flow(), official=True)
    before = state(tmp_path)
    later = dt.date(2030, 1, 1)
    for again in ([whole, flow()], [flow(), whole], [whole, flow(), whole]):
        assert not take(tmp_path, *again, today=later).changed
    assert state(tmp_path) == before
    assert take(tmp_path, whole, official=True, today=later).changed  # without the dataflow it needs one file less


def test_a_newer_export_takes_the_place_of_an_older_one(tmp_path: Path, whole: str) -> None:
    take(tmp_path, whole, flow())
    more = whole.replace("<message:Test>false", "<message:Test>true").replace("</message:Header>", " </message:Header>")
    assert more != whole
    made = take(tmp_path, more, flow())
    assert made.stored == ("dsd/ESTAT_STSALL_2.1.xml", "dsd/index.toml")
    with pytest.raises(FactsError) as error:
        take(tmp_path, whole)
    assert "ESTAT:STSRB_REG_M(1.0) was imported with an earlier export (dsd/ESTAT_STSALL_2.1.xml)" in why(error)
    load(tmp_path)


def test_a_file_that_nothing_uses_any_more_goes(tmp_path: Path, whole: str) -> None:
    lists = merged([(ROOT / "codelists/sdmx/CL_FREQ.xml").read_bytes()]).decode()
    take(tmp_path, whole, lists)
    assert "dsd/ESTAT_CL_FREQ_1.0.xml" in state(tmp_path)
    assert take(tmp_path, whole).removed == ("dsd/ESTAT_CL_FREQ_1.0.xml",)
    load(tmp_path)


def test_several_files_complete_one_another(tmp_path: Path) -> None:
    texts = [(ROOT / file).read_text("utf-8") for e in INDEX if e["kind"] == "data structure" for file in e["files"]]
    made = take(tmp_path, *texts)
    assert len(made.stored) == len(texts) + 1
    assert entries(tmp_path)["data structure", "ESTAT:STSALL(2.1)"]["files"][0] == "dsd/ESTAT_STSALL_2.1.xml"
    assert not [note for note in made.notes if "not judged" in note or "otherwise" in note]


# --- what contradicts the facts, or cannot be written, changes nothing --------------------------------------------


def test_a_structure_that_contradicts_the_facts_is_refused_whole(tmp_path: Path, whole: str) -> None:
    overlay = tmp_path / "facts"
    with pytest.raises(FactsError) as error:
        take(
            overlay,
            whole.replace('<structure:Code id="BUBA"', '<structure:Code id="BANK"').replace('id="BUBA"', 'id="BANK"'),
        )
    first, *others = error.value.problems
    assert "these facts would contradict each other; nothing was imported" in first.message
    assert any("indicators.toml" in p.where and "'BUBA' is not in" in p.message for p in others)
    assert not overlay.exists()


def test_what_is_there_stays_when_an_import_is_refused(tmp_path: Path, whole: str) -> None:
    take(tmp_path, whole)
    before = state(tmp_path)
    with pytest.raises(FactsError):
        take(tmp_path, whole.replace('id="BUBA"', 'id="BANK"'))
    assert state(tmp_path) == before


def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, whole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = tmp_path / "facts"
    write = store._write

    def full(path: Path, data: bytes | None) -> None:
        if data is not None and path == overlay / "dsd" / "index.toml":
            raise OSError(28, "No space left on device", str(path))
        write(path, data)

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(MachineError, match="the disk is full"):
        take(overlay, whole)
    assert not overlay.exists()


def test_a_list_that_another_structure_has_differently(tmp_path: Path, whole: str) -> None:
    other = whole.replace('id="STSALL" agencyID="ESTAT"', 'id="OTHER" agencyID="ESTAT"').replace(
        'id="BUBA"', 'id="BANK"'
    )
    with pytest.raises(FactsError) as error:
        take(tmp_path / "facts", other)
    assert "is given twice with different codes (as BANK, BUBA)" in why(error)


def test_an_index_that_cannot_be_cut(tmp_path: Path, whole: str) -> None:
    take(tmp_path, whole)
    path = tmp_path / "dsd" / "index.toml"
    data = tomllib.loads(path.read_text("utf-8"))["structure"][0]
    path.write_text(f"structure = [{{ kind = 'data structure', id = '{data['id']}', files = ['{data['files'][0]}'], "
                    "origin = '', evidence = 'public', reference = '', checked = 2024-01-01 }]\n", "utf-8")  # fmt: skip
    with pytest.raises(FactsError) as error:
        take(tmp_path, whole, flow())
    assert "its entries cannot be told apart" in why(error)


# --- what exports look like ---------------------------------------------------------------------------------------


def test_a_message_wrapped_by_a_registry(tmp_path: Path) -> None:
    made = take(tmp_path, specimen("wrapped_21"))
    assert made.stored[0] == "dsd/REG_WRAPPED_1.0.xml"
    for note in (
        "REG:WRAPPED(1.0): FAR:CL_FAR(3.0) is not at hand: values of AREA are not judged.",
        "REG:WRAPPED(1.0): Only a part of REG:CL_PART(1.0) is at hand: values of KIND are not judged.",
        "REG:WRAPPED(1.0): REG:CL_CASE(1.0) has codes that differ in upper and lower case only: m2, M2.",
        "REG:WRAPPED(1.0): The concepts of OBS_VALUE are not at hand, or have no name.",
        "REG:WRAPPED(1.0): The group ByConstraint does not name its dimensions: they are in an attachment constraint.",
        "FAR:ELSEWHERE(1.0): only its name is there (a stub, or an external reference); it cannot be used.",
        "export-0.xml only refers to FAR:CL_FAR(3.0), FAR:ELSEWHERE(1.0): they are kept elsewhere, and not fetched.",
    ):
        assert note in made.notes
    assert not [note for note in made.notes if "schema wants" in note]


def test_a_draft_of_three_point_one(tmp_path: Path) -> None:
    made = take(tmp_path, specimen("draft_31"))
    assert made.stored[0] == "dsd/REG_DRAFT_1.0.0-draft.xml"
    said = "\n".join(made.notes)
    judged = "line 34: not as the SDMX 3.1 schema wants it: Element 'Enumeration'"
    for words in (
        judged if standard_schema("3.1") else "not judged by the schema of SDMX 3.1, which this installation lacks",
        "no second opinion, as sdmx1 cannot read it",
        "There is no time dimension",
        "There are 2 measures: STOCK, FLOW.",
        "KIND asks for REG:CL_KIND(*): REG:CL_KIND(1.2.0) is taken.",
        "FAR:CL_AREA(2.0+.0) is not at hand: values of AREA are not judged.",
        "Version 1.0.0-draft is a draft",
        "The dataflow REG:OTHER(1.0.0) follows REG:OTHER(1.0+.0), which is not in these files.",
        "The constraint REG:CR(1.0.0) is attached to what is not in these files: Dataflow=REG:GONE(1.0.0).",
    ):
        assert words in said


def test_lists_of_every_kind(tmp_path: Path) -> None:
    made = take(tmp_path, specimen("measures_30"))
    kinds = [entry.kind for entry in made.entries]
    assert kinds == ["data structure", "dataflow", "constraint"]
    assert any(note.startswith("TEST:MSD(1.0.0): only its name is there") for note in made.notes)
    (structure,) = made.structures
    codes = {c.id: len(c.codelist.codes) for c in structure.components if c.codelist is not None}
    assert codes == {"FREQ": 2, "AGE": 4, "AREA": 1, "STATUS": 2, "ORIGIN": 1}


def test_a_structure_and_a_dataflow_of_one_name_are_two_entries(tmp_path: Path) -> None:
    take(tmp_path, specimen("levels_21"))
    take(tmp_path, specimen("flat_21"))
    ids = set(entries(tmp_path))
    assert {("data structure", "TEST:LEVELS(1.0)"), ("dataflow", "TEST:LEVELS(1.0)")} <= ids
    assert ("data structure", "T.SUB:FLAT(1.0)") in ids
    assert len(load(tmp_path).structures.structures) == 3


def test_a_list_of_twelve_thousand_codes(tmp_path: Path, whole: str) -> None:
    codes = "".join(
        f'<structure:Code id="X{i}"><common:Name xml:lang="en">n</common:Name></structure:Code>' for i in range(12_000)
    )
    big = whole.replace("</structure:Codelist>", f"{codes}</structure:Codelist>", 1)
    made = take(tmp_path, big)
    assert made.changed
    assert not [note for note in made.notes if "otherwise" in note or "schema wants" in note]


def test_departures_from_the_schema_are_said_with_their_line(tmp_path: Path) -> None:
    wrong = specimen("levels_21").replace('<str:Code id="A">', '<str:Code id="A" colour="red">')
    line = next(i for i, text in enumerate(wrong.splitlines(), 1) if 'colour="red"' in text)
    (said,) = [note for note in take(tmp_path, wrong).notes if "schema wants" in note]
    assert said.startswith(f"export-0.xml line {line}: not as the SDMX 2.1 schema wants it: Element 'Code'")


def test_the_other_library_reads_the_same(tmp_path: Path, whole: str) -> None:
    assert not [note for note in take(tmp_path, whole).notes if "sdmx1" in note]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ((ROOT / "codelists/sdmx/CL_FREQ.xml").read_text("utf-8"), "there is no data structure, but 1 code lists"),
        ((ROOT / "dsd/STSRB_REG_M.xml").read_text("utf-8"), "there is no data structure, but 1 dataflows"),
        ((ROOT / "tests/golden/delivery/upload/STSRB_REG_M_FR_2024_0005.xml").read_text("utf-8"), "not a structure message"),
        ("{}", "a JSON file"),
        ("", "empty"),
        ("<a", "not well-formed"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        ("<html/>", "web page"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FactsError) as error:
        take(tmp_path / "facts", text)
    assert words in why(error)
    assert not (tmp_path / "facts").exists()


def test_a_stub_is_refused(tmp_path: Path) -> None:
    text = specimen("wrapped_21")
    start, end = text.index("<str:DataStructureComponents>"), text.index("</str:DataStructureComponents>")
    with pytest.raises(FactsError) as error:
        take(tmp_path, text[:start] + text[end + len("</str:DataStructureComponents>") :])
    assert "only the name of REG:WRAPPED(1.0), FAR:ELSEWHERE(1.0) is there (a stub" in why(error)
    assert "references=all" in why(error)


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    text = specimen("flat_21").replace('id="FLAT"', 'id="../../FLAT"')
    with pytest.raises(FactsError) as error:
        take(tmp_path / "facts", text)
    assert "no usable agencyID, id and version" in why(error)
    made = take(tmp_path / "facts", specimen("flat_21").replace("T.SUB", "T.SUB.x-y"))
    assert made.stored[0] == "dsd/T.SUB.x-y_FLAT_1.0.xml"


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command(ebs: Run, tmp_path: Path, whole: str) -> None:
    (tmp_path / 'a "b".xml').write_text(whole, "utf-8")
    done = ebs("structure", "import", 'a "b".xml', "--official", EBS_FACTS="ours/facts")
    assert (done.returncode, done.stderr) == (0, "")
    *_, last = done.stdout.splitlines()
    assert (
        "ESTAT:STSALL(2.1)  SDMX for Short-Term Business Statistics: dimensions 6 and time, measures 1" in done.stdout
    )
    assert "STSRB_REG_M follows ESTAT:STSALL(2.1)\n" in done.stdout
    assert last.startswith(
        "Imported; look at it: ebs structure show 'ESTAT:STSALL(2.1)' --facts ours/facts; then deliver"
    )
    again = ebs("structure", "import", 'a "b".xml', "--facts", "ours/facts")
    assert "Nothing has changed" in again.stdout
    listed = ebs("structure", "list", "--facts", "ours/facts").stdout
    assert "official" in listed
    assert 'a "b".xml, an SDMX-ML 2.1 message of EBS' in listed
    delivered = ebs("deliver", EXAMPLE, "--facts", "ours/facts")
    assert delivered.returncode == 0
    assert "STSALL(2.1) (a reconstruction)" not in delivered.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([SPECIMENS / "flat_21.xml"], 2, "usage: --facts: say into which folder the structure shall go"),
        (["no.xml", "--facts", "ours"], 2, "usage: no.xml: there is no such file"),
        ([".", "--facts", "ours"], 2, "usage: .: this is a folder"),
        ([ROOT / "dsd" / "STSRB_REG_M.xml", "--facts", "ours"], 3, "facts: STSRB_REG_M.xml: there is no data structure"),
        ([ROOT / "README.md", "--facts", "ours"], 3, "facts: README.md: is not XML"),
        ([SPECIMENS / "flat_21.xml", "--facts", SPECIMENS], 3, "has neither codelists/ nor dsd/"),
        ([SPECIMENS / "flat_21.xml", "--facts", SPECIMENS / "flat_21.xml"], 3, "this is a file, not a folder for facts"),
    ],
)  # fmt: skip
def test_exit_statuses(ebs: Run, tmp_path: Path, arguments: list[Any], status: int, words: str) -> None:
    done = ebs("structure", "import", *arguments, EBS_FACTS="")
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert not (tmp_path / "ours").exists()


def test_show_says_what_is_missing(ebs: Run) -> None:
    done = ebs("structure", "show", SPECIMENS / "wrapped_21.xml")
    assert "REG:CL_PART(1.0), 1 codes, a part" in done.stdout
    assert "  note: FAR:CL_FAR(3.0) is not at hand: values of AREA are not judged.\n" in done.stdout
    done = ebs("structure", "show", SPECIMENS / "draft_31.xml")
    assert "note: There is no time dimension" in done.stdout
    assert "note:" not in ebs("structure", "show", "ESTAT:STSALL(2.1)").stdout


# --- a metadata structure -----------------------------------------------------------------------------------------


def esms(form: str = "3.0", version: str = "2.3", **changes: str) -> str:
    """The shipped metadata structure as a registry would export it, in another version and with other ids."""
    text = (ROOT / "dsd" / ("ESMS_MSD.xml" if form == "3.0" else "ESMS_MSD_21.xml")).read_text("utf-8")
    text = text.replace('version="2.2"', f'version="{version}"')
    for old, new in changes.items():
        text = text.replace(f'id="{old}"', f'id="{new}"')
    return text


def test_a_metadata_structure_replaces_the_reconstruction_and_what_followed_it(tmp_path: Path) -> None:
    made = take(tmp_path, esms(), esms("2.1"), official=True)
    found = entries(tmp_path)
    assert ("metadata structure", "ESTAT:ESMS_MSD(2.2)") not in found
    entry = found["metadata structure", "ESTAT:ESMS_MSD(2.3)"]
    assert (entry["evidence"], entry["files"]) == (
        "official",
        ["dsd/ESTAT_ESMS_MSD_2.3.xml", "dsd/ESTAT_ESMS_MSD_2.3_2.xml"],
    )
    assert entry["origin"].startswith("export-0.xml, an SDMX-ML 3.0 message of EBS")
    assert "Follows ESTAT:ESMS_MSD(2.3) instead" in found["metadataflow", "ESTAT:ESMS_STSRB(1.0)"]["note"]
    assert 'structure = "ESTAT:ESMS_MSD(2.3)"' in state(tmp_path)["codelists/regulation/metadata.toml"].decode()
    facts = load(tmp_path)
    structure = facts.metadata_structures.structure(facts.metadata.report.flow)
    assert (structure.ref, made.report, made.structures) == ("ESTAT:ESMS_MSD(2.3)", "ESTAT:ESMS_MSD(2.3)", ())
    assert structure.report is not None
    assert list(facts.structures.structures) == ["ESTAT:STSALL(2.1)"]
    assert not take(tmp_path, esms(), esms("2.1"), official=True).changed


@pytest.mark.parametrize("version", ["2.2", "2.0"])
def test_any_version_replaces_a_guessed_metadata_structure(tmp_path: Path, version: str) -> None:
    made = take(tmp_path, esms("2.1", version))
    ours = [id_ for kind, id_ in entries(tmp_path) if kind == "metadata structure"]
    assert ours == [made.report] == [f"ESTAT:ESMS_MSD({version})"]


def test_without_a_form_of_two_point_one_that_is_said(tmp_path: Path) -> None:
    made = take(tmp_path, esms())
    assert "ESTAT:ESMS_MSD(2.3): It is not given as SDMX-ML 2.1: no 2.1 message can be written by it." in made.notes
    assert load(tmp_path).metadata_structures.structure("ESTAT:ESMS_MSD").report is None


def test_a_metadata_structure_without_restrictions_is_warned_of(tmp_path: Path) -> None:
    made = take(tmp_path, esms().replace("RESTRICTED_FOR_PUBLICATION", "SOMETHING_ELSE"))
    assert any("everything in a report would be published" in note for note in made.notes)


def test_a_metadata_structure_that_lacks_a_concept_of_the_facts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactsError) as error:
        take(tmp_path / "facts", esms(META_POSTED="LAST_POSTED"))
    assert "nothing was imported" in why(error)
    assert "metadata.toml role.posted: ESTAT:ESMS_MSD(2.3) has no attribute 'META_POSTED'" in why(error)
    assert not (tmp_path / "facts").exists()


def test_two_forms_that_disagree_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FactsError) as error:
        take(tmp_path / "facts", esms(), esms("2.1", COST_BURDEN="BURDEN"))
    assert "the metadata attribute 'COST_BURDEN' is in one of them only" in why(error)
    assert "export-0.xml and export-1.xml both give this structure" in why(error)


def test_another_metadata_structure_stands_beside(tmp_path: Path) -> None:
    text = esms().replace('id="ESMS_MSD"', 'id="OTHER_MSD"')
    made = take(tmp_path, text)
    assert ("metadata structure", "ESTAT:ESMS_MSD(2.2)") in entries(tmp_path)
    assert made.report == ""
    (how,) = [note for note in made.notes if "to follow it" in note]
    assert how.startswith("ESTAT:OTHER_MSD(2.3): the report follows ESTAT:ESMS_MSD(2.2); to follow it, name it")
    assert load(tmp_path).metadata_structures.structure("ESTAT:OTHER_MSD").by_id


def test_a_flow_and_an_agreement_come_with_their_structure(tmp_path: Path) -> None:
    flows = (ROOT / "dsd" / "ESMS_STSRB.xml").read_text("utf-8").replace("ESMS_MSD(2.2)", "ESMS_MSD(2.3)")
    agreement = (ROOT / "dsd" / "MPA_ESMS_STSRB_FR.xml").read_text("utf-8")
    made = take(tmp_path, esms(), flows, agreement.replace("MPA_ESMS_STSRB_FR", "MPA_REAL"))
    found = entries(tmp_path)
    assert found["metadataflow", "ESTAT:ESMS_STSRB(1.0)"]["evidence"] == "public"
    assert ("provision agreement", "ESTAT:MPA_REAL(1.0)") in found
    assert any(note.startswith("ESTAT:MPA_REAL(1.0): the report is made under it where") for note in made.notes)
    assert load(tmp_path).metadata_structures.flows["ESTAT:ESMS_STSRB(1.0)"].structure_ref == "ESTAT:ESMS_MSD(2.3)"


def test_a_flow_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactsError) as error:
        take(tmp_path / "facts", (ROOT / "dsd" / "ESMS_STSRB.xml").read_text("utf-8"))
    assert "there is no data structure, but 1 metadataflows" in why(error)
    assert "metadatastructure/AGENCY/ID/VERSION" in why(error)


def test_a_faulty_metadata_structure_does_not_keep_a_data_structure_out(tmp_path: Path, whole: str) -> None:
    made = take(tmp_path, whole, esms(COST_BURDEN="CONTACT"))
    assert made.structures
    assert not made.metadata_structures
    assert any(note.startswith("The metadata structure is left out. export-1.xml line") for note in made.notes)
    assert load(tmp_path).metadata_structures.structure("ESTAT:ESMS_MSD(2.2)")


def test_the_command_takes_a_metadata_structure(ebs: Run, tmp_path: Path) -> None:
    (tmp_path / "esms.xml").write_text(esms(), "utf-8")
    done = ebs("structure", "import", "esms.xml", "--facts", "ours")
    assert done.returncode == 0
    assert "ESTAT:ESMS_MSD(2.3)  attributes 75, not for publication 5\n" in done.stdout
    assert "follows ESTAT:STSALL" not in done.stdout
    assert done.stdout.endswith("then make the report with it: ebs metadata --facts ours\n")
    shown = ebs("structure", "show", "ESTAT:ESMS_MSD", "--facts", "ours").stdout
    assert shown.startswith("ESTAT:ESMS_MSD(2.3)  Euro SDMX Metadata Structure")

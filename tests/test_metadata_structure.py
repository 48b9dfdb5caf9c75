"""Metadata structures: read from SDMX-ML 2.1 and 3.0 alike, shipped as ESMS, replaced by a registry's own export."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, Run

from pipeline.errors import FactsError
from pipeline.facts import Facts, load
from pipeline.facts.laws import check_metadata
from pipeline.facts.metadata_messages import read_metadata_structures
from pipeline.facts.metadata_structure import MetadataStructure, MetadataStructures
from pipeline.facts.show import structure_lines

ESMS = "ESTAT:ESMS_MSD(2.2)"
MARK = "NOT_PUBLIC"

CONCEPTS = [
    "1",
    "CONTACT",
    "1.1",
    "CONTACT_ORGANISATION",
    "1.2",
    "ORGANISATION_UNIT",
    "1.3",
    "CONTACT_NAME",
    "1.4",
    "CONTACT_FUNCT",
    "1.5",
    "CONTACT_MAIL",
    "1.6",
    "CONTACT_EMAIL",
    "1.7",
    "CONTACT_PHONE",
    "1.8",
    "CONTACT_FAX",
    "2",
    "META_UPDATE",
    "2.1",
    "META_CERTIFIED",
    "2.2",
    "META_POSTED",
    "2.3",
    "META_LAST_UPDATE",
    "3",
    "STAT_PRES",
    "3.1",
    "DATA_DESCR",
    "3.2",
    "CLASS_SYSTEM",
    "3.3",
    "COVERAGE_SECTOR",
    "3.4",
    "STAT_CONC_DEF",
    "3.5",
    "STAT_UNIT",
    "3.6",
    "STAT_POP",
    "3.7",
    "REF_AREA",
    "3.8",
    "COVERAGE_TIME",
    "3.9",
    "BASE_PER",
    "4",
    "UNIT_MEASURE",
    "5",
    "REF_PERIOD",
    "6",
    "INST_MANDATE",
    "6.1",
    "INST_MAN_LA_OA",
    "6.2",
    "INST_MAN_SHAR",
    "7",
    "CONF",
    "7.1",
    "CONF_POLICY",
    "7.2",
    "CONF_DATA_TR",
    "8",
    "REL_POLICY",
    "8.1",
    "REL_CAL_POLICY",
    "8.2",
    "REL_CAL_ACCESS",
    "8.3",
    "REL_POL_US_AC",
    "9",
    "FREQ_DISS",
    "10",
    "ACCESSIBILITY_CLARITY",
    "10.1",
    "NEWS_REL",
    "10.2",
    "PUBLICATIONS",
    "10.3",
    "ONLINE_DB",
    "10.4",
    "MICRO_DAT_ACC",
    "10.5",
    "DISS_OTHER",
    "10.6",
    "DOC_METHOD",
    "10.7",
    "QUALITY_DOC",
    "11",
    "QUALITY_MGMNT",
    "11.1",
    "QUALITY_ASSURE",
    "11.2",
    "QUALITY_ASSMNT",
    "12",
    "RELEVANCE",
    "12.1",
    "USER_NEEDS",
    "12.2",
    "USER_SAT",
    "12.3",
    "COMPLETENESS",
    "13",
    "ACCURACY",
    "13.1",
    "ACCURACY_OVERALL",
    "13.2",
    "SAMPLING_ERR",
    "13.3",
    "NONSAMPLING_ERR",
    "14",
    "TIMELINESS_PUNCT",
    "14.1",
    "TIMELINESS",
    "14.2",
    "PUNCTUALITY",
    "15",
    "COHER_COMPAR",
    "15.1",
    "COMPAR_GEO",
    "15.2",
    "COMPAR_TIME",
    "15.3",
    "COHER_X_DOM",
    "15.4",
    "COHER_INTERNAL",
    "16",
    "COST_BURDEN",
    "17",
    "DATA_REV",
    "17.1",
    "REV_POLICY",
    "17.2",
    "REV_PRACTICE",
    "18",
    "STAT_PROCESS",
    "18.1",
    "SOURCE_TYPE",
    "18.2",
    "FREQ_COLL",
    "18.3",
    "COLL_METHOD",
    "18.4",
    "DATA_VALIDATION",
    "18.5",
    "DATA_COMP",
    "18.6",
    "ADJUSTMENT",
    "19",
    "COMMENT_DSET",
]


def shipped(name: str) -> tuple[str, bytes]:
    return f"dsd/{name}.xml", (ROOT / "dsd" / f"{name}.xml").read_bytes()


@pytest.fixture(scope="module")
def esms(facts: Facts) -> MetadataStructure:
    return facts.metadata_structures.structure("ESTAT:ESMS_STSRB(1.0)")


# --- the structure that ships -------------------------------------------------------------------------------------


def test_every_concept_of_esms_is_there_in_order(esms: MetadataStructure) -> None:
    assert [word for one in esms.all for word in (one.number, one.id)] == CONCEPTS
    assert len(esms.attributes) == 19
    assert {one.level for one in esms.all} == {1, 2}


def test_names_are_there_in_both_languages(esms: MetadataStructure) -> None:
    assert {tuple(one.names) for one in esms.all} == {("en", "fr")}
    assert all(one.names["en"] and one.names["fr"] for one in esms.all)
    assert (esms.by_id["REV_PRACTICE"].name, esms.by_id["REV_PRACTICE"].name_in("fr")) == (
        "Data revision - practice",
        "Révision des données - pratique",
    )
    assert esms.by_id["CONTACT_PHONE"].name_in("de") == "Contact phone number"


def test_persons_are_not_for_publication(esms: MetadataStructure) -> None:
    assert [one.number for one in esms.all if one.restricted] == ["1.3", "1.4", "1.6", "1.7", "1.8"]
    assert all(not one.min_occurs for one in esms.all if one.restricted)


def test_what_is_reported_and_how(esms: MetadataStructure) -> None:
    assert [one.number for one in esms.all if one.is_date] == ["2.1", "2.2", "2.3"]
    assert [one.number for one in esms.all if one.presentational] == [one.number for one in esms.all if one.children]
    plain = [one.id for one in esms.all if not (one.is_rich or one.is_date or one.presentational)]
    assert plain == [one.id for one in esms.by_id["CONTACT"].children]
    assert all(one.min_occurs == 1 for one in esms.all if one.is_rich)
    assert (esms.parents["REV_POLICY"], esms.parents["DATA_REV"]) == ("DATA_REV", "")


def test_the_flow_its_targets_and_its_provider(facts: Facts) -> None:
    known = facts.metadata_structures
    flow = known.flows["ESTAT:ESMS_STSRB(1.0)"]
    urn = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ESTAT:{}(1.0)".format
    assert (flow.structure_ref, flow.targets) == (ESMS, (urn("STSRB_REG_M"), urn("STSRB_BKRT_M")))
    agreement = known.agreements["ESTAT:MPA_ESMS_STSRB_FR(1.0)"]
    assert agreement.flow_ref == flow.ref
    for provider in (agreement.provider, agreement.data_provider):
        assert known.providers[provider]["fr"].startswith("INSEE")
    assert known.structure(ESMS).report is not None
    assert [one.object_type for one in known.structure(ESMS).report.identifiers] == [  # type: ignore[union-attr]
        "DataProvider", "Dataflow", "Dataflow",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "ref",
    [
        ESMS, "ESMS_MSD", "ESTAT:ESMS_STSRB(1.0)", "ESTAT:MPA_ESMS_STSRB_FR(1.0)",
        "urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure=ESTAT:ESMS_MSD(2.2)",
    ],
)  # fmt: skip
def test_it_is_found_by_its_own_reference_its_flow_or_its_agreement(facts: Facts, ref: str) -> None:
    assert facts.metadata_structures.structure(ref).ref == ESMS


def test_an_unknown_reference_is_met_with_the_one_that_was_meant(facts: Facts) -> None:
    with pytest.raises(FactsError, match=r"no metadata structure 'ESTAT:ESMS_MDS\(2.2\)'.*ESTAT:ESMS_MSD\(2.2\)"):
        facts.metadata_structures.structure("ESTAT:ESMS_MDS(2.2)")


def test_what_is_said_of_data_does_not_change(facts: Facts) -> None:
    assert facts.structures.metadata_structures == ()
    assert list(facts.structures.structures) == ["ESTAT:STSALL(2.1)"]


def test_sdmx1_reads_what_we_read(esms: MetadataStructure) -> None:
    import sdmx

    theirs = sdmx.read_sdmx(io.BytesIO(shipped("ESMS_MSD_21")[1])).metadatastructure["ESMS_MSD"]
    (report,) = theirs.report_structure.values()

    def ids(components: Iterable[object]) -> list[str]:
        return [id_ for one in components for id_ in (one.id, *ids(one.child))]  # type: ignore[attr-defined]

    assert ids(c for c in report.components if c.parent is None) == [one.id for one in esms.all]
    (target,) = theirs.target.values()
    assert esms.report is not None
    assert [part.id for part in target.components] == [part.id for part in esms.report.identifiers]
    flow = sdmx.read_sdmx(io.BytesIO(shipped("ESMS_STSRB_21")[1])).metadataflow["ESMS_STSRB"]
    assert flow.structure.id == "ESMS_MSD"
    agreement = sdmx.read_sdmx(io.BytesIO(shipped("MPA_ESMS_STSRB_FR_21")[1]))
    assert [*agreement.provisionagreement] == ["MPA_ESMS_STSRB_FR"]


def test_pysdmx_reads_what_we_read(esms: MetadataStructure, facts: Facts) -> None:
    from pysdmx.io import read_sdmx
    from pysdmx.model import Metadataflow, MetadataProvisionAgreement
    from pysdmx.model import MetadataStructure as Theirs

    def only(name: str, kind: type) -> object:
        message = read_sdmx(io.BytesIO(shipped(name)[1]), validate=True)
        return next(one for one in message.structures or () if isinstance(one, kind))

    def tree(components: Iterable[object]) -> list[tuple[str, str]]:
        return [
            found
            for one in components
            for found in ((one.id, one.concept.name), *tree(one.components or ()))  # type: ignore[attr-defined]
        ]

    theirs = only("ESMS_MSD", Theirs)
    assert tree(theirs.components) == [(one.id, one.name) for one in esms.all]  # type: ignore[attr-defined]
    flow = only("ESMS_STSRB", Metadataflow)
    ours = facts.metadata_structures.flows["ESTAT:ESMS_STSRB(1.0)"]
    assert tuple(flow.targets) == ours.targets  # type: ignore[attr-defined]
    agreement = only("MPA_ESMS_STSRB_FR", MetadataProvisionAgreement)
    assert agreement.metadata_provider.endswith("METADATA_PROVIDERS(1.0).FR1")  # type: ignore[attr-defined]


# --- reading ------------------------------------------------------------------------------------------------------


def attribute(id_: str, inside: str = "", note: str = "", facets: str = "", concept: str = "") -> str:
    """A metadata attribute, as both forms write it but for the reference to the concept."""
    mark = f"<com:Annotations><com:Annotation><com:AnnotationType>{note}</com:AnnotationType></com:Annotation></com:Annotations>"
    return (
        f'<str:MetadataAttribute id="{id_}" {facets}>{mark if note else ""}'
        f"<str:ConceptIdentity>CONCEPT={concept or id_}</str:ConceptIdentity>{inside}</str:MetadataAttribute>\n"
    )


def written(kind: str) -> str:
    return f'<str:LocalRepresentation><str:TextFormat textType="{kind}"/></str:LocalRepresentation>'


def message(form: str, body: str) -> bytes:
    urn = f"http://www.sdmx.org/resources/sdmxml/schemas/v{form[0]}_{form[2]}"
    names = " ".join(f'xmlns:{name}="{urn}/{whole}"' for name, whole in NAMESPACES.items())
    return f"<mes:Structure {names}>\n<mes:Structures>\n{body}</mes:Structures>\n</mes:Structure>".encode()


NAMESPACES = {"mes": "message", "str": "structure", "com": "common"}


def structure(form: str, attributes: str, names: str = "A=One B=Two C=Three", rest: str = "") -> bytes:
    """A message with the structure T:M(1.0) and the names of its concepts, in a scheme."""
    concepts = "".join(
        f'<str:Concept id="{id_}"><com:Name xml:lang="en">{name}</com:Name></str:Concept>'
        for id_, name in (pair.split("=") for pair in names.split())
    )
    scheme = f'<str:ConceptScheme id="CS" agencyID="T" version="1.0">{concepts}</str:ConceptScheme>'
    whole, ref = (
        r"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=T:CS(1.0).\1",
        r'<Ref id="\1" maintainableParentID="CS" maintainableParentVersion="1.0" agencyID="T"/>',
    )
    attributes = re.sub(r"CONCEPT=(\w+)", whole if form == "3.0" else ref, attributes)
    target = '<str:MetadataTarget id="TG"><str:ReportPeriodTarget/><str:IdentifiableObjectTarget id="F" objectType="Dataflow"/></str:MetadataTarget>'
    components = (
        f"<str:MetadataAttributeList>{attributes}</str:MetadataAttributeList>"
        if form == "3.0"
        else f'{target}<str:ReportStructure id="R">{attributes}<str:MetadataTarget><Ref id="TG"/></str:MetadataTarget></str:ReportStructure>'
    )
    body = (
        f'<str:Concepts>{scheme}</str:Concepts>\n<str:MetadataStructures><str:MetadataStructure id="M" agencyID="T" version="1.0">\n'
        f"<str:MetadataStructureComponents>\n{components}</str:MetadataStructureComponents></str:MetadataStructure></str:MetadataStructures>{rest}"
    )
    return message(form, body)


def read(*messages: bytes) -> MetadataStructures:
    return read_metadata_structures([(f"m{i}.xml", data) for i, data in enumerate(messages, start=1)], MARK)


def refused(*messages: bytes) -> str:
    with pytest.raises(FactsError) as error:
        read(*messages)
    return "\n".join(map(str, error.value.problems))


TREE = (
    attribute("A", attribute("B", attribute("C", written("XHTML"), MARK)), facets='isPresentational="true"')
    + attribute("D", written("DateTime"), facets='minOccurs="0" maxOccurs="unbounded"', concept="A")
)  # fmt: skip


@pytest.mark.parametrize("form", ["2.1", "3.0"])
def test_places_names_formats_occurrence_and_restriction(form: str) -> None:
    found = read(structure(form, TREE)).structure("T:M(1.0)")
    assert [(one.number, one.id, one.name) for one in found.all] == [
        ("1", "A", "One"), ("1.1", "B", "Two"), ("1.1.1", "C", "Three"), ("2", "D", "One"),
    ]  # fmt: skip
    a, b, c, d = found.all
    assert (a.presentational, b.presentational) == (True, False)
    assert (b.restricted, c.restricted, c.is_rich, c.text_format and c.text_format.type) == (False, True, True, "XHTML")
    assert (d.min_occurs, d.max_occurs, d.is_date, d.concept_ref) == (0, None, True, "T:CS(1.0).A")
    assert (found.report is None) == (form == "3.0")


def test_what_stands_below_something_restricted_is_restricted() -> None:
    found = read(structure("3.0", attribute("A", attribute("B", attribute("C")), MARK))).structure("M")
    assert [one.restricted for one in found.all] == [True, True, True]


def test_the_two_forms_are_one_structure() -> None:
    both = read(structure("3.0", TREE), structure("2.1", TREE))
    assert list(both.structures) == ["T:M(1.0)"]
    report = both.structure("M").report
    assert report is not None
    assert (report.id, report.target) == ("R", "TG")
    assert [(one.id, one.object_type) for one in report.identifiers] == [
        ("REPORT_PERIOD_TARGET", "ReportPeriod"), ("F", "Dataflow"),
    ]  # fmt: skip
    alone = read(structure("3.0", TREE)).structure("M")
    assert both.structure("M").attributes == alone.attributes


@pytest.mark.parametrize(
    ("other", "names", "words"),
    [
        (TREE.replace('id="D"', 'id="E"'), "", "'D' is in one of them only"),
        (TREE.replace('minOccurs="0"', ""), "", "'D' stands 0 times at least"),
        (TREE.replace(MARK, "ANYTHING"), "", "'C' is restricted from publication in the one, and is for publication"),
        (TREE.replace('"XHTML"', '"String"'), "", "'C' is written as XHTML in the one, and is written as String"),
        (TREE, "A=One B=Deux C=Three", "'B' is named 'Two' in the one, and 'Deux' in the other"),
        (
            attribute("D", written("DateTime"), facets='minOccurs="0" maxOccurs="unbounded"', concept="A")
            + TREE.replace(TREE[TREE.index('<str:MetadataAttribute id="D"') :], ""),
            "",
            "'A' has the number 1 in the one, and has the number 2 in the other",
        ),
    ],
    ids=["ids", "occurrence", "restriction", "format", "name", "order"],
)
def test_forms_that_disagree_are_refused_with_both_files(other: str, names: str, words: str) -> None:
    said = refused(structure("3.0", TREE), structure("2.1", other, *([names] if names else [])))
    assert words in said
    assert "m1.xml and m2.xml both give this structure" in said
    assert re.search(r"m[12].xml line \d+", said)


def test_a_concept_that_is_not_at_hand_leaves_the_id() -> None:
    found = read(structure("3.0", attribute("A") + attribute("UNHEARD_OF"))).structure("M")
    assert [one.name for one in found.all] == ["One", "UNHEARD_OF"]
    assert "  note: The concepts of UNHEARD_OF are not at hand, or have no name." in list(structure_lines(found))


def test_a_format_of_the_concept_holds_where_the_attribute_has_none() -> None:
    core = '<str:CoreRepresentation><str:TextFormat textType="GregorianDay"/></str:CoreRepresentation></str:Concept>'
    data = structure("3.0", attribute("A") + attribute("B", written("XHTML"))).replace(
        b"</str:Concept>", core.encode(), 1
    )
    a, b = read(data).structure("M").all
    assert (a.is_date, b.is_date) == (True, False)


@pytest.mark.parametrize("form", ["2.1", "3.0"])
def test_all_problems_are_said_with_file_and_line(form: str) -> None:
    odd = '<str:MetadataAttribute id="X"></str:MetadataAttribute>\n'
    said = refused(
        structure(form, attribute("A", attribute("B")) + attribute("B") + odd + attribute("C", facets='minOccurs="-1"'))
    )
    assert re.search(r"m1.xml line \d+: the metadata attribute 'B' stands twice, before at m1.xml line \d+", said)
    assert "a metadata attribute does not say which concept it stands for" in said
    assert "minOccurs is '-1', not a number that fits" in said


def test_a_structure_without_attributes_is_refused() -> None:
    assert "the metadata structure T:M(1.0) has no attributes" in refused(structure("3.0", ""))
    assert "has no attributes" in refused(structure("2.1", ""))


def test_a_report_structure_without_its_target_is_refused() -> None:
    data = structure("2.1", TREE).replace(b'<Ref id="TG"/>', b'<Ref id="TH"/>')
    assert "names the target 'TH', which there is not" in refused(data)


def test_nesting_without_end_is_refused() -> None:
    deep = attribute("A0")
    for i in range(1, 60):
        deep = attribute(f"A{i}", deep)
    assert "nested deeper than 20 levels" in refused(structure("3.0", deep))


def test_of_several_reports_the_largest_is_read() -> None:
    small = '<str:ReportStructure id="SMALL"><str:MetadataAttribute id="Z"/></str:ReportStructure><str:ReportStructure id="R">'
    data = structure("2.1", TREE).replace(b'<str:ReportStructure id="R">', small.encode())
    assert [one.id for one in read(data).structure("M").all] == ["A", "B", "C", "D"]


def test_only_the_name_is_there() -> None:
    stub = '<str:MetadataStructures><str:MetadataStructure id="M" agencyID="T" version="1.0"/></str:MetadataStructures>'
    found = read(message("2.1", stub))
    assert (found.structures, found.stubs) == ({}, ("T:M(1.0)",))
    with pytest.raises(FactsError, match="Only its name is there"):
        found.structure("T:M(1.0)")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        (b"PK\x03\x04", "a zip or Excel file"),
        (b"<a/>", "not an SDMX message"),
        (b"", "empty"),
    ],
)
def test_a_hostile_or_foreign_file_is_refused(data: bytes, words: str) -> None:
    assert words in refused(data)


FLOW = """<str:Metadataflows><str:Metadataflow id="F" agencyID="T" version="1.0"><com:Name xml:lang="en">Flow</com:Name>
<str:Structure>{}</str:Structure></str:Metadataflow></str:Metadataflows>"""


def test_a_flow_may_leave_the_version_open() -> None:
    urn = "urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure=T:M(1.0+)"
    found = read(structure("3.0", TREE), message("3.0", FLOW.format(urn)))
    assert found.flows["T:F(1.0)"].structure_ref == "T:M(1.0)"
    assert found.structure("T:F(1.0)").ref == "T:M(1.0)"


def test_a_flow_whose_structure_is_elsewhere() -> None:
    urn = "urn:sdmx:org.sdmx.infomodel.metadatastructure.MetadataStructure=T:N(1.0)"
    with pytest.raises(FactsError, match=r"follows T:N\(1.0\), which is not at hand"):
        read(structure("3.0", TREE), message("3.0", FLOW.format(urn))).structure("T:F(1.0)")


def test_agreements_about_data_are_none_about_metadata() -> None:
    usage = '<str:StructureUsage><Ref id="F" agencyID="T" version="1.0" class="{}"/></str:StructureUsage>'
    provider = '<str:DataProvider><Ref id="ME" maintainableParentID="DATA_PROVIDERS" agencyID="T"/></str:DataProvider>'
    body = "".join(
        f'<str:ProvisionAgreement id="{kind}" agencyID="T" version="1.0">{usage.format(kind)}{provider}</str:ProvisionAgreement>'
        for kind in ("Dataflow", "Metadataflow")
    )
    (found,) = read(message("2.1", f"<str:ProvisionAgreements>{body}</str:ProvisionAgreements>")).agreements.values()
    assert (found.ref, found.flow_ref, found.data_provider) == (
        "T:Metadataflow(1.0)",
        "T:F(1.0)",
        "T:DATA_PROVIDERS(1.0).ME",
    )


def test_an_agreement_with_two_providers_is_refused() -> None:
    one = shipped("MPA_ESMS_STSRB_FR")[1]
    other = shipped("MPA_ESMS_STSRB_FR_21")[1].replace(b'<Ref id="FR1"', b'<Ref id="FR2"')
    assert "with the provider FR1, and here with the provider FR2" in refused(one, other)


# --- what must hold before a report is made -----------------------------------------------------------------------


def overlay(folder: Path, path: str, *changes: tuple[str, str]) -> Facts:
    """The shipped facts under a copy of one file that says something else."""
    text = (ROOT / path).read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, "utf-8")
    return load(folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('structure = "ESTAT:ESMS_MSD(2.2)"', 'structure = "ESTAT:ESMS_MSD(2.1)"', "metadata.toml report.structure: there is no metadata structure"),
        ('flow = "ESTAT:ESMS_STSRB(1.0)"', 'flow = "ESTAT:ESMS_STSRB(2.0)"', "metadata.toml report.flow: there is no metadataflow"),
        ('posted = "META_POSTED"', 'posted = "META_POSTET"', "role.posted: ESTAT:ESMS_MSD(2.2) has no attribute 'META_POSTET'; did you mean 'META_POSTED'"),
        ('"REV_POLICY", "REV_PRACTICE"', '"REV_POLICY", "REV_PRACTISE"', "short.concepts[14]: ESTAT:ESMS_MSD(2.2) has no attribute 'REV_PRACTISE'"),
    ],
    ids=["structure", "flow", "role", "short"],
)  # fmt: skip
def test_what_the_report_rests_on_is_in_the_structure(tmp_path: Path, old: str, new: str, words: str) -> None:
    facts = overlay(tmp_path, "codelists/regulation/metadata.toml", (old, new))
    with pytest.raises(FactsError) as error:
        _ = facts.metadata_structures
    assert words in "\n".join(map(str, error.value.problems))


def test_an_entry_of_the_index_is_in_its_files(tmp_path: Path) -> None:
    facts = overlay(
        tmp_path, "dsd/index.toml", ('id = "ESTAT:MPA_ESMS_STSRB_FR(1.0)"', 'id = "ESTAT:MPA_ESMS_STSRB_IT(1.0)"')
    )
    with pytest.raises(FactsError, match="there is no provision agreement 'ESTAT:MPA_ESMS_STSRB_IT") as error:
        _ = facts.metadata_structures
    assert "in dsd/MPA_ESMS_STSRB_FR.xml" in str(error.value)
    with pytest.raises(FactsError, match=r"report\.provision"):
        facts.country("FR")


def test_a_file_with_other_bytes_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"dsd/ESMS_MSD_21.xml has other bytes than the index says"):
        overlay(tmp_path, "dsd/ESMS_MSD_21.xml", ("Contact fax number", "Contact telefax"))


def test_the_agreement_that_a_country_names_is_in_the_index(tmp_path: Path) -> None:
    mistaken = ("MPA_ESMS_STSRB_FR(1.0)", "MPA_ESMS_STSRB_FR(1.1)")
    facts = overlay(tmp_path, "codelists/countries/FR/country.toml", mistaken)
    with pytest.raises(FactsError, match=r"country\.toml report\.provision: the provision agreement 'ESTAT:MPA_ESMS"):
        facts.country("FR")


def test_a_structure_and_its_flow_agree(facts: Facts) -> None:
    known = facts.metadata_structures
    flows = {ref: replace(flow, structure_ref="ESTAT:ESMS_MSD(2.4)") for ref, flow in known.flows.items()}
    with pytest.raises(FactsError, match=r"follows ESTAT:ESMS_MSD\(2.4\), not ESTAT:ESMS_MSD\(2.2\)"):
        check_metadata(facts, replace(known, flows=flows))


# --- the commands -------------------------------------------------------------------------------------------------


def test_it_is_listed_and_shown(ebs: Run) -> None:
    listed = ebs("structure", "list").stdout
    for ref, kind in ((ESMS, "metadata structure"), ("ESTAT:ESMS_STSRB(1.0)", "metadataflow")):
        assert re.search(rf"^{re.escape(ref)} +{kind} +always  inferred$", listed, re.MULTILINE)
    shown = ebs("structure", "show", ESMS).stdout
    assert "Reconstruction by the ebs project, not Eurostat's own file" in shown
    assert re.search(r"^    1      CONTACT +Contact +heading$", shown, re.MULTILINE)
    assert re.search(
        r"^      1\.3    CONTACT_NAME +Contact name +String, optional, not for publication$", shown, re.MULTILINE
    )
    assert re.search(r"^      3\.1    DATA_DESCR +Data description +XHTML, mandatory$", shown, re.MULTILINE)
    assert "in SDMX-ML 2.1: report ESMS_REPORT on DATAFLOW_TARGET" in shown
    assert ebs("structure", "show", "ESTAT:ESMS_STSRB(1.0)").stdout == shown
    alone = ebs("structure", "show", str(ROOT / "dsd" / "ESMS_MSD.xml")).stdout
    assert "no 2.1 message can be written by it" in alone
    flow = ebs("structure", "show", str(ROOT / "dsd" / "ESMS_STSRB.xml"))
    assert (flow.returncode, "show ESTAT:ESMS_STSRB(1.0)" in flow.stderr) == (3, True)

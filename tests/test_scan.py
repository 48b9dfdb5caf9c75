"""The fast reader proves, the other explains: what the one accepts, the other finds silent, with the same counts."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import validate
from pipeline.checks import cells, data_set
from pipeline.errors import InputError
from pipeline.facts import Facts
from pipeline.facts.structure import Structures
from pipeline.facts.structure_messages import read_structures
from pipeline.messages import octets, scan

STRUCTURES = Path(__file__).parent / "structures"
TODAY = dt.date(2030, 1, 1)
SPACE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
NEWER = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"


def structures(name: str) -> Structures:
    """One of the test structures; ``plain`` is the rich one without facets of its numbers."""
    text = (STRUCTURES / ("rich_21.xml" if name == "plain" else f"{name}.xml")).read_text(encoding="utf-8")
    if name == "plain":
        before, measure, after = text.partition('<str:PrimaryMeasure id="OBS_VALUE">')
        form, end, rest = after.partition("</str:PrimaryMeasure>")
        concept, local, _ = form.partition("<str:LocalRepresentation>")
        assert local
        form = concept + '<str:LocalRepresentation><str:TextFormat textType="Double"/></str:LocalRepresentation>'
        text = before + measure + form + end + rest
    return read_structures([(name, text.encode())])


def head(ref: str, version: str = "2.1", of_set: str = "", end: str = "\n") -> str:
    agency, _, rest = ref.partition(":")
    id_, _, number = rest.rstrip(")").partition("(")
    base = SPACE if version == "2.1" else NEWER
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={ref}"
    refers = (
        f'<Ref agencyID="{agency}" id="{id_}" version="{number}" class="DataStructure"/>' if version == "2.1" else urn
    )
    scope = ' d:dataScope="DataStructure"' if version == "2.1" else ""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<m:StructureSpecificData xmlns:m="{base}/message" xmlns:c="{base}/common" xmlns:d="{base}/data/structurespecific"'
        f' xmlns:n="{urn}:ObsLevelDim:TIME_PERIOD" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
        "<m:Header><m:ID>T</m:ID><m:Test>true</m:Test><m:Prepared>2024-05-01T10:00:00</m:Prepared>"
        '<m:Sender id="X"/><m:Receiver id="Y"/>',
        f'<m:Structure structureID="S" namespace="{urn}:ObsLevelDim:TIME_PERIOD" dimensionAtObservation="TIME_PERIOD">'
        f"<c:Structure>{refers}</c:Structure></m:Structure></m:Header>",
        f'<m:DataSet d:structureRef="S" xsi:type="n:DataSetType"{scope} d:action="Replace"{of_set}>',
        "",
    ]
    return end.join(lines)


TAIL = "</m:DataSet></m:StructureSpecificData>"


def series(key: str, observations: list[str], end: str = "\n") -> str:
    return f"<Series {key}>{end}" + "".join(f"<Obs {one}/>{end}" for one in observations) + f"</Series>{end}"


def months(number: int, first: int = 0) -> list[str]:
    return [f"{2020 + i // 12}-{i % 12 + 1:02d}" for i in range(first, first + number)]


def rich(end: str = "\n", keys: int = 4, length: int = 7) -> str:
    """A right message for the rich structure: groups, missing values, decimals, optional attributes."""
    groups = "".join(f'<Group xsi:type="n:ByPlace" PLACE="{place}" OFFICE="ABC-1"/>{end}' for place in ("FR", "DE"))
    body = []
    for at in range(keys):
        place, kind = ("FR", "DE")[at % 2], ("K1", "K2", "K3", "_T")[at // 2 % 4]
        one = []
        for i, month in enumerate(months(length, at)):
            cells_ = [f'TIME_PERIOD="{month}"', f'OBS_VALUE="{i}.{i:02d}"', 'OBS_STATUS="A"']
            if i == 3:
                cells_ = [cells_[0], 'OBS_STATUS="M"']
            elif i % 3 == 2:
                cells_.append('ERROR_MARGIN="1.5"')
            one.append(" ".join(cells_))
        key = f'FREQ="M" PLACE="{place}" KIND="{kind}" TIME_FORMAT="P1M" DECIMALS="2" COMMENT="Un commentaire é"'
        body.append(series(key, one, end))
    return head("TEST:RICH(1.0)", of_set=' SET_TITLE="A title"', end=end) + groups + "".join(body) + TAIL


def levels(end: str = "\n") -> str:
    one = [f'TIME_PERIOD="{month}" OBS_VALUE="{i}" OBS_STATUS="A"' for i, month in enumerate(months(5))]
    body = [series(f'FREQ="M" ACTIVITY="{code}" TIME_FORMAT="P1M"', one, end) for code in ("TOT", "F", "G")]
    return head("TEST:LEVELS(1.0)", of_set=' SOURCE="somebody"', end=end) + "".join(body) + TAIL


def wrapped() -> str:
    one = [f'TIME_PERIOD="{month}" OBS_VALUE="-{i}.5"' for i, month in enumerate(months(5))]
    body = [series(f'AREA="x{i}" UNIT="KG" KIND="A"', one) for i in range(3)]
    return head("REG:WRAPPED(1.0)") + "".join(body) + TAIL


def newer() -> str:
    one = [f'TIME_PERIOD="{month}" TURNOVER="{i}.5" STAFF="{i}" STATUS="A"' for i, month in enumerate(months(4))]
    body = [series(f'FREQ="M" AGE="{age}" AREA="FR"', one) for age in ("TOT", "UNK", "P_Y_LT15")]
    return head("TEST:MEASURES(2.1.0)", "3.0") + "".join(body) + TAIL


SAMPLES = {
    "rich_21": rich(), "plain": rich(), "levels_21": levels(), "wrapped_21": wrapped(), "measures_30": newer(),
}  # fmt: skip
AT_HAND = {name: structures(name) for name in SAMPLES}


def passed(facts: Facts, name: str, data: bytes | str) -> validate._Pass:
    data = data.encode() if isinstance(data, str) else data
    asked = validate.Asked(TODAY, AT_HAND[name])
    return validate._Pass(validate.Candidate("f.xml", lambda: io.BytesIO(data)), facts, asked)


def proven(facts: Facts, name: str, data: bytes | str) -> bool:
    """Whether the fast reader accepts the file; if it does, the other must have nothing to say, and count the same."""
    fast, slow = passed(facts, name, data), passed(facts, name, data)
    accepted = fast._proven()
    if accepted:
        slow._explain()
        assert [v for v in slow.note.verdicts() if v.violations] == []
        assert fast.note.verdicts() == slow.note.verdicts()
        assert fast._entry() == slow._entry()
        assert fast._entry()["complete"]
    return accepted


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many series were proven, and how many left to the machine, by the latest pass."""
    seen: dict[str, int] = {}
    pieces = scan._Scan.pieces

    def told(self: scan._Scan, blocks: Iterator[bytes]) -> Iterator[bytes]:
        yield from pieces(self, blocks)
        seen.update(proven=self.proven, left=self.left)

    monkeypatch.setattr(scan._Scan, "pieces", told)
    return seen


# --- what is accepted, and how fast -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_right_is_proven(facts: Facts, name: str, watched: dict[str, int]) -> None:
    assert proven(facts, name, SAMPLES[name])
    assert watched["proven"] >= 3
    assert watched["left"] == 0


PLAIN = ['TIME_PERIOD="{0}" OBS_VALUE="{1}" OBS_STATUS="A"', 'OBS_STATUS="A" OBS_VALUE="{1}" TIME_PERIOD="{0}"',
         'TIME_PERIOD="{0}" OBS_STATUS="P" OBS_VALUE="{1}"', 'OBS_VALUE="{1}" OBS_STATUS="A" TIME_PERIOD="{0}" ERROR_MARGIN="1"']  # fmt: skip
KEY = 'FREQ="M" PLACE="FR" KIND="K1" TIME_FORMAT="P1M"'


def message(observations: list[str], key: str = KEY, end: str = "\n") -> str:
    group = '<Group xsi:type="n:ByPlace" PLACE="FR" OFFICE="ABC-1"/>'
    return head("TEST:RICH(1.0)", of_set=' SET_TITLE="A title"') + group + series(key, observations, end) + TAIL


@pytest.mark.parametrize(
    "forms", [PLAIN[:1], PLAIN[1:2], PLAIN[2:3], PLAIN[3:], PLAIN, PLAIN[:2]], ids=["usual", "last", "apart", "many", "any", "two"]
)  # fmt: skip
def test_attributes_in_any_order(facts: Facts, forms: list[str], watched: dict[str, int]) -> None:
    observations = [forms[i % len(forms)].format(month, i) for i, month in enumerate(months(30))]
    assert proven(facts, "plain", message(observations))
    assert watched == {"proven": 1, "left": 0}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", ""), ("\n", "\r\n"), ("\n", "\n\n\t  "), (" KIND=", "\n KIND="), ("/>\n", "></Obs>\n"), ("/>", " />"),
        ('OBS_VALUE="3', 'OBS_VALUE="-3'), ("<Obs", "  <Obs"), ('"A"/>', '"A" ERROR_MARGIN="0.25"/>'),
        ('COMMENT="Un', 'COMMENT="a > b; Un'),
    ],
)  # fmt: skip
def test_ways_of_writing_that_are_proven(facts: Facts, old: str, new: str, watched: dict[str, int]) -> None:
    before, tag, body = rich().partition("<Series")
    text = before + (tag + body).replace(old, new)
    assert proven(facts, "plain", text)
    assert (watched["proven"], watched["left"]) == (4, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('KIND="K1"', "KIND='K1'"), ("Un commentaire", "Un &#38; commentaire"), ("<Obs", "<!-- x --><Obs"),
        ("Un commentaire", "Un\ncommentaire"), ("</Series>", "</Series >"), ("<Obs ", "<Obs\t"), ("<Obs", "<?p?><Obs"),
        ("</Series>\n", "</Series>\n<!-- <Series> ]]> </Series> -->"), ('"A"/>', '"A"><!-- --></Obs>'),
    ],
)  # fmt: skip
def test_rare_ways_are_right_too(facts: Facts, old: str, new: str, watched: dict[str, int]) -> None:
    """The machine reads the series that are written in a rare way; the others are proven."""
    assert proven(facts, "plain", rich(keys=8).replace(old, new, 1))
    assert watched["proven"] >= 6


def test_entities_of_xml_itself_are_proven(facts: Facts, watched: dict[str, int]) -> None:
    text = rich(keys=8).replace("Un commentaire", "&lt;un&gt; &amp; &quot;l&apos;autre&quot; &amp;lt;")
    assert proven(facts, "plain", text)
    assert (watched["proven"], watched["left"]) == (8, 0)
    assert not proven(facts, "plain", text.replace("&amp;lt;", "&amp;amp;" * 20, 1))  # longer than 60 characters


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
@pytest.mark.parametrize("name", SAMPLES)
def test_blocks_cut_anywhere(facts: Facts, name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(octets, "BLOCK", size)
    monkeypatch.setattr(validate.recognise, "PEEK", 1500)
    text = SAMPLES[name].replace("</Series>\n", "</Series>\n<!-- <Series a='b'><Obs/></Series> -->\r\n")
    assert proven(facts, name, text)


# --- what is not --------------------------------------------------------------------------------------------------

WRONG = [
    ('"K2"', '"K9"'), ("2020-03", "2020-3"), ("2020-03", "2020-04"), ('OBS_VALUE="0.00"', 'OBS_VALUE="0,00"'),
    ('OBS_VALUE="0.00"', 'OBS_VALUE="0.001"'), ('OBS_VALUE="0.00"', 'OBS_VALUE=""'), ('OBS_VALUE="0.00" ', ""),
    ('OBS_STATUS="M"', 'OBS_VALUE="1" OBS_STATUS="M"'), ('OBS_STATUS="A"', 'OBS_STATUS="A" OBS_STATUS="A"'),
    ('OBS_STATUS="A"', 'OBS_STATUS="A" TIME_PERIOD="2020-01"'), ('OBS_STATUS="A"', 'OBS_VALUE="1" OBS_STATUS="A"'),
    ('PLACE="DE"', 'PLACE="FR"'), ("<Obs ", "x<Obs "), ("<Obs ", "<![CDATA[x]]><Obs "),
    ("<Obs ", "<Obs><Obs "), ("<Obs ", "<obs "), ("<Series ", "<Series><Series "), ("</Series>", "</Series>x"),
    ("</Series>", "</Series><Obs/>"), ("</Series>", "</Series></Series>"), (TAIL, ""), (TAIL, TAIL + "x"),
    ("<Series ", "<Series xmlns='urn:x' "), ("<Obs ", '<Obs xmlns="urn:x" '), ("<m:DataSet ", '<m:DataSet xmlns="urn:x" '),
    ("Un comm", "Un\ufffe comm"), ("<Obs ", "<Obs ]]>"), ("2020-02", "2020-02 "), ('"M" PLACE', '"Q" PLACE'),
    ('FREQ="M" PLACE', "PLACE"), ('PLACE="FR" OFFICE', 'PLACE="LU" OFFICE'), ("2020-0", "1999-0"), ('"P1M"', '"P1Y"'),
    ("<Series ", "<!-- --><Series> </Series><Series "), ('OBS_STATUS="M"', 'OBS_VALUE="" OBS_STATUS="M"'),
    ("<Obs ", "<!-- <Obs "), ("</Series>", "<!-- </Series>"), ("<Obs TIME_PERIOD", "<Obs n:TIME_PERIOD"),
    ('ERROR_MARGIN="1.5"', 'ERROR_MARGIN="101"'), ("/>", "//>"), ("/>", "/></Obs>"), ("<Obs ", "<Obs<Obs "),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), WRONG)
@pytest.mark.parametrize("nth", [0, 1, 4])
def test_what_is_wrong_is_not_proven(facts: Facts, old: str, new: str, nth: int) -> None:
    parts = rich().split(old)
    at = min(nth, len(parts) - 2)
    text = old.join(parts[: at + 1]) + new + old.join(parts[at + 1 :])
    assert text != rich()
    slow = passed(facts, "plain", text)
    slow._explain()
    assert not proven(facts, "plain", text) or not any(v.violations for v in slow.note.verdicts())
    assert not proven(facts, "plain", text)


def test_a_doubled_series_is_found_wherever_it_stands(facts: Facts) -> None:
    text = rich(keys=8)
    first = text[text.index("<Series") : text.index("</Series>") + 9]
    for place in ("</m:DataSet>", "<Series"):
        assert not proven(facts, "plain", first.join(text.rpartition(place)[:2]) + text.rpartition(place)[2])


def test_files_of_another_kind_are_left_alone(facts: Facts) -> None:
    for data in (b"", b"<a/>", b"a;b\n", SAMPLES["plain"].replace("StructureSpecificData", "GenericData").encode()):
        assert not proven(facts, "plain", data)


# --- the law ------------------------------------------------------------------------------------------------------

PIECES = [
    "<Series ", "</Series>", "<Obs ", "/>", ">", "<", '"', "'", "&", "&amp;", "&#65;", "<!--", "-->", "<![CDATA[", "]]>",
    "<?x ", "?>", " ", "\n", "\r\n", "\t", "=", "\u00a0", "\ufffe", "é", "xmlns=\"\"", "TIME_PERIOD=\"2020-01\"", "OBS_VALUE=\"1\"",
    "OBS_STATUS=\"A\"", "OBS_STATUS=\"M\"", "NaN", "-", ".", "0", "1e5", "</Obs>", "<Obs", "<Group/>", "\x00", "</m:DataSet>",
]  # fmt: skip


def damaged(text: str, rng: random.Random) -> str:
    """The same text with a piece put in, taken out, doubled, moved or exchanged."""
    start = max(0, rng.choice([0, text.find("<Group"), text.find("<Series")]))
    a = rng.randrange(start, len(text))
    b = min(len(text), a + rng.choice([1, 1, 2, 5, 20, 60, 400]))
    marks = [i for i in range(start, len(text)) if text[i] in '<>" '] or [start]
    if rng.random() < 0.7:
        a = rng.choice(marks) + rng.randrange(2)
        b = rng.choice([m for m in marks if m >= a][:8] or [a])
    what = rng.randrange(5)
    if what == 0:
        return text[:a] + rng.choice(PIECES) + text[a:]
    if what == 1:
        return text[:a] + text[b:]
    if what == 2:
        return text[:b] + text[a:b] + text[b:]
    if what == 3:
        c = rng.choice([m for m in marks if m >= b] or [b])
        return text[:a] + text[b:c] + text[a:b] + text[c:]
    return text[:a] + rng.choice(PIECES) + text[b:]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2**32), st.integers(1, 3))
def test_what_is_accepted_the_explaining_pass_finds_silent(facts: Facts, name: str, seed: int, times: int) -> None:
    rng = random.Random(seed)
    text = SAMPLES[name]
    for _ in range(times):
        text = damaged(text, rng)
    proven(facts, name, text.encode())


@pytest.mark.parametrize("name", ["rich", "groups", "flat", "levels", "measures"])
def test_no_mutant_is_proven(facts: Facts, name: str) -> None:
    """The faults of the catalogue in every structure-specific format; clean files with series are proven."""
    kit = pytest.importorskip("mutation")
    read, structure, given_ = kit.structures_of(name)
    AT_HAND[name] = read
    data = kit.make(structure, given_)
    for format_ in kit.formats(structure):
        if format_.family == "specific":
            clean = kit.Document(data, format_).write()
            across = any(format_.at in group.dimensions for group in structure.groups)  # keys partly on observations
            assert proven(facts, name, clean) or format_.flat or across or "<Comp" in clean, format_.name
            for mutant in list(kit.Faults(kit.fresh(data, format_)).all())[
                :: 1 if format_.name.endswith("2.1-time") else 7
            ]:
                proven(facts, name, mutant.data)


@given(st.from_regex(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?", fullmatch=True), st.integers(0, 12))
def test_plain_numbers_are_right_and_counted_rightly(text: str, declared: int) -> None:
    form = AT_HAND["plain"].structure(None)
    (measure,) = form.measures
    assert cells.judge(measure, text, measure=True) == ()
    digits = len(text.partition(".")[2])
    assert (data_set.decimals(text, str(declared)) is None) == (digits <= declared)


# --- places, and the file itself ----------------------------------------------------------------------------------


def test_lines_are_exact_beyond_what_16_bits_hold(facts: Facts) -> None:
    lines = [f'TIME_PERIOD="{1600 + i}" OBS_VALUE="1" OBS_STATUS="A"' for i in range(400)]
    body = "".join(
        series(f'AREA="x{i}" UNIT="KG" KIND="A"', [one.replace(' OBS_STATUS="A"', "") for one in lines])
        for i in range(200)
    )
    text = head("REG:WRAPPED(1.0)") + body + TAIL
    assert text.count("\n") > 80_000
    assert proven(facts, "wrapped_21", text)
    broken = text[: text.rindex('OBS_VALUE="1"')] + 'OBS_VALUE="x"' + text[text.rindex('OBS_VALUE="1"') + 13 :]
    one = passed(facts, "wrapped_21", broken)
    one._read()
    (verdict,) = [v for v in one.note.verdicts() if v.violations]
    (finding,) = verdict.findings
    at = broken.index('"x"') + 1
    assert (finding.line, finding.column) == (broken.count("\n", 0, at) + 1, at - broken.rfind("\n", 0, at))


def test_the_hash_is_that_of_the_file(facts: Facts) -> None:
    for text in (rich(), rich().replace("K1", "K9", 1)):
        one = passed(facts, "plain", text)
        one._read()
        assert one.sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("grown", [True, False])
def test_a_file_that_changes_meanwhile(facts: Facts, grown: bool) -> None:
    text = rich(keys=8).replace("</m:DataSet>", "x</m:DataSet>")
    later = text.replace("A title", "B title") if grown else text[: len(text) // 2]
    files = iter([text, later])
    asked = validate.Asked(TODAY, AT_HAND["plain"])
    one = validate._Pass(validate.Candidate("f.xml", lambda: io.BytesIO(next(files).encode())), facts, asked)
    with pytest.raises(InputError, match="changed while it was read"):
        one._read()


def test_series_that_are_mostly_rare_are_explained_at_once(facts: Facts, watched: dict[str, int]) -> None:
    body = "".join(series(f"AREA='x{i}' UNIT='KG' KIND='A'", ['TIME_PERIOD="2020" OBS_VALUE="1"']) for i in range(200))
    text = head("REG:WRAPPED(1.0)") + body + TAIL
    one = passed(facts, "wrapped_21", text)
    assert not one._proven()
    assert watched == {}
    one._read()
    assert one._entry()["series"] == 200

"""Generic SDMX-ML 2.1 data as events: what stands in the elements, where, and which of them have no place there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events import Cells, DataSetHead, Header, Part, Use, Where
from pipeline.findings import Finding
from pipeline.messages.generic import Generic

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{space}"'
    for prefix, space in {
        "m": "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message",
        "g": "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic",
        "c": "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common",
        "x": "http://www.w3.org/2001/XMLSchema-instance",
    }.items()
)
PART = Part("Structure", "message", "", {}, (1, 1), (1, 1), {})


def use(id_: str, at: str) -> Use:
    return Use(id_, "X:S(1.0)", "DataStructure", "", at, PART)


USES = {"T": use("T", "TIME_PERIOD"), "F": use("F", "AllDimensions"), "A": use("A", "AREA")}
DIMENSIONS: dict[str, bool] = {"FREQ": True, "AREA": True, "TIME_PERIOD": True, "STATUS": False, "TITLE": False}


class Recorded:
    """Listens to a message and to its data sets, and writes down what it hears."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.findings: list[Finding] = []
        self.heads: list[DataSetHead] = []

    def message(self, format: str) -> None:  # noqa: A002 - the word of the listener
        raise AssertionError("the frame of the message is read by others")

    def header(self, header: Header) -> None:
        raise AssertionError("the frame of the message is read by others")

    def data_set(self, head: DataSetHead) -> Recorded:
        self.heads.append(head)
        self.events.append(("data set", head.refers, head.action, head.where(""), head.where("action")))
        return self

    def found(self, finding: Finding) -> None:
        self.findings.append(finding)

    def told(self, what: str, cells: Cells, where: Where) -> None:
        self.events.append((what, where(""), {id_: (value, *where(id_)) for id_, value in cells.items()}))

    def attributes(self, cells: Cells, where: Where) -> None:
        self.told("attributes", cells, where)

    def group(self, id: str, cells: Cells, where: Where) -> None:  # noqa: A002 - the word of the listener
        self.told(f"group {id}", cells, where)

    def series(self, cells: Cells, where: Where) -> None:
        self.told("series", cells, where)

    def observation(self, cells: Cells, where: Where) -> None:
        self.told("observation", cells, where)

    def end_series(self) -> None:
        self.events.append("end of series")

    def end(self) -> None:
        self.events.append("end")


def heard(content: str, dimensions: Mapping[str, bool] = DIMENSIONS) -> Recorded:
    """What stands in the data sets; the root is on line 1, the content from line 2 on."""
    text = f"<m:GenericData {NAMESPACES}>\n{content}</m:GenericData>"
    data = text.encode()
    recorded = Recorded()
    parser = expat.ParserCreate("UTF-8", " ")

    def place() -> tuple[int, int]:
        return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    def value_place(name: str) -> tuple[int, int]:
        start = len(data[: parser.CurrentByteIndex].decode())
        local = name.rpartition(" ")[2]
        match = re.compile(rf"""[^>]*?[\s:]{local}\s*=\s*["']""", re.DOTALL).match(text, start)
        if match is None:
            return place()
        before = text[: match.end()]
        return before.count("\n") + 1, len(before) - before.rfind("\n")

    generic = Generic(recorded, USES, lambda: "OBS_VALUE", place, value_place, dimensions.get)
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > 1:
            generic.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        if depth > 1:
            generic.end(name)
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    assert (generic.open, generic.skipping) == ("", False)
    assert generic.observations == sum(event[0] == "observation" for event in recorded.events)  # type: ignore[index]
    return recorded


def in_series(content: str) -> str:
    """A series with this content, in a data set: the content stands on line 2."""
    return f'<m:DataSet structureRef="T"><g:Series>\n{content}</g:Series></m:DataSet>'.replace("\n", "", 1)


def wrong(content: str) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in heard(content).findings]


def values(recorded: Recorded) -> list[tuple[str, dict[str, str]]]:
    """The events without their places."""
    return [
        (event[0], {id_: said[0] for id_, said in event[2].items()})
        for event in recorded.events
        if isinstance(event, tuple) and event[0] != "data set"
    ]


# --- what it says -------------------------------------------------------------------------------------------------


def test_series_groups_and_attributes_with_their_places() -> None:
    recorded = heard("""\
<m:DataSet structureRef="T" action="Replace" setID="one">
 <c:Annotations><c:Annotation><c:AnnotationText>any text</c:AnnotationText></c:Annotation></c:Annotations>
 <g:DataProvider><Ref id="FR"/></g:DataProvider>
 <g:Attributes><g:Value id="TITLE" value="All"/></g:Attributes>
 <g:Group type="Sibling">
  <g:GroupKey><g:Value id="AREA" value="FR"/></g:GroupKey>
  <g:Attributes><g:Value id="TITLE" value="France"/></g:Attributes>
 </g:Group>
 <g:Series>
  <g:SeriesKey><g:Value id="FREQ" value="M"/><g:Value value="FR" id="AREA"/></g:SeriesKey>
  <g:Attributes><g:Value id="TITLE" value="é"/></g:Attributes>
  <g:Obs>
   <g:ObsDimension value="2024-05"/><g:ObsValue value="12"/>
   <g:Attributes><g:Value id="STATUS"
      value="A"/></g:Attributes>
  </g:Obs>
  <g:Obs><g:ObsDimension id="TIME_PERIOD" value="2024-06"/></g:Obs>
 </g:Series>
</m:DataSet>
""")
    assert recorded.findings == []
    assert recorded.heads[0].frame == {"setID": "one"}
    assert recorded.events == [
        ("data set", "T", "Replace", (2, 1), (2, 37)),
        ("attributes", (5, 2), {"TITLE": ("All", 5, 43)}),
        ("group Sibling", (6, 2), {"AREA": ("FR", 7, 41), "TITLE": ("France", 8, 44)}),
        ("series", (10, 2), {"FREQ": ("M", 11, 42), "AREA": ("FR", 11, 62), "TITLE": ("é", 12, 44)}),
        ("observation", (13, 3), {"TIME_PERIOD": ("2024-05", 14, 27), "OBS_VALUE": ("12", 14, 56), "STATUS": ("A", 16, 14)}),
        ("observation", (18, 3), {"TIME_PERIOD": ("2024-06", 18, 50)}),
        "end of series",
        "end",
    ]  # fmt: skip


def test_flat_data() -> None:
    recorded = heard("""\
<m:DataSet structureRef="F"><g:Obs>
 <g:ObsKey><g:Value id="FREQ" value="M"/><g:Value id="TIME_PERIOD" value="2024-05"/></g:ObsKey>
 <g:ObsValue id="OBS_VALUE" value="12"/>
 <g:Attributes><g:Value id="STATUS" value="A"/></g:Attributes>
</g:Obs></m:DataSet>""")
    assert recorded.findings == []
    assert recorded.events == [
        ("data set", "F", "", (2, 1), (2, 1)),
        (
            "observation",
            (2, 29),
            {
                "FREQ": ("M", 3, 38),
                "TIME_PERIOD": ("2024-05", 3, 75),
                "OBS_VALUE": ("12", 4, 36),
                "STATUS": ("A", 5, 44),
            },
        ),
        "end",
    ]


def test_another_dimension_at_the_observation() -> None:
    obs = '<g:Series><g:SeriesKey><g:Value id="FREQ" value="M"/></g:SeriesKey><g:Obs><g:ObsDimension value="FR"/></g:Obs></g:Series>'
    told = [("series", {"FREQ": "M"}), ("observation", {"AREA": "FR"})]
    assert values(heard(f'<m:DataSet structureRef="A">{obs}</m:DataSet>')) == told
    named = obs.replace("<g:ObsDimension", '<g:ObsDimension id="AREA"')
    assert values(heard(f'<m:DataSet structureRef="T">{named}</m:DataSet>')) == told
    assert values(heard(f'<m:DataSet structureRef="unknown">{obs}</m:DataSet>'))[1] == (
        "observation",
        {"TIME_PERIOD": "FR"},
    )


def test_several_data_sets_and_a_series_without_observation() -> None:
    one = in_series('<g:SeriesKey><g:Value id="FREQ" value="M"/></g:SeriesKey>')
    empty = '<m:DataSet structureRef="F"/>'
    recorded = heard(one + empty + one)
    assert [event if isinstance(event, str) else event[0] for event in recorded.events] == [  # type: ignore[index]
        "data set", "series", "end of series", "end", "data set", "end", "data set", "series", "end of series", "end",
    ]  # fmt: skip
    assert recorded.findings == []


# --- what is wrong with it ----------------------------------------------------------------------------------------

KEY = '<g:SeriesKey><g:Value id="FREQ" value="M"/></g:SeriesKey>'
ATTRIBUTES = '<g:Attributes><g:Value id="STATUS" value="A"/></g:Attributes>'
OBS = '<g:Obs><g:ObsDimension value="2024-05"/><g:ObsValue value="1"/></g:Obs>'


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (in_series(f"{KEY}<g:Ob/>"), ("unexpected-element", "the element 'Ob' has no place inside Series; did you mean 'Obs'?")),
        (in_series(f"{KEY}<g:Series><g:Deep/></g:Series>"), ("unexpected-element", "the element 'Series' has no place inside Series; did you mean 'SeriesKey' or 'Attributes'?")),
        (in_series(f"{KEY}<g:Obs>{KEY}</g:Obs>"), ("unexpected-element", "the element 'SeriesKey' has no place inside Obs.")),
        (in_series('<g:SeriesKey><g:Value id="FREQ" value="M"><g:Value id="AREA" value="FR"/></g:Value></g:SeriesKey>'), ("unexpected-element", "the element 'Value' has no place inside Value.")),
        (in_series(f"{KEY}{KEY.replace('FREQ', 'AREA')}"), ("unexpected-element", "SeriesKey stands twice inside Series; the second is not read.")),
        (in_series(KEY + OBS.replace("</g:Obs>", '<g:ObsValue value="2"/></g:Obs>')), ("unexpected-element", "ObsValue stands twice inside Obs; the second is not read.")),
        (in_series(f"{KEY}<m:Obs/>"), ("unexpected-element", "Obs inside Series is of the namespace 'http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message'; it must be of http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic.")),
        (in_series(f"{ATTRIBUTES}{KEY}"), ("element-order", "SeriesKey stands after Attributes inside Series; it comes before.")),
        (in_series(f"{KEY}{OBS}{ATTRIBUTES}"), ("element-order", "Attributes stands after Obs inside Series; it comes before.")),
        (in_series(f'{KEY}<g:Obs><g:ObsValue value="1"/><g:ObsDimension value="2024"/></g:Obs>'), ("element-order", "ObsDimension stands after ObsValue inside Obs; it comes before.")),
        (f'<m:DataSet structureRef="T"><g:Series>{KEY}</g:Series><g:Group type="G">{ATTRIBUTES}</g:Group></m:DataSet>', ("element-order", "Group stands after Series or Obs inside DataSet; it comes before.")),
        (in_series(f"{KEY}<g:Attributes/>"), ("element-order", "Attributes ends without Value.")),
        ('<m:DataSet structureRef="T"><g:Group type="G"><g:GroupKey><g:Value id="FREQ" value="M"/></g:GroupKey></g:Group></m:DataSet>', ("element-order", "Group ends without Attributes.")),
        (in_series(KEY.replace("<g:SeriesKey", '<g:SeriesKey id="1"')), ("unexpected-attribute", "SeriesKey has an attribute 'id', which has no place there.")),
        (in_series(KEY.replace('value="M"', 'value="M" Value="N"')), ("unexpected-attribute", "Value has an attribute 'Value', which has no place there; did you mean 'value'?")),
        ('<m:DataSet m:structureRef="T"/>', ("unexpected-attribute", "DataSet has the attribute structureRef with a prefix; in generic data it has none.")),
        (in_series(f"{KEY}{OBS}".replace("<g:ObsValue", '<g:ObsValue id="VALUE"')), ("unexpected-attribute", "ObsValue has the id 'VALUE'; in generic data it is always OBS_VALUE.")),
        (in_series('<g:SeriesKey><g:Value value="M"/></g:SeriesKey>'), ("unexpected-element", "a Value in SeriesKey has no id: it names no component.")),
        (in_series(KEY.replace("</g:S", '<g:Value id="FREQ" value="Q"/></g:S')), ("unexpected-element", "FREQ is given twice: 'Q', and before it 'M'.")),
        (in_series(KEY + ATTRIBUTES.replace("STATUS", "AREA")), ("dimension-misplaced", "the dimension AREA stands among the attributes; expected in the key.")),
        (in_series(KEY.replace("</g:S", '<g:Value id="STATUS" value="A"/></g:S')), ("attribute-misplaced", "STATUS is no dimension, but stands in SeriesKey; expected in Attributes.")),
    ],
)  # fmt: skip
def test_what_has_no_place(content: str, finding: tuple[str, str]) -> None:
    assert wrong(content) == [finding]


def test_a_fault_is_found_where_it_stands_and_reading_goes_on() -> None:
    recorded = heard(
        f'<m:DataSet structureRef="T">\n<g:Series>{KEY}\n <g:Ob><g:Deep/></g:Ob>\n {OBS}</g:Series>\n</m:DataSet>'
    )
    (finding,) = recorded.findings
    assert (finding.line, finding.column, finding.value) == (4, 2, "Ob")
    assert finding.expected == "Annotations, SeriesKey, Attributes, Obs"
    assert values(recorded)[-1] == ("observation", {"TIME_PERIOD": "2024-05", "OBS_VALUE": "1"})


def test_a_component_given_twice_shows_both_places_and_keeps_the_first() -> None:
    recorded = heard(
        in_series('<g:SeriesKey>\n<g:Value id="FREQ" value="M"/>\n<g:Value id="FREQ" value="Q"/></g:SeriesKey>')
    )
    (finding,) = recorded.findings
    assert (finding.line, finding.column, finding.component, finding.value) == (4, 1, "FREQ", "Q")
    assert [(place.line, place.column, place.value) for place in finding.related] == [(3, 27, "M")]
    assert values(recorded) == [("series", {"FREQ": "M"})]


def test_an_attribute_with_a_prefix_is_read() -> None:
    recorded = heard('<m:DataSet g:structureRef="T" g:action="Append" x:type="any"/>')
    assert (recorded.heads[0].refers, recorded.heads[0].action) == ("T", "Append")
    assert [finding.rule for finding in recorded.findings] == ["unexpected-attribute"] * 2


def test_what_comes_too_late_for_the_series_is_not_said_of_an_observation() -> None:
    assert values(heard(in_series(KEY + OBS + ATTRIBUTES + OBS))) == [
        ("series", {"FREQ": "M"}),
        ("observation", {"TIME_PERIOD": "2024-05", "OBS_VALUE": "1"}),
        ("observation", {"TIME_PERIOD": "2024-05", "OBS_VALUE": "1"}),
    ]


def test_a_key_behind_the_attributes_is_the_key_all_the_same() -> None:
    assert values(heard(in_series(ATTRIBUTES + KEY + OBS)))[0] == ("series", {"STATUS": "A", "FREQ": "M"})


def test_a_value_that_is_missing_is_empty_at_its_tag() -> None:
    recorded = heard(in_series('<g:SeriesKey>\n  <g:Value id="FREQ"/></g:SeriesKey>'))
    assert recorded.events[1] == ("series", (2, 29), {"FREQ": ("", 3, 3)})


def test_without_a_structure_nothing_is_said_of_dimensions() -> None:
    assert heard(in_series(KEY + ATTRIBUTES.replace("STATUS", "AREA")), {}).findings == []


# --- laws ---------------------------------------------------------------------------------------------------------

NAMES = [
    "Series",
    "Obs",
    "Group",
    "SeriesKey",
    "GroupKey",
    "ObsKey",
    "Attributes",
    "Value",
    "ObsDimension",
    "ObsValue",
    "Other",
]
names = st.sampled_from([f"g:{name}" for name in NAMES] + ["m:Obs", "c:Annotations", "Obs", "m:DataSet"])
attributes = st.dictionaries(
    st.sampled_from(["id", "value", "type", "g:id", "x:type"]), st.sampled_from(["", "FREQ", "STATUS"]), max_size=3
)
trees: st.SearchStrategy[str] = st.recursive(
    st.just(""),
    lambda inner: st.lists(
        st.tuples(names, attributes, inner).map(
            lambda one: f"<{one[0]}{''.join(f' {k}={v!r}' for k, v in one[1].items())}>{one[2]}</{one[0]}>"
        ),
        max_size=4,
    ).map("".join),
    max_leaves=20,
)


@given(trees)
def test_any_elements_are_read_to_their_end(content: str) -> None:
    recorded = heard(f'<m:DataSet structureRef="T">{content}</m:DataSet>')
    assert recorded.events[-1] == "end"
    assert all(finding.line == 2 for finding in recorded.findings)
    inside = False
    for event in recorded.events:
        if event == "end of series":
            assert inside
            inside = False
        elif event[0] == "series":  # type: ignore[index]
            assert not inside
            inside = True
    assert not inside


code = st.text("ABCé<&\"' ", min_size=1, max_size=4)


@given(st.lists(st.tuples(code, st.lists(st.tuples(code, code), max_size=3)), max_size=3))
def test_what_is_written_is_read(series: list[tuple[str, list[tuple[str, str]]]]) -> None:
    def quoted(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

    content = "".join(
        f'<g:Series><g:SeriesKey><g:Value id="FREQ" value="{quoted(key)}"/></g:SeriesKey>'
        + "".join(
            f'<g:Obs><g:ObsDimension value="{quoted(time)}"/><g:ObsValue value="{quoted(value)}"/></g:Obs>'
            for time, value in observations
        )
        + "</g:Series>"
        for key, observations in series
    )
    recorded = heard(f'<m:DataSet structureRef="T">{content}</m:DataSet>')
    assert recorded.findings == []
    expected: list[tuple[str, dict[str, str]]] = []
    for key, observations in series:
        expected.append(("series", {"FREQ": key}))
        expected += [("observation", {"TIME_PERIOD": time, "OBS_VALUE": value}) for time, value in observations]
    assert values(recorded) == expected

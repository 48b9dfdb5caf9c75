"""The metadata messages: what is written, what is read of ours and of others', what is refused, what other readers see."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import FactsError, InputError
from pipeline.facts.metadata_structure import MetadataStructure, Report, TargetIdentifier
from pipeline.messages import metadata_reader
from pipeline.messages.metadata_reader import Read, read
from pipeline.messages.metadata_schema import faults
from pipeline.messages.metadata_writer import write_21, write_30
from pipeline.metadata_set import Heading, MetadataSet, ReportedAttribute
from pipeline.rich_text import Element, canonical, paragraph, plain

MODEL = "urn:sdmx:org.sdmx.infomodel"
SDMX = "http://www.sdmx.org/resources/sdmxml/schemas"
NOT_PUBLIC = "NOT_PUBLIC"
PLACES = (TargetIdentifier("PROVIDER", "DataProvider"), TargetIdentifier("DATAFLOW", "Dataflow"))
STRUCTURE = MetadataStructure("XA", "REPORTS", "2.2", (), report=Report("FULL_REPORT", "FLOW_TARGET", PLACES))
HEADING = Heading("REPORT_1", "2024-07-05T09:00:00+02:00", "XA1", "XB2")
BIRTHS = f"{MODEL}.datastructure.Dataflow=XA:BIRTHS(1.0)"
DEATHS = f"{MODEL}.datastructure.Dataflow=XA:DEATHS(1.0)"
PROVIDER = f"{MODEL}.base.MetadataProvider=XA:METADATA_PROVIDERS(1.0).XA1"
OLD_PROVIDER = f"{MODEL}.base.DataProvider=XA:DATA_PROVIDERS(1.0).XA1"


def element(tag: str, *children: Any, **attributes: str) -> Element:
    return Element(tag, children, tuple(sorted(attributes.items())))


RICH = canonical([
    element("p", "Births ", element("strong", "& deaths"), ", see ", element("a", "here", href="https://example.org/?a&b")),
    element("ul", element("li", "one", element("ul", element("li", "one and a half"))), element("li", "two")),
    element(
        "table",
        element("thead", element("tr", element("th", "Year"), element("th", "Births", align="right"))),
        element("tbody", element("tr", element("td", "2024"), element("td", "1,200", align="right"))),
    ),
])  # fmt: skip
ATTRIBUTES = (
    ReportedAttribute(
        "CONTACT",
        children=(
            ReportedAttribute("OFFICE", (("en", "Office <1>"), ("fr", "Bureau « 1 »"))),
            ReportedAttribute("NAME", (("en", "A. Person"),), restricted=True),
        ),
    ),
    ReportedAttribute("UPDATED", (("", "2024-07-01"),)),
    ReportedAttribute("DESCRIPTION", (("en", RICH), ("fr", paragraph("Naissances et décès")))),
)
REPORT = MetadataSet(
    agency="XA1",
    id="births_and_deaths",
    version="1.2",
    names=(("en", "Births and deaths"), ("fr", "Naissances et décès")),
    attributes=ATTRIBUTES,
    targets=(BIRTHS, DEATHS),
    structure=STRUCTURE.ref,
    flow="XA:REPORT_FLOW(1.0)",
    provider=PROVIDER,
    begins="2023-01-01",
    ends="2023-12-31",
)


def new(report: MetadataSet = REPORT) -> bytes:
    return write_30(report, STRUCTURE, HEADING, restriction=NOT_PUBLIC)


def old(report: MetadataSet = REPORT, structure: MetadataStructure = STRUCTURE) -> bytes:
    return write_21(report, structure, HEADING, restriction=NOT_PUBLIC)


def of(data: bytes | str) -> Read:
    return read("report.xml", data if isinstance(data, bytes) else data.encode(), restriction=NOT_PUBLIC)


# --- written ------------------------------------------------------------------------------------------------------


def test_3_0_says_who_what_and_about_what_in_the_order_of_the_schema() -> None:
    data = new()
    assert faults(data) == []
    tags = re.findall(r"<(?:message|metadata):(\w+)[ >]", data.decode())
    assert tags[1:9] == ["Header", "ID", "Test", "Prepared", "Sender", "Receiver", "Structure", "MetadataProvider"]
    assert tags[9:13] == ["MetadataSet", "Metadataflow", "Target", "Target"]
    assert of(data) == Read(REPORT, HEADING, "3.0")


def test_2_1_has_a_report_for_each_dataflow_that_has_no_place_beside_the_other() -> None:
    data = old()
    assert faults(data) == []
    assert data.decode().count('<metadata:Report id="FULL_REPORT">') == 2
    assert data.decode().count(f"<URN>{OLD_PROVIDER}</URN>") == 2  # in each target
    held = replace(REPORT, agency="", version="", flow="", provider=OLD_PROVIDER)
    assert of(data) == Read(held, HEADING, "2.1")


def test_2_1_names_the_provider_of_the_set_where_the_target_has_no_place_for_it() -> None:
    data = old(structure=replace(STRUCTURE, report=Report("FULL_REPORT", "FLOW_TARGET", PLACES[1:])))
    assert faults(data) == []
    assert f"<metadata:DataProvider>\n      <URN>{OLD_PROVIDER}</URN>" in data.decode()
    assert of(data).set_.provider == OLD_PROVIDER


def test_2_1_has_one_report_where_there_is_a_place_for_each_dataflow() -> None:
    places = (*PLACES, TargetIdentifier("DATAFLOW_2", "Dataflow"), TargetIdentifier("PERIOD", "ReportPeriod"))
    data = old(structure=replace(STRUCTURE, report=Report("FULL_REPORT", "FLOW_TARGET", places)))
    assert faults(data) == []
    values = re.findall(r'<metadata:ReferenceValue id="(\w+)">\s+<metadata:(\w+)>', data.decode())
    assert values == [
        ("PROVIDER", "ObjectReference"), ("DATAFLOW", "ObjectReference"), ("DATAFLOW_2", "ObjectReference"),
        ("PERIOD", "ReportPeriod"),
    ]  # fmt: skip
    assert of(data).set_.targets == (BIRTHS, DEATHS)


def test_a_provision_agreement_is_named_where_there_is_no_flow() -> None:
    report = replace(REPORT, flow="", provision="XA:AGREED(1.0)")
    assert f"{MODEL}.registry.MetadataProvisionAgreement=XA:AGREED(1.0)" in new(report).decode()
    assert faults(new(report)) == []
    assert of(new(report)).set_ == report


def test_what_is_not_for_publication_is_annotated_in_both() -> None:
    for data in (new(), old()):
        assert data.decode().count("<common:AnnotationType>NOT_PUBLIC</common:AnnotationType>") == len(
            re.findall('id="NAME"', data.decode())
        )
        assert [one.id for one in of(data).set_.all if one.restricted] == ["NAME"]


def test_a_provider_may_be_given_without_its_kind() -> None:
    report = replace(REPORT, provider="XA:METADATA_PROVIDERS(1.0).XA1")
    assert of(new(report)).set_.provider == PROVIDER
    assert of(old(report)).set_.provider == OLD_PROVIDER


def test_plain_text_beside_rich_text_becomes_rich() -> None:
    mixed = replace(REPORT, attributes=(ReportedAttribute("A", (("en", RICH), ("fr", "Texte"))),))
    for data in (new(mixed), old(mixed)):
        assert faults(data) == []
        assert of(data).set_.attributes[0].content == (("en", RICH), ("fr", paragraph("Texte")))


def test_no_line_break_comes_into_a_text() -> None:
    assert b"<p>Births <strong>&amp; deaths</strong>, see <a href=" in new()
    assert b'<td>2024</td><td align="right">1,200</td>' in new()


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (replace(REPORT, flow=""), "the metadataflow or the provision agreement; the report has neither"),
        (replace(REPORT, targets=()), "the report has no target"),
        (replace(REPORT, names=()), "it has no name"),
        (replace(REPORT, attributes=()), "births_and_deaths: nothing is reported"),
        (replace(REPORT, provider="XA1"), "the provider 'XA1' is no reference"),
        (
            replace(REPORT, attributes=(ReportedAttribute("A", (("", "1"), ("en", "one"))),)),
            "a plain value stands beside",
        ),
        (replace(REPORT, attributes=(ReportedAttribute("A", (("en", "1"), ("en", "2"))),)), "two texts in 'en'"),
        (replace(REPORT, attributes=(ReportedAttribute("A", (("", RICH),)),)), "a plain value is not rich"),
    ],
)
def test_what_3_0_cannot_say_is_refused(report: MetadataSet, words: str) -> None:
    with pytest.raises(FactsError, match=words):
        new(report)


@pytest.mark.parametrize(
    ("report", "structure", "words"),
    [
        (REPORT, replace(STRUCTURE, report=None), r"the report structure of XA:REPORTS\(2.2\) is not known"),
        (replace(REPORT, targets=(f"{MODEL}.codelist.Codelist=XA:CL(1.0)",)), STRUCTURE, "has no place for Codelist"),
        (replace(REPORT, targets=("the births",)), STRUCTURE, "has no place for what is no URN: the births"),
        (replace(REPORT, targets=(), provider=""), STRUCTURE, "the report has no target"),
    ],
)
def test_what_2_1_cannot_say_is_refused(report: MetadataSet, structure: MetadataStructure, words: str) -> None:
    with pytest.raises(FactsError, match=words):
        old(report, structure)


def test_a_character_that_cannot_be_sent_is_named_with_its_concept_and_language() -> None:
    texts = (("en", "a\x01"), ("fr", "b\x02"))
    bad = replace(REPORT, attributes=(ReportedAttribute("A", texts), ReportedAttribute("B", (("", "\ud800"),))))
    for write in (new, old):
        with pytest.raises(InputError) as caught:
            write(bad)
        assert [problem.where for problem in caught.value.problems] == ["A (en)", "A (fr)", "B"]


# --- read: messages of others -------------------------------------------------------------------------------------

HEADER_21 = """<m:Header><m:ID>X</m:ID><m:Test>1</m:Test><m:Prepared>2010-11-24T08:00:00</m:Prepared><m:Sender id="XA1"/>
<m:Structure structureID="S"><c:Structure><Ref agencyID="XA" id="REPORTS" version="2.2"/></c:Structure></m:Structure></m:Header>"""


def message(content: str, version: str = "3_0", header: str = "") -> str:
    spaces = {"m": "message", "c": "common", "g": "metadata/generic"}
    declared = " ".join(f'xmlns:{prefix}="{SDMX}/v{version}/{space}"' for prefix, space in spaces.items())
    return (
        f'<m:GenericMetadata {declared} xmlns:x="http://www.w3.org/1999/xhtml">\n{header}{content}</m:GenericMetadata>'
    )


def texts(inner: str) -> str:
    return message(f'<m:MetadataSet agencyID="XA1" id="R"><g:Attribute id="A">{inner}</g:Attribute></m:MetadataSet>')


def rich(xhtml: str) -> tuple[Any, list[str]]:
    prefixed = re.sub(r"<(/?)(\w)", r"<\1x:\2", xhtml)
    found = of(texts(f"<c:StructuredText>{prefixed}</c:StructuredText>"))
    return found.set_.attributes[0].in_language("en"), [re.sub(r"A line \d+: ", "", note) for note in found.unknown]


@pytest.mark.parametrize(
    ("xhtml", "read_as"),
    [
        ("text alone", paragraph("text alone")),
        ("<div><p>a</p><div>b</div></div>", (element("p", "a"), element("p", "b"))),
        ("<p><b>a</b> <i>b</i> <span>c</span></p>", (element("p", element("strong", "a"), " ", element("em", "b"), " c"),)),
        ("<h4>a</h4><h5>b</h5>", (element("h4", "a"), element("h5", "b"))),
        ("<P>a<BR/>b</P>", (element("p", "a", element("br"), "b"),)),
        ("a<p>b<ul><li>c</li></ul>d</p>e", (*(element("p", t) for t in "ab"), element("ul", element("li", "c")),
                                          *(element("p", t) for t in "de"))),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", (element("ul", element("li", "a", element("ul", element("li", "b")))),)),
        ("<ol start='1'><li>a</li></ol>", (element("ol", element("li", "a")),)),
        ("<p> </p><p>\n a\n  b </p>", paragraph("a b")),
        ("<pre>a\n  b</pre>", (element("pre", "a\n  b"),)),
    ],
)  # fmt: skip
def test_xhtml_of_others_is_read_into_the_canonical_form(xhtml: str, read_as: Any) -> None:
    assert rich(xhtml) == (read_as, [])


HEAD = element("thead", element("tr", element("th", "Year"), element("th", "Births")))
BODY = element("tbody", element("tr", element("td", "2024"), element("td", "12")))


@pytest.mark.parametrize(
    ("xhtml", "parts"),
    [
        ("<tr><th>Year</th><th>Births</th></tr><tr><td>2024</td><td>12</td></tr>", (HEAD, BODY)),
        ("<tbody><tr><th>Year</th><th>Births</th></tr><tr><td>2024</td><td>12</td></tr></tbody>", (HEAD, BODY)),
        ("<colgroup><col/></colgroup><thead><tr><th>Year</th><th>Births</th></tr></thead><tr><td>2024</td><td>12</td></tr>",
         (HEAD, BODY)),
        ("<tr><td>2024</td><td><p>12</p></td></tr>", (BODY,)),
    ],
)  # fmt: skip
def test_tables_have_their_head_apart(xhtml: str, parts: tuple[Element, ...]) -> None:
    assert rich(f"<table>{xhtml}</table>") == ((Element("table", parts),), [])


@pytest.mark.parametrize(
    ("xhtml", "words", "lost"),
    [
        ("<p>a<img src='x'/>b</p>", "ab", ["the element img is left out"]),
        ("<p>a</p><script>alert(1)</script><style>p</style>", "a",
         ["the element script is left out", "the element style is left out"]),
        ("<p class='x' style='y'>a</p><p class='z'>b</p>", "a\nb",
         ["the attribute class is left out", "the attribute style is left out"]),
        ("<p><a href='javascript:x'>a</a></p>", "a", ["the link to 'javascript:x' is left out, its text is kept"]),
        ("<p><a name='top'>a</a></p>", "a",
         ["the attribute name is left out", "a place to link to is left out, its text is kept"]),
        ("<p><a href='https://a.org' target='_blank'>a</a></p>", "a", ["the attribute target is left out"]),
        ("<p><u>a</u><u>b</u></p>", "ab", ["the element u is left out, its text is kept"]),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\nb",
         ["the element dt is left out, its text is kept", "the element dd is left out, its text is kept",
          "the element dl is left out, its text is kept"]),
        ("<b><p>a</p><p>b</p></b>", "a\nb", ["the element b here is left out, its text is kept"]),
        ("<li>a</li>", "a", ["the element li here is left out, its text is kept"]),
        ("<ul>a<li>b</li></ul>", "- a\n- b", ["what stands in the element ul beside its parts is made one of them"]),
        ("<ol start='iv'><li>a</li></ol>", "1. a", ["the start 'iv' of a list is left out"]),
        ("<table><caption>c</caption><tr><td colspan='2'>a</td></tr><tr><td>b</td><td>d</td></tr></table>", "c\na | \nb | d",
         ["the attribute colspan is left out, empty cells are in its place", "what stands in a table beside its rows is put before it"]),
        ("<table><tr><td><ul><li>a</li><li>b</li></ul></td><td align='justify'>c</td></tr></table>", "a\nb | c",
         ["what is more than text in the element td keeps its text alone", "the alignment 'justify' is left out"]),
        ("<table><tr>a<td>b</td></tr>c<tr><td>d</td><th>e</th></tr></table>", "c\na | b\nd | e",
         ["what stands in the element tr beside its parts is made one of them",
          "what stands in a table beside its rows is put before it",
          "a heading of a table outside its first row is made a plain cell"]),
        ("<h1>a</h1><h3>b</h3><h5>c</h5>", "a\nb\nc", ["the heading h1 becomes h4", "the heading h3 becomes h4"]),
        ("<p><a href='#a'>a<b><a href='#b'>b</a></b></a><a href='#c'/></p>", "ab",
         ["the link to '#b' inside a link is left out, its text is kept",
          "the link to '#c' is left out, as it has no text"]),
        ("<p><code>a<b>b</b></code></p><pre>c<a href='#d'>d</a></pre>", "ab\ncd",
         ["what is more than text in the element code keeps its text alone",
          "what is more than text in the element pre keeps its text alone"]),
        ("<p>a\x85b\u0080c</p><p>\ufdd0d</p>", "a bc\nd", ["characters that are no text are left out"]),
        ("<p><a href='#a' title='\x81'>a</a></p>", "a", ["characters that are no text are left out"]),
        ("<h2>a<ul><li>b</li></ul></h2>", "a\nb", ["the heading h2 becomes h4", "what is more than text in the element h2 keeps its text alone"]),
    ],
)  # fmt: skip
def test_what_is_lost_of_a_text_is_named_once(xhtml: str, words: str, lost: list[str]) -> None:
    text, notes = rich(xhtml)
    assert plain(text) == words
    assert notes == lost
    written = replace(REPORT, attributes=(ReportedAttribute("A", (("en", text),)),))
    assert faults(new(written)) == []
    assert of(new(written)).set_ == written


@pytest.mark.parametrize(
    ("xhtml", "lines"),
    [
        ("<tr><th>a</th><th>b</th></tr><tr><td rowspan='2'>c</td><td>1</td></tr><tr><td>2</td></tr>",
         "a | b\nc | 1\n | 2"),
        ("<tr><td rowspan='0'>c</td><td>1</td></tr><tr><td>2</td></tr><tr/><tr><td>3</td></tr>", "c | 1\n | 2\n | 3"),
        ("<tr><td>1</td><td rowspan='2' colspan='2'>c</td><td>2</td></tr><tr><td>3</td><td>4</td></tr>",
         "1 | c |  | 2\n3 |  |  | 4"),
        ("<thead><tr><th rowspan='9'>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>1</td></tr></tbody>",
         "a | b\nc | 1"),
        ("<tr><td colspan='99'>a</td></tr><tr><td>b</td><td>1</td></tr>", "a | \nb | 1"),
        ("<tr><td rowspan='2'>a</td><td>1</td><td rowspan='2'>b</td></tr><tr><td>2</td></tr><tr><td>c</td></tr>",
         "a | 1 | b\n | 2 | \nc |  | "),
    ],
)  # fmt: skip
def test_a_cell_that_stands_over_several_leaves_the_others_in_their_columns(xhtml: str, lines: str) -> None:
    text, notes = rich(f"<table>{xhtml}</table>")
    assert plain(text) == lines
    assert {f"the attribute {span} is left out, empty cells are in its place" for span in ("colspan", "rowspan")
            if span in xhtml} == set(notes)  # fmt: skip


@pytest.mark.parametrize(
    "xhtml",
    [
        "<tr><td colspan='9999' rowspan='0'>a</td></tr>" * 20,
        "<tr>" + "<td colspan='9999'>a</td>" * 20 + "</tr>",
        "<tr>" + "<td>a</td>" * 500 + "</tr>" + "<tr><td>a</td></tr>" * 500,
    ],
)
def test_a_table_of_empty_cells_is_refused(xhtml: str) -> None:
    with pytest.raises(InputError, match="line 2: up to this table there are more than 100000 empty cells"):
        rich(f"<table>{xhtml}</table>")


@pytest.mark.parametrize("tags", [["blockquote"], ["ul", "li"]])
def test_what_is_too_deep_to_stay_a_list_or_quotation_is_named(tags: list[str]) -> None:
    def nested(deep: int) -> tuple[Any, list[str]]:
        return rich("".join(f"<{tag}>" for tag in tags * deep) + "a" + "".join(f"</{t}>" for t in tags[::-1] * deep))

    assert nested(20)[1] == []
    assert nested(21)[1] == ["a list or quotation deeper than 20 is dissolved, its text is kept"]
    assert nested(20)[0] == nested(21)[0]


@pytest.mark.parametrize(
    "inner",
    [
        "stray",
        "<![CDATA[stray]]>",
        "<c:Text>a</c:Text>stray",
        '<c:Text>a</c:Text><!-- a --><g:Attribute id="B"/> stray',
        "<c:Annotations/>s<c:Text>a</c:Text>t",
    ],
)
def test_text_directly_in_an_attribute_is_named(inner: str) -> None:
    assert of(texts(inner)).unknown == ("A line 2: a text that stands directly in the Attribute is left out",)
    old = texts(inner).replace("v3_0", "v2_1").replace("g:Attribute", "g:ReportedAttribute").replace(
        "<g:Rep", '<g:Report id="R"><g:AttributeSet><g:Rep', 1
    ).replace("</m:MetadataSet>", "</g:AttributeSet></g:Report></m:MetadataSet>")  # fmt: skip
    assert "A line 2: a text that stands directly in the ReportedAttribute is left out" in of(old).unknown


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ('stray<g:Attribute id="A"/>', "a text that stands directly in the MetadataSet is left out"),
        (
            '<g:Other><g:Attribute id="A"/><g:Attribute id="B"/></g:Other>',
            "the element Other in the MetadataSet is left out, with what it says of A, B",
        ),
        (
            '<c:Name>N<g:Attribute id="A"/></c:Name>',
            "the element Attribute in the Name is left out, with what it says of A",
        ),
        ('<g:Report id="R"/>', "the element Report in the MetadataSet is left out"),
    ],
)
def test_what_has_no_place_in_the_frame_is_named_with_its_concepts(content: str, note: str) -> None:
    assert of(message(f'<m:MetadataSet id="R">{content}</m:MetadataSet>')).unknown == (f"line 2: {note}",)


def test_a_value_of_what_stands_in_a_text_is_named() -> None:
    found = of(texts('<c:Text>a<g:Attribute id="B" value="lost"/></c:Text>'))
    assert "B line 2: the value 'lost' in a text is left out" in found.unknown


def test_what_is_lost_in_a_further_report_that_is_alike_is_named() -> None:
    set_ = '<m:MetadataSet id="R"><g:Attribute id="A">{}<c:Text>a</c:Text></g:Attribute></m:MetadataSet>'
    found = of(message(set_.format("") + "\n" + set_.format("stray")))
    assert found.unknown == ("A line 3: a text that stands directly in the Attribute is left out",)


def test_two_texts_in_one_language_are_both_kept_and_named() -> None:
    found = of(texts("<c:Text>a</c:Text><c:Text>b</c:Text>"))
    assert found.set_.attributes[0].content == (("en", "a"), ("en", "b"))
    assert found.unknown == ("A line 2: there is more than one text in 'en'",)


def test_a_further_value_that_is_not_for_publication_restricts_the_first() -> None:
    values = replace(REPORT, attributes=(ReportedAttribute("A", (("", "1"), ("", "2")), restricted=True),))
    head, annotation, tail = old(values).decode().partition("<common:Annotations>")
    first_public = head + tail.partition("</common:Annotations>")[2]
    assert annotation
    assert of(first_public).set_.attributes == values.attributes


@pytest.mark.parametrize("language", ["en", "en-GB", "zh-Hant-TW", " fr "])
def test_a_language_is_its_own(language: str) -> None:
    found = of(texts(f'<c:Text xml:lang="{language}">a</c:Text>'))
    assert found.set_.attributes[0].content == ((language.strip(), "a"),)


@pytest.mark.parametrize(
    "language", ["x/../../../pwned", "", "e", "en_GB", "en.md", "..", "\u0435n", "en-", "en&#10;x"]
)
@pytest.mark.parametrize("text", ["Text", "StructuredText"])
def test_what_is_no_language_is_refused(language: str, text: str) -> None:
    with pytest.raises(InputError, match=r"report.xml line 2: xml:lang is .* no language"):
        of(texts(f'<c:{text} xml:lang="{language}">a</c:{text}>'))


def test_the_name_of_a_report_is_in_a_language() -> None:
    with pytest.raises(InputError, match=r"report.xml line 2: xml:lang is '../x', which is no language"):
        of(message('<m:MetadataSet id="R"><c:Name xml:lang="../x">N</c:Name></m:MetadataSet>'))


@pytest.mark.parametrize("concept", ["a b", "../x", "A} {#B", "A&#10;"])
def test_what_is_no_id_of_a_concept_is_refused(concept: str) -> None:
    with pytest.raises(InputError, match=r"report.xml line 2: .* is no id of a concept"):
        of(message(f'<m:MetadataSet id="R"><g:Attribute id="{concept}"/></m:MetadataSet>'))


@pytest.mark.parametrize("version", ["3_0", "2_1"])
@pytest.mark.parametrize("content", ["", "<c:Name>N</c:Name>", '<g:Report id="R"><g:AttributeSet/></g:Report>'])
def test_a_set_that_reports_nothing_is_read(content: str, version: str) -> None:
    found = of(message(f"<m:MetadataSet>{content}</m:MetadataSet>", version))
    assert found.set_.attributes == ()
    assert found.set_.languages == ()


def test_notes_have_concept_and_line() -> None:
    found = of(texts("\n<c:StructuredText>a\n<x:img/></c:StructuredText>"))
    assert found.unknown == ("A line 4: the element img is left out",)


def test_a_text_without_a_language_is_in_the_standards_own() -> None:
    assert of(texts('<c:Text> a </c:Text><c:Text xml:lang="fr">b</c:Text>')).set_.attributes[0].content == (
        ("en", " a "),
        ("fr", "b"),
    )


def test_other_annotations_and_elements_are_named() -> None:
    other = "<c:Annotations><c:Annotation><c:AnnotationType>OTHER</c:AnnotationType></c:Annotation></c:Annotations>"
    found = of(texts(f"{other}<c:Text>a<x:b>c</x:b></c:Text><g:Other/>"))
    assert found.set_.attributes == (ReportedAttribute("A", (("en", "ac"),)),)
    assert found.unknown == (
        "A line 2: the element Other in the Attribute is left out",
        "A line 2: an annotation 'OTHER' is left out",
        "A line 2: the element b in a plain text is left out, its text is kept",
    )


def test_2_1_references_may_be_written_in_parts() -> None:
    values = {
        "T": '<g:ObjectReference><Ref agencyID="XA" maintainableParentID="THEMES" id="POP.BIRTHS" class="Category"'
        ' package="categoryscheme"/></g:ObjectReference>',
        "F": '<g:ObjectReference><Ref agencyID="XA" id="BIRTHS" version="1.0" class="Dataflow"/></g:ObjectReference>',
        "P": '<g:ObjectReference><Ref agencyID="XA" maintainableParentID="DATA_PROVIDERS" id="XA1" class="DataProvider"/>'
        "</g:ObjectReference>",
        "D": '<g:DataSetReference><ID>1</ID></g:DataSetReference>',
        "W": "<g:ReportPeriod>2023</g:ReportPeriod>",
    }  # fmt: skip
    target = "".join(f'<g:ReferenceValue id="{id_}">{value}</g:ReferenceValue>' for id_, value in values.items())
    said = '<g:AttributeSet><g:ReportedAttribute id="A" value="1"/></g:AttributeSet>'
    report = f'<g:Report id="R"><g:Target id="T">{target}</g:Target>{said}</g:Report>'
    found = of(message(f'<m:MetadataSet structureRef="S">{report}</m:MetadataSet>', "2_1", HEADER_21))
    assert found.set_ == MetadataSet(
        "", "", "", (), (ReportedAttribute("A", (("", "1"),)),),
        targets=(f"{MODEL}.categoryscheme.Category=XA:THEMES(1.0).POP.BIRTHS", BIRTHS),
        structure="XA:REPORTS(2.2)", provider=OLD_PROVIDER, begins="2023", ends="2023",
    )  # fmt: skip
    assert found.heading == Heading("X", "2010-11-24T08:00:00", "XA1", test=True)
    assert found.unknown == ("line 3: the DataSetReference of the target D is left out",)


def test_of_several_reports_and_sets_the_first_is_read_and_others_are_named() -> None:
    def report(value: str) -> str:
        return f'<g:Report id="R{value}"><g:AttributeSet><g:ReportedAttribute id="A" value="{value}"/></g:AttributeSet></g:Report>'

    one = f'<m:MetadataSet setID="S">{report("1")}{report("1")}{report("2")}</m:MetadataSet>'
    other = one.replace('"S"', '"S2"')
    found = of(message(f"{one}\n{one}\n{other}<m:Footer/>", "2_1"))
    assert found.set_.attributes == (ReportedAttribute("A", (("", "1"),)),)
    assert found.unknown == (
        "line 2: a further report R2 that says something else is left out, with what it says of A",
        "line 4: the element Footer in the GenericMetadata is left out",
        "line 4: a further metadata set S2 is left out",
    )


def test_the_header_may_name_the_flow() -> None:
    use = f"<c:StructureUsage>{MODEL}.metadatastructure.Metadataflow=XA:REPORT_FLOW(1.0)</c:StructureUsage>"
    header = f'<m:Header><m:Structure structureID="S">{use}</m:Structure></m:Header>'
    found = of(message('<m:MetadataSet agencyID="XA1" id="R" validTo="2030-01-01T00:00:00"/>', header=header))
    assert (found.set_.flow, found.set_.version) == ("XA:REPORT_FLOW(1.0)", "1.0")
    assert found.unknown == ("line 2: the attribute validTo of the set is left out",)


# --- refused ------------------------------------------------------------------------------------------------------

BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "report.xml line 1: the file is empty"),
        ('{"meta": {}}', "report.xml line 1: this is a JSON file"),
        ("PK\x03\x04", "report.xml line 1: this is a zip file"),
        ("a;b\n1;2", "is a table whose header row is not that of SDMX-CSV"),
        (f"\n{BOMB}", "report.xml line 2: has a document type declaration"),
        ("<a>\n<b></a>", "report.xml line 2: not well-formed XML: mismatched tag"),
        ("<a>&nbsp;</a>", "report.xml line 1: not well-formed XML: undefined entity"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "not in an encoding|unknown encoding"),
        ("<a>" * 101 + "</a>" * 101, "report.xml line 1: elements stand more than 100 deep"),
        ("<a/>", "this is not an SDMX message: its root is 'a'"),
        (message("").replace("v3_0", "v2_0"), "this is an SDMX 2.0 message, which is not read"),
        (message("").replace("GenericMetadata", "StructureSpecificMetadata"), "structure-specific metadata message, which is not"),
        (message("").replace("GenericMetadata", "GenericData"), "an SDMX 3.0 GenericData message, not a GenericMetadata"),
        (message(""), "report.xml line 1: the message holds no metadata set"),
    ],
)  # fmt: skip
def test_what_is_no_metadata_message_is_refused_with_its_line(data: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        of(data)


@pytest.mark.parametrize("tags", [["blockquote"], ["ul", "li"], ["strong"], ["table", "tr", "td"], ["div"], ["p", "u"]])
def test_the_deepest_text_is_read(tags: list[str]) -> None:
    tags = (tags * 90)[:90]
    xhtml = "".join(f"<{tag}>" for tag in tags) + "a" + "".join(f"</{tag}>" for tag in reversed(tags))
    assert "a" in plain(rich(xhtml)[0])


def test_every_attribute_without_an_id_is_a_problem() -> None:
    attributes = '\n<g:Attribute/>\n<g:Attribute><g:Attribute id="B"/><g:Attribute/></g:Attribute>'
    with pytest.raises(InputError) as caught:
        of(message(f'<m:MetadataSet id="R">{attributes}</m:MetadataSet>'))
    assert sorted({problem.where for problem in caught.value.problems}) == ["report.xml line 3", "report.xml line 4"]
    assert len(caught.value.problems) == 3


def test_a_message_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_reader, "LARGEST", 10)
    with pytest.raises(InputError, match="is larger than"):
        of(new())


# --- the schemas --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ("strong>", "u>", "xhtml}u"),
        ('href="https:', 'href="javascript:', "href"),
        ('align="right"', 'align="justify"', "align"),
        ("<p>", '<p class="x">', "class"),
        (' version="1.2"', ' version="one"', "version"),
        ('id="OFFICE"', "", "The attribute 'id' is required"),
    ],
)
def test_the_schemas_find_what_is_wrong_and_where(was: str, becomes: str, words: str) -> None:
    wrong = new().decode().replace(was, becomes)
    found = faults(wrong.encode())
    line = next(
        n for n, text in enumerate(wrong.split("\n"), 1) if becomes in text and text not in new().decode().split("\n")
    )
    assert found
    assert words in found[0]
    assert found[0].startswith(f"line {line}: ")


def test_the_schemas_judge_no_other_message() -> None:
    assert faults(b"<a/>") == ["line 1: a is no message of SDMX 2.1 or 3.0."]
    assert faults(b"<a>") != []


# --- other readers ------------------------------------------------------------------------------------------------


def test_pysdmx_reads_the_same_ids_targets_and_values() -> None:
    from pysdmx.io import read_sdmx

    (report,) = read_sdmx(io.BytesIO(new()), validate=False).reports  # its schemas lack XHTML
    assert (report.agency, report.id, report.version) == (REPORT.agency, REPORT.id, REPORT.version)
    assert report.metadataflow == f"{MODEL}.metadatastructure.Metadataflow={REPORT.flow}"
    assert tuple(report.targets) == REPORT.targets

    def ids(attributes: Any) -> list[Any]:
        return [(one.id, ids(one.attributes if hasattr(one, "attributes") else one.children)) for one in attributes]

    assert ids(report.attributes) == ids(REPORT.attributes)
    assert {one.id: one.value for one in report.attributes}["UPDATED"] == "2024-07-01"


def as_sdmx1_reads(report: MetadataSet) -> bytes:
    """Its 2.1 message with what sdmx1 can hold: values and rich text in one language, targets that are items of a scheme.

    Names, annotations and further languages are left over on its stacks; a dataflow as a target stops it.
    """

    def one_language(one: ReportedAttribute) -> ReportedAttribute:
        said = dict(one.content)
        content = [(id_, said[id_]) for id_ in ("", "en") if id_ in said]
        content = [(id_, paragraph(text) if id_ and isinstance(text, str) else text) for id_, text in content]
        return replace(one, content=tuple(content), children=tuple(map(one_language, one.children)), restricted=False)

    data = old(replace(report, names=(), attributes=tuple(map(one_language, report.attributes))))
    return re.sub(rb'<metadata:ReferenceValue id="DATAFLOW">.*?</metadata:ReferenceValue>', b"", data, flags=re.DOTALL)


def test_sdmx1_reads_the_same_report_target_ids_and_one_language() -> None:
    import sdmx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (metadata_set,) = sdmx.read_sdmx(io.BytesIO(as_sdmx1_reads(REPORT))).data
    assert metadata_set.structured_by.id == "REPORTS"
    assert len(metadata_set.report) == 2
    for report in metadata_set.report:
        (value,) = report.attaches_to.key_values.values()
        assert (value.value_for, value.obj.id) == ("PROVIDER", "XA1")
        assert [one.value_for for one in report.metadata] == [one.id for one in REPORT.attributes]
        contact, updated, description = report.metadata
        assert [one.value_for for one in contact.child] == ["OFFICE", "NAME"]
        assert updated.value == "2024-07-01"
        said = ["".join(one.value.itertext()).split() for one in (*contact.child, description)]
        assert said[:2] == [["Office", "<1>"], ["A.", "Person"]]
        assert said[2][:5] == ["Births", "&", "deaths,", "see", "here"]

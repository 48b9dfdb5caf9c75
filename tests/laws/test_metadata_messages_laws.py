"""Laws of the metadata messages: what is written is valid, comes back the same, and is the same at every writing."""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import replace
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from pipeline.errors import InputError
from pipeline.facts.metadata_structure import MetadataStructure, Report, TargetIdentifier
from pipeline.messages.metadata_reader import Read, read
from pipeline.messages.metadata_schema import faults
from pipeline.messages.metadata_writer import write_21, write_30
from pipeline.metadata_set import Content, Heading, MetadataSet, ReportedAttribute, said
from pipeline.rich_text import Element, Node, RichText, canonical, plain

MODEL = "urn:sdmx:org.sdmx.infomodel"
NOT_PUBLIC = "NOT_PUBLIC"
HEADING = Heading("REPORT_1", "2024-07-05T09:00:00+02:00", "XA1", "XB2")
LANGUAGES = ("en", "fr", "de")
AWKWARD = "a é&<>\"'\t\n\r\u0085\u00a0\u2028 ]]>\U0001f4c8"

CHARACTERS = st.one_of(
    st.sampled_from(AWKWARD),
    st.characters(exclude_categories=("Cs",), exclude_characters="".join(map(chr, [*range(32), 127, 0xFFFE, 0xFFFF]))),
)
TEXTS = st.text(CHARACTERS, max_size=12)
IDS = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)


def elements(
    tag: str, children: st.SearchStrategy[list[Node]], **attributes: st.SearchStrategy[str]
) -> st.SearchStrategy[Element]:
    pairs = st.fixed_dictionaries({}, optional=attributes).map(lambda found: tuple(sorted(found.items())))
    return st.builds(lambda inner, said: Element(tag, tuple(inner), said), children, pairs)


LINKS = st.sampled_from(["https://example.org/a?b=1&c=<d>", "mailto:a@example.org", "#DATA", "HTTP://EXAMPLE.ORG/'\""])
INLINE: st.SearchStrategy[list[Node]] = st.recursive(
    st.lists(TEXTS | st.just(Element("br")), max_size=3),
    lambda inner: st.lists(
        st.one_of(
            TEXTS,
            *(elements(tag, inner) for tag in ("strong", "em", "code", "sub", "sup")),
            elements("a", inner, title=TEXTS.map(str.strip)).map(
                lambda a: replace(a, attributes=(("href", "#A"), *a.attributes))
            ),
            st.builds(lambda words, link: Element("a", tuple(words), (("href", link),)), inner, LINKS),
        ),
        max_size=3,
    ),
    max_leaves=6,
)
ALIGN = st.sampled_from(["left", "center", "right"])
CELLS = elements("td", INLINE, align=ALIGN)
HEADS = elements("th", INLINE, align=ALIGN)


def rows(first: st.SearchStrategy[Element], more: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
    return st.builds(lambda one, others: Element("tr", (one, *others)), first, st.lists(more, max_size=2))


TABLES = st.builds(
    lambda head, body: Element("table", (Element("thead", tuple(head)), Element("tbody", tuple(body)))),
    st.lists(rows(HEADS, HEADS), max_size=2),
    st.lists(rows(CELLS, CELLS | HEADS), min_size=1, max_size=3),
)
BLOCKS: st.SearchStrategy[Element] = st.recursive(
    st.one_of(
        *(elements(tag, INLINE) for tag in ("p", "h4", "h5", "h6")),
        elements("pre", st.lists(TEXTS, min_size=1, max_size=3)),
        st.just(Element("hr")),
        TABLES,
    ),
    lambda inner: st.one_of(
        elements("blockquote", st.lists(inner | TEXTS, max_size=3)),
        elements("ul", st.lists(elements("li", st.lists(inner | TEXTS, max_size=3)), max_size=3)),
        elements(
            "ol",
            st.lists(elements("li", st.lists(inner | TEXTS, max_size=3)), max_size=3),
            start=st.integers(2, 99).map(str),
        ),
    ),
    max_leaves=5,
)


def rich(blocks: list[Element]) -> RichText:
    text = canonical(blocks)
    assume(canonical(text) == text)
    return text


RICH = st.lists(BLOCKS, max_size=3).map(rich)


def in_languages(texts: st.SearchStrategy[Content]) -> st.SearchStrategy[tuple[tuple[str, Content], ...]]:
    return st.dictionaries(st.sampled_from(LANGUAGES), texts, min_size=1).map(lambda said: tuple(said.items()))


CONTENT = st.one_of(
    st.just(()),
    st.lists(st.tuples(st.just(""), TEXTS), min_size=1, max_size=2).map(tuple),
    in_languages(TEXTS),
    in_languages(RICH),
)


def attributes(
    below: st.SearchStrategy[tuple[ReportedAttribute, ...]],
) -> st.SearchStrategy[tuple[ReportedAttribute, ...]]:
    one = st.builds(ReportedAttribute, IDS, CONTENT, below, st.booleans())
    return st.lists(one, max_size=3, unique_by=lambda attribute: attribute.id).map(tuple)


REPORTED = st.recursive(st.just(()), attributes, max_leaves=4).filter(bool)
FLOWS = st.lists(
    st.builds(lambda id_: f"{MODEL}.datastructure.Dataflow=XA:{id_}(1.0)", IDS), min_size=1, max_size=4, unique=True
).map(tuple)
DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str)


@st.composite
def structures(draw: st.DrawFn) -> MetadataStructure:
    """With one to three places for dataflows, one for the provider, and perhaps one for the period."""
    places = [TargetIdentifier("BY", "DataProvider")] * draw(st.booleans())
    places += [TargetIdentifier(f"FLOW_{n}", "Dataflow") for n in range(draw(st.integers(1, 3)))]
    places += [TargetIdentifier("WHEN", "ReportPeriod")] * draw(st.booleans())
    return MetadataStructure("XA", "REPORTS", "2.2", (), report=Report("REPORT", "TARGET", tuple(places)))


@st.composite
def sets(draw: st.DrawFn, *, old: bool) -> MetadataSet:
    """Sets that the version can hold in full: 2.1 has no agency, version, flow and agreement."""
    kind, scheme = ("DataProvider", "DATA_PROVIDERS") if old else ("MetadataProvider", "METADATA_PROVIDERS")
    provider = f"{MODEL}.base.{kind}=XA:{scheme}(1.0).XA1"
    flow = not old and draw(st.booleans())
    return MetadataSet(
        agency="" if old else "XA1",
        id=draw(IDS),
        version="" if old else "1.2",
        names=draw(in_languages(TEXTS.map(str.strip))),  # type: ignore[arg-type]
        attributes=draw(REPORTED),
        targets=draw(FLOWS),
        structure="XA:REPORTS(2.2)",
        flow="XA:REPORT_FLOW(1.0)" if flow else "",
        provision="XA:AGREED(1.0)" if not (old or flow) else "",
        provider=draw(st.sampled_from(["", provider])),
        begins=draw(st.just("") | DAYS),
        ends=draw(st.just("") | DAYS),
    )


@given(sets(old=False), structures())
def test_3_0_is_valid_comes_back_and_is_written_alike(report: MetadataSet, structure: MetadataStructure) -> None:
    data = write_30(report, structure, HEADING, restriction=NOT_PUBLIC)
    assert faults(data) == []
    assert read("report.xml", data, restriction=NOT_PUBLIC) == Read(report, HEADING, "3.0")
    assert write_30(report, structure, HEADING, restriction=NOT_PUBLIC) == data


@given(sets(old=True), structures())
def test_2_1_is_valid_comes_back_and_is_written_alike(report: MetadataSet, structure: MetadataStructure) -> None:
    data = write_21(report, structure, HEADING, restriction=NOT_PUBLIC)
    assert faults(data) == []
    assert read("report.xml", data, restriction=NOT_PUBLIC) == Read(report, HEADING, "2.1")
    assert write_21(report, structure, HEADING, restriction=NOT_PUBLIC) == data


@given(sets(old=False), structures())
def test_both_messages_say_the_same(report: MetadataSet, structure: MetadataStructure) -> None:
    new = read("new.xml", write_30(report, structure, HEADING, restriction=NOT_PUBLIC), restriction=NOT_PUBLIC).set_
    old = read("old.xml", write_21(report, structure, HEADING, restriction=NOT_PUBLIC), restriction=NOT_PUBLIC).set_
    assert (old.id, old.names, old.targets, old.attributes) == (new.id, new.names, new.targets, new.attributes)


# --- messages of others -------------------------------------------------------------------------------------------

TAGS = (
    "a", "b", "blockquote", "br", "caption", "center", "code", "dd", "div", "dl", "h1", "h5", "hr", "i", "img", "li", "ol",
    "p", "pre", "q", "script", "span", "strong", "sub", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
)  # fmt: skip
SAID = (
    "",
    ' href="https://example.org/"',
    ' href="javascript:a"',
    ' class="b"',
    ' colspan="3"',
    ' start="4"',
    ' align="RIGHT"',
)
XHTML = st.recursive(
    st.sampled_from(["", " ", "a", " b ", "\u00a0", "&amp;"]),
    lambda inner: st.builds(
        lambda tag, said, parts: f"<{tag}{said}>{''.join(parts)}</{tag}>",
        st.sampled_from(TAGS),
        st.sampled_from(SAID),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


def kept(xhtml: str) -> str:
    """The text of XHTML, but for what stands in a script or a picture."""
    root = etree.fromstring(f"<all>{xhtml}</all>")
    etree.strip_elements(root, "script", "img", with_tail=False)
    return "".join(map(str, root.itertext()))


def letters(text: str) -> str:
    return "".join(character for character in text if character in "ab&")


@given(st.lists(XHTML, max_size=4).map("".join))
def test_what_was_read_of_any_xhtml_can_be_written_and_is_valid(xhtml: str) -> None:
    reported = (ReportedAttribute("A", (("en", ()),)),)
    flow = f"{MODEL}.datastructure.Dataflow=XA:BIRTHS(1.0)"
    frame = MetadataSet("XA1", "R", "1.0", (("en", "R"),), reported, (flow,), flow="XA:REPORT_FLOW(1.0)")
    structure = MetadataStructure("XA", "REPORTS", "2.2", ())
    empty = write_30(frame, structure, HEADING, restriction=NOT_PUBLIC).decode()
    other = empty.replace('1999/xhtml"/>', f'1999/xhtml">{xhtml}</div>')
    assert f">{xhtml}</div>" in other
    found = read("other.xml", other.encode(), restriction=NOT_PUBLIC)
    text = found.set_.attributes[0].in_language("en")
    assert not isinstance(text, str)
    assert Counter(letters(plain(text))) == Counter(letters(kept(xhtml)))
    data = write_30(found.set_, structure, HEADING, restriction=NOT_PUBLIC)
    assert faults(data) == []
    assert read("ours.xml", data, restriction=NOT_PUBLIC) == replace(found, unknown=())


# --- our own messages, damaged ------------------------------------------------------------------------------------

WORD = re.compile("w[0-9]+")


def cell(tag: str, word: str) -> Element:
    return Element(tag, (word,))


WORDY = canonical([
    Element("h4", ("w1",)),
    Element("p", ("w2 ", Element("strong", ("w3",)), " w4 ", Element("a", ("w5",), (("href", "#w"),)))),
    Element("ul", (Element("li", ("w6", Element("ul", (Element("li", ("w7",)),)))), Element("li", ("w8",)))),
    Element("blockquote", (Element("p", ("w9",)),)),
    Element("table", (
        Element("thead", (Element("tr", (cell("th", "w10"), cell("th", "w11"))),)),
        Element("tbody", (Element("tr", (cell("td", "w12"), cell("td", "w13"))),)),
    )),
    Element("pre", ("w14\n w15",)),
])  # fmt: skip
WORDY_SET = MetadataSet(
    agency="XA1",
    id="R",
    version="1.0",
    names=(("en", "R"),),
    attributes=(
        ReportedAttribute("GROUP", children=(
            ReportedAttribute("PLAIN", (("en", "w16"), ("fr", "w17"))),
            ReportedAttribute("HELD_BACK", (("en", "w18"),), (ReportedAttribute("BELOW", (("", "w19"),)),), restricted=True),
        )),
        ReportedAttribute("VALUES", (("", "w20"), ("", "w21"))),
        ReportedAttribute("RICH", (("en", WORDY), ("fr", canonical([Element("p", ("w22",))])))),
    ),
    targets=tuple(f"{MODEL}.datastructure.Dataflow=XA:{id_}(1.0)" for id_ in ("BIRTHS", "DEATHS")),
    structure="XA:REPORTS(2.2)",
    flow="XA:REPORT_FLOW(1.0)",
)  # fmt: skip
WORDY_STRUCTURE = MetadataStructure(
    "XA", "REPORTS", "2.2", (), report=Report("REPORT", "TARGET", (TargetIdentifier("FLOW", "Dataflow"),))
)
SOUND = {
    version: write(WORDY_SET, WORDY_STRUCTURE, HEADING, restriction=NOT_PUBLIC)
    for version, write in (("3.0", write_30), ("2.1", write_21))
}
OTHER_TAGS = (
    "MetadataSet", "Report", "Target", "AttributeSet", "ReportedAttribute", "Attribute", "Annotations", "Annotation",
    "AnnotationType", "Value", "Text", "StructuredText", "Name", "Metadataflow", "DataProvider", "URN", "Ref", "Header",
    "ReferenceValue", "ObjectReference", "ReportPeriod", "ID", "Other",
    "a", "b", "br", "caption", "code", "div", "dl", "h2", "hr", "img", "li", "ol", "p", "pre", "q", "script", "span", "svg",
    "table", "tbody", "td", "th", "tr", "ul",
)  # fmt: skip
DAMAGE = st.tuples(
    st.sampled_from(["move", "rename", "duplicate", "drop", "text", "tail", "swap", "wrap"]),
    st.integers(0, 999),
    st.integers(0, 999),
    st.sampled_from(OTHER_TAGS),
)


def damage(root: etree._Element, kind: str, first: int, second: int, tag: str) -> None:
    """Do one thing to a message that its author may have done, or a tool on the way."""
    elements = list(root.iter())
    one, other = elements[first % len(elements)], elements[second % len(elements)]
    above = one.getparent()
    if kind == "text":
        one.text = f"{one.text or ''} w{100 + second}"
    elif above is None:
        return
    elif kind == "tail":
        one.tail = f"{one.tail or ''} w{100 + second}"
    elif kind == "rename":
        one.tag = etree.QName(etree.QName(one).namespace, tag)
    elif kind == "duplicate":
        one.addnext(copy.deepcopy(one))
    elif kind == "drop":
        above.remove(one)
    elif kind == "swap":
        one.text, other.text = other.text, one.text
    elif kind == "wrap":
        around = etree.Element(etree.QName(etree.QName(one).namespace, tag))
        one.addprevious(around)
        around.append(one)
    elif one is not other and one not in other.iterancestors():
        other.insert(second % (len(other) + 1), one)


def written_words(root: etree._Element) -> dict[str, list[set[str]]]:
    """Word → for each place of an attribute's texts where it stands: the concepts around it."""
    found: dict[str, list[set[str]]] = {}
    for element in root.iter():
        around = [element, *element.iterancestors()]
        reported = [one for one in around if etree.QName(one).localname in ("Attribute", "ReportedAttribute")]
        if (
            not any(etree.QName(one).localname in ("Value", "Text", "StructuredText") for one in around)
            and not reported
        ):
            continue
        value = str(element.get("value", ""))
        for text in (value, element.text or "", *(child.tail or "" for child in element)):
            for word in WORD.findall(text):
                found.setdefault(word, []).append({one.get("id", "") for one in reported} - {""})
    return found


@given(st.sampled_from(sorted(SOUND)), st.lists(DAMAGE, min_size=1, max_size=3))
def test_no_word_of_a_damaged_message_is_lost_in_silence(version: str, harm: list[tuple[str, int, int, str]]) -> None:
    root = etree.fromstring(SOUND[version])
    for one in harm:
        damage(root, *one)
    data = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    try:
        found = read("damaged.xml", data, restriction=NOT_PUBLIC)
    except InputError:
        return
    kept = Counter(WORD.findall("\n".join(said(text) for one in found.set_.all for _, text in one.content)))
    named = set(re.findall(r"\w+", " ".join(found.unknown)))
    for word, places in written_words(root).items():
        if not kept[word]:
            for concepts in places:
                assert concepts & named or (not concepts and found.unknown), (word, found.unknown)

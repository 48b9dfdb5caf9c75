"""Laws of the texts: Markdown and rich text say the same, a document and a metadata set too, whatever is in them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import FactsError
from pipeline.facts.metadata_structure import MetadataAttribute, MetadataStructure
from pipeline.facts.structure import TextFormat
from pipeline.metadata_set import Content, MetadataSet, ReportedAttribute
from pipeline.rich_text import Element, Node, RichText, asides, canonical, plain
from pipeline.texts import document
from pipeline.texts.markdown import to_markdown, to_rich
from pipeline.texts.report import report

AWKWARD = st.sampled_from([
    "\\", "`", "``", "*", "**", "_", "__", "a_b_c", "[", "](", "]", "![", "!", "<", "<br>", "<sub>", "</sub>", "<!--",
    "-->", "&amp;", "&", "#", "# x", "{#X}", "{{", "}}", "{{ a }}", "\\{{", "|", "|-|", "---", "===", "- ", "+ x",
    "1. x", "1)", "> q", "~~~", ":-", "https://a.b", "<https://a.b>", "[x]: y", "\u00a0", "é", "»", "€", "\u2028",
    "\ufeff", "\x85", "\x0b", "\x00", "  ", "\n", "\r\n", "\t", "    x", "H", "2", ".", "(a)", "a", "\U0001f600",
])  # fmt: skip
ANY = st.text(max_size=4).map(lambda text: document.CONTROL.sub("", text))
TEXT = st.lists(st.one_of(AWKWARD, ANY), min_size=1, max_size=4).map("".join)
ADDRESSES = st.one_of(
    st.sampled_from([
        "https://a.b/c", "https://a.b/c_(d)", "http://a.b/?x=1&copy;=2", "mailto:a@b.c", "#X", "javascript:a", "https://a b",
        "https://a.b/\\)|{{x}}", "https://a.b/<!--*_`", "", "https://é.b/[", "a@b.c",
    ]),
    ANY.map("https://a.b/".__add__),
)  # fmt: skip


INLINES = ["a", "strong", "em", "code", "sub", "sup"]
LEAVES = ["p", "p", "h4", "h5", "h6", "pre", "hr", "table"]
STARTS = ["", "", "0", "1", "7", "007", "999999999", "1234567890", "-1", "x"]
SIDES = ["", "left", "right", "center", "justify"]


def texts(draw: st.DrawFn, depth: int = 2) -> tuple[Node, ...]:
    """Inline nodes, with line breaks, nested in any order."""
    found: list[Node] = []
    for tag in draw(st.lists(st.sampled_from(["", "", "", "br", *(INLINES if depth else [])]), max_size=3)):
        if not tag:
            found.append(draw(TEXT))
            continue
        attributes: tuple[tuple[str, str], ...] = ()
        if tag == "a":
            attributes = (("href", draw(ADDRESSES)), ("title", draw(AWKWARD)))[: draw(st.integers(0, 2))]
        found.append(Element(tag, texts(draw, depth - 1) if tag != "br" else (), attributes))
    return tuple(found)


def table(draw: st.DrawFn) -> Element:
    """A table, with rows of headings anywhere and rows of any length."""
    parts: list[Node] = []
    for part in draw(st.lists(st.sampled_from(["thead", "tbody", "tr"]), max_size=3)):
        row = []
        for tag in draw(st.lists(st.sampled_from(["th", "td"]), max_size=3)):
            row.append(Element(tag, texts(draw, 1), (("align", draw(st.sampled_from(SIDES))),)))
        line = Element("tr", tuple(row))
        parts.append(line if part == "tr" else Element(part, (line, line)))
    return Element("table", tuple(parts))


def blocks(draw: st.DrawFn, depth: int = 3) -> tuple[Node, ...]:
    """Blocks, text between them, and blocks where they should not be."""
    found: list[Node] = []
    nested = ["ul", "ol", "blockquote", "li"] if depth else []
    for tag in draw(st.lists(st.sampled_from(["", *LEAVES, *nested, *nested]), max_size=3)):
        if not tag:
            found += texts(draw)
        elif tag == "table":
            found.append(table(draw))
        elif tag in ("ul", "ol"):
            items = [Element("li", blocks(draw, depth - 1)) for _ in range(draw(st.integers(0, 2)))]
            found.append(Element(tag, tuple(items), (("start", draw(st.sampled_from(STARTS))),)))
        else:
            found.append(Element(tag, blocks(draw, depth - 1) if tag in nested else texts(draw)))
    return tuple(found)


@st.composite
def rich(draw: st.DrawFn) -> tuple[Node, ...]:
    return blocks(draw)


RICH = rich()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RICH)
def test_the_canonical_form_is_its_own(nodes: tuple[Node, ...]) -> None:
    once = canonical(nodes)
    assert canonical(once) == once
    plain(once)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RICH.map(canonical))
def test_what_is_written_as_markdown_is_read_as_the_same(said: RichText) -> None:
    markdown = to_markdown(said)
    assert to_rich(markdown) == said
    assert to_markdown(to_rich(markdown)) == markdown


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), TEXT, st.lists(TEXT).map("\n".join)))
def test_any_text_is_markdown_and_what_it_says_can_be_written(text: str) -> None:
    said = to_rich(text)
    assert canonical(said) == said
    assert to_rich(to_markdown(said)) == said


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXT).map(lambda parts: "\n".join(parts).split("\n")))
def test_asides_lie_beside_one_another_within_their_lines(lines: list[str]) -> None:
    for line, apart in zip(lines, asides(lines), strict=True):
        edges = [edge for aside in apart for edge in (aside.start, aside.end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= len(line) for edge in edges)


# --- document and metadata set --------------------------------------------------------------------------------------


def concept(id_: str, number: str, kind: str, *below: MetadataAttribute, restricted: bool = False) -> MetadataAttribute:
    names = {"en": f"The {id_.lower()}", "fr": f"Le {id_.lower()} : n° 2 #"}
    format_ = TextFormat(kind) if kind else None
    return MetadataAttribute(
        id_, number, names=names, presentational=not kind, restricted=restricted, text_format=format_, children=below
    )


STRUCTURE = MetadataStructure(
    "XX",
    "MSD",
    "1.0",
    (
        concept("A", "1", "", concept("A_1", "1.1", "XHTML"), concept("A_2", "1.2", "String", restricted=True)),
        concept("B", "2", "XHTML", concept("B_1", "2.1", "XHTML", concept("B_1_1", "2.1.1", "XHTML"))),
        concept("C", "3", "GregorianDay"),
    ),
)
LINE = TEXT.map(lambda text: plain(canonical((text,)))).filter(bool)
DATE = st.dates().map(str)
FRAME = MetadataSet("XX", "SET", "1.0", (("en", "A set"),), ())


def reported(
    draw: st.DrawFn, attribute: MetadataAttribute, languages: tuple[str, ...]
) -> tuple[ReportedAttribute, ...]:
    """What may be reported about a concept and about those below it, nothing perhaps."""
    content: list[tuple[str, Content]] = []
    if attribute.id == "C":
        content = [("", draw(DATE))] if draw(st.booleans()) else []
    elif not attribute.presentational:
        for language in languages:
            text = canonical(blocks(draw, 2)) if attribute.is_rich else draw(st.one_of(LINE, st.just("")))
            content += [(language, text)] if text else []
    below = tuple(one for child in attribute.children for one in reported(draw, child, languages))
    if not content and not below:
        return ()
    return (ReportedAttribute(attribute.id, tuple(content), below, attribute.restricted),)


@st.composite
def sets(draw: st.DrawFn) -> MetadataSet:
    languages = draw(st.sampled_from([("en",), ("en", "fr"), ("fr", "en")]))
    found = tuple(one for attribute in STRUCTURE.attributes for one in reported(draw, attribute, languages))
    return MetadataSet("XX", "SET", "1.0", (("en", "A set"),), found)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(sets())
def test_a_set_written_as_documents_is_reported_as_the_same(said: MetadataSet) -> None:
    documents = []
    languages = sorted(said.languages, key=("en", "fr").index) if said.languages else ["en"]
    own = said.languages[0] if said.languages else "en"
    for language in sorted(languages, key=lambda one: one != own):
        text, lost = document.write(said, STRUCTURE, language)
        assert lost == ()
        written = document.read(f"esms.{language}.md", text.encode(), language)
        assert [s.name for s in written.sections] == [
            STRUCTURE.by_id[s.concept].name_in(language) for s in written.sections
        ]
        documents.append(document.fill(written, {}))
        assert documents[-1].holes == ()
    again = report(documents, STRUCTURE, FRAME)
    assert ordered(again.attributes) == ordered(said.attributes)
    assert again.languages in ((), said.languages)


def ordered(attributes: tuple[ReportedAttribute, ...]) -> list[object]:
    """As reported, whichever language comes first."""
    return [(one.id, sorted(one.content, key=str), ordered(one.children), one.restricted) for one in attributes]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXT).map("\n".join), st.integers(1, 4))
def test_blank_lines_above_move_every_section_and_hole(text: str, blank: int) -> None:
    data = f"# 1 A {{#A}}\n\n{text}\n".encode()
    try:
        here = document.fill(document.read("a.md", data, "en"), {"a": "1"})
    except FactsError:
        return
    moved = document.fill(document.read("a.md", b"\n" * blank + data, "en"), {"a": "1"})
    assert [(s.concept, s.line + blank, s.markdown) for s in here.sections] == [
        (s.concept, s.line, s.markdown) for s in moved.sections
    ]
    assert [(h.line + blank, h.column, h.expression, h.why) for h in here.holes] == [
        (h.line, h.column, h.expression, h.why) for h in moved.holes
    ]

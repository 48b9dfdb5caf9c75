"""The design of all pages: one frame and one style; what a page may do, what it prints, and whether it can be read."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from lxml import html
from markupsafe import Markup

import pipeline.pages
from pipeline.findings import Findings
from pipeline.pages.html import render, templates
from pipeline.pages.validation import page

TEMPLATES = Path(pipeline.pages.__file__).parent / "templates"
BASE = (TEMPLATES / "base.css").read_text("utf-8")
KINDS = ("error", "warning", "information", "holds", "accepted", "unknown")


def printed(source: str, **values: object) -> str:
    """What a template of one line prints."""
    return templates().from_string(source).render(values)


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))


FRAME = """{% extends "base.html" %}{% block title %}T{% endblock %}{% block heading %}H{% endblock %}
{% block entries %}<ol><li><a href="#page.content">C</a></li></ol>{% endblock %}{% block main %}{{ said }}{% endblock %}"""


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of nothing but the frame (``frame.html``), and a script (``one.js``)."""
    from jinja2 import ChoiceLoader, DictLoader

    ours = DictLoader(
        {"frame.html": FRAME, "one.js": "if (1 < 2 && '{{ x }}') {}\n", "one.css": "p { color: {{ said | css }} }"}
    )
    monkeypatch.setattr(templates(), "loader", ChoiceLoader([ours, templates().loader]))  # type: ignore[list-item]


def digest(text: str | None) -> str:
    return b64encode(sha256(str(text).encode()).digest()).decode()


# --- the frame ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("frame")
def test_the_policy_names_the_style_and_the_script_by_their_hashes() -> None:
    root = parsed(render("frame.html", styles=("one.css",), script="one.js", said="x"))
    (style,), (script,) = root.iter("style"), root.iter("script")
    assert str(style.text).startswith(":root {")
    assert str(style.text).endswith('p { color: "x" }')
    assert script.text == "if (1 < 2 && '{{ x }}') {}\n"  # as it is: it is no template
    assert root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [
        f"default-src 'none'; script-src 'sha256-{digest(script.text)}'; style-src 'sha256-{digest(style.text)}'; "
        "base-uri 'none'; form-action 'none'"
    ]


@pytest.mark.usefixtures("frame")
def test_without_a_script_none_may_run() -> None:
    text = render("frame.html", said="x")
    assert parsed(text).xpath("//script") == []
    assert "script-src" not in text


@pytest.mark.usefixtures("frame")
def test_the_frame_has_its_landmarks_and_the_first_link_skips_to_the_content() -> None:
    root = parsed(render("frame.html", said="x", language="fr"))
    assert root.get("lang") == "fr"
    assert [len(root.xpath(f"//body//{tag}")) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    assert root.xpath("//body/*[1]/@href") == ["#page.content"]
    assert root.xpath("//main/@id") == ["page.content"]
    assert root.xpath("//nav/@id") == [root.xpath("//section[@class='bar']/a/@href")[0].removeprefix("#")]


@pytest.mark.usefixtures("frame")
def test_the_same_values_are_the_same_page() -> None:
    assert render("frame.html", said="x", running="r") == render("frame.html", said="x", running="r")


@pytest.mark.usefixtures("frame")
def test_what_stands_below_each_printed_page_cannot_leave_its_string() -> None:
    (style,) = parsed(render("frame.html", said="x", running='"; } body { display: none')).iter("style")
    (foot,) = re.findall(r"@bottom-left { content: (.*); font", str(style.text))
    assert re.fullmatch(r'"[A-Za-z0-9\\ ]*"', foot)


def test_a_value_that_a_page_forgot_is_a_fault_and_not_a_blank() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        printed("{{ forgotten }}")


# --- what is printed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("<b>&", "&lt;b&gt;&amp;"),
        ("a\x1b[2J\u202eb\u200b", "a\\x1b[2J\\u202eb\\u200b"),
        ("1\u202f341\xa0: \u00e9", "1\u202f341\xa0: \u00e9"),  # blanks that French is written with
        (None, ""),
        (1341, "1341"),
        (Markup("<b>a</b>"), "<b>a</b>"),
    ],
)
def test_everything_is_escaped_and_nothing_is_hidden(value: object, said: str) -> None:
    assert printed("{{ value }}", value=value) == said


def test_what_a_file_says_shows_its_blanks_and_how_long_it_is() -> None:
    assert printed("{{ value | shown }}", value="FR\xa0M") == "FR\\xa0M"
    assert printed("{{ value | shown }}", value="x" * 9999).endswith("x… (9,999 characters)")
    assert printed("{{ value | shown }}", value=None) == ""


def test_numbers_have_separators_and_none_is_a_blank() -> None:
    assert printed("{{ 1341 | number }}, {{ none | number }}{{ counted(1, 'place') }}") == "1,341, 1 place"


@pytest.mark.parametrize("text", ["</script><script>", "<!--", "\u2028\u2029", "&amp;", 'é "quoted"', "\ud800"])
def test_data_for_a_script_cannot_end_it_and_is_read_back_the_same(text: str) -> None:
    data = {text: [text, 1, 2.5, None, True]}
    said = printed("{{ data | json }}", data=data)
    assert json.loads(said) == data
    assert said.isascii()
    assert not re.search("[<>&]", said)


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        printed("{{ data | json }}", data=float("nan"))


# --- parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_how_something_stands_is_a_word_and_never_a_colour_alone(kind: str) -> None:
    one = html.fragment_fromstring(printed('{% import "parts.html" as p %}{{ p.mark(kind, "<so>") }}', kind=kind))
    assert one.get("class") == f"mark {kind}"
    assert one.text_content().endswith("<so>")
    (sign,) = one.find_class("sign")
    assert sign.get("aria-hidden") == "true"
    assert len(sign.text_content()) == 1


def test_each_kind_has_a_sign_of_its_own() -> None:
    said = printed('{% import "parts.html" as p %}{% for kind in kinds %}{{ p.sign(kind) }}{% endfor %}', kinds=KINDS)
    signs = re.findall(r">(.)</span>", said)
    assert len(set(signs)) == len(KINDS)


def test_a_verdict_may_say_more_in_paragraphs_of_its_own() -> None:
    said = '{% import "parts.html" as p %}{% call p.verdict("holds", "a <b>.") %}<p>More.</p>{% endcall %}'
    one = html.fragment_fromstring(printed(said))
    assert [line.text_content() for line in one.iter("p")] == ["a <b>.", "More."]


# --- how it is built ----------------------------------------------------------------------------------------------


def test_colours_stand_in_custom_properties_alone() -> None:
    """A page in dark or on paper has no light colour left: there each property has another value."""
    found = {}
    for file in TEMPLATES.rglob("*.css"):
        rest = re.sub(r"/\*.*?\*/|:root \{.*?\}", "", file.read_text("utf-8"), flags=re.S)
        found[file.name] = re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|color)a?\(", rest, re.I)
    assert {name: those for name, those in found.items() if those} == {}


def test_every_colour_that_is_used_is_there() -> None:
    named = set(re.findall(r"(--[a-z0-9-]+):", BASE))
    for file in TEMPLATES.rglob("*.css"):
        text = file.read_text("utf-8")
        assert set(re.findall(r"var\((--[a-z0-9-]+)\)", text)) <= named | set(re.findall(r"(--[a-z0-9-]+):", text))


def test_no_template_has_a_style_or_a_handler_of_its_own() -> None:
    """The policy would not let it through: nobody would see what it was for."""
    found = {
        file.name: re.findall(r"\s(style|on[a-z]+)=", file.read_text("utf-8")) for file in TEMPLATES.rglob("*.html")
    }
    assert {name: those for name, those in found.items() if those} == {}


def test_a_page_of_the_frame_is_not_large() -> None:
    empty = Findings((), {}, ()).document({"name": "ebs", "version": "1"})
    assert len(page(empty, {})) < 50_000


# --- colours ------------------------------------------------------------------------------------------------------


def colours(scheme: str) -> dict[str, str]:
    light, dark = (
        dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", BASE, re.S)[:2]
    )
    return {**light, **dark} if scheme == "dark" else light


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("text", "ground"), ("text", "band"), ("quiet", "ground"), ("quiet", "band"), ("link", "ground"), ("link", "band"),
        ("banner-text", "banner"), ("banner-quiet", "banner"),
        *((kind, f"{kind}-ground") for kind in KINDS), *((kind, "ground") for kind in KINDS),
        *(("text", f"{kind}-ground") for kind in KINDS),
    ],
)  # fmt: skip
def test_text_can_be_read(scheme: str, front: str, back: str) -> None:
    found = colours(scheme)
    assert contrast(found[front], found[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("link", "ground"), ("banner-text", "banner"), ("quiet", "ground"),
        *((name, "ground") for name in ("c-main", "c-second", "c-behind", *(f"s{number}" for number in range(1, 9)))),
    ],
)  # fmt: skip
def test_focus_borders_of_controls_and_lines_of_charts_can_be_seen(scheme: str, front: str, back: str) -> None:
    found = colours(scheme)
    assert contrast(found[front], found[back]) >= 3

"""The charts of the pages: what a reader sees of the figures, in the drawing, in its sentence and in the table."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from conftest import ROOT
from lxml import html

from pipeline.pages.chart import Bars, Chart, Layer, Line, Stack, small
from pipeline.pages.html import templates

TEMPLATES = ROOT / "pipeline" / "pages" / "templates"
MONTHS = [f"{2019 + at // 12}-{at % 12 + 1:02}" for at in range(5, 65)]
COUNTS = tuple(60_000 + 700 * at - 25_000 * (at % 12 == 2) for at in range(60))
LATE = [at > 56 for at in range(60)]


def number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{float(value):,.1f}"


def period(text: str) -> str:
    year, rest = text.split("-")
    return f"{rest} {year}"


def chart(*layers: Layer, periods: list[str] = MONTHS, title: str = "Registrations", **options: Any) -> Chart:
    options = {"number": number, "period": period, **options}
    return small("one", title, "", periods, layers, **options)


def page(drawn: Chart, heading: str = "") -> html.HtmlElement:
    template = templates().from_string('{% from "chart.html" import chart %}{{ chart(drawn, heading) }}')
    return html.fragment_fromstring(template.render(drawn=drawn, heading=heading))


def picture(drawn: Chart) -> html.HtmlElement:
    return page(drawn).xpath('.//svg[@role="img"]')[0]


def words(drawn: Chart, look: str) -> list[str]:
    """The words of the picture in a group or of a class."""
    return [text.text for text in picture(drawn).xpath(f'.//g[@class="{look}"]/text | .//text[@class="{look}"]')]


def shapes(drawn: Chart) -> list[str]:
    return [path.get("class") for path in picture(drawn).xpath("./path")]


def path(drawn: Chart, look: str) -> str:
    (found,) = picture(drawn).xpath(f'./path[@class="{look}"]/@d')
    return str(found)


def rows(drawn: Chart) -> list[list[str]]:
    return [[cell.text_content().strip() for cell in row] for row in page(drawn).xpath(".//tbody/tr")]


TWO = (Line("this delivery", COUNTS), Line("last vintage", tuple(v - 100 for v in COUNTS), "behind"))


# --- what it is for those who do not see it -------------------------------------------------------------------------


def test_the_picture_has_a_name_and_a_sentence() -> None:
    (seen,) = page(chart(*TWO, marked=LATE)).xpath('.//svg[@role="img"]')
    (title,), (description,) = seen.xpath("./title"), seen.xpath("./desc")
    assert seen.get("aria-labelledby") == title.get("id")
    assert seen.get("aria-describedby") == description.get("id")
    assert title.text == "Registrations"
    assert description.text == (
        "06 2019 to 05 2024. this delivery: newest value 101,300 (05 2024), lowest 36,400 (08 2019), "
        "highest 101,300 (05 2024). Provisional: from 03 2024 on, 3 in all."
    )


def test_what_is_said_of_a_chart_stands_before_what_it_shows() -> None:
    drawn = small("a", "t", "A peculiar year.", ["2024-01"], [Line("x", (5,))], number=number, period=period)
    assert drawn.description.startswith("A peculiar year. 01 2024. x: newest value 5")


def test_the_same_figures_stand_in_a_table() -> None:
    drawn = chart(*TWO, marked=LATE, unit="number", column="Month")
    whole = page(drawn)
    (details,) = whole.xpath("./details")
    assert not details.get("open")
    assert details.find("summary").text_content() == "As a table: Registrations"
    assert details.xpath(".//caption")[0].text == "Registrations, number (p = provisional)"
    assert [(h.text, h.get("scope")) for h in details.xpath(".//thead//th")] == [
        ("Month", "col"), ("this delivery", "col"), ("last vintage", "col"),
    ]  # fmt: skip
    assert {h.get("scope") for h in details.xpath(".//tbody//th")} == {"row"}
    assert rows(drawn)[0] == ["06 2019", "60,000", "59,900"]
    assert rows(drawn)[-1] == ["05 2024 p", "101,300", "101,200"]
    assert len(rows(drawn)) == 60


def test_the_parts_of_a_total_have_a_column_each() -> None:
    drawn = chart(Stack((Line("A", (1, None)), Line("B", (3, 4)))), periods=["2024-01", "2024-02"])
    assert drawn.head == ("Period", "A", "B")
    assert rows(drawn) == [["01 2024", "1", "3"], ["02 2024", "–", "4"]]


def test_a_region_that_scrolls_has_a_name_and_can_be_reached() -> None:
    whole = page(chart(*TWO, width=640))
    assert [(r.get("aria-label"), r.get("tabindex")) for r in whole.xpath('.//div[@role="region"]')] == [
        ("Registrations", "0"), ("Registrations: figures", "0"),
    ]  # fmt: skip
    assert page(chart(*TWO)).xpath('count(.//div[@role="region"])') == 1  # a small one does not scroll


def test_everything_is_escaped() -> None:
    drawn = chart(
        Bars("<i>&", (1, 2)), periods=["<b>", "a\u202eb"], title="<script>", number=lambda v: f"<{v}>", marked=[True, False],
        mark_name="<",
    )  # fmt: skip
    whole = page(drawn)
    assert not whole.xpath(".//script | .//b")
    assert rows(drawn) == [["<b> <", "<1>"], ["a\\u202eb", "<2>"]]
    assert not re.search(r"\bstyle=|\bon\w+=", html.tostring(whole, encoding="unicode"))


# --- the drawing ----------------------------------------------------------------------------------------------------


def test_a_line_goes_through_all_values() -> None:
    assert len(re.findall(r"[l ]-?[\d.]+[ -][\d.]+", path(chart(Line("x", COUNTS)), "main"))) == 59


def test_a_line_is_broken_where_there_is_no_value() -> None:
    drawn = chart(Line("x", (1, 2, None, 4, None, 6, 7)), periods=MONTHS[:7])
    assert path(drawn, "main").count("M") == 2
    assert path(drawn, "main dots").count("M") == 1  # the value between two gaps


def test_what_is_marked_is_hollow_and_named() -> None:
    drawn = chart(Line("x", COUNTS), marked=LATE)
    assert path(drawn, "hollow").count("M") == 3
    assert path(drawn, "band").count("M") == 1
    assert page(drawn).xpath("normalize-space(.//figcaption//li)") == "provisional"
    bars = chart(Bars("x", COUNTS), marked=LATE, mark_name="estimated")
    assert path(bars, "open-main").count("z") == 3
    assert path(bars, "bars-main").count("M") == 57
    assert rows(bars)[-1][0] == "05 2024 e"


def test_there_is_a_legend_only_for_more_than_one_thing() -> None:
    assert [li.text_content().strip() for li in page(chart(*TWO)).xpath(".//li")] == ["this delivery", "last vintage"]
    assert page(chart(*TWO)).xpath('.//li/svg[@aria-hidden="true"]/path/@class') == ["main", "behind"]
    assert not page(chart(Line("x", COUNTS))).xpath(".//li")
    assert not page(chart(*TWO, legend=False)).xpath(".//li")


def test_what_was_known_before_lies_below() -> None:
    looks = shapes(chart(*TWO))
    assert looks.index("behind") < looks.index("main")


def test_the_newest_value_stands_at_the_end_of_the_line() -> None:
    assert words(chart(*TWO), "newest") == ["101,300"]
    assert words(chart(Line("x", (*COUNTS[:-1], None))), "newest") == ["100,600"]


def test_a_scale_of_counts_begins_at_zero_and_has_whole_round_numbers() -> None:
    assert words(chart(Line("x", COUNTS)), "scale") == ["0", "50,000", "100,000"]
    assert words(chart(Line("x", (0, 1, 1)), periods=MONTHS[:3]), "scale") == ["0", "1"]
    assert words(chart(Line("x", (12, 29, 3)), periods=MONTHS[:3]), "scale") == ["0", "10", "20", "30"]


def test_a_scale_far_from_zero_begins_near_the_values() -> None:
    values = (Decimal("96.3"), Decimal("104.8"), Fraction(221, 2))
    assert words(chart(Line("x", values), periods=MONTHS[:3]), "scale") == ["95", "100", "105", "110"]


def test_no_number_of_a_scale_stands_there_twice() -> None:
    drawn = chart(Line("x", (0.1, 0.3)), periods=MONTHS[:2], number=lambda v: f"{float(v):.0f}")
    assert words(drawn, "scale") == ["0"]


def test_a_low_chart_has_few_numbers() -> None:
    assert len(words(chart(Line("x", tuple(range(60))), height=85), "scale")) == 2


def test_a_low_chart_has_more_numbers_rather_than_one() -> None:
    drawn = chart(Bars("x", (Decimal("3.6"), Decimal("-1.3"))), periods=MONTHS[:2], height=85)
    assert words(drawn, "scale") == ["-2", "0", "2", "4"]


def test_bars_go_up_and_down_from_zero() -> None:
    drawn = chart(Bars("x", (5, -5, 0, None)), periods=MONTHS[:4])
    base = re.match(r"M[\d.]+ ([\d.]+)h", path(drawn, "base"))
    assert base
    zero = float(base[1])
    up, down, none = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", path(drawn, "bars-main"))
    assert [float(up[0]), float(down[0])] == [zero, zero]
    assert float(up[1]) < zero < float(down[1])
    assert float(none[1]) == zero
    assert words(drawn, "scale")[0].startswith("-")


def test_years_are_named_where_they_begin() -> None:
    assert words(chart(Line("x", COUNTS)), "axis") == ["2020", "2021", "2022", "2023", "2024"]
    quarters = [f"{2019 + at // 4}-Q{at % 4 + 1}" for at in range(21)]
    assert words(chart(Line("x", tuple(range(21))), periods=quarters), "axis")[0] == "2019"
    assert path(chart(Line("x", tuple(range(21))), periods=quarters), "tick").count("M") == 6


def test_the_names_of_years_are_thinned() -> None:
    periods = [f"{1990 + at // 12}-{at % 12 + 1:02}" for at in range(360)]
    assert words(chart(Line("x", tuple(range(360))), periods=periods), "axis") == [
        "1990",
        "1995",
        "2000",
        "2005",
        "2010",
        "2015",
    ]


def test_within_a_year_the_first_and_last_period_are_named() -> None:
    assert words(chart(Line("x", (1, 2, 3)), periods=MONTHS[:3]), "axis") == ["06 2019", "08 2019"]
    assert words(chart(Line("x", (1,)), periods=MONTHS[:1]), "axis") == ["06 2019"]


def test_what_is_no_period_is_a_category() -> None:
    drawn = chart(Bars("revision", (Decimal("1.4"), Decimal("-0.3"), 0)), periods=["1", "2", "3"], column="Age")
    assert words(drawn, "axis") == ["1", "2", "3"]
    assert words(drawn, "value") == ["1.4", "-0.3", "0"]
    assert drawn.head == ("Age", "revision")
    many = chart(Bars("revision", tuple(range(36))), periods=[f"{at} months" for at in range(36)])
    assert words(many, "axis") == ["0 months", "10 months", "20 months", "30 months"]
    assert not words(many, "value")


def test_the_parts_of_a_total_are_named_beside_their_areas() -> None:
    parts = tuple(Line(f"Part {at}", (10 + at, 20)) for at in range(8))
    drawn = chart(Stack(parts), periods=MONTHS[:2], width=640, height=240)
    assert words(drawn, "part") == [f"Part {at}" for at in reversed(range(8))]
    areas = [look for look in shapes(drawn) if look.startswith("s")]
    assert areas == [f"s{at}" for at in range(8, 0, -1)] * 2  # the areas, then a sample of each colour
    heights = [float(y) for y in picture(drawn).xpath('.//text[@class="part"]/@y')]
    assert all(below - above >= 12 for above, below in pairwise(heights))
    assert not page(drawn).xpath(".//li")


def test_a_long_name_is_shortened_in_the_picture_and_whole_in_the_table() -> None:
    drawn = chart(Stack((Line("Accommodation and food service activities", (1, 2)),)), periods=MONTHS[:2])
    (short,) = words(drawn, "part")
    assert short.endswith("…")
    assert drawn.head[1] == "Accommodation and food service activities"


def test_an_event_is_named_where_it_happened() -> None:
    drawn = chart(Line("x", COUNTS), events=[("2021-01", "new law"), ("1999-01", "long ago")])
    assert path(drawn, "event").count("M") == 1
    assert picture(drawn).xpath("count(./text[.='new law'])") == 1
    assert drawn.description.endswith("01 2021: new law.")
    assert "01 2021: new law" in drawn.note


def test_a_place_may_say_the_heading_itself() -> None:
    whole = page(chart(Line("x", COUNTS), unit="%"), heading="Number per month")
    assert whole.find("figcaption").text_content().strip() == "Number per month"
    assert page(chart(Line("x", COUNTS), unit="%")).find("figcaption").text_content().split() == ["Registrations", "%"]


# --- what is unusual ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [(None,) * 60, (float("nan"),) * 60, (Decimal("NaN"), float("inf"), *((None,) * 58))]
)
@pytest.mark.parametrize("kind", [Line, Bars])
def test_without_values_it_says_so_and_the_table_is_there(kind: Any, values: Any) -> None:
    drawn = chart(kind("x", values), marked=LATE)
    assert words(drawn, "none") == ["No value"]
    assert drawn.description == "No value."
    assert [row[1] for row in rows(drawn)] == ["–"] * 60


@pytest.mark.parametrize(
    "layers",
    [[], [Stack(())], [Line("x", ())], [Stack((Line("x", ()),))]],
    ids=["no layer", "no part", "no period", "none"],
)
def test_nothing_at_all_is_a_chart_without_value(layers: list[Layer]) -> None:
    assert words(chart(*layers, periods=[]), "none") == ["No value"]


@pytest.mark.parametrize(
    "value", [0, 7, -7, 10**9, 10**30, -(10**9), 0.1, Fraction(1, 3), Decimal("1e-9"), 1e300, 5e-324]
)
@pytest.mark.parametrize("count", [1, 7])
@pytest.mark.parametrize("kind", [Line, Bars])
def test_one_value_and_equal_values_are_drawn(value: Any, count: int, kind: Any) -> None:
    drawn = chart(kind("x", (value,) * count), periods=MONTHS[:count], number=lambda v: f"{float(v):.6g}")
    assert len(words(drawn, "scale")) >= 2
    assert not re.search("nan|inf|e-|-0(?![.0-9])", " ".join(shape.path for shape in drawn.shapes))


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="'x' has 2 values for 1 periods"):
        chart(Line("x", (1, 2)), periods=["2024-01"])
    with pytest.raises(ValueError, match="there are 2 marks for 1 periods"):
        chart(Line("x", (1,)), periods=["2024-01"], marked=[True, False])
    with pytest.raises(ValueError, match="'a b' is not an id"):
        small("a b", "t", "", [], [], number=number, period=period)


# --- bytes and looks --------------------------------------------------------------------------------------------------


def test_the_same_figures_give_the_same_bytes_and_few_of_them() -> None:
    drawn = chart(*TWO, marked=LATE)
    assert drawn == chart(*TWO, marked=LATE)
    text = html.tostring(page(drawn), encoding="unicode")
    assert text == html.tostring(page(chart(*TWO, marked=LATE)), encoding="unicode")
    template = templates().from_string('{% from "chart.html" import chart %}{{ chart(drawn) }}')
    figure, table = template.render(drawn=drawn).split("<details>")
    assert len(figure.encode()) <= 3000
    assert len(table.encode()) <= 3600


def test_a_path_is_never_cut() -> None:
    periods = [f"{1924 + at // 12}-{at % 12 + 1:02}" for at in range(1200)]
    drawn = chart(Line("x", tuple(at * 37 % 1000 for at in range(1200))), periods=periods)
    assert len(path(drawn, "main")) > 5000
    assert path(drawn, "main") == next(shape.path for shape in drawn.shapes if shape.look == "main")


COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
SERIES = [f"s{at}" for at in range(1, 9)]


def colours(dark: bool) -> dict[str, str]:
    style = TEMPLATES.joinpath("base.css").read_text("utf-8")
    light, rest = style.split("@media screen and (prefers-color-scheme: dark)")
    return dict(COLOUR.findall(rest.split("\n}")[0] if dark else light))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_are_seen_on_the_ground_and_told_from_their_neighbours(dark: bool) -> None:
    found = colours(dark)
    for name in ("c-main", "c-second", "c-behind", *SERIES):
        assert contrast(found[name], found["ground"]) >= 3, name
    for one, other in pairwise(SERIES):
        assert contrast(found[one], found[other]) >= 2.4, (one, other)  # by lightness alone
    for ground in ("ground", "c-mark"):
        assert contrast(found["quiet"], found[ground]) >= 4.5, ground


def test_every_look_has_its_style() -> None:
    style = TEMPLATES.joinpath("chart.css").read_text("utf-8")
    everything = [
        chart(*TWO, Line("s", COUNTS, "second"), Line("p", COUNTS, "plain"), marked=LATE, events=[("2021-01", "x")]),
        chart(Bars("a", COUNTS), Bars("b", COUNTS, "second"), marked=LATE),
        chart(Stack(tuple(Line(f"{at}", COUNTS) for at in range(8))), marked=LATE),
    ]
    looks = {one for drawn in everything for look in shapes(drawn) for one in look.split()}
    assert {look for look in looks if not re.search(rf"\.{look}\b", style)} == set()
    assert len(looks) >= 20

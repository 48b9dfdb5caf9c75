"""Where the values come from: the cells that the page tells of add up to every value, and stand where the input has them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from draft_support import INDICATORS, MONTH, PARTS, TOTAL, draft, identity, observations, value
from lxml import html
from traced_support import CONTROL, TAKEN, TRACED, cell, counts, factors, of, place, traced

from pipeline.deliver import Delivered
from pipeline.facts import load
from pipeline.pages import lookup
from pipeline.pages.draft import Draft
from pipeline.pages.html import render
from pipeline.pages.report import page as whole
from pipeline.report import report


def page(of: Draft) -> html.HtmlElement:
    """The part as it stands in the page."""
    return html.fromstring(render("report/lookup.html", lookup=lookup.view(of)))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def row_words(row: html.HtmlElement) -> str:
    return " | ".join(map(words, row))


def data(part: html.HtmlElement) -> Any:
    (block,) = part.xpath("//script[@id='cells' and @type='application/json']")
    return json.loads(block.text)


Decoded = tuple[str, str, str, str, str, int | None, str]


def decoded(known: Mapping[str, Any]) -> dict[Decoded, dict[str, int]]:
    """Every cell of the block: (indicator, activity, area, kind, month, number, place) → aggregate → factor."""
    found = {}
    for indicator, block in known["indicators"].items():
        for area, kind, activity, use, file, head, step, first, values in block["lines"]:
            for at, month in enumerate(known["months"]):
                begin, more = known["heads"][head][at], known["steps"][step][at]
                if begin is None:
                    continue
                place = known["files"][file] + begin + ("" if more is None else str(first + more))
                key = (indicator, activity, area, kind, month, values[at], place)
                assert key not in found
                found[key] = {known["aggregates"][to]: factor for to, factor in known["uses"][use]}
    return found


def sums(known: Mapping[str, Any]) -> Counter[tuple[str, str, str]]:
    """What the cells of the block add up to: (indicator, aggregate, month) → sum."""
    added: Counter[tuple[str, str, str]] = Counter()
    for (indicator, _, _, _, month, number, _), factor_of in decoded(known).items():
        for aggregate, factor in factor_of.items():
            added[indicator, aggregate, month] += factor * (number or 0)
    return added


def said(known: Mapping[str, Any]) -> dict[tuple[str, str, str], Any]:
    """The values of the block: (indicator, aggregate, month) → value."""
    return {
        (indicator, aggregate, month): numbers[at]
        for indicator, block in known["indicators"].items()
        for aggregate, (_, numbers, _) in zip(known["aggregates"], block["values"], strict=True)
        for at, month in enumerate(known["months"])
    }


# ------------------------------------------------------------------------------------------------- data for the script


def test_the_cells_add_up_to_every_value_of_every_month_traced() -> None:
    known = data(page(traced()))
    expected = {
        (indicator.id, aggregate.id, month): value(indicator.id, aggregate.id, month)
        for indicator in INDICATORS
        for aggregate in (*PARTS, TOTAL)
        for month in TRACED
    }
    assert dict(sums(known)) == expected
    assert said(known) == expected


def test_every_cell_that_adds_to_something_is_there_with_its_place() -> None:
    expected = {
        (row["indicator"], row["activity"], row["area"], row["kind"], row["period"], int(row["value"]), place(row))
        for row in counts()
        if row["activity"] != CONTROL
    }
    assert set(decoded(data(page(traced())))) == expected


@pytest.mark.parametrize(
    "places",
    [
        ("A1", "A1", "A1", "A1"),
        ("line 9", "line 10", "line 999", "line 1000"),
        ("line 007", "line 7", "line 0", "line 00"),
        ("somewhere", "", "7", "12 of 13"),
        ("A9", "B8", "C7", "D99999999999999999999"),
    ],
)
def test_a_place_stands_as_the_input_has_it_whatever_it_looks_like(places: tuple[str, ...]) -> None:
    rows = [
        cell("births", "10", "north", month, 1, cell=where, file="x.csv")
        for month, where in zip(TRACED, places, strict=True)
    ]
    found = decoded(data(page(traced(counts=rows))))
    assert [key[-1] for key in found] == [f"x.csv {where}" for where in places]


def test_cells_that_are_missing_doubled_or_without_a_number_stay_apart() -> None:
    rows = [
        cell("births", "10", "north", TRACED[0], None),
        cell("births", "10", "north", TRACED[2], 3, cell="line 4"),
        cell("births", "10", "north", TRACED[2], 5, cell="line 6"),
        cell("births", "10", "north", TRACED[2], 7, cell="B2", file="other.xlsx", sheet="One"),
    ]
    found = sorted(key[4:] for key in decoded(data(page(traced(counts=rows)))))
    assert found == [
        (TRACED[0], None, f"births.csv {rows[0]['cell']}"),
        (TRACED[2], 3, "births.csv line 4"),
        (TRACED[2], 5, "births.csv line 6"),
        (TRACED[2], 7, "other.xlsx One!B2"),
    ]


def test_a_classification_is_named_where_there_are_several() -> None:
    rows = counts()
    rows[-1] = new = {**rows[-1], "classification": "NEW"}
    use = {name: new[name] for name in of("", "", "")}
    uses = [*factors(), {**use, "target": "aggregate", "aggregate": TOTAL.id, "factor": "1"}]
    activities = {key[1] for key in decoded(data(page(traced(counts=rows, factors=uses))))}
    assert f"{new['activity']} (NEW)" in activities
    assert "10 (LIST)" in activities


def test_the_example_adds_up(example: Delivered, tmp_path: Path) -> None:
    made = report(example.folder, dt.datetime(2024, 7, 5, 9, tzinfo=dt.UTC), tmp_path / "report.html")
    known = data(html.fromstring(made.path.read_text("utf-8")))
    table = csv.DictReader(io.StringIO((example.folder / "observations.csv").read_text("utf-8")))
    expected = {
        (row["indicator"], row["aggregate"], row["period"]): int(row["OBS_VALUE"])
        for row in table
        if row["measure"] == "count" and row["period"] in known["months"]
    }
    assert len(known["months"]) > 12
    assert len(expected) == len(known["months"]) * 9 * 2
    assert dict(sums(known)) == expected == said(known)
    assert len(json.dumps(known, separators=(",", ":"))) < 100_000


# ---------------------------------------------------------------------------------------------------- the newest month


def tables(part: html.HtmlElement) -> list[html.HtmlElement]:
    return list(part.xpath(".//table[@class='sums']"))


def test_each_value_of_the_newest_month_says_what_adds_up_to_it() -> None:
    part = page(traced())
    assert [words(one) for one in part.xpath("./h3")] == [
        "June 2024: Births of enterprises (births)",
        "June 2024: Deaths of enterprises (deaths)",
    ]
    births, deaths = tables(part)
    assert [row_words(row) for row in births.xpath("tbody/tr")] == [
        "Farms (A1) | 1,029 | Provisional value (P) | 7 cells add up to 1,029",
        "Mines (B2) | 2,029 | Provisional value (P) | 8 cells add up to 2,029",
        "Works (C3) | 3,029 | Provisional value (P) | 7 cells add up to 3,029",
        "All activities (T) | 6,087 | Provisional value (P) | 22 cells add up to 6,087",
    ]
    assert row_words(deaths.xpath("tbody/tr")[0]) == "Farms (A1) | 129 | Provisional value (P) | 7 cells add up to 129"


def test_the_largest_cells_and_the_others_close_the_sum() -> None:
    part = page(traced())
    folded = part.xpath(".//details")
    assert len(folded) == 2 * (len(PARTS) + 1)
    for one in folded:
        rows = [[words(it) for it in row] for row in one.xpath(".//tbody/tr")]
        adds = [number(row[-1]) for row in rows]
        assert len(rows) == 5
        assert adds == sorted(adds, key=abs, reverse=True)
        assert all(number(row[4]) * number(row[5]) == number(row[6]) for row in rows)
        others, together = ([words(it) for it in row] for row in one.xpath(".//tfoot/tr"))
        assert others[0].endswith("cells more")
        assert together[0] == "Together"
        assert sum(adds) + number(others[1]) == number(together[1])
    mines = folded[1]
    assert words(mines.xpath("summary")[0]) == "Mines (B2), Births of enterprises (births): the 5 largest of 8 cells"
    assert words(mines.xpath(".//tfoot/tr[1]")[0]).startswith("3 cells more")
    largest = max((row for row in counts([MONTH]) if "20" <= row["activity"] < "30"), key=lambda row: int(row["value"]))
    shown = [words(it) for it in mines.xpath(".//tbody/tr[1]/*")]
    amount = f"{int(largest['value']):,}"
    assert shown == [largest["activity"], largest["area"], "all", place(largest), amount, "+1", amount]


def number(text: str) -> int:
    return int(text.replace(",", "").replace("−", "-"))


def test_a_cell_that_is_taken_away_shows_its_factor() -> None:
    rows = [cell("births", "20", "north", MONTH, 2_034), cell("births", TAKEN, "north", MONTH, 5)]
    part = page(traced(counts=rows, traced=(MONTH,)))
    (mines,) = [one for one in part.xpath(".//details") if "Mines" in words(one)]
    assert [words(it) for it in mines.xpath(".//tbody/tr[2]/*")][-3:] == ["5", "−1", "−5"]
    assert [row_words(row) for row in mines.xpath(".//tfoot/tr")] == ["Together | 2,029"]
    assert "2 cells add up to 2,029" in words(tables(part)[0])


def test_what_has_no_value_no_cell_or_another_sum_says_so() -> None:
    empty = observations()[identity("births", "A1", MONTH)]._replace(
        value="", status="M", comment="Mind the gap; not computed: a cell is empty at births.csv line 12."
    )
    rows = [
        *(row for row in counts([MONTH]) if row["activity"] < "20" and row["indicator"] == "births"),
        cell("births", "20", "north", MONTH, 1),
        cell("births", "21", "south", MONTH, None),
    ]
    known = {**observations(), identity("births", "A1", MONTH): empty}
    del known[identity("deaths", "T", MONTH)]
    part = page(traced(counts=rows, observations=known, traced=(MONTH,)))
    births, deaths = tables(part)
    assert [words(row[-1]) for row in births.xpath("tbody/tr")][:3] == [
        "not computed: a cell is empty at births.csv line 12",
        "2 cells add up to 1, but the value is 2,029",
        "no cell of the input belongs to it: 3,029",
    ]
    assert [words(it) for it in births.xpath("tbody/tr[1]/*")][1:3] == ["no value", "Missing value (M)"]
    assert row_words(deaths.xpath("tbody/tr")[3]) == "All activities (T) | no value |  | the delivery has no such value"
    assert said(data(part))["births", "A1", MONTH] == "a cell is empty at births.csv line 12"
    (mines,) = [one for one in part.xpath(".//details") if "Mines" in words(one)]
    assert [words(it) for it in mines.xpath(".//tbody/tr[2]/*")][-3:] == ["no number", "+1", "–"]


def test_a_delivery_without_cells_still_has_its_values() -> None:
    part = page(draft())
    assert "no cell of the input belongs to it: 1,029" in words(tables(part)[0])
    assert not part.xpath(".//details")
    assert data(part)["months"] == [MONTH]


# ------------------------------------------------------------------------------------------------------ words and form


def test_the_command_has_a_word_for_the_folder_of_the_delivery() -> None:
    part = page(traced(name="2024-06_01"))
    assert "DELIVERY stands for the folder of this delivery" in words(part)
    assert words(part.xpath(".//details//code")[0]) == "ebs trace DELIVERY M.XX.N.births.A1:2024-06"
    assert part.xpath(".//*[@id='look-up']/@data-command") == ["ebs trace DELIVERY"]


def test_numbers_are_those_of_the_language() -> None:
    french = load().languages["fr"]
    part = page(traced(language=french))
    assert f"1{french.thousands}029" in tables(part)[0].xpath("string(tbody/tr[1]/td[1])")
    root = html.fromstring(whole(traced(language=french)))
    assert (root.get("data-thousands"), root.get("data-decimal")) == (french.thousands, french.decimal)


def test_the_look_up_is_hidden_without_the_script_and_offers_what_the_block_holds() -> None:
    part = page(traced())
    (place,) = part.xpath(".//*[@id='look-up']")
    assert place.get("hidden") is not None
    offered = [place.xpath(f".//select[@name='{name}']/option/@value") for name in ("indicator", "aggregate", "month")]
    assert offered == [["births", "deaths"], ["A1", "B2", "C3", "T"], list(reversed(TRACED))]
    assert place.xpath(".//select/../text()[1]") == ["Indicator ", "Aggregate ", "Month "]
    assert "Counts of March 2024 to June 2024" in words(place)


def test_an_address_is_safe_in_a_fragment() -> None:
    assert lookup.address("births", "P-S_X_94", "2024-05") == "births/P-S_X_94/2024-05"
    assert lookup.address("a/b", "c&d", "e%") == "a%2Fb/c%26d/e%25"


def test_what_the_input_says_is_text_and_cannot_hide() -> None:
    rows = counts()
    evil = "</script><b>x</b>&amp;"
    at = next(at for at, row in enumerate(rows) if row["activity"] != CONTROL and row["period"] == MONTH)
    rows[at] = {**rows[at], "file": evil, "sheet": "\u202esheet", "value": "99999"}
    raw = render("report/lookup.html", lookup=lookup.view(traced(counts=rows)))
    part = html.fromstring(raw)
    assert "\u202e" not in raw
    assert "<b>" not in raw
    assert not part.xpath("//b")
    assert any(evil in words(one) for one in part.xpath(".//details//td"))
    assert f"{evil} \\u202esheet!" in data(part)["files"]


def test_headings_tables_and_attributes_are_in_order() -> None:
    part = page(traced())
    assert part.get("id") == "provenance"
    assert part.xpath(".//h2/@id") == [part.get("aria-labelledby")]
    levels = [int(one.tag[1]) for one in part.xpath(".//h2|.//h3|.//h4")]
    assert levels[0] == 2
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for table in part.xpath(".//table"):
        assert table.xpath("caption")
        assert table.getparent().get("aria-label")
        assert all(head.get("scope") for head in table.xpath(".//th"))
    labels = part.xpath(".//*[@role='region']/@aria-label")
    assert len(labels) == len(set(labels))
    assert not [name for one in part.iter() for name in one.attrib if name == "style" or name.startswith("on")]


def test_the_script_is_small_and_builds_from_text_alone() -> None:
    script = (Path(lookup.__file__).parent / "templates" / "page.js").read_text("utf-8")
    assert len(script.encode()) < 9_000
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval",
        "Function(",
        "fetch",
        "XMLHttp",
        "import",
        "http",
        "style.",
    ):
        assert word not in script

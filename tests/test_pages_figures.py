"""The figures of the report: what a reader sees of counts, changes, parts, index and quarters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from draft_support import (
    INDICATORS,
    MONTH,
    MONTHS,
    PARTS,
    TOTAL,
    draft,
    identity,
    manifest,
    observations,
    sent_before,
    value,
)
from lxml import html

from pipeline.facts import load
from pipeline.pages.draft import COUNT, Break, Draft, Named, Observation
from pipeline.pages.figures import PLAIN, WEIGHTED, Figures, view
from pipeline.pages.html import templates
from pipeline.tables import Identity
from pipeline.vintages import Vintages

Element = html.HtmlElement
Observations = dict[Identity, Observation]

QUARTERS = [f"{year}-Q{quarter}" for year in (2022, 2023, 2024) for quarter in (1, 2, 3, 4)][:10]
WEIGHTS = {"unit": "shops", "year": 2022, "status": "illustrative", "source": "Made <b>up</b>."}
STRATA = {**{part.id: {part.id: 1} for part in PARTS}, TOTAL.id: dict.fromkeys("AB", 1)}
BIRTHS, DEATHS = INDICATORS


def page(of: Draft | Figures) -> Element:
    """The part of the page: two sections."""
    figures = of if isinstance(of, Figures) else view(of)
    return html.fragment_fromstring(templates().get_template("report/figures.html").render(figures=figures), "main")


def card(within: Element, section: str, indicator: str, aggregate: str) -> Element:
    """The card of an aggregate."""
    path = f'section[@id="{section}"]/div[h3[contains(., "({indicator})")]]//div[h5[contains(., "({aggregate})")]]'
    (found,) = within.xpath(path)
    return found


def facts(within: Element) -> list[tuple[str, str]]:
    """The figures at the head of a card."""
    return [(one.findtext("dt"), one.findtext("dd")) for one in within.xpath("dl/div")]


def tables(within: Element) -> list[list[list[str]]]:
    """The tables of the charts, with their heads."""
    return [rows(table) for table in within.xpath(".//details//table")]


def rows(table: Element) -> list[list[str]]:
    return [[" ".join(cell.text_content().split()) for cell in row.xpath("th|td")] for row in table.xpath(".//tr")]


def words(within: Element) -> str:
    return " ".join(within.text_content().split())


def index(indicator: str, aggregate: str, period: str, measure: str) -> Decimal:
    """An index of our own: of the total the weighted one lies below the plain one in odd months, else they are equal."""
    level = Decimal(value(indicator, aggregate, period)) / 20
    below = measure == WEIGHTED and aggregate == TOTAL.id and int(period[-1]) % 2
    return level.quantize(Decimal("0.1")) - (Decimal("0.3") if below else 0)


def quarter_index(measure: str, period: str) -> str:
    return f"{100 + QUARTERS.index(period)}.{5 if measure == PLAIN else 7}"


def with_index(measures: Iterable[str] = (PLAIN, WEIGHTED), without: str = "") -> Observations:
    """The observations of the delivery with an index of every aggregate but one."""
    found = observations()
    for one in INDICATORS:
        for part in (*PARTS, TOTAL):
            for measure in measures:
                if part.id == without:
                    continue
                for month in MONTHS:
                    text, status = str(index(one.id, part.id, month, measure)), "P" if month == MONTH else "A"
                    found[identity(one.id, part.id, month, "M", measure)] = Observation(text, status, "F", "", "")
                for quarter in QUARTERS:
                    text, status = quarter_index(measure, quarter), "P" if quarter == QUARTERS[-1] else "A"
                    found[identity(one.id, part.id, quarter, "Q", measure)] = Observation(text, status, "F", "", "")
    return found


def indexed(weights: Any = WEIGHTS, **changes: Any) -> Draft:
    described = manifest(index={"base_year": 2022, "weights": weights, "strata": STRATA, "files": []})
    return draft(**{"manifest": described, "observations": with_index(), **changes})


def changed(indicator: str, aggregate: str, **values: str) -> Observations:
    """The observations, with other counts of some months: m2024_06="12"; empty: it has no value; "gone": it is not there."""
    found = observations()
    for name, text in values.items():
        at = identity(indicator, aggregate, name[1:].replace("_", "-"))
        if text == "gone":
            del found[at]
        else:
            found[at] = found[at]._replace(value=text, status=found[at].status if text else "M")
    return found


# --- counts ---------------------------------------------------------------------------------------------------------


def test_each_indicator_has_a_card_for_each_aggregate_and_the_total_is_first() -> None:
    shown = page(draft())
    for section, indicator in (("figures", one) for one in INDICATORS):
        (block,) = shown.xpath(f'section[@id="{section}"]/div[h3[contains(., "({indicator.id})")]]')
        names = [words(name) for name in block.xpath(".//h5")]
        assert names == [f"{one.name} ({one.id})" for one in (TOTAL, *PARTS)]
        large = block.xpath('.//div[contains(concat(" ", @class, " "), " large ")]/h5')
        assert [words(name) for name in large] == ["All activities (T)"]


@pytest.mark.parametrize("indicator", [one.id for one in INDICATORS])
@pytest.mark.parametrize("aggregate", ["A1", "T"])
def test_a_card_has_the_newest_count_and_the_change_on_the_year(indicator: str, aggregate: str) -> None:
    now, before = value(indicator, aggregate, "2024-06"), value(indicator, aggregate, "2023-06")
    change = (Decimal(100 * (now - before)) / before).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert facts(card(page(draft()), "figures", indicator, aggregate)) == [
        ("June 2024, provisional", f"{now:,}"),
        ("on June 2023", f"+{change}\N{NO-BREAK SPACE}%"),
    ]


def test_every_count_and_every_change_stands_in_the_tables_of_the_charts() -> None:
    numbers, changes = tables(card(page(draft()), "figures", "deaths", "B2"))
    counts = {month: value("deaths", "B2", month) for month in MONTHS}
    assert [row[1] for row in numbers[1:]] == [str(count) for count in counts.values()]
    expected = ["–"] * 12 + [
        f"+{(Decimal(100 * (counts[MONTHS[at]] - counts[MONTHS[at - 12]])) / counts[MONTHS[at - 12]]).quantize(Decimal('0.1'), ROUND_HALF_UP)}"
        for at in range(12, len(MONTHS))
    ]
    assert [row[1] for row in changes[1:]] == expected
    assert numbers[1][0] == "January 2022"
    assert numbers[-1][0] == "June 2024 p"


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        ("10005", "10000", "+0.1"),  # 0.05: half up
        ("10004", "10000", "0.0"),
        ("9995", "10000", "−0.1"),
        ("9996", "10000", "0.0"),
        ("0", "7", "−100.0"),
        ("2001", "1", "+200,000.0"),
        ("7", "7", "0.0"),
    ],
)
def test_a_change_is_rounded_once_half_up(now: str, before: str, change: str) -> None:
    shown = card(
        page(draft(observations=changed("births", "A1", m2024_06=now, m2023_06=before))), "figures", "births", "A1"
    )
    assert facts(shown)[1] == ("on June 2023", f"{change}\N{NO-BREAK SPACE}%")


@pytest.mark.parametrize(("before", "why"), [("0", "is 0"), ("", "has no value")])
def test_without_a_value_of_the_year_before_there_is_no_change(before: str, why: str) -> None:
    shown = card(page(draft(observations=changed("births", "A1", m2023_06=before))), "figures", "births", "A1")
    assert facts(shown)[1] == (f"on June 2023, which {why}", "–")
    assert tables(shown)[1][-1] == ["June 2024 p", "–"]


@pytest.mark.parametrize(("now", "why"), [("", "Missing value"), ("gone", "not delivered")])
def test_a_newest_month_without_a_value_says_so_and_leads_to_no_cells(now: str, why: str) -> None:
    shown = card(page(draft(observations=changed("births", "A1", m2024_06=now))), "figures", "births", "A1")
    assert facts(shown) == [(f"June 2024, {why}", "no value")]
    assert tables(shown)[0][-1][1:] == ["–"]
    assert not shown.xpath(".//a[@data-look-up]")


def test_the_newest_count_leads_to_its_cells() -> None:
    (link,) = card(page(draft()), "figures", "deaths", "C3").xpath(".//a[@data-look-up]")
    assert (link.get("href"), link.get("data-look-up")) == ("#provenance", "deaths/C3/2024-06")


def test_what_was_sent_last_stands_behind_and_has_nothing_for_the_newest_month() -> None:
    sent = sent_before("2024-04", "2024-05", **{"births_A1_2024-05": 3})
    shown = page(draft(vintages=sent))
    numbers = tables(card(shown, "figures", "births", "A1"))[0]
    assert numbers[0] == ["Month", "sent with May 2024", "this delivery"]
    now = value("births", "A1", "2024-05")
    assert numbers[-2] == ["May 2024", f"{now - 3:,}", f"{now:,}"]
    assert numbers[-1][1] == "–"
    drawing = card(shown, "figures", "births", "A1").xpath('.//svg[@role="img"]')[0]
    assert drawing.xpath('path[@class="behind"]')
    assert "what was sent with May 2024" in words(shown.xpath('section[@id="figures"]')[0])


def test_what_was_sent_is_as_large_as_what_is_delivered_with_decimals() -> None:
    decimal = changed("births", "A1", m2024_05="1028.5")
    shown = card(page(draft(observations=decimal, vintages=sent_before("2024-05"))), "figures", "births", "A1")
    assert tables(shown)[0][-2] == ["May 2024", f"{value('births', 'A1', '2024-05'):,}.0", "1,028.5"]


def test_only_counts_that_were_sent_stand_behind_counts() -> None:
    said = {
        identity("births", "A1", "2024-05", "M", measure): (at, "A") for at, measure in enumerate((COUNT, PLAIN), 5)
    }
    shown = card(page(draft(vintages=Vintages().then("2024-05", ["births"], said))), "figures", "births", "A1")
    assert tables(shown)[0][-2][:2] == ["May 2024", "5"]


def test_without_anything_sent_before_it_says_so() -> None:
    shown = page(draft())
    assert words(shown).count("Nothing was sent for an earlier month: there is nothing to compare with.") == len(
        INDICATORS
    )
    assert not shown.xpath('.//path[@class="behind"]')


def test_provisional_months_are_marked_in_the_drawing_its_legend_and_the_table() -> None:
    shown = card(page(draft()), "figures", "births", TOTAL.id)
    drawing = shown.xpath('.//svg[@role="img"]')[0]
    assert drawing.xpath('path[@class="band"]')
    assert "provisional" in words(shown.xpath(".//figcaption")[0])
    assert "p = provisional" in words(shown.xpath(".//caption")[0])
    definitive = {at: one._replace(status="A") for at, one in observations().items()}
    assert "provisional" not in words(card(page(draft(observations=definitive)), "figures", "births", TOTAL.id))


def test_a_break_is_marked_where_it_was_declared_and_nowhere_else() -> None:
    breaks = (Break("births", "2023-03", ("A1",)), Break("deaths", "2023-05", ()), Break("births", "2019-01", ()))
    shown = page(draft(breaks=breaks))
    said = {
        (one.id, part.id): "Break in" in words(card(shown, "figures", one.id, part.id))
        for one in INDICATORS
        for part in (*PARTS, TOTAL)
    }
    assert {place for place, broken in said.items() if broken} == {("births", "A1")} | {
        ("deaths", part.id) for part in (*PARTS, TOTAL)
    }
    assert "Break in March 2023" in words(card(shown, "figures", "births", "A1"))
    assert card(shown, "figures", "births", "A1").xpath('.//svg[@role="img"]/path[@class="event"]')


def test_the_total_is_shown_as_the_sum_of_its_parts() -> None:
    (table,) = page(draft()).xpath('section[@id="figures"]/div[h3[contains(., "(births)")]]/div[@class="stack"]//table')
    found = rows(table)
    assert found[0] == ["Month", *(f"{part.id} {part.name}" for part in PARTS)]
    for month, row in zip(MONTHS, found[1:], strict=True):
        assert sum(int(cell.replace(",", "")) for cell in row[1:]) == value("births", TOTAL.id, month)


def test_a_part_of_zeros_is_a_part_and_one_without_values_is_none() -> None:
    zeros = {at: one._replace(value="0") if at.aggregate == "A1" else one for at, one in observations().items()}
    nothing = {at: one for at, one in zeros.items() if at.aggregate != "B2"}
    (table, _) = page(draft(observations=nothing)).xpath('.//div[@class="stack"]//table')
    assert rows(table)[0] == ["Month", "A1 Farms", "C3 Works"]
    assert rows(table)[1][1] == "0"


# --- how much there is ----------------------------------------------------------------------------------------------


def test_of_thirty_years_the_newest_sixty_months_are_shown() -> None:
    months = [f"{year}-{month:02}" for year in range(1995, 2025) for month in range(1, 13)]
    found = {
        identity(one.id, part.id, month): Observation("100", "A", "F", "", "")
        for one in INDICATORS
        for part in (*PARTS, TOTAL)
        for month in months
        if month <= MONTH
    }
    numbers, changes = tables(card(page(draft(observations=found)), "figures", "births", "A1"))
    assert [numbers[1][0], numbers[-1][0]] == ["July 2019", "June 2024"]
    assert len(numbers) == 61
    assert changes[1] == ["July 2019", "0.0"]  # by a month that is not shown


def test_a_single_month_has_neither_change_nor_stack() -> None:
    one_month = {at: one for at, one in observations().items() if at.period == MONTH}
    shown = page(draft(observations=one_month))
    first = card(shown, "figures", "births", TOTAL.id)
    assert facts(first) == [("June 2024, provisional", f"{value('births', TOTAL.id, MONTH):,}")]
    assert len(first.xpath('.//svg[@role="img"]')) == 1
    assert not shown.xpath('.//div[@class="stack"]')


def test_an_indicator_without_any_value_is_told() -> None:
    shown = page(draft(observations={at: one for at, one in observations().items() if at.indicator == "births"}))
    assert facts(card(shown, "figures", "deaths", "A1")) == [("June 2024, not delivered", "no value")]
    assert "No value" in words(card(shown, "figures", "deaths", "A1").xpath('.//svg[@role="img"]')[0])
    assert facts(card(shown, "figures", "births", "A1"))[0][0] == "June 2024, provisional"


def test_one_indicator_alone_and_a_total_without_parts() -> None:
    alone = draft(indicators=(DEATHS,), aggregates=(TOTAL,))
    shown = page(alone)
    assert [words(name) for name in shown.xpath('section[@id="figures"]//h3')] == ["Deaths of enterprises (deaths)"]
    assert [words(name) for name in shown.xpath('section[@id="figures"]//h5')] == ["All activities (T)"]
    assert not shown.xpath('.//div[@class="stack"]')


def test_a_delivery_that_may_not_be_sent_has_its_figures() -> None:
    shown = page(draft(findings={"ok": False, "findings": [], "rules": []}))
    assert facts(card(shown, "figures", "births", "A1"))[0][1] == f"{value('births', 'A1', MONTH):,}"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "n/a"])
def test_what_is_no_number_is_no_value(text: str) -> None:
    shown = card(page(draft(observations=changed("births", "A1", m2024_06=text))), "figures", "births", "A1")
    assert facts(shown)[0][1] == "no value"


def test_counts_with_decimals_keep_them() -> None:
    decimal = changed("births", "A1", m2024_06="1030.5", m2023_06="1000.25")
    shown = card(page(draft(observations=decimal)), "figures", "births", "A1")
    assert [figure for _, figure in facts(shown)] == ["1,030.50", "+3.0\N{NO-BREAK SPACE}%"]


# --- index ----------------------------------------------------------------------------------------------------------


def test_both_weightings_stand_side_by_side_with_their_difference() -> None:
    shown = card(page(indexed()), "index", "births", TOTAL.id)
    numbers, differences = tables(shown)
    assert numbers[0] == ["Month", "plain", "weighted"]
    for month, row, difference in zip(MONTHS, numbers[1:], differences[1:], strict=True):
        plain, weighted = (index("births", TOTAL.id, month, measure) for measure in (PLAIN, WEIGHTED))
        assert row[1:] == [f"{plain:,}", f"{weighted:,}"]
        assert difference[1] == ("0.0" if plain == weighted else "−0.3")
    last = index("births", TOTAL.id, MONTH, PLAIN)
    assert facts(shown) == [("plain", f"{last:,}"), ("weighted", f"{last:,}"), ("difference", "0.0")]


def test_where_the_weightings_never_differ_there_is_one_line_and_the_reason() -> None:
    shown = card(page(indexed()), "index", "births", "A1")
    (numbers,) = tables(shown)
    assert numbers[0] == ["Month", "plain and weighted"]
    assert "Both are the same: a single weight applies." in words(shown)


def test_the_index_says_that_it_is_a_preview_and_what_its_weights_are_worth() -> None:
    (section,) = page(indexed()).xpath('section[@id="index"]')
    assert words(section.find("h2")) == "Index, 2022 = 100"
    assert "It is not transmitted." in words(section)
    assert "weighted with active shops of 2022" in words(section)
    assert "The weights are illustrative, not official" in words(section)
    assert "Made <b>up</b>." in words(section)
    official = page(indexed({**WEIGHTS, "status": "official"})).xpath('section[@id="index"]')[0]
    assert "not official" not in words(official)
    assert "Made <b>up</b>." not in words(official)


def test_without_weights_it_says_why_and_shows_the_plain_index_alone() -> None:
    shown = page(indexed(None, observations=with_index([PLAIN])))
    section = shown.xpath('section[@id="index"]')[0]
    assert "There is no weighted index: the country has no weights for the base year 2022." in words(section)
    (numbers,) = tables(card(shown, "index", "births", TOTAL.id))
    assert numbers[0] == ["Month", "plain"]
    assert "could not be made" not in words(section)


def test_an_aggregate_whose_index_could_not_be_made_has_no_card_and_the_reason_is_told() -> None:
    message = "births: no index_ratio of B2: the base year 2022 lacks 2022-03."
    findings = {
        "ok": True,
        "rules": [],
        "findings": [{"rule": "index-base", "message": message}, {"rule": "x", "message": "births: x"}],
    }
    shown = page(indexed(findings=findings, observations=with_index(without="B2")))
    births, deaths = shown.xpath('section[@id="index"]/div')
    assert [words(name) for name in births.xpath(".//h5")] == ["All activities (T)", "Farms (A1)", "Works (C3)"]
    assert [words(one) for one in births.xpath("ul/li")] == [message]
    assert not deaths.xpath("ul/li")


def test_the_lines_are_told_apart_at_the_total_and_where_it_has_no_index_everywhere() -> None:
    def legends(of: Draft) -> list[str]:
        return [words(card(page(of), "index", "births", one).xpath(".//figcaption")[0]) for one in ("A1", "B2")]

    different = {
        at: one._replace(value="1.0") if (at.measure, at.period) == (WEIGHTED, MONTH) else one
        for at, one in with_index().items()
    }
    without = {at: one for at, one in different.items() if at.measure == COUNT or at.aggregate != TOTAL.id}
    total = card(page(indexed(observations=different)), "index", "births", TOTAL.id)
    assert words(total.xpath(".//figcaption")[0]) == "Index by month plain weighted provisional"
    assert legends(indexed(observations=different)) == ["Index by month"] * 2
    assert legends(indexed(observations=without)) == ["Index by month plain weighted provisional"] * 2


def test_a_weighting_that_one_aggregate_lacks_is_told_there() -> None:
    lacking = {at: one for at, one in with_index().items() if (at.aggregate, at.measure) != ("A1", WEIGHTED)}
    shown = page(indexed(observations=lacking))
    assert "The weighted index could not be made." in words(card(shown, "index", "births", "A1"))
    assert "could not be made" not in words(card(shown, "index", "births", "C3"))


def test_without_any_index_it_says_so() -> None:
    shown = page(draft())
    (section,) = shown.xpath('section[@id="index"]')
    assert words(section).count("There is no index: it could not be made of these counts.") == len(INDICATORS)
    assert not section.xpath(".//table")


# --- quarters -------------------------------------------------------------------------------------------------------


def test_the_newest_eight_quarters_of_every_aggregate_stand_in_a_table() -> None:
    (table, _) = page(indexed()).xpath('.//table[@class="quarters"]')
    head, *found = rows(table)
    assert head == ["Aggregate", "Index", *QUARTERS[-8:]]
    assert [row[0] for row in found[::2]] == [f"{one.name} ({one.id})" for one in (TOTAL, *PARTS)]
    plain = ["plain", *(quarter_index(PLAIN, quarter) for quarter in QUARTERS[-8:])]
    assert found[0][1:] == [*plain[:-1], f"{plain[-1]} p"]
    assert found[1] == ["weighted", *(quarter_index(WEIGHTED, quarter) for quarter in QUARTERS[-8:-1]), "109.7 p"]
    assert "p = provisional" in words(table.find("caption"))


def test_the_rows_of_a_quarter_table_are_headed_by_aggregate_and_weighting() -> None:
    (table, _) = page(indexed()).xpath('.//table[@class="quarters"]')
    for group in table.xpath("tbody"):
        (aggregate,) = group.xpath('.//th[@scope="rowgroup"]')
        assert aggregate.get("rowspan") == str(len(group.xpath("tr"))) == "2"
        assert len(group.xpath('tr/th[@scope="row"]')) == 2


def test_the_quarters_of_the_total_are_drawn() -> None:
    block = page(indexed()).xpath('section[@id="index"]/div')[0]
    (figure,) = block.xpath('div[@class="drawn quarters"]/figure')
    assert [row[0] for row in rows(figure.xpath(".//table")[0])[1:]] == [*QUARTERS[:-1], "2024-Q2 p"]
    nothing = {at: one for at, one in with_index().items() if at.frequency == "M" or at.aggregate != TOTAL.id}
    assert not page(indexed(observations=nothing)).xpath('.//div[@class="drawn quarters"]')


# --- the form -------------------------------------------------------------------------------------------------------


def test_numbers_and_months_are_written_as_the_language_writes_them() -> None:
    shown = card(page(indexed(language=load().languages["fr"])), "figures", "births", "C3")
    now, before = value("births", "C3", MONTH), value("births", "C3", "2023-06")
    grouped = f"{now // 1000}\N{NARROW NO-BREAK SPACE}{now % 1000:03}"
    change = f"+{float(Fraction(100 * (now - before), before)):.1f}".replace(".", ",")
    assert next(words(figure) for figure in shown.xpath("dl/div/dt")).startswith("juin 2024")
    assert [figure for _, figure in facts(shown)] == [grouped, f"{change}\N{NO-BREAK SPACE}%"]


def test_every_chart_has_its_table_a_heading_and_an_id_of_its_own() -> None:
    shown = page(indexed(vintages=sent_before("2024-05")))
    figures = shown.xpath(".//figure")
    assert len(figures) == 2 * (
        4 * 2 + 1 + 4 + 1 + 1
    )  # counts and changes, parts, index, difference of the total, quarters
    for figure in figures:
        (title,), (table,) = figure.xpath("svg/title|div/svg/title"), figure.xpath(".//table")
        assert words(table.find("caption")).startswith(title.text)
    ids = shown.xpath(".//@id")
    assert len(ids) == len(set(ids))
    titles = [title.text for title in shown.xpath(".//svg/title")]
    assert len(titles) == len(set(titles))


def test_headings_descend_one_by_one() -> None:
    levels = [int(heading.tag[1]) for heading in page(indexed()).xpath(".//h2|.//h3|.//h4|.//h5")]
    assert levels[0] == 2
    assert all(then <= now + 1 for now, then in pairwise(levels))


def test_names_are_shown_and_do_nothing() -> None:
    hostile = '<img src=x onerror="alert(1)">&\u202e'
    parts = (Named('A1"><script>', hostile), *PARTS[1:])
    moved = {
        (at._replace(aggregate=parts[0].id) if at.aggregate == "A1" else at): one for at, one in with_index().items()
    }
    made = indexed(observations=moved, aggregates=(*parts, TOTAL), indicators=(replace(BIRTHS, name=hostile), DEATHS))
    text = templates().get_template("report/figures.html").render(figures=view(made))
    shown = html.fragment_fromstring(text, "main")
    assert not shown.xpath(".//img|.//script|.//@style|.//@onerror")
    assert "\u202e" not in text
    assert "<img src=x" in words(shown.xpath(".//h3")[0])
    assert len(shown.xpath(".//figure")) == len(page(indexed()).xpath(".//figure"))


def test_the_same_delivery_gives_the_same_figures() -> None:
    turned = dict(reversed(list(with_index().items())))
    first, second = (html.tostring(page(indexed(observations=those))) for those in (with_index(), turned))
    assert first == second

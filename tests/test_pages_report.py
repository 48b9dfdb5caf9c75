"""The report of a delivery as a whole: one self-contained page, whole and in order whatever the delivery is like."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from delivery_support import EXAMPLE
from draft_support import (
    INDICATORS,
    MONTH,
    TOTAL,
    document,
    draft,
    identity,
    manifest,
    observations,
    select,
    sent_before,
    violated,
)
from lxml import html
from thirty_support import thirty_findings

from pipeline.deliver import Request, deliver
from pipeline.facts import load
from pipeline.findings import Finding, Verdict
from pipeline.pages.draft import Draft, Named, Observation
from pipeline.pages.report import page

HOSTILE = "<script>alert(1)</script>\"'&\u202e\x1b{{ 7 * 7 }}{% raw %}"
SECTIONS = ("verdict", "identity", "gates", "findings", "coverage", "figures", "revisions", "provenance", "twins")


def hostile() -> Draft:
    """Whatever a file, a name or a person can say is an attack."""
    told = Finding("odd", HOSTILE, HOSTILE, HOSTILE, 1, 2, HOSTILE, "D", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    names = {one.id: Named(one.id, HOSTILE, one.total) for one in (*INDICATORS, *draft().aggregates)}
    return draft(
        name=HOSTILE,
        folder="a%20b/",
        country=HOSTILE,
        indicators=tuple(names[one.id] for one in INDICATORS),
        aggregates=tuple(names[one.id] for one in draft().aggregates),
        findings=document(Verdict("odd", HOSTILE, 1, (told,) * 7), Verdict("late", HOSTILE, unchecked=HOSTILE)),
        manifest=manifest(not_read={HOSTILE: HOSTILE}, not_confirmed=[HOSTILE]),
        statuses=dict.fromkeys("APM", HOSTILE),
        observations={one: said._replace(comment=HOSTILE) for one, said in observations().items()},
    )


def bare() -> Draft:
    """One month of one indicator, without a value, without weights; nothing is packed."""
    request = {**manifest()["request"], "indicators": ["births"]}
    made = {
        identity("births", aggregate.id, MONTH): Observation("", "M", "", "", f"M.XX.N.births.{aggregate.id}")
        for aggregate in draft().aggregates
    }
    return draft(
        indicators=INDICATORS[:1],
        observations=made,
        findings=document(violated("wrong", 3)),
        sizes={},
        structures=(),
        manifest=manifest(request=request, data_sets=[], balance={}, files={"findings.json": "0" * 64}),
    )


DRAFTS: dict[str, Callable[[], Draft]] = {
    "clean": draft,
    "with errors": lambda: draft(findings=document(violated("wrong", 7), violated("odd", 9)), sizes={}),
    "with a history": lambda: draft(vintages=sent_before("2024-04", "2024-05", **{f"births_{TOTAL.id}_2024-04": 9})),
    "bare": bare,
    "hostile": hostile,
}


@pytest.fixture(scope="module", params=DRAFTS)
def made(request: pytest.FixtureRequest) -> str:
    return page(DRAFTS[request.param]())


@pytest.fixture(scope="module")
def tree(made: str) -> html.HtmlElement:
    return html.document_fromstring(made.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))


def text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


# ----------------------------------------------------------------------------------------------------- one whole page


def test_the_page_has_its_landmarks_and_one_first_heading(tree: html.HtmlElement) -> None:
    for name in ("h1", "main", "header", "footer", "nav"):
        assert len(tree.xpath(f"//body//{name}")) == 1, name
    assert tree.get("lang") == "en"
    assert text(tree.xpath("//title")[0]).startswith(text(select(tree, "#verdict .sentence")[0]))
    assert select(tree, "a.skip")[0].get("href") == "#page.content"


def test_headings_follow_one_another_without_a_gap(tree: html.HtmlElement) -> None:
    levels = [int(heading.tag[1]) for heading in tree.xpath("//h1 | //h2 | //h3 | //h4 | //h5 | //h6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert all(text(one) or one.get("hidden") is not None for one in tree.xpath("//h1 | //h2 | //h3 | //h4 | //h5"))


def test_the_sections_stand_in_their_order(tree: html.HtmlElement) -> None:
    found = [section.get("id") for section in tree.xpath("//main/section")]
    assert [id_ for id_ in found if id_ in SECTIONS] == list(SECTIONS)
    linked = [link.get("href") for link in tree.xpath("//nav//div[@class='list']/ol/li/a")]
    assert [f"#{id_}" for id_ in SECTIONS] == [href for href in linked if href != "#index"]
    for section in tree.xpath("//section[@aria-labelledby]"):
        assert tree.get_element_by_id(section.get("aria-labelledby")).tag in ("h2", "h3", "h4", "h5")


def test_ids_are_unique_and_every_link_inside_leads_somewhere(tree: html.HtmlElement) -> None:
    ids = Counter(tree.xpath("//@id"))
    assert [id_ for id_, count in ids.items() if count > 1] == []
    for href in tree.xpath("//a/@href"):
        if href.startswith("#"):
            assert href[1:] in ids, href
    for names in tree.xpath("//@aria-labelledby | //@aria-describedby | //@for | //@headers"):
        assert set(names.split()) <= set(ids), names


def test_every_table_has_a_caption_scopes_and_a_region_of_its_own_name(tree: html.HtmlElement) -> None:
    for table in tree.xpath("//table"):
        assert text(table.find("caption"))
        assert all(cell.get("scope") in ("col", "row", "colgroup", "rowgroup") for cell in table.xpath(".//th"))
    regions = Counter(tree.xpath("//*[@role='region' and not(ancestor::details)]/@aria-label"))
    assert [label for label, count in regions.items() if count > 1] == []


# -------------------------------------------------------------------------------------------------- it needs nothing else


def test_the_policy_allows_its_own_style_and_script_alone(made: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', made)
    assert policy is not None
    for name in ("style", "script"):
        content = re.findall(rf"<{name}>(.*?)</{name}>", made, re.DOTALL)
        assert len(content) == 1
        hashed = b64encode(sha256(content[0].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{hashed}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_nothing_is_asked_for_elsewhere_and_nothing_acts(tree: html.HtmlElement) -> None:
    assert not tree.xpath("//@style")
    assert not [name for element in tree.iter() for name in element.attrib if name.lower().startswith("on")]
    assert not tree.xpath("//@src | //link | //iframe | //object | //embed | //form[@action] | //base | //img")
    scripts = tree.xpath("//script")
    assert all(one.get("type") in (None, "application/json") for one in scripts)
    for one in scripts:
        if one.get("type"):
            json.loads(one.text)
    for href in tree.xpath("//a/@href"):
        assert href.startswith("#") or not re.match(r"[a-z]+:|//", href), href
    style = tree.xpath("//style")[0].text
    assert "url(" not in style
    assert "@import" not in style


def test_what_others_say_can_neither_act_nor_hide(made: str, tree: html.HtmlElement) -> None:
    body = made.partition("<body")[2].rpartition("<script>")[0]
    assert "<script>alert" not in body
    assert not {"\u202e", "\x1b"} & set(made)
    assert "x1b49" not in body  # no template is made of what it says
    assert made != page(hostile()) or "x1b{{ 7 * 7 }}" in body
    assert not tree.xpath("//main//script[not(@type)]")


def test_the_same_delivery_is_the_same_page(made: str, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["made"]
    assert page(DRAFTS[name]()) == made


def test_days_are_all_that_the_moment_changes() -> None:
    now, later = page(draft()), page(draft(now=draft().now.replace(hour=20)))
    assert now == later


# --------------------------------------------------------------------------------------------- deliveries as they are


def test_an_example_stays_below_a_megabyte(tmp_path: Path) -> None:
    done = deliver(Request(EXAMPLE, out=tmp_path), load())
    made = (done.folder / "report.html").read_bytes()
    assert len(made) < 1_000_000
    root = html.document_fromstring(made.decode("utf-8"))
    assert text(select(root, "#verdict .sentence")[0]) == "May be sent."
    assert {link for link in root.xpath("//a/@href") if link.startswith("upload/")} == {
        f"upload/{one['file']}" for one in done.manifest["data_sets"]
    }


def test_thirty_rules_are_told_on_one_page(tmp_path: Path) -> None:
    """Every rule that is violated is told, with its places, what it means and how to mend it."""
    folder = thirty_findings(tmp_path)
    report = json.loads((folder / "findings.json").read_bytes())
    rules = {one["rule"] for one in report["findings"]}
    assert len(rules) >= 30
    made = (folder / "report.html").read_bytes()
    assert len(made) < 1_000_000
    root = html.document_fromstring(made.decode("utf-8"))
    assert {one.get("data-rule") for one in select(root, "#findings section.rule")} == rules
    errors = {one["rule"] for one in report["findings"] if one["severity"] == "error" and not one["accepted"]}
    number = sum(one["severity"] == "error" and not one["accepted"] for one in report["findings"])
    sentence = f"Must not be sent yet: {number} errors in {len(errors)} rules."
    assert text(select(root, "#verdict .sentence")[0]) == sentence
    assert [text(one.find("h3")) for one in select(root, "#findings .part")] == [
        "New since the delivery of March 2024", "Remaining", "Accepted", "No longer found",
    ]  # fmt: skip
    ids = Counter(root.xpath("//@id"))
    assert max(ids.values()) == 1
    shown = [text(one) for one in select(root, "#findings code.id")]
    assert set(shown) <= {one["id"] for one in report["findings"]}
    before = {one["id"] for one in json.loads((folder / "inputs/earlier/findings.json").read_bytes())}
    places: dict[tuple[str, str], int] = Counter(
        ("accepted" if one["accepted"] else "remaining" if one["id"] in before else "new", one["rule"])
        for one in report["findings"]
    )
    for (part, rule), number in places.items():
        rows = select(root, f"#{part} section[data-rule='{rule}'] tbody tr")
        assert len(rows) == min(5, number), (part, rule)


def test_a_delivery_keeps_its_page_when_only_its_name_is_known(tmp_path: Path) -> None:
    """A page beside the folder differs from the page inside in its links and in the name that it knows."""
    inside, beside = page(draft()), page(replace(draft(), name="2024-06_01", folder="2024-06_01/"))
    first, second = (html.document_fromstring(one) for one in (inside, beside))
    theirs = [href for href in first.xpath("//a/@href") if not href.startswith("#")]
    assert [href for href in second.xpath("//a/@href") if not href.startswith("#")] == [
        f"2024-06_01/{href}" for href in theirs
    ]
    assert "2024-06_01" in text(second.xpath("//header")[0])


def test_every_part_counts_the_same_revisions() -> None:
    """The first screen, the coverage and the revisions; a value that came is none."""
    before = sent_before("2024-05", **{"births_A1_2024-04": 7, "births_T_2024-04": 7, "births_B2_2022-02": 1})
    came = identity("births", "C3", "2024-03")
    values = {**before.values, came: (before.values[came][0]._replace(value=None),)}
    made = html.document_fromstring(page(draft(vintages=replace(before, values=values))))
    said = {id_: " ".join(made.get_element_by_id(id_).text_content().split()) for id_ in SECTIONS}
    assert "Values revised3 of 115 values in the delivery of May 2024" in said["verdict"]
    assert "revised since the delivery of May 2024 3" in said["coverage"]
    assert "Against the delivery of May 2024, 3 of 115 values are revised" in said["revisions"]

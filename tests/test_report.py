"""`ebs report`: the page of a delivery, made again beside the sealed folder; the page inside is made in the same way."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from delivery_support import COUNTRIES, MINI, everything, refused
from lxml import etree, html

from pipeline import report as verb
from pipeline.deliver import Delivered, Request, deliver
from pipeline.disk import address
from pipeline.errors import EbsError, FactsError, InputError, UsageError
from pipeline.facts import load
from pipeline.report import report
from pipeline.sent import record
from pipeline.tables import read_csv
from pipeline.verify import verify

Make = Callable[..., Delivered]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
NOW = dt.datetime(2024, 7, 6, 9, tzinfo=dt.UTC)
OF_THE_FIGURES = ("coverage", "figures", "revisions", "provenance")


def sections(page: bytes) -> dict[str, str]:
    """The parts that hold figures, as text."""
    tree = html.fromstring(page.decode("utf-8"))
    found = {id_: tree.get_element_by_id(id_) for id_ in OF_THE_FIGURES}
    return {id_: etree.tostring(part, encoding="unicode") for id_, part in found.items()}


def text(page: bytes) -> str:
    tree = html.fromstring(page.decode("utf-8"))
    return " ".join(tree.get_element_by_id("page.content").text_content().split())


# --- in the delivery, and beside it -----------------------------------------------------------------------------------


def test_the_page_beside_the_delivery_has_the_same_figures(make: Make) -> None:
    """From the tables on the disk as from those about to be stored; only what concerns the day and the place differs."""
    record(make(month="2024-04").folder, NOW)
    done = make()
    before = everything(done.folder)
    made = report(done.folder, NOW)
    assert made.path == done.folder.parent / "2024-05_01.report.html"
    inside, beside = (done.folder / verb.FILE).read_bytes(), made.path.read_bytes()
    for id_, part in sections(beside).items():
        assert part.replace("2024-05_01/", "") == sections(inside)[id_]
    assert everything(done.folder) == before
    assert verify(done.folder).ok
    again = report(done.folder, NOW)
    assert again.path.read_bytes() == beside


def test_its_links_lead_to_the_files_of_the_delivery(make: Make, tmp_path: Path) -> None:
    done = make()
    pages = [
        done.folder / verb.FILE,
        report(done.folder, NOW).path,
        report(done.folder, NOW, tmp_path / "a b" / "ü.html").path,
    ]
    for page in pages:
        tree = html.fromstring(page.read_text("utf-8"))
        links = [href for href in tree.xpath("//a/@href") if not href.startswith("#")]
        assert len(links) >= 6
        for href in links:
            assert (page.parent / unquote(href)).exists(), href


def test_it_says_that_and_when_it_was_sent(make: Make) -> None:
    done = make()
    assert "Was sent" not in text((done.folder / verb.FILE).read_bytes())
    record(done.folder, NOW)
    assert "sent on 6 July 2024" in text(report(done.folder, NOW + dt.timedelta(days=3)).path.read_bytes())


def test_a_draft_is_not_to_be_sent_when_another_one_was(make: Make) -> None:
    """Unless it was prepared later, and so corrects it; a test may always be sent."""
    old, other, test = make(), make(prepared=NOW), make(test=True)
    record(other.folder, NOW + dt.timedelta(days=1))
    later = make(prepared=NOW + dt.timedelta(days=2))
    overtaken = "Must not be sent any more: 2024-05_02 was sent for this month after this was prepared."
    for done in (old, other, test, later):
        page = report(done.folder, NOW + dt.timedelta(days=3)).path.read_bytes()
        assert (overtaken in text(page)) == (done is old)


def test_days_are_counted_from_the_moment_it_is_made(make: Make) -> None:
    done = make()  # due on 10 July
    assert "5 days left" in text((done.folder / verb.FILE).read_bytes())
    assert "1 day left" in text(report(done.folder, dt.datetime(2024, 7, 9, 9, tzinfo=dt.UTC)).path.read_bytes())
    assert "3 days late" in text(report(done.folder, dt.datetime(2024, 7, 13, 9, tzinfo=dt.UTC)).path.read_bytes())


def test_what_was_found_in_the_last_delivery_is_known(make: Make, tmp_path: Path) -> None:
    """New findings are told from those that remain: the delivery keeps what it knew of the last one."""
    april = make(month="2024-04")
    assert "inputs/earlier/findings.json" not in everything(april.folder)
    record(april.folder, NOW)
    may = make()
    kept = json.loads((may.folder / "inputs/earlier/findings.json").read_bytes())
    assert kept == json.loads((april.folder / "findings.json").read_bytes())["findings"]
    assert kept


def test_the_cells_in_the_page_are_those_of_the_newest_months(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many months as it can hold; one at least."""
    done = make()
    rows = list(read_csv((done.folder / "counts.csv").read_bytes()))
    of_may = sum(row["period"] == "2024-05" for row in rows)
    of_april = sum(row["period"] == "2024-04" for row in rows)
    parted = verb.part_csv((done.folder / "counts.csv").read_bytes(), "period")
    for most, months in (
        (0, ["2024-05"]),
        (of_may + of_april - 1, ["2024-05"]),
        (of_may + of_april, ["2024-04", "2024-05"]),
        (10**6, sorted({row["period"] for row in rows})),
    ):
        monkeypatch.setattr(verb, "MOST_CELLS", most)
        assert list(verb._traced(parted, "2024-05")) == months


# --- what can be wrong ------------------------------------------------------------------------------------------------


def test_it_is_never_written_into_the_delivery(make: Make) -> None:
    done = make()
    assert "stays as it was stored" in refused(UsageError, lambda: report(done.folder, NOW, done.folder / "x.html"))
    assert "stays as it was stored" in refused(
        UsageError, lambda: report(done.folder, NOW, done.folder / "report.html")
    )
    assert verify(done.folder).ok


def test_it_is_never_written_into_another_delivery(make: Make) -> None:
    april, done = make(month="2024-04"), make()
    words = refused(UsageError, lambda: report(done.folder, NOW, april.folder / verb.FILE))
    assert "inside a delivery" in words
    assert verify(april.folder).ok


def test_without_its_sums_it_is_still_a_delivery(make: Make) -> None:
    done = make()
    (done.folder / "SHA256SUMS").unlink()
    assert "inside a delivery" in refused(UsageError, lambda: report(done.folder, NOW, done.folder / "x.html"))


def test_it_is_written_over_nothing_but_a_page(make: Make, tmp_path: Path) -> None:
    """Not over what is history, nor over a device, whose place a file would take."""
    done = make()
    record(done.folder, NOW)
    history = done.folder.parent / "history.toml"
    before = history.read_bytes()
    assert "something else" in refused(UsageError, lambda: report(done.folder, NOW, history))
    assert history.read_bytes() == before
    assert "this is a folder" in refused(UsageError, lambda: report(done.folder, NOW, tmp_path))
    assert "this is a folder" in refused(UsageError, lambda: report(done.folder, NOW, Path("/")))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "a pipe" in refused(UsageError, lambda: report(done.folder, NOW, tmp_path / "pipe"))
        assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "empty.html").touch()
    for _ in range(2):
        report(done.folder, NOW, tmp_path / "empty.html")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_link_that_leads_to_itself(make: Make, tmp_path: Path) -> None:
    done, link = make(), tmp_path / "link.html"
    link.symlink_to(link)
    with pytest.raises(EbsError, match=r"link\.html"):
        report(done.folder, NOW, link)


def test_another_delivery_under_the_name_of_one_that_was_sent(make: Make) -> None:
    """It was not sent, and nothing may say so."""
    done = make()
    record(done.folder, NOW)
    other = make(prepared=NOW)
    done.folder.rename(done.folder.parent / "away")
    other.folder.rename(done.folder)
    assert "not the delivery that history.toml" in refused(InputError, lambda: report(done.folder, NOW))


def test_a_file_put_among_its_facts(make: Make) -> None:
    done = make()
    (done.folder / "inputs/facts/codelists/languages/de.toml").write_text("", "utf-8")
    assert "not of the delivery" in refused(InputError, lambda: report(done.folder, NOW))


def test_a_delivery_that_has_kept_no_language(tmp_path: Path) -> None:
    """As those of countries without a metadata report, from before there was this page."""
    done = deliver(Request(COUNTRIES / "inputs", out=tmp_path), load(COUNTRIES))
    manifest = done.folder / "manifest.json"
    said = json.loads(manifest.read_bytes())
    for name in [name for name in said["files"] if "/languages/" in name]:
        (done.folder / name).unlink()
        del said["files"][name]
    manifest.write_text(json.dumps(said), "utf-8")
    (done.folder / "SHA256SUMS").unlink()
    assert "Greece" in text(report(done.folder, NOW).path.read_bytes())


@pytest.mark.parametrize("name", [*verb.READ, "manifest.json"])
def test_a_delivery_that_was_changed_has_no_report(make: Make, name: str) -> None:
    done = make()
    (done.folder / name).write_bytes((done.folder / name).read_bytes() + b"\n")
    assert name in refused(InputError, lambda: report(done.folder, NOW))
    assert not (done.folder.parent / "2024-05_01.report.html").exists()


def test_facts_that_cannot_be_used_any_more(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    done = make()

    def refuse(*_: Any, **__: Any) -> Any:
        raise FactsError([])

    monkeypatch.setattr("pipeline.archive.kept.load", refuse)
    assert "cannot use the facts that the delivery keeps" in refused(FactsError, lambda: report(done.folder, NOW))


def test_a_draft_with_errors_has_a_page_too(make: Make, tmp_path: Path) -> None:
    inputs = Path(shutil.copytree(MINI, tmp_path / "inputs"))
    with (inputs / "registrations.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("2024-05;S99;micro;5\n")
    done = make(inputs)
    assert not done.ok
    said = text((done.folder / verb.FILE).read_bytes())
    assert "Must not be sent" in said
    assert not report(done.folder, NOW).ok


# --- at the command line ----------------------------------------------------------------------------------------------


def test_at_the_command_line(ebs: Run, tmp_path: Path) -> None:
    assert ebs("deliver", MINI).returncode == 0
    folder = Path("outputs", "FR", "2024-05_01")
    done = ebs("report", folder)
    assert (done.returncode, done.stdout) == (0, f"written: {folder.parent / '2024-05_01.report.html'}\n")
    there = ebs("report", folder, "--out", "page.html")
    assert (there.returncode, there.stdout) == (0, "written: page.html\n")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    inside = ebs("report", ".", cwd=tmp_path / folder)
    assert inside.returncode == 0, inside.stderr
    assert ebs("report", "nothing").returncode == 2
    assert ebs("report", folder, "--out", folder / "x.html").returncode == 2
    blocked = ebs("report", folder, "--out", "outputs")
    assert blocked.returncode == 2
    assert "Traceback" not in blocked.stderr


def test_how_a_page_leads_to_a_file(tmp_path: Path) -> None:
    assert address(tmp_path / "a b" / "c", tmp_path / "page.html") == "a%20b/c"
    assert address(tmp_path / "x", tmp_path / "deep" / "er" / "page.html") == "../../x"


def test_the_day_reaches_no_figure(make: Make) -> None:
    """It is in the sentences that count days, and nowhere else."""
    one, other = make(), make(prepared=NOW)
    assert one.folder != other.folder
    assert sections((one.folder / verb.FILE).read_bytes()) == sections((other.folder / verb.FILE).read_bytes())

"""Two years of deliveries from month to month, against a computation that knows nothing of how the house does it.

``two_years_support.RUNS`` is the diary: what was delivered when, what of it was sent, what went wrong.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import two_years_support as diary
from delivery_support import everything, header, names, observations, runner, said, table
from two_years_support import (
    AGGREGATES,
    APART,
    BKRT,
    BREAK,
    BY_DRAFT,
    CODES,
    CORRECTED,
    DUE,
    LATE,
    LOST,
    NOBODY_KNOWS,
    REG,
    RUNS,
    SENT,
    TOTAL,
    Run,
)
from typer.testing import Result

from pipeline import archive, metadata
from pipeline.archive import history
from pipeline.calendar import calendar
from pipeline.cli import app
from pipeline.compare import compare, document
from pipeline.deliver import Request, deliver
from pipeline.facts import Facts, load
from pipeline.facts.calendar import punctuality, sendings, timeliness
from pipeline.rebuild import rebuild
from pipeline.sent import record

pytestmark = pytest.mark.xdist_group("two years")  # all of them by one worker

SHIPPED = Path(__file__).parent.parent / "codelists" / "countries" / "FR"
FILES = {REG: "STSRB_REG_M", BKRT: "STSRB_BKRT_M"}
TODAY = dt.date(2026, 3, 1)  # when the two years are over and everything has been sent

#: runs of the diary that go through the command line, the others through the functions behind it
TYPED = ("2024-01_01", "2024-11_01", "2024-11_02", "2025-06_01", "2025-06_02", "2025-10_02")
DRAFTS = [run.draft for run in RUNS]


@dataclass(frozen=True)
class Played:
    """The two years when they are over: the facts, France's folder, what the commands answered (draft → command)."""

    facts: Facts
    overlay: Path
    place: Path
    inputs: dict[str, Path]
    answers: dict[str, dict[str, Result]]

    def folder(self, draft: str) -> Path:
        return self.place / draft

    def manifest(self, draft: str) -> Any:
        return json.loads((self.place / draft / "manifest.json").read_bytes())

    def report(self, draft: str) -> Any:
        return json.loads((self.place / draft / "findings.json").read_bytes())

    def findings(self, draft: str, rule: str) -> list[Any]:
        return [one for one in self.report(draft)["findings"] if one["rule"] == rule]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Every run of the diary, one after the other, in one folder of outputs."""
    home = tmp_path_factory.mktemp("two years")
    overlay = diary.write_overlay(home / "facts", SHIPPED)
    done = Played(load(overlay), overlay, home / "outputs" / "FR", {}, {})
    for run in RUNS:
        done.inputs[run.draft] = diary.write_inputs(home / "inputs" / run.draft, run.month, run.inputs)
        _play(done, run, home / "outputs")
    return done


def _play(done: Played, run: Run, out: Path) -> None:
    """One run of the diary: deliver it, then send it or accept its finding."""
    folder, inputs = done.folder(run.draft), done.inputs[run.draft]
    answers = done.answers.setdefault(run.draft, {})
    if run.draft in TYPED:
        how = ["--prepared", run.prepared.isoformat(), "--out", str(out), "--facts", str(done.overlay)]
        how += ["--only", run.only] if run.only else []
        answers["deliver"] = _ebs("deliver", inputs, *how)
    else:
        made = deliver(Request(inputs, None, None, run.only, out, run.prepared, run.test), done.facts)
        assert made.folder == folder
    if run.sent and run.draft in TYPED:
        receipt = folder.parent.parent / f"receipt {run.draft}.txt"
        receipt.write_text(f"EDAMIS {run.draft}", "utf-8")
        answers["sent"] = _ebs("sent", folder, "--at", run.sent.isoformat(), "--receipt", receipt)
    elif run.sent:
        record(folder, dt.datetime.combine(TODAY, dt.time(), dt.UTC), run.sent)
    if run.accepts:
        how = ["--reason", "Recoded by the register in January", "--by", "Ada", "--until", diary.ACCEPTED_UNTIL]
        answers["accept"] = _ebs("accept", folder, "unmapped", *how, "--facts", str(done.overlay))


def _ebs(*words: str | Path) -> Result:
    """A command as it is typed, in this process."""
    return runner().invoke(app, [str(word) for word in words])


# ------------------------------------------------------------------------------------------------ the two years happen


def test_the_diary_has_every_event() -> None:
    """So that a change of the diary cannot make this file prove less."""
    months = [run.month for run in SENT]
    assert diary.months("2024-01", "2025-12") == sorted({*months, diary.SKIPPED})
    assert months.count(CORRECTED) == 2
    assert [run.month for run in RUNS if run.prepared.date().isoformat() > DUE[run.month][1]] == [LATE, CORRECTED]
    assert {run.draft for run in RUNS if run.packed and not run.sent} == {
        "2024-02_01", "2024-05_01", "2024-10_01", "2025-05_01", "2025-11_01",
    }  # fmt: skip
    assert [run.draft for run in RUNS if not run.packed] == ["2024-11_01", "2025-01_01"]


def test_what_is_there_when_the_two_years_are_over(played: Played) -> None:
    assert names(played.place) == sorted([*DRAFTS, ".lock", "decisions.toml", "history.toml", "receipts"])


def test_the_commands_answer(played: Played) -> None:
    answers = played.answers
    for draft in TYPED:
        assert answers[draft]["deliver"].exit_code == (0 if BY_DRAFT[draft].packed else 1), answers[draft][
            "deliver"
        ].output
    first = answers["2024-01_01"]["sent"]
    assert first.exit_code == 0, first.output
    assert "2024-01_01: recorded as sent on 2024-03-0" in first.output
    assert "2025-06_01 was sent" in answers["2025-06_02"]["deliver"].stderr
    assert "2025-06_01 was sent" in answers["2025-06_02"]["sent"].stderr
    accepted = answers["2024-11_01"]["accept"]
    assert accepted.exit_code == 0, accepted.output
    assert "accepted until 2024-12" in accepted.output


def test_history_holds_what_was_sent_and_nothing_else(played: Played) -> None:
    entries = tomllib.loads((played.place / "history.toml").read_text("utf-8"))["sent"]
    assert [(e["delivery"], e["month"], e["at"], tuple(e["indicators"])) for e in entries] == [
        (run.draft, run.month, run.sent, run.indicators) for run in SENT
    ]
    for entry in entries:
        assert entry["manifest"] == archive.manifest_digest(played.folder(entry["delivery"]))
    kept = [entry["receipt"] for entry in entries if "receipt" in entry]
    assert kept == [f"receipts/{run.draft}/receipt {run.draft}.txt" for run in SENT if run.draft in TYPED]
    assert [(played.place / path).read_text("utf-8") for path in kept] == [
        f"EDAMIS {run.draft}" for run in SENT if run.draft in TYPED
    ]


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_delivery_rests_on_what_was_sent_for_earlier_months(played: Played, draft: str) -> None:
    """Never on a draft that was not sent, a test, a later month, or what a correction has replaced."""
    run = BY_DRAFT[draft]
    expected: dict[str, list[str]] = {}
    for indicator in run.indicators:
        for earlier in diary.publications(indicator, run.month):
            expected.setdefault(earlier.draft, []).append(indicator)
    used = played.manifest(draft)["request"]["history"]
    assert {entry["delivery"]: sorted(entry["indicators"]) for entry in used} == {
        name: sorted(indicators) for name, indicators in expected.items()
    }
    assert all(
        entry["sha256"] == archive.manifest_digest(played.folder(entry["delivery"]))
        and entry["at"] == BY_DRAFT[entry["delivery"]].sent.isoformat()  # type: ignore[union-attr]
        for entry in used
    )


# ---------------------------------------------------------------------------------------------- values and statuses


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_value_and_status(played: Played, draft: str) -> None:
    run = BY_DRAFT[draft]
    rows = [row for row in table(played.folder(draft) / "observations.csv") if row["measure"] == "count"]
    found = {(r["indicator"], r["aggregate"], r["period"]): (int(r["OBS_VALUE"]), r["OBS_STATUS"]) for r in rows}
    assert len(found) == len(rows)
    assert found == diary.told(run)


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_files_to_upload(played: Played, draft: str) -> None:
    """They say what the tables say, under the name of the month, whatever the number of the draft; none on an error."""
    run = BY_DRAFT[draft]
    upload = played.folder(draft) / "upload"
    ending = f"_FR_{run.month[:4]}_00{run.month[5:]}.xml"
    expected = {indicator: f"{'V' if run.test else ''}{FILES[indicator]}{ending}" for indicator in run.indicators}
    assert names(upload) == (sorted(expected.values()) if run.packed else [])
    if not run.packed:
        return
    aggregates = {code: id_ for id_, code in CODES.items()}
    found = {
        (indicator, aggregates[row["ACTIVITY"]], row["TIME_PERIOD"]): (int(row["OBS_VALUE"]), row["OBS_STATUS"])
        for indicator, name in expected.items()
        for row in observations(upload / name)
    }
    assert found == diary.told(run)


def test_a_correction_replaces_under_the_same_names(played: Played) -> None:
    first, second = (played.folder(f"{CORRECTED}_{n:02}") / "upload" for n in (1, 2))
    assert names(first) == names(second) == [f"{FILES[i]}_FR_2025_0006.xml" for i in (BKRT, REG)]
    for name in names(second):
        assert said(header(second / name), "DataSetAction") == "Replace"
    assert everything(first)[names(first)[1]] != everything(second)[names(second)[1]]


def provisional(played: Played, draft: str, indicator: str) -> list[str]:
    """The months that a delivery marks as provisional, of the sector F: it has no break."""
    return [
        row["period"]
        for row in table(played.folder(draft) / "observations.csv")
        if (row["indicator"], row["aggregate"], row["measure"]) == (indicator, "F", "count")
        and row["OBS_STATUS"] == "P"
    ]


@pytest.mark.parametrize(
    ("draft", "indicator", "months"),
    [
        ("2024-01_01", REG, ["2023-12", "2024-01"]),  # nothing was sent before: the age decides
        ("2024-01_01", BKRT, ["2024-01"]),
        ("2024-04_01", REG, ["2024-03", "2024-04"]),
        ("2024-06_01", REG, ["2024-04", "2024-05", "2024-06"]),  # 2024-05 was skipped: its first publication is this
        ("2024-06_01", BKRT, ["2024-05", "2024-06"]),
        ("2024-07_01", REG, ["2024-05", "2024-06", "2024-07"]),
        ("2024-07_01", BKRT, ["2024-07"]),
        ("2024-08_01", REG, ["2024-07", "2024-08"]),
        ("2025-06_02", REG, ["2025-05", "2025-06"]),  # the correction is the same publication
        ("2025-07_01", REG, ["2025-06", "2025-07"]),
        ("2025-09_01", REG, ["2025-08", "2025-09"]),
        ("2025-09_01", BKRT, ["2025-08", "2025-09"]),  # registrations alone were sent for 2025-08
        ("2025-11_02", BKRT, ["2025-11"]),
    ],
)
def test_what_is_provisional(played: Played, draft: str, indicator: str, months: list[str]) -> None:
    """Counted by hand."""
    assert provisional(played, draft, indicator) == months


def test_the_new_series_begins_with_a_break(played: Played) -> None:
    """From its own delivery on, once, for the aggregates that the fact names."""
    for draft in ("2025-02_01", "2025-03_01", "2025-12_01"):
        rows = table(played.folder(draft) / "observations.csv")
        broken = {(r["indicator"], r["aggregate"], r["period"]) for r in rows if r["OBS_STATUS"] == "B"}
        counted = {cell for cell in broken if cell[2] == BREAK and cell[0] == REG}
        assert counted == (set() if draft < BREAK else {(REG, "G", BREAK), (REG, TOTAL, BREAK)})


# ---------------------------------------------------------------------------------------------------------- findings


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_findings(played: Played, draft: str) -> None:
    """No error and no warning but those that the diary gives reason to."""
    run, report = BY_DRAFT[draft], played.report(draft)
    reasons = {
        "unmapped": unknown_rows(run),
        "deadline": run.prepared.date().isoformat() > DUE[run.month][1] and not diary.corrects(run),
        "definitive-revised": bool(diary.definitively_revised(run)),
        "revision-large": run.inputs == "preliminary",  # a tenth is missing of a month that was sent
    }
    doubts = {one["rule"]: one["message"] for one in report["findings"] if one["severity"] != "information"}
    assert doubts.keys() == {rule for rule, there in reasons.items() if there}, doubts
    assert report["ok"] == run.packed


def unknown_rows(run: Run) -> bool:
    """Whether the inputs of a run have the activity that nobody knows."""
    return (
        REG in run.indicators and NOBODY_KNOWS.encode() in diary.input_files(run.month, run.inputs)["registrations.csv"]
    )


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_months_revised(played: Played, draft: str) -> None:
    """One finding for each month and file, with the total before and after."""
    run = BY_DRAFT[draft]
    found = played.findings(draft, "revised")
    expected = {
        (one.indicator, one.period): ("", str(one.after))
        for one in diary.revised_since_the_publication_before(run)
        if one.aggregate == TOTAL
    }
    assert {(indicator_of(one), one["period"]): (one["expected"], one["value"]) for one in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_definitive_values_revised(played: Played, draft: str) -> None:
    found = played.findings(draft, "definitive-revised")
    aggregates = {code: id_ for id_, code in CODES.items()}
    cells = [(indicator_of(one), aggregates[one["series"].split(".")[4]], one["period"]) for one in found]
    assert sorted(cells) == sorted(diary.definitively_revised(BY_DRAFT[draft]))


def indicator_of(finding: Any) -> str:
    """By the name of the file that it is about."""
    return next(indicator for indicator, name in FILES.items() if name in finding["file"])


def test_a_break_explains_what_lies_before_it_once_and_nothing_else(played: Played) -> None:
    """By hand: nine months of G are back-cast with it; H in the same delivery, and G a month later, have no excuse."""
    assert {draft: len(played.findings(draft, "definitive-revised")) for draft in DRAFTS} == {
        **dict.fromkeys(DRAFTS, 0),
        "2025-02_01": 1,
        "2025-03_01": 1,
        "2025-04_01": 1,
    }
    told = [played.findings(draft, "definitive-revised")[0] for draft in ("2025-03_01", "2025-04_01")]
    assert [(one["series"].split(".")[4], one["period"]) for one in told] == [("H", "2024-06"), ("G", "2024-10")]
    rules = {(one["rule"], one["file"]): one for one in played.report("2025-03_01")["rules"]}
    file = f"{FILES[REG]}_FR_2025_0003.xml"
    assert "a declared break explains" in rules["definitive-revised", file]["why"]
    assert (
        "break" not in {one["rule"]: one for one in played.report("2025-04_01")["rules"]}["definitive-revised"]["why"]
    )


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_statuses_that_only_the_history_knows(played: Played, draft: str) -> None:
    run = BY_DRAFT[draft]
    found = {indicator_of(one): one["value"].split() for one in played.findings(draft, "status-by-history")}
    expected = {i: months for i in run.indicators if (months := diary.otherwise_by_history(i, run.month))}
    assert found == expected


def test_history_overrides_the_age_after_a_skipped_month_only(played: Played) -> None:
    """By hand; and each indicator for itself."""
    found = {draft: [indicator_of(one) for one in played.findings(draft, "status-by-history")] for draft in DRAFTS}
    assert {draft: sorted(those) for draft, those in found.items() if those} == {
        "2024-06_01": [BKRT, REG],
        "2024-07_01": [REG],
        "2025-09_01": [BKRT],
    }


# ------------------------------------------------------------------------------------------- rows that nobody can map


def test_rows_that_cannot_be_mapped_are_an_error_until_accepted(played: Played) -> None:
    """Accepted they stay visible, and come back when the decision has expired."""
    found = {draft: one for draft in DRAFTS for one in played.findings(draft, "unmapped")}
    assert list(found) == ["2024-11_01", "2024-11_02", "2024-12_01", "2025-01_01"]
    assert {draft: one["accepted"] and one["accepted"]["until"] for draft, one in found.items()} == {
        "2024-11_01": None,
        "2024-11_02": "2024-12",
        "2024-12_01": "2024-12",
        "2025-01_01": None,
    }
    assert len({one["id"] for one in found.values()}) == 1
    assert found["2024-11_02"]["accepted"]["reason"] == "Recoded by the register in January"


@pytest.mark.parametrize(
    ("draft", "unknown", "left_out"),
    [
        ("2024-11_01", LOST, 0),
        ("2024-11_02", 0, LOST),
        ("2024-12_01", 0, LOST),
        ("2025-01_01", LOST, 0),
        ("2025-01_02", 0, 0),
    ],
)
def test_the_balance_says_where_they_are(played: Played, draft: str, unknown: int, left_out: int) -> None:
    run = BY_DRAFT[draft]
    parts = played.manifest(draft)["balance"][REG]
    sent = sum(value for (i, aggregate, _), (value, _) in diary.told(run).items() if (i, aggregate) == (REG, TOTAL))
    assert (parts["unknown"], parts["left out by decision"], parts["sent"]) == (unknown, left_out, sent)
    lines = diary.input_files(run.month, run.inputs)["registrations.csv"].decode().splitlines()[1:]
    assert parts["read"] == sum(int(line.split(";")[3]) for line in lines)


def test_rows_that_cannot_be_mapped_are_listed(played: Played) -> None:
    for draft, reason in (("2024-11_01", ""), ("2024-11_02", "Recoded by the register in January")):
        (row,) = table(played.folder(draft) / "unmapped.csv")
        assert (row["activity"], row["period"], row["value"], row["decision"]) == (
            NOBODY_KNOWS,
            "2024-11",
            "37",
            reason,
        )
        assert row["file"] == "registrations.csv"
        line = int(row["cell"].removeprefix("line "))
        content = (played.inputs[draft] / "registrations.csv").read_text("utf-8").splitlines()
        assert content[line - 1] == f"2024-11;{NOBODY_KNOWS};micro;37"
        assert NOBODY_KNOWS in row["why"]
    assert not (played.folder("2025-01_02") / "unmapped.csv").exists()


# --------------------------------------------------------------------------------------------------------- revisions


def steps() -> Iterator[Any]:
    """Each publication with the one before it, by the drafts of both."""
    for indicator in (REG, BKRT):
        sent = diary.publications(indicator)
        for earlier, later in pairwise(sent):
            yield pytest.param(indicator, earlier.draft, later.draft, id=f"{indicator} {later.draft}")


@pytest.mark.parametrize(("indicator", "earlier", "later"), list(steps()))
def test_every_revision(played: Played, indicator: str, earlier: str, later: str) -> None:
    """`ebs compare` of two publications that follow each other, cell by cell."""
    found = compare(played.folder(earlier), played.folder(later))
    counts = [one for one in found.changes if (one.identity.indicator, one.identity.measure) == (indicator, "count")]
    revised = {
        (one.identity.aggregate, one.identity.period): (one.before, one.after, one.difference, one.age)
        for one in counts
        if one.kind == "revised"
    }
    assert revised == {
        (one.aggregate, one.period): (one.before, one.after, one.after - one.before, one.age)
        for one in diary.changes(indicator, BY_DRAFT[later])
        if one.delivery == BY_DRAFT[later].month and one.before != one.after
    }
    new = {(one.identity.aggregate, one.identity.period) for one in counts if one.kind == "new"}
    since = diary.months(BY_DRAFT[earlier].month, BY_DRAFT[later].month)[1:]
    assert new == {(aggregate, period) for aggregate in AGGREGATES for period in since}
    assert not [one for one in counts if one.kind == "gone"]
    was, now = diary.told(BY_DRAFT[earlier]), diary.told(BY_DRAFT[later])
    assert {
        (one.identity.aggregate, one.identity.period): (one.status_before, one.status_after)
        for one in found.statuses
        if (one.identity.indicator, one.identity.measure) == (indicator, "count")
    } == {
        cell[1:]: (was[cell][1], now[cell][1])
        for cell in was.keys() & now.keys()
        if cell[0] == indicator and was[cell][1] != now[cell][1]
    }


@pytest.mark.parametrize("draft", ["2024-06_01", "2025-06_02", "2025-10_01", "2025-10_02", "2025-12_01"])
def test_the_figures_of_revision(played: Played, draft: str) -> None:
    """Number, mean, mean absolute, standard deviation and share upward, for every indicator, aggregate and age."""
    run = BY_DRAFT[draft]
    before = diary.publications(run.indicators[0], run.month)[-1]
    statistics = document(compare(played.folder(before.draft), played.folder(draft)))["history"]["statistics"]
    found = {
        (one["indicator"], one["aggregate"], one["age"]): [
            one[name] for name in ("n", "mean", "mean_absolute", "deviation", "share_upward")
        ]
        for one in statistics
    }
    assert len(found) == len(statistics)
    expected = {
        (indicator, aggregate, old): pytest.approx(list(diary.figures(those)))
        for indicator in run.indicators
        for aggregate in (None, *AGGREGATES)
        for old, those in diary.by_age(
            [one for one in diary.changes(indicator, run) if aggregate in (None, one.aggregate)]
        ).items()
    }
    assert found == expected


def test_the_figures_of_revision_by_hand(played: Played) -> None:
    """What the model promises: registrations grow twice and then stay, but for what the diary tells."""
    found = document(compare(played.folder("2024-03_01"), played.folder("2024-04_01")))["history"]["statistics"]
    total = {one["age"]: one for one in found if (one["indicator"], one["aggregate"]) == (REG, TOTAL)}
    assert (total[1]["n"], total[2]["n"]) == (3, 3)  # three deliveries have one before them
    assert total[1]["share_upward"] == total[2]["share_upward"] == 1
    assert total[1]["mean"] > total[2]["mean"] > 0
    assert all(one["mean_absolute"] == 0 for age, one in total.items() if age is None or age > 2)


@pytest.mark.parametrize("draft", ["2024-07_01", "2025-06_02", "2025-12_01"])
def test_the_triangle(played: Played, draft: str) -> None:
    """The first, second and third publication of every month that was first published in these two years."""
    run = BY_DRAFT[draft]
    before = diary.publications(REG, run.month)[-1]
    rows = document(compare(played.folder(before.draft), played.folder(draft)))["history"]["triangle"]
    for indicator in run.indicators:
        for aggregate in AGGREGATES:
            mine = [row for row in rows if (row["indicator"], row["aggregate"]) == (indicator, aggregate)]
            found = {row["period"]: [one["value"] for one in row["publications"]] for row in mine}
            assert found == diary.triangle(indicator, aggregate, run)
            for row in mine:
                values = found[row["period"]]
                steps = [b - a for a, b in pairwise(values)]
                assert [one["difference"] for one in row["revisions"]] == steps


def test_compare_as_it_is_typed(played: Played) -> None:
    old, new = played.folder("2025-02_01"), played.folder("2025-03_01")
    as_json = _ebs("compare", old, new, "--format", "json")
    assert as_json.exit_code == 0, as_json.output
    told = json.loads(as_json.stdout)
    back_cast = {
        cell["period"]
        for cell in told["cells"]
        if (cell["indicator"], cell["aggregate"], cell["measure"]) == (REG, "G", "count")
        and cell["change"] == "revised"
    }
    assert back_cast == set(diary.BACK_CAST) | {"2025-01"}
    as_text = _ebs("compare", old, new)
    assert as_text.exit_code == 0
    assert f"{REG}: " in as_text.output
    assert len(as_text.output.splitlines()) < 60


# ---------------------------------------------------------------------------------------------------------- calendar


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_deadline(played: Played, draft: str) -> None:
    """In the manifest, and judged on the day of preparation: so many days left, or so many days late."""
    run, manifest = BY_DRAFT[draft], played.manifest(draft)
    assert (manifest["due"], manifest["effective_due"]) == DUE[run.month]
    left = (dt.date.fromisoformat(DUE[run.month][1]) - run.prepared.date()).days
    days_left, late = played.findings(draft, "days-left"), played.findings(draft, "deadline")
    if diary.corrects(run):
        assert not days_left
        assert not late
    elif left < 0:
        assert not days_left
        assert {(one["value"], one["expected"]) for one in late} == {
            (run.prepared.date().isoformat(), f"by {DUE[run.month][1]}")
        }
        assert all(f" {-left} day" in one["message"] for one in late)
    else:
        assert not late
        assert {one["value"] for one in days_left} == {str(left)}


def test_the_late_month_is_sent_all_the_same(played: Played) -> None:
    run = BY_DRAFT["2024-09_01"]
    assert run.month == LATE
    assert names(played.folder(run.draft) / "upload")
    assert [one["severity"] for one in played.findings(run.draft, "deadline")] == ["warning", "warning"]


@pytest.mark.parametrize("year", [2024, 2025])
def test_the_calendar(played: Played, year: int) -> None:
    sent = history.read(played.place)
    found = calendar(played.facts, played.facts.country("FR"), year, dt.date(year, 6, 15), sent)
    months = [month for month in DUE if month.startswith(str(year))]
    assert [(one["month"], one["due"], one["effective"]) for one in found["months"]] == [(m, *DUE[m]) for m in months]
    assert [one["days_left"] for one in found["months"]] == [
        (dt.date.fromisoformat(DUE[month][1]) - dt.date(year, 6, 15)).days for month in months
    ]
    assert [one["month"] for one in found["months"] if one["completes"]] == [f"{year}-{m:02}" for m in (3, 6, 9, 12)]
    first = {(one.month, one.indicator): one for one in diary.first_sendings()}
    for one in found["months"]:
        for indicator in (REG, BKRT):
            expected = first.get((one["month"], indicator))
            told = one["sent"][indicator]
            if expected is None:
                assert told is None
            else:
                assert (told["delivery"], told["days"], told["late"]) == expected[2:]


def test_timeliness_and_punctuality(played: Played) -> None:
    """The first sending of each month and indicator counts; a month never sent is in no share."""
    known = sendings(played.facts, played.facts.country("FR"), history.read(played.place))
    expected = diary.first_sendings()
    assert [(str(o.month), o.indicator, o.delivery, o.days, o.late) for o in known] == [tuple(one) for one in expected]
    for indicator in (REG, BKRT, None):
        mine = [one for one in expected if indicator in (None, one.indicator)]
        theirs = [one for one in known if indicator in (None, one.indicator)]
        days = [one.days for one in mine]
        time, share = timeliness(theirs), punctuality(theirs)
        assert time is not None
        assert share is not None
        assert (time.sendings, time.mean, time.least, time.most) == (len(mine), diary.mean(days), min(days), max(days))
        assert (share.sendings, share.on_time) == (len(mine), sum(not one.late for one in mine))
        assert share.share == diary.mean([int(not one.late) for one in mine])
        assert (share.earliest, share.latest) == (min(days), max(days))


def test_punctuality_by_hand(played: Played) -> None:
    """23 months of registrations, 22 of bankruptcies. Late: 2024-07 by the clock of Luxembourg, 2024-09 for good, and
    the bankruptcies of 2025-10, which were sent by themselves. The correction of 2025-06 is no second sending."""
    answer = _ebs(
        "calendar", "--year", "2025", "--out", played.place.parent, "--format", "json", "--facts", played.overlay
    )
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)["punctuality"]
    assert (found["indicators"][REG]["on_time"], found["indicators"][REG]["sendings"]) == (21, 23)
    assert (found["indicators"][BKRT]["on_time"], found["indicators"][BKRT]["sendings"]) == (19, 22)
    assert found["together"]["late"] == [
        {"month": "2024-07", "indicator": REG, "days": 1},
        {"month": "2024-07", "indicator": BKRT, "days": 1},
        {"month": "2024-09", "indicator": REG, "days": 2},
        {"month": "2024-09", "indicator": BKRT, "days": 2},
        {"month": APART, "indicator": BKRT, "days": 1},
    ]
    assert found["together"]["share"] == 0.8889  # 40 of 45
    assert found["together"]["skipped"] == [
        {"month": "2024-05", "indicator": REG},
        {"month": "2024-05", "indicator": BKRT},
        {"month": "2025-08", "indicator": BKRT},
    ]
    text = _ebs("calendar", "--year", "2025", "--out", played.place.parent, "--facts", played.overlay).output
    assert "2025-04-30" not in text
    assert "2025-06-10" in text


# ------------------------------------------------------------------------------------------------ the metadata report


def _composed(played: Played, place: Path) -> metadata.Composed:
    """The report over what was sent from a folder."""
    france = played.facts.country("FR")
    past, at = metadata.sent_so_far(played.facts, france, place)
    assert at is not None
    return metadata.compose(played.facts, france, past, at)


def _rows(table: str) -> list[list[str]]:
    """The rows of a Markdown table without its head."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def _figure(value: float, decimals: int = 1) -> str:
    """A figure as the report writes it: rounded half up, a comma for the thousands, two digits at least below 1."""
    while 0 < abs(value) * 10**decimals < 10:
        decimals += 1
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{exact:,}".replace("-", "−")


def test_the_report_says_how_timely_and_punctual_each_indicator_was(played: Played) -> None:
    values = _composed(played, played.place).values
    found = _rows(values["en"]["timeliness.table"])
    expected = []
    for indicator, name in ((REG, "Business registrations"), (BKRT, "Business bankruptcies")):
        mine = [one for one in diary.first_sendings() if one.indicator == indicator]
        days, late = [one.days for one in mine], sum(bool(one.late) for one in mine)
        mean = _figure(float(diary.mean(days)))
        expected.append([name, *map(str, (len(mine), mean, min(days), max(days), len(mine) - late, late))])
    assert found == expected
    # of the months for which both were sent: on time when the later was; 2024-07, 2024-09 and 2025-10 were not
    sent = Counter(one.month for one in diary.first_sendings())
    months = sum(indicators == 2 for indicators in sent.values())
    assert months < len(sent)
    assert values["en"]["punctuality"].startswith(f"{months - 3} of {months} monthly deliveries were sent by M+40")
    assert values["fr"]["punctuality"].startswith(f"{months - 3} livraisons mensuelles sur {months}")


def test_the_report_says_how_values_were_revised(played: Played) -> None:
    values = _composed(played, played.place).values
    found = {(name, age): figures for name, age, *figures in _rows(values["en"]["revision.table"])}
    last = SENT[-1]
    for indicator, name in ((REG, "Business registrations"), (BKRT, "Business bankruptcies")):
        revised = diary.by_age(list(diary.changes(indicator, last)))
        for age in (1, 2, 3):
            expected = diary.figures(revised[age])
            relative = 100 * sum(abs(o.after - o.before) for o in revised[age]) / sum(o.before for o in revised[age])
            assert found[name, str(age)] == [
                f"{expected.n:,}",
                _figure(expected.mean),
                _figure(expected.mean_absolute),
                f"{_figure(relative, 2)}%",
                f"{_figure(100 * expected.upward)}%",
            ]


def test_two_more_deliveries_change_the_computed_figures_and_dates_alone(played: Played, tmp_path: Path) -> None:
    """The report over a history that is cut before its last two deliveries, and the report over all of it."""
    shorter = tmp_path / "FR"
    shorter.mkdir()
    for run in SENT:
        (shorter / run.draft).symlink_to(played.folder(run.draft))
    blocks = (played.place / "history.toml").read_text("utf-8").split("[[sent]]")
    (shorter / "history.toml").write_text("[[sent]]".join(blocks[:-2]), "utf-8")
    old, new = _composed(played, shorter), _composed(played, played.place)
    changed = {one.concept for one in metadata.changes(old.set_, new.set_)}
    assert changed >= {"COVERAGE_TIME", "COMPLETENESS", "TIMELINESS", "PUNCTUALITY", "REV_PRACTICE"}
    for before, after in zip(old.documents, new.documents, strict=True):
        for was, is_ in zip(before.sections, after.sections, strict=True):
            assert was.source == is_.source
            assert (was.markdown != is_.markdown) == (is_.concept in changed)
            figures = re.compile(r"\{\{[^}]*\}\}")
            assert (is_.concept not in changed) or figures.search(is_.source)


# ------------------------------------------------------------------------------------------------- nothing ever lost


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_delivery_can_be_made_again(played: Played, draft: str) -> None:
    """Byte for byte, from its own folder."""
    folder = played.folder(draft)
    assert archive.damaged(folder) == []
    again = rebuild(folder, check=True)
    assert again.ok, again.differs
    assert again.files > 10


@pytest.mark.parametrize("draft", ["2024-01_01", "2025-06_02", "2025-12_01"])
def test_rebuild_and_verify_as_they_are_typed(played: Played, draft: str) -> None:
    for words in (("rebuild", played.folder(draft), "--check"), ("verify", played.folder(draft))):
        answer = _ebs(*words)
        assert answer.exit_code == 0, answer.output


def test_what_was_not_sent_changes_nothing(played: Played, tmp_path: Path) -> None:
    """The last month, delivered where no trial and no draft has ever been, comes out byte for byte the same."""
    run = BY_DRAFT["2025-12_01"]
    for name in [*(sent.draft for sent in SENT if sent is not run), "decisions.toml"]:
        there, here = played.place / name, tmp_path / "FR" / name
        if there.is_dir():
            shutil.copytree(there, here)
        else:
            shutil.copyfile(there, here)
    lines = (played.place / "history.toml").read_text("utf-8").split("\n[[sent]]")
    (tmp_path / "FR" / "history.toml").write_text("\n[[sent]]".join(lines[:-1]), "utf-8")
    made = deliver(Request(played.inputs[run.draft], out=tmp_path, prepared=run.prepared), played.facts)
    assert made.folder.name == run.draft
    assert everything(made.folder) == everything(played.folder(run.draft))


def test_the_same_request_answers_with_the_delivery_that_is_there(played: Played) -> None:
    """A year and more later: what was sent since is no history of that month."""
    run = BY_DRAFT["2024-08_01"]
    before = names(played.place)
    request = Request(played.inputs[run.draft], out=played.place.parent, prepared=run.prepared)
    again = deliver(request, played.facts)
    assert again.existed
    assert again.folder == played.folder(run.draft)
    assert names(played.place) == before

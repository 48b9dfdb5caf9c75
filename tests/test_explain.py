"""`ebs explain`: a rule by its id or by the receiver's number."""

from __future__ import annotations

from pathlib import Path

import pytest
from delivery_support import runner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.explain import explain
from pipeline.facts import Facts
from pipeline.findings import Rule

RULES = {
    rule.id: rule
    for rule in (
        Rule("late", "Late", "warning", "It is late.", "Send it.", parameters={"days": 40}),
        Rule(
            *("code", "Not in its list", "error", "The code is unknown.", "Use a code of the list."),
            example="'BTX'",
            struval="150/029",
            fmr="007",
            silences=("group",),
            silences_in_file=("late",),
        ),
        Rule("group", "Group", "error", "No such group.", "Declare it.", acceptable=True, struval="150/029"),
        Rule("number", "Number", "error", "Not a number.", "Write a number.", fmr="029"),
        Rule("said", "Said", "information", "It is said.", "Nothing.", struval="140"),
    )
}
#: what somebody may have copied from a report
HOSTILE = ["<script>", "=cmd|' /C calc'!A0", "\x1b[2J", "\x00", "\u202eedoc", "x" * 10_000, "150/029\n", "१५०"]


def test_a_rule_in_words() -> None:
    assert list(explain(RULES, "code")) == [
        "code: Not in its list",
        "  severity     error, blocks the upload",
        "  means        The code is unknown.",
        "  example      'BTX'",
        "  mend         Use a code of the list.",
        "  receiver     STRUVAL 150/029, FMR 007",
        "  silences     in its place: group",
        "  silences     in the whole file: late",
    ]
    assert list(explain(RULES, " Late "))[1:] == [
        "  severity     warning, does not block the upload",
        "  means        It is late.",
        "  mend         Send it.",
        "  parameters   days = 40",
        "  silenced by  anywhere in the file: code",
    ]
    group = list(explain(RULES, "group"))
    assert "  severity     error, blocks the upload; of those that a person may accept with a reason" in group
    assert "  silenced by  in its place: code" in group


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_all_rules_errors_first(nothing: str | None) -> None:
    assert list(explain(RULES, nothing)) == [
        "error        code    Not in its list (STRUVAL 150/029, FMR 007)",
        "error        group   Group (STRUVAL 150/029)",
        "error        number  Number (FMR 029)",
        "warning      late    Late",
        "information  said    Said (STRUVAL 140)",
    ]


@pytest.mark.parametrize(
    ("number", "ids"),
    [
        ("150/029", ["code", "group"]),
        ("STRUVAL 029", ["code", "group"]),
        ("029", ["code", "group", "number"]),
        ("struval:150/029", ["code", "group"]),
    ],
)
def test_the_rules_with_a_number(number: str, ids: list[str]) -> None:
    assert [line.split()[1] for line in explain(RULES, number)] == ids


@pytest.mark.parametrize(
    ("number", "id_"), [("007", "code"), ("FMR 007", "code"), ("fmr029", "number"), ("140", "said")]
)
def test_the_only_rule_with_a_number_is_explained(number: str, id_: str) -> None:
    assert next(explain(RULES, number)).startswith(f"{id_}: ")


def test_what_is_neither_is_refused_at_once_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'grup' is neither a rule nor a receiver's number; did you mean 'group'\?"):
        explain(RULES, "grup")
    with pytest.raises(UsageError, match=r"'FMR 150/029' is neither a rule nor a receiver's number\."):
        explain(RULES, "FMR 150/029")


def test_every_shipped_rule_can_be_explained(facts: Facts) -> None:
    for id_, rule in facts.rules.items():
        said = list(explain(facts.rules, id_))
        assert said[0] == f"{id_}: {rule.name}"
        assert f"  mend         {rule.mend}" in said
    assert len(list(explain(facts.rules))) == len(facts.rules)


def test_the_command(tmp_path: Path) -> None:
    run = runner().invoke
    assert run(app, ["explain", "additivity"]).stdout.startswith("additivity: ")
    assert "input-blank" in run(app, ["explain", "FMR", "131"]).stdout
    everything = run(app, ["explain"])
    assert everything.exit_code == 0
    assert "additivity" in everything.stdout
    unknown = run(app, ["explain", "additivty"])
    assert unknown.exit_code == 2
    assert unknown.stdout == ""
    assert "did you mean 'additivity'" in unknown.stderr
    assert run(app, ["explain", "--facts", str(tmp_path / "none")]).exit_code == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_word_is_refused_in_one_short_line(text: str) -> None:
    done = runner().invoke(app, ["explain", "--", text])
    line = done.stderr.removesuffix("\n")
    if text.strip() == "150/029":
        assert done.exit_code == 0
    else:
        assert done.exit_code == 2
        assert line.isprintable()
        assert len(line) < 400

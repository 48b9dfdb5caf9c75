"""Which layout each file has: as the request says, else as its bytes and its header row show."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipeline.errors import InputError, Problem, Problems, nearest
from pipeline.facts.models import Layout
from pipeline.sources.form import CALLED, Form, form
from pipeline.sources.grid import locate, named, word
from pipeline.sources.months import parse_month
from pipeline.sources.sheet import sheet_header, sheets
from pipeline.sources.snapshot import Snapshot
from pipeline.sources.text import text_header

REQUEST = "delivery.toml"  # says what the inputs are; is none of them
_TABLES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls"}


@dataclass(frozen=True)
class Recognised:
    """The files with their layouts (a workbook once per sheet); the files that nobody reads, each with the reason."""

    files: tuple[tuple[Snapshot, Layout], ...]
    ignored: tuple[tuple[Snapshot, str], ...]


def recognise(
    snapshots: Sequence[Snapshot], layouts: Sequence[Layout], told: Sequence[tuple[str, str]], *, some: bool = False
) -> Recognised:
    """The layout of each file: ``told`` (file, layout id; from delivery.toml), else the one that fits.

    A layout fits when the file has its format, judged by the bytes, and the header row has every column that it names;
    one that spreads months or activities over columns yields to one that knows those columns by name.
    Raises InputError when a file that was told is missing or has another layout, when several layouts fit one table,
    when a file is empty, compressed, protected or damaged, when it has most columns of a layout but not all, and when
    no file at all is recognised. With ``some`` only some of the files are wanted: one that cannot be judged is ignored,
    with its reason, as long as another is recognised.
    """
    snapshots = [snapshot for snapshot in snapshots if snapshot.name != REQUEST]
    return _as_told(snapshots, layouts, told) if told else _as_found(snapshots, layouts, some)


def _as_told(snapshots: Sequence[Snapshot], layouts: Sequence[Layout], told: Sequence[tuple[str, str]]) -> Recognised:
    problems = Problems(InputError)
    files = {_composed(snapshot.name): snapshot for snapshot in snapshots}
    known = {layout.id: layout for layout in layouts}
    pairs = []
    for path, layout_id in sorted({pair for pair in told if told.count(pair) > 1}):
        message = f"the file {path!r} has the layout {layout_id!r} more than once."
        problems.add(REQUEST, message, "Name each pair once.", "input-layout")
    for path, layout_id in dict.fromkeys(told):
        name = _composed(PurePosixPath(path).as_posix())
        if name not in files:
            have = ", ".join(files) or "no file"
            message = f"the file {path!r} is not in the folder{nearest(name, files) or '.'}"
            problems.add(REQUEST, message, f"The folder has: {have}.", "input-missing")
        if layout_id not in known:
            message = f"the layout {layout_id!r} of {path!r} is not known{nearest(layout_id, known) or '.'}"
            problems.add(REQUEST, message, f"The country has: {', '.join(known)}.", "input-layout")
        if name in files and layout_id in known:
            with problems.gather():
                _must_fit(files[name], known[layout_id])
                pairs.append((files[name], known[layout_id]))
    problems.done()
    used = {snapshot.name for snapshot, _ in pairs}
    return Recognised(tuple(pairs), tuple((s, "not named in delivery.toml") for s in snapshots if s.name not in used))


def _must_fit(snapshot: Snapshot, layout: Layout) -> None:
    found = _form(snapshot)
    if found != layout.format:
        message = (
            f"this is {CALLED[found]}, whatever its name says; layout {layout.id!r} is for {CALLED[layout.format]}."
        )
        raise InputError(Problem(snapshot.name, message, "Name another layout, or save the file so.", "input-layout"))
    for _, header in _headers(snapshot, found, (layout,)):
        if isinstance(header, InputError):
            raise header
        locate(header, layout, header_place(snapshot.name, layout))


def _as_found(snapshots: Sequence[Snapshot], layouts: Sequence[Layout], some: bool) -> Recognised:
    problems = Problems(InputError)
    pairs: list[tuple[Snapshot, Layout]] = []
    ignored: list[tuple[Snapshot, Problem]] = []
    for snapshot in snapshots:
        try:
            fitting, reason = _fitting(snapshot, layouts)
        except InputError as error:
            fitting, reason = [], error.problems[0]
            if not some:
                problems.found += error.problems
                continue
        pairs += [(snapshot, layout) for layout in fitting]
        if not fitting:
            ignored.append((snapshot, reason))
    if not pairs and not problems.found:
        problems.add(
            "",
            "no file of the folder has a layout that the country declares.",
            "Name the files in delivery.toml.",
            "input-layout",
        )
        problems.found += [reason for _, reason in ignored]
    problems.done()
    return Recognised(tuple(pairs), tuple((snapshot, f"{p.message} {p.hint}".strip()) for snapshot, p in ignored))


def _fitting(snapshot: Snapshot, layouts: Sequence[Layout]) -> tuple[list[Layout], Problem]:
    """The layouts that fit, one per sheet; where none does, why the file is left alone."""
    reason = Problem(snapshot.name, "no layout of the country is for such a file.", "", "input-layout")
    try:
        found = _form(snapshot)
        candidates = [layout for layout in layouts if layout.format == found]
        fitting, almost = [], []
        for layout, header in _headers(snapshot, found, candidates):
            if isinstance(header, InputError):
                reason = header.problems[0]
                continue
            try:
                places = locate(header, layout, header_place(snapshot.name, layout))
            except InputError as error:
                reason = error.problems[0]
                words = {word(cell) for cell in header}
                if 2 * sum(name in words for name in named(layout).values()) > len(named(layout)):
                    almost.append(error)
                continue
            others = [cell for i, cell in enumerate(header) if i not in places.values() and word(cell)]
            if layout.shape != "months across" or any(_is_month(cell, layout) for cell in others):
                fitting.append(layout)
            else:
                forms = ", ".join(layout.periods)
                message = f"no cell of the header row is a month in a form of layout {layout.id!r} ({forms})."
                reason = Problem(header_place(snapshot.name, layout), message, "", "input-columns")
                if any(any(char.isdigit() for char in word(cell)) for cell in others):
                    almost.append(InputError(reason))
    except InputError as error:
        if error.problems[0].rule == "input-not-a-table" and PurePosixPath(snapshot.name).suffix.lower() not in _TABLES:
            return [], error.problems[0]
        raise
    if almost and not fitting:
        raise almost[0]
    fitting = [layout for layout in fitting if not _outdone(layout, fitting)]
    for layout in fitting:
        rivals = [repr(other.id) for other in fitting if other.sheet == layout.sheet]
        if len(rivals) > 1:
            message = f"several layouts fit: {', '.join(rivals)}."
            hint = f'Say which in delivery.toml: [[file]] path = "{snapshot.name}" layout = "{layout.id}".'
            raise InputError(Problem(snapshot.name, message, hint, "input-layout"))
    return fitting, reason


def _outdone(layout: Layout, fitting: Sequence[Layout]) -> bool:
    """Whether another layout knows by name what this one would take for months or activities."""
    own = set(named(layout).values())
    rivals = (set(named(other).values()) for other in fitting if other.sheet == layout.sheet)
    return layout.shape != "long" and any(own < names for names in rivals)


def _headers(
    snapshot: Snapshot, found: Form, layouts: Sequence[Layout]
) -> Iterator[tuple[Layout, Sequence[object] | InputError]]:
    """The header row that each layout would read, or why there is none."""
    if found == "csv":
        for layout in layouts:
            try:
                yield layout, text_header(snapshot, layout)
            except InputError as error:
                raise _placed(error, snapshot.name) from error
        return
    with sheets(snapshot) as book:
        headers: list[tuple[Layout, Sequence[object] | InputError]] = []
        for layout in layouts:
            try:
                headers.append((layout, sheet_header(book, snapshot.name, layout.sheet, layout.header_row)))
            except InputError as error:
                headers.append((layout, error))
    yield from headers


def _is_month(cell: object, layout: Layout) -> bool:
    try:
        parse_month(cell, layout.periods, layout.month_names)
    except InputError:
        return False
    return True


def header_place(name: str, layout: Layout) -> str:
    """The header row as a problem names it."""
    row = layout.header_row
    return f"{name} {layout.sheet}!{row}:{row}" if layout.format == "xlsx" else f"{name} line {row}"


def _form(snapshot: Snapshot) -> Form:
    try:
        return form(snapshot.data)
    except InputError as error:
        raise _placed(error, snapshot.name) from error


def _placed(error: InputError, where: str) -> InputError:
    return InputError([replace(problem, where=where) for problem in error.problems])


def _composed(name: str) -> str:
    """One spelling of accents: some file systems decompose them."""
    return unicodedata.normalize("NFC", name)

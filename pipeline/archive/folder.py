"""A delivery folder: stored whole or not at all, found again when the same is asked for.

Nothing is ever overwritten. A draft is written to a temporary sibling, synced and renamed; one run at a time per
country. ``SHA256SUMS`` covers every file but itself and ``environment.json``.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.disk import sync_folder, write_whole
from pipeline.errors import InputError, MachineError, Problem, Problems, UsageError, machine_error
from pipeline.tables import Parted, part_csv, read_csv

SUMS, MANIFEST, ENVIRONMENT = "SHA256SUMS", "manifest.json", "environment.json"
FINDINGS = "findings.json"
RECEIPTS = "receipts"  # folder of a country: one folder for each delivery that was sent with one
_DRAFT = re.compile(r"(\d{4}-\d{2})_(\d{2,})")
_ON_ITS_WAY = re.compile(rf"\.({_DRAFT.pattern}(\.rebuilt)?\.partial|(history|decisions)\.toml\.new)")


def digest(data: bytes) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def canonical(document: object) -> bytes:
    """JSON in one fixed form: sorted keys, two spaces, LF, UTF-8."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode("utf-8")


def ordered(document: object) -> bytes:
    """JSON whose keys stand in the order in which they were given."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def drafts(folder: Path, month: str) -> list[tuple[int, Path]]:
    """The drafts of a month that a country's folder holds, by number."""
    found = []
    try:
        for child in folder.iterdir() if folder.is_dir() else ():
            match = _DRAFT.fullmatch(child.name)
            if match and match[1] == month and child.is_dir():
                found.append((int(match[2]), child))
    except OSError as error:
        raise machine_error(str(folder), error) from error
    return sorted(found)


def keep(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, each whole or not at all, over those that were there; answers with their paths.

    For what is made anew each time, never for a delivery.
    """
    paths = []
    for name, data in files.items():
        path = folder / name
        try:
            write_whole(path, data)
        except OSError as error:
            raise machine_error(str(path), error) from error
        paths.append(path)
    return paths


def remove(folder: Path, names: Iterable[str]) -> list[Path]:
    """Take away those of these files that are there; answers with their paths. Never for a delivery."""
    gone = []
    for path in (folder / name for name in names):
        try:
            if path.is_file():
                path.unlink()
                gone.append(path)
        except OSError as error:
            raise machine_error(str(path), error) from error
    return gone


def same_request(folder: Path, month: str, identity: str) -> tuple[Path | None, dict[str, list[str]]]:
    """The draft that answered this very request before and is still whole; the newest where there are several.

    And the newer drafts that would have been the answer, or may have been, but are damaged: folder → their files that
    are gone or changed.
    """
    spoilt: dict[str, list[str]] = {}
    for _, draft in reversed(drafts(folder, month)):
        try:
            manifest = json.loads((draft / MANIFEST).read_bytes())
        except (OSError, ValueError):  # whose answer it was cannot be known any more
            spoilt[str(draft)] = damaged(draft) or [MANIFEST]
            continue
        if isinstance(manifest, dict) and manifest.get("identity") == identity:
            if not (bad := damaged(draft)):
                return draft, spoilt
            spoilt[str(draft)] = bad
    return None, spoilt


@dataclass(frozen=True)
class State:
    """What stands in a delivery folder beside what its sums say; ``added`` is no damage."""

    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]


def state(delivery: Path) -> State:
    """Compare every file of a delivery with SHA256SUMS, and these with the hashes in the manifest."""
    try:
        sums = _read_sums((delivery / SUMS).read_bytes())
    except FileNotFoundError:
        return State(0, (), (SUMS,), ())
    except (OSError, ValueError):
        return State(0, (SUMS,), (), ())
    changed, missing = [], []
    for name, expected in sums.items():
        try:
            if digest((delivery / name).read_bytes()) != expected:
                changed.append(name)
        except FileNotFoundError:
            missing.append(name)
        except (OSError, ValueError):
            changed.append(name)
    if (
        (promised := _promised(delivery)) is not None
        and promised != _without(sums, MANIFEST)
        and MANIFEST not in changed
    ):
        changed.append(SUMS)
    try:
        there = {path.relative_to(delivery).as_posix() for path in delivery.rglob("*") if not path.is_dir()}
    except OSError as error:
        raise machine_error(str(delivery), error) from error
    added = there - {SUMS, ENVIRONMENT} - sums.keys()
    return State(len(sums), tuple(sorted(changed)), tuple(sorted(missing)), tuple(sorted(added)))


def _promised(delivery: Path) -> dict[str, str] | None:
    """The hashes that the manifest names; None where it is no manifest of a delivery."""
    try:
        files = json.loads((delivery / MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(files) if isinstance(files, dict) else {}


def _without(sums: Mapping[str, str], name: str) -> dict[str, str]:
    """The sums of all files but one."""
    return {file: sum_ for file, sum_ in sums.items() if file != name}


def damaged(draft: Path) -> list[str]:
    """The files of a delivery that are gone or changed; what somebody put beside them is no damage."""
    found = state(draft)
    return sorted({*found.changed, *found.missing})


def require_place(delivery: Path, country: str) -> None:
    """UsageError unless a delivery (its whole path) lies in its country's folder, where the next ones will look."""
    if delivery.parent.name != country:
        words = (
            f"this lies in {delivery.parent.name!r}, not in the folder {country!r}, where the next delivery will look."
        )
        raise UsageError(Problem(str(delivery), words, "Give the folder that `ebs deliver` made, below outputs."))


def differences(delivery: Path, made: Mapping[str, bytes]) -> dict[str, str]:
    """How the files of a delivery differ from those that were made: path → how; the environment is left out."""
    found = dict.fromkeys(_named(delivery) - made.keys(), "is not made any more")
    for name, data in made.items():
        try:
            if (delivery / name).read_bytes() != data:
                found[name] = "has other bytes"
        except OSError:
            found[name] = "is not there"
    return dict(sorted(found.items()))


def _named(delivery: Path) -> set[str]:
    """The files that the sums of a delivery name."""
    try:
        return set(_read_sums((delivery / SUMS).read_bytes()))
    except (OSError, ValueError):
        return set()


def must_be_new(path: Path) -> None:
    """UsageError where something of this name is there: nothing is ever overwritten."""
    if os.path.lexists(path):
        words = "this is there already; nothing is ever overwritten."
        raise UsageError(Problem(str(path), words, "Remove it, or name another place with --out."))


def may_be_written(path: Path, beginning: bytes, about: Path | None = None) -> None:
    """UsageError unless a report may be written here: outside of every delivery, of the one that it is about above all.

    And over nothing but a file that begins in this way.
    """
    try:
        place, there, own = path.resolve(), path.exists(), about and about.resolve()
        if any(above == own or _is_sealed(above) for above in (place, *place.parents)):
            words = "this lies inside a delivery, which stays as it was stored."
            raise UsageError(Problem(str(path), words, "Name a file beside it."))
        if place.is_dir():
            raise UsageError(Problem(str(path), "this is a folder.", "Name a file in it."))
        if there and not path.is_file():  # the file would take its place
            raise UsageError(Problem(str(path), "this is a device or a pipe, not a file.", "Name a file."))
        if there and not _begins(path, beginning):
            raise UsageError(Problem(str(path), "this is there already, and is something else.", "Name another file."))
    except RuntimeError:  # of Python before 3.13
        raise UsageError(Problem(str(path), "this link leads to itself.", "Name another file.")) from None
    except OSError as error:
        raise machine_error(str(path), error) from error


def _is_sealed(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() and (folder / SUMS).is_file()


def _begins(path: Path, beginning: bytes) -> bool:
    """Whether a file begins in this way, or is empty."""
    with path.open("rb") as stream:
        return stream.read(len(beginning)) in (beginning, b"")


def read(delivery: Path, name: str) -> bytes:
    """The bytes of a file of a delivery."""
    try:
        return (delivery / name).read_bytes()
    except OSError as error:
        raise machine_error(str(delivery / name), error) from error


def is_draft_name(name: str, month: str) -> bool:
    """Whether a folder is called as a draft of this month is."""
    match = _DRAFT.fullmatch(name)
    return match is not None and match[1] == month


_ESCAPES = {"\\": "\\\\", "\n": "\\n"}  # as sha256sum of GNU writes them: a line with one begins with a backslash


def written_sums(files: Mapping[str, bytes]) -> bytes:
    """SHA256SUMS: a line for each file, as ``sha256sum -c`` reads it."""
    lines = []
    for name in sorted(files):
        escaped = "".join(_ESCAPES.get(c, c) for c in name)
        lines.append(f"{'' if escaped == name else chr(92)}{digest(files[name])}  {escaped}\n")
    return "".join(lines).encode("utf-8", "surrogateescape")


def _read_sums(data: bytes) -> dict[str, str]:
    """What a SHA256SUMS says: name → sum; ValueError when it is none."""
    found = {}
    meant = {escaped: plain for plain, escaped in _ESCAPES.items()}
    for line in data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"):
        expected, gap, name = line.partition("  ")
        if not gap:
            raise ValueError(line)
        if expected.startswith("\\"):
            name = re.sub(r"\\.", lambda match: meant.get(match[0], match[0]), name)
        found[name] = expected.removeprefix("\\")
    return found


def store(
    folder: Path,
    month: str,
    files: Mapping[str, bytes],
    environment: Mapping[str, Any],
    never: Iterable[str] = (),
) -> Path:
    """Store a new draft of the month below the country's folder, whole or not at all; answers where it is.

    ``files``: path inside the draft → bytes · ``never``: names that a new draft must not have, though nothing of that
    name is there any more. Call it inside ``one_at_a_time``.
    """
    try:
        there = [*(path.name for path in folder.iterdir()), *never]
    except FileNotFoundError:
        there = [*never]
    except OSError as error:
        raise machine_error(str(folder), error) from error
    numbers = [int(match[2]) for name in there if (match := _DRAFT.fullmatch(name)) and match[1] == month]
    return place(folder, f"{month}_{max(numbers, default=0) + 1:02d}", files, environment)


def place(folder: Path, name: str, files: Mapping[str, bytes], environment: Mapping[str, Any]) -> Path:
    """Store a folder of this name, whole or not at all, with its sums and the environment; answers where it is."""
    final, partial = folder / name, folder / f".{name}.partial"
    everything = {**files, SUMS: written_sums(files), ENVIRONMENT: canonical(environment)}
    where = folder
    try:
        if partial.exists():
            where = partial
            shutil.rmtree(partial)
        for path, data in everything.items():
            where = partial / path
            where.parent.mkdir(parents=True, exist_ok=True)
            with where.open("xb") as stream:
                stream.write(data)
        for path in everything:  # after all are written, so that the disk can take them together
            where = partial / path
            with where.open("rb+") as stream:
                os.fsync(stream.fileno())
        for where in sorted({above for path in everything for above in (partial / path).parents}):
            if where.is_relative_to(partial):
                sync_folder(where)
        where = final
        partial.rename(final)
    except OSError as error:
        _clear(partial)
        if error.errno == errno.ENOSPC:
            raise _no_room(where, folder, everything.values()) from error
        raise machine_error(str(where), error) from error
    except BaseException:  # a signal, too, leaves nothing behind
        _clear(partial)
        raise
    for above in (folder, *folder.absolute().parents[:2]):  # outputs/FR, and what names it when it is new
        with contextlib.suppress(OSError):  # the draft stands; where a folder cannot be synced there is no more to do
            sync_folder(above)
    return final


def _clear(partial: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(partial)


BLOCK = 4096  # bytes: the least that a file takes on most disks


def _no_room(where: Path, folder: Path, files: Collection[bytes]) -> MachineError:
    """The disk is full: what the delivery needs, and what is free now that its beginning is gone again."""
    needed = sum(-(-len(data) // BLOCK) * BLOCK for data in files)
    message = f"the disk is full: the delivery needs {_size(needed)}"
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(folder).free
        message += f", {_size(free)} are free" + (", but it takes no more files" if free > 2 * needed else "")
    return MachineError(Problem(str(where), f"{message}.", "Free some space and run again; nothing was lost."))


def _size(number: int) -> str:
    return f"{number / 1e6:,.0f} MB" if number >= 10_000_000 else f"{number / 1e3:,.0f} kB"


def sweep(folder: Path) -> None:
    """Remove what killed runs have left in a country's folder: whatever was on its way and never got its name.

    Call it inside ``one_at_a_time``. Raises MachineError where something cannot be removed.
    """
    where = folder
    try:
        ours = [child for child in folder.iterdir() if _ON_ITS_WAY.fullmatch(child.name)]
        for where in sorted([*ours, *folder.glob(f"{RECEIPTS}/*/.*.new")]):
            if where.is_dir() and not where.is_symlink():
                shutil.rmtree(where)
            else:
                where.unlink()
    except OSError as error:
        raise machine_error(str(where), error) from error


def open_delivery(path: Path) -> dict[str, Any]:
    """The manifest of a delivery folder; UsageError when the path is none."""
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise UsageError(
            Problem(
                str(path),
                "this is not a delivery folder: it has no manifest.json.",
                "Give a folder such as outputs/FR/2024-05_01.",
            )
        ) from None
    except NotADirectoryError:
        raise UsageError(Problem(str(path), "this is a file, not a delivery folder.")) from None
    except ValueError as error:
        raise UsageError(Problem(str(path / MANIFEST), f"not valid JSON: {error}.")) from error
    except OSError as error:
        raise machine_error(str(path / MANIFEST), error) from error
    if not _is_manifest(manifest):
        raise UsageError(Problem(str(path / MANIFEST), "this is not the manifest of a delivery."))
    return dict(manifest)


def _is_manifest(found: Any) -> bool:
    """Whether a document has what is read in a manifest."""
    if not isinstance(found, dict) or not all(
        isinstance(found.get(name), dict) for name in ("request", "components", "index", "files")
    ):
        return False
    asked = found["request"]
    indicators = asked.get("indicators")
    return (
        all(isinstance(asked.get(name), str) for name in ("country", "month"))
        and re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", asked["month"]) is not None
        and isinstance(indicators, list)
        and all(isinstance(one, str) for one in indicators)
    )


def manifest_digest(delivery: Path) -> str:
    """sha256 of a delivery's manifest, empty where it cannot be read: what the history knows a delivery by."""
    try:
        return digest((delivery / MANIFEST).read_bytes())
    except OSError:
        return ""


def unchanged(delivery: Path, manifest: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise InputError unless these files of a delivery, and its manifest, are what was stored."""
    problems, names = Problems(InputError), list(names)
    mend = "Put it back from a copy"
    if any(name.startswith("inputs/") for name in names):
        mend += "."
    else:
        mend += f", or make it again from the delivery's own inputs: ebs rebuild {delivery}"
    with contextlib.suppress(OSError, ValueError):
        promised = _read_sums((delivery / SUMS).read_bytes()).get(MANIFEST)
        if promised is not None and manifest_digest(delivery) != promised:
            words = f"this is no longer the manifest that was stored: its hash differs from that in {SUMS}."
            problems.add(str(delivery / MANIFEST), words, "Put it back from a copy.")
    for name in names:
        try:
            same = digest((delivery / name).read_bytes()) == manifest["files"].get(name)
        except FileNotFoundError:
            problems.add(str(delivery / name), "this file of the delivery is gone.", mend)
            continue
        except OSError as error:
            raise machine_error(str(delivery / name), error) from error
        if not same:
            words = "this is no longer the file that was stored: its hash differs from the manifest's."
            problems.add(str(delivery / name), words, mend)
    problems.done()


def table(delivery: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the delivery's tables, every cell as text."""
    return read_csv(_bytes(delivery / name))


def parted(delivery: Path, name: str, column: str) -> Parted:
    """One of the delivery's tables, its rows parted by a column, to be read where they are wanted."""
    return part_csv(_bytes(delivery / name), column)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise machine_error(str(path), error) from error


def findings(delivery: Path) -> dict[str, Any]:
    """The findings report of a delivery."""
    report: dict[str, Any] = json.loads(_bytes(delivery / FINDINGS))
    return report


Row = dict[str, str]


def packed(delivery: Path) -> list[Path]:
    """The files of a delivery that are to be uploaded; InputError when nothing is packed."""
    folder = delivery / "upload"
    found = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    if not found:
        message = "nothing is packed for upload in this draft; its errors are in findings.json."
        hint = "Correct the input, or accept what may stay (`ebs accept`), and deliver again."
        raise InputError(Problem(str(delivery), message, hint))
    return found


def to_upload(delivery: Path) -> tuple[list[Path], tuple[list[Row], list[Row]]]:
    """The files of a delivery that are to be uploaded, and the rows of its counts and factors.

    UsageError when the folder is no delivery; InputError when nothing is packed, or a table is gone.
    """
    manifest, files = open_delivery(delivery), packed(delivery)
    unchanged(delivery, manifest, ("counts.csv", "factors.csv"))
    return files, (list(table(delivery, "counts.csv")), list(table(delivery, "factors.csv")))

"""What the arguments of a command stand for: files to be judged, structures, a time, a place to write to."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pipeline.errors import FactsError, InputError, Problem, Problems, UsageError

if TYPE_CHECKING:
    from pipeline.facts import Facts
    from pipeline.facts.metadata_structure import MetadataStructure
    from pipeline.facts.structure import Structure
    from pipeline.findings import Rule

PIPED = 256 << 20  # bytes that are taken from a pipe


def instant(option: str, text: str | None) -> dt.datetime | None:
    """An ISO date and time with its offset."""
    if text is None:
        return None
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            Problem(option, f"{text!r} is not a date and time.", "Write it as 2024-07-05T09:00:00+02:00.")
        ) from None
    if (when.utcoffset() or dt.timedelta()) % dt.timedelta(minutes=1):
        raise UsageError(
            Problem(option, f"the offset of {text!r} has seconds.", "Write it as 2024-07-05T09:00:00+02:00.")
        )
    if when.tzinfo is None:
        raise UsageError(Problem(option, f"{text!r} has no offset.", "Write it as 2024-07-05T09:00:00+02:00."))
    return when


def bytes_of(path: Path) -> bytes:
    """A file that the user names, as a whole."""
    if not path.is_file():
        why = "this is a folder, not a file." if path.is_dir() else "there is no such file."
        raise InputError(Problem(str(path), why, "Check the name."))
    return path.read_bytes()


def user() -> str:
    """The user's name as the machine knows it."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise UsageError(Problem("--by", "this machine does not know your name.", "Say who accepts it.")) from None


def candidates(path: Path, problems: Problems, candidate: Any, rules: Mapping[str, Rule]) -> list[Any]:
    """The files that a path stands for: itself, or those of a delivery that are to be uploaded."""
    from pipeline import archive
    from pipeline.archive import decisions, history

    name = str(path)
    try:
        if path.is_dir():
            packed, cells = archive.to_upload(path)
            manifest = archive.open_delivery(path)
            before = history.stored(path, manifest)
            accepted = [one.acceptance for one in decisions.stored(path, manifest, rules)]
            return [
                candidate(str(one), functools.partial(one.open, "rb"), cells, before, tuple(accepted)) for one in packed
            ]
        with path.open("rb") as stream:
            if path.is_file():
                return [candidate(name, functools.partial(path.open, "rb"))]
            data = stream.read(PIPED + 1)  # a pipe can be read once only
        if len(data) > PIPED:
            problems.add(name, f"more than {PIPED:,} bytes come from a pipe.", "Save them to a file first.")
            return []
        return [candidate(name, functools.partial(io.BytesIO, data))]
    except FileNotFoundError:
        problems.add(name, "there is no such file.", "Check the name.", rule="input-missing")
    except PermissionError:
        who = f" by {os.environ.get('USER') or os.environ.get('USERNAME') or 'this user'}"
        problems.add(name, f"may not be read{who}.", "Ask for the right to read it.", rule="input-missing")
    except OSError as error:
        problems.add(name, f"cannot be read: {(error.strerror or str(error)).lower()}.", rule="input-missing")
    except InputError as error:
        problems.found.extend(error.problems)
    return []


def structures_given(given: list[str], problems: Problems) -> tuple[Any, str]:
    """Structure files read together, and the id among them or among the facts that is meant."""
    from pipeline.facts.structure_messages import read_structures
    from pipeline.facts.structure_xml import LARGEST

    messages, ids = [], []
    for one in given:
        path = Path(one)
        if not one.strip():
            raise UsageError(Problem("--structure", "no structure is named.", "Give an id or a file."))
        if path.is_file():
            with path.open("rb") as stream:
                messages.append((one, stream.read(LARGEST + 1)))
        elif path.suffix.lower() in (".xml", ".zip", ".json") or os.sep in one or "/" in one:
            problems.add(one, "there is no such structure file.", "Check the name.")
        else:
            ids.append(one)
    if len(ids) > 1:
        raise UsageError(Problem("--structure", f"{' and '.join(ids)} are both meant; give one id.", ""))
    if problems.found:
        return None, ""
    structures = read_structures(messages) if messages else None
    if structures is not None and not structures.structures:
        raise FactsError(
            Problem(messages[0][0], "this file holds no data structure.", "Give the file of the structure itself.")
        )
    return structures, ids[0] if ids else ""


def structures_in(name: str, data: bytes, overlay: Path | None) -> list[Structure | MetadataStructure]:
    """The data and metadata structures of a file; FactsError when it has none, with what to show instead."""
    from pipeline.facts import load
    from pipeline.facts.metadata_messages import read_metadata_structures
    from pipeline.facts.references import parse_reference
    from pipeline.facts.structure_messages import read_structures

    found = read_structures([(name, data)])
    if found.structures and not found.metadata_structures:
        return list(found.structures.values())
    facts = load(overlay)
    of_metadata = read_metadata_structures([(name, data)], facts.metadata.restriction.annotation)
    if found.structures or of_metadata.structures:
        return [*found.structures.values(), *of_metadata.structures.values()]
    targets = [one.full for c in found.constraints for to in c.attached_to if (one := parse_reference(to))]
    instead = [*found.dataflows, *of_metadata.flows] or targets or [*facts.structures.structures]
    raise FactsError(
        Problem(
            name,
            "this file holds no data structure.",
            f"Give the structure's file, or show {' or '.join(dict.fromkeys(instead))}.",
        )
    )


def structure_of(ref: str, facts: Facts) -> Structure | MetadataStructure:
    """The structure of this reference, or of this dataflow; a constraint or a list is named for what it is."""
    from pipeline.facts.load import OF_METADATA
    from pipeline.facts.references import parse_reference, resolve

    wanted, all_ = parse_reference(ref, version="*"), facts.structures
    limit = resolve({c.ref: c for c in all_.constraints}, wanted) if wanted else None
    if limit is not None:
        targets = [one.full for to in limit.attached_to if (one := parse_reference(to))]
        raise FactsError(Problem(ref, "this is a constraint.", f"It is shown with {' or '.join(targets)}."))
    if wanted and resolve(all_.codelists, wanted) is not None:
        raise FactsError(
            Problem(ref, "this is a code list.", f"Show a structure that uses it: {', '.join(all_.structures)}.")
        )
    about_metadata = {entry.id: entry for entry in facts.structure_index if entry.kind in OF_METADATA}
    if wanted and resolve(all_.structures, wanted) is None and resolve(about_metadata, wanted) is not None:
        return facts.metadata_structures.structure(ref)
    return all_.structure(ref)


def keep_apart(inputs: list[Path], outputs: list[Path]) -> None:
    """UsageError when a report would be written over a file that is read, over the other report, or into no folder."""
    read = {
        os.path.realpath(file) for path in inputs for file in ([path, *path.rglob("*")] if path.is_dir() else [path])
    }
    for i, path in enumerate(outputs):
        if os.path.realpath(path) in read:
            raise UsageError(
                Problem(str(path), "the report would be written over a file that is read.", "Name another.")
            )
        if os.path.realpath(path) in map(os.path.realpath, outputs[:i]):
            raise UsageError(Problem(str(path), "two reports would be written into one file.", "Name another."))
        if not path.parent.is_dir():
            words = f"there is no folder {path.parent}."
            raise UsageError(Problem(str(path), words, "Name a file in a folder that is there."))


@contextlib.contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """A file of the user's that is written, as UTF-8 with the line ends as given: whole, or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

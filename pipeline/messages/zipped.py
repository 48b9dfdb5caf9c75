"""The files of a zip, read where they are: nothing is unpacked to the disk, and an archive that is an attack stays shut."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from pipeline.errors import quoted
from pipeline.messages import octets, recognise

MOST_MEMBERS, LARGEST_RATIO, SMALL = 1000, 250, 64 << 20

DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    ValueError,
)  # fmt: skip
"""What zipfile raises when an archive or a member is damaged, encrypted, or of another method."""

BadMember = zipfile.BadZipFile


class Member(NamedTuple):
    """A file of an archive; ``problem`` says why it is not read."""

    name: str
    problem: str = ""


def members(stream: BinaryIO) -> list[Member]:
    """The files of the archive in their order; one member without name and with a problem for an archive that stays shut."""
    try:
        archive = zipfile.ZipFile(stream)
        infos = [info for info in archive.infolist() if not info.is_dir() and not _litter(info.filename)]
    except DAMAGED as error:
        return [Member("", f"this is no archive that can be opened: {error}.")]
    if problems := list(_problems(infos)):
        return [Member("", problem) for problem in problems]
    found = []
    for info in infos:
        try:
            with archive.open(info) as inside:
                nested = recognise.kind(inside.read(recognise.PEEK)) == "zip"
        except DAMAGED as error:
            found.append(Member(info.filename, f"this file of the archive is damaged: {error}."))
            continue
        problem = "an archive stands inside the archive; it is not opened." if nested else ""
        found.append(Member(info.filename, problem))
    return found


class _Reading:
    """A member that is read; whatever is wrong with it is a ``BadZipFile``."""

    def __init__(self, inside: BinaryIO) -> None:
        self.inside = inside

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        try:
            return self.inside.read(size)
        except DAMAGED as error:
            raise zipfile.BadZipFile(str(error)) from error

    def close(self) -> None:
        """Done with it."""
        self.inside.close()


def member(stream: BinaryIO, name: str) -> BinaryIO:
    """One file of the archive, to be read as a stream; BadZipFile when it is damaged."""
    return _Reading(zipfile.ZipFile(stream).open(name))  # type: ignore[arg-type, return-value]


def _litter(name: str) -> bool:
    """What file managers leave in archives."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db")


def _problems(infos: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Why an archive is not opened."""
    if not infos:
        yield "the archive is empty."
    if len(infos) > MOST_MEMBERS:
        yield f"the archive has {len(infos):,} files; at most {MOST_MEMBERS:,} are opened."
    size = sum(info.file_size for info in infos)
    if size > octets.LARGEST:
        yield f"the archive unpacks to {size:,} bytes; at most {octets.LARGEST:,} are read."
    names: set[str] = set()
    for info in infos[:MOST_MEMBERS]:
        shown = quoted(info.filename)
        if info.flag_bits & 1:
            yield f"{shown} is protected by a password."
        if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
            yield (
                f"{shown} unpacks from {info.compress_size:,} to {info.file_size:,} bytes, more than {LARGEST_RATIO} times;"
                " possible attack."
            )
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or info.filename[1:2] == ":":
            yield f"the name {shown} leads out of the archive."
        if info.filename in names:
            yield f"{shown} stands in the archive twice."
        names.add(info.filename)

"""`ebs metadata --import`: a metadata message, also one exported elsewhere, taken over as the text of a country's report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError, Problem, UsageError
from pipeline.facts import CountryFacts, Facts
from pipeline.facts.models import CountryReport
from pipeline.facts.store import check_overlay, own, put
from pipeline.messages import metadata_reader
from pipeline.metadata_set import MetadataSet
from pipeline.texts import document as documents


@dataclass(frozen=True)
class TakenOver:
    """A message as texts: ``files`` by language and file name; ``notes``: what is not in them, and where it belongs."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...]


def take_over(name: str, data: bytes, facts: Facts, country: CountryFacts) -> TakenOver:
    """A metadata message as Markdown documents, one for each language that it has; InputError where it reports nothing."""
    read = metadata_reader.read(name, data, restriction=facts.metadata.restriction.annotation)
    structure = facts.metadata_structures.structure(facts.metadata.report.structure)
    about = country.country.report
    spoken_there = read.set_.languages
    if not any(one.content for one in read.set_.all):
        raise InputError(Problem(name, "this message reports nothing.", "Give one that has texts."))
    own = about.language if about else next(iter(spoken_there), "en")
    made, notes = {}, list(read.unknown)
    for language in _own_first(own, spoken_there):
        as_own = language.partition("-")[0] == own and own not in spoken_there
        if language not in facts.languages and not as_own:
            words = f"left out, as there is no codelists/languages/{language}.toml; add it and import again."
            notes.append(f"{language}: {words}")
            continue
        text, unsaid = documents.write(read.set_, structure, language, _own_first(own, spoken_there)[0])
        made["esms.md" if language == own or as_own else f"esms.{language}.md"] = text.encode("utf-8")
        notes += unsaid
    if "esms.md" not in made:
        notes.append(f"{own}: it is the report's own language (country.toml), and the message has no text in it.")
    there = {language for language, name in _files(country) if name not in made}
    notes += [f"{language}: the text that is there stays; the message has none." for language in sorted(there)]
    notes += _not_in_the_text(read.set_, facts, about)
    return TakenOver(made, tuple(dict.fromkeys(notes)))


def _own_first(own: str, languages: Sequence[str]) -> list[str]:
    """The languages of a message, that of the report first: itself, else a kind of it (en-GB for en)."""
    order = sorted(languages, key=lambda language: (language != own, language.partition("-")[0] != own))
    return order or [own]


def _files(country: CountryFacts) -> Iterator[tuple[str, str]]:
    """The texts that the facts have, as (language, file name)."""
    return ((language, path.rpartition("/")[2]) for language, (path, _) in country.texts.items())


def _not_in_the_text(set_: MetadataSet, facts: Facts, about: CountryReport | None) -> Iterator[str]:
    """What a message says of itself, which is a fact and not text, where the facts say otherwise."""
    report = facts.metadata.report
    flows = [data_set.dataflow for data_set in facts.transmission.data_set]
    told = {
        "id": (set_.id, about.id if about else ""),
        "version": (set_.version, about.version if about else ""),
        "title": (_titles(dict(set_.names)), _titles(about.title) if about else ""),
        "targets": ("; ".join(set_.targets), "; ".join(about.targets) if about else ""),
    }
    if not (about and about.targets) and sorted(one.partition("=")[2] for one in set_.targets) == sorted(flows):
        del told["targets"]
    for key, (said, known) in told.items():
        if said and said != known:
            yield f"{key}: {said}; it is in country.toml, under [report], if it shall stay."
    for said, known in ((set_.structure, report.structure), (set_.flow, report.flow)):
        if said and said != known:
            yield f"{said}: codelists/regulation/metadata.toml says {known}."
    if set_.begins or set_.ends:
        yield f"the reporting period {set_.begins or '…'} to {set_.ends or '…'} is not taken over."


def _titles(names: Mapping[str, str]) -> str:
    return "; ".join(f"{name} ({language})" for language, name in names.items())


def store(taken: TakenOver, overlay: Path, country: CountryFacts) -> list[Path]:
    """Put the texts into an overlay; UsageError where another text is there already: nothing is written over."""
    check_overlay(overlay)
    files = {f"codelists/countries/{country.country.id}/{name}": data for name, data in taken.files.items()}
    for path, data in files.items():
        if own(overlay, path) not in (None, data):
            words = "another text is there already, and is not written over."
            raise UsageError(Problem(str(overlay / path), words, "Move it away, or name another folder."))
    put(overlay, files)
    return [overlay / path for path in files]

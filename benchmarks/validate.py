"""`ebs validate` beside the loop that an engineer would write, and beside what the libraries take for the same file.

    python benchmarks/validate.py [observations …]        default: 10000 100000 1000000; 10000000 on request

bare     expat, the key of each series as a tuple, a set of (key, period) for doubles, float(value): nothing else is judged
empty    expat without handlers: what reading XML costs at all
scan     the fast reader, and with it all rules of form (`pipeline.validate`), on files that are right
explain  the same without the fast reader: the pass that says what is wrong and where
Each figure is the best of several runs, in seconds of the processor (other work disturbs them less); each run is a
process of its own, memory is its peak, imports and facts included. The structure
and the files are made here, in a temporary folder.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

DEFAULT = (10_000, 100_000, 1_000_000)
REPEAT = 3
SLOW = 100_000  # observations up to which the libraries are asked
MONTHS = 200  # observations of a series

# ------------------------------------------------------------------------------------------- structure and files

LISTS = {
    "FREQ": ["M"],
    "REF_AREA": [f"A{i:03d}" for i in range(100)],
    "SEASONAL_ADJUST": ["N", "Y"],
    "INDICATOR": [f"IND{i:03d}" for i in range(100)],
    "ACTIVITY": [f"B{i:03d}" for i in range(100)],
    "BASE_PER": ["_Z", "2021"],
    "TRANSFORMATION": ["N", "I"],
    "UNIT_MULT": ["0", "3", "6"],
    "UNIT_MEASURE": ["PN", "EUR"],
    "DECIMALS": ["0", "1"],
    "TIME_FORMAT": ["P1M"],
    "OBS_STATUS": ["A", "E", "P"],
    "CONF_STATUS": ["C", "F"],
}
DIMENSIONS = ["FREQ", "REF_AREA", "SEASONAL_ADJUST", "INDICATOR", "ACTIVITY", "BASE_PER", "TRANSFORMATION"]
OF_SERIES = ["UNIT_MULT", "UNIT_MEASURE", "DECIMALS", "TIME_FORMAT", "COMMENT_TS", "TITLE"]
OF_OBSERVATION = ["OBS_STATUS", "CONF_STATUS", "COMMENT_OBS"]
SPACE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
OWN = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=BENCH:BENCH(1.0):ObsLevelDim:TIME_PERIOD"


def structure_message() -> bytes:
    """A data structure with its lists and concepts."""

    def ref(id_: str, class_: str, package: str, parent: str = "") -> str:
        version = f'maintainableParentID="{parent}" maintainableParentVersion="1.0"' if parent else 'version="1.0"'
        return f'<Ref id="{id_}" agencyID="BENCH" {version} package="{package}" class="{class_}"/>'

    def component(tag: str, id_: str, inside: str = "", form: str = "", more: str = "") -> str:
        concept = f"<s:ConceptIdentity>{ref(id_, 'Concept', 'conceptscheme', 'CS')}</s:ConceptIdentity>"
        enumeration = f"<s:Enumeration>{ref(f'CL_{id_}', 'Codelist', 'codelist')}</s:Enumeration>"
        said = form or (enumeration if id_ in LISTS else '<s:TextFormat textType="String"/>')
        local = f"<s:LocalRepresentation>{said}</s:LocalRepresentation>"
        return f'<s:{tag} id="{id_}"{more}>{concept}{local}{inside}</s:{tag}>'

    def attribute(id_: str, to: str) -> str:
        status = "Conditional" if id_ in ("COMMENT_TS", "TITLE", "COMMENT_OBS") else "Mandatory"
        inside = f"<s:AttributeRelationship>{to}</s:AttributeRelationship>"
        return component("Attribute", id_, inside, more=f' assignmentStatus="{status}"')

    name = '<c:Name xml:lang="en">name</c:Name>'
    lists = "".join(
        f'<s:Codelist id="CL_{id_}" agencyID="BENCH" version="1.0">{name}'
        + "".join(f'<s:Code id="{code}">{name}</s:Code>' for code in codes)
        + "</s:Codelist>"
        for id_, codes in LISTS.items()
    )
    ids = [*DIMENSIONS, *OF_SERIES, *OF_OBSERVATION, "TIME_PERIOD", "OBS_VALUE"]
    concepts = "".join(f'<s:Concept id="{id_}">{name}</s:Concept>' for id_ in ids)
    keys = "".join(component("Dimension", id_, more=f' position="{i}"') for i, id_ in enumerate(DIMENSIONS, 1))
    period = '<s:TextFormat textType="ObservationalTimePeriod"/>'
    keys += component("TimeDimension", "TIME_PERIOD", form=period, more=f' position="{len(DIMENSIONS) + 1}"')
    key = "".join(f'<s:Dimension><Ref id="{id_}"/></s:Dimension>' for id_ in DIMENSIONS)
    attributes = "".join(attribute(id_, key) for id_ in OF_SERIES)
    attributes += "".join(
        attribute(id_, '<s:PrimaryMeasure><Ref id="OBS_VALUE"/></s:PrimaryMeasure>') for id_ in OF_OBSERVATION
    )
    return (
        f'<m:Structure xmlns:m="{SPACE}/message" xmlns:s="{SPACE}/structure" xmlns:c="{SPACE}/common"><m:Header>'
        '<m:ID>S</m:ID><m:Test>false</m:Test><m:Prepared>2024-01-01T00:00:00Z</m:Prepared><m:Sender id="BENCH"/>'
        f"</m:Header><m:Structures><s:Codelists>{lists}</s:Codelists><s:Concepts>"
        f'<s:ConceptScheme id="CS" agencyID="BENCH" version="1.0">{name}{concepts}</s:ConceptScheme></s:Concepts>'
        f'<s:DataStructures><s:DataStructure id="BENCH" agencyID="BENCH" version="1.0">{name}'
        f'<s:DataStructureComponents><s:DimensionList id="DimensionDescriptor">{keys}</s:DimensionList>'
        f'<s:AttributeList id="AttributeDescriptor">{attributes}</s:AttributeList>'
        '<s:MeasureList id="MeasureDescriptor">'
        f"{component('PrimaryMeasure', 'OBS_VALUE', form=_DOUBLE)}</s:MeasureList>"
        "</s:DataStructureComponents></s:DataStructure></s:DataStructures></m:Structures></m:Structure>"
    ).encode()


_DOUBLE = '<s:TextFormat textType="Double"/>'
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<m:StructureSpecificData xmlns:m="{SPACE}/message" xmlns:c="{SPACE}/common" xmlns:d="{SPACE}/data/structurespecific"'
    f' xmlns:n="{OWN}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    "  <m:Header>\n    <m:ID>BENCH</m:ID>\n    <m:Test>false</m:Test>\n    <m:Prepared>2024-01-01T00:00:00Z</m:Prepared>\n"
    '    <m:Sender id="BENCH"/>\n    <m:Receiver id="ALL"/>\n'
    f'    <m:Structure structureID="S1" namespace="{OWN}" dimensionAtObservation="TIME_PERIOD">\n'
    '      <c:Structure><Ref agencyID="BENCH" id="BENCH" version="1.0" class="DataStructure"/></c:Structure>\n'
    "    </m:Structure>\n  </m:Header>\n"
    '  <m:DataSet d:structureRef="S1" xsi:type="n:DataSetType" d:dataScope="DataStructure" d:action="Replace">\n'
)
_TAIL = "  </m:DataSet>\n</m:StructureSpecificData>\n"

Tag = Callable[[str, list[tuple[str, str]]], str]


def _tag(name: str, cells: list[tuple[str, str]]) -> str:
    return f"<{name} " + " ".join([f'{n}="{v}"' for n, v in cells])


def message(observations: int, case: str) -> Iterator[str]:
    """A message of so many observations: ``clean``, or what the case says of it."""
    chance = random.Random(42)
    months = [f"{2005 + i // 12}-{i % 12 + 1:02d}" for i in range(MONTHS)]
    rest = [LISTS[id_] for id_ in ("REF_AREA", "INDICATOR", "ACTIVITY", "SEASONAL_ADJUST", "BASE_PER")]
    number = 0
    end, indent = ("", ("", "")) if case == "one line" else ("\n", ("    ", "      "))
    if case == "carriage returns":
        end = "\r\n"
    yield _HEAD.replace("\n", end)
    for area, indicator, activity, adjustment, base in itertools.product(*rest):
        if number >= observations:
            break
        cells = [
            ("FREQ", "M"), ("REF_AREA", area), ("SEASONAL_ADJUST", adjustment), ("INDICATOR", indicator),
            ("ACTIVITY", activity), ("BASE_PER", base), ("TRANSFORMATION", "N"), ("UNIT_MULT", "0"),
            ("UNIT_MEASURE", "PN"), ("DECIMALS", "1" if case == "decimals" else "0"), ("TIME_FORMAT", "P1M"),
            ("COMMENT_TS", "a comment"), ("TITLE", "a title of some length"),
        ]  # fmt: skip
        if case == "any order":
            chance.shuffle(cells)
        lines = [f"{indent[0]}{_tag('Series', cells)}>{end}"]
        for i in range(min(MONTHS, observations - number)):
            value = str(number * 7919 % 99_991) + (f".{number % 10}" if case == "decimals" else "")
            status = "AAAP"[number % 4]
            if (case == "a fault in every series" and i == 100) or (
                case == "one fault" and number == observations // 2
            ):
                status = "X"
            one = [("TIME_PERIOD", months[i]), ("OBS_VALUE", value), ("OBS_STATUS", status), ("CONF_STATUS", "F")]
            if case == "any order":
                chance.shuffle(one)
            elif case == "another order":
                one = [one[3], one[1], one[2], one[0]]
            elif case == "optional" and number % 10 == 3:
                one.insert(chance.randrange(5), ("COMMENT_OBS", f"a remark {number % 7}"))
            lines.append(f"{indent[1]}{_tag('Obs', one)}/>{end}")
            number += 1
        lines.append(f"{indent[0]}</Series>{end}")
        yield "".join(lines)
    yield _TAIL.replace("\n", end)


# ----------------------------------------------------------------------------------------- what is measured


def bare(path: Path) -> int:
    """What an engineer would write first."""
    from xml.parsers import expat

    wanted = tuple(DIMENSIONS)
    seen: set[tuple[tuple[str, ...], str]] = set()
    keys: set[tuple[str, ...]] = set()
    key: tuple[str, ...] = ()
    doubled = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal key, doubled
        if name == "Obs":
            at = (key, attributes["TIME_PERIOD"])
            if at in seen:
                doubled += 1
            seen.add(at)
            float(attributes["OBS_VALUE"])
        elif name == "Series":
            key = tuple([attributes[name] for name in wanted])
            keys.add(key)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with path.open("rb") as stream:
        parser.ParseFile(stream)
    return len(seen)


def empty(path: Path) -> int:
    """Reading XML, and nothing else."""
    from xml.parsers import expat

    parser = expat.ParserCreate()
    with path.open("rb") as stream:
        parser.ParseFile(stream)
    return 0


def ours(path: Path, *, fast: bool) -> Callable[[], int]:
    """All rules of form."""
    from pipeline import validate
    from pipeline.facts import load
    from pipeline.facts.structure_messages import read_structures

    facts = load()
    structures = read_structures([("bench.xml", structure_message())])
    asked = validate.Asked(dt.date(2026, 1, 1), structures)
    if not fast:
        validate._Pass._proven = lambda _: False  # type: ignore[method-assign]

    def run() -> int:
        found = validate.validate([validate.Candidate(path.name, lambda: path.open("rb"))], facts, asked)
        return int(found.files[0]["observations"])

    return run


def xsd(path: Path) -> Callable[[], int]:
    """libxml2 judges the file by the schema generated from the structure."""
    from lxml import etree

    from pipeline.facts.structure_messages import read_structures
    from pipeline.messages import schema

    structure = read_structures([("bench.xml", structure_message())]).structure(None)
    compiled = schema.compile_schema(schema.schema_xml(structure))

    def run() -> int:
        return int(compiled.validate(etree.parse(path, etree.XMLParser(huge_tree=True)))) - 1

    return run


def pysdmx(path: Path) -> Callable[[], int]:
    """pysdmx reads the file into data frames; nothing is judged."""
    from pysdmx.io import read_sdmx

    def run() -> int:
        return sum(len(data.data) for data in read_sdmx(path, validate=False).data)

    return run


def sdmx1(path: Path) -> Callable[[], int]:
    """sdmx1 reads the file into objects; nothing is judged."""
    import contextlib

    import sdmx

    with contextlib.redirect_stdout(io.StringIO()):
        dsd = sdmx.read_sdmx(io.BytesIO(structure_message())).structure["BENCH"]

    def run() -> int:
        with path.open("rb") as stream:
            return sum(len(data.obs) for data in sdmx.read_sdmx(stream, structure=dsd).data)

    return run


MODES: dict[str, Callable[[Path], Callable[[], int]]] = {
    "bare": lambda path: lambda: bare(path),
    "empty": lambda path: lambda: empty(path),
    "validate": lambda path: ours(path, fast=True),
    "explain": lambda path: ours(path, fast=False),
    "xsd": xsd,
    "pysdmx": pysdmx,
    "sdmx1": sdmx1,
}


def one(mode: str, path: Path) -> None:
    """One measurement; runs in a process of its own."""
    import warnings

    warnings.simplefilter("ignore")
    try:
        run = MODES[mode](path)
        start = time.process_time()
        number = run()
    except ImportError as error:
        print(json.dumps({"seconds": None, "why": str(error)}))
        return
    print(json.dumps({"seconds": time.process_time() - start, "observations": number}))


def measured(command: list[str]) -> tuple[float, int, str]:
    """Wall time of a process, its peak memory in MB, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss // 1024, said


def best(mode: str, path: Path, repeat: int = REPEAT) -> tuple[float | None, int]:
    """The shortest time of so many processes, None where a library is not installed; and the highest memory."""
    runs = [measured([sys.executable, __file__, "--one", mode, str(path)]) for _ in range(repeat)]
    seconds = [json.loads(said)["seconds"] for _, _, said in runs]
    return min(seconds) if None not in seconds else None, max(memory for _, memory, _ in runs)


# ------------------------------------------------------------------------------------------------------ the table

CASES = (
    "clean", "one line", "carriage returns", "decimals", "optional", "another order", "any order", "one fault",
    "a fault in every series",
)  # fmt: skip


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        structure = Path(folder) / "structure.xml"
        structure.write_bytes(structure_message())
        for size in sizes:
            table(Path(folder) / "data.xml", size)
        whole(Path(folder) / "data.xml", structure)


def write(path: Path, observations: int, case: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(message(observations, case))


def table(path: Path, size: int) -> None:
    """Every case of one size, each beside the bare loop over the same file."""
    repeat = REPEAT if size <= 1_000_000 else 1
    for case in CASES if size <= 1_000_000 else (CASES[0], CASES[-1]):
        write(path, size, case)
        if case == CASES[0]:
            print(f"{size:,} observations, {path.stat().st_size / 1e6:.1f} MB; × is the bare loop over the same file")
        floor, memory = best("bare", path, repeat)
        print(f"  {case:24} {'bare':9} {floor:7.2f} s  1.00 × {memory:5d} MB", flush=True)
        modes = ["validate"]
        if case == "clean":
            modes += ["explain", "empty", *(["xsd", "pysdmx", "sdmx1"] if size <= SLOW else [])]
        for mode in modes:
            seconds, memory = best(mode, path, repeat)
            if seconds is None or floor is None:
                print(f"  {'':24} {mode:9} is not installed, or not with what it needs")
                continue
            print(f"  {'':24} {mode:9} {seconds:7.2f} s {seconds / floor:5.2f} × {memory:5d} MB", flush=True)


def whole(path: Path, structure: Path) -> None:
    """`ebs validate` of 10,000 observations, from the shell's point of view."""
    write(path, 10_000, "clean")
    command = [sys.executable, "-m", "pipeline", "validate", str(path), "--structure", str(structure)]
    runs = [measured(command) for _ in range(5)]
    print(f"ebs validate, 10,000 observations, whole process: {min(r[0] for r in runs):.2f} s, {runs[0][1]} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main([int(size) for size in sys.argv[1:]] or list(DEFAULT))

"""The shape of every fact file, as pydantic models: an unknown key, a wrong type or a missing value has no way in.

A fact has one shape: identity, value, ``valid_from``/``valid_to`` on the axis that its file names, ``reference``
(where it is stated), ``evidence`` (official, seed, public or inferred) and ``checked`` (when it was last looked up).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import nearest
from pipeline.findings import Group, Rule
from pipeline.period import Period

Evidence = Literal["official", "seed", "public", "inferred"]


def _month(text: str) -> str:
    month = Period.parse(text)
    if month.frequency != "M":
        raise ValueError(f"{text!r} is not a month such as 2024-05")
    return str(month)  # one spelling: months are compared as text


def _month_day(text: str) -> str:
    try:
        day = dt.datetime.strptime(f"2000-{text}", "%Y-%m-%d").date()  # a leap year: 02-29 is a day
    except ValueError:
        day = None
    if day is None or day.isoformat() != f"2000-{text}":
        raise ValueError(f"{text!r} is not a day of a year: write month and day, as in 05-01")
    return text


def _time(text: str) -> str:
    if not re.fullmatch(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f"{text!r} is not a time of day: write hours and minutes, as in 08:45")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


Month = Annotated[str, AfterValidator(_month)]
Pattern = Annotated[str, AfterValidator(_pattern)]
MonthDay = Annotated[str, AfterValidator(_month_day)]
Time = Annotated[str, AfterValidator(_time)]
Code = Annotated[str, Field(min_length=1)]


class Model(BaseModel):
    """Frozen; nothing that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(Model):
    """Something that is so, and how well we know it."""

    reference: str
    evidence: Evidence
    checked: dt.date
    note: str = ""


class Dated(Fact):
    """A fact that holds from one month to another, both included; open where nothing is said."""

    valid_from: Month | None = None
    valid_to: Month | None = None

    def holds(self, month: str) -> bool:
        """Whether it holds in this month (ISO months compare as text)."""
        return (self.valid_from or "") <= month and (self.valid_to is None or month <= self.valid_to)


# --- the regulation -----------------------------------------------------------------------------------------------


class Members(Fact):
    """The positions of one classification that make an aggregate."""

    classification: Code
    codes: tuple[Code, ...]


class Codes(Dated):
    """What a thing is called in transmission and in Eurostat's dissemination tables; axis: reference month."""

    transmission: Code
    dissemination: Code


class Aggregate(Model):
    """One of the regulation's aggregates."""

    id: Code
    name: dict[str, str]
    total: bool = False
    members: tuple[Members, ...]
    code: tuple[Codes, ...]


class Aggregates(Model):
    """aggregates.toml."""

    aggregate: tuple[Aggregate, ...]


class Indicator(Model):
    """What is counted."""

    id: Code
    name: dict[str, str]
    code: tuple[Codes, ...]


class Indicators(Model):
    """indicators.toml."""

    indicator: tuple[Indicator, ...]


class Deadline(Dated):
    """How long after its end a month is due; axis: reference month."""

    days_after_end: int = Field(gt=0)


class QuarterlyDeadline(Dated):
    """How long after its end a quarter is due; axis: the quarter's last month."""

    days_after_end: int = Field(gt=0)


class WorkingDays(Fact):
    """Which days end a period, and where they end: Regulation (EEC, Euratom) No 1182/71, Articles 2 and 3(4).

    ``weekend``: 1 is Monday, 7 is Sunday · ``member_state_holidays``: the public holidays of the Member State that
    sends are no working days either · ``zone``: the day ends at midnight there.
    """

    weekend: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    member_state_holidays: bool
    zone: Code

    @model_validator(mode="after")
    def _some_day_is_left(self) -> WorkingDays:
        if len(set(self.weekend)) == 7:
            raise ValueError("the weekend leaves no working day in the week")
        return self


class BaseYear(Dated):
    """The base year of the index; axis: month of the delivery. It applies to the whole series."""

    year: int


Action = Literal["Append", "Replace"]  # never Delete: a vanished cell is an error, not an order


class DataSet(Fact):
    """A data set of the transmission: its EDAMIS name, what it holds, what its header names."""

    id: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}_[A-Z0-9]{1,7}_[A-Z]$")]
    indicator: Code
    frequency: Literal["M"]
    adjustment: Code
    dataflow: Code
    refers_to: Literal["dataflow", "datastructure"]
    action: Action


class FileName(Fact):
    """How EDAMIS wants a file to be called."""

    pattern: str
    test_prefix: str


class Values(Fact):
    """Components of the data structure that have one value for a whole measure."""

    measure: Literal["count", "index"]
    values: dict[str, str]


class TimeFormat(Fact):
    """The code of the time format of each frequency."""

    codes: dict[str, str]


class Preview(Fact):
    """The index preview: which structure its files name, how many decimals."""

    structure: Code
    action: Action
    decimals: int = Field(ge=0, le=9)
    frequencies: tuple[Literal["M", "Q"], ...]


class DefaultCountry(Fact):
    """The country of a request that names none."""

    id: Code


class Transmission(Model):
    """transmission.toml."""

    default_country: DefaultCountry
    deadline: tuple[Deadline, ...]
    quarterly_deadline: tuple[QuarterlyDeadline, ...]
    working_days: WorkingDays
    base_year: tuple[BaseYear, ...]
    data_set: tuple[DataSet, ...]
    file_name: FileName
    values: tuple[Values, ...]
    time_format: TimeFormat
    preview: Preview


class Roles(Fact):
    """Which component of the data structure has the role; read by meaning, never by name."""

    frequency: Code
    area: Code
    adjustment: Code
    indicator: Code
    aggregate: Code
    base: Code
    status: Code
    confidentiality: Code
    embargo: Code
    pre_break: Code
    comment_observation: Code
    comment_series: Code
    comment_data_set: Code
    transformation: Code
    decimals: Code
    unit_multiplier: Code
    unit: Code
    time_format: Code


class Statuses(Fact):
    """Observation status by meaning, and the order in which one of several is chosen."""

    normal: Code
    provisional: Code
    estimated: Code
    break_: Code = Field(alias="break")
    not_computed: Code
    missing: tuple[Code, ...]
    hierarchy: tuple[Code, ...]

    @model_validator(mode="after")
    def _hierarchy_has_all(self) -> Statuses:
        used = {self.normal, self.provisional, self.estimated, self.break_, self.not_computed, *self.missing}
        if lacking := sorted(used - set(self.hierarchy)):
            raise ValueError(f"hierarchy lacks {', '.join(lacking)}")
        return self


class Confidentialities(Fact):
    """Confidentiality status by meaning, the strongest first."""

    free: Code
    strongest_first: tuple[Code, ...]

    @model_validator(mode="after")
    def _order_has_free(self) -> Confidentialities:
        if self.free not in self.strongest_first:
            raise ValueError(f"strongest_first lacks {self.free}")
        return self


class Concepts(Model):
    """concepts.toml."""

    role: Roles
    status: Statuses
    confidentiality: Confidentialities


def _each_once(ids: list[str]) -> None:
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise ValueError(f"{', '.join(map(repr, twice))} stands there more than once")


class RuleBook(Model):
    """rules.toml; a rule without a group stands outside all of them."""

    group: tuple[Group, ...] = ()
    rule: tuple[Rule, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> RuleBook:
        _each_once([rule.id for rule in self.rule])
        _each_once([group.id for group in self.group])
        return self

    @model_validator(mode="after")
    def _groups_are_there(self) -> RuleBook:
        known = {group.id for group in self.group}
        for rule in self.rule:
            if rule.group and rule.group not in known:
                raise ValueError(f"rule {rule.id}: {rule.group!r} is no group{nearest(rule.group, known) or '.'}")
        return self


# --- classifications and structures -------------------------------------------------------------------------------


class ClassificationEntry(Fact):
    """One file under codelists/nace. ``names``: its name in other languages."""

    id: Code
    name: str
    names: dict[str, str] = {}
    file: str
    in_force: bool


class ClassificationIndex(Model):
    """nace/index.toml."""

    classification: tuple[ClassificationEntry, ...]


class StructureEntry(Fact):
    """One artefact of dsd/index.toml; axis of ``valid_from``: date of sending."""

    kind: Literal[
        "data structure", "dataflow", "constraint", "metadata structure", "metadataflow", "provision agreement"
    ]
    id: Code
    files: tuple[str, ...]
    sha256: dict[str, str] = {}
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    origin: str


class StructureIndex(Model):
    """dsd/index.toml."""

    structure: tuple[StructureEntry, ...]


# --- the metadata report ------------------------------------------------------------------------------------------


class ReportStructure(Fact):
    """Which metadata structure the report follows, and what its message names: the metadataflow or the agreement."""

    structure: Code
    flow: Code
    refers_to: Literal["metadataflow", "provision agreement"]


class ReportRoles(Fact):
    """Which concept of the metadata structure has the role; read by meaning, never by name."""

    certified: Code
    posted: Code
    updated: Code


class Restriction(Fact):
    """How a structure or a message marks what is not to be published: the type of an annotation."""

    annotation: Code


class ShortVersion(Fact):
    """The concepts that the short form of the page shows."""

    concepts: tuple[Code, ...]


class LegalAct(Fact):
    """A legal act on which the data rest."""

    id: Code
    name: dict[str, str]
    link: str


class MetadataRules(Model):
    """metadata.toml."""

    report: ReportStructure
    role: ReportRoles
    restriction: Restriction
    short: ShortVersion
    legal_act: tuple[LegalAct, ...]


class Statement(Model):
    """How a text says something that is a fact, so that it can be compared with the fact.

    ``pattern``: a regular expression, read without regard to case, whose group ``value`` is what the text says (``name``:
    of which aggregate) · ``unless``: another one; a sentence in which it matches speaks of something else (of the past, as
    a rule) · ``fact``: what it is compared with, a name that ``checks/statements.py`` knows · ``of``: the indicator that it
    is about, where there is one for each; any of them when empty · ``words``: numbers that the text says in words.
    """

    fact: Code
    pattern: Pattern
    unless: Pattern = ""
    of: str = ""
    words: dict[str, int] = {}

    @model_validator(mode="after")
    def _says_a_value(self) -> Statement:
        if "value" not in re.compile(self.pattern).groupindex:
            raise ValueError("pattern has no group (?P<value>…): what does the text say?")
        return self


class Topic(Model):
    """Something of which one section may say that it is so and another that it is not.

    Regular expressions, read without regard to case, within one sentence: what it is about, what affirms, what denies;
    ``unless``: a sentence that speaks of something else · ``goes_on``: how a sentence begins that goes on about what the
    one before it is about (They have been …).
    """

    id: Code
    about: Pattern
    affirms: Pattern
    denies: Pattern
    unless: Pattern = ""
    goes_on: Pattern = ""


class Language(Model):
    """One language: how dates, numbers and lists are written in it, and the phrases of report and page.

    ``phrases`` of the values, ``page``: the words of the page; each is used by name, with the values that stand in it in
    braces · ``date``, ``month``, ``time``: the same for a day ({day}, {month}, {year}), a month, an hour ({hour},
    {minute}) · ``first_day``: how the first day of a month is written, where it is not 1 · ``join``, ``last_join``:
    between the items of a list · ``vocabulary``: the report's own words, whose misspellings are found · ``neighbours``:
    other words that are almost one of these, and right · ``endings``: how words change: what is added (``s``), or takes
    the place of what (``y/ies``) · ``personal``: patterns of what gives
    a person away, beside addresses and telephone numbers; here capitals count · ``statement``, ``topic``: what the linter
    looks for.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    name: str
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]
    date: str
    first_day: str = ""
    month: str
    time: str
    decimal: Annotated[str, Field(min_length=1, max_length=1)]
    thousands: Annotated[str, Field(max_length=1)]
    join: str
    last_join: str
    ordinals: tuple[str, ...]
    phrases: dict[str, str]
    page: dict[str, str] = {}
    vocabulary: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    personal: tuple[Pattern, ...] = ()
    statement: tuple[Statement, ...] = ()
    topic: tuple[Topic, ...] = ()


class Related(Model):
    """Metadata that are related to a report's, by name and address."""

    name: dict[str, str]
    link: Annotated[str, Field(pattern=r"^https?://")]


class CountryReport(Fact):
    """What a country's metadata report is called and when it was certified; its text is esms.md beside country.toml.

    ``language``: that of esms.md; other languages are esms.<language>.md · ``certified``, ``posted``: as the receiver knows
    it · ``updated``: when its text was last changed · ``targets``: URNs of what it describes; the dataflows of the
    regulation's data sets when empty.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_\-]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){1,2}$")]
    title: dict[str, str]
    agency: dict[str, str]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    provision: Code | None = None
    certified: dt.date | None = None
    posted: dt.date | None = None
    updated: dt.date
    targets: tuple[Annotated[str, Field(pattern=r"^urn:sdmx:org\.sdmx\.infomodel\.\S+=\S+$")], ...] = ()
    related: tuple[Related, ...] = ()


# --- a country ----------------------------------------------------------------------------------------------------


class Organisation(Fact):
    """A sender or receiver in the header of a message."""

    id: Code
    name: str


class Area(Fact):
    """A territory that a national file can name; ``whole``: everything the indicator covers, in one.

    ``names``: its name in other languages.
    """

    id: Code
    name: str
    names: dict[str, str] = {}
    whole: bool = False


class Revision(Dated):
    """How many publications a value stays provisional; axis: month of the delivery.

    ``definitive_percent``: by how much a value that is definitive may still be revised before it is a warning.
    """

    provisional_publications: int = Field(ge=0)
    definitive_percent: float = Field(default=0, ge=0, allow_inf_nan=False)


class Release(Dated):
    """When the national figures of a month are published; axis: reference month.

    ``days_after_end``: so many days after the month's end, ``approximate``: about so many · ``dates``: the days that
    are known, by month; they win · ``time`` and ``zone``: when, until then the figures are under embargo.
    """

    days_after_end: int = Field(ge=0)
    approximate: bool = False
    time: Time | None = None
    zone: Code | None = None
    dates: dict[Month, dt.date] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> Release:
        if (self.time is None) != (self.zone is None):
            raise ValueError("time and zone go together: without its zone a time is no instant")
        for month, day in self.dates.items():
            if not self.holds(month):
                raise ValueError(f"dates has {month}, which lies outside valid_from and valid_to")
            if day <= Period.parse(month).last_day:
                raise ValueError(f"dates says {day.isoformat()} for {month}, before the month is over")
        return self


class CountryIndicator(Fact):
    """What the country says about one indicator; axis of its revision policy: month of the delivery."""

    id: Code
    producer: str
    territory: tuple[Code, ...]
    first_period: Month
    accepted_from: Month
    revision: tuple[Revision, ...]
    release: tuple[Release, ...] = ()
    confidentiality: Code | None = None  # the status of all its values, where the country says so


class Caution(Fact):
    """A text that goes with a series: read it before you compare. ``texts``: the same in other languages."""

    indicator: Code
    text: str
    texts: dict[str, str] = {}


class Break(Fact):
    """A declared break: the first period of the new series."""

    indicator: Code
    period: Month
    aggregates: tuple[Code, ...] = ()  # empty: all


class Holiday(Fact):
    """A public holiday of the country, from one day to another, both included; open where nothing is said.

    It is the same day of each year (``month_day``), or so many days after Easter Sunday of the western churches
    (``easter``) or of the eastern ones (``orthodox_easter``), or the days of a list (``dates``).
    """

    id: Code
    name: dict[str, str]
    month_day: MonthDay | None = None
    easter: Annotated[int, Field(ge=-70, le=70)] | None = None
    orthodox_easter: Annotated[int, Field(ge=-70, le=70)] | None = None
    dates: tuple[dt.date, ...] = ()
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    @model_validator(mode="after")
    def _is_one_day(self) -> Holiday:
        said = [self.month_day, self.easter, self.orthodox_easter, self.dates or None]
        if sum(one is not None for one in said) != 1:
            raise ValueError("give one of month_day, easter, orthodox_easter and dates: which day is it?")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        for day in self.dates:
            if (self.valid_from and day < self.valid_from) or (self.valid_to and self.valid_to < day):
                raise ValueError(f"dates has {day}, which lies outside valid_from and valid_to")
        return self


class Weights(Fact):
    """A file of weights for the index: stratum, the positions it covers, the weight.

    ``units``: the unit in other languages.
    """

    file: str
    base_year: int
    year: int
    unit: str
    units: dict[str, str] = {}
    classification: Code
    status: Literal["official", "illustrative"]
    source: str


class Country(Fact):
    """country.toml."""

    id: Code
    name: dict[str, str]
    ref_area: Code
    edamis: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    sender: Organisation
    receiver: Organisation
    area: tuple[Area, ...]
    indicator: tuple[CountryIndicator, ...]
    caution: tuple[Caution, ...] = ()
    break_: tuple[Break, ...] = Field(default=(), alias="break")
    holiday: tuple[Holiday, ...] = ()
    weights: tuple[Weights, ...] = ()
    report: CountryReport | None = None


Kind = Literal["total", "micro", "other"]


class Columns(Model):
    """The names of the columns in the header row; only those that are there."""

    activity: str = ""
    period: str = ""
    value: str = ""
    area: str = ""
    kind: str = ""
    status: str = ""
    confidentiality: str = ""


class Control(Model):
    """Rows that stand beside their parts: read, checked, never added."""

    activity: tuple[str, ...] = ()
    kind: tuple[Kind, ...] = ()
    area: tuple[str, ...] = ()


class Layout(Model):
    """How one national file is laid out: everything a reader must know, nothing it must guess."""

    id: Code
    indicator: Code
    format: Literal["csv", "xlsx"]
    shape: Literal["long", "months across", "activities across"]
    classification: Code
    levels: tuple[Code, ...]
    columns: Columns
    periods: tuple[Literal["YYYY-MM", "MM/YYYY", "MMM-YY", "date", "serial"], ...]
    month_names: tuple[tuple[str, ...], ...] = ()
    absent_rows: Literal["zero", "missing"]
    encoding: str = "utf-8"
    separator: str = ";"
    decimal: Literal[",", "."] = ","
    thousands: tuple[str, ...] = ()
    sheet: str = ""
    header_row: int = Field(default=1, ge=1)
    kind: Kind = "total"  # of every cell where the file has no such column
    area: str = ""  # of every cell where the file has no such column
    kinds: dict[str, Kind] = {}
    areas: dict[str, str] = {}
    statuses: dict[str, str] = {}
    confidentialities: dict[str, str] = {}
    not_available: tuple[str, ...] = ()
    add_kinds: tuple[Kind, ...] = ("total",)
    control: Control = Control()
    ceiling: int = Field(default=999_999, gt=0)

    @model_validator(mode="after")
    def _columns_fit_the_shape(self) -> Layout:
        c = self.columns
        need = {
            "long": {"activity": c.activity, "period": c.period, "value": c.value},
            "months across": {"activity": c.activity},
            "activities across": {"period": c.period},
        }[self.shape]
        missing = [name for name, column in need.items() if not column]
        if missing:
            raise ValueError(f"shape {self.shape!r} needs columns.{', columns.'.join(missing)}")
        if "MMM-YY" in self.periods and len(self.month_names) != 12:
            raise ValueError("periods 'MMM-YY' needs month_names: twelve lists, January first")
        if not c.area and not self.area:
            raise ValueError("name columns.area, or area: which territory the cells are for")
        if set(self.add_kinds) & set(self.control.kind):
            raise ValueError("a kind is either added or a control, not both")
        if self.format == "xlsx" and not self.sheet:
            raise ValueError("an xlsx layout names its sheet")
        return self

    @model_validator(mode="after")
    def _marks_are_told_apart(self) -> Layout:
        if len(self.separator) != 1 or self.separator in '"\r\n':
            raise ValueError(f"separator {self.separator!r} is not one character between cells, such as ';'")
        if self.decimal in self.thousands:
            raise ValueError(f"{self.decimal!r} is the decimal mark and cannot be among the thousands separators")
        return self


class Sources(Model):
    """sources.toml."""

    layout: tuple[Layout, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Sources:
        _each_once([layout.id for layout in self.layout])
        return self


class DeliveryFile(Model):
    """A file of a delivery and the layout that it has."""

    path: str
    layout: Code


class DeliveryRequest(Model):
    """delivery.toml in the folder of inputs: what a request may say instead of options."""

    country: Code | None = None
    month: Month | None = None
    prepared: dt.datetime | None = None
    file: tuple[DeliveryFile, ...] = ()

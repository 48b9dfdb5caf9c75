"""Proof instead of explanation: whether a whole series is plainly right, asked of the judge that explains."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.checks import cells as cell_rules
from pipeline.checks.data_set import DataSetForm, Series, Tail
from pipeline.events import Cells, Spot

_NOWHERE: Spot = (0, 0)
_RUNS = 4 << 20  # characters of runs of periods that are remembered


class Prover:
    """Answers for a judge whether a series is plainly right, and counts it; every question is the judge's own.

    What is wrong with a series itself (its key, its attributes, a gap) the judge says, as ever; with its observations,
    the answer is no.
    """

    def __init__(self, form: DataSetForm) -> None:
        self.form = form
        self.period, self.measure, self.number = form.layout.in_cell, form.measure, form.plain_number
        self._on = (form.meaning.frequency, form.meaning.time_format, *(c.id for c in form._dated))
        self._runs: dict[object, set[str]] = {}  # periods of series that are in order, by what they depend on
        self._size = 0

    def tail(self, cells: Cells) -> Tail | None:
        """The verdict on the cells of an observation besides period and value; None when something is wrong with them."""
        rest = tuple(cells.items())
        tail = self.form._tails.get(rest) or self.form._tail(rest, cells, within=True)
        return None if tail.findings else tail

    def series(self, cells: Cells, periods: Sequence[str], values: Sequence[str], tails: Sequence[Tail]) -> bool:
        """Accept a series with its observations; ``values`` of those that have one, ``tails`` that occur among them."""
        form = self.form
        series = Series((), cells, _NOWHERE, True)
        form._contexts(series, ())
        if not (self._in_order(series, periods) and self._right(series, values, tails)):
            return False
        form.series(cells, lambda _: _NOWHERE)
        form.series_ = None
        form.observation_count += len(periods)
        return True

    def _in_order(self, series: Series, texts: Sequence[str]) -> bool:
        """Each period right, once, none missing, and valid with the codes of the series: once for each run of periods."""
        run = "<".join(texts)  # no value holds it
        known = self._runs.setdefault(tuple([series.cells.get(name, "") for name in self._on]), set())
        if run in known:
            return True
        for text in texts:
            period = series.periods.get(text) or self.form._period(series, text)
            if period.findings or period.ident in series.seen:
                return False
            series.seen[period.ident] = (_NOWHERE, None)
            for component, code in series.code_dates if period.moment is not None else ():
                if cell_rules.retired(component, code, period.moment.first, period.moment.last):  # type: ignore[union-attr]
                    return False
        self.form._close(series)
        self._size += len(run)
        if self._size > _RUNS:
            self._runs, self._size = {}, 0
        else:
            known.add(run)
        return True

    def _right(self, series: Series, values: Sequence[str], tails: Sequence[Tail]) -> bool:
        """Each value right, with no more decimals than are declared."""
        form = self.form
        if form._fast is None:
            there = [tail for tail in tails if not tail.missing]
            return not any(
                any(True for _ in form._value(value, tail, series, excused=False))
                for value in set(values)
                for tail in there
            )
        together = "<".join(values)
        declared = {tail.decimals or series.decimals for tail in tails}
        return "." not in together or not any(form._too_long(together, code) for code in declared)

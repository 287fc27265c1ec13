"""Scores many filled forms at once, as columns of numbers: the same answers as `score`, written a second way.

Only this module of the room needs NumPy, and only whoever scores cohorts imports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from euthymia.care.instruments.instrument import (
    BandSet,
    Bound,
    Criterion,
    Cut,
    Instrument,
    Item,
    MissingRule,
    Subscale,
    Take,
)
from euthymia.care.instruments.score import TOLD, UNKNOWN_SEX, band_set_of, form_of, missing_rule_of, sex_of
from euthymia.errors import InstrumentError

Yes = NDArray[np.bool_]
Whole = NDArray[np.int64]
Code = NDArray[np.int8]
# In every `Code`: nothing was found, or it cannot be told.
UNTOLD = -1


@dataclass(frozen=True, slots=True)
class ManyScores:
    """The scores of many forms, one row each.

    total, subscales: masked where they cannot be given. band, level: an index into band_names and level_names, -1 where
    there is none; without level_final an unanswered question could raise it. criteria: 1 met, 0 not met, -1 cannot be
    told. missing, flags, cuts, cuts_not_judged: name → yes or no in each row. filled: the missing rule was used.
    """

    instrument: str
    version: str
    variant: str
    total: Any
    subscales: Mapping[str, Any]
    band_set: str
    band_names: tuple[str, ...]
    band: Code
    level_names: tuple[str, ...]
    level: Code
    level_final: Yes
    missing: Mapping[str, Yes]
    flags: Mapping[str, Yes]
    cuts: Mapping[str, Yes]
    cuts_not_judged: Mapping[str, Yes]
    criteria: Mapping[str, Code]
    filled: Yes


@dataclass(frozen=True, slots=True)
class _Forms:
    """Answers by item: the value (0 where there is none), whether it is there, and whether the item was left out."""

    form: Instrument
    rows: int
    value: Mapping[str, Whole]
    given: Mapping[str, Yes]
    left_out: Mapping[str, Yes]

    def points(self, item: Item) -> Whole:
        """What each answer adds; 0 where there is none."""
        table = {value: item.points(value) for value in item.values}
        value = self.value[item.id]
        if all(value == added for value, added in table.items()):
            return value
        first = min(table)
        added = np.array([table.get(first + step, 0) for step in range(max(table) - first + 1)])
        return np.where(self.given[item.id], added[np.maximum(value - first, 0)], 0)


def score_many(
    instrument: Instrument, answers: Mapping[str, ArrayLike] | ArrayLike, context: Mapping[str, Any] | None = None
) -> ManyScores:
    """The scores of many forms: columns by item id, or a table with one column for each item that is needed, in order.

    Not answered is NaN, None or a masked entry; a column that is absent is answered by nobody. context: as in `score`,
    where `sex` may be a column too. Refuses what `score` refuses, with the first row it is in: `answers.3[17]`.
    """
    chosen = dict(context or {})
    sex = chosen.pop("sex", None)
    form = form_of(instrument, chosen)
    bands, rule = band_set_of(form, chosen), missing_rule_of(form, chosen)
    forms = _read(form, answers)
    told = _sexes(sex, forms.rows)
    missing = _missing(forms)
    lacks = np.zeros(forms.rows, np.int64)
    for one in missing.values():
        lacks += one
    filled = _may_fill(forms, rule, missing, lacks)
    complete = (lacks == 0) | filled
    subscales = {part.name: _subscale(forms, part, missing) for part in form.subscales}
    total = _total(forms, subscales, lacks, filled)
    judged = complete & ~filled
    return ManyScores(
        instrument=form.id,
        version=form.version,
        variant=form.variants[0].name,
        total=np.ma.masked_array(total, mask=~complete if form.has_total else np.ones(forms.rows, bool)),
        subscales=subscales,
        band_set=bands.name if bands else "",
        band_names=tuple(band.name for band in bands.bands) if bands else (),
        band=_band(bands, total, complete),
        level_names=(*(level.name for level in form.levels), form.no_level) if form.levels else (),
        level=_level(forms, lacks),
        level_final=_final(forms, lacks),
        missing=missing,
        flags=_flags(forms),
        cuts={cut.name: judged & _reached(cut, total) & _for(cut, told) for cut in form.cuts},
        cuts_not_judged={cut.name: judged & (told == UNKNOWN_SEX) for cut in form.cuts if cut.sex},
        criteria={criterion.name: _criterion(forms, criterion) for criterion in form.criteria},
        filled=filled,
    )


def _read(form: Instrument, answers: Mapping[str, ArrayLike] | ArrayLike) -> _Forms:
    columns = dict(answers) if isinstance(answers, Mapping) else _columns(form, answers)
    known = {item.id: item for item in form.items}
    for name in columns:
        if name not in known:
            says = f"{form.title} has no such item: {', '.join(known)}."
            raise InstrumentError("unknown_item", f"answers.{name}", says)
    read = {name: _column(known[name], column) for name, column in columns.items()}
    lengths = {len(value) for value, _ in read.values()}
    if len(lengths) > 1:
        raise InstrumentError("different_lengths", "answers", "Every column needs one entry for each form.")
    rows = lengths.pop() if lengths else 0
    nothing = (np.zeros(rows, np.int64), np.zeros(rows, bool))
    value = {name: read.get(name, nothing)[0] for name in known}
    given = {name: read.get(name, nothing)[1] for name in known}
    forms = _Forms(form, rows, value, given, _left_out(form, rows, value, given))
    _refuse_unasked(forms)
    return forms


def _columns(form: Instrument, table: ArrayLike) -> dict[str, ArrayLike]:
    cells: Any = np.ma.asanyarray(table)
    names = [item.id for item in form.needed_items]
    if cells.ndim != 2 or cells.shape[1] != len(names):
        raise InstrumentError("wrong_shape", "answers", f"Give one column each for the items {', '.join(names)}.")
    return {name: cells[:, place] for place, name in enumerate(names)}


def _column(item: Item, column: ArrayLike) -> tuple[Whole, Yes]:
    """Values and whether they are there; refuses what is none of the answers."""
    cells: Any = np.ma.asanyarray(column)
    hidden = np.ma.getmaskarray(cells)
    plain: NDArray[Any] = np.asarray(np.ma.getdata(cells))
    if plain.dtype == object:
        blank = np.array([one is None for one in plain], bool)
        odd = np.array([isinstance(one, bool | np.bool_ | str) for one in plain], bool)
        _refuse(item, plain, odd & ~hidden)
        hidden, plain = hidden | blank, np.where(blank | hidden, 0, plain).astype(float)
    if plain.ndim != 1 or plain.dtype.kind not in "iuf":
        raise InstrumentError("wrong_shape", f"answers.{item.id}", "Give one column of whole numbers.")
    given = ~hidden
    if plain.dtype.kind == "f":
        given &= ~np.isnan(plain)
    shown = np.where(given, plain, item.values[0])
    _refuse(item, shown, ~np.isin(shown, item.values))
    return np.where(given, plain, 0).astype(np.int64), given


def _refuse(item: Item, cells: NDArray[Any], wrong: Yes) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        says = f"{cells[row]!s} is not an answer here. Give one of {', '.join(map(str, item.values))}."
        raise InstrumentError("answer_out_of_range", f"answers.{item.id}[{row}]", says)


def _left_out(form: Instrument, rows: int, value: Mapping[str, Whole], given: Mapping[str, Yes]) -> dict[str, Yes]:
    left = {}
    for item in form.items:
        out = np.full(rows, bool(item.ask_when))
        for condition in item.ask_when:
            out &= given[condition.item] & ~np.isin(value[condition.item], condition.values)
        left[item.id] = out
    return left


def _refuse_unasked(forms: _Forms) -> None:
    for item in forms.form.items if forms.form.has_total else ():
        wrong = forms.left_out[item.id] & (forms.points(item) != 0) if item.ask_when else np.zeros(0, bool)
        if wrong.any():
            says = "After the other answers this is not asked, and yet it is answered. Check both answers."
            raise InstrumentError("not_asked", f"answers.{item.id}[{int(np.argmax(wrong))}]", says)


def _missing(forms: _Forms) -> dict[str, Yes]:
    missing = {}
    for item in forms.form.needed_items:
        absent = ~forms.given[item.id] & ~forms.left_out[item.id]
        for group in forms.form.alternatives:
            for other in group if item.id in group else ():
                absent &= ~forms.given[other]
        missing[item.id] = absent
    return missing


def _may_fill(forms: _Forms, rule: MissingRule | None, missing: Mapping[str, Yes], lacks: Whole) -> Yes:
    if rule is None:
        return np.zeros(forms.rows, bool)
    may = (lacks > 0) & (lacks <= rule.at_most)
    for flag in forms.form.flags:
        if flag.when_blank and flag.item in missing:
            may &= ~missing[flag.item]
    return may


def _subscale(forms: _Forms, part: Subscale, missing: Mapping[str, Yes]) -> Any:
    points = np.stack([forms.points(forms.form.item(item)) for item in part.items])
    incomplete = np.zeros(forms.rows, bool)
    for item in part.items:
        incomplete |= missing.get(item, False)
    return np.ma.masked_array(points.max(axis=0) if part.take is Take.HIGHEST else points.sum(axis=0), mask=incomplete)


def _total(forms: _Forms, subscales: Mapping[str, Any], lacks: Whole, filled: Yes) -> NDArray[np.float64]:
    form = forms.form
    parts = [np.ma.getdata(subscales[part.name]) for part in form.subscales if part.in_total]
    points = np.zeros(forms.rows, np.float64)
    for added in parts or [forms.points(item) for item in form.scored_items]:
        points += added
    if filled.any():
        answered = np.maximum(len(form.scored_items) - lacks, 1)
        points = np.where(filled, np.floor(points * (answered + lacks) / answered + 0.5), points)
    return points * form.factor


def _band(bands: BandSet | None, total: NDArray[np.float64], complete: Yes) -> Code:
    if bands is None:
        return np.full(len(total), UNTOLD, np.int8)
    place = np.searchsorted([band.low for band in bands.bands], total, side="right") - 1
    return np.where(complete, place, UNTOLD).astype(np.int8)


def _level(forms: _Forms, lacks: Whole) -> Code:
    found = np.where(lacks == 0, len(forms.form.levels), UNTOLD) if forms.form.levels else np.full(forms.rows, UNTOLD)
    for place, reached in reversed(list(enumerate(_reached_levels(forms)))):
        found = np.where(reached, place, found)
    return found.astype(np.int8)


def _final(forms: _Forms, lacks: Whole) -> Yes:
    if not forms.form.levels:
        return np.zeros(forms.rows, bool)
    final: Yes = (lacks == 0) | next(_reached_levels(forms))
    return final


def _reached_levels(forms: _Forms) -> Iterator[Yes]:
    for level in forms.form.levels:
        reached = np.zeros(forms.rows, bool)
        for one in level.any_of:
            reached |= forms.given[one.item] & np.isin(forms.value[one.item], one.values)
        yield reached


def _flags(forms: _Forms) -> dict[str, Yes]:
    raised: dict[str, Yes] = {}
    for flag in forms.form.flags:
        given = forms.given[flag.item]
        seen = raised.setdefault(flag.name, np.zeros(forms.rows, bool))
        seen |= given & (forms.value[flag.item] >= flag.at_least)
        if flag.when_blank:
            blank = raised.setdefault(flag.when_blank, np.zeros(forms.rows, bool))
            blank |= ~given
    return raised


def _reached(cut: Cut, total: NDArray[np.float64]) -> Yes:
    reached: Yes = total >= cut.limit if cut.bound is Bound.AT_LEAST else total <= cut.limit
    return reached


def _for(cut: Cut, told: NDArray[Any]) -> Yes:
    theirs: Yes = np.isin(told, cut.sex) if cut.sex else np.ones(len(told), bool)
    return theirs


def _sexes(sex: Any, rows: int) -> NDArray[Any]:
    """The sex of each form, unknown where it is not told."""
    told = np.asarray(UNKNOWN_SEX if sex is None else sex, dtype=object)
    if told.ndim == 0:
        return np.full(rows, sex_of({"sex": told.item()}))
    if told.shape != (rows,):
        raise InstrumentError("different_lengths", "context.sex", "Give one sex, or one for each form.")
    named = np.array([UNKNOWN_SEX if one is None else str(one) for one in told])
    wrong = ~np.isin(named, TOLD)
    if wrong.any():
        place = f"context.sex[{int(np.argmax(wrong))}]"
        raise InstrumentError("unknown_sex", place, f"Give one of {', '.join(TOLD)}.")
    return named


def _criterion(forms: _Forms, criterion: Criterion) -> Code:
    met = np.ones(forms.rows, np.int8)
    for need in criterion.requirements:
        least, most = np.zeros(forms.rows, np.int64), np.zeros(forms.rows, np.int64)
        for item in need.items:
            counts = forms.given[item] & (forms.value[item] >= need.exceptions.get(item, need.at_least))
            least += counts
            most += counts | (~forms.given[item] & ~forms.left_out[item])
        top = len(need.items) if need.count_to is None else need.count_to
        fails = (most < need.count_from) | (least > top)
        holds = (least >= need.count_from) & (most <= top)
        # A requirement that fails decides; one that is open leaves it open.
        met = np.where(fails | (met == 0), 0, np.where(holds, met, UNTOLD)).astype(np.int8)
    return met

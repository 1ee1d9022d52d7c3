"""From pairs of unchanged skin to the repeatability that intervals rest on."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from poremetrics.change import (
    HEADLINE,
    SECONDARY,
    Kind,
    Reading,
    Repeatability,
    Response,
    Share,
    Shown,
    default_repeatability,
    default_response,
    share_shape,
    shown,
)
from poremetrics.change.repeatability import SIZE, Condition
from poremetrics.settings.change import ChangeSettings

FLOOR = 0.010
"""Smallest wSD, a repeatability coefficient of 2.8 %: cameras with the head in a rig repeat pores
within 2 to 4 %, and no number of rendered pairs shows that ordinary photos do better."""
COMMAND = "python -m poremetrics.validate.defaults"
"""What makes the figures of the package."""
SKIN = "skin"
"""Origin of pairs of rendered skin that is flat."""
CONDITIONS = ("blur_error", "coarse", "gain", "sampling")
"""Conditions of a pair that the wSD is fitted to; see :class:`poremetrics.change.shown.Shown`. Lost
texture correlation is none of them: a treatment that changes pores takes correlation with it, and
no error may grow with the change that is looked for. The error of sampling does, but it counts
anyway; here it may count for more."""
FOLLOWED = {
    "relative_blur": "relative_blur_px",
    "same_skin": "correlation",
    "light": "gain_log",
    "resolution": "pore_px",
}
"""Checks that tell those conditions, and the columns they are kept in."""
_FEWEST_PAIRS = 40  # below, one odd pair decides what a condition or a slope seems to be
_ROUNDS = 30  # of the weighted fit; it settles within ten
_TAIL = 0.02  # share of pairs: about where a family of tests draws its line, and still countable
_RAISES = np.geomspace(1.0, 6.0, 60) - 1.0  # of the variance, by which it is raised
_DIGITS = 5
_RESPONSE_DIGITS = 3
_LEAST_EIGENVALUE = 1e-9  # of the largest
_LEAST_POWER = 0.1  # of the power read: below, the pairs show noise, not change
_REFUSED = "not comparable"

FloatArray = npt.NDArray[np.float64]


def recorded(changes: pd.DataFrame, quality: pd.DataFrame) -> dict[str, object]:
    """Return what the calibrations need to know of one region of a pair, as one row.

    Parameters
    ----------
    changes, quality : DataFrame
        Columns of :data:`poremetrics.columns.CHANGES` and ``QUALITY``, of that region.
    """
    row: dict[str, object] = {}
    for one in changes.to_dict("records"):
        # Where no skin was found in common there is no scale either, and names end in _px.
        name = str(one["metric"]).replace("_px", "_um").replace("density_mpx", "density_cm2")
        row |= {f"{name}_{column}": one[column] for column in ("sampling_sd", "follows_size")}
        row[f"{name}_pct"] = one["change_pct"]
        if name == SIZE:
            row |= {column: one[column] for column in ("signal", "blur_sd_px2", "blurred")}
        if one["verdict"]:
            row |= {
                f"{name}_low_pct": one["ci_low_pct"],
                f"{name}_high_pct": one["ci_high_pct"],
                f"{name}_verdict": one["verdict"],
            }
    measured = quality.drop_duplicates("check").set_index("check")["value"]
    return row | {
        column: float(measured[check]) for check, column in FOLLOWED.items() if check in measured
    }


def calibrate(pairs: pd.DataFrame) -> Repeatability:
    """Return the repeatability that pairs of unchanged skin show.

    Two photos of a pair differ by sqrt(2) wSD besides sampling. So half of the squared log ratio
    less its sampling variance is wSD^2 on average, and ``wSD^2 = a^2 + (b * condition)^2 + ...``
    with a term for each of :data:`CONDITIONS`. None is negative, so worse conditions never promise
    more. The terms of size are fitted first; the other measures are told apart from what they take
    over from it, each pair by how its own counts follow a shared change. Where more pairs lie far
    out than normal errors allow, the terms of that measure are raised until they do not.

    Parameters
    ----------
    pairs : DataFrame
        Rows of :func:`recorded`; those of kind ``unchanged`` are used, where the tool called them
        comparable. ``origin``, if there, tells kinds of photos apart: the tail has to hold for
        each.

    Returns
    -------
    Repeatability
        A measure with fewer than 40 usable pairs keeps the figures that are in the package.
    """
    present = default_repeatability()
    nulls = pairs[pairs["kind"].eq("unchanged")].reset_index(drop=True)
    figures = _figures(nulls)
    names = [SIZE, *(one.name for one in (*HEADLINE, *SECONDARY) if one.name != SIZE)]
    wsd = dict(present.wsd_log)
    terms = {
        name: dict(present.conditions[name].wsd_log) if name in present.conditions else {}
        for name in CONDITIONS
    }
    origin = nulls.get("origin", pd.Series("", index=nulls.index)).to_numpy(str)
    size_square = np.zeros(len(nulls))
    stretch = np.array([one.stretch for one in _shown(nulls)])
    used = np.zeros(len(nulls), dtype=bool)
    for name in names:
        log_ratio = _log_ratio(nulls, name)
        usable = np.isfinite(log_ratio) & np.isfinite(figures).all(axis=1)
        used |= usable
        if int(usable.sum()) < _FEWEST_PAIRS:
            continue
        follows = _numbers(nulls, f"{name}_follows_size", 0.0) if name != SIZE else 0.0
        known = _numbers(nulls, f"{name}_sampling_sd", 0.0) ** 2 / 2.0 + follows**2 * size_square
        design = np.column_stack((np.ones(len(nulls)), figures**2))
        if name == SIZE:
            design *= stretch[:, None] ** 2
        squares = _safe(log_ratio[usable] ** 2 / 2.0, known[usable], design[usable], origin[usable])
        if name == SIZE:
            size_square = design @ squares
        wsd[name], *added = np.round(np.sqrt(squares), _DIGITS).tolist()
        for condition, one in zip(CONDITIONS, added, strict=True):
            terms[condition][name] = one
    pairs_used = int(used.sum())
    source = f"`{COMMAND}`: {pairs_used} regions of pairs of photos of unchanged skin"
    if pairs_used < _FEWEST_PAIRS:
        return present.model_copy(update={"source": source, "pairs": pairs_used})
    return Repeatability(
        source=source,
        pairs=pairs_used,
        wsd_log=wsd,
        conditions={
            name: Condition(
                low=round(float(seen.min()), _DIGITS),
                high=round(float(seen.max()), _DIGITS),
                wsd_log=terms[name],
            )
            for name, seen in zip(CONDITIONS, figures[used].T, strict=True)
        },
        apart_from_size=True,
        floor=FLOOR,
    )


def _shown(pairs: pd.DataFrame) -> list[Shown]:
    """Return the conditions that every pair showed."""
    pore_px = ChangeSettings().visible_diameter_px  # stands in where no scale is known
    columns = (
        _numbers(pairs, column, otherwise)
        for column, otherwise in (
            ("relative_blur_px", 0.0),
            ("pore_px", pore_px),
            ("correlation", 1.0),
            ("gain_log", 0.0),
            ("blur_sd_px2", 0.0),
        )
    )
    stretch = _stretch(pairs)
    sampling = _numbers(pairs, f"{SIZE}_sampling_sd", 0.0)
    return [shown(*one) for one in zip(*columns, stretch, sampling, strict=True)]


def _stretch(pairs: pd.DataFrame) -> FloatArray:
    """Return by how much the package has stretched the change of size of every pair."""
    reading = default_response().reading
    return np.array([reading.stretch(one) for one in _numbers(pairs, "signal", math.nan)])


def _figures(pairs: pd.DataFrame) -> FloatArray:
    """Return (N, K) conditions."""
    found = [[one.figures()[name] for name in CONDITIONS] for one in _shown(pairs)]
    return np.array(found, dtype=np.float64).reshape(-1, len(CONDITIONS))


def _fitted(square: FloatArray, known: FloatArray, design: FloatArray) -> FloatArray:
    """Return the squared terms that explain squares of normal variables beyond a known variance.

    The spread of such a square goes with its mean, so every pair is weighted by the inverse of
    what the last round says of it; this ends at the most likely terms.
    """
    terms = np.full(design.shape[1], 0.0)
    expected = np.full(square.size, float(square.mean()))
    for _ in range(_ROUNDS):
        weight = 1.0 / np.maximum(expected, FLOOR**2 / 10.0)
        terms = optimize.nnls(weight[:, None] * design, weight * (square - known))[0]
        expected = known + design @ terms
    return np.asarray(terms, np.float64)


def _safe(
    square: FloatArray, known: FloatArray, design: FloatArray, origin: npt.NDArray[np.str_]
) -> FloatArray:
    """Return the fitted terms, larger where odd pairs are more frequent than normal errors allow.

    False calls come from the tail, so there, not in the middle, the figures have to hold; and they
    have to hold for real photos, however many rendered ones there are. All terms may be raised
    alike, or one of them: what explains the pairs best.
    """
    terms = _fitted(square, known, design)
    usual = float(np.mean(known + design @ terms))
    alone = np.eye(len(terms)) * usual
    means = design.mean(axis=0)
    ways = [terms, *(alone[at] / means[at] for at in np.flatnonzero(means > 0.0))]
    far = stats.chi2.isf(_TAIL, 1)
    found = []
    for way in ways:
        for share in _RAISES:
            raised = terms + share * way
            expected = np.maximum(known + design @ raised, FLOOR**2)
            beyond = square > far * expected
            if all(np.mean(beyond[origin == name]) <= _TAIL for name in np.unique(origin)):
                likelihood = -0.5 * float(np.sum(np.log(expected) + square / expected))
                found.append((likelihood, tuple(raised)))
                break
    # nothing holds: all alike, as far as was tried
    return np.array(max(found)[1] if found else terms * (1.0 + _RAISES[-1]), np.float64)


def _log_ratio(pairs: pd.DataFrame, measure: str) -> FloatArray:
    """Return the log ratio read; NaN where the pair is not comparable."""
    # Measures without a verdict of their own stand and fall with the pair.
    own = f"{measure}_verdict"
    verdict = pairs.get(own if own in pairs.columns else "count_verdict")
    log_ratio = _log(pairs, f"{measure}_pct")
    if verdict is not None:
        log_ratio = np.where(verdict.eq(_REFUSED), math.nan, log_ratio)
    return np.where(np.isfinite(log_ratio), log_ratio, math.nan)


def calibrate_reading(pairs: pd.DataFrame) -> Reading:
    """Return how a change of size is to be stretched, from pairs of known change.

    ``true - read = read (unread + per_noise / signal²)`` by least squares, of the change as read
    before the package's present stretch; noise of what is read is taken out of its power. Pairs
    count alike, fine ones and soft ones: it is to be right on average.

    Parameters
    ----------
    pairs : DataFrame
        As for :func:`calibrate_response`.
    """
    known = _known_changes(pairs, SIZE)
    signal, stretch = _numbers(known, "signal", math.nan), _stretch(known)
    read, true = _log(known, f"{SIZE}_pct") / stretch, _log(known, f"{SIZE}_true_pct")
    noise = _noise(known, SIZE, calibrate(pairs)) / stretch**2
    shape = np.column_stack((np.ones(len(known)), signal**-2.0))
    power = shape.T @ (np.maximum(read**2 - noise, _LEAST_POWER * read**2)[:, None] * shape)
    unread, per_noise = np.linalg.solve(power, shape.T @ (read * (true - read)))
    return Reading(
        unread=round(float(unread), _RESPONSE_DIGITS),
        per_noise=round(float(per_noise), 1),
        lowest=round(float(signal.min()), 1),
        highest=round(float(signal.max()), 1),
    )


def calibrate_response(pairs: pd.DataFrame) -> Response:
    """Return how much of a true change is read, from pairs of known change.

    Per measure and kind of skin, the true log ratio is ``(1 + unread + unread_of_blur · blurred +
    unread_of_noise · faint)`` times the one read by weighted least squares; what the errors of
    sampling and repeatability leave of the misfit is the response's own spread, more of it in soft,
    coarse and faint photos. Contrast does not change in these pairs: what is read of it follows the
    change of size.

    Parameters
    ----------
    pairs : DataFrame
        Rows of :func:`poremetrics.validate.cases.run_pair` and
        :func:`poremetrics.validate.faces.changed_face`; those of kind ``power`` are used, where the
        tool called them comparable. ``origin``, if there, tells kinds of skin apart. They were read
        with the package's present :class:`~poremetrics.change.Reading`.
    """
    # of these very pairs: the package's is also that of real photos, which differ by more
    own = calibrate(pairs)
    changed = pairs[pairs["kind"].eq("power")]
    origin = changed.get("origin", pd.Series(SKIN, index=changed.index))
    kinds = {str(name): _kind(group, own) for name, group in changed.groupby(origin, sort=False)}
    return Response(
        source=f"`{COMMAND}`: photos of rendered {' and '.join(kinds)} of known change",
        kinds=kinds,
        reading=default_response().reading,
    )


def _kind(changed: pd.DataFrame, own: Repeatability) -> Kind:
    """Return the response of one kind of skin."""
    signals = _numbers(_known_changes(changed, SIZE), "signal", math.nan)
    signals = signals[np.isfinite(signals)]
    held = {"lowest": signals.min(), "highest": signals.max()} if signals.size else {}
    held = {name: round(float(one), 1) for name, one in held.items()}
    shares = {}
    for name in ("count", "coverage_pct", "diameter_um_matched", "contrast_matched"):
        known = _known_changes(changed, name)
        if len(known):
            share_of = _borrowed if name == "contrast_matched" else _share
            shares[name] = share_of(known, name, _noise(known, name, own))
    if "count" in shares:
        shares["density_cm2"] = shares["count"]  # over one and the same area
    return Kind(pairs=len(changed), shares=shares, **held)


def _known_changes(pairs: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the comparable pairs of known change of a measure and of size."""
    known = pairs[pairs["kind"].eq("power")].reset_index(drop=True)
    figures = [_log(known, f"{one}_pct") for one in (name, f"{name}_true", SIZE)]
    usable = np.isfinite(figures).all(axis=0)
    usable &= known[f"{name}_verdict"].ne(_REFUSED).to_numpy(bool)
    return known[usable].reset_index(drop=True)


def _noise(known: pd.DataFrame, name: str, own: Repeatability) -> FloatArray:
    """Return the variance of log ratios that sampling and repeatability explain."""
    follows = _numbers(known, f"{name}_follows_size", 0.0)
    repeated = [
        2.0 * own.wsd(name, [one], each) ** 2
        for one, each in zip(_shown(known), follows, strict=True)
    ]
    return np.array(repeated) + _numbers(known, f"{name}_sampling_sd", 0.0) ** 2


def _share(known: pd.DataFrame, name: str, noise: FloatArray) -> Share:
    """Return how much is read of a measure that changes.

    A pair counts as far as its noise and the spread of its like let it tell anything; noise of
    what is read adds to its power and to nothing else. Fewer than 40 pairs tell a mean, no slopes.
    """
    read, true = _log(known, f"{name}_pct"), _log(known, f"{name}_true_pct")
    shape = share_shape(_numbers(known, "blurred", 0.0), _numbers(known, "signal", math.nan))
    if len(known) < _FEWEST_PAIRS:
        shape[:, 1:] = 0.0
    spread = np.square(read)[:, None] * shape**2
    power = np.maximum(read**2 - noise, _LEAST_POWER * read**2)
    weight: FloatArray = np.ones(len(known))
    unread: FloatArray = np.zeros(shape.shape[1])
    squares: FloatArray = np.zeros(shape.shape[1])
    for _ in range(_ROUNDS):
        # least norm: pairs of one blur or one signal tell no slope
        unread = np.asarray(
            np.linalg.lstsq(
                shape.T @ ((weight * power)[:, None] * shape),
                shape.T @ (weight * read * (true - read)),
                rcond=_LEAST_EIGENVALUE,
            )[0]
        )
        stretch = 1.0 + shape @ unread
        squares = _fitted((true - stretch * read) ** 2, stretch**2 * noise, spread)
        weight = 1.0 / np.maximum(stretch**2 * noise + spread @ squares, FLOOR**2 / 10.0)
    figures = np.round([*unread, *np.sqrt(squares)], _RESPONSE_DIGITS).tolist()
    names = [f"{one}{of}" for one in ("unread", "sd") for of in ("", "_of_blur", "_of_noise")]
    return Share(**dict(zip(names, figures, strict=True)))


def _borrowed(known: pd.DataFrame, name: str, noise: FloatArray) -> Share:
    """Return what a change of size brings into a measure that does not change."""
    square = (_log(known, f"{name}_true_pct") - _log(known, f"{name}_pct")) ** 2
    # Each pair weighs as its noise allows: sharp photos tell what coarse ones hide.
    per_size = math.sqrt(_fitted(square, noise, _log(known, f"{SIZE}_pct")[:, None] ** 2)[0])
    return Share(sd_of_size=round(per_size, _RESPONSE_DIGITS))


def _log(table: pd.DataFrame, column: str) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log1p(_numbers(table, column, math.nan) / 100.0), np.float64)


def _numbers(table: pd.DataFrame, column: str, otherwise: float) -> FloatArray:
    """Return a column as floats, ``otherwise`` where it is absent or not known."""
    if column not in table.columns:
        return np.full(len(table), otherwise)
    values = table[column].astype(np.float64).fillna(otherwise)
    return np.asarray(values.to_numpy(np.float64), np.float64)

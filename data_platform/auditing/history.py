"""Checks of a load against the table's own history: volume and distribution. Pure; keeping the history is not here.

Median and median absolute deviation, because one odd load must not move what counts as usual.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from data_platform.auditing.outcome import CheckOutcome
from data_platform.auditing.profile import LoadProfile

LOADS_NEEDED = 5
DEVIATIONS = 6.0
"""How many deviations from the median are still usual: wide, so that weekdays and seasons are."""
USUAL_SHARE = 0.25
"""What differs by less than this share of the median is usual in any case."""
USUAL_NULL_SHARE = 0.10
NORMAL_CONSISTENT = 1.4826
"""Makes the median absolute deviation estimate a standard deviation (Rousseeuw and Croux, 1993)."""


def history_outcomes(current: LoadProfile, past: Sequence[LoadProfile]) -> tuple[CheckOutcome, CheckOutcome]:
    """The outcomes of `volume` and `distribution`, in this order; both only warn.

    With fewer than `LOADS_NEEDED` past loads they pass, saying how many they need.
    """
    if len(past) < LOADS_NEEDED:
        waiting = f"{len(past)} earlier loads: {LOADS_NEEDED - len(past)} more are needed to know what is usual"
        return _outcome("volume", current, [], waiting), _outcome("distribution", current, [], waiting)
    usual = f"as usual, by {len(past)} earlier loads"
    return (
        _outcome("volume", current, list(_volume(current, past)), usual),
        _outcome("distribution", current, list(_distribution(current, past)), usual),
    )


def unusual(value: float, past: Sequence[float], usual_difference: float) -> bool:
    """Whether a figure is further from the past ones than they are from one another, and by more than a minimum."""
    middle = median(past)
    spread = NORMAL_CONSISTENT * median(abs(each - middle) for each in past)
    return abs(value - middle) > max(DEVIATIONS * spread, usual_difference)


def _volume(current: LoadProfile, past: Sequence[LoadProfile]) -> Iterator[str]:
    figures = [_rows_a_partition(load) for load in past]
    value, middle = _rows_a_partition(current), median(figures)
    if unusual(value, figures, USUAL_SHARE * middle):
        yield f"{value:,.0f} rows a partition, usual are {middle:,.0f}"


def _distribution(current: LoadProfile, past: Sequence[LoadProfile]) -> Iterator[str]:
    for column in current.columns:
        earlier = [each for load in past for each in load.columns if each.name == column.name and each.rows]
        if len(earlier) < LOADS_NEEDED or not column.rows:
            continue
        shares = [each.nulls / each.rows for each in earlier]
        share = column.nulls / column.rows
        if unusual(share, shares, USUAL_NULL_SHARE):
            yield f"{column.name}: {100 * share:.3g} % null, usual are {100 * median(shares):.3g} %"
        means = [each.mean for each in earlier if each.mean is not None]
        if column.mean is None or len(means) < LOADS_NEEDED:
            continue
        if unusual(column.mean, means, USUAL_SHARE * abs(median(means))):
            yield f"{column.name}: mean {column.mean:.4g}, usual is {median(means):.4g}"


def _rows_a_partition(load: LoadProfile) -> float:
    return load.rows / max(load.partitions, 1)


def _outcome(name: str, current: LoadProfile, findings: Sequence[str], otherwise: str) -> CheckOutcome:
    return CheckOutcome(
        name=name,
        passed=not findings,
        action="warn",
        blocks=False,
        failing_rows=0,
        rows=current.rows,
        ceiling="",
        sample=(),
        sql="",
        message="; ".join(findings) or otherwise,
    )

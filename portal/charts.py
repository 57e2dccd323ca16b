"""Charts as figures of where things stand: columns, lines and labels, for a template to write down as SVG."""

import math
from dataclasses import dataclass
from itertools import chain

TOP, BOTTOM = 28, 36  # room for the highest figure and for the labels
DIGIT = 8
DENSE = 9  # with less room for a week, columns stand closer and have a finer line
STEPS = (1, 2, 5)
LINES = 4


@dataclass(frozen=True)
class Column:
    """One column: which of the series it belongs to (0 or 1), and its rectangle."""

    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    """A word and where it stands."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Two series of columns side by side, with scale, grid and labels."""

    width: int
    height: int
    left: int
    baseline: int
    scale: list
    columns: list
    labels: list
    peak: Label | None
    dense: bool


def columns(words, series, *, width, height, label_width):
    """Return the Chart of two equally long series of counts; `words` label their places, as many as have room."""
    top = scale_top(max(chain(*series), default=0))
    left, baseline = 12 + DIGIT * len(f"{top:,}"), height - BOTTOM
    room = (width - left) / max(len(words), 1)

    def level(value):
        return round(baseline - value / top * (baseline - TOP), 2)

    drawn = [
        _column(number, left + room * place, level(value), room, baseline)
        for number, values in enumerate(series)
        for place, value in enumerate(values)
        if value
    ]
    labels = [
        Label(round(left + room * (place + 0.5), 2), height - 14, word)
        for place, word in enumerate(words)
        if place % math.ceil(label_width / room) == 0
    ]
    scale = [Label(left - 8, level(value), value) for value in range(0, top + 1, scale_step(top))]
    return Chart(width, height, left, baseline, scale, drawn, labels, _peak(drawn, series), room < DENSE)


def _column(series, x, y, room, baseline):
    share, line = (0.46, 1) if room < DENSE else (0.32, 1.5)
    inset = line / 2 if series else 0  # a hollow column is drawn by its border, half of which lies outside
    return Column(
        series,
        round(x + room * (0.51 + (series - 1) * (share + 0.02)) + inset, 2),
        round(y + inset, 2),
        round(room * share - 2 * inset, 2),
        round(max(baseline - y - inset, 0.5), 2),
    )


def _peak(drawn, series):
    """Return the highest figure as a label over its column, the first where several reach it."""
    highest = max(drawn, key=lambda column: column.height, default=None)
    if highest is None:
        return None
    return Label(round(highest.x + highest.width / 2, 2), round(highest.y - 6, 2), max(chain(*series)))


def scale_top(highest):
    """Return the figure at which the scale ends: at or above `highest`, and a whole number of steps."""
    step = scale_step(highest)
    return math.ceil(max(highest, LINES) / step) * step


def scale_step(highest):
    """Return the distance of the lines: 1, 2 or 5 times a power of ten, with at most four lines up to `highest`."""
    power = 1
    while STEPS[-1] * power * LINES < highest:
        power *= 10
    return next(step * power for step in STEPS if step * power * LINES >= highest)

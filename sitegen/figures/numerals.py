"""Numbers as they are shown where a reader checks them with a pencil.

Comes in: float64 numbers. Goes out: text with two decimals at most, rounded once; integers are
integers. A number is its billionths first, so that its last bits, which differ between
processors, show nowhere; halves are rounded away from zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MINUS = "−"
NBSP = "\u00a0"
BILLION = 10**9
NINE = 9
DECIMALS = 2
EQUAL, ABOUT = f"={NBSP}", f"≈{NBSP}"
"""Signs that a line is not broken behind."""
LARGE = 10**6
"""From here on a number that is no integer is shown as one."""


def billionths(x: float) -> int:
    """The number as a whole number of billionths."""
    return round(x * BILLION)


def decimals(x: float) -> int:
    """How many decimals show the number: exactly if two do, otherwise two."""
    if abs(x) >= LARGE:
        return 0
    return next((n for n in range(DECIMALS) if is_exact(x, n)), DECIMALS)


def is_exact(x: float, places: int | None = None) -> bool:
    """Whether so many decimals show all of the number; as many as it is shown with, if None."""
    return not billionths(x) % 10 ** (NINE - (decimals(x) if places is None else places))


def fixed(x: float, places: int) -> str:
    """The number with so many decimals; a zero that is one is `0`."""
    if not billionths(x):
        return "0"
    step = 10 ** (NINE - places)
    rounded = (abs(billionths(x)) + step // 2) // step
    whole, rest = divmod(rounded, 10**places)
    sign = MINUS if x < 0 and rounded else ""
    return f"{sign}{whole}" + (f".{rest:0{places}}" if places else "")


def number(x: float) -> str:
    """The number with as many decimals as it takes: `2`, `0.5`, `7.39`."""
    return fixed(x, decimals(x))


def factor(x: float) -> str:
    """The number behind a sign: a negative one between parentheses."""
    return f"({number(x)})" if number(x).startswith(MINUS) else number(x)


def cells(rows: Sequence[Sequence[float]]) -> tuple[tuple[str, ...], ...]:
    """The numbers of a matrix, all with as many decimals as the longest of them takes."""
    places = max(decimals(x) for row in rows for x in row)
    return tuple(tuple(fixed(x, places) for x in row) for row in rows)


def vector(xs: Iterable[float]) -> str:
    """`(1.97, 6.33)`."""
    return f"({f',{NBSP}'.join(map(number, xs))})"


def equals(*shown: float) -> str:
    """The sign between terms and their result: `≈` where one of them is shown rounded."""
    return EQUAL if all(map(is_exact, shown)) else ABOUT


def superscript(x: float) -> str:
    """`e²`, or `exp(1.41)` where the power is no integer."""
    if not is_exact(x, 0):
        return f"exp({number(x)})"
    return "e" + fixed(x, 0).translate(str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))

"""What templates may call beside Jinja2's own filters: dates, groups, the address of a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sitegen.collation import letter
from sitegen.model import Moment, PageRef

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

LEFTWARD = frozenset("ar arc ckb dv fa he iw ps sd syr ug ur yi".split())  # noqa: SIM905
LEFTWARD_SCRIPTS = frozenset({"adlm", "arab", "hebr", "nkoo", "syrc", "thaa"})


def date(moment: Moment, language: str = "en") -> str:
    """A day as English writes it, "14 May 2026"; in other languages as ISO 8601 does."""
    if not _is_english(language):
        return moment.day.isoformat()
    return f"{day(moment)} {moment.day.year}"


def day(moment: Moment, language: str = "en") -> str:
    """A day below a heading that says the year, "14 May"; in other languages "05-14"."""
    if not _is_english(language):
        return f"{moment.day:%m-%d}"
    return f"{moment.day.day} {MONTHS[moment.day.month - 1]}"


def _is_english(language: str) -> bool:
    return language.partition("-")[0].lower() == "en"


def direction(language: str) -> str:
    """How a language is written: "rtl" (also `az-Arab`), or "ltr"."""
    primary, *subtags = language.lower().split("-")
    scripts = [tag for tag in subtags if len(tag) == 4 and tag.isalpha()]  # noqa: PLR2004
    leftward = scripts[0] in LEFTWARD_SCRIPTS if scripts else primary in LEFTWARD
    return "rtl" if leftward else "ltr"


def iso(moment: Moment) -> str:
    """The value of `<time datetime>`: the instant where there is one, else the day."""
    return moment.at.isoformat(timespec="seconds") if moment.at else moment.day.isoformat()


def json_feed(atom: str) -> str:
    """The address of the JSON Feed beside an Atom feed."""
    return atom.removesuffix(".xml") + ".json"


def by_year(entries: Iterable[PageRef]) -> list[tuple[int | None, list[PageRef]]]:
    """Entries in their order, in groups of one year; `None` for those without a date."""
    years = groupby(entries, lambda entry: entry.date.day.year if entry.date else None)
    return [(year, list(group)) for year, group in years]


MOST_LINES = 30
"""So many lines are found without letters above them."""


def by_letter(entries: Sequence[PageRef]) -> list[tuple[str, list[PageRef]]]:
    """Poems in their order, in groups of one first letter; few of them are one group under ""."""
    if len(entries) <= MOST_LINES:
        return [("", list(entries))] if entries else []
    letters = groupby(entries, lambda entry: letter(entry.opening) or "…")
    return [(shown, list(group)) for shown, group in letters]


LIKELY = (
    "ar_EG be_BY bs_BA ca_ES cs_CZ cy_GB da_DK el_GR en_US et_EE eu_ES fa_IR ga_IE gl_ES he_IL"
    " hi_IN hy_AM ja_JP ka_GE ko_KR la_VA ms_MY nb_NO nn_NO no_NO sl_SI sq_AL sr_RS sv_SE ta_IN"
    " uk_UA ur_PK vi_VN zh_CN"
)
TERRITORIES = dict(pair.split("_") for pair in LIKELY.split())
"""Where a language is most likely spoken (CLDR), for those whose own letters do not say it."""


def locale(language: str) -> str:
    """A language as OpenGraph writes it, which wants a territory: `pt-BR` → `pt_BR`, `de_DE`."""
    primary, *subtags = language.split("-")
    own = next((tag for tag in subtags if len(tag) == 2 and tag.isalpha()), "")  # noqa: PLR2004
    primary = primary.lower()
    return f"{primary}_{own.upper() or TERRITORIES.get(primary, primary.upper())}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "date": date,
    "day": day,
    "direction": direction,
    "iso": iso,
    "json_feed": json_feed,
    "locale": locale,
}

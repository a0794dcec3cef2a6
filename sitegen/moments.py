"""Dates as people write them.

Comes in: text and the site's time zone. Goes out: a day and an instant, or a ValueError in the
writer's words. A date without a time is a calendar day and never shifts; a date with a time is
an instant, kept in UTC, and its day is that of the site's zone, so that days and instants sort
alike.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

WRITTEN = re.compile(
    r"(?P<day>(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<date>[0-9]{1,2}))"
    r"(?:(?:[Tt]|[ \t]+)(?P<time>(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)"
    r"[ \t]*(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?|[A-Za-z][A-Za-z0-9_+/-]*)?)?"
)


def read_moment(text: str, zone: tzinfo) -> tuple[date, datetime | None]:
    """The day, and the instant if there is a time; ValueError says what is wrong."""
    found = WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is not a date')
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["date"]))
    except ValueError:
        raise ValueError(f'"{found["day"]}" is not a day of the calendar') from None
    if found["hour"] is None:
        return day, None
    where = zone if found["zone"] is None else _zone_of(found["zone"])
    if where is None:
        raise ValueError(f'"{found["zone"]}" is not a time zone')
    microsecond = int((found["fraction"] or "0").ljust(6, "0")[:6])
    clock = int(found["hour"]), int(found["minute"]), int(found["second"] or 0), microsecond
    try:
        local = datetime(day.year, day.month, day.day, *clock, tzinfo=where)
        return local.astimezone(zone).date(), local.astimezone(UTC)
    except ValueError:
        raise ValueError(f'"{found["time"]}" is not a time of the day') from None
    except OverflowError:
        raise ValueError(f'"{text}" is beyond the years 1 to 9999') from None


def _zone_of(name: str) -> tzinfo | None:
    """A zone as written after a time: `Z`, `+02:00`, `+0200`, `+02`, `Europe/Berlin`."""
    if name[0] not in "+-":
        return UTC if name in {"Z", "z"} else find_zone(name)
    hours, minutes = int(name[1:3]), int(name[-2:]) if len(name) > 3 else 0  # noqa: PLR2004
    if hours > 23 or minutes > 59:  # noqa: PLR2004
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if name[0] == "-" else offset)


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone of that name (`Europe/Berlin`), or None."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, `../x`, a folder such as `Europe`
        return None

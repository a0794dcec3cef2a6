"""What was done to which target, for the table that `make check-deploy` prints."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {}


def note(kind: str, fault: str, outcome: str) -> None:
    """A fault that did no harm."""
    ROWS.setdefault(fault, {})[kind] = outcome


def rows() -> list[str]:
    """The table as lines: one for each fault and what came of it, with the targets."""
    lines = []
    for fault, by_kind in sorted(ROWS.items()):
        for outcome in dict.fromkeys(by_kind.values()):
            kinds = ", ".join(kind for kind, each in by_kind.items() if each == outcome)
            lines.append(f"{fault:40} {kinds:35} {outcome}")
    return lines

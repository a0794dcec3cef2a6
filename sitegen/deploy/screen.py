"""What a deploy says: its plan as a table or as JSON, and how it went.

Comes in: a plan. Goes out: text. No secret gets here: a target is called by a name without any.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from msgspec import to_builtins

from sitegen.deploy.plan import Plan, Step
from sitegen.deploy.target import OWN

UNIT = 1000


def table(plan: Plan) -> Iterator[str]:
    """A line for each phase and reason: how many files, how many bytes."""
    rows = [("phase", "reason", "files", "bytes")]
    for phase, group in groupby(plan.steps, key=lambda step: step.phase):
        sizes: dict[str, list[int]] = {}
        for step in group:
            sizes.setdefault(step.reason, []).append(step.bytes if step.action == "put" else 0)
        for reason, found in sorted(sizes.items()):
            total = sum(found)
            rows.append((phase, reason, str(len(found)), in_bytes(total) if total else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for phase, reason, count, size in rows:
        cells = (phase.ljust(widths[0]), reason.ljust(widths[1]))
        yield f"  {cells[0]}  {cells[1]}  {count:>{widths[2]}}  {size:>{widths[3]}}".rstrip()


def summary(plan: Plan) -> str:
    """The plan in one line."""
    puts = [step for step in plan.steps if step.action == "put" and not step.path.startswith(OWN)]
    deletes = [step for step in plan.steps if step.action == "delete"]
    size = in_bytes(sum(step.bytes for step in puts))
    parts = [
        f"{len(puts)} to upload ({size})" if puts else "",
        f"{len(deletes)} to delete" if deletes else "",
        f"{len(plan.unchanged)} unchanged" if plan.unchanged else "",
        f"{len(plan.record.retired)} kept for a while" if plan.record.retired else "",
    ]
    return ", ".join(part for part in parts if part)


def step_line(step: Step) -> str:
    """One step, for `-v`."""
    return f"  {step.phase}: {step.action} {step.path} ({step.reason}, {in_bytes(step.bytes)})"


def as_data(plan: Plan) -> dict[str, Any]:
    """The plan as JSON-ready data, step by step in the order of the run."""
    return {
        "release": plan.release,
        "former": plan.former.release or None,
        "releases": [each.id for each in plan.record.releases],
        "steps": to_builtins(plan.steps),
        "unchanged": len(plan.unchanged),
        "kept": len(plan.record.retired),
    }


def in_bytes(size: float) -> str:
    """A size for a person."""
    if size < UNIT:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= UNIT
        if size < UNIT or unit == "GB":
            break
    return f"{size:.1f} {unit}"

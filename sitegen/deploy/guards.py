"""What a plan must not do without being asked twice: pure.

Comes in: a plan. Goes out: nothing, or a `GuardError` that says how to insist. The usual cause is a
build of the wrong folder, or a target that belongs to another site.
"""

from __future__ import annotations

from sitegen.deploy.plan import Plan
from sitegen.deploy.target import GuardError

USUAL_DELETES, USUAL_SHARE = 50, 10
"""So many files may go in one run, or one in so many: the larger."""


def refuse_harm(plan: Plan, *, usual: int | None, asked: int | None, yes: bool) -> None:
    """Raise `GuardError` for a plan that deletes or replaces more than is usual.

    `usual`: how many deletes are usual for this target; `asked`: how many are asked for now;
    `yes`: replace another site, or what is somebody else's.
    """
    gone = [step.path for step in plan.steps if step.reason == "gone"]
    if usual is None:
        usual = max(USUAL_DELETES, len(plan.former.files) // USUAL_SHARE)
    limit = usual if asked is None else asked
    if len(gone) > limit:
        raise GuardError(
            f'{len(gone)} of {len(plan.former.files)} files would be deleted, as "{gone[0]}"; '
            f"at most {limit} may be",
            hint=f"if they are to go, say so: --max-deletes {len(gone)}",
        )
    before, after = (
        sum(
            each.file.kind == "page" and not path.endswith((".gz", ".br"))
            for path, each in record.files.items()
        )
        for record in (plan.former, plan.record)
    )
    if 2 * after < before and asked is None:
        raise GuardError(
            f"the site would have {after} pages instead of {before}",
            hint=f"if that is right, say so: --max-deletes {len(gone)}",
        )
    if plan.former.url not in {"", plan.record.url} and not yes:
        raise GuardError(
            f"{plan.former.url} is live there, and this is {plan.record.url}",
            hint="if the site has moved, say so: --yes",
        )
    foreign = [step.path for step in plan.steps if step.reason == "foreign"]
    if foreign and not yes:
        raise GuardError(
            f"{len(foreign)} files that sitegen did not put there would be replaced, as "
            f'"{foreign[0]}"',
            hint="if the place is the right one, say so: --yes",
        )

"""A plan, carried out: under the lock, phase by phase, each request tried again where that helps.

Comes in: a target, a tree and the plan that was made of them. Goes out: nothing, or the error that
ended the run: then no later phase was begun, nothing was deleted, and the next run goes on where
this one stopped. What was put is read back at the end.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TypeVar

from msgspec.structs import replace

from sitegen.deploy.lock import Keeper, held
from sitegen.deploy.plan import PRIVATE, Plan, Seen, Step
from sitegen.deploy.releases import Kept, Record, decode, encode
from sitegen.deploy.retry import Patience
from sitegen.deploy.target import (
    RECORD,
    Digest,
    LockHeldError,
    Target,
    VerifyError,
)
from sitegen.deploy.tree import Tree

T = TypeVar("T")
SAMPLE = 25
"""So many files that were left alone are read back too."""
LOOKS, PAUSE = 3, 1.0
"""What is not as expected is looked at so often, with so many seconds between."""


@dataclass(frozen=True)
class Look:
    """A target as it was read, with the bytes of its books: they change with every run."""

    seen: Seen
    raw: bytes | None


def look(target: Target, tree: Tree, patience: Patience) -> Look:
    """Read what is live; writes nothing."""
    with ThreadPoolExecutor(1) as pool:  # two requests that know nothing of each other
        listed = pool.submit(patience.request, target.listing)
        raw = patience.request(lambda: target.get(RECORD))
        record, listing = decode(raw), listed.result()
    pending = record.pending if record else {}
    tags = {
        path: target.tag(patience.request(partial(tree.read, path)))
        for path, file in pending.items()
        if path in listing and tree.files.get(path) == file
    }
    return Look(Seen(record=record, listing=listing, tags=tags), raw)


@dataclass
class Run:
    """One run. `watch` is told of each step that is done, in the thread of the caller."""

    target: Target
    tree: Tree
    plan: Plan
    patience: Patience
    watch: Callable[[Step], None] = lambda _step: None
    tags: dict[str, str] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(init=False, repr=False)
    phase: str = ""
    """Where the run is; "" until the first request that writes."""

    def execute(self, look: Look, *, force: bool = False) -> int:
        """Do it all; how many files were read back. Raises a `DeployError`."""
        with ThreadPoolExecutor(max(1, self.target.workers)) as self._pool:
            return self._execute(look, force=force)

    def _execute(self, look: Look, *, force: bool) -> int:
        target, plan = self.target, self.plan
        with held(target, self.patience, force=force) as keeper:
            self._refuse_other(look)
            if not target.atomic:
                intent = replace(plan.former, pending=plan.pending, retired=self._all_kept())
                self._write(intent, keeper)
            for phase, steps in groupby(plan.steps, lambda step: step.phase):
                self.phase = phase
                if phase == "record":
                    self._write(self._record(with_due=not target.atomic), keeper)
                else:
                    self._together(list(steps), lambda step: self._do(step, keeper), self.watch)
            if plan.due and not target.atomic:
                self._write(self._record(with_due=False), keeper)
            keep = [plan.release, *(each.id for each in plan.record.releases)]
            self.phase = "publish"
            keeper.check()
            self.patience.request(lambda: target.finish(plan.release, keep))
            self.phase = "verify"
            return self._verify(keeper)

    def _refuse_other(self, look: Look) -> None:
        """What was planned must be planned anew if somebody else deployed since."""
        if self.patience.request(lambda: self.target.get(RECORD)) != look.raw:
            raise LockHeldError(
                f"somebody else has deployed to {self.target.name} meanwhile",
                hint="look at what is live now, and deploy again",
            )

    # --- the books ---------------------------------------------------------------------------

    def _all_kept(self) -> Mapping[str, Kept]:
        """What is ours beside the release, also if this run is killed."""
        plan = self.plan
        return {**plan.former.retired, **plan.due, **plan.record.retired}

    def _record(self, *, with_due: bool) -> Record:
        """The books after the run; `with_due`: while what goes may be there still."""
        record = self.plan.record
        files = {
            path: replace(stored, tag=self.tags.get(path, stored.tag))
            for path, stored in record.files.items()
        }
        retired = {**record.retired, **self.plan.due} if with_due else record.retired
        return replace(record, files=files, retired=retired)

    def _write(self, record: Record, keeper: Keeper) -> None:
        data = encode(record)

        def put() -> None:
            keeper.check()
            self.target.put(RECORD, data, PRIVATE)

        self.patience.request(put)

    # --- steps -------------------------------------------------------------------------------

    def _do(self, step: Step, keeper: Keeper) -> Step:
        target, path = self.target, step.path
        data = self.patience.request(lambda: self.tree.read(path)) if step.action == "put" else b""

        def request() -> None:
            keeper.check()
            match step.action:
                case "put":
                    self.tags[path] = target.put(path, data, self.tree.files[path].headers)
                case "copy":
                    target.copy(step.origin or "", path)
                case "delete":
                    target.delete(path)

        self.patience.request(request)
        return step

    def _together(
        self, tasks: Sequence[T], work: Callable[[T], T], done: Callable[[T], None]
    ) -> None:
        """All tasks, some at a time. The first that fails ends them all."""
        futures = [self._pool.submit(work, task) for task in tasks]
        try:
            for future in as_completed(futures):
                done(future.result())
        except BaseException:
            self.patience.stop.set()
            self._pool.shutdown(wait=True, cancel_futures=True)
            raise

    # --- reading back ------------------------------------------------------------------------

    def _verify(self, keeper: Keeper) -> int:
        """Compare what a reader gets with what was put. Raises `VerifyError`."""
        expected = self._expected()
        wrong = list(expected)
        for number in range(LOOKS):
            if number:
                self.patience.stop.wait(PAUSE)
            wrong = self._different(wrong, expected)
            if not wrong:
                return len(expected)
        if not self.target.atomic:  # the next run must not take them for what they should be
            record = self._record(with_due=False)
            blank = {
                path: replace(each, tag="") if path in wrong else each
                for path, each in record.files.items()
            }
            self._write(replace(record, files=blank), keeper)
        what = "is still there" if expected[wrong[0]] is None else "is not what was put there"
        raise VerifyError(
            f'"{wrong[0]}" {what} ({len(wrong)} of {len(expected)} files that were read back)',
            hint="deploy again: what is wrong is put again",
        )

    def _expected(self) -> dict[str, Digest | None]:
        """What was put and what is gone; of the rest, a sample that is another one each time."""
        steps, rest = self.plan.steps, self.plan.unchanged
        done = [step.path for step in steps if step.action == "put" and step.path != RECORD]
        sample = random.Random(self.plan.release).sample(rest, min(SAMPLE, len(rest)))  # noqa: S311
        expected: dict[str, Digest | None] = {
            step.path: None for step in steps if step.action == "delete"
        }
        for path in [*done, *sample]:
            file = self.tree.files[path]
            headers = file.headers if self.target.has_headers else None
            expected[path] = Digest(sha256=file.sha256, size=file.size, headers=headers)
        books = encode(self._record(with_due=False))
        sha256 = hashlib.sha256(books).hexdigest()
        headers = PRIVATE if self.target.has_headers else None
        return {**expected, RECORD: Digest(sha256=sha256, size=len(books), headers=headers)}

    def _different(self, paths: Sequence[str], expected: Mapping[str, Digest | None]) -> list[str]:
        """The paths at which something else is."""
        found: dict[str, Digest] = {}
        size = self.target.batch
        batches = [paths[at : at + size] for at in range(0, len(paths), size)]

        def read(batch: Sequence[str]) -> Sequence[str]:
            found.update(self.patience.request(lambda: self.target.digests(batch)))
            return batch

        self._together(batches, read, lambda _batch: None)
        return [path for path in paths if found.get(path) != expected[path]]

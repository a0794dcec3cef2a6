"""A target in memory, faults at its n-th request, and a reader who notices what is missing.

A file of a site here is a few lines: `-> PATH` is a reference, anything else is text.

store = Store()
deploy(site({"index.html": "-> a.css", "a.css": ""}), Memory(store))
assert missing(store) == set()
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sitegen.deploy.lock import decode_claim, encode_claim, is_abandoned
from sitegen.deploy.plan import Plan, make_plan
from sitegen.deploy.releases import File, Keeping, Kind
from sitegen.deploy.retry import Patience
from sitegen.deploy.run import Run, look
from sitegen.deploy.target import OWN, Claim, Digest, Headers, LockHeldError, LockLostError, Target
from sitegen.deploy.tree import Tree
from sitegen.model import Entry
from sitegen.output import MANIFEST, Manifest
from sitegen.routes import media_type

T = TypeVar("T")
URL = "https://example.org/"
USUAL = Keeping()
NOW = datetime(2026, 6, 1, tzinfo=UTC)
KINDS: dict[str, Kind] = {"html": "page", "md": "source", "xml": "feed", "css": "immutable"}
TYPES = {"css": "text/css", "js": "text/javascript", "json": "application/json"}


class KilledError(BaseException):
    """The deployer is gone."""


@dataclass
class Store:
    """What is at the far end: it outlives its deployers. `live` names one of `releases`."""

    releases: dict[str, dict[str, tuple[bytes, Headers]]] = field(default_factory=lambda: {"": {}})
    live: str = ""
    lock: bytes | None = None

    @property
    def objects(self) -> dict[str, tuple[bytes, Headers]]:
        """What readers get."""
        return self.releases[self.live]

    @property
    def texts(self) -> dict[str, str]:
        """What readers get of the site, as text."""
        return {
            path: data.decode()
            for path, (data, _) in self.objects.items()
            if not path.startswith(OWN)
        }


Fault = Callable[[int, str, str, Callable[[], T]], T]
"""Of the number of a request, its name, its path and what it does: does it, or something else."""


def no_fault(_number: int, _name: str, _path: str, do: Callable[[], T]) -> T:
    return do()


class Memory:
    """A deployer's end: counts the requests, and lets a fault have each of them."""

    name = "memory"
    has_headers = True
    batch = 3

    def __init__(
        self,
        store: Store,
        fault: Fault[object] = no_fault,
        *,
        atomic: bool = False,
        workers: int = 1,
    ) -> None:
        self.store, self.fault, self.atomic, self.workers = store, fault, atomic, workers
        self.requests: list[tuple[str, str]] = []
        self._staged: dict[str, tuple[bytes, Headers]] | None = None
        self._one = threading.RLock()

    def _request(self, name: str, path: str, do: Callable[[], T]) -> T:
        with self._one:
            self.requests.append((name, path))
            return self.fault(len(self.requests), name, path, do)  # type: ignore[return-value]

    @property
    def _next(self) -> dict[str, tuple[bytes, Headers]]:
        if not self.atomic:
            return self.store.objects
        if self._staged is None:
            self._staged = dict(self.store.objects)
        return self._staged

    def lock(self, claim: Claim, *, force: bool) -> Hold:
        def do() -> Hold:
            found = decode_claim(self.store.lock) if self.store.lock else None
            ours = found is not None and found.token == claim.token
            if self.store.lock and not (force or ours or is_abandoned(found, None)):
                raise LockHeldError("somebody deploys", claim=found)
            self.store.lock = encode_claim(claim)
            return Hold(self, self.store.lock)

        return self._request("lock", "", do)

    def get(self, path: str, release: str | None = None) -> bytes | None:
        objects = self.store.releases.get(release, {}) if release else self.store.objects
        return self._request("get", path, lambda: objects[path][0] if path in objects else None)

    def listing(self) -> Mapping[str, str]:
        self._staged = None
        return self._request(
            "listing",
            "",
            lambda: {
                path: self.tag(data)
                for path, (data, _) in self.store.objects.items()
                if not path.startswith(OWN)
            },
        )

    def tag(self, data: bytes) -> str:
        return hashlib.md5(data, usedforsecurity=False).hexdigest()

    def put(self, path: str, data: bytes, headers: Headers) -> str:
        def do() -> str:
            self._next[path] = (data, headers)
            return self.tag(data)

        return self._request("put", path, do)

    def copy(self, source: str, path: str) -> None:
        def do() -> None:
            if source in self._next:
                self._next[path] = self._next[source]

        self._request("copy", path, do)

    def delete(self, path: str) -> None:
        self._request("delete", path, lambda: self._next.pop(path, None) and None)

    def finish(self, release: str, keep: Sequence[str]) -> None:
        def do() -> None:
            if self.atomic:
                store, staged = self.store, self._next
                store.releases = {k: v for k, v in store.releases.items() if k in keep}
                store.releases[release], store.live = staged, release

        self._request("finish", release, do)

    def digests(self, paths: Sequence[str]) -> Mapping[str, Digest]:
        def do() -> dict[str, Digest]:
            objects = self.store.objects
            return {
                path: Digest(
                    sha256=hashlib.sha256(objects[path][0]).hexdigest(),
                    size=len(objects[path][0]),
                    headers=objects[path][1],
                )
                for path in paths
                if path in objects
            }

        return self._request("digests", paths[0], do)

    def close(self) -> None:
        pass


class Hold:
    def __init__(self, target: Memory, claim: bytes) -> None:
        self._target, self._claim = target, claim

    def renew(self) -> None:
        if self._target.store.lock != self._claim:
            raise LockLostError("somebody else has the lock")

    def release(self) -> None:
        def do() -> None:
            if self._target.store.lock == self._claim:
                self._target.store.lock = None

        self._target._request("release", "", do)  # noqa: SLF001 - its other half


# --- deploying -----------------------------------------------------------------------------------


def site(texts: Mapping[str, str], url: str = URL) -> Tree:
    """A tree of these files."""
    return Tree(url, {path: file(path, text) for path, text in texts.items()}, _Bytes(texts).read)


@dataclass(frozen=True)
class _Bytes:
    texts: Mapping[str, str]

    def read(self, path: str) -> bytes:
        return self.texts[path].encode()


def file(path: str, text: str) -> File:
    """A file of a kind that its suffix tells."""
    data = text.encode()
    return File(
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind=KINDS.get(path.rpartition(".")[2], "asset"),
        headers=Headers(
            content_type=TYPES.get(path.rpartition(".")[2], "text/plain"), cache_control="no-cache"
        ),
    )


def plan_for(tree: Tree, target: Memory, *, now: datetime = NOW, keeping: Keeping = USUAL) -> Plan:
    """What a run would do."""
    seen = look(target, tree, Patience(1)).seen
    return make_plan(tree.url, tree.files, seen, atomic=target.atomic, keeping=keeping, now=now)


def deploy(
    tree: Tree,
    target: Target,
    *,
    now: datetime = NOW,
    keeping: Keeping = USUAL,
    force: bool = False,
) -> Plan:
    """A whole run, if there is anything to do."""
    patience = Patience(30, target.workers)
    seen = look(target, tree, patience)
    plan = make_plan(
        tree.url, tree.files, seen.seen, atomic=target.atomic, keeping=keeping, now=now
    )
    if plan.steps:
        Run(target, tree, plan, patience).execute(seen, force=force)
    return plan


# --- on the disk ---------------------------------------------------------------------------------


def write_tree(folder: Path, files: Mapping[str, str], **stamp: Any) -> Path:
    """An output folder as a build would leave it."""
    entries = {}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        data = text.encode()
        entries[path] = Entry(
            sha256=hashlib.sha256(data).hexdigest(), size=len(data), type=media_type(path)
        )
    usual: dict[str, Any] = {"url": URL, "drafts": False, "complete": True, "version": 2} | stamp
    folder.mkdir(exist_ok=True)
    manifest = Manifest(files=entries, **usual)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return folder


# --- faults --------------------------------------------------------------------------------------


def killed_at(number: int, *, after: bool = False) -> Fault[object]:
    """The deployer dies before or after its request `number`, and asks for nothing ever after."""

    def fault(count: int, _name: str, _path: str, do: Callable[[], T]) -> T:
        if count == number and after:
            do()
        if count >= number:
            raise KilledError
        return do()

    return fault


# --- a reader ------------------------------------------------------------------------------------

ENTRANCES = ("index.html", "feed.xml", "404.html")


def missing(store: Store, known: Collection[str] = ()) -> set[str]:
    """What is not there, but referred to by what can be reached from the entrances and `known`."""
    texts = store.texts
    todo = [path for path in [*ENTRANCES, *known] if path in texts]
    seen: set[str] = set()
    gone: set[str] = set()
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            wanted = {line[3:] for line in texts[path].split("\n") if line.startswith("-> ")}
            gone |= wanted - texts.keys()
            todo += wanted & texts.keys()
    return gone

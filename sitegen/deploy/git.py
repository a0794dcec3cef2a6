"""The target git: a branch of any remote (GitHub, GitLab, Codeberg, sourcehut Pages).

Comes in: `GitSettings` and the site's folder. Goes out: an atomic `Target`. What is put goes
through `git fast-import` into one commit on top of the one that was listed, and is live with a
push on the condition that this one is still the branch's: git's own compare and swap, so no lock
is needed. Files that are not ours (`CNAME`) stay. Credentials are git's: its helpers, its ssh.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

from sitegen.deploy.config import GitSettings
from sitegen.deploy.programs import explain
from sitegen.deploy.repository import Repository, quoted
from sitegen.deploy.target import OWN, Claim, Digest, Headers, LockHeldError

NO_JEKYLL = ".nojekyll"
"""Tells GitHub Pages to publish what begins with `_` or `.`, too."""
RACED = ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "incorrect old value")
NOBODY = ("sitegen", "sitegen@invalid")


def open_target(settings: GitSettings, site: Path) -> GitTarget:
    """The branch; nothing is asked of the remote yet."""
    return GitTarget(settings, site)


class NoLock:
    """The lock of a target that needs none: whoever publishes second is refused."""

    def renew(self) -> None:
        """Nothing is held."""

    def release(self) -> None:
        """Nothing is held."""


class GitTarget:
    """A branch of a remote repository."""

    atomic = True
    has_headers = False
    batch = 1000

    def __init__(self, settings: GitSettings, site: Path) -> None:
        self._keeps_history = settings.history == "keep"
        self._git = Repository(settings.remote, settings.branch, site, settings.timeout)
        self.name = self._git.name
        self.workers = settings.workers or 4
        self._base = ""
        """The commit that was listed; "" where there is no such branch yet."""
        self._commit = ""
        """The commit of what is staged; "" as long as it is not made."""
        self._marks: dict[str, int] = {}
        self._count = 0
        self._deleted: set[str] = set()
        self._lock = threading.Lock()

    def lock(self, claim: Claim, *, force: bool) -> NoLock:
        """Nothing to do."""
        del claim, force
        return NoLock()

    def get(self, path: str, release: str | None = None) -> bytes | None:
        """The content of a file at the tip of the branch, or of the commit of a release."""
        git = self._git
        blob = git.tree(git.fetch() if release is None else git.find(_line(release))).get(path)
        return git.read([blob])[0] if blob else None

    def listing(self) -> dict[str, str]:
        """Every file at the tip with the name of its blob."""
        self._base = self._git.fetch()
        tree = self._git.tree(self._base)
        return {path: blob for path, blob in tree.items() if not path.startswith(OWN)}

    def tag(self, data: bytes) -> str:
        """The name of the blob."""
        return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()

    def put(self, path: str, data: bytes, headers: Headers) -> str:
        """Give the bytes to `git fast-import`."""
        del headers
        with self._lock:
            self._count += 1
            self._git.feed(b"blob\nmark :%d\ndata %d\n%b\n" % (self._count, len(data), data))
            self._marks[path] = self._count
            self._deleted.discard(path)
        return self.tag(data)

    def copy(self, source: str, path: str) -> None:
        """Never asked of an atomic target."""
        raise NotImplementedError

    def delete(self, path: str) -> None:
        """Leave a file out of the next commit."""
        with self._lock:
            self._marks.pop(path, None)
            self._deleted.add(path)

    def finish(self, release: str, keep: Sequence[str]) -> None:
        """Commit what is staged and push it, if the branch is still what was listed."""
        del keep  # the history of the branch keeps them all, or none
        git = self._git
        self._commit = self._commit or self._make_commit(release)
        lease = f"--force-with-lease={git.branch}:{self._base}"
        pushed = git.run("push", "--quiet", lease, "live", f"{self._commit}:{git.branch}")
        if pushed.code == 0:
            return
        tip = git.tip()  # it may have come through, and only the reply was lost
        if tip == self._commit:
            return
        if tip != self._base or any(each in pushed.err for each in RACED):
            raise LockHeldError(f"somebody else has deployed to {self.name} just now")
        raise explain(self.name, pushed)

    def _make_commit(self, release: str) -> str:
        git, message = self._git, f"Deploy\n\n{_line(release)}\n".encode()
        name, email = git.setting("user.name"), git.setting("user.email")
        lines = [
            b"commit refs/next",
            f"committer {name or NOBODY[0]} <{email or NOBODY[1]}> now".encode(),
            b"data %d\n%b" % (len(message), message),
        ]
        if self._base and self._keeps_history:
            lines.append(f"from {self._base}".encode())
        elif self._base:  # its files, but not the commit
            tree = git.name_of(f"{self._base}^{{tree}}")
            lines.append(f'M 040000 {tree} ""'.encode())
        lines += [b"D " + quoted(path) for path in sorted(self._deleted)]
        lines += [b"M 100644 :%d %b" % (n, quoted(path)) for path, n in sorted(self._marks.items())]
        if NO_JEKYLL not in self._marks and NO_JEKYLL not in git.tree(self._base):
            lines.append(b"M 100644 inline .nojekyll\ndata 0\n")
        git.feed(b"\n".join(lines) + b"\n\ndone\n")
        git.feed_end()
        return git.name_of("refs/next")

    def digests(self, paths: Sequence[str]) -> dict[str, Digest]:
        """Each file as it is at the tip of the branch now."""
        blobs = self._git.tree(self._git.fetch())
        there = [path for path in paths if path in blobs]
        found = self._git.read([blobs[path] for path in there])
        return {
            path: Digest(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
            for path, data in zip(there, found, strict=True)
        }

    def close(self) -> None:
        """Remove the private repository."""
        self._git.close()


def _line(release: str) -> str:
    """The line of a commit's message that says of which release it is."""
    return f"Release: {release}"

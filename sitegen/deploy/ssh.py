"""The target ssh: a folder of releases on any host with a POSIX shell, and rsync here and there.

Comes in: `SshSettings`. Goes out: an atomic `Target`. Below `path` lie `releases/ID` and the link
`current`, which the web server serves. What is put is staged in a temporary folder here. `finish`
makes the new release there, of hard links to the live one, sends what is staged over it with
rsync, and renames a new link over `current`: one system call, before and after which a reader gets
a whole site. Whether a host is known, by which key and on which port, is ssh's own affair.
"""

from __future__ import annotations

import hashlib
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sitegen.deploy.config import SshSettings
from sitegen.deploy.lock import decode_claim, encode_claim, is_abandoned
from sitegen.deploy.programs import Done, explain, find, run, ssh_options
from sitegen.deploy.scripts import ABSENT, AGAIN, HELD, RACED, SCRIPTS
from sitegen.deploy.target import (
    OWN,
    BusyError,
    Claim,
    Digest,
    Headers,
    LockHeldError,
    LockLostError,
    RefusedError,
)


def open_target(settings: SshSettings, _site: Path) -> SshTarget:
    """The folder; nothing is asked of the host yet."""
    return SshTarget(settings)


class SshTarget:
    """A folder of releases on another machine."""

    atomic = True
    has_headers = False
    batch = 100_000

    def __init__(self, settings: SshSettings) -> None:
        self.name = f"{settings.host}:{settings.path}"
        self.workers = settings.workers or 4
        if settings.host.startswith("-"):
            raise RefusedError(f'"{settings.host}" is not a host', hint="check host in site.toml")
        what = "deploying by ssh"
        port = [] if settings.port is None else [f"-p{settings.port}"]
        self._ssh = [find("ssh", what), "-T", *ssh_options(settings.timeout), *port]
        self._rsync = find("rsync", what)
        self._settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="sitegen-", ignore_cleanup_errors=True)
        self._staged = Path(self._folder.name, "staged")
        self._staged.mkdir()
        self._deleted: set[str] = set()
        self._base = ""
        """The release that was listed, as `releases/ID`; "" where there is none yet."""
        self._token = ""

    def lock(self, claim: Claim, *, force: bool) -> SshHold:
        """A file with the claim, made by a hard link, which only one deployer can make."""
        self._token, data = claim.token, encode_claim(claim)
        done = self._script("lock", claim.token, feed=data)
        if done.code == HELD:
            age, _, raw = done.out.partition(b"\n")
            former = decode_claim(raw)
            if former is not None and former.token == claim.token:
                return SshHold(self, claim.token)
            if not force and not is_abandoned(former, float(age)):
                raise LockHeldError(f"somebody else is deploying to {self.name}", claim=former)
            done = self._script("relock", claim.token, former.token if former else "", feed=data)
            if done.code == HELD:
                raise LockHeldError(f"somebody else is deploying to {self.name}")
        self._check(done)
        return SshHold(self, claim.token)

    def renew(self, token: str) -> None:
        """Say that the lock is in use, if it is ours."""
        self._check(self._script("renew", token))

    def unlock(self, token: str) -> None:
        """Remove the lock, if it is ours."""
        done = self._script("unlock", token)
        if done.code != HELD:
            self._check(done)

    def get(self, path: str, release: str | None = None) -> bytes | None:
        """A file of the live release; one of a former one, which is fetched whole."""
        if release is not None:
            file = self._former(release) / path
            return file.read_bytes() if file.is_file() else None
        done = self._script("get", f"current/{path}")
        return None if done.code == ABSENT else self._check(done)

    def _former(self, release: str) -> Path:
        folder = Path(self._folder.name, release)
        if not folder.is_dir():
            place = self._check(self._script("where")).decode().rstrip("\n")
            self._copy(f"{self._settings.host}:{place}/releases/{release}/", f"{folder}/")
        return folder

    def listing(self) -> dict[str, str]:
        """Every file of the live release with its SHA-256."""
        self._base, found = self._files()
        return {path: each.sha256 for path, each in found.items() if not path.startswith(OWN)}

    def _files(self) -> tuple[str, dict[str, Digest]]:
        """What `current` points at, and what is there."""
        done = self._script("files")
        if done.code == ABSENT:
            return "", {}
        live, *paths, _, sums, sizes = self._check(done).split(b"\0")
        rows = zip(paths, sums.splitlines(), sizes.split(), strict=True)
        return live.decode(), {
            path.removeprefix(b"./").decode("utf-8", "surrogateescape"): Digest(
                # A sum of a name with a backslash or a newline in it has a backslash before it.
                sha256=line.split()[0].lstrip(b"\\").decode(),
                size=int(size),
            )
            for path, line, size in rows
        }

    def tag(self, data: bytes) -> str:
        """The SHA-256."""
        return hashlib.sha256(data).hexdigest()

    def put(self, path: str, data: bytes, headers: Headers) -> str:
        """Stage a file here."""
        del headers
        file = self._staged / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except OSError as error:
            raise RefusedError(f"{file}: {error.strerror}") from None
        self._deleted.discard(path)
        return self.tag(data)

    def copy(self, source: str, path: str) -> None:
        """Never asked of an atomic target."""
        raise NotImplementedError

    def delete(self, path: str) -> None:
        """Leave a file out of the next release."""
        (self._staged / path).unlink(missing_ok=True)
        self._deleted.add(path)

    def finish(self, release: str, keep: Sequence[str]) -> None:
        """Make the release, fill it, and put the link on it."""
        gone = b"".join(each.encode() + b"\0" for each in sorted(self._deleted))
        began = self._script("begin", release, self._base, feed=gone)
        if began.code == ABSENT:  # it is live already: only the reply was lost
            return
        place = self._check(began).decode().rstrip("\n")
        self._copy(f"{self._staged}/", f"{self._settings.host}:{place}/releases/{release}.part/")
        self._check(self._script("switch", release, self._base, self._token, *keep))

    def digests(self, paths: Sequence[str]) -> dict[str, Digest]:
        """Each file of the live release, read and summed there."""
        _, found = self._files()
        return {path: found[path] for path in paths if path in found}

    def close(self) -> None:
        """Remove what is staged."""
        self._folder.cleanup()

    def _copy(self, source: str, sink: str) -> None:
        """Copy a folder from here to there or back with rsync; its paths are no shell's words."""
        limit = max(1, round(self._settings.timeout))
        options = ["--recursive", "--checksum", "--secluded-args", "--chmod=D755,F644"]
        options += [f"--timeout={limit}", f"--rsh={shlex.join(self._ssh)}"]
        self._check(run([self._rsync, *options, "--", source, sink]))

    def _script(self, name: str, *arguments: str, feed: bytes = b"") -> Done:
        """Run one of the scripts there."""
        home, slash, rest = self._settings.path.partition("/")
        at_home = home == "~"
        place = shlex.quote(rest if at_home else self._settings.path)
        words = [shlex.quote(each) for each in arguments]
        begin = f"exec sh -c {shlex.quote(SCRIPTS[name])} sitegen"
        command = " ".join([begin, f'"$HOME"{slash}{place}' if at_home else place, *words])
        seconds = 20 * self._settings.timeout  # a dead connection is noticed sooner, by ssh itself
        return run([*self._ssh, "--", self._settings.host, command], feed=feed, seconds=seconds)

    def _check(self, done: Done) -> bytes:
        """What a script or rsync wrote. Raises what its failure means."""
        if done.code == HELD:
            raise LockLostError(f"somebody else has taken the lock of {self.name}")
        if done.code == RACED:
            raise LockHeldError(f"somebody else has deployed to {self.name} just now")
        if done.code == AGAIN:
            raise BusyError(f"the lock of {self.name} was given up just now")
        if done.code:
            raise explain(self.name, done)
        return done.out


class SshHold:
    """The lock file, as long as our token is in it."""

    def __init__(self, target: SshTarget, token: str) -> None:
        self._target, self._token = target, token

    def renew(self) -> None:
        """Make it young again."""
        self._target.renew(self._token)

    def release(self) -> None:
        """Remove it."""
        self._target.unlock(self._token)

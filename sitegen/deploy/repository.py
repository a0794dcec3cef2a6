"""A private bare repository for one deploy: what `git` is asked and told.

Comes in: the address of a remote and a branch. Goes out: commits, trees and contents as they are
there, and what is given to `git fast-import`. Commits come without the contents of their files,
which are fetched when they are asked for. It lives in a temporary folder: it is never shared, so
any number of deployers may run, and one that is killed leaves nothing that another one reads.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sitegen.deploy.programs import Done, end, explain, find, redact, run, ssh_options, surroundings
from sitegen.deploy.target import RefusedError

LIVE = "refs/live"
LONGEST = 3600.0
"""Seconds that git may take for anything."""
PROMISED = "--filter=blob:none"
"""Fetch no contents of files."""


class Repository:
    """The repository, and the branch `branch` of the remote `live`."""

    def __init__(self, remote: str, branch: str, site: Path, timeout: float) -> None:
        git = find("git", "deploying to a git repository")
        address = _address(git, remote, site)
        self.name = f"branch {branch} of {redact(address)}"
        self.branch = f"refs/heads/{branch}"
        self._folder = tempfile.TemporaryDirectory(
            prefix="sitegen-git-", ignore_cleanup_errors=True
        )
        self._git = [git, "-C", self._folder.name]
        self._environment = _environment(git, site, address, timeout)
        self._import: subprocess.Popen[bytes] | None = None
        self.call("init", "--bare", "--quiet", ".")
        self.call("config", "core.repositoryFormatVersion", "1")
        self.call("config", "extensions.partialClone", "live")

    def run(self, *arguments: str, feed: bytes | None = None) -> Done:
        """Run git. It notices itself when the remote stands still, much sooner than our limit."""
        command = [*self._git, *arguments]
        return run(command, feed=feed, environment=self._environment, seconds=LONGEST)

    def call(self, *arguments: str, feed: bytes | None = None) -> bytes:
        """What git writes. Raises what its failure means."""
        done = self.run(*arguments, feed=feed)
        if done.code:
            raise explain(self.name, done)
        return done.out

    def name_of(self, revision: str) -> str:
        """The name of an object."""
        return self.call("rev-parse", revision).decode().strip()

    def setting(self, key: str) -> str:
        """The writer's configuration of git; "" where there is none."""
        return self.run("config", "--get", key).out.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Remove the repository."""
        if self._import is not None:
            end(self._import)
            self._import = None
        self._folder.cleanup()

    # --- what is there ---------------------------------------------------------------------------

    def tip(self) -> str:
        """The commit that the branch is at now; "" if there is no such branch."""
        return self.call("ls-remote", "--refs", "live", self.branch).decode().partition("\t")[0]

    def fetch(self) -> str:
        """The commit at the tip, after it was fetched with its trees."""
        tip = self.tip()
        if not tip or self.run("cat-file", "-e", tip).code == 0:
            return tip
        wanted = f"+{self.branch}:{LIVE}"
        self.call("fetch", "-q", "--depth=1", "--no-tags", PROMISED, "live", wanted)
        return self.name_of(LIVE)

    def find(self, words: str) -> str:
        """The newest commit of the branch with this line in its message; "" if there is none."""
        if not self.fetch():
            return ""
        shallow = self.call("rev-parse", "--is-shallow-repository").strip() == b"true"
        deeper = ["--unshallow"] if shallow else []
        wanted = f"+{self.branch}:{LIVE}"
        self.call("fetch", "-q", *deeper, "--no-tags", PROMISED, "live", wanted)
        found = self.call("log", "-n1", "--format=%H", f"--grep=^{words}$", LIVE)
        return found.decode().strip()

    def tree(self, commit: str) -> dict[str, str]:
        """Every file of a commit with the name of its blob; nothing for no commit."""
        if not commit:
            return {}
        listed = self.call("ls-tree", "-r", "-z", "--full-tree", commit)
        rows = [row.partition(b"\t") for row in listed.split(b"\0") if row]
        return {os.fsdecode(path): head.split()[2].decode() for head, _, path in rows}

    def read(self, blobs: Sequence[str]) -> list[bytes]:
        """The contents of blobs, which are fetched in one request where they are not here."""
        asked = "".join(f"{each}\n" for each in blobs).encode()
        # Without this, git would fetch each missing one by itself, in as many requests.
        here = ["-c", "remote.live.promisor=false", "cat-file", "--batch-check"]
        lines = self.call(*here, feed=asked).splitlines()
        missing = b"".join(line.split()[0] + b"\n" for line in lines if line.endswith(b" missing"))
        if missing:
            quiet = ["-q", "--no-tags", "--no-write-fetch-head", PROMISED]
            self.call("fetch", *quiet, "--stdin", "live", feed=missing)
        out, found = self.call("cat-file", "--batch", feed=asked), list[bytes]()
        start = 0
        for _ in blobs:
            newline = out.index(b"\n", start)
            size = int(out[start:newline].split()[-1])
            found.append(out[newline + 1 : newline + 1 + size])
            start = newline + size + 2
        return found

    # --- what is to be there ---------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Write to `git fast-import`, which is started by the first bytes."""
        if self._import is None:
            self._import = subprocess.Popen(
                [*self._git, "fast-import", "--quiet", "--force", "--done", "--date-format=now"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=surroundings(self._environment),
                start_new_session=True,
            )
        assert self._import.stdin is not None  # noqa: S101 - asked for above
        with suppress(BrokenPipeError):  # then it has ended, and says why
            self._import.stdin.write(data)
            return
        self.feed_end()

    def feed_end(self) -> None:
        """Wait for `git fast-import` to have done all that it was told."""
        assert self._import is not None  # noqa: S101 - it is fed before
        process, self._import = self._import, None
        _, err = process.communicate()
        if process.returncode:
            said = Done(process.returncode, b"", redact(err.decode("utf-8", "replace")))
            raise explain("the temporary repository", said)


def quoted(path: str) -> bytes:
    """A path as `git fast-import` reads it."""
    raw = os.fsencode(path)
    for char, escaped in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        raw = raw.replace(char, escaped)
    return b'"' + raw + b'"'


def _address(git: str, remote: str, site: Path) -> str:
    """The URL of a remote that may be the name of one of the site's own repository."""
    if "/" in remote or ":" in remote or remote.endswith(".git"):
        folder = site / Path(remote).expanduser()
        return str(folder.resolve()) if folder.is_dir() else remote
    found = run([git, "-C", str(site), "remote", "get-url", "--push", remote])
    if found.code:
        raise RefusedError(
            f'there is no git remote "{remote}"',
            hint="write its URL as remote in site.toml, or add it: git remote add NAME URL",
        )
    return found.out.decode().strip()


ACCESS = ("http.", "credential.", "url.", "core.sshcommand", "core.askpass", "user.")


def _environment(git: str, site: Path, address: str, timeout: float) -> Mapping[str, str]:
    """The settings of our repository, by environment: an address may hold a password.

    How the site's own repository logs in counts, too: a server that builds keeps its token there.
    """
    listed = run([git, "-C", str(site), "config", "--local", "--includes", "-z", "--list"]).out
    local = [pair.partition("\n")[::2] for pair in listed.decode().split("\0") if pair]
    ssh = run([git, "-C", str(site), "config", "--get", "core.sshCommand"]).out.decode().strip()
    settings = [
        *((key, value) for key, value in local if key.startswith(ACCESS)),
        ("remote.live.url", address),
        ("remote.live.promisor", "true"),
        ("remote.live.partialCloneFilter", "blob:none"),
        ("http.lowSpeedLimit", "1"),
        ("http.lowSpeedTime", str(max(1, round(timeout)))),
        ("gc.auto", "0"),
    ]
    command = os.environ.get("GIT_SSH_COMMAND") or ssh or os.environ.get("GIT_SSH") or "ssh"
    begin = int(os.environ.get("GIT_CONFIG_COUNT") or 0)  # the writer's own settings of this kind
    return {
        "GIT_CONFIG_COUNT": str(begin + len(settings)),
        "GIT_SSH_COMMAND": f"{command} {' '.join(ssh_options(timeout))}",
        **{f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(settings, begin)},
        **{f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(settings, begin)},
    }

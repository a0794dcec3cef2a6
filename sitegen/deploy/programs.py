"""The programs that some targets are made of (git, ssh, rsync): found, run, and understood.

Comes in: a command. Goes out: what it wrote, or one of the errors of `target`, in the writer's
words. A program runs in a session of its own: it has no terminal to ask for a password on, and
with it ends whatever it started. Its messages are read in English; passwords are cut out of them.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sitegen.deploy.target import BusyError, RefusedError, UnusableError

QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS_REQUIRE": "never",
}
"""What makes programs speak English, and ask nobody for anything."""
ELSEWHERE = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
}
"""What names the repository of whoever started us, as a hook of git does."""


@dataclass(frozen=True)
class Done:
    """How a program ended."""

    code: int
    out: bytes
    err: str

    @property
    def last(self) -> str:
        """The line that says most: the last one of what it complained about."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        refused = [line for line in lines if line.startswith("! [")]
        worst = [line for line in lines if re.match(r"fatal|error|remote: |rsync|ssh", line)]
        return (refused or worst or lines or [f"exit code {self.code}"])[-1]


def find(program: str, what: str) -> str:
    """Where a program is. Raises `UnusableError` that says what to install."""
    found = shutil.which(program)
    if found is None:
        package = {"ssh": "openssh-client"}.get(program, program)
        raise UnusableError(
            f"{what} needs {program}, which is not installed",
            hint=f"install it, as with: apt install {package}",
        )
    return found


def run(
    command: Sequence[str],
    *,
    feed: bytes | None = None,
    environment: Mapping[str, str] = {},
    seconds: float | None = None,
) -> Done:
    """Run a program to its end. Raises `BusyError` if that takes longer than `seconds`."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=surroundings(environment),
        start_new_session=True,
    )
    try:
        out, err = process.communicate(feed, seconds)
    except subprocess.TimeoutExpired:
        raise BusyError(f"{command[0]} did not end in {seconds:g} seconds") from None
    finally:
        if process.returncode is None:
            end(process)
    return Done(process.returncode, out, redact(err.decode("utf-8", "replace")))


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program: ours, but for what would lead it astray, and its own."""
    ours = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    return ours | QUIET | dict(environment)


def ssh_options(timeout: float) -> list[str]:
    """No questions, and an end when nothing is heard for so long; the rest is the writer's own."""
    return [
        "-oBatchMode=yes",
        f"-oConnectTimeout={max(1, round(timeout))}",
        f"-oServerAliveInterval={max(1, round(timeout / 3))}",
        "-oServerAliveCountMax=3",
    ]


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and what it started; what it wrote is lost."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def redact(text: str) -> str:
    """The text without names and passwords in the addresses that it quotes."""
    return re.sub(r"(?<=://)[^/\s'\"]*@", "", text)


Reading = tuple[str, str, str]
"""A pattern in what a program says, what that means, and what to do about it."""

REFUSALS: Sequence[Reading] = (
    (
        r"not found.*rsync|rsync:.*not found",
        "it has no rsync",
        "install rsync there, as with: apt install rsync",
    ),
    (
        r"could not resolve host",
        "there is no such host",
        "check the name in site.toml",
    ),
    (
        r"host key verification failed|host identification has changed",
        "ssh does not know the host, or not by this key",
        "connect by hand once and look at its key: ssh HOST",
    ),
    (
        (
            r"authentication failed|could not read (username|password)|terminal prompts disabled"
            r"|permission denied \(|returned error: 40[13]|too many authentication"
        ),
        "it does not take the credentials that are there",
        "log in by hand once: credentials are git's or ssh's own, none are kept here",
    ),
    (
        r"no space left|disk quota exceeded|file too large",
        "its disk is full",
        "make room there and deploy again; the former release is still live",
    ),
    (
        (
            r"repository .*not found|does not appear to be a git repository|does not exist"
            r"|returned error: 404"
        ),
        "there is no such repository",
        "check remote in site.toml; the repository must exist",
    ),
    (
        r"permission denied|operation not permitted|read-only file system",
        "it may not be written there",
        "check the permissions of the folder",
    ),
    (
        r"protected branch|hook declined|gh0\d\d|not allowed to push",
        "it does not allow this push",
        "allow pushes to this branch, or choose another one",
    ),
)
PASSING = (
    r"returned error: (5\d\d|429|408)|\brpc failed|early eof|hung up|reset by peer|timed out"
    r"|timeout|connection (closed|refused|reset|to .* closed)|broken pipe|too slow|empty reply"
    r"|unexpected disconnect|kex_exchange|network is unreachable|temporary failure|unexpected end"
    r"|no route to host|remote end|couldn't connect|failed to connect|bad pack header|curl \d+"
    r"|expected flush|invalid server response|unpack|connection unexpectedly closed|lost connection"
    r"|transfer closed|the remote end|not valid: is this a git"
)


def explain(name: str, done: Done) -> BusyError | RefusedError:
    """Why a program failed at a target, as an error that says whether to try again."""
    said = done.err.lower()
    for pattern, meaning, hint in REFUSALS:
        if re.search(pattern, said):
            return RefusedError(f"{name}: {meaning} ({done.last})", hint=hint)
    if re.search(PASSING, said):
        return BusyError(f"{name}: {done.last}")
    return RefusedError(f"{name}: {done.last}")

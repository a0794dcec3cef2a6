"""A chunk of work, done on this machine or another: what an executor is given.

Comes in: a stage, what its tasks share, the tasks. Goes out: for each the bytes that this machine
would have made, or why there are none. A process of our own does them one by one, so that an alarm
rings in its main thread, and what no process survives costs neither the executor's worker nor
other tasks. As a program this module is that process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace as replace_in
from socket import gethostname

import msgspec

from sitegen import apart
from sitegen.build.knot import Knot
from sitegen.build.originals import ParseWork
from sitegen.build.parsing import Text, parse_original
from sitegen.build.pieces import Piece
from sitegen.build.readings import Readings
from sitegen.build.render import Parts, Press, RenderWork, render
from sitegen.discover import Original, Reading
from sitegen.errors import ConfigError, Problem
from sitegen.model import Config, Prompt
from sitegen.templates import make_theme
from sitegen.toolchain import toolchain

START = 60.0
"""Seconds in which a process has to begin, and to unpack what is shared."""
SAME = "scheduler and workers need the same sitegen, Python and libraries as this machine"


Portable = ParseWork | RenderWork


# --- there ---------------------------------------------------------------------------------------

IDLE: list[tuple[apart.Apart, bytes]] = []
"""Processes without work, and what each has unpacked."""
os.register_at_fork(after_in_child=IDLE.clear)


def do(order: bytes, limit: float, tasks: Sequence[bytes]) -> list[bytes | str]:
    """The results of the tasks, each within `limit` seconds, or why there is none.

    `order`: the digest of the program, the stage, a null, what the tasks share. Raises
    `ConfigError` if the program here is another one, `WorkerError` for a bug.
    """
    try:
        ask, has = IDLE.pop()
    except IndexError:  # asked for, not looked for: other threads take of them, too
        ask, has = apart.Apart(__name__, START), b""
    answers: list[bytes | str] = []
    try:
        for task in tasks:
            if has != order:
                _check(ask(b"o" + order))
            answers.append(ask(b"t" + task, limit))
            has = b"" if isinstance(answers[-1], str) else order  # then it is another process
    except BaseException:
        ask.close()
        raise
    IDLE.append((ask, has))
    return answers


def _check(wrong: bytes | str) -> None:
    if isinstance(wrong, str):
        raise ChildProcessError(f"a process for the work {wrong}")
    if wrong:
        raise ConfigError(f"the worker on {wrong.decode()} has another program", hint=SAME)


def serve() -> None:
    """Do what is asked for, in a process of its own."""
    opened: list[Callable[[bytes], bytes]] = []

    def work(raw: bytes) -> bytes:
        if raw[:1] == b"t":
            return opened[-1](raw[1:])
        program, (stage, _, shared) = raw[1:17], raw[17:].partition(b"\0")
        if program != toolchain():
            return gethostname().encode()
        opened[:] = [_open_parse(shared) if stage == b"parse" else _open_render(shared)]
        return b""

    apart.serve(work)


def _open_parse(shared: bytes) -> Callable[[bytes], bytes]:
    import sitegen.figures
    import sitegen.markup  # noqa: F401 - before there is a text whose time counts

    known = tuple[Config, list[tuple[Prompt, bytes]], list[tuple[Prompt, Problem]]]
    config, lines, refused = msgspec.msgpack.decode(shared, type=known)
    readings = Readings(dict(lines), lambda _prompts: dict(refused))
    readings.read(dict(refused))

    def work(task: bytes) -> bytes:
        original, reading = msgspec.msgpack.decode(task, type=tuple[Original, Reading])
        return msgspec.msgpack.encode(parse_original(original, config, readings, reading))

    return work


def _open_render(shared: bytes) -> Callable[[bytes], bytes]:
    knot, theme = msgspec.msgpack.decode(shared, type=tuple[Knot, Parts])
    texts: dict[str, Text] = {}
    press = Press(knot, {}, make_theme(*theme), texts.__getitem__, lambda _path: b"")

    def work(task: bytes) -> bytes:
        shows = tuple[Piece, tuple[tuple[Piece, Text], ...]]
        piece, shown = msgspec.msgpack.decode(task, type=shows)
        texts.clear()
        texts.update((page.name, text) for page, text in shown)
        pages = {page.name: page for page, _ in shown}
        return msgspec.msgpack.encode(render(piece, replace_in(press, pages=pages)))

    return work


if __name__ == "__main__":
    serve()

"""What `sitegen serve` does: builds and watches in one thread, answers in another.

Comes in: the options of the command line. Goes out: lines for the writer, one a save, and an exit
code. A mistake in the site ends nothing; nor does a fault of the program's own, which is shown.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

import click

from sitegen.errors import ConfigError, Problem
from sitegen.preview.guard import is_loopback
from sitegen.preview.server import BACKLOG, Server
from sitegen.preview.studio import Change, Studio
from sitegen.preview.watch import Watcher
from sitegen.screen import Screen, excerpts

PORT, NEXT = 8000, 20
LOOPBACK, EVERY = ("127.0.0.1", "::1"), ("0.0.0.0", "::")  # noqa: S104
FILES = 4096  # descriptors that we ask for
MOST_NAMED = 3


class Options(NamedTuple):
    """As the command line has them."""

    host: str | None
    port: int | None
    open: bool
    poll: bool
    drafts: bool
    follow: bool


def serve_site(screen: Screen, options: Options) -> NoReturn:
    """Serve until somebody ends it, which is no failure."""
    site = Path(os.path.abspath(screen.site))  # noqa: PTH100 - a link stays what it is called
    if not (site / "site.toml").is_file():
        raise ConfigError(
            f"there is no site.toml in {site}",
            hint="name the site's folder with -s, or make a new site: sitegen init DIR",
        )
    with suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(most[0], FILES), most[1]), most[1]))
    sockets = listen(options.host, options.port)
    asyncio.run(_serve(screen, options, Studio(site, options.drafts), sockets))


# --- where -------------------------------------------------------------------------------------


def listen(host: str | None, port: int | None) -> list[socket.socket]:
    """Sockets on the loopback, or on `host`. Without a port, the next one that is free.

    Raises `ConfigError`.
    """
    hosts: tuple[str, ...] = LOOPBACK
    if host:
        hosts = (host,) if host in EVERY or _is_ours(host) else (*LOOPBACK, host)
    ports = range(PORT, PORT + NEXT) if port is None else (port,)
    for each in ports:
        with suppress(BlockingIOError):
            return _bind(hosts, each)
    first, last = ports[0], ports[-1]
    taken = f"port {first} is taken" if port is not None else f"ports {first} to {last} are taken"
    raise ConfigError(taken, hint="end what listens there, or choose another: --port N")


def _is_ours(host: str | None) -> bool:
    """Whether it is a name of the loopback."""
    return host is not None and (host.lower() == "localhost" or is_loopback(host))


def _bind(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """One socket for each address; all or none. Raises BlockingIOError if the port is taken."""
    sockets: list[socket.socket] = []
    for host in hosts:
        try:
            # For port 0 the second address takes the port that the first one got.
            sockets.append(_socket(host, sockets[0].getsockname()[1] if sockets else port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            if host == LOOPBACK[1] and not taken:
                continue  # a machine without IPv6
            for each in sockets:
                each.close()
            if taken:
                raise BlockingIOError from error
            words = f"cannot listen on {host}, port {port}: {error.strerror or error}"
            raise ConfigError(words, hint="choose another: --host ADDRESS --port N") from error
    return sockets


def _socket(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


# --- the two threads ---------------------------------------------------------------------------


async def _serve(
    screen: Screen, options: Options, studio: Studio, sockets: Sequence[socket.socket]
) -> NoReturn:
    names = [options.host] if options.host and not _is_ours(options.host) else []
    server = Server(studio, follow=options.follow, names=names)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, ended.set)
    await server.start(sockets)
    port = sockets[0].getsockname()[1]

    def announce(change: Change) -> None:
        server.live.announce(change, excerpts(studio.site))
        if not server.ready.is_set():
            server.ready.set()
            _greet(screen, options, server, port)

    def tell(change: Change) -> None:
        with suppress(RuntimeError):  # it has just ended
            loop.call_soon_threadsafe(announce, change)

    worker = Worker(screen, options, studio, tell)
    threading.Thread(target=worker.work, daemon=True).start()
    await ended.wait()
    await server.close()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is unsaved, a source that takes long is not waited for, and a second Ctrl+C finds no
    # loop that is half closed.
    os._exit(0)


def _greet(screen: Screen, options: Options, server: Server, port: int) -> None:
    """Say where it is, and open it there."""
    address = f"http://localhost:{port}{server.studio.base}"
    _say(screen, f"{address}  (Ctrl+C ends the preview)", address=address)
    if server.tickets is not None:
        where = f"[{options.host}]" if ":" in (options.host or "") else options.host
        where = os.uname().nodename if options.host in EVERY else where

        def ticket() -> None:
            link = (
                f"http://{where}:{port}/?ticket={server.tickets.ticket if server.tickets else ''}"
            )
            _say(screen, f"from another machine, once: {link}", ticket=link)

        click.echo(
            "warning: whoever can reach this machine can reach the preview, drafts and all;"
            " only the address with the ticket opens it, and nothing is encrypted",
            err=True,
        )
        ticket()
        server.on_ticket = ticket
    if options.open:
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


class Worker:
    """The thread that watches and builds. `announce` may be called from it."""

    def __init__(
        self,
        screen: Screen,
        options: Options,
        studio: Studio,
        announce: Callable[[Change], None],
    ) -> None:
        self._screen, self._options, self._studio = screen, options, studio
        self._announce = announce
        self._former: tuple[Problem, ...] = ()
        self._restless = False

    def work(self) -> None:
        """Look, build, tell; for ever."""
        watcher = self._watch()
        self._refresh(frozenset(), first=True)
        # Most of what there is now stays; to go through it again would hold a save up.
        gc.collect()
        gc.freeze()
        while True:
            try:
                self._refresh(watcher.wait(self._rest), first=False)
            except Exception:  # noqa: BLE001 - nor must it end the watching
                traceback.print_exc()
                time.sleep(1)

    def _rest(self) -> None:
        """Write down what was made since; a save never waits for that."""
        if self._restless:
            self._restless = False
            with suppress(OSError):
                self._studio.rest()
            if not self._studio.is_settled:
                self._refresh(frozenset(), first=False)

    def _watch(self) -> Watcher:
        say = lambda line: _say(self._screen, line, polling=line)  # noqa: E731
        return Watcher(self._studio.site, poll=self._options.poll, say=say)

    def _refresh(self, hints: frozenset[Path], *, first: bool) -> None:
        try:
            change = self._studio.refresh(hints)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the preview
            traceback.print_exc()
            problem = Problem(kind="fault", message="a fault of sitegen itself: see the terminal")
            change = Change(problems=(problem,), good=False)
        changed = change.saved or change.paths or change.problems != self._former
        self._former = change.problems
        if changed or first:
            self._announce(change)
        if changed and not first:
            self._tell(change)
        elif first and change.problems:
            self._screen.report(change.problems, most_warnings=20)
        self._restless = self._restless or bool(changed) or first

    def _tell(self, change: Change) -> None:
        """One line for a save, and what is wrong with it."""
        paths = sorted(change.paths, key=lambda path: (-path.count("/"), path))
        shown = _some([path for path in paths if path.endswith("/")] or paths)
        clock = time.strftime("%H:%M:%S")
        line = f"{clock}  {_some(change.saved) or 'the site'}"
        line += f" → {shown}" if shown else ""
        line += "" if change.good else " → not shown, for it is wrong"
        _say(
            self._screen,
            f"{line}  {change.seconds * 1000:.0f} ms",
            saved=change.saved,
            changed=paths,
            seconds=change.seconds,
            good=change.good,
        )
        told = [each for each in change.problems if _concerns(each, change.saved)]
        if told and not self._screen.as_json:
            self._screen.report(told, most_warnings=5)


def _concerns(problem: Problem, saved: Collection[str]) -> bool:
    """Whether it is to be said after a save: all errors, and the warnings of what was saved."""
    return problem.severity == "error" or not problem.files.isdisjoint(saved)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _say(screen: Screen, line: str, **data: object) -> None:
    """A line of text, or of JSON; it is read as it comes."""
    if screen.as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        screen.say(line)
    sys.stdout.flush()

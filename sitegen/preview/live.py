"""The push channel: each open page is told how things stand with it, whenever that changes.

Comes in: WebSockets whose first message names a page and the files it shows. Goes out: to each the
state of its page, as JSON: always the whole and never what happened, so that nothing is lost with
a message, and a page that was asleep has nothing to catch up with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import h11
import msgspec
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError, generate_accept_token

from sitegen.errors import Problem, show
from sitegen.preview.studio import Change, Studio

LARGEST = 65_536  # bytes of a message
MOST_FILES = 200
MOST_PROBLEMS = 20
PULSE = 20.0  # seconds between two questions whether somebody is there
PATIENCE = 10.0  # seconds for a message to go out


class Hello(msgspec.Struct, frozen=True):
    """What a page says of itself."""

    path: str
    files: list[str] = []


class Channel:
    """A connection that has been asked to become a WebSocket."""

    def __init__(
        self, http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.http, self.reader, self.writer = http, reader, writer
        self.frames = Connection(ConnectionType.SERVER)
        self.hello: Hello | None = None
        self.stale = asyncio.Event()
        self.heard = True

    async def accept(self, request: h11.Request) -> None:
        """Change from HTTP to frames."""
        key = next(value for name, value in request.headers if name == b"sec-websocket-key")
        token = generate_accept_token(key)
        names = [(b"Upgrade", b"websocket"), (b"Connection", b"Upgrade")]
        headers = [*names, (b"Sec-WebSocket-Accept", token)]
        answer = h11.InformationalResponse(status_code=101, headers=headers)
        while self.http.next_event() is not h11.PAUSED:  # there is no body
            pass
        self.writer.write(self.http.send(answer) or b"")
        await self.writer.drain()
        self.frames.receive_data(self.http.trailing_data[0])

    async def send(self, event: Event) -> None:
        """Write a frame; who does not read for long is gone."""
        self.writer.write(self.frames.send(event))
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()


class Live:
    """All open pages, and what they are told."""

    def __init__(self, studio: Studio, *, follow: bool) -> None:
        self._studio, self._follow = studio, follow
        self._channels: set[Channel] = set()
        self._change = Change()
        self._problems = _sorted_out(())
        self._lines_of: Callable[[str], Sequence[str]] = lambda _path: ()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._channels)

    def announce(self, change: Change, lines_of: Callable[[str], Sequence[str]]) -> None:
        """A build has ended: every page may have become stale."""
        if change.problems is not self._change.problems:
            self._problems = _sorted_out(change.problems)
        self._change, self._lines_of = change, lines_of
        for channel in self._channels:
            channel.stale.set()

    async def talk(self, channel: Channel, request: h11.Request) -> None:
        """Accept a channel and keep it until one side has had enough."""
        try:
            await channel.accept(request)
        except (h11.RemoteProtocolError, h11.LocalProtocolError):
            return
        self._channels.add(channel)
        telling = asyncio.create_task(self._tell(channel))
        self._tasks.add(telling)
        try:
            await self._listen(channel)
        except (OSError, TimeoutError, LocalProtocolError, RemoteProtocolError):
            pass
        finally:
            self._channels.discard(channel)
            self._tasks.discard(telling)
            telling.cancel()

    async def close(self) -> None:
        """Tell all pages that the preview ends."""
        for channel in list(self._channels):
            with suppress(OSError, LocalProtocolError):
                channel.writer.write(channel.frames.send(CloseConnection(code=1001)))
        for task in self._tasks:
            task.cancel()

    # --- one page --------------------------------------------------------------------------------

    async def _listen(self, channel: Channel) -> None:
        """Read what a page says, which is little, until it closes."""
        said = ""
        while True:
            for event in channel.frames.events():
                match event:
                    case TextMessage():
                        said += event.data
                        if len(said) > LARGEST or (
                            event.message_finished and not _hear(said, channel)
                        ):
                            return await channel.send(CloseConnection(code=1008))
                        said = "" if event.message_finished else said
                    case Ping():
                        await channel.send(event.response())
                    case Pong():
                        pass
                    case CloseConnection():
                        with suppress(LocalProtocolError):
                            await channel.send(event.response())
                        return None
                    case _:
                        return await channel.send(CloseConnection(code=1003))
            raw = await channel.reader.read(LARGEST)
            channel.heard = True
            channel.frames.receive_data(raw or None)

    async def _tell(self, channel: Channel) -> None:
        """Send the state of its page when there is another; ask at times if it is there."""
        told = b""
        with suppress(OSError, TimeoutError, LocalProtocolError):
            while True:
                try:
                    async with asyncio.timeout(PULSE):
                        await channel.stale.wait()
                except TimeoutError:
                    if not channel.heard:
                        break
                    channel.heard = False
                    await channel.send(Ping())
                    continue
                channel.stale.clear()
                if channel.hello:
                    state = msgspec.json.encode(await self._state(channel.hello))
                    if state != told:
                        told = state
                        await channel.send(TextMessage(data=state.decode()))
        channel.writer.transport.abort()

    async def _state(self, hello: Hello) -> dict[str, Any]:
        """All that a page has to know of itself."""
        get = self._studio.get
        page = self._studio.held(hello.path) or await asyncio.to_thread(get, hello.path)
        files = {}
        for path in hello.files:
            file = self._studio.held(path) or await asyncio.to_thread(get, path)
            files[path] = file.etag if file else ""
        source = page.source if page else None
        errors = [] if self._change.good else self._problems.get(None, [])
        here = self._problems.get(source, []) if source else []
        return {
            "etag": page.etag if page else "",
            "source": source,
            "words": page.words if page else 0,
            "lines": page.lines if page else 0,
            "minutes": page.minutes if page else 0,
            "note": page.note if page else "",
            "seconds": self._change.seconds,
            "errors": [_told(each, self._lines_of) for each in errors[:MOST_PROBLEMS]],
            "here": [_told(each, self._lines_of) for each in here[:MOST_PROBLEMS]],
            "files": files,
            "follow": self._follow,
        }


def _hear(said: str, channel: Channel) -> bool:
    """Take a page's word for what it is; whether that was understood."""
    try:
        channel.hello = msgspec.json.decode(said, type=Hello)
    except (msgspec.DecodeError, UnicodeError):
        return False
    channel.stale.set()
    return len(channel.hello.files) <= MOST_FILES


def _sorted_out(problems: Sequence[Problem]) -> Mapping[str | None, list[Problem]]:
    """The errors (under None), and by source the warnings of it or of its page."""
    found: dict[str | None, list[Problem]] = {}
    for problem in problems:
        for key in (None,) if problem.severity == "error" else problem.files:
            found.setdefault(key, []).append(problem)
    return found


def _told(problem: Problem, lines_of: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "path": problem.span.path if problem.span else None,
        "page": problem.page,
        "text": show(problem, lines_of),
    }

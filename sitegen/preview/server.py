"""Requests to answers: a small HTTP server whose every answer is in memory, and the push channel.

Comes in: a `Studio`, sockets that listen. Goes out: bytes. `h11` reads and writes HTTP, `wsproto`
WebSockets; neither touches a socket, so that every limit is here: how long a request may take, how
large it may be, how many may come at once. Who is too many makes the one leave who waited longest.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

import h11

from sitegen.preview import client
from sitegen.preview.guard import Asked, Refusal, Tickets, is_loopback, path_of, refuse, refuse_live
from sitegen.preview.live import Channel, Live
from sitegen.preview.studio import Studio

MOST = 400  # connections at once
MOST_LIVE = 300  # of them open channels
HEAD = 16_384  # bytes of a request
PATIENCE, SENDING = 5.0, 60.0  # seconds for a whole request to come in, and an answer to go out
FIRST = 30.0  # seconds that a request waits for the first build
BACKLOG = 512  # that wait to be accepted: with those accepted, less than any limit of descriptors
LINGER = 0.5  # seconds for what somebody sends on after we refused it
BLOCK = 65_536  # bytes
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex"),
]


class Answer(NamedTuple):
    """What goes back. `last`: the connection ends with it."""

    status: int
    data: bytes
    type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    last: bool = False


class Line:
    """One connection, with what h11 knows of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD)
        self.is_live = False

    async def read(self) -> h11.Event | type[h11.PAUSED]:
        """The next event. Raises h11.RemoteProtocolError for what is no HTTP."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(HEAD))
        return event  # type: ignore[return-value]

    async def send(self, answer: Answer, *, head_only: bool = False) -> None:
        """Write an answer, no faster than it is read."""
        headers = [*HEADERS, *answer.headers, ("Content-Type", answer.type)]
        headers += [("Content-Length", str(len(answer.data)))]
        headers += [("Connection", "close")] * answer.last
        reason = HTTPStatus(answer.status).phrase
        head = h11.Response(status_code=answer.status, headers=headers, reason=reason)
        self.writer.write(self.http.send(head) or b"")
        body = memoryview(b"" if head_only else answer.data)
        for start in range(0, len(body), BLOCK):
            part = self.http.send(h11.Data(data=bytes(body[start : start + BLOCK])))
            self.writer.write(part or b"")
            await self.writer.drain()
        self.writer.write(self.http.send(h11.EndOfMessage()) or b"")
        await self.writer.drain()

    def asked(self, request: h11.Request) -> Asked:
        """The request as the guard judges it."""
        local = self.writer.get_extra_info("sockname") or ("", 0)
        peer = self.writer.get_extra_info("peername") or ("", 0)
        method = request.method.decode("ascii")
        return Asked(method, request.target, list(request.headers), local[:2], peer[0])

    async def close(self) -> None:
        """End what was said; so that it is heard, what still comes in is read for a moment."""
        with suppress(OSError, RuntimeError, TimeoutError):
            if self.writer.can_write_eof():
                self.writer.write_eof()
            async with asyncio.timeout(LINGER):
                while await self.reader.read(BLOCK):
                    pass
        self.writer.close()

    def drop(self) -> None:
        """End it now."""
        self.writer.transport.abort()


class Server:
    """Answers for a studio. All of it runs in one event loop."""

    def __init__(self, studio: Studio, *, follow: bool = False, names: Iterable[str] = ()) -> None:
        self.studio, self.names = studio, frozenset(names)
        self.tickets = Tickets() if self.names else None
        self.ready = asyncio.Event()
        self.live = Live(studio, follow=follow)
        self.on_ticket: Callable[[], None] = lambda: None
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._servers: list[asyncio.Server] = []

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Answer from now on."""
        for each in sockets:
            self._servers.append(
                await asyncio.start_server(self._connect, sock=each, limit=BLOCK, backlog=BACKLOG)
            )

    async def close(self) -> None:
        """Say goodbye and end every connection."""
        for server in self._servers:
            for each in server.sockets:
                with suppress(OSError):  # a process that parses may hold it, too
                    socket.socket.shutdown(each._sock, socket.SHUT_RDWR)  # type: ignore[attr-defined]  # noqa: SLF001
            server.close()
        await self.live.close()
        for line in list(self._lines):
            line.drop()

    # --- connections -----------------------------------------------------------------------------

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        if len(self._lines) >= MOST:
            oldest = next((each for each in self._lines if not each.is_live), None)
            if oldest is not None:
                self._lines.pop(oldest).cancel()
                oldest.drop()
        task = asyncio.current_task()
        if task is None:
            return
        self._lines[line] = task
        try:
            await self._talk(line)
        except (OSError, TimeoutError, h11.LocalProtocolError, asyncio.CancelledError):
            line.drop()  # it is gone, or too slow
        finally:
            self._lines.pop(line, None)

    async def _talk(self, line: Line) -> None:
        """Answer one request after the other."""
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    event = await line.read()
            except h11.RemoteProtocolError as error:
                await self._send(
                    line, _refused(Refusal(error.error_status_hint, "this is no HTTP"))
                )
                return await line.close()
            if not isinstance(event, h11.Request):
                return line.drop()
            if await self._respond(line, event):
                return None
            async with asyncio.timeout(PATIENCE):
                while not isinstance(await line.read(), h11.EndOfMessage):
                    pass
            if line.http.our_state is not h11.DONE or line.http.their_state is not h11.DONE:
                return await line.close()
            line.http.start_next_cycle()
            # It waits in a new place of the queue of those that leave when others come.
            self._lines[line] = self._lines.pop(line)

    async def _respond(self, line: Line, request: h11.Request) -> bool:
        """Answer a request; whether that was the end of the connection."""
        asked = line.asked(request)
        refusal = _refuse_version(request) or refuse(asked, self.names)
        answer = _refused(refusal) if refusal else self._let_in(asked)
        path = path_of(asked.target) or ""
        if answer is None and path == client.LIVE:
            refusal = refuse_live(asked) or self._too_many()
            if refusal is None:
                line.is_live = True
                await self.live.talk(Channel(line.http, line.reader, line.writer), request)
                line.drop()
                return True
            answer = _refused(refusal)
        answer = answer or await self._find(path)
        await self._send(line, answer, head_only=asked.method == "HEAD")
        if answer.last:
            await line.close()
        return answer.last

    async def _send(self, line: Line, answer: Answer, *, head_only: bool = False) -> None:
        if line.http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            async with asyncio.timeout(SENDING):
                await line.send(answer, head_only=head_only)

    def _too_many(self) -> Refusal | None:
        full = sum(line.is_live for line in self._lines) >= MOST_LIVE
        return Refusal(503, "too many pages are open") if full else None

    def _let_in(self, asked: Asked) -> Answer | None:
        """None for this machine and for who was let in; a cookie for who brings the ticket."""
        if self.tickets is None or is_loopback(asked.peer) or self.tickets.admits(asked):
            return None
        if cookie := self.tickets.take(asked):
            self.on_ticket()
            headers = (("Location", self.studio.base), ("Set-Cookie", cookie))
            return Answer(303, b"", headers=headers)
        return _refused(Refusal(403, "open the address with the ticket that the terminal shows"))

    # --- answers ---------------------------------------------------------------------------------

    async def _find(self, path: str) -> Answer:
        """What is at a path."""
        if path == client.SCRIPT:
            return Answer(200, client.script(), "text/javascript; charset=utf-8")
        if not self.ready.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST):
                    await self.ready.wait()
        studio = self.studio
        page = studio.held(path) or await asyncio.to_thread(studio.get, path)
        if page is not None:
            data = client.with_script(page) if page.type.startswith("text/html") else page.data
            return Answer(200, data, _type(page.type), (("ETag", f'"{page.etag}"'),))
        if not path.endswith("/") and studio.has(f"{path}/"):
            return Answer(308, b"", headers=(("Location", client.quoted(f"{path}/")),))
        if path == "/" and studio.base != "/":
            return Answer(303, b"", headers=(("Location", studio.base),))
        near = await asyncio.to_thread(studio.near, path)
        return Answer(404, client.nothing_here(path, near), HTML)


def _refuse_version(request: h11.Request) -> Refusal | None:
    known = request.http_version in {b"1.0", b"1.1"}
    return None if known else Refusal(505, "this is no HTTP/1.1")


def _refused(refusal: Refusal) -> Answer:
    more = (("Allow", "GET, HEAD"),) if refusal.status == 405 else ()  # noqa: PLR2004
    if refusal.status == 426:  # noqa: PLR2004
        more = (("Upgrade", "websocket"),)
    return Answer(refusal.status, f"{refusal.words}\n".encode(), headers=more, last=True)


def _type(media_type: str) -> str:
    texts = media_type.startswith("text/") or media_type.endswith(("xml", "json", "javascript"))
    return f"{media_type}; charset=utf-8" if texts and "charset" not in media_type else media_type

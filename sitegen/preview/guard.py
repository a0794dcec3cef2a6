"""Which requests are answered: the writer's own browser, and nobody through it.

Comes in: a request as it was read, and where it came in. Goes out: None, or a `Refusal`. A page of
another site can make a browser ask us anything; what tells it apart is in `Host` (a rebound name),
`Origin` and `Sec-Fetch-*`, which no page can set. Paths are keys of a table, never files; what is
not spelt in the plainest way is refused all the same.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qs, unquote_to_bytes

METHODS = ("GET", "HEAD")
UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|//|(?:^|/)\.\.?(?:/|$)")
HTTP_PORT = 80
LONGEST_QUERY = 200


class Asked(NamedTuple):
    """A request. `local` and `peer`: the two ends of the connection."""

    method: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    local: tuple[str, int]
    peer: str

    def all(self, name: bytes) -> list[str]:
        """Every value of a header."""
        return [value.decode("latin-1") for key, value in self.headers if key.lower() == name]


class Refusal(NamedTuple):
    """A status, and what is wrong with the request."""

    status: int
    words: str


def path_of(target: bytes) -> str | None:
    """The path that a target asks for, decoded once; None if a part of it is no name."""
    raw = target.partition(b"?")[0]
    if not raw.startswith(b"/") or b"#" in raw:
        return None
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if UNSAFE.search(path) else path


def refuse(asked: Asked, names: Collection[str] = ()) -> Refusal | None:
    """Why a request is not answered. `names`: by which we are called, beside the loopback's."""
    if asked.method not in METHODS:
        return Refusal(405, "only GET and HEAD are answered here")
    lengths = [each.strip() for each in asked.all(b"content-length")]
    if asked.all(b"transfer-encoding") or set(lengths) - {"0"}:
        return Refusal(400, "a request with a body is not answered here")
    if path_of(asked.target) is None:
        return Refusal(400, "this is no address of the site")
    return _refuse_host(asked, names) or _refuse_fetch(asked)


def _refuse_host(asked: Asked, names: Collection[str]) -> Refusal | None:
    """A name that leads here may be another's, who had it changed since its page was loaded."""
    hosts = [each.strip().lower() for each in asked.all(b"host")]
    if len(hosts) != 1 or not hosts[0]:
        return Refusal(400, "a request names its host once")
    if hosts[0] not in _own(asked.local, names):
        return Refusal(421, "this is not that host")
    if asked.all(b"origin") not in ([], [f"http://{hosts[0]}"]):
        return Refusal(403, "other sites may not read this one")
    return None


def refuse_live(asked: Asked) -> Refusal | None:
    """Why an upgrade to a WebSocket is refused; `refuse` has been asked before."""
    if not asked.all(b"origin"):  # each browser sends one
        return Refusal(403, "a page of this site says where it comes from")
    if [each.lower() for each in asked.all(b"upgrade")] != ["websocket"] or asked.method != "GET":
        return Refusal(426, "this address is for WebSockets")
    keys = asked.all(b"sec-websocket-key")
    if asked.all(b"sec-websocket-version") != ["13"] or len(keys) != 1:
        return Refusal(400, "this is no WebSocket of version 13")
    if not re.fullmatch(r"[A-Za-z0-9+/]{22}==", keys[0]):
        return Refusal(400, "this is no key of a WebSocket")
    return None


def _refuse_fetch(asked: Asked) -> Refusal | None:
    """Another site may link to ours, and show nothing of it."""
    sites = asked.all(b"sec-fetch-site")
    if not sites or sites in (["same-origin"], ["none"]):
        return None
    navigates = asked.all(b"sec-fetch-mode") == ["navigate"]
    if navigates and asked.all(b"sec-fetch-dest") == ["document"]:
        return None
    return Refusal(403, "other sites may not use this one")


def _own(local: tuple[str, int], names: Collection[str]) -> set[str]:
    """The values of `Host` that mean us."""
    address, port = local
    address = address.partition("%")[0]
    known = {"localhost", "127.0.0.1", "[::1]", *(name.lower() for name in names)}
    known.add(f"[{address}]" if ":" in address else address)
    own = {f"{each}:{port}" for each in known}
    return own | known if port == HTTP_PORT else own


def is_loopback(address: str) -> bool:
    """Whether the other end of a connection is this machine."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


class Tickets:
    """Who may look from another machine: whoever opens an address that is good for one time."""

    def __init__(self) -> None:
        self._secret = secrets.token_urlsafe(24)
        self.ticket = secrets.token_urlsafe(24)

    def admits(self, asked: Asked) -> bool:
        """Whether a browser was let in before."""
        name = f"sitegen-{asked.local[1]}"
        for value in asked.all(b"cookie"):
            try:
                cookie = SimpleCookie(value).get(name)
            except CookieError:
                continue
            if cookie and _same(cookie.value, self._secret):
                return True
        return False

    def take(self, asked: Asked) -> str | None:
        """The cookie for who brings the ticket, which is then another one."""
        query = asked.target.partition(b"?")[2].decode("latin-1")
        brought = parse_qs(query[:LONGEST_QUERY]).get("ticket", [""])
        if not _same(brought[0], self.ticket):
            return None
        self.ticket = secrets.token_urlsafe(24)
        return f"sitegen-{asked.local[1]}={self._secret}; HttpOnly; SameSite=Strict; Path=/"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())

"""Places to deploy to, each on a real server, and what a reader finds there.

Comes in: a kind of target and a folder. Goes out: a `Place`: its table of `site.toml`, what is in
the environment of its deployer, what fails on the way there, and how its reader reads.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import obstore

from sitegen.model import Artifact, Entry, Snapshot
from sitegen.output import write
from tests.deploy.faults import Proxy, Wire, proxy, wire
from tests.deploy.servers import GitServer, S3Server, SshServer, fetch, git_http, seaweedfs, sshd

URL = "https://example.org/"
KINDS = ("s3", "git", "ssh", "directory", "releases")
FAULTY = ("s3", "git", "ssh")
"""Those with a network on the way."""


@dataclass
class Place:
    """Where a site is deployed to in a test."""

    kind: str
    table: dict[str, Any]
    read: Callable[[str], bytes | None]
    names: Callable[[], set[str]]
    """The paths of all that is there, except for the deployer's own books."""
    environment: dict[str, str] = field(default_factory=dict)
    proxy: Proxy | None = None
    wire: Wire | None = None
    root: Path | None = None

    def tree(self) -> dict[str, str]:
        """Each path with the digest of what a reader gets there."""
        return {name: digest(self.read(name) or b"") for name in self.names()}


class Servers:
    """The servers that all tests of a session share, each started by the first that needs it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack

    @cached_property
    def s3(self) -> S3Server:
        return self._stack.enter_context(seaweedfs(self._folder / "s3"))

    @cached_property
    def git(self) -> GitServer:
        return self._stack.enter_context(git_http(self._folder / "git"))

    @cached_property
    def ssh(self) -> SshServer:
        return self._stack.enter_context(sshd(self._folder / "ssh"))


@contextmanager
def open_place(kind: str, folder: Path, servers: Servers) -> Iterator[Place]:
    """A place with nothing in it, behind a proxy or a wire where there is a network."""
    folder.mkdir(parents=True, exist_ok=True)
    with _MAKERS[kind](folder, servers) as place:
        yield place


@contextmanager
def _s3(_folder: Path, servers: Servers) -> Iterator[Place]:
    server, bucket, prefix = servers.s3, f"site-{uuid.uuid4().hex[:12]}", "the blog"
    server.make_bucket(bucket)
    store = server.store(bucket)

    def read(path: str) -> bytes | None:
        return fetch(f"{server.endpoint}/{bucket}/{quote(f'{prefix}/{path}')}")

    def names() -> set[str]:
        pages = obstore.list(store, prefix=prefix)
        found = {each["path"].removeprefix(f"{prefix}/") for page in pages for each in page}
        return {path for path in found if not path.startswith(".sitegen/")}

    with proxy(server.port) as (made, port):
        table = {"type": "s3", "bucket": bucket, "prefix": prefix, "region": "us-east-1"}
        table["endpoint"] = f"http://127.0.0.1:{port}"
        yield Place("s3", table, read, names, dict(server.environment), proxy=made)


@contextmanager
def _git(folder: Path, servers: Servers) -> Iterator[Place]:
    server, name = servers.git, f"{uuid.uuid4().hex[:12]}.git"
    bare = server.make(name)
    branch = "gh-pages"
    subprocess.run(["git", "-C", bare, "config", "uploadpack.allowFilter", "true"], check=True)

    def read(path: str) -> bytes | None:
        show = ["git", "-C", str(bare), "cat-file", "blob", f"refs/heads/{branch}:{path}"]
        done = subprocess.run(show, capture_output=True, check=False)
        return None if done.returncode else done.stdout

    def names() -> set[str]:
        show = [
            "git",
            "-C",
            str(bare),
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            f"refs/heads/{branch}",
        ]
        found = subprocess.run(show, capture_output=True, check=False).stdout.decode().split("\0")
        return {path for path in found if path and not path.startswith(".sitegen/")} - {".nojekyll"}

    with proxy(server.port) as (made, port):
        table = {"type": "git", "remote": server.url(name, port), "branch": branch}
        trusted = server.trust(folder / "home", port)
        yield Place("git", table, read, names, trusted, proxy=made, root=bare)


@contextmanager
def _ssh(folder: Path, servers: Servers) -> Iterator[Place]:
    server, root = servers.ssh, folder / "the 'blog'"
    with wire(server.port) as (made, port):
        server.reach(port)
        table = {"type": "ssh", "host": server.host, "path": str(root)}
        place = _on_disk("ssh", root / "current", table)
        place.environment, place.wire, place.root = server.environment, made, root
        yield place


@contextmanager
def _directory(folder: Path, _servers: Servers) -> Iterator[Place]:
    root = folder / "web"
    root.mkdir()
    place = _on_disk("directory", root, {"type": "directory", "path": str(root)})
    place.root = root
    yield place


@contextmanager
def _releases(folder: Path, _servers: Servers) -> Iterator[Place]:
    root = folder / "web"
    root.mkdir()
    table = {"type": "directory", "path": str(root), "atomic": True}
    place = _on_disk("releases", root / "current", table)
    place.root = root
    yield place


_MAKERS: Mapping[str, Callable[[Path, Servers], Any]] = {
    "s3": _s3,
    "git": _git,
    "ssh": _ssh,
    "directory": _directory,
    "releases": _releases,
}


def _on_disk(kind: str, live: Path, table: dict[str, Any]) -> Place:
    def read(path: str) -> bytes | None:
        try:
            return (live / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def names() -> set[str]:
        now = live.resolve()
        found = {path.relative_to(now).as_posix() for path in now.rglob("*") if path.is_file()}
        return {path for path in found if not path.startswith(".sitegen/")}

    return Place(kind, table, read, names)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- what is deployed ------------------------------------------------------------------------

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/{style}"><link rel="alternate" href="/feed.xml"></head>
<body><h1>{title}</h1>{body}<img src="/{image}" alt="">
<img src="/{odd}" alt=""></body></html>
"""
ODD = "images/a b+&%#?é.png"
"""A path with what must be quoted in an address."""


def edition(number: int, *, first: int | None = None) -> dict[str, bytes]:
    """A small site, each edition with another page, another style and another picture.

    `first`: all pages since that edition are still there.
    """
    image = f"assets/picture.{digest(b'%d' % number)[:8]}.png"
    style_text = f"body{{background:url(/{image})}}/* {number} */"
    style = f"assets/site.{digest(style_text.encode())[:8]}.css"
    own = f"posts/number-{number}/"
    numbers = range(number if first is None else first, number + 1)
    posts = ["posts/always/", "posts/still/", *(f"posts/number-{each}/" for each in numbers)]
    links = "".join(f'<a href="/{each}">{each}</a>' for each in posts)
    rest = {"style": style, "image": image, "odd": quote(ODD)}

    def page(title: str, body: str) -> bytes:
        return PAGE.format(title=title, body=body, **rest).encode()

    look = '<link rel="stylesheet" href="/live.css">'
    still = PAGE.format(
        title="Still", body=look, style="still.css", image=quote(ODD), odd=quote(ODD)
    )
    urls = "".join(f"<url><loc>{URL}{each}</loc></url>" for each in ["", *posts])
    entries = "".join(
        f'<entry><id>{URL}{each}</id><link href="{URL}{each}"/></entry>' for each in posts
    )
    xml = '<?xml version="1.0" encoding="utf-8"?>'
    return {
        "index.html": page(f"Edition {number}", links),
        "404.html": page("Not found", '<a href="/">home</a>'),
        "posts/always/index.html": page(f"Always, now {number}", f'<a href="/{own}">new</a>'),
        "posts/still/index.html": still.encode(),
        **{
            f"posts/number-{each}/index.html": page(f"Only {each}", '<a href="/posts/still/">s</a>')
            for each in numbers
        },
        style: style_text.encode(),
        image: b"PNG" + b"%d" % number * 4000,
        "still.css": b"body{color:black}",
        "live.css": b"body{background:url(/images/of-%d.png)}" % number,
        f"images/of-{number}.png": b"of%d" % number * 1000,
        ODD: b"odd" * 1000,
        "feed.xml": f'{xml}<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode(),
        "sitemap.xml": f"{xml}<urlset>{urls}</urlset>".encode(),
        "robots.txt": f"Sitemap: {URL}sitemap.xml\n".encode(),
    }


TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "png": "image/png",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}


def media_type(path: str) -> str:
    if path == "feed.xml":
        return "application/atom+xml; charset=utf-8"
    return TYPES[path.rpartition(".")[2]]


def write_site(root: Path, files: Mapping[str, bytes], place: Place, **more: object) -> Path:
    """A site's folder with its output and the table of a place, as a build leaves it."""
    table = {**place.table, "timeout": 5.0, "patience": 20.0, **more}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    root.mkdir(parents=True, exist_ok=True)
    (root / "site.toml").write_text(
        f'title = "A site"\nurl = "{URL}"\n\n[deploy.web]\n' + "\n".join(lines) + "\n"
    )
    (root / "content").mkdir(exist_ok=True)
    artifacts = {
        path: Artifact(path=path, media_type=media_type(path), digest="", made_from=(), data=data)
        for path, data in files.items()
    }
    entries = {
        path: Entry(
            sha256=digest(data),
            size=len(data),
            type=media_type(path),
            immutable=re.search(r"\.[0-9a-f]{8}\.", path) is not None,
        )
        for path, data in files.items()
    }
    snapshot = Snapshot(artifacts=artifacts, entries=entries)
    write(snapshot, root / "public", url=URL, drafts=False)
    return root


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: digest(data) for path, data in files.items()}


# --- a reader --------------------------------------------------------------------------------


def missing(read: Callable[[str], bytes | None], pages: Collection[str]) -> set[tuple[str, str]]:
    """What is referred to and not there: pairs of a page, feed or style and the path it names.

    A page of `pages` that is gone by the time it is read is no mistake: nobody was sent there.
    """
    seen: dict[str, bool] = {}
    wrong: set[tuple[str, str]] = set()
    todo = [page for page in pages if page.endswith((".html", ".xml", ".css", ".txt"))]
    done = set(todo)
    while todo:
        page = todo.pop()
        data = read(page)
        for path in references(page, data) if data is not None else ():
            if path not in seen:
                seen[path] = read(path) is not None
            if not seen[path]:
                wrong.add((page, path))
            elif path not in done and path.endswith((".html", ".xml", ".css", ".txt")):
                done.add(path)
                todo.append(path)
    return wrong


def references(page: str, data: bytes) -> set[str]:
    """The paths of this site that a page, a feed, a sitemap or a style refers to."""
    text, base = data.decode("utf-8", "replace"), urljoin(URL, quote(page))
    if page.endswith(".html"):
        parser = _Links()
        parser.feed(text)
        found = parser.found
    elif page.endswith(".css"):
        found = re.findall(r"url\(([^)]*)\)", text)
    else:
        found = re.findall(re.escape(URL) + r"[^\s<>\"']*", html.unescape(text))
    addresses = [urlsplit(urljoin(base, each)) for each in found]
    paths = {unquote(each.path.lstrip("/")) for each in addresses if each.netloc == "example.org"}
    return {f"{path}index.html" if path.endswith("/") or not path else path for path in paths}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]

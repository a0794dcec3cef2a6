"""A site behind the real nginx that its own nginx.conf describes."""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from sitegen.hosting import ASK_AGAIN, FOR_EVER, SECURITY
from sitegen.output import read_manifest, write
from tests.deploy.servers import nginx
from tests.sites import MadeSite, make_site

SITE = """
== site.toml
title = "A"
url = "https://example.org{base}"
[hosting]
server = "nginx"
compress = true
== content/posts/owl.md
---
title: Owl
date: 2026-01-01
tags: [night, birds]
aliases: [{base}old/, "{base}two words/", {base}old.html, '{base}a"b$c/', {base}é/]
---
Text of an owl.
== content/posts/picture.0123456789.css
{{}}
== static/table.csv
a,b
"""
HIDDEN = {"nginx.conf", "old.html"}
"""What is not for readers, and an alias that is a file."""
Reply = tuple[int, dict[str, str], bytes]


class Served:
    """A site, and where nginx serves it."""

    def __init__(self, site: MadeSite, address: str, base: str) -> None:
        self.site, self.base = site, base
        manifest = read_manifest(site.root / "public")
        assert manifest
        self.entries = manifest.files
        self._host = urlsplit(address).netloc

    def get(self, path: str, **headers: str) -> Reply:
        connection = http.client.HTTPConnection(self._host, timeout=20)
        try:
            connection.request(
                "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
            )
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()


@pytest.fixture(scope="module", params=["/", "/blog/"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder, base = tmp_path_factory.mktemp("hosts"), str(request.param)
    site = make_site(folder / "site", SITE.format(base=base))
    assert site.errors == []
    public = folder / "site/public"
    write(site.built.snapshot, public, url=f"https://example.org{base}", drafts=False)
    root = public
    if base != "/":
        (root := folder / "root").mkdir()
        (root / base.strip("/")).symlink_to(public)
    for each in [*folder.parents, folder]:
        if each.stat().st_uid == Path.home().stat().st_uid and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o011)
    include = f'include "{public}/nginx.conf";'
    with nginx(folder / "nginx", root, include) as address:
        yield Served(site, address, base)


def test_each_file_is_sent_with_its_type_and_its_time(served: Served) -> None:
    seen = set()
    for path, entry in served.entries.items():
        if path in HIDDEN or path.endswith((".gz", ".br")):
            continue
        status, headers, body = served.get(served.base + quote(path))
        assert (status, len(body)) == (200, entry.size), path
        assert headers["Content-Type"] == entry.type, path
        assert headers["Cache-Control"] == (FOR_EVER if entry.immutable else ASK_AGAIN), path
        assert {name: headers[name] for name in SECURITY} == dict(SECURITY), path
        seen.add((entry.immutable, entry.type))
    assert len(seen) > 6


def test_who_takes_gzip_gets_the_sibling(served: Served) -> None:
    pages = [
        path for path in served.entries if f"{path}.gz" in served.entries and path not in HIDDEN
    ]
    assert "posts/owl/index.html" in pages
    for path in pages:
        _, headers, body = served.get(served.base + quote(path), Accept_Encoding="gzip")
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Content-Type"] == served.entries[path].type
        assert body == (served.site.root / "public" / f"{path}.gz").read_bytes()
        assert gzip.decompress(body) == (served.site.root / "public" / path).read_bytes()


def test_an_alias_answers_301_to_where_its_page_sends(served: Served) -> None:
    redirects = served.site.built.site.redirects
    assert len(redirects) == 5
    for redirect in redirects:
        status, headers, _ = served.get(redirect.url)
        html = served.site.text(redirect.output)
        (target,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]*)"', html)
        assert (status, headers["Location"]) == (301, target), redirect.url
        assert served.get(headers["Location"])[0] == 200


def test_what_is_not_there_is_the_site_s_own_404_and_never_kept(served: Served) -> None:
    for path in ("nothing/", "none.0123456789.css"):
        status, headers, body = served.get(served.base + path)
        assert status == 404
        assert body == served.site.text("404.html").encode()
        assert "Cache-Control" not in headers
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["nginx.conf", ".sitegen.json", ".sitegen/record.json"])
def test_what_is_the_deployer_s_is_not_read_aloud(served: Served, path: str) -> None:
    assert served.get(served.base + path)[0] == 404

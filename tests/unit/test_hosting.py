"""What a host is told of a site: headers, redirects, compressed siblings."""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from pathlib import Path

import brotli
import pytest
from msgspec.structs import replace

from sitegen import hosting
from sitegen.build import build
from sitegen.config import read_config
from sitegen.deploy.plan import Seen, make_plan
from sitegen.deploy.releases import File, Keeping, Record, Stored
from sitegen.deploy.tree import file_of
from sitegen.errors import ConfigError
from sitegen.hosting import ASK_AGAIN, FOR_EVER, POLICY, SECURITY, compress, describe
from sitegen.hosting.rules import TypeRule, odd_types
from sitegen.model import SERVERS, Config, Entry, Hosting, Redirect
from sitegen.routes import media_type
from tests.sites import NOW, MadeSite, make_site, run_here

ROOT = Path(__file__).parents[2]
SITE = """
== content/posts/owl.md
---
title: Owl
date: 2026-01-01
tags: [night, birds]
aliases: [/old/, /two words/, /old.html, "/a*b:c/"]
---
Text of an owl. Text of an owl. Text of an owl. Text of an owl. Text of an owl.
"""


def made(path: Path, lines: str, url: str = "https://example.org/") -> MadeSite:
    (path / "site.toml").write_text(f'title = "A"\nurl = "{url}"\n[hosting]\n{lines}\n')
    return make_site(path, SITE)


def entry(path: str, kind: str | None = None, *, immutable: bool = False) -> Entry:
    return Entry(sha256="", size=1, type=kind or media_type(path), immutable=immutable)


def redirects_of(site: MadeSite) -> dict[str, str]:
    """From each alias to where its page sends a reader."""
    found = {}
    for redirect in site.built.site.redirects:
        html = site.text(redirect.output)
        (target,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]*)"', html)
        found[redirect.url] = target
    assert len(found) == 4
    return found


# --- [hosting] -----------------------------------------------------------------------------------


def test_nothing_is_written_that_was_not_asked_for(tmp_path: Path) -> None:
    paths = make_site(tmp_path, SITE).paths
    assert not {"_headers", "_redirects", "nginx.conf"} & paths
    assert not [path for path in paths if path.endswith((".gz", ".br"))]


@pytest.mark.parametrize("server", SERVERS)
def test_each_server_has_its_files(server: str, tmp_path: Path) -> None:
    own = {"nginx.conf"} if server == "nginx" else {"_headers", "_redirects"}
    paths = made(tmp_path, f'server = "{server}"').paths
    assert {"_headers", "_redirects", "nginx.conf"} & paths == own


def test_a_mistake_in_the_table_is_shown_with_what_is_meant() -> None:
    text = (
        'url = "https://a.example/"\n[hosting]\nserver = "netlfy"\ncompres = true\ncompress = 1\n'
    )
    with pytest.raises(ExceptionGroup) as caught:
        read_config(text)
    problems = [each.problem() for each in caught.value.exceptions if isinstance(each, ConfigError)]
    assert {each.message for each in problems} == {
        'unknown key "compres" in [hosting]',
        'unknown server "netlfy"',
        "compress must be true or false, and not 1",
    }
    hints = " ".join(each.hint or "" for each in problems)
    assert 'did you mean "netlify"?' in hints
    assert 'did you mean "compress"?' in hints


def test_a_file_of_the_writer_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static/_headers").write_text("mine")
    site = made(tmp_path, 'server = "netlify"')
    assert site.text("_headers") == "mine"
    assert site.built.snapshot.entries["_headers"].size == 4
    assert "_redirects" in site.paths


def test_a_site_that_cannot_be_made_gets_no_headers(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/base.html").write_text("{% if %}")
    assert made(tmp_path, 'server = "netlify"').paths == set()


# --- _headers and _redirects ---------------------------------------------------------------------


@pytest.mark.parametrize("server", ["netlify", "cloudflare-pages"])
def test_headers_have_the_policy_for_all_and_for_ever_for_what_carries_its_digest(
    server: str, tmp_path: Path
) -> None:
    site = made(tmp_path, f'server = "{server}"')
    blocks = re.findall(r"^(/\S*)\n((?:  .+\n)+)", site.text("_headers"), re.MULTILINE)
    rules = {
        path: dict(re.findall(r"^  (\S+): (.+)$", lines, re.MULTILINE)) for path, lines in blocks
    }
    assert len(rules) == len(blocks)
    assert rules.pop("/*") == dict(SECURITY)
    entries = site.built.snapshot.entries
    for_ever = {path for path, rule in rules.items() if rule == {"Cache-Control": FOR_EVER}}
    assert for_ever == {f"/{path}" for path, each in entries.items() if each.immutable} != set()
    assert rules["/feed.xml"] == {"Content-Type": "application/atom+xml"}
    assert rules["/:p0/:p1/feed.json"] == {"Content-Type": "application/feed+json"}
    assert rules["/*.md"] == {"Content-Type": "text/markdown; charset=utf-8"}


@pytest.mark.parametrize(("server", "status"), [("netlify", "301!"), ("cloudflare-pages", "301")])
def test_redirects_are_those_of_the_pages(server: str, status: str, tmp_path: Path) -> None:
    site = made(tmp_path, f'server = "{server}"')
    lines = [line.split(" ") for line in site.text("_redirects").splitlines()]
    assert {source: target for source, target, _ in lines} == {
        source.replace("*", "%2A").replace(":", "%3A"): target
        for source, target in redirects_of(site).items()
    }
    assert {each for *_, each in lines} == {status}


def test_below_a_path_redirects_begin_at_the_root_of_the_output(tmp_path: Path) -> None:
    site = made(tmp_path, 'server = "netlify"', "https://example.org/blog/")
    assert "/old/ https://example.org/blog/posts/owl/ 301!\n" in site.text("_redirects")


def test_the_policy_is_that_of_the_documentation() -> None:
    text = (ROOT / "content/manual/configuration.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"Content-Security-Policy: (.*)", text)
    assert line == POLICY


def test_files_that_are_alike_share_a_rule_unless_one_is_of_another_type() -> None:
    atom = "application/atom+xml"
    feeds = {f"tags/{name}/feed.xml": entry("a.xml", atom) for name in "ab"}
    assert list(odd_types(feeds)) == [TypeRule((None, None, "feed.xml"), atom)]
    other = {**feeds, "a/b/feed.xml": entry("a.xml")}
    assert [each.parts[1] for each in odd_types(other)] == ["a", "b"]
    assert list(odd_types({"feed.xml": entry("a.xml", atom)})) == [TypeRule(("feed.xml",), atom)]


# --- nginx ---------------------------------------------------------------------------------------


def config(server: str, base: str = "/") -> Config:
    url = f"https://example.org{base}"
    return Config(title="A", url=url, base=base, hosting=Hosting(server=server))


def nginx(paths: dict[str, bool], *redirects: Redirect) -> str:
    entries = {path: entry(path, immutable=immutable) for path, immutable in paths.items()}
    return describe(config("nginx"), entries, redirects)["nginx.conf"]


def test_a_name_that_looks_like_a_digest_is_not_kept_for_ever() -> None:
    style = "s.0123456789.css"
    usual = r"^/.*\\.[0-9a-f]{10}(\\.(css|js|png)|\\.[0-9]+\\.(avif|webp))$"
    assert usual in nginx({style: True, "b.css": False})
    named = nginx({style: True, "x/b.0123456789.css": False})
    assert r'location ~ "^/(s\\.0123456789\\.css)$"' in named
    assert FOR_EVER not in nginx({"b.css": False})
    assert ASK_AGAIN in nginx({"b.css": False})


def test_a_redirect_of_odd_characters_is_one_string() -> None:
    odd = Redirect(output="a", url="/a%22b%20c/", target="/$x/", source="a.md")
    assert r'location = "/a\"b c/" { return 301 "/%24x/"; }' in nginx({}, odd)


def test_many_files_of_a_suffix_are_one_rule_where_all_are_kept_for_ever() -> None:
    cards = {f"{n}/card.{n:010}.png": entry("a.png", immutable=True) for n in range(40)}
    told = describe(config("netlify"), cards, ())["_headers"]
    assert told.count(FOR_EVER) == 1
    assert f"/*.png\n  Cache-Control: {FOR_EVER}" in told
    mine = cards | {"mine.png": entry("mine.png", immutable=False)}
    told = describe(config("netlify"), mine, ())["_headers"]
    assert told.count(FOR_EVER) == 40
    assert "/*.png" not in told


# --- siblings ------------------------------------------------------------------------------------


def test_siblings_are_the_file_itself_compressed_and_smaller(tmp_path: Path) -> None:
    site = made(tmp_path, "compress = true")
    snapshot = site.built.snapshot
    siblings = {path for path in snapshot.artifacts if path.endswith((".gz", ".br"))}
    assert {"index.html.gz", "index.html.br", "posts/owl/index.html.gz", "feed.xml.br"} <= siblings
    assert not any(path.startswith("favicon.png") for path in siblings)
    for path in siblings:
        sibling = snapshot.artifacts[path].data or b""
        original = snapshot.artifacts[path[:-3]]
        data = original.data or Path(original.file or "").read_bytes()
        unpack = gzip.decompress if path.endswith(".gz") else brotli.decompress
        assert unpack(sibling) == data
        assert len(sibling) < len(data)
        known = snapshot.entries[path]
        assert (known.size, known.type) == (len(sibling), snapshot.entries[path[:-3]].type)
        assert known.immutable == snapshot.entries[path[:-3]].immutable


def test_the_sitemap_and_the_pages_name_no_sibling(tmp_path: Path) -> None:
    site = made(tmp_path, "compress = true")
    for path in ("sitemap.xml", "index.html", "feed.xml"):
        assert not re.search(r"\.(gz|br)\b", site.text(path))


def test_a_sibling_is_the_same_each_time_and_says_no_time() -> None:
    data = b"owl " * 100
    assert compress(data) == compress(data)
    assert compress(data)[".gz"][4:8] == bytes(4)


def test_what_does_not_get_smaller_has_no_sibling() -> None:
    assert compress(b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(10))) == {}
    assert not hosting.is_compressible("text/html", 255)
    assert hosting.is_compressible("text/html; charset=utf-8", 256)
    for kind in ("image/svg+xml", "application/feed+json", "application/json", "font/ttf"):
        assert hosting.is_compressible(kind, 256)
    for kind in ("image/png", "font/woff2", "application/zip", "video/mp4"):
        assert not hosting.is_compressible(kind, 10**6)


def test_without_the_library_of_brotli_there_is_gzip_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setattr("sitegen.hosting.siblings.has_brotli", lambda: False)
    assert list(compress(b"owl " * 100)) == [".gz"]


def test_a_file_that_changed_while_the_site_was_built_has_no_siblings(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static/a.txt").write_text("owl " * 100)
    site = made(tmp_path, "compress = true")
    assert "a.txt.gz" in site.paths
    (tmp_path / "static/a.txt").write_text("bat " * 100)
    again = build(site.inputs, run_here, now=NOW, drafts=False, future=False)
    assert "a.txt" in again.snapshot.artifacts
    assert "a.txt.gz" not in again.snapshot.artifacts


# --- siblings are deployed with what they stand for ----------------------------------------------


def test_a_sibling_is_live_in_the_phase_of_its_file() -> None:
    def tree(endings: tuple[str, ...], *names: str) -> dict[str, File]:
        entries = {
            f"{name}{ending}": replace(entry(name), sha256=f"{name}{ending}")
            for name in names
            for ending in endings
        }
        return {path: file_of(path, each) for path, each in entries.items()}

    def phases(files: dict[str, File], record: Record) -> dict[str, str]:
        listing = {path: each.tag for path, each in record.files.items()}
        seen = Seen(record=record, listing=listing)
        plan = make_plan("", files, seen, atomic=False, keeping=Keeping(), now=NOW)
        return {step.path: step.phase for step in plan.steps if step.path in files}

    before = tree(("",), "index.html", "a/index.html", "sitemap.xml")
    stored = {path: Stored(file=file, tag="t") for path, file in before.items()}
    after = tree(("", ".gz", ".br"), "index.html", "a/index.html", "b/index.html", "sitemap.xml")
    for record in (Record(), Record(number=1, release="r", files=stored)):
        found = phases(after, record)
        is_known = record.number > 0
        assert found["index.html.gz"] == found["index.html.br"] == "pages"
        assert found["sitemap.xml.gz"] == ("feeds" if is_known else found["sitemap.xml"])
        assert found["a/index.html.gz"] == ("pages" if is_known else "new pages")
        assert found["b/index.html.br"] == found["b/index.html"] == "new pages"

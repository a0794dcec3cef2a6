"""What machines read: Atom, JSON Feed, sitemap, robots.txt.

Comes in: a `Site`, and one of its feeds. Goes out: artifacts, the same bytes for the same site on
every day and machine: `updated` is what the writer says, never the clock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta, timezone
from functools import partial
from html import escape
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import msgspec

from sitegen.media import Resolved, feed_html
from sitegen.model import Artifact, Feed, Listing, Moment, Page, Site
from sitegen.routes import absolute, url_of
from sitegen.slugs import is_language

MOST_URLS = 50_000
"""The most that one sitemap may hold."""
ENDED = "1970-01-01T00:00:00Z"
"""When the feed of a list that has ended was updated: it stays as it is for ever."""
ILLEGAL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold, however they are written."""


# --- feeds -----------------------------------------------------------------------------------


def render_feed(site: Site, feed: Feed) -> tuple[Artifact, Artifact]:
    """The feed as Atom (RFC 4287) and as JSON Feed 1.1, with the full text of its entries."""
    pages = [site.pages[path] for path in feed.entries]
    contents = [_content(site, page) for page in pages]
    return _atom(site, feed, pages, contents), _json_feed(site, feed, pages, contents)


def _atom(site: Site, feed: Feed, pages: Sequence[Page], contents: Sequence[str]) -> Artifact:
    author = site.info.author or site.info.title
    root = {"xmlns": "http://www.w3.org/2005/Atom", **_language(site.info.language)}
    parts = [
        _tag("id", feed.id),
        _tag("title", feed.title),
        *([_tag("subtitle", site.info.description)] if site.info.description else []),
        _tag("updated", _newest(pages, site)),
        _tag("link", rel="self", type="application/atom+xml", href=_own_url(site, feed, "xml")),
        _tag("link", rel="alternate", type="text/html", href=_absolute(site, feed.url)),
        _tag("author", _tag("name", author), raw=True),
        *map(partial(_atom_entry, site), pages, contents),
    ]
    text = XML + _tag("feed", "\n" + "\n".join(parts) + "\n", raw=True, **root) + "\n"
    return _artifact(f"{feed.output}.xml", "application/atom+xml", text, feed.entries)


def _atom_entry(site: Site, page: Page, content: str) -> str:
    meta, url = page.document.meta, _absolute(site, page.url)
    parts = [
        _tag("id", page.id or url),
        _tag("title", meta.title),
        _tag("link", rel="alternate", type="text/html", href=url),
        *([_tag("published", _time(meta.date, site))] if meta.date else []),
        _tag("updated", _updated(page, site)),
        *(_tag("author", _tag("name", name), raw=True) for name in meta.authors),
        *(_tag("category", term=tag.name) for tag in page.tags),
        *([_tag("summary", meta.description)] if meta.description else []),
        _tag("content", content, type="html"),
    ]
    language = _language(meta.language) if meta.language != site.info.language else {}
    return _tag("entry", "\n" + "\n".join(parts) + "\n", raw=True, **language)


def _json_feed(site: Site, feed: Feed, pages: Sequence[Page], contents: Sequence[str]) -> Artifact:
    value = _without_empty(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": _absolute(site, feed.url),
            "feed_url": _own_url(site, feed, "json"),
            "description": site.info.description,
            "authors": [{"name": site.info.author or site.info.title}],
            "language": site.info.language,
        }
    )
    value["items"] = list(map(partial(_json_item, site), pages, contents))
    text = msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"
    return _artifact(f"{feed.output}.json", "application/feed+json", text, feed.entries)


def _json_item(site: Site, page: Page, content: str) -> dict[str, Any]:
    meta, url = page.document.meta, _absolute(site, page.url)
    item = {
        "id": page.id or url,
        "url": url,
        "title": meta.title,
        "summary": meta.description,
        "image": urljoin(url, page.image.src) if page.image else "",
        "date_published": _time(meta.date, site) if meta.date else "",
        "date_modified": _updated(page, site),
        "authors": [{"name": name} for name in meta.authors],
        "tags": [tag.name for tag in page.tags],
        "language": meta.language,
    }
    return {**_without_empty(item), "content_html": content}


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if each}


def _content(site: Site, page: Page) -> str:
    """The whole text of a page for a feed reader, with absolute addresses."""
    document = page.document
    resolved = Resolved(links=page.links, images=page.images, figures=document.figures)
    return feed_html(document.body, document, resolved, _absolute(site, page.url))


def _own_url(site: Site, feed: Feed, suffix: str) -> str:
    return _absolute(site, url_of(f"{feed.output}.{suffix}", site.info.base))


def _absolute(site: Site, url: str) -> str:
    return absolute(url, site.info.url, site.info.base)


# --- times -----------------------------------------------------------------------------------


def _newest(pages: Iterable[Page], site: Site) -> str:
    zone = ZoneInfo(site.info.timezone)
    moments = (page.document.meta.updated or page.document.meta.date for page in pages)
    dated = max(filter(None, moments), key=lambda each: each.begins(zone), default=None)
    return _time(dated, site) if dated else ENDED


def _updated(page: Page, site: Site) -> str:
    meta = page.document.meta
    moment = meta.updated or meta.date
    return _time(moment, site) if moment else ""


def _time(moment: Moment, site: Site) -> str:
    """A moment as RFC 3339 has it; a calendar day is its midnight in the site's zone."""
    when = moment.begins(ZoneInfo(site.info.timezone))
    offset = when.utcoffset() or timedelta()
    seconds = offset % timedelta(minutes=1)
    if seconds:  # local mean time, of which RFC 3339 knows nothing
        when = when.replace(tzinfo=timezone(offset - seconds))
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


# --- sitemap and robots.txt ------------------------------------------------------------------

SITEMAP = {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9"}


Locations = Sequence[tuple[str, str]]
"""Absolute addresses with the day or time of the last change, "" where nobody said one."""


def sitemap(urls: Locations, site_url: str) -> list[Artifact]:
    """`sitemap.xml` with every page and listing; beyond `MOST_URLS` an index of several."""
    if len(urls) <= MOST_URLS:
        return [_sitemap("sitemap.xml", "urlset", "url", urls)]
    parts = [urls[start : start + MOST_URLS] for start in range(0, len(urls), MOST_URLS)]
    maps = [
        _sitemap(f"sitemap-{number}.xml", "urlset", "url", part)
        for number, part in enumerate(parts, 1)
    ]
    entries = [(site_url + each.path, "") for each in maps]
    return [_sitemap("sitemap.xml", "sitemapindex", "sitemap", entries), *maps]


def _sitemap(path: str, root: str, name: str, urls: Locations) -> Artifact:
    lines = [
        _tag(name, _tag("loc", url) + (_tag("lastmod", when) if when else ""), raw=True)
        for url, when in urls
    ]
    text = XML + _tag(root, "\n" + "\n".join(lines) + "\n", raw=True, **SITEMAP) + "\n"
    return _artifact(path, "application/xml", text, ())


def locations(site: Site) -> Locations:
    """What the sitemap says of a site, in order."""
    zone = ZoneInfo(site.info.timezone)
    metas = {path: page.document.meta for path, page in site.pages.items()}
    changed = {path: when for path, m in metas.items() if (when := m.updated or m.date)}
    begins = {path: when.begins(zone) for path, when in changed.items()}
    told = {
        path: _time(when, site) if when.at else when.day.isoformat()
        for path, when in changed.items()
    }
    pages = site.pages.items()
    found = {page.url: told.get(path, "") for path, page in pages if not metas[path].draft}
    for listing in site.listings:
        shown = [path for path in _shown_on(listing, site) if path in begins]
        found[listing.url] = told[max(shown, key=begins.__getitem__)] if shown else ""
    return sorted((_absolute(site, url), when) for url, when in found.items())


def _shown_on(listing: Listing, site: Site) -> Iterator[str]:
    """The sources of which something is shown on a page of a list."""
    yield from (entry.path for entry in listing.entries)
    if listing.intro:
        yield listing.intro
    if listing.kind == "home" and listing.number == 1:
        yield from site.featured
    if listing.kind == "tags":
        tagged = (each for each in site.listings if each.kind == "tag")
        yield from (entry.path for each in tagged for entry in each.entries)


def robots(site: Site) -> Artifact:
    """`robots.txt`: all is welcome, and where the sitemap is."""
    text = f"User-agent: *\nAllow: /\n\nSitemap: {site.info.url}sitemap.xml\n"
    return _artifact("robots.txt", "text/plain; charset=utf-8", text, ())


# --- XML -------------------------------------------------------------------------------------

XML = '<?xml version="1.0" encoding="utf-8"?>\n'


def _tag(_name: str, _text: str = "", /, *, raw: bool = False, **attributes: str) -> str:
    """An element; its text is escaped unless it is XML already (`raw`)."""
    written = "".join(f' {name}="{_quoted(value)}"' for name, value in attributes.items())
    if not _text:
        return f"<{_name}{written}/>"
    text = _text if raw else escape(_text, quote=False)
    return f"<{_name}{written}>{text}</{_name}>"


SPACES = str.maketrans({"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _quoted(text: str) -> str:
    """Text as the value of an attribute; a reader would make plain spaces of these three."""
    return escape(text).translate(SPACES)


def _language(tag: str) -> dict[str, str]:
    return {"xml:lang": tag} if is_language(tag) else {}


def _artifact(path: str, media_type: str, text: str, made_from: Sequence[str]) -> Artifact:
    data = ILLEGAL.sub("", text).encode()
    return Artifact(
        path=path,
        media_type=media_type,
        digest=hashlib.sha256(data).hexdigest(),
        made_from=tuple(made_from),
        data=data,
    )

"""What a page says of itself to search engines, as JSON-LD in the words of schema.org.

Comes in: what is known of the site and of a page. Goes out: JSON that may stand in a `<script>`
element as it is: none of its characters can end that element or begin a comment in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sitegen.media import absolute
from sitegen.model import ImageFile, Page, SiteInfo
from sitegen.templates.filters import iso

Thing = dict[str, Any]
TYPES: Mapping[str, Thing] = {
    "post": {"@type": "BlogPosting"},
    "poem": {"@type": "CreativeWork", "genre": "Poem"},
}
UNSAFE = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def of_home(info: SiteInfo) -> str:
    """The site, for its home page."""
    thing = {"@type": "WebSite", "name": info.title, "url": info.url, "inLanguage": info.language}
    return _written(_with(thing, description=info.description))


def of_page(info: SiteInfo, page: Page) -> str:
    """An essay or a poem, and the way to it from the home page; "" for a draft and for a page."""
    meta = page.document.meta
    if meta.draft or meta.kind not in TYPES:
        return ""
    series, picture = page.series, page.image or page.card
    thing = _with(
        {**TYPES[meta.kind], "headline" if meta.kind == "post" else "name": meta.title},
        url=_absolute(info, page.url),
        datePublished=iso(meta.date) if meta.date else "",
        dateModified=iso(meta.updated) if meta.updated else "",
        author=list(_authors(info, page)),
        inLanguage=meta.language,
        image=_picture(info, picture) if picture else "",
        isPartOf=_with(
            {"@type": "CreativeWorkSeries", "name": series.name},
            url=_absolute(info, series.url) if series.url else "",
        )
        if series
        else "",
        position=series.number if series else 0,
    )
    return _written(thing, *_trail(info, page))


def _authors(info: SiteInfo, page: Page) -> Iterator[Thing]:
    """Who wrote it; only of the site's own author an address is known."""
    for name in page.document.meta.authors or filter(None, [info.author]):
        own = name == info.author
        yield _with({"@type": "Person", "name": name}, url=info.url if own else "")


def _picture(info: SiteInfo, image: ImageFile) -> Thing:
    thing = {"@type": "ImageObject", "url": _absolute(info, image.src)}
    return _with(thing, width=image.width, height=image.height)


def _trail(info: SiteInfo, page: Page) -> Iterator[Thing]:
    """The section that the page is in, where the site's navigation shows it."""
    around = [
        link
        for link in info.navigation
        if page.url.startswith(link.url) and link.url not in (page.url, info.base)
    ]
    if around:
        section = max(around, key=lambda link: len(link.url))
        steps = [(info.title, info.base), (section.title, section.url)]
        items: list[Thing] = [
            {"@type": "ListItem", "position": number, "name": name, "item": _absolute(info, url)}
            for number, (name, url) in enumerate(steps, 1)
        ]
        # The last step is the page that says so: its address is known.
        items.append({"@type": "ListItem", "position": 3, "name": page.document.meta.title})
        yield {"@type": "BreadcrumbList", "itemListElement": items}


def _absolute(info: SiteInfo, url: str) -> str:
    return absolute(info.url, url)


def _with(thing: Thing, **others: Any) -> Thing:
    """A thing with those of its properties that are known."""
    return thing | {name: value for name, value in others.items() if value}


def _written(*things: Thing) -> str:
    context = {"@context": "https://schema.org"}
    value = context | things[0] if len(things) == 1 else {**context, "@graph": things}
    return msgspec.json.encode(value).decode().translate(UNSAFE)

"""Whether a site has all that every tool was asked for: nobody is fast for want of something.

Comes in: a built site. Goes out: what was counted; or FailedError with what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.corpus import Post, make_posts
from bench.measure import FailedError
from bench.places import Site, tag_page

ON_A_PAGE, IN_THE_FEED = 10, 20
SPAN = re.compile(r"<span\b")
ENTRY = re.compile(r"<(?:entry|item)[\s>]")


class Counted(NamedTuple):
    """Of an output."""

    pages: int
    tags: int
    files: int
    mebibytes: float


def look_through(site: Site) -> Counted:
    """Raises FailedError where anything is missing."""
    posts = list(make_posts(site.size))
    missing = [*_missing_pages(site, posts), *_missing_lists(site, posts)]
    if missing:
        raise FailedError(f"{len(missing)} things are missing: {'; '.join(missing[:4])}")
    files = [path for path in site.output.rglob("*") if path.is_file()]
    return Counted(
        pages=len(posts),
        tags=len({tag for post in posts for tag in post.tags}),
        files=len(files),
        mebibytes=sum(map(_size, files)) / 2**20,
    )


def _missing_pages(site: Site, posts: list[Post]) -> Iterator[str]:
    for post in posts:
        path = site.tool.made(post)
        page = site.read(path)
        if post.title not in page:
            yield f"the page {path}"
        code = page[page.find("<pre") :] if post.code else ""
        if post.code and (len(SPAN.findall(code)) < 10 or "```" in page):
            yield f"the colours of the code of {path}"
        if "[^" in post.body and "[^" in page.partition("<pre")[0]:
            yield f"the notes of {path}"
        if "| --- |" in post.body and "<table" not in page:
            yield f"the table of {path}"


def _missing_lists(site: Site, posts: list[Post]) -> Iterator[str]:
    tool, newest = site.tool, posts[::-1]
    tags: dict[str, Post] = {}
    for post in newest:
        tags.update(dict.fromkeys(post.tags, post))
    yield from (
        f"a post of the tag {tag}"
        for tag, oldest in tags.items()
        if oldest.title not in site.read(tag_page(tag))
    )
    listed = site.read(tool.tags)
    yield from (
        f"{tag} in the list of tags" for tag in tags if tool.tags and f"{tag}/" not in listed
    )
    for start in range(0, len(posts), ON_A_PAGE):
        number = start // ON_A_PAGE + 1
        path = tool.later.format(number=number, rest=number - 1) if start else "index.html"
        shown, page = newest[start : start + ON_A_PAGE], site.read(path)
        if any(post.title not in page for post in shown):
            yield f"a post on {path}"
        after = start + ON_A_PAGE
        if after < len(newest) and newest[after].title in page:
            yield f"the end of {path}"
    entries = len(ENTRY.findall(site.read(tool.feed)))
    if entries != min(IN_THE_FEED, len(posts)):
        yield f"{IN_THE_FEED} entries in the feed, which has {entries}"
    maps = (site.read(path.name) for path in site.output.glob("sitemap*.xml"))
    if sum(text.count("<loc>") for text in maps) < len(posts):
        yield "pages in the sitemap"


def _size(path: Path) -> int:
    return path.stat().st_size

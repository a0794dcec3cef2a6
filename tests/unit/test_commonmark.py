"""The examples of the CommonMark specification, read by the site's whole dialect."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from sitegen.markup.context import Context
from sitegen.markup.dialect import markdown
from sitegen.markup.render import render
from sitegen.media import Resolved, page_html
from sitegen.model import Document, ImageFile, Meta, Settings

SPEC = Path(__file__).parents[2] / "node_modules" / "commonmark-spec" / "spec.txt"
EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)

DIFFERS = {
    21: "an address in a raw tag is escaped like any other",
    31: "an address in a raw tag is escaped like any other",
    344: "an address in a raw tag is escaped like any other",
    608: "a bare address is a link",
    611: "a bare address is a link",
    630: "an address in a raw tag is escaped like any other",
    631: "an address in a raw tag is escaped like any other",
    642: "an address in a raw tag is escaped like any other",
    643: "an address in a raw tag is escaped like any other",
}


def examples() -> list[tuple[str, str]]:
    if not SPEC.is_file():
        pytest.fail(f"{SPEC} is missing: `npm ci` installs it")
    found = EXAMPLE.findall(SPEC.read_text(encoding="utf-8"))
    return [(source.replace("→", "\t"), html.replace("→", "\t")) for source, html in found]


def published(source: str) -> str:
    context = Context(
        "a.md",
        Settings(kind="page", kind_origin="test"),
        markdown("en", typographic=False),
        render,
        source.split("\n"),
    )
    body = context.block(source, 1)
    document = Document(
        path="a.md",
        digest="",
        meta=Meta(title="", kind="page", slug="a"),
        origins={},
        body=body,
        lead=(),
        images=tuple(context.images),
    )
    links = tuple(link.target for link in context.links)
    images = tuple(ImageFile(src=image.target) for image in context.images)
    return page_html(body, document, Resolved(links=links, images=images))


OURS = [
    (
        r'<div class="code" data-language="([^"]*)"><pre tabindex="0"><code>',
        r'<pre><code class="language-\1">',
    ),
    (r'<div class="code"><pre tabindex="0"><code>', "<pre><code>"),
    (r"</code></pre></div>", "</code></pre>"),
    (r'<span class="[^"]*"(?: data-line="\d+")?>|</span>', ""),
    (r'(<h[1-6]) id="[^"]*"', r"\1"),
    (r' loading="lazy" decoding="async"', ""),
    (
        r'<figure class="image">(<img[^>]*)><figcaption>(.*?)</figcaption></figure>',
        r'<p>\1 title="\2"></p>',
    ),
]
"""What the site writes in its own way, and how the specification writes it."""


def plain(html: str) -> str:
    """Without the differences that no reader sees: spaces between tags, forms of quotes."""
    html = re.sub(r">\s+<", "><", re.sub(r"\s+\n", "\n", html))
    return unescape(html.replace(" />", ">").replace("&lt;", "\0")).strip()


def as_specified(html: str) -> str:
    for ours, theirs in OURS:
        html = re.sub(ours, theirs, html)
    return html


def test_the_dialect_reads_the_specification_but_for_what_it_adds() -> None:
    failing = [
        number
        for number, (source, html) in enumerate(examples(), 1)
        if plain(as_specified(published(source))) != plain(html)
    ]
    assert failing == list(DIFFERS)


def test_the_specification_has_all_its_examples() -> None:
    assert len(examples()) == 652

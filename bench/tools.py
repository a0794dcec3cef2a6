"""Who is measured: how each tool is run, what it is given, and where its pages are.

A `Tool` is a value; its skeleton is in `bench/sites/NAME/`. `TOOLS` has all of them, this program
first. What is not equal between them is said here (`unequal`) and comes to be in the report.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.corpus import Post

SITES = Path(__file__).parent / "sites"
SITEGEN = str(Path(sys.executable).with_name("sitegen"))


class Tool(NamedTuple):
    """One program with one site. Paths are below the folder of the site."""

    name: str
    command: tuple[str, ...]
    """`{bin}` is the folder of its programs, `{modules}` that of its node modules."""
    write: Callable[[Post], str]
    source: str
    """Where a post is; `{slug}`."""
    output: str
    caches: tuple[str, ...]
    """What goes, beside the output, before a cold build."""
    template: str
    """What makes a page; it says `data-edition="0"`."""
    feed: str
    page: str = "posts/{slug}/index.html"
    poem: str = "posts/{slug}/index.html"
    poem_source: str = ""
    later: str = "page/{number}/index.html"
    """The pages after the first, `index.html`; `{number}` from 2, `{rest}` from 1."""
    tags: str = "tags/index.html"
    environment: Mapping[str, str] = {}
    """`{site}` is the folder of the site."""
    unequal: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is this program."""
        return self.name.startswith("sitegen")

    def path(self, post: Post) -> str:
        """Where the source of a post is."""
        source = self.poem_source if post.poem and self.poem_source else self.source
        return source.format(slug=post.slug)

    def made(self, post: Post) -> str:
        """Where the page of a post is, below the output."""
        return (self.poem if post.poem else self.page).format(slug=post.slug)


def _verses(post: Post) -> str:
    """Lines that stay lines in Markdown."""
    return post.body.replace(",\n", ",  \n") if post.poem else post.body


def _yaml(post: Post, body: str, **others: str) -> str:
    fields = {
        "title": json.dumps(post.title),
        "date": post.date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tags": f"[{', '.join(post.tags)}]",
        "description": json.dumps(post.description),
        **others,
    }
    lines = (f"{name}: {value}\n" for name, value in fields.items() if value)
    return f"---\n{''.join(lines)}---\n\n{body}\n"


def _plain(post: Post) -> str:
    return _yaml(post, _verses(post))


def _typed(post: Post) -> str:
    return _yaml(post, _verses(post), type="post")


def _by_folder(post: Post) -> str:
    return _yaml(post, post.body)


def _pelican(post: Post) -> str:
    return (
        f"Title: {post.title}\nDate: {post.date:%Y-%m-%d %H:%M}\nTags: {', '.join(post.tags)}\n"
        f"Slug: {post.slug}\nSummary: {post.description}\n\n{_verses(post)}\n"
    )


def _nikola(post: Post) -> str:
    return _yaml(post, _verses(post), slug=post.slug, date=f'"{post.date:%Y-%m-%d %H:%M:%S} UTC"')


def _mkdocs(post: Post) -> str:
    """Tags are categories of its blog; what is above `more` is on the lists."""
    body = f"# {post.title}\n\n{post.description}\n\n<!-- more -->\n\n{_verses(post)}"
    return _yaml(post, body, tags="", slug=post.slug, categories=f"[{', '.join(post.tags)}]")


_OURS = Tool(
    name="sitegen",
    command=(SITEGEN, "build", "--quiet"),
    write=_typed,
    source="content/{slug}.md",
    output="public",
    caches=(".sitegen",),
    template="templates/page.html",
    feed="feed.xml",
    page="{slug}/index.html",
    poem="{slug}/index.html",
    unequal="the theme of its blog, with more on each page than the skeletons of the others have"
    " (OpenGraph, JSON-LD, neighbours, notes in the margin); also an archive by year, a 404 page,"
    " a JSON feed and `urls.lock`; its feed has whole texts",
)

TOOLS: tuple[Tool, ...] = (
    _OURS,
    _OURS._replace(
        name="sitegen-default",
        write=_by_folder,
        source="content/posts/{slug}.md",
        poem_source="content/poems/{slug}.md",
        page="posts/{slug}/index.html",
        poem="poems/{slug}/index.html",
        unequal="everything that a site has by itself: besides the above a list of each folder,"
        " feeds of each tag and folder in two formats, the Markdown beside each page, lists of"
        " first lines and of notes; its poems are poems, and have a template of their own, which is"
        " not the one that is changed",
    ),
    Tool(
        name="hugo",
        command=("{bin}/hugo", "--quiet"),
        write=_plain,
        source="content/posts/{slug}.md",
        output="public",
        caches=("resources", ".hugo_build.lock", ".hugo_cache"),
        template="layouts/page.html",
        feed="index.xml",
        environment={"HUGO_CACHEDIR": "{site}/.hugo_cache"},
        unequal="its feed has descriptions only",
    ),
    Tool(
        name="eleventy",
        command=("node", "{modules}/@11ty/eleventy/cmd.cjs", "--quiet"),
        write=_plain,
        source="posts/{slug}.md",
        output="_site",
        caches=(".cache",),
        template="_includes/post.njk",
        feed="feed.xml",
        unequal="the pass of Liquid over Markdown that it makes by default is off, in its favour;"
        " its feed has whole texts",
    ),
    Tool(
        name="pelican",
        command=("{bin}/pelican", "content", "-s", "pelicanconf.py", "-o", "output", "-q"),
        write=_pelican,
        source="content/posts/{slug}.md",
        output="output",
        caches=("cache",),
        template="theme/templates/article.html",
        feed="feed.xml",
        unequal="its cache of contents is off, as by default; its feed has whole texts",
    ),
    Tool(
        name="nikola",
        command=("{bin}/nikola", "build", "-q"),
        write=_nikola,
        source="posts/{slug}.md",
        output="output",
        caches=("cache", ".doit.db", ".doit.db.db", ".doit.db.dir", ".doit.db.dat", ".doit.db.bak"),
        template="themes/bench/templates/post.tmpl",
        feed="rss.xml",
        later="index-{rest}.html",
        unequal="it writes a feed for each tag as well",
    ),
    Tool(
        name="mkdocs-material",
        command=("{bin}/mkdocs", "build", "-q"),
        write=_mkdocs,
        source="docs/posts/{slug}.md",
        output="site",
        caches=(".cache",),
        template="overrides/blog-post.html",
        feed="feed_rss_created.xml",
        tags="",
        unequal="tags are categories of its blog, whose lists have excerpts; there is no list of"
        " all tags; its search is off and its pages are skeletons, but the files of its theme are"
        " copied",
    ),
    Tool(
        name="astro",
        command=("{modules}/node/bin/node", "{modules}/astro/bin/astro.mjs", "build", "--silent"),
        write=_plain,
        source="src/content/posts/{slug}.md",
        output="dist",
        caches=(".astro", "node_modules/.astro", ".vite"),
        template="src/pages/posts/[id].astro",
        feed="feed.xml",
        later="{number}/index.html",
        environment={
            "ASTRO_TELEMETRY_DISABLED": "1",
            "NODE_OPTIONS": "--max-old-space-size=8192",
        },
        unequal="its feed has descriptions only; the colours of code are in `style` attributes",
    ),
)

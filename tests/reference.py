"""The tables of the manual that the program itself knows: `make manual` writes them anew.

A table is known by its first line, which no other table has. What stands in its rows is what the
program holds: its tables of keys, the fields of its settings with the sentence below each, its
command line, its limits. Run as a program it rewrites the pages, and the errors that they show.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from sitegen import errors, frontmatter, markup, screen
from sitegen.building import MOST_WARNINGS
from sitegen.cli import main
from sitegen.deploy.config import TYPES
from sitegen.deploy.config import Settings as TargetSettings
from sitegen.feeds import MOST_URLS
from sitegen.figures.grammar import CLAIM_KEYS
from sitegen.figures.learned import LEARNED_KEYS
from sitegen.figures.matrices import MATRICES, RANDOM
from sitegen.figures.spec import MECHANISM, SHARED_KEYS, VIEWS
from sitegen.frontmatter import block, nodes
from sitegen.frontmatter.fields import ELSEWHERE, FIELDS
from sitegen.markup import highlight, notes, places, tex
from sitegen.model import Config, Hosting, Images, MarkupConfig, Section
from sitegen.site import MOST_NAVIGATION
from sitegen.site.listings import FEED_ENTRIES
from sitegen.slugs import LONGEST_SLUG
from sitegen.templates import sandbox
from sitegen.templates.filters import FILTERS
from tests.examples import PAGES, ROOT, examples, said, with_errors
from tests.sites import make_site

TABLE = re.compile(r"^(\|[^\n]*\|)\n(\|[ |:-]+\|)\n((?:\|[^\n]*\|\n)*)", re.MULTILINE)
COMMON = {"-s", "--format", "-q", "-v"}
"""Options that nearly every command has."""

Row = Sequence[str]


def front_matter() -> Iterable[Row]:
    for name, field in FIELDS.items():
        yield f"`{name}`", field.says + (f" ({field.only}s)" if field.only else "")


def elsewhere() -> Iterable[Row]:
    for ours, theirs in ELSEWHERE.items():
        yield ", ".join(f"`{each}`" for each in theirs.split()), f"`{ours}`"


def views() -> Iterable[Row]:
    for name, says in VIEWS.items():
        yield f"[`{name}`]({name}.md)", says


def keys(table: Mapping[Any, str]) -> Iterable[Row]:
    for name, says in table.items():
        yield f"`{name}`", says


def settings(struct: type[Struct], *without: str) -> Iterable[Row]:
    """The keys of a table of `site.toml`: the fields of the value that it becomes."""
    said = sentences(struct)
    for field in fields(struct):
        if (
            field.name not in {"name", "base", "places", *without}
            and (struct, field.name) not in inherited()
        ):
            name = "type" if field.name == "kind" else field.name
            needed = field.required and name != "title"  # whose default is made of `url`
            yield f"`{name}`", "needed" if needed else value(field.default), said[field.name]


def inherited() -> set[tuple[type[Struct], str]]:
    """Keys that every target has, which are in a table of their own."""
    names = TargetSettings.__struct_fields__
    return {(kind, name) for kind in TYPES.values() for name in names}


def sentences(struct: type[Struct]) -> dict[str, str]:
    """The docstring below each field."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(tree, ast.ClassDef)
    said = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(ast.Constant(str(text))):
                    said[field.target.id] = " ".join(text.split()).rstrip(".")
    return said


def value(default: object) -> str:
    """A default as it would be typed."""
    if default is NODEFAULT or default in (None, "", (), {}):
        return "–"
    if isinstance(default, bool):
        return str(default).lower()
    return (
        f"{default:g}" if isinstance(default, float) else f"{default}".replace("000000", " 000 000")
    )


def commands(group: click.Group = main, before: str = "sitegen") -> Iterable[Row]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            about = (command.help or "").partition("\n\n")[0]
            yield f"`{usage(command, f'{before} {name}')}`", " ".join(about.split())


def usage(command: click.Command, name: str) -> str:
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    shown = [each.make_metavar(click.Context(command)) for each in arguments]
    return " ".join([name, *shown]).replace("|", "\\|")


def options(*names: str) -> Iterable[Row]:
    """The options that this command alone has."""
    command: click.Command = main
    for name in names:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return [row for each in command.params if (row := option(each)) and each.opts[0] not in COMMON]


def common_options() -> Iterable[Row]:
    return [
        row
        for each in main.commands["build"].params
        if each.opts[0] in COMMON and (row := option(each))
    ]


def option(param: click.Parameter) -> Row | None:
    if not isinstance(param, click.Option):
        return None
    words = [*param.opts, *param.secondary_opts]
    if not param.is_flag:
        metavar = param.make_metavar(click.Context(main)).replace("INTEGER RANGE", "N")
        words[-1] += " " + metavar.replace("|", "\\|")
    return ", ".join(f"`{word}`" for word in words), " ".join((param.help or "").split()).replace(
        "  ", " "
    )


def kinds() -> Iterable[Row]:
    """Every kind of a problem, as JSON calls it."""
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, errors.SiteError):
            if each in {errors.SiteError, errors.ReportedError}:
                continue
            first = (each.__doc__ or "").partition("\n")[0]
            yield f"`{each.__name__}`", first.partition(". ")[0].rstrip(".")


def filters() -> Iterable[Row]:
    for name, each in FILTERS.items():
        yield f"`{name}`", (inspect.getdoc(each) or "").partition("\n")[0].rstrip(".")


def limits() -> Iterable[Row]:
    """What no source, page or site may exceed; those of figures are on a page of their own."""
    usual = MarkupConfig()
    rows = {
        "a source": f"{usual.max_bytes:,} bytes, or what `max_bytes` in `[markup]` says",
        "its parsing": f"{usual.max_seconds:g} seconds, or what `max_seconds` says",
        "front matter": f"{block.LARGEST:,} bytes, {frontmatter.MOST_FIELDS} fields,"
        f" {nodes.DEEPEST} levels",
        "a slug": f"{LONGEST_SLUG} bytes of UTF-8; what is made of a longer title is cut",
        "a description made of the text": f"{markup.LONGEST_SUMMARY} characters; more is cut",
        "quotes and lists inside one another": f"{places.DEEPEST} levels",
        "notes inside notes": f"{notes.DEEPEST} levels",
        "a formula": f"{tex.MOST:,} commands, braces and indices",
        "code in colours": f"{highlight.LONGEST:,} characters; more is shown plain",
        "a value that a template makes": f"{sandbox.LARGEST_TEXT:,} characters or items",
        "a page": f"{sandbox.LARGEST_PAGE:,} characters",
        "the navigation": f"{MOST_NAVIGATION} sections, {MOST_NAVIGATION} pages; of more, none",
        "a feed": f"{FEED_ENTRIES} entries, the newest",
        "a sitemap": f"{MOST_URLS:,} addresses; more are divided among several",
        "warnings of a build": f"{MOST_WARNINGS} are shown, and the rest counted",
    }
    yield from rows.items()


SAMPLE = """\
== site.toml
url = "https://example.org/"
title = "A site"
paginate = 1
search = true
== content/essays/a.md
---
date: 2026-03-08
tags: [owls]
series: Birds
aliases: [/former/a/]
---
With a note.[^1]

```attention
id: bat
model: toy
tokens: the bat
Q: 1 / 2
K: 2 / 1
```

[^1]: Here.
== content/essays/c.md
---
date: 2026-03-09
---
Text.
== content/poems/d.md
---
date: 2026-03-10
---
A line
== content/poems/e.md
---
date: 2026-03-11
---
Another
"""
"""A site with one of everything that is published."""


def feeds() -> Iterable[Row]:
    with TemporaryDirectory() as folder:
        site = make_site(Path(folder), SAMPLE).built.site
    for feed in site.feeds:
        paths = ", ".join(f"`/{feed.output}.{kind}`" for kind in ("xml", "json"))
        names = (Path(path).relative_to("content").with_suffix("") for path in feed.entries)
        yield paths, feed.title, ", ".join(f"`/{name}/`" for name in names)


def codes() -> Iterable[Row]:
    for code, says in screen.EXIT_CODES.items():
        yield f"{code}", says


TABLES: Mapping[str, Callable[[], Iterable[Row]]] = {
    "| field | value |": front_matter,
    "| elsewhere | here |": elsewhere,
    "| `view` | shows |": views,
    "| key of any block | value |": partial(keys, SHARED_KEYS),
    "| matrix | value |": partial(keys, MATRICES),
    "| random numbers | value |": partial(keys, RANDOM),
    "| mechanism | value |": partial(keys, MECHANISM),
    "| key of a real model | value |": partial(keys, LEARNED_KEYS),
    "| claim | value |": partial(keys, CLAIM_KEYS),
    "| key | default | what it is |": partial(
        settings, Config, "sections", "markup", "hosting", "images", "deploy"
    ),
    "| key of `[sections.NAME]` | default | what it is |": partial(settings, Section),
    "| key of `[markup]` | default | what it is |": partial(settings, MarkupConfig),
    "| key of `[hosting]` | default | what it is |": partial(settings, Hosting),
    "| key of `[images]` | default | what it is |": partial(settings, Images),
    "| key of every target | default | what it is |": partial(settings, TargetSettings),
    **{
        f'| key of `type = "{name}"` | default | what it is |': partial(settings, kind)
        for name, kind in TYPES.items()
    },
    "| command | what it does |": commands,
    "| option of every command | what it does |": common_options,
    **{
        f"| option of `{name}` | what it does |": partial(options, *name.split())
        for name in ("build", "serve", "check", "deploy", "figure", "init", "models get")
    },
    "| exit code | what happened |": codes,
    "| limit | at most |": limits,
    "| feed | title | texts |": feeds,
    "| filter | what it does |": filters,
    "| kind of problem | what is wrong |": kinds,
}
"""Tables by their first line."""


def rewritten(text: str) -> str:
    """A page with its tables as they should be."""

    def table(found: re.Match[str]) -> str:
        if found[1] not in TABLES:
            return found[0]
        rows = "".join(f"| {' | '.join(row)} |\n" for row in TABLES[found[1]]())
        return f"{found[1]}\n{found[2]}\n{rows}"

    return TABLE.sub(table, text)


def with_what_is_said(text: str, page: str) -> str:
    """A page with its errors as they are now."""
    for example, error in with_errors(examples(page)):
        if error:
            with TemporaryDirectory() as folder:
                text = text.replace(error, f"{said(example, Path(folder))}\n")
    return text


if __name__ == "__main__":
    for name, path in PAGES.items():
        before = path.read_text(encoding="utf-8")
        if (after := with_what_is_said(rewritten(before), name)) != before:
            path.write_text(after, encoding="utf-8")
            click.echo(f"{path.relative_to(ROOT)} is written anew")

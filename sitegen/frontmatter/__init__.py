"""Front matter: what a source says of itself before its body, and what completes that.

Comes in: a `Source` and its `Settings`. Goes out: a `FrontMatter` (values with their places, the
body, problems), and with the first heading and the first paragraph, a whole `Meta` that knows of
each value where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from pathlib import PurePosixPath
from typing import Any

import msgspec

from sitegen.errors import FrontMatterError, Problem, Span
from sitegen.frontmatter.block import Block, split_block
from sitegen.frontmatter.entry import TomlEntry
from sitegen.frontmatter.fields import FIELDS, Entry, unknown
from sitegen.frontmatter.yaml import read_entries
from sitegen.model import Kind, Meta, Moment, Origin, Settings, Source, Value
from sitegen.moments import find_zone
from sitegen.slugs import names_folder, readable, slugify, split_date
from sitegen.toml import read_toml

DEFAULT = Origin(text="default")
MOST_FIELDS = 100
"""More is a mistake or an attack: there are twenty."""


class FrontMatter(Value, frozen=True):
    """The fields that were given, by their name in `Meta`, each with its place; the body.

    `first_line` is the line of the file on which the body begins.
    """

    values: Mapping[str, Any]
    spans: Mapping[str, Span]
    body: str
    first_line: int
    problems: tuple[Problem, ...] = ()


def body_of(source: Source) -> str:
    """The body of a source; all of it where the front matter cannot be told from it."""
    try:
        return split_block(source.text, source.path, FIELDS).body
    except FrontMatterError:
        return source.text


def read_front_matter(source: Source, settings: Settings) -> FrontMatter:
    """Read a source's fields and find its body; never raises, mistakes are its problems."""
    mistakes: list[FrontMatterError] = []
    try:
        block = split_block(source.text, source.path, FIELDS)
        entries = _entries(block, source.path, mistakes)
    except FrontMatterError as mistake:
        # Neither fields nor body are known: one mistake is shown, not what follows from it.
        return FrontMatter(
            values={}, spans={}, body="", first_line=1, problems=(mistake.problem(),)
        )
    values: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for entry in _known(entries, mistakes):
        try:
            value = FIELDS[entry.key].read(entry, find_zone(settings.timezone) or UTC)
        except FrontMatterError as mistake:
            mistakes.append(mistake)
        except ExceptionGroup as several:
            mistakes += [each for each in several.exceptions if isinstance(each, FrontMatterError)]
        else:
            if value is not None:
                values[FIELDS[entry.key].name] = value
                spans[FIELDS[entry.key].name] = entry.span
    front = FrontMatter(values=values, spans=spans, body=block.body, first_line=block.body_line)
    mistakes += _misplaced(entries, *kind_of(front, settings))
    return msgspec.structs.replace(front, problems=tuple(m.problem() for m in mistakes))


def _entries(block: Block, path: str, mistakes: list[FrontMatterError]) -> list[Entry]:
    if block.syntax == "toml":
        toml = read_toml("\n".join(block.lines), path, FrontMatterError, block.line)
        entries: list[Entry] = [TomlEntry(key, toml) for key in toml.values]
    else:
        entries = [*read_entries(block.lines, path, block.line, mistakes.append)]
    if len(entries) + len(mistakes) > MOST_FIELDS:
        message = f"front matter of over {MOST_FIELDS} fields"
        raise FrontMatterError(message, Span(path, block.line))
    return entries


def _known(entries: Iterable[Entry], mistakes: list[FrontMatterError]) -> Iterable[Entry]:
    """Each field once; what is unknown or given again is a mistake."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        if entry.key not in FIELDS:
            message = f'unknown field "{entry.key}"'
            mistakes.append(FrontMatterError(message, entry.place, unknown(entry.key)))
        elif first := seen.get(FIELDS[entry.key].name):
            message = f"{entry.key} is given twice, first on line {first.place.line}"
            mistakes.append(FrontMatterError(message, entry.place, "keep one of the two"))
        else:
            seen[FIELDS[entry.key].name] = entry
            yield entry


def _misplaced(entries: Iterable[Entry], kind: Kind, origin: Origin) -> Iterable[FrontMatterError]:
    """Fields of another kind than this one."""
    for entry in entries:
        only = FIELDS[entry.key].only if entry.key in FIELDS else None
        if only and only != kind:
            message = f"{entry.key} is only for a {only}, and this is a {kind} ({origin.text})"
            hint = f"write type: {only}, or delete {entry.key}"
            yield FrontMatterError(message, entry.place, hint)


def kind_of(front: FrontMatter, settings: Settings) -> tuple[Kind, Origin]:
    """Post, poem or page: the front matter's word before the folder's."""
    if "kind" in front.values:
        return front.values["kind"], _given(front, "kind")
    return settings.kind, Origin(text=settings.kind_origin)


def _given(front: FrontMatter, name: str) -> Origin:
    span = front.spans[name]
    return Origin(text=f"front matter, line {span.line}", span=span)


def complete(
    front: FrontMatter,
    source: Source,
    settings: Settings,
    *,
    heading: tuple[str, Span] | None,
    summary: str,
) -> tuple[Meta, dict[str, Origin]]:
    """The whole `Meta` of a source, and where each of its values came from.

    `heading`: text and place of the first `# H1` of the body; `summary`: its first paragraph or
    stanza as plain text.
    """
    kind, kind_origin = kind_of(front, settings)
    day, name = split_date(PurePosixPath(source.path).stem)
    found: dict[str, tuple[Any, str, Span | None]] = {
        "title": _title(source.path, heading),
        "slug": (slugify(name), "file name", None),
        "language": (settings.language, "site.toml", None),
    }
    if day:
        found["date"] = (Moment(day=day), "file name", None)
    if settings.author:
        found["authors"] = ((settings.author,), "site.toml", None)
    if summary:
        first = "first stanza" if kind == "poem" else "first paragraph"
        found["description"] = (summary, first, None)
    values = {field: value for field, (value, _, _) in found.items()} | {"kind": kind}
    origins = dict.fromkeys(Meta.__struct_fields__, DEFAULT)
    origins |= {field: Origin(text=text, span=span) for field, (_, text, span) in found.items()}
    origins |= {field: _given(front, field) for field in front.values} | {"kind": kind_origin}
    return Meta(**(values | dict(front.values))), origins


def _title(path: str, heading: tuple[str, Span] | None) -> tuple[str, str, Span | None]:
    if heading and heading[0].strip():
        return heading[0], f"first heading, line {heading[1].line}", heading[1]
    file = PurePosixPath(path)
    if not names_folder(file.stem):
        return readable(split_date(file.stem)[1]), "file name", None
    folder = file.parent.name if len(file.parts) > 2 else "home"  # noqa: PLR2004
    return readable(split_date(folder)[1]), "folder name", None

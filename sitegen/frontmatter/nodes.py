"""YAML nodes: the part of a field's value that is YAML syntax.

Comes in: the text of one value. Goes out: PyYAML's node, never anything that it would construct;
anchors, aliases, tags and deep nesting are refused before a node is made of them.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import yaml

from sitegen.errors import FrontMatterError, Span
from sitegen.frontmatter.entry import LARGEST_INT, not_finite

DEEPEST = 32
BEFORE = "k: "
"""A value is composed as the value of a key, as it stands in its file."""


class BadYaml(Exception):  # noqa: N818
    """Text that is no YAML: what the parser says, in the writer's words, and where."""

    def __init__(self, problem: str, span: Span) -> None:
        super().__init__(problem)
        self.problem, self.advice = next(
            (said for word, said in EXPLAINED.items() if word in problem), (problem, None)
        )
        self.span = span


EXPLAINED: dict[str, tuple[str, str | None]] = {
    "start any token": (
        "it begins with a tab or a sign of YAML",
        "indent with spaces, or quote it",
    ),
    "a tab char": ("a tab is used for indentation", "indent with spaces"),
    "mapping values": ("a second colon", "put the value in quotes"),
    "end of stream": ("the quotes are not closed", "close the quotes"),
    "',' or ']'": ("the list is not closed by ]", "close it, or put texts in quotes"),
    "',' or '}'": ("the map is not closed by }", "close it, or put texts in quotes"),
    "node content": ("something is missing, or begins with a sign of YAML", "put it in quotes"),
    "expected ':'": ("a line does not belong to it", "write `- one` with a space, or indent it"),
    "unknown escape": (r"a \ in double quotes begins an escape that does not exist", None),
    "expected key": ("there is text after the closing quote", None),
    "control char": ("it has a control character", "delete the character"),
}
"""What libyaml says, by a part of it: the same for a writer, and what to do."""


class Place(NamedTuple):
    """Where a value stands that is composed: it begins at `span`, after the key in line `line`."""

    span: Span
    line: int
    rows: int

    def of(self, mark: Any, length: int = 1) -> Span:
        """The place in the file of a mark of the parser; of the whole value if it has none."""
        if mark is None or mark.line >= self.rows:
            return self.span
        column = mark.column + (self.span.column - len(BEFORE) if mark.line == 0 else 1)
        return Span(self.span.path, self.line + mark.line, max(1, column), length)


def compose(text: str, place: Place) -> yaml.Node:
    """The node of a value.

    Raises BadYaml where it is not YAML, FrontMatterError for what we do not allow.
    """
    document = BEFORE + text
    try:
        _refuse(document, place)
        root = yaml.compose(document, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise BadYaml(str(error.problem), place.of(error.problem_mark)) from None
    except (yaml.YAMLError, UnicodeError):
        raise BadYaml("control char", place.span) from None
    if not isinstance(root, yaml.MappingNode) or len(root.value) != 1:
        raise BadYaml("it is not one value", place.span)
    node: yaml.Node = root.value[0][1]
    return node


def _refuse(document: str, place: Place) -> None:
    """Raise for anchors, aliases and tags, and for a nesting that no writer means."""
    depth = 0
    refused: FrontMatterError | None = None
    for event in yaml.parse(document, Loader=yaml.CSafeLoader):
        at = event.start_mark
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise FrontMatterError(f"nested more than {DEEPEST} levels deep", place.of(at))
        words = ""
        if isinstance(event, yaml.AliasEvent):
            words = f"*{event.anchor} is an alias"
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            words = f"&{event.anchor} is an anchor"
        elif tag := getattr(event, "tag", None):
            words = f"{tag.replace('tag:yaml.org,2002:', '!!')} is a tag"
        if words and not refused:
            message = f"{words} of YAML, which front matter cannot have"
            refused = FrontMatterError(message, place.of(at), "write the value itself")
    if refused:  # only now: `*a* b` looks like an alias until the parser has refused it
        raise refused


def empty(node: yaml.Node) -> bool:
    """Whether nothing was typed: no text and no quotes."""
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None


INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")
FLOAT = re.compile(
    r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]{1,4})?|[eE][-+]?[0-9]{1,4})"
)
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.IGNORECASE)
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def plain(node: yaml.Node, key: str, place: Place) -> Any:
    """Plain data: what looks like a number is one (not `007`), dates stay text."""
    if isinstance(node, yaml.SequenceNode):
        return [plain(item, key, place) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        table: dict[str, Any] = {}
        for name, value in node.value:
            span = place.of(name.start_mark)
            if not isinstance(name, yaml.ScalarNode):
                raise FrontMatterError(f"a name in {key} must be text", span)
            if name.value in table:
                raise FrontMatterError(f'"{name.value}" is given twice in {key}', span)
            table[name.value] = plain(value, key, place)
        return table
    typed: str = node.value
    if getattr(node, "style", None):
        return typed
    return _scalar(typed, key, place.of(node.start_mark, max(1, len(typed))))


def _scalar(typed: str, key: str, span: Span) -> Any:
    if typed.lower() in WORDS:
        return WORDS[typed.lower()]
    if INT.fullmatch(typed) and abs(int(typed)) <= LARGEST_INT:
        return int(typed)
    infinite = FLOAT.fullmatch(typed) and not math.isfinite(float(typed))
    if infinite or NOT_FINITE.fullmatch(typed):
        raise not_finite(key, typed, span)
    return float(typed) if FLOAT.fullmatch(typed) else typed

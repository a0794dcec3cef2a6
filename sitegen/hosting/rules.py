"""Headers by address: the same for all files, for those that are cached for ever, for odd types.

Comes in: the entries of an output. Goes out: rules that every host can write in its own format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sitegen.model import Entry
from sitegen.routes import media_type

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, max-age=0, must-revalidate"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " script-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""What the pages of the theme need, and nothing else."""
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class TypeRule(NamedTuple):
    """Files of one type: the parts of their paths, None where any name will do."""

    parts: tuple[str | None, ...]
    type: str


def odd_types(entries: Mapping[str, Entry]) -> Iterator[TypeRule]:
    """A rule for each file whose type its suffix does not tell, or one for all that are alike.

    `tags/owl/feed.xml` and `tags/bat/feed.xml` are alike: as deep and of the same name, if
    all such files have the same type.
    """
    alike: dict[tuple[int, str], dict[str, str]] = {}
    for path, entry in entries.items():
        parts = path.split("/")
        alike.setdefault((len(parts), parts[-1]), {})[path] = entry.type
    for (depth, name), types in sorted(alike.items()):
        odd = {path: each for path, each in types.items() if each != media_type(path)}
        if len(odd) > 1 and len(odd) == len(types) and len(set(odd.values())) == 1:
            yield TypeRule((None,) * (depth - 1) + (name,), next(iter(odd.values())))
        else:
            yield from (TypeRule(tuple(path.split("/")), odd[path]) for path in sorted(odd))

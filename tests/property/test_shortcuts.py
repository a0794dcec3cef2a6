"""What most paths and most links are is seen at a glance: the longer look comes to the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sitegen import routes
from sitegen.errors import Span
from sitegen.routes import PLAIN_PATH, fault_of
from sitegen.site import links
from sitegen.site.links import Target, know, resolve
from tests.documents import document

NEVER = re.compile(r"(?!)")
PARTS = st.sampled_from(
    [
        "aux",
        "com1",
        "con",
        "nul ",
        "LPT9.txt",
        "conin$",
        "auxiliary",
        "a-b",
        "éé",
        "x.",
        "plain",
        "",
    ]
)
HOSTS = st.sampled_from(
    ["example.org", "EXAMPLE.org", "example.org:80", "me@example.org", "a.b", ""]
)
SCHEMES = st.sampled_from(
    ["https://", "http://", "HTTPS://", "//", "https:", "javascript:", "/", ""]
)
TAILS = st.text("ab/?#[]\\% .:@é\t\0<>\"'`{|}^~", max_size=8)


@given(st.lists(PARTS | st.from_regex(r"[A-Za-z0-9_-]{4,6}", fullmatch=True), max_size=4))
def test_a_path_has_the_fault_that_its_names_have(parts: list[str]) -> None:
    path = "/".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "PLAIN_PATH", NEVER)
        slow = fault_of(path)
    assert fault_of(path) == slow


@given(st.from_regex(PLAIN_PATH, fullmatch=True))
def test_a_plain_path_has_no_fault(path: str) -> None:
    assume(len(path) <= routes.LONGEST_PATH)
    assert not any(map(routes._name_fault, path.split("/")))  # noqa: SLF001 - the longer look


@given(SCHEMES, HOSTS, TAILS)
def test_a_link_leads_where_the_longer_look_says(scheme: str, host: str, tail: str) -> None:
    source = document("content/posts/a.md")
    target, span = f"{scheme}{host}{tail}", Span(source.path, 1)
    own = Target(url="/b/posts/a/", document=source)

    def look() -> object:
        known = know("https://example.org/b/", "/b/", {source.path: own}, {}, {})
        return resolve(target, span, source, known)

    found = look()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links, "ELSEWHERE", NEVER)
        assert look() == found

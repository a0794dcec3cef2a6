"""Every example of the manual and the README is built, read or looked up; errors are compared."""

from __future__ import annotations

import re
import shlex
from html import unescape
from pathlib import Path

import click
import pytest

from sitegen.cli import main
from sitegen.config import read_config
from sitegen.deploy.config import read_targets
from tests import reference
from tests.examples import FENCE, MANUAL, PAGES, ROOT, Example, examples, said, site_of, with_errors
from tests.sites import make_site

ALL = [(page, each, error) for page in PAGES for each, error in with_errors(examples(page))]
URL = 'url = "https://example.org/"\n'
ELSEWHERE = {"cd", "dask", "git", "make", "pip", "python3", ".", "npm"}
"""Programs that are not ours."""


def of(*languages: str) -> list[Example]:
    return [each for _, each, error in ALL if each.language in languages and not error]


# --- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if site_of(page)])
def test_the_files_of_a_page_build_without_a_word(page: str, tmp_path: Path) -> None:
    site = make_site(tmp_path, site_of(page), drafts=True, future=True)
    assert site.report == ""
    for file in re.findall(r"^== content/(.*)\.md$", site_of(page), re.MULTILINE):
        assert any(f"content/{file}.md" == path for path in site.built.site.pages), file


@pytest.mark.parametrize(
    ("example", "error"),
    [(each, error) for _, each, error in ALL if error],
    ids=lambda value: value.file or value.language if isinstance(value, Example) else "",
)
def test_an_example_that_is_wrong_says_what_is_shown(
    example: Example, error: str, tmp_path: Path
) -> None:
    assert said(example, tmp_path) == error.rstrip("\n"), "run: make manual"


@pytest.mark.parametrize("page", [page for page in PAGES if "== content/poems/" in site_of(page)])
def test_each_line_of_a_poem_is_a_line_of_its_page_with_its_indent(
    page: str, tmp_path: Path
) -> None:
    site = make_site(tmp_path, site_of(page), drafts=True, future=True)
    for file in re.findall(r"^== (content/poems/.*)\.md$", site_of(page), re.MULTILINE):
        source = (site.root / f"{file}.md").read_text(encoding="utf-8")
        html = site.text(f"{file.removeprefix('content/')}/index.html")
        shown = [
            (_indent(tag), _shown(text))
            for tag, text in re.findall(r'class="line" id="L\d+"([^>]*)>(.*)', html)
        ]
        typed = list(_lines(source))
        assert shown == typed
        assert len(typed) > 1


def _lines(source: str) -> list[tuple[int, str]]:
    """The lines of verse of a source: indent and words; no front matter, no marks, no afterword."""
    body = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL)
    body = re.sub(r"^```.*?^```$", "", body, flags=re.MULTILINE | re.DOTALL)
    body = re.sub(r"^(\[\^.*|#+ .*|\*\*\*|---|.{80,})$", "", body, flags=re.MULTILINE)
    rows = [row.removeprefix("> ") for row in body.splitlines() if row.strip()]
    return [(len(row) - len(row.lstrip()), _words(row)) for row in rows]


def _indent(tag: str) -> int:
    found = re.search(r'data-indent="(\d+)"', tag)
    return int(found[1]) if found else 0


def _shown(html: str) -> str:
    return _words(re.sub("<[^>]*>", "", html.partition('<span class="noteref"')[0]))


def _words(line: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"\[\^.*?\]", "", unescape(line))))


# --- settings, commands, blocks ----------------------------------------------------------------


@pytest.mark.parametrize("example", of("toml"))
def test_settings_are_accepted(example: Example) -> None:
    text = example.text if re.search("^url", example.text, re.MULTILINE) else URL + example.text
    assert read_config(text).url
    assert read_targets(text) or "[deploy" not in text


@pytest.mark.parametrize(
    "line", sorted({line for each in of("sh") for line in each.text.splitlines() if line})
)
def test_each_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)
    if not words or words[0] != "sitegen":
        assert not words or words[0] in ELSEWHERE
        return
    command: click.Command = main
    words = words[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.commands[words.pop(0)]
    known = {name for each in command.params for name in each.opts} | {"--help", "--version"}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known


def test_no_fence_is_of_a_kind_that_nobody_looks_at() -> None:
    known = {
        "",
        "css",
        "attention",
        "diff",
        "html+jinja",
        "markdown",
        "nginx",
        "sh",
        "source",
        "text",
        "toml",
    }
    assert {each.language for _, each, _ in ALL} <= known
    files = {each.language for _, each, _ in ALL if each.file}
    assert files <= {"markdown", "html+jinja", "toml", "diff"}


def test_make_is_asked_for_what_it_can() -> None:
    targets = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    asked = [
        line.split()[1]
        for each in of("sh")
        for line in each.text.splitlines()
        if line.startswith("make")
    ]
    assert asked
    assert set(asked) <= set(targets)


def test_no_code_is_hidden_from_these_tests_by_an_indent() -> None:
    for page, path in PAGES.items():
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        assert re.findall(r"\n\n(    .*)", text) == [], page


# --- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README"])
def test_the_tables_are_what_the_program_knows(page: str) -> None:
    text = PAGES[page].read_text(encoding="utf-8")
    assert reference.rewritten(text) == text, "run: make manual"


def test_each_table_of_the_program_is_in_the_manual_once() -> None:
    heads = [
        found[1]
        for path in MANUAL.rglob("*.md")
        for found in reference.TABLE.finditer(path.read_text(encoding="utf-8"))
        if found[1] in reference.TABLES
    ]
    assert sorted(heads) == sorted(reference.TABLES)


def test_the_contents_of_the_manual_name_each_of_its_pages_with_a_sentence() -> None:
    front = PAGES["index"].read_text(encoding="utf-8")
    named = re.findall(r"^- \[[^]]+\]\(([\w/-]+)\.md\): .*[.?]$", front, re.MULTILINE)
    assert sorted(named) == sorted(PAGES.keys() - {"README", "index"})


# --- what they become --------------------------------------------------------------------------


def test_the_templates_that_are_shown_are_used(tmp_path: Path) -> None:
    site = make_site(tmp_path, site_of("theme"))
    assert "<p>Written in Lund.</p>" in site.text("here/index.html")
    assert 'Perhaps it is in the <a href="/archive/">archive</a>' in site.text("404.html")


def test_an_essay_with_all_of_it_has_all_of_it(tmp_path: Path) -> None:
    site = make_site(tmp_path, site_of("prose"))
    html = site.text("posts/all-of-it/index.html")
    for part in (
        'aria-label="Note 2"',
        "<math",
        "money.",
        "a.py",
        '<abbr title="Natural Language Processing">NLP</abbr>',
        "In passing",
        "<td",
        "<dt>token</dt>",
        'type="checkbox"',
        'id="walk"',
        'class="quiet"',
        '/posts/all-of-it/#walk"',
    ):
        assert part in html, part
    assert html.count("<math") == 2
    assert "„Aufmerksamkeit“ – so heißt es." in site.text("posts/zitat/index.html")
    assert "„Aufmerksamkeit“ – so heißt es." in PAGES["prose"].read_text(encoding="utf-8")


def test_a_source_takes_what_it_does_not_say_from_its_name_and_folder(tmp_path: Path) -> None:
    site = make_site(tmp_path, site_of("writing"), drafts=True)
    page = site.built.site.pages["content/posts/2026-03-08-a-row-by-hand.md"]
    meta = page.document.meta
    assert page.url == "/posts/a-row-by-hand/"
    assert (meta.kind, meta.title, str(meta.date and meta.date.day)) == (
        "post",
        "A row by hand",
        "2026-03-08",
    )
    assert meta.description == "The first paragraph is also the description."

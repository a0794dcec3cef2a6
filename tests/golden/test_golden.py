"""Markdown and the HTML that it becomes, side by side in `cases/`.

After a change that is meant: `python tests/golden/test_golden.py` writes the HTML anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sitegen.markup import parse
from sitegen.media import Resolved, notes_html, page_html
from sitegen.model import ImageFile, Kind, Settings, Source

CASES = sorted((Path(__file__).parent / "cases").glob("*.md"))


def published(case: Path) -> str:
    """Title, body and notes of a page whose links lead where they say."""
    text = case.read_text(encoding="utf-8")
    kind: Kind = "poem" if case.stem.startswith("poem") else "post"
    settings = Settings(kind=kind, kind_origin="test")
    document = parse(Source(path=f"content/{case.name}", text=text, digest=""), settings)
    resolved = Resolved(
        links=tuple(link.target for link in document.links),
        images=tuple(ImageFile(src=i.target, width=4, height=3) for i in document.images),
    )
    parts = (
        page_html(document.body, document, resolved),
        notes_html(document.body, document, resolved),
    )
    return f"<h1>{document.meta.title}</h1>\n" + "".join(parts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_markdown_becomes_the_html_beside_it(case: Path) -> None:
    assert published(case) == case.with_suffix(".html").read_text(encoding="utf-8")


def test_each_case_has_its_html_and_each_html_its_case() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in CASES[0].parent.glob("*.html")}


if __name__ == "__main__":
    for each in CASES:
        each.with_suffix(".html").write_text(published(each), encoding="utf-8")

"""Copies of images as a browser takes them: which one, in which room, at which time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.published.conftest import build, look_at, served, validity

TOML = """title = "Pictures"
url = "https://example.org/"
timezone = "UTC"
cards = true
[images]
widths = [200, 400, 800, 1600]
"""
POST = """---
date: 2026-01-01
description: Pictures of every kind.
---
![Wide](wide.jpg) ![Turned](turned.jpg)

Text.[^n]

![Later](wide.jpg)

[^n]: A note with ![a picture](turned.jpg) in it.
"""
TOLD = """(async () => {
  scrollTo(0, document.body.scrollHeight);
  const all = [...document.querySelectorAll("article img")];
  await Promise.all(all.map((each) => { each.loading = "eager"; return each.decode(); }));
  return all.map((each) => [each.alt, each.currentSrc.split(".").slice(-2).join("."),
    each.getBoundingClientRect().width, each.loading]);
})()"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("pictures")
    posts = site / "content/posts"
    posts.mkdir(parents=True)
    (site / "site.toml").write_text(TOML)
    (posts / "a.md").write_text(POST)
    cells = np.random.default_rng(1).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    Image.fromarray(cells).resize((1800, 1200)).save(posts / "wide.jpg", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(cells).resize((900, 600)).save(posts / "turned.jpg", exif=exif, quality=90)
    return build(site, site / "public")


def test_a_browser_takes_the_narrowest_copy_that_is_wide_enough_and_nothing_moves(
    folder: Path,
) -> None:
    view = {"page": "/posts/a/", "slow": r"\.(avif|jpg)$", "shift": True, "evaluate": TOLD}
    with served(folder) as base:
        narrow, wide = look_at(base, [{**view, "width": width} for width in (380, 1280)])
    chosen = {
        name: [(alt, file) for alt, file, *_ in each["value"]]
        for name, each in {"narrow": narrow, "wide": wide}.items()
    }
    assert chosen["narrow"][0] == ("Wide", "400.avif")
    assert chosen["wide"][0] == ("Wide", "800.avif")
    assert {file for alt, file in chosen["wide"] if alt == "Later"} == {"800.avif"}
    assert all(file.endswith(".avif") for _, file in chosen["narrow"] + chosen["wide"])
    for seen in (narrow, wide):
        assert seen["shift"] == 0
        assert not seen["console"]
        assert not seen["sideways"]
        assert not [each for each in seen["requests"] if each.endswith((".jpg", ".webp"))]


def test_the_nu_checker_finds_nothing_wrong_with_the_pages(folder: Path) -> None:
    assert [each for each in validity(folder) if not each[0].endswith(".css")] == []

"""Copies of images: which there are, what is in them, and what happens to what cannot be copied."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from sitegen.model import Asset, Images
from sitegen.pictures import encode
from sitegen.pictures.copies import LEAST, Copy, Picture, plan, worth
from tests.sites import CONFIG, MadeSite, make_site, write_files

ASKED = Images(formats=("avif", "webp"), widths=(20, 40, 80))


def asset(path: str = "content/a.jpg", size: int = LEAST) -> Asset:
    return Asset(path=path, file="", digest="ab" * 32, size=size)


def widths(output: str, size: tuple[int, int], asked: Images = ASKED) -> dict[str, list[int]]:
    picture = plan(output, asset(), size, asked, "1")
    found: dict[str, list[int]] = {}
    for each in picture.copies if picture else ():
        found.setdefault(each.format, []).append(each.width)
    return found


# --- which there are -----------------------------------------------------------------------------


def test_no_copy_is_wider_than_its_original() -> None:
    assert widths("a.jpg", (60, 30)) == {"avif": [20, 40, 60], "webp": [20, 40, 60]}
    assert widths("a.jpg", (40, 30)) == {"avif": [20, 40], "webp": [20, 40]}


def test_what_is_wider_than_all_that_is_asked_for_has_no_copy_of_its_own_width() -> None:
    assert widths("a.png", (81, 30))["webp"] == [20, 40, 80]


def test_an_image_is_itself_the_widest_of_its_own_format() -> None:
    picture = plan("b/a.webp", asset(), (60, 30), ASKED, "1")
    assert picture
    assert [each.output for each in picture.copies if each.width == 60] == [
        f"b/a.{picture.copies[0].output.split('.')[1]}.60.avif",
        "b/a.webp",
    ]
    assert plan("a.webp", asset(), (10, 10), Images(formats=("webp",), widths=(20,)), "1") is None


@pytest.mark.parametrize("output", ["a.svg", "a.gif", "a", "a.ico", "a.heic"])
def test_what_is_no_still_picture_of_pixels_has_no_copies(output: str) -> None:
    assert plan(output, asset(), (60, 30), ASKED, "1") is None


def test_a_small_file_has_no_copies() -> None:
    assert plan("a.png", asset(size=LEAST - 1), (60, 30), ASKED, "1") is None


def test_a_name_changes_with_the_original_and_with_what_makes_it() -> None:
    def name(digest: str, edition: str) -> str:
        given = Asset(path="a.jpg", file="", digest=digest, size=LEAST)
        picture = plan("a.jpg", given, (60, 30), ASKED, edition)
        return picture.copies[0].output if picture else ""

    assert re.fullmatch(r"a\.[0-9a-f]{10}\.20\.avif", name("x", "1"))
    assert len({name("x", "1"), name("x", "2"), name("y", "1")}) == 3


def test_a_format_whose_widest_copy_is_not_worth_it_is_left_out() -> None:
    copies = [Copy(f"{w}.{f}", f, w, w) for f in ("avif", "webp") for w in (1, 2)]
    picture = Picture("a.jpg", "a.jpg", 2, 2, LEAST, tuple(copies))
    assert worth(picture, {"1.avif", "2.webp"}) == copies[3:]
    assert worth(picture, {"1.avif", "2.avif", "1.webp"}) == copies[:2]


# --- what is in them -----------------------------------------------------------------------------

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def saved(image: Image.Image, name: str, **settings: Any) -> Path:
        image.save(tmp_path / name, **settings)
        return tmp_path / name

    return saved


def copied(
    file: Path, size: tuple[int, int], kind: str = "webp", width: int = 0
) -> tuple[Image.Image | None, str]:
    """The copy, and what was said."""
    wide = width or size[0]
    copy = Copy("o", kind, wide, round(size[1] * wide / size[0]))
    picture = Picture("a", f"content/{file.name}", *size, 10**9, (copy,))
    data, problem = encode.encode(str(file), picture, copy)
    told = f"{problem.severity}: {problem.message}" if problem else ""
    return (Image.open(BytesIO(data)) if data else None), told


def gradient(size: tuple[int, int] = (64, 32), mode: str = "RGB") -> Image.Image:
    image = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", [image, image.transpose(Image.Transpose.ROTATE_180), image]).convert(
        mode
    )


def difference(one: Image.Image, other: Image.Image) -> float:
    """Of pixels, on average, of 255."""
    first, second = (np.asarray(each.convert("RGB")).astype(int) for each in (one, other))
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("kind", ["avif", "webp"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1", "I;16"])
def test_a_copy_shows_what_its_original_shows(save: Save, mode: str, kind: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.asarray(gradient(mode="L")).astype(np.uint16) * 257)
        shown = gradient(mode="L")
    else:
        image = shown = gradient(mode=mode)
    copy, told = copied(save(image, "a.png"), image.size, kind)
    assert not told
    assert copy
    assert copy.size == image.size
    assert difference(copy, shown) < (12 if mode == "P" else 6)  # whose dots are fine


def test_a_narrow_copy_is_the_whole_picture_made_smaller(save: Save) -> None:
    copy, _ = copied(save(gradient(), "a.png"), (64, 32), width=16)
    assert copy
    assert copy.size == (16, 8)
    assert difference(copy, gradient().resize((16, 8), Image.Resampling.LANCZOS)) < 6


def test_a_picture_of_ink_is_shown_in_light(save: Save) -> None:
    copy, told = copied(save(gradient(mode="CMYK"), "a.jpg", quality=95), (64, 32))
    assert not told
    assert copy
    assert difference(copy, gradient()) < 8


def test_what_is_transparent_stays_so(save: Save) -> None:
    image = gradient(mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    for kind in ("avif", "webp"):
        copy, _ = copied(save(image, "a.png"), image.size, kind)
        assert copy
        alpha = np.asarray(copy.getchannel("A")).astype(int)
        assert np.abs(alpha - np.asarray(image.getchannel("A"))).mean() < 4


@pytest.mark.parametrize("kind", ["avif", "webp"])
def test_a_copy_stands_upright_and_tells_nothing_of_its_maker(save: Save, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRET"
    exif.get_ifd(0x8825)[1] = "N"
    file = save(gradient(), "a.jpg", exif=exif, comment=b"SECRET", quality=95)
    copy, _ = copied(file, (32, 64), kind)
    assert copy
    assert copy.size == (32, 64)
    assert difference(copy, gradient().transpose(Image.Transpose.ROTATE_270)) < 8
    assert not copy.getexif()
    assert not set(copy.info) & {"exif", "xmp", "comment"}


def test_a_profile_of_colours_is_kept_unless_every_browser_knows_it(save: Save) -> None:
    known = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    other = known.replace(b"sRGB", b"wide").replace(
        "sRGB".encode("utf-16-be"), "wide".encode("utf-16-be")
    )
    for profile, kept in [(known, b""), (other, other)]:
        copy, _ = copied(save(gradient(), "a.png", icc_profile=profile), (64, 32))
        assert copy
        assert copy.info.get("icc_profile", b"") == kept


# --- what is not copied --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_an_animation_stays_as_it_is(save: Save, name: str) -> None:
    other = gradient().transpose(Image.Transpose.ROTATE_180)
    file = save(gradient(), name, save_all=True, append_images=[other])
    assert copied(file, (64, 32)) == (None, "")


def test_a_picture_that_is_cut_off_is_named_and_not_copied(save: Save) -> None:
    file = save(gradient((300, 300)), "a.jpg")
    file.write_bytes(file.read_bytes()[:2000])
    copy, told = copied(file, (300, 300))
    assert copy is None
    assert told.startswith("warning: content/a.jpg cannot be read as a whole: ")


def test_too_many_pixels_are_an_error_before_one_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    copy, told = copied(tmp_path / "a.png", (20_000, 20_000))
    assert copy is None
    assert told == "error: content/a.png has 400 million pixels; at most 134 can be copied"


def test_a_wrong_suffix_does_not_matter(save: Save) -> None:
    copy, told = copied(save(gradient(), "a.png", format="JPEG"), (64, 32))
    assert (copy is not None, told) == (True, "")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_bytes_make_it_fail(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Small images of every mode and format, damaged somewhere."""
    mode = data.draw(st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"]))
    kinds = {"CMYK": ["JPEG"], "I;16": ["PNG"], "RGB": ["JPEG", "PNG", "WEBP", "AVIF"]}
    kind = data.draw(st.sampled_from(kinds.get(mode, ["PNG"])))
    size = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    stream = BytesIO()
    Image.new(mode, size, 3 if mode in {"1", "L", "P", "I;16"} else None).save(stream, kind)
    raw = bytearray(stream.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[place] ^= data.draw(st.integers(1, 255))
    raw = raw[: data.draw(st.one_of(st.none(), st.integers(0, len(raw))))]
    file = tmp_path_factory.mktemp("any") / "a"
    file.write_bytes(raw)
    copy, told = copied(file, size, data.draw(st.sampled_from(["avif", "webp"])))
    assert copy is None or copy.size == size
    assert not told or told.startswith(
        ("warning: content/a cannot be read", "error: content/a has")
    )


# --- in a site -----------------------------------------------------------------------------------

TOML = '[images]\nformats = ["avif", "webp"]\nwidths = [80, 160]\n'


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(
        np.random.default_rng(1).integers(0, 255, (*size[::-1], 3)).astype(np.uint8)
    )


@pytest.fixture
def site(tmp_path: Path) -> MadeSite:
    return a_site(tmp_path)


def a_site(folder: Path) -> MadeSite:
    posts = folder / "content/posts"
    posts.mkdir(parents=True)
    noise((200, 100)).save(posts / "ph o.png")
    noise((90, 90)).save(posts / "cut.jpg", quality=95)
    (posts / "cut.jpg").write_bytes((posts / "cut.jpg").read_bytes()[:-3000])
    Image.new("L", (900, 900)).save(posts / "flat.png", compress_level=0)
    return make_site(
        folder,
        f"""
== site.toml
title = "A site"
url = "https://example.org/blog/"
{TOML}
== content/posts/a.md
---
date: 2026-01-01
image: ph o.png
---
![One](<ph o.png>) and [![Two](<ph o.png>)](b.md) ![Cut](cut.jpg){{width=45}}[^n]

[^n]: A note. ![Three](<ph o.png>)
== content/posts/b.md
Nothing.
""",
    )


def test_a_page_offers_copies_and_the_original_to_whom_they_are_nothing(site: MadeSite) -> None:
    html = site.text("posts/a/index.html")
    mark = re.search(r"ph%20o\.([0-9a-f]{10})\.80\.avif 80w", html)
    assert mark
    base = f"/blog/posts/ph%20o.{mark[1]}"
    sizes = "min(200px, 100vw, 36rem)"
    assert (
        f'<picture><source type="image/avif" srcset="{base}.80.avif 80w, {base}.160.avif 160w" '
        f'sizes="{sizes}"><source type="image/webp" srcset="{base}.80.webp 80w, {base}.160.webp '
        f'160w" sizes="{sizes}"><img src="/blog/posts/ph%20o.png" alt="Two" width="200" '
        f'height="100" loading="lazy" decoding="async"></picture></a>' in html
    )
    assert '"min(200px, 100vw, 14rem)"' in html
    assert '<meta property="og:image" content="https://example.org/blog/posts/ph%20o.png">' in html


def test_every_copy_that_a_page_names_is_published_and_kept_for_ever(site: MadeSite) -> None:
    html = site.text("posts/a/index.html")
    named = {each.replace("%20", " ") for each in re.findall(r"/blog/(posts/[^ ]+) \d+w", html)}
    made = {path for path in site.paths if path.endswith((".avif", ".webp"))}
    assert named == made
    assert len(made) == 4
    for path in made:
        entry = site.built.snapshot.entries[path]
        assert entry.immutable
        assert entry.size < (site.root / "content/posts/ph o.png").stat().st_size
        with Image.open(BytesIO(site.built.snapshot.artifacts[path].data or b"")) as copy:
            assert copy.width == int(path.split(".")[-2])


def test_what_cannot_be_read_is_shown_as_it_is_with_a_warning(site: MadeSite) -> None:
    assert '<img src="/blog/posts/cut.jpg" alt="Cut" width="45"' in site.text("posts/a/index.html")
    assert [each.severity for each in site.problems] == ["warning"]
    assert "content/posts/cut.jpg cannot be read as a whole" in site.report


def test_a_feed_has_the_original(site: MadeSite) -> None:
    feed = site.text("feed.xml")
    assert "https://example.org/blog/posts/ph%20o.png" in feed
    assert "srcset" not in feed
    assert "picture" not in feed


def test_two_builds_make_the_same_bytes(site: MadeSite) -> None:
    again = a_site(site.root.parent / "other")
    first, second = site.built.snapshot, again.built.snapshot
    assert {path: each.data for path, each in first.artifacts.items()} == {
        path: each.data for path, each in second.artifacts.items()
    }


def test_without_being_asked_no_page_has_copies_and_the_library_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sitegen.build.gallery.edition", lambda: pytest.fail("it was asked for"))
    (tmp_path / "content").mkdir()
    noise((200, 100)).save(tmp_path / "content/a.png")
    made = make_site(tmp_path, "== content/b.md\n![A](a.png) ![B](a.png)\n")
    html = made.text("b/index.html")
    assert '<img src="/a.png" alt="A" width="200" height="100">' in html
    assert 'alt="B" width="200" height="100" loading="lazy" decoding="async">' in html
    assert "<picture" not in html


def test_a_site_that_asks_for_nothing_does_not_import_the_library(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    noise((200, 100)).save(tmp_path / "content/a.png")
    write_files(tmp_path, f"== site.toml\n{CONFIG}\n== content/b.md\n![A](a.png)\n")
    code = "import sys; from sitegen.cli import main; main(standalone_mode=False)"
    code += "; assert 'PIL' not in sys.modules; assert 'sitegen.pictures.cards' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code, "build", "-s", tmp_path], check=False)
    assert done.returncode == 0


def test_the_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sitegen.build.gallery.find_spec", lambda _name: None)
    made = make_site(
        tmp_path, f'== site.toml\nurl = "https://example.org"\n{TOML}\n== content/a.md\nA\n'
    )
    assert made.errors == ["[images] in site.toml needs the library Pillow"]
    assert "pip install 'sitegen[images]'" in made.report

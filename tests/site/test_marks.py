"""The mark of a title: drawn of what a model made of it, or not there; never in anybody's way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from sitegen.build import Memory, build
from sitegen.build.filling import LONGEST_TITLE, mark_of
from sitegen.build.live import Live
from sitegen.build.readings import Reader, refuse
from sitegen.build.stage import Choice, Plan
from sitegen.cli import main
from sitegen.config import read_config
from sitegen.figures.mark import draw_mark
from sitegen.inputs import read_inputs
from sitegen.lock import LOCK, read_lock, reading_of
from sitegen.memo import Memo
from sitegen.model import Prompt
from tests.readings import FakeModels, read
from tests.sites import CONFIG, NOW, MadeSite, run_here, write_files

ROOT = Path(__file__).parents[2]
MARKED = CONFIG + 'marks = "minilm"\n'
POST = "== content/posts/a.md\n# The bat flew\n\nA text.\n"
POEM = "== content/poems/b.md\n---\ntitle: At night\n---\nA line.\n"
COLOPHON = "== content/colophon.md\n# Colophon\n\nHow it is made.\n"


def site(  # noqa: PLR0913
    root: Path,
    text: str,
    reader: Reader,
    *,
    config: str = MARKED,
    memo: Memo | None = None,
    former: Plan | None = None,
) -> MadeSite:
    """A build of a site, and its lock written."""
    write_files(root, text)
    (root / "site.toml").write_text(config, encoding="utf-8")
    inputs = read_inputs(root)
    memory = Memory(memo or Memo(), former)
    built = build(
        inputs, run_here, now=NOW, drafts=False, future=False, memory=memory, reader=reader
    )
    if built.lock is not None:
        (root / LOCK).write_bytes(built.lock)
    return MadeSite(root, built, inputs)


def prompt(title: str) -> Prompt:
    return Prompt(model="minilm", quantity="mark", text=title)


def marks(html: str) -> list[str]:
    """The mark of the site's name, and that of the page."""
    return re.findall(r'<svg class="emblem".*?</svg>', html)


def titles(root: Path) -> set[str]:
    return {each.text for each in read_lock((root / LOCK).read_bytes())}


def test_a_post_and_a_poem_carry_what_one_head_makes_of_their_titles(tmp_path: Path) -> None:
    models = FakeModels()
    made = site(tmp_path, POST + POEM, models)
    assert made.errors == []
    assert models.calls == [tuple(map(prompt, ("A site", "At night", "The bat flew")))]
    name = draw_mark(read(prompt("A site")))
    for path, title in (("posts/a", "The bat flew"), ("poems/b", "At night")):
        html = made.text(f"{path}/index.html")
        assert marks(html) == [name, draw_mark(read(prompt(title)))]
        assert html.index(marks(html)[1]) < html.index("<h1")
    assert marks(made.text("index.html")) == [name]


def test_a_site_that_asks_for_no_marks_asks_no_model(tmp_path: Path) -> None:
    models = FakeModels()
    made = site(tmp_path, POST, models, config=CONFIG)
    assert (models.calls, made.built.unmarked) == ([], 0)
    assert "viewBox" not in made.text("posts/a/index.html").partition("<main")[2]
    assert made.text("favicon.svg") == (ROOT / "static/favicon.svg").read_text(encoding="utf-8")


def test_without_models_and_lock_there_is_no_mark_and_no_mistake(tmp_path: Path) -> None:
    bare = site(tmp_path / "bare", POST, refuse, config=CONFIG)
    made = site(tmp_path / "marked", POST, refuse)
    assert made.problems == ()
    assert made.built.unmarked == 2
    assert made.text("posts/a/index.html") == bare.text("posts/a/index.html")


def test_with_the_lock_no_model_is_needed(tmp_path: Path) -> None:
    first = site(tmp_path, POST, FakeModels())
    again = site(tmp_path, POST, refuse)
    assert again.text("posts/a/index.html") == first.text("posts/a/index.html")
    assert (again.built.unmarked, again.built.lock) == (0, None)


def test_another_title_has_another_mark_and_the_line_of_the_former_goes(tmp_path: Path) -> None:
    first = site(tmp_path, POST, FakeModels()).text("posts/a/index.html")
    made = site(tmp_path, POST.replace("bat", "owl"), FakeModels())
    assert marks(made.text("posts/a/index.html"))[1] != marks(first)[1]
    assert titles(tmp_path) == {"A site", "The owl flew"}


def test_a_new_line_renders_the_page_of_its_title_and_no_other(tmp_path: Path) -> None:
    memo = Memo()
    site(tmp_path, POST, FakeModels(), memo=memo)
    first = site(tmp_path, POST + POEM, refuse, memo=memo)
    plan = first.built.plan
    later = site(tmp_path, POST + POEM, FakeModels(), memo=memo, former=plan)
    why = later.built.plan.why
    assert why["content/poems/b.md"] == ("its mark, or a number of the site in its text",)
    assert "content/posts/a.md" not in why
    assert len(marks(later.text("poems/b/index.html"))) == 2


@pytest.mark.parametrize(
    "damage",
    [lambda line: line.replace(b'"cells":"', b'"cells":"A'), lambda line: line[:-3] + b'0"}'],
)
def test_of_a_damaged_line_no_mark_is_drawn(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    site(tmp_path, POST, FakeModels())
    lines = (tmp_path / LOCK).read_bytes().splitlines()
    lines[1] = damage(lines[1])
    (tmp_path / LOCK).write_bytes(b"\n".join(lines))
    made = site(tmp_path, POST, refuse)
    assert made.errors == []
    assert len(marks(made.text("posts/a/index.html"))) == 1


# --- what it is on a page ------------------------------------------------------------------------


def test_it_leads_a_pointer_to_the_colophon_and_the_foot_leads_everybody(tmp_path: Path) -> None:
    html = site(tmp_path, POST + COLOPHON, FakeModels()).text("posts/a/index.html")
    link = '<a class="emblem-link" href="/colophon/" tabindex="-1" aria-hidden="true"><svg'
    assert link in html
    assert '· <a href="/colophon/">Colophon</a>' in html.partition("<footer")[2]
    assert "colophon" not in html.partition("<main")[0]


def test_it_is_no_link_where_there_is_no_colophon(tmp_path: Path) -> None:
    html = site(tmp_path, POST, FakeModels()).text("posts/a/index.html")
    assert "emblem-link" not in html
    assert all('aria-hidden="true"' in each and " id=" not in each for each in marks(html))


def test_the_icon_of_the_site_is_the_mark_of_its_name(tmp_path: Path) -> None:
    made = site(tmp_path, POST, FakeModels())
    icon = made.text("favicon.svg")
    drawn = re.findall(r"<path[^>]*>", draw_mark(read(prompt("A site"))))
    assert re.findall(r"<path[^>]*>", icon) == drawn
    assert icon.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox=')
    assert "currentColor" not in icon
    (address,) = re.findall(r'<link rel="icon" href="([^"]+)"', made.text("posts/a/index.html"))
    assert address.startswith("data:image/svg+xml,%3Csvg")
    assert unquote(address.partition(",")[2]) + "\n" == icon


def test_an_icon_of_the_writers_own_stays(tmp_path: Path) -> None:
    own = '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    made = site(tmp_path, f"== static/favicon.svg\n{own}{POST}", FakeModels())
    assert made.text("favicon.svg") == own
    assert '<link rel="icon" href="/favicon.svg"' in made.text("posts/a/index.html")


def test_the_marks_of_this_blog_are_small_and_real() -> None:
    lines = read_lock((ROOT / LOCK).read_bytes())
    drawn = {
        each.text: draw_mark(reading_of(each, line))
        for each, line in lines.items()
        if each.quantity == "mark"
    }
    assert "Self-Attention" in drawn
    assert max(map(len, drawn.values())) <= 360
    several = [mark for title, mark in drawn.items() if " " in title]
    assert len(several) > 20
    assert len(set(several)) == len(several)


# --- titles of all kinds -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title", ["", "\u200b", " \t", "\u0301", "\ufffd\u200d", "\ue000", "x" * (LONGEST_TITLE + 1)]
)
def test_a_title_that_leaves_a_model_nothing_or_too_much_is_not_read(title: str) -> None:
    assert mark_of(title, "minilm") is None


@pytest.mark.parametrize(
    "title", ["Obs", "🙂", "سلام على من يقرأ", "字" * 40, "one two " * 20, "—"]
)
def test_a_title_of_any_script_and_length_is_read(tmp_path: Path, title: str) -> None:
    models = FakeModels()
    post = f'== content/posts/a.md\n---\ntitle: "{title.strip()}"\n---\nA text.\n'
    made = site(tmp_path, post, models)
    assert prompt(title.strip()) in models.calls[0]
    assert len(marks(made.text("posts/a/index.html"))) == 2


@pytest.mark.parametrize("name", ["minillm", "smollm2", "toy"])
def test_marks_are_of_an_encoder_that_is_known(name: str) -> None:
    with pytest.raises(ExceptionGroup) as found:
        read_config(f'url = "https://example.org/"\nmarks = "{name}"\n')
    (mistake,) = found.value.exceptions
    assert f'"{name}" is no encoder' in str(mistake)
    assert "minilm" in str(getattr(mistake, "hint", ""))


# --- a site that stays open ----------------------------------------------------------------------


def test_a_title_that_is_typed_waits_for_no_model(tmp_path: Path) -> None:
    site(tmp_path, POST, FakeModels())
    models = FakeModels()
    choice = Choice(now=NOW, drafts=False, future=False)
    live = Live(read_inputs(tmp_path), choice, Memory(Memo()), run_here, models)
    assert len(marks(_shown(live))) == 2
    write_files(tmp_path, POST.replace("bat", "owl"))
    inputs = read_inputs(tmp_path)
    changed = live.change(inputs.originals[0])
    assert changed
    assert len(marks(_shown(changed))) == 1
    assert models.calls == []
    site(tmp_path, POST.replace("bat", "owl"), FakeModels())
    updated = changed.update(read_inputs(tmp_path))
    assert marks(_shown(updated))[1] == draw_mark(read(prompt("The owl flew")))


def _shown(live: Live) -> str:
    page = live.get("posts/a/index.html")
    assert page
    assert not isinstance(page, tuple)
    return (page.data or b"").decode()


def test_the_build_says_how_many_titles_wait_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEGEN_MODELS", str(tmp_path / "nowhere"))
    write_files(tmp_path, f"== site.toml\n{MARKED}{POST}")
    told = CliRunner().invoke(main, ["build", "-s", str(tmp_path)])
    assert told.exit_code == 0
    assert "2 titles have no mark yet: build without --locked" in told.output
    assert "reading" not in told.output
    assert not (tmp_path / LOCK).exists()
    again = CliRunner().invoke(main, ["build", "-s", str(tmp_path)])
    assert "2 titles have no mark yet" in again.output

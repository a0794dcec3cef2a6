"""What may be published: a tree that is as it was built, and tells nothing that it should not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sitegen.deploy.leaks import refuse_leaks
from sitegen.deploy.target import LeakError
from sitegen.deploy.tree import Tree, file_of, open_tree
from sitegen.hosting import ASK_AGAIN, FOR_EVER
from sitegen.model import Entry
from sitegen.output import MANIFEST, write
from sitegen.routes import media_type
from tests.sites import make_site
from tests.targets import URL, site, write_tree

PAGE = "<!doctype html><title>A page</title>"


def check(tree: Tree, drafts: tuple[str, ...] = (), published: tuple[str, ...] = ()) -> None:
    refuse_leaks(tree, drafts, published, lambda _done: None)


def found(files: Mapping[str, str]) -> str:
    """What is said against a tree of these files."""
    entries = {
        path: file_of(path, Entry(sha256="", size=0, type=media_type(path))) for path in files
    }
    with pytest.raises(LeakError) as caught:
        check(Tree(URL, entries, lambda path: files[path].encode()))
    assert caught.value.code == 4
    return caught.value.message


# --- the stamp -----------------------------------------------------------------------------------


def test_a_tree_is_what_its_manifest_lists(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, {"index.html": PAGE, "a b/é+&%#?.txt": "x"})
    (folder / "CNAME").write_text("somebody else's")
    tree = open_tree(folder, URL)
    check(tree)
    assert tree.files.keys() == {"index.html", "a b/é+&%#?.txt"}
    assert tree.read("a b/é+&%#?.txt") == b"x"


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        ({"drafts": True}, "drafts"),
        ({"preview": True}, "preview"),
        ({"complete": False}, "did not end"),
        ({"version": 1}, "another version"),
        ({"url": "https://example.com/"}, "https://example.com/"),
    ],
)
def test_a_tree_that_is_not_for_readers_is_refused(
    tmp_path: Path, stamp: dict[str, Any], words: str
) -> None:
    with pytest.raises(LeakError, match=words) as caught:
        open_tree(write_tree(tmp_path, {"index.html": PAGE}, **stamp), URL)
    assert caught.value.code == 4
    assert "sitegen build" in (caught.value.hint or "")


@pytest.mark.parametrize("manifest", [None, b"", b"{}", b'{"url": 3}', b"\xff"])
def test_a_folder_without_a_manifest_is_refused(tmp_path: Path, manifest: bytes | None) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    if manifest is not None:
        (tmp_path / MANIFEST).write_bytes(manifest)
    with pytest.raises(LeakError, match=MANIFEST):
        open_tree(tmp_path, URL)


def test_a_folder_that_is_not_there_and_a_tree_without_pages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LeakError):
        open_tree(tmp_path / "public", URL)
    with pytest.raises(LeakError, match="empty"):
        open_tree(write_tree(tmp_path, {"style.css": ""}), URL)


@pytest.mark.parametrize("how", ["changed", "shorter", "longer", "gone", "a link", "a folder"])
def test_a_tree_that_was_tampered_with_is_refused(tmp_path: Path, how: str) -> None:
    folder = write_tree(tmp_path / "public", {"index.html": PAGE, "a.html": "12345"})
    path = folder / "a.html"
    path.unlink()
    if how == "a link":
        (tmp_path / "elsewhere").write_text("12345")
        path.symlink_to(tmp_path / "elsewhere")
    elif how == "a folder":
        path.mkdir()
    elif how != "gone":
        path.write_text({"changed": "12346", "shorter": "1234", "longer": "123456"}[how])
    with pytest.raises(LeakError, match=r"a\.html"):
        check(open_tree(folder, URL))


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, {"index.html": PAGE})
    (folder / "index.html").unlink()
    os.mkfifo(folder / "index.html")
    with pytest.raises(LeakError, match=r"index\.html"):
        check(open_tree(folder, URL))


@pytest.mark.parametrize("path", ["/etc/x.html", "../x.html", ".sitegen/record.json"])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    entry = {"sha256": "", "size": 0, "type": "text/html"}
    manifest = {"url": URL, "drafts": False, "complete": True, "version": 2}
    files = {"files": {path: entry, "index.html": entry}}
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(manifest | files))
    with pytest.raises(LeakError, match="no path of a site"):
        open_tree(tmp_path, URL)


@pytest.mark.parametrize(
    ("path", "immutable", "kind"),
    [
        ("style.0123456789.css", True, "immutable"),
        ("style.css", False, "asset"),
        ("a/index.html", False, "page"),
        ("404.html", False, "page"),
        ("a/index.md", False, "source"),
        ("sitemap.xml", False, "feed"),
        ("robots.txt", False, "feed"),
        ("notes.txt", False, "asset"),
    ],
)
def test_a_file_is_cached_and_ordered_by_what_it_is(
    path: str,
    immutable: bool,  # noqa: FBT001
    kind: str,
) -> None:
    entry = Entry(sha256="", size=0, type=media_type(path), immutable=immutable)
    file = file_of(path, entry)
    assert file.kind == kind
    assert file.headers.content_type == media_type(path)
    assert file.headers.cache_control == (FOR_EVER if immutable else ASK_AGAIN)


@pytest.mark.parametrize("kind", ["application/atom+xml", "application/feed+json"])
def test_feeds_are_known_by_their_type(kind: str) -> None:
    assert file_of("feed.x", Entry(sha256="", size=0, type=kind)).kind == "feed"


def test_what_is_fingerprinted_may_be_cached_for_ever_and_pages_are_utf8() -> None:
    assert FOR_EVER == "public, max-age=31536000, immutable"
    assert "must-revalidate" in ASK_AGAIN
    assert media_type("a.html") == "text/html; charset=utf-8"


def test_a_build_says_of_each_file_what_a_deploy_asks(tmp_path: Path) -> None:
    made = make_site(
        tmp_path,
        "== static/own.css\nb { color: red }\n== static/x.txt\nx\n"
        "== content/posts/2026-01-02-a.md\n# A\n",
    )
    write(made.built.snapshot, tmp_path / "public", url=URL, drafts=False)
    tree = open_tree(tmp_path / "public", URL)
    check(tree)
    kinds = {path: file.kind for path, file in tree.files.items()}
    (style,) = (path for path in kinds if path.startswith("own."))
    assert kinds[style] == "immutable"
    assert kinds["x.txt"] == "asset"
    assert (kinds["posts/a/index.html"], kinds["posts/a/index.md"]) == ("page", "source")
    assert {path for path, kind in kinds.items() if kind == "feed"} >= {
        "feed.xml",
        "feed.json",
        "sitemap.xml",
        "robots.txt",
    }


# --- leaks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '<a href="http://localhost:8000/a/">',
        "<a href=http://localhost/>",
        "<img src='//127.0.0.1:8000/x.png'>",
        '<img srcset="https://[::1]/x.png 2x">',
        '<form action="http://0.0.0.0:3000">',
        '<A HREF="HTTP://LOCALHOST:8000/">',
        '<a href="https://LocalHost/">',
        "<style>a { background: url(http://localhost/x.png) }</style>",
        '<meta property="og:image" content="http://localhost:8000/x.png">',
    ],
)
def test_an_address_of_this_machine_is_found(text: str) -> None:
    assert found({"a.html": f"one\n{text}"}) == '"a.html" has an address of this machine in line 2'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("sitemap.xml", "<url><loc>http://localhost:8000/</loc></url>"),
        ("feed.xml", '<content type="html">&lt;a href=&quot;http://localhost/&quot;></content>'),
        ("feed.json", '{"home_page_url": "http://127.0.0.1:8000/"}'),
        ("feed.json", r'{"content_html": "<a href=\"http://localhost/\">"}'),
        ("style.css", "a { background: url('http://localhost/x.png') }"),
        ("x.svg", '<image href="http://localhost/x.png"/>'),
    ],
)
def test_an_address_of_this_machine_is_found_in_every_medium(path: str, text: str) -> None:
    assert "an address of this machine" in found({path: text})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<a href="file:///home/me/x.png">', "a file of this machine"),
        ('<script src="/livereload.js"></script>', "the script of the preview"),
        ("<script>new WebSocket('ws://x')</script>", "the script of the preview"),
        (f"-----BEGIN OPENSSH PRIVATE KEY-----\n{'b3BlbnNza' * 9}\n", "a private key"),
    ],
)
def test_what_only_a_preview_or_its_writer_has_is_found(text: str, what: str) -> None:
    assert what in found({"a.html": text})


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (".env", "secrets"),
        ("x/.env.local", "secrets"),
        (".git/config", "a repository"),
        ("id_ed25519", "secrets"),
        ("tls/site.key", "a private key"),
        ("a.html~", "an editor's backup"),
        (".a.md.swp", "an editor's backup"),
        ("#a.md#", "an editor's backup"),
        (".#a.md", "an editor's backup"),
        ("a.orig", "an editor's backup"),
    ],
)
def test_a_file_that_is_nobodys_business_is_found_by_its_name(path: str, what: str) -> None:
    assert what in found({path: ""})


def test_words_about_such_things_are_none() -> None:
    check(
        site(
            {
                "a.html": "<p>Open <code>http://localhost:8000/</code>, or file:///tmp/x; 127.0.0.1"
                " is home.</p><a href='https://localhost.example/'>x</a><a href='/localhost/'>y</a>"
                "<pre>-----BEGIN RSA PRIVATE KEY-----\n…</pre><script>const a = 1</script>"
                "<a href='https://example.org/?from=http://localhost/'>z</a>",
                "environment.html": "",
                ".well-known/security.txt": "",
                "keyboard.key.html": "",
            }
        )
    )


DRAFT = "The owl that I have not finished yet looks at the row of numbers and says nothing at all."


@pytest.mark.parametrize(
    "text",
    [
        DRAFT,
        "<p>The <em>owl</em> that I have not finished yet looks at the row of&nbsp;numbers and",
        DRAFT.upper(),
    ],
)
def test_the_text_of_a_draft_is_found(text: str) -> None:
    with pytest.raises(LeakError, match=r'"a\.html" has the text of a draft \("the owl that'):
        check(site({"a.html": f"<p>{text}</p>"}), (f"---\ndraft: true\n---\n{DRAFT}",))


def test_what_a_draft_shares_with_a_published_text_is_no_leak() -> None:
    check(site({"a.html": f"<p>{DRAFT}</p>"}), (f"{DRAFT} And more.",), (DRAFT,))
    check(site({"a.html": "<p>The owl that I have not finished yet</p>"}), (DRAFT,))


def test_many_leaks_are_counted() -> None:
    message = found({f"{number}.bak": "" for number in range(7)})
    assert message.count("backup") == 5
    assert message.endswith("and 2 more")

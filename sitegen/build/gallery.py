"""Copies of images and cards: which there are, and under which names.

Comes in: the images that pages show, what `[images]` and `cards` ask for, what is known of former
builds. Goes out: names for the pages, pieces for the stages. Whether a copy is published is known
when it was made once; until then pages name all that are planned. A build makes all of them before
it renders a page, and ties the site again where one is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote

from sitegen import pictures
from sitegen.build.stage import Memory, Rendered, encode, recall
from sitegen.errors import ConfigError, Problem
from sitegen.memo import digest
from sitegen.model import (
    Asset,
    Card,
    Config,
    Document,
    Entry,
    ImageFile,
    Value,
    Variant,
)
from sitegen.pictures.copies import Copy, Picture, plan, worth
from sitegen.pictures.lettering import FONT
from sitegen.routes import url_of

SIZE = 1200, 630
"""Of a card, in pixels: what the networks ask for."""
Files = tuple[tuple[str, Entry], ...]


class CopyOf(Value, frozen=True, array_like=True):
    """A copy that is to be made, and its original."""

    copy: Copy
    picture: Picture


class CardOf(Value, frozen=True, array_like=True):
    """A card that is to be drawn: of which source, for which site."""

    source: str
    card: Card
    site: str


def missing(config: Config) -> list[Problem]:
    """What is wrong where pictures are asked for and Pillow is not there."""
    if not _is_asked(config) or find_spec("PIL"):
        return []
    name = "cards" if config.cards else "[images]"
    hint = "install it: pip install 'sitegen[images]'"
    return [ConfigError(f"{name} in site.toml needs the library Pillow", hint=hint).problem()]


def _is_asked(config: Config) -> bool:
    return config.cards or bool(config.images.formats)


@cache
def edition() -> str:
    """What stands in a name for the program that makes the file: our part of it, and Pillow's."""
    import PIL

    state = blake2b(PIL.__version__.encode(), digest_size=8)
    for path in (*sorted(Path(pictures.__file__).parent.glob("*.py")), FONT):
        state.update(path.read_bytes())
    return state.hexdigest()


# --- names ---------------------------------------------------------------------------------------


class Gallery:
    """The pictures of a site, noted down while its pages are tied together."""

    def __init__(self, config: Config, memory: Memory, made: Mapping[bytes, Files]) -> None:
        """`made`: by key, what became of copies in this build."""
        self._config, self._memory = config, memory
        former = memory.former.made if memory.former else ()
        self._made = {each.key: each.files for each in former} | dict(made)
        self._pictures: dict[str, tuple[Picture, list[Copy]]] = {}
        self._cards: dict[str, CardOf] = {}

    def variants(self, url: str, asset: Asset, size: tuple[int, int]) -> tuple[Variant, ...]:
        """The copies of an image at an address."""
        if not self._config.images.formats:
            return ()
        output = unquote(url.removeprefix(self._config.base))
        if output not in self._pictures:
            picture = plan(output, asset, size, self._config.images, edition())
            if picture is None:
                return ()
            self._pictures[output] = picture, self._worth(picture)
        return tuple(
            Variant(
                src=url_of(each.output, self._config.base),
                type=f"image/{each.format}",
                width=each.width,
            )
            for each in self._pictures[output][1]
        )

    def _worth(self, picture: Picture) -> list[Copy]:
        """What a page names: all that is planned, as long as not all of it was made."""
        made = [picture.output]
        for each in picture.copies:
            if each.output != picture.output:
                files = self._files(copy_key(each))
                if files is None:
                    return list(picture.copies)
                made += [path for path, _ in files]
        return worth(picture, made)

    def _files(self, key: bytes) -> Files | None:
        if key not in self._made:
            known = recall(self._memory.memo, key, Rendered)
            if known is None:
                return None
            self._made[key] = known.entries
        return self._made[key]

    def card(self, output: str, document: Document) -> ImageFile | None:
        """Where the card of a page is."""
        if document.card is None:
            return None
        own = CardOf(document.path, document.card, self._config.title)
        mark = digest(encode((own.card, own.site)), edition().encode()).hex()[:10]
        path = str(PurePosixPath(output).with_name(f"card.{mark}.png"))
        self._cards[path] = own
        return ImageFile(src=url_of(path, self._config.base), width=SIZE[0], height=SIZE[1])

    def pieces(self) -> Iterator[tuple[Literal["copy", "card"], str, Value]]:
        """All that is to be made: kind, path, value."""
        for picture, _ in self._pictures.values():
            for each in picture.copies:
                if each.output != picture.output:
                    yield "copy", each.output, CopyOf(each, picture)
        for path, card in self._cards.items():
            yield "card", path, card

    @property
    def left_out(self) -> frozenset[str]:
        """The paths of copies that are made and not published."""
        named = {each.output for _, some in self._pictures.values() for each in some}
        planned = {each.output for whole, _ in self._pictures.values() for each in whole.copies}
        return frozenset(planned - named)


def copy_key(copy: Copy) -> bytes:
    """The key of a copy: its name has the digest of all that it is made of.

    The rest of the program has no part in it, so what was made once outlives another release.
    """
    return digest(b"copy", encode(copy))

"""Order: which pages stand where, and on which lists.

Comes in: documents. Goes out: the newest-first order, tags, listings cut into pages, and feeds.
A section has a listing when it holds posts or poems; pages are on no list but those of their tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Literal

from msgspec.structs import replace

from sitegen.errors import Problem, RouteError, warning
from sitegen.model import (
    Config,
    Document,
    Feed,
    Listing,
    ListingKind,
    PageRef,
    TagLink,
    TagRef,
    Value,
)
from sitegen.routes import absolute, is_index, is_natural, section_of, span_of, url_of
from sitegen.slugs import readable, slugify

FEED_ENTRIES = 20


# --- order -----------------------------------------------------------------------------------


def newest_first(documents: Iterable[Document], zone: tzinfo) -> list[Document]:
    """By (date, time, path) from the newest on; what has no date comes last, by path."""
    dated, undated = [], []
    for document in documents:
        if moment := document.meta.date:
            dated.append((moment.day, moment.begins(zone), document.path, document))
        else:
            undated.append(document)
    dated.sort(key=lambda each: each[:3], reverse=True)
    undated.sort(key=lambda document: document.path)
    return [each[3] for each in dated] + undated


def posts_and_poems(ordered: Iterable[Document]) -> list[Document]:
    """Without pages, and without the `index.md` that introduces the section of others."""
    entries = [document for document in ordered if document.meta.kind != "page"]
    sections = {section_of(each.path) for each in entries if not _is_section_index(each)}
    return [
        each
        for each in entries
        if not (_is_section_index(each) and section_of(each.path) in {None, *sections})
    ]


def loose_pages(ordered: Iterable[Document], entries: Iterable[Document]) -> list[Document]:
    """Pages of the sections that hold nothing else and have no index of their own: they get one."""
    pages = [each for each in ordered if each.meta.kind == "page"]
    taken = {section_of(each.path) for each in [*entries, *filter(_is_section_index, pages)]}
    taken |= {None, "tags", "archive"}
    return [each for each in pages if section_of(each.path) not in taken]


def _is_section_index(document: Document) -> bool:
    top = document.path.count("/") <= 2  # noqa: PLR2004 - content/posts/index.md
    return top and is_index(document) and is_natural(document)


# --- tags ------------------------------------------------------------------------------------


class Tag(Value, frozen=True):
    """A tag, its folder in the output, and the documents that carry it, newest first."""

    ref: TagRef
    link: TagLink
    folder: str
    documents: tuple[Document, ...]


def collect_tags(ordered: Iterable[Document], base: str) -> tuple[dict[str, Tag], list[Problem]]:
    """Tags by each of their spellings: names with one slug are one tag."""
    named = ((name, document) for document in ordered for name in document.meta.tags)
    tags: dict[str, Tag] = {}
    problems: list[Problem] = []
    for slug, (names, documents) in under_one_slug(named).items():
        name = min(names, key=lambda name: (-names[name], name))
        folder = f"tags/{slug}/"
        link = TagLink(name=name, url=url_of(f"{folder}index.html", base))
        ref = TagRef(name=name, url=link.url, count=len(documents))
        tag = Tag(ref=ref, link=link, folder=folder, documents=documents)
        tags |= dict.fromkeys(names, tag)
        problems += merged("tags", names, documents)
    return tags, problems


def under_one_slug(
    named: Iterable[tuple[str, Document]],
) -> dict[str, tuple[Counter[str], tuple[Document, ...]]]:
    """By slug, how often each spelling was used, and the documents with it, each once."""
    slugs: dict[str, str] = {}
    holders: dict[str, dict[str, Document]] = {}
    spellings: dict[str, Counter[str]] = {}
    for name, document in named:
        slug = slugs.get(name) or slugs.setdefault(name, slugify(name))
        holders.setdefault(slug, {})[document.path] = document
        spellings.setdefault(slug, Counter())[name] += 1
    return {slug: (spellings[slug], tuple(holders[slug].values())) for slug in spellings}


def in_order_of_name(tags: Mapping[str, Tag]) -> list[Tag]:
    """Each tag once, as a reader looks for it."""
    unique = {tag.folder: tag for tag in tags.values()}
    return sorted(unique.values(), key=lambda tag: (tag.ref.name.casefold(), tag.folder))


def merged(
    field: Literal["tags", "series"], names: Iterable[str], documents: Sequence[Document]
) -> Iterator[Problem]:
    """A warning where one address takes in more than spellings of one name: C, C++ and C#."""
    shapes: dict[str, str] = {}
    for name in sorted(names):
        shapes.setdefault(" ".join(name.casefold().replace("-", " ").split()), name)
    if len(shapes) > 1:
        listed = " and ".join(f'"{name}"' for name in shapes.values())
        yield warning(
            RouteError,
            f"the {field} {listed} have one address, so they are shown as one",
            span_of(documents[0], field),
            "write one of them in other words, as `cpp` for `C++`",
        )


# --- listings --------------------------------------------------------------------------------


class Shelf(Value, frozen=True):
    """A listing before it is cut into pages. `folder` ends with a slash, or is the root."""

    kind: ListingKind
    folder: str
    title: str
    by: str
    """What it is, for errors."""
    settled: bool = False
    """Whether `site.toml` says the title: it is stronger than that of an introduction."""
    documents: tuple[Document, ...] = ()
    size: int = 0
    """Entries on a page; 0 for all."""
    tags: tuple[TagRef, ...] = ()
    feed: str | None = None
    """The output of its feed, without suffix."""
    intro: Document | None = None
    shards: int = 0

    @property
    def outputs(self) -> tuple[str, ...]:
        """Where its pages are: `posts/index.html`, `posts/page/2/index.html` and so on."""
        size = self.size or len(self.documents) or 1
        count = max(1, -(-len(self.documents) // size))
        more = (f"{self.folder}page/{number}/index.html" for number in range(2, count + 1))
        return f"{self.folder}index.html", *more


def make_shelves(
    entries: Sequence[Document], loose: Sequence[Document], tags: Iterable[Tag], config: Config
) -> Iterator[Shelf]:
    """Every listing, the home page first; `entries` are posts and poems, newest first.

    A site of pages only shows its `loose` pages at home.
    """
    yield Shelf(
        kind="home",
        folder="",
        title=config.title,
        settled=True,
        by="the home page",
        documents=tuple(entries or loose),
        size=config.paginate,
        feed="feed",
    )
    yield from _section_shelves([*entries, *loose], config)
    if entries:
        yield Shelf(
            kind="archive",
            folder="archive/",
            title="Archive",
            by="the archive",
            documents=tuple(entries),
            feed="feed",
        )
    tags = tuple(tags)
    if tags:
        refs = tuple(tag.ref for tag in tags)
        yield Shelf(kind="tags", folder="tags/", title="Tags", by="the list of tags", tags=refs)
    for tag in tags:
        yield Shelf(
            kind="tag",
            folder=tag.folder,
            title=tag.ref.name,
            by=f'the page of the tag "{tag.ref.name}"',
            documents=tag.documents,
            feed=f"{tag.folder}feed" if config.tag_feeds else None,
        )


def _section_shelves(entries: Iterable[Document], config: Config) -> Iterator[Shelf]:
    """Sections by their members: first those of `site.toml` in its order, then by name."""
    members: dict[str, list[Document]] = {}
    for document in entries:
        name = section_of(document.path)
        if name and not _is_section_index(document):
            members.setdefault(name, []).append(document)
    known = [name for name in config.sections if name in members]
    for name in [*known, *sorted(members.keys() - set(known))]:
        section = config.sections.get(name)
        only_poems = all(document.meta.kind == "poem" for document in members[name])
        yield Shelf(
            kind="section",
            folder=f"{slugify(name)}/",
            title=(section and section.title) or readable(name),
            settled=bool(section and section.title),
            by=f'the list of the section "{name}"',
            documents=tuple(members[name]),
            size=(section and section.paginate) or config.paginate,
            feed="poems" if only_poems else None,
        )


def cut(
    shelf: Shelf, refs: Mapping[str, PageRef], feeds: Collection[str], base: str
) -> Iterator[Listing]:
    """The pages of a listing (`/posts/`, `/posts/page/2/` …); its introduction is on the first.

    `feeds` are the outputs of the feeds that are published.
    """
    size = shelf.size or len(shelf.documents)
    outputs = shelf.outputs
    urls = [None, *(url_of(output, base) for output in outputs), None]
    for number, output in enumerate(outputs, 1):
        entries = shelf.documents[(number - 1) * size : number * size]
        yield Listing(
            kind=shelf.kind,
            url=url_of(output, base),
            output=output,
            title=shelf.title,
            entries=tuple(_entry(shelf, document, refs) for document in entries),
            number=number,
            count=len(outputs),
            newer=urls[number - 1],
            older=urls[number + 1],
            intro=shelf.intro.path if shelf.intro and number == 1 else None,
            tags=shelf.tags,
            shards=shelf.shards,
            feed=url_of(f"{shelf.feed}.xml", base) if shelf.feed in feeds else None,
        )


def _entry(shelf: Shelf, document: Document, refs: Mapping[str, PageRef]) -> PageRef:
    """What a list shows of a document; in an index of lines it leads to the line."""
    ref = refs[document.path]
    if shelf.kind == "lines":
        return replace(ref, url=f"{ref.url}#L{document.opening_line}")
    return ref


# --- feeds -----------------------------------------------------------------------------------


def make_feeds(shelves: Sequence[Shelf], config: Config) -> Iterator[Feed]:
    """The site's feed, the poems' and one for each tag; none without a dated entry."""
    home = shelves[0]
    poems = [document for document in home.documents if document.meta.kind == "poem"]
    section = next(
        (each for each in shelves if len(each.documents) == len(poems) and each.feed == "poems"),
        home,
    )
    wanted = [("feed", config.title, home.folder, home.documents)]
    wanted += [("poems", f"{config.title}: Poems", section.folder, tuple(poems))]
    for shelf in shelves:
        if shelf.kind == "tag" and shelf.feed:
            title = f"{config.title}: {shelf.title}"
            wanted.append((shelf.feed, title, shelf.folder, shelf.documents))
    for output, title, folder, documents in wanted:
        dated = [each.path for each in documents if each.meta.date and each.meta.kind != "page"]
        if dated:
            own = url_of(f"{output}.xml", config.base)
            yield Feed(
                id=config.url if output == "feed" else absolute(own, config.url, config.base),
                title=title,
                output=output,
                url=url_of(f"{folder}index.html", config.base),
                entries=tuple(dated[:FEED_ENTRIES]),
            )

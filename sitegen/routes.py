"""Addresses: where each page, alias and file of the site is published.

Comes in: documents, and the patterns and addresses that the writer typed. Goes out: output paths
(`a/b/index.html`: NFC, relative, without the base path), the addresses that belong to them
(`/blog/a/b/`: percent-encoded), and media types. A path that comes out of here
stays inside the output folder on every disk and server, or a `RouteError` says why it would not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from posixpath import basename, dirname, splitext
from unicodedata import normalize
from urllib.parse import quote, unquote

from sitegen.errors import Problem, RouteError, Span, suggest
from sitegen.model import Config, Document
from sitegen.slugs import address_mistake, below_base, names_folder, slugify

CONTENT = "content/"
PLACEHOLDERS = ("year", "month", "day", "slug", "section")
LONGEST_NAME, LONGEST_PATH = 255, 1000
"""In bytes: a name is limited by file systems, a path by some of them and by sitemaps."""
UNPLACED = ".unplaced/"
"""Where a document with a refused address would be; nothing below it is ever published."""

# --- the place of a document -----------------------------------------------------------------


def place(document: Document, config: Config) -> tuple[str, Problem | None]:
    """The output of a document, and what is wrong with the address that it asks for.

    A document with a bad address still gets an output, so that links to it can be checked.
    """
    try:
        return _wanted(document, config), None
    except RouteError as error:
        return f"{UNPLACED}{document.path}/index.html", error.problem()


def section_of(path: str) -> str | None:
    """The first folder below `content/` in NFC, as `site.toml` names it; None without a folder."""
    section, slash, _ = path.removeprefix(CONTENT).partition("/")
    return normalize("NFC", section) if slash else None


def is_index(document: Document) -> bool:
    """Whether the source is the page of its folder."""
    return _is_index(document.path)


@lru_cache(maxsize=1 << 16)  # asked seven times of each source
def _is_index(path: str) -> bool:
    return names_folder(splitext(basename(path))[0])


def is_natural(document: Document) -> bool:
    """Whether the address follows from the file's place alone: nobody typed it."""
    return document.meta.permalink is None and not _has_own_slug(document)


def span_of(document: Document, *fields: str) -> Span:
    """Where the first of these fields was typed, else the beginning of the source."""
    for field in fields:
        origin = document.origins.get(field)
        if origin and origin.span:
            return origin.span
    return Span(document.path, 1)


def _wanted(document: Document, config: Config) -> str:
    section = config.sections.get(section_of(document.path) or "")
    pattern = document.meta.permalink
    if pattern is None and section and not (is_index(document) and document.meta.kind == "page"):
        pattern = section.permalink
    if pattern is not None:
        return typed_output(_expand(pattern, document), span_of(document, "permalink", "slug"))
    natural = _natural_path(document)
    _check(natural, span_of(document, "slug"), "rename the file, or give it a `slug`")
    return _output_of(natural)


def _has_own_slug(document: Document) -> bool:
    origin = document.origins.get("slug")
    return origin is not None and origin.span is not None


def _natural_path(document: Document) -> str:
    folder = dirname(document.path)
    if is_index(document):
        if section_of(document.path) is None:
            return ""
        folder = dirname(folder)
    return f"{_folder_path(folder)}{_slug(document)}"


@lru_cache(maxsize=10_000)
def _folder_path(folder: str) -> str:
    """Where the pages of a folder of `content/` are: each name as a slug, a slash after it."""
    return "".join(f"{slugify(name)}/" for name in folder.split("/")[1:])


def _slug(document: Document) -> str:
    """One name of an address: typed by the writer, or from the file; a folder's for its index."""
    slug = normalize("NFC", document.meta.slug)
    if is_index(document) and not _has_own_slug(document):
        slug = slugify(basename(dirname(document.path)))
    if "/" in slug:
        raise RouteError(
            f'the slug "{slug}" holds a slash',
            span_of(document, "slug"),
            f'a slug is one name; for a whole address write `permalink: "/{slug.strip("/")}/"`',
        )
    return slug


def _expand(pattern: str, document: Document) -> str:
    """A permalink with `{year}` and the like filled in."""
    moment = document.meta.date

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in PLACEHOLDERS:
            message = f'unknown placeholder "{match[0]}" in the permalink "{pattern}"'
            if document.meta.permalink is None:  # without a place it is one mistake, not many
                raise RouteError(f"{message} of site.toml", hint=suggest(name, PLACEHOLDERS))
            span = span_of(document, "permalink")
            raise RouteError(message, span, suggest(name, PLACEHOLDERS))
        if name == "slug":
            return _slug(document)
        if name == "section":
            section = section_of(document.path)
            return slugify(section) if section else ""
        if moment is None:
            raise RouteError(
                f'the permalink "{pattern}" needs a date, and this file has none',
                span_of(document, "permalink"),
                "add `date:`, or give the file a `permalink` of its own",
            )
        return f"{getattr(moment.day, name):0{4 if name == 'year' else 2}}"

    return re.sub(r"\{([^{}]*)\}", value, pattern)


# --- what the writer typed -------------------------------------------------------------------


def alias_output(alias: str, document: Document, config: Config) -> str:
    """The output of an alias: `/old/` and `/old` are folders, `/old.html` is a file.

    Raises `RouteError` for what is not a path of this site.
    """
    return typed_output(below_base(alias, config.base), span_of(document, "aliases", "slug"))


HIDDEN = re.compile(r"(?:^|/)(\.[^/]*)")


def typed_output(typed: str, span: Span) -> str:
    """The output of an address as the writer typed it, percent-encoded or not."""
    hint = "an address is a path like `/essays/scale/`"
    if mistake := address_mistake(typed):
        raise RouteError(f'the address "{typed}" {mistake}', span, hint)
    path = normalize("NFC", unquote(typed)).removeprefix("/").removesuffix("/")
    hidden = HIDDEN.search(path)
    if hidden and not path.startswith(".well-known/"):
        raise RouteError(f'the address "{typed}" has the hidden part "{hidden[1]}"', span, hint)
    _check(path, span, hint)
    return _output_of(path)


def _output_of(path: str) -> str:
    """`a/b` is a folder with an index, `a/b.html` a file."""
    if path.endswith((".html", ".htm")):
        return path
    return f"{path}/index.html" if path else "index.html"


# --- paths that every disk and server accepts ------------------------------------------------

NAME_FAULTS = (
    (re.compile(r"\A\Z"), "it has an empty part"),
    (re.compile(r"\A\.\.?\Z"), 'it goes through "{}"'),
    (re.compile(r"\\"), '"{}" has a backslash'),
    (re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]"), '"{}" has a control character'),
    (re.compile(r"\A | \Z"), '"{}" begins or ends with a space'),
    (re.compile(r"\.\Z"), '"{}" ends with a dot'),
    (
        re.compile(
            r"\A(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|\Z)", re.IGNORECASE
        ),
        '"{}" is a name that Windows keeps for itself',
    ),
)
"""A pattern of names that some disk refuses or changes, and what is wrong with them."""


PLAIN_PATH = re.compile(r"(?:[A-Za-z0-9_-]{5,255}/)*[A-Za-z0-9_-]{5,255}")
"""Most paths; a name that Windows keeps is shorter, or has a character more."""


def fault_of(path: str) -> str | None:
    """Why no file may have this path, in words; None if it may. The empty path is the root."""
    if not path or (len(path) <= LONGEST_PATH and PLAIN_PATH.fullmatch(path)):
        return None
    if len(path.encode(errors="surrogatepass")) > LONGEST_PATH:
        return f"it is longer than {LONGEST_PATH:,} bytes"
    return next(filter(None, map(_name_fault, path.split("/"))), None)


def _name_fault(name: str) -> str | None:
    if len(name.encode(errors="surrogatepass")) > LONGEST_NAME:
        return f'"{name[:40]}…" is longer than {LONGEST_NAME} bytes'
    return next((words.format(name) for bad, words in NAME_FAULTS if bad.search(name)), None)


def _check(path: str, span: Span, hint: str) -> None:
    if fault := fault_of(path):
        raise RouteError(f'"/{path}/" cannot be an address: {fault}', span, hint)


# --- addresses of outputs --------------------------------------------------------------------


@lru_cache(maxsize=1 << 16)  # asked seven times of each page
def url_of(output: str, base: str) -> str:
    """The address of an output: `a/b/index.html` → `/blog/a/b/`."""
    return base + quote(_without_index(output), safe="/:@~")


def address_of(output: str) -> str:
    """An output as a reader would type it, below the site's root: `a/b/index.html` → `/a/b/`."""
    return f"/{_without_index(output)}"


def output_at(address: str) -> str:
    """The output that `address_of` has this address of."""
    return f"{address[1:]}index.html" if address.endswith("/") else address[1:]


def _without_index(output: str) -> str:
    return output.removesuffix("index.html") if f"/{output}".endswith("/index.html") else output


def absolute(url: str, site_url: str, base: str) -> str:
    """The whole address, with scheme and host, of an address of this site."""
    return site_url.removesuffix(base) + url


def source_output(output: str) -> str:
    """Where the Markdown source of a page is published: beside it, with its name."""
    return f"{splitext(output)[0]}.md"


# --- media types -----------------------------------------------------------------------------

TEXT = "{}; charset=utf-8"
MEDIA_TYPES: Mapping[str, str] = {
    "html": TEXT.format("text/html"),
    "htm": TEXT.format("text/html"),
    "css": TEXT.format("text/css"),
    "js": TEXT.format("text/javascript"),
    "mjs": TEXT.format("text/javascript"),
    "md": TEXT.format("text/markdown"),
    "txt": TEXT.format("text/plain"),
    "xml": "application/xml",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "csv": TEXT.format("text/csv"),
    "pdf": "application/pdf",
    "zip": "application/zip",
    "wasm": "application/wasm",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "ico": "image/vnd.microsoft.icon",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
}


def media_type(path: str) -> str:
    """The media type of a published file, by its suffix: the same on every machine."""
    suffix = path.rpartition("/")[2].rpartition(".")[2].lower()
    return MEDIA_TYPES.get(suffix, "application/octet-stream")

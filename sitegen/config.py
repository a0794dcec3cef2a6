"""`site.toml`, checked.

Comes in: its text. Goes out: a `Config`, or all mistakes of the file at once, each with its place;
and for a source path, the `Settings` under which it is parsed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable
from posixpath import splitext
from urllib.parse import urlsplit

from sitegen.errors import ConfigError, Span, suggest
from sitegen.model import SERVERS, Config, Hosting, Images, Kind, MarkupConfig, Section, Settings
from sitegen.models.table import MODELS
from sitegen.moments import find_zone
from sitegen.slugs import address_mistake, below_base, is_language, names_folder, printable
from sitegen.toml import Table, read_toml

KINDS: dict[str, Kind] = {"post": "post", "poem": "poem", "page": "page"}
SITE = frozenset(Config.__struct_fields__) - {"base", "places"}
SECTION = {"type", "title", "permalink", "paginate"}
MARKUP = frozenset(MarkupConfig.__struct_fields__)
HOSTING = frozenset(Hosting.__struct_fields__)
IMAGES = frozenset(Images.__struct_fields__)


def read_config(text: str, path: str = "site.toml") -> Config:
    """The configuration; raises an ExceptionGroup of ConfigError with every mistake."""
    try:
        toml = read_toml(text.removeprefix("\ufeff").replace("\r\n", "\n"), path, ConfigError)
    except ConfigError as mistake:
        raise ExceptionGroup(f"{path} cannot be read", [mistake]) from None
    mistakes: list[ConfigError] = []
    config = _site(Table(toml, mistakes, (), toml.values))
    if mistakes:
        raise ExceptionGroup(f"{len(mistakes)} mistake(s) in {path}", mistakes)
    return config


def _site(table: Table) -> Config:
    table.known(SITE, "in site.toml")
    url, base, host = _url(table)
    redirects = _redirects(table, base)
    gone = _gone(table, redirects)
    language, timezone = table.text("language", "en"), table.text("timezone", "UTC")
    if not is_language(language):
        hint = "write a language tag, as en, pt-BR or zh-Hant"
        table.wrong("language", f'"{language}" is not a language', hint)
    if not find_zone(timezone):
        hint = 'write the name of a zone, as "Europe/Berlin" or "UTC"'
        table.wrong("timezone", f'"{timezone}" is not a time zone', hint)
    sections = [_section(section) for section in table.tables("sections")]
    deploy = {target.keys[-1]: target.values for target in table.tables("deploy")}
    return Config(
        title=table.text("title") or host,
        url=url,
        base=base,
        description=table.text("description"),
        author=table.text("author"),
        language=language,
        timezone=timezone,
        paginate=table.at_least("paginate", 1, 10),
        sections={section.name: section for section in sections},
        markup=_markup(table),
        hosting=_hosting(table),
        images=_images(table),
        redirects=redirects,
        gone=gone,
        places=_places(table, redirects, gone),
        search=table.get("search", bool, default=False),
        cards=table.get("cards", bool, default=False),
        marks=_marks(table),
        first_lines=table.get("first_lines", bool, default=True),
        sidenotes=table.get("sidenotes", bool, default=True),
        tag_feeds=table.get("tag_feeds", bool, default=True),
        sources=table.get("sources", bool, default=True),
        deploy=deploy,
    )


URL_HINT = 'write the address that readers will use: url = "https://example.org/"'


def _url(table: Table) -> tuple[str, str, str]:
    """The site's address with a slash at its end, its path, its host."""
    url = table.get("url", str, "").strip()
    if not url:
        if isinstance(table.values.get("url", ""), str):
            table.wrong("url", "the site has no url", URL_HINT)
        return "", "/", ""
    if why := _url_mistake(url):
        table.wrong("url", f'the url "{url}" {why}', URL_HINT)
        return "", "/", ""
    parts = urlsplit(url)
    base = parts.path.rstrip("/") + "/"
    return f"{parts.scheme}://{parts.netloc.lower()}{base}", base, parts.hostname or ""


def _url_mistake(url: str) -> str | None:
    if not printable(url) or " " in url or "\\" in url:
        return "has a space, a backslash or a control character"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as mistake:
        return f"cannot be read: {mistake}"
    if parts.scheme not in {"http", "https"} or not host:
        return "is not absolute: it must begin with https:// or http:// and a host"
    if "@" in parts.netloc:
        return "has a user name, which every reader would see"
    if "?" in url or "#" in url:
        return "has a ? or a #"
    return address_mistake(parts.path.rstrip("/") + "/")


def _section(table: Table) -> Section:
    name = unicodedata.normalize("NFC", table.keys[-1])
    table.known(SECTION, f"in [sections.{name}]")
    kind = table.text("type")
    if kind and kind.lower() not in KINDS:
        hint = suggest(kind, KINDS, "Known types")
        table.wrong("type", f'unknown type "{kind}"', hint)
    permalink = table.text("permalink")
    if permalink and (why := address_mistake(permalink)):
        hint = "write a path inside the site"
        table.wrong("permalink", f'the permalink "{permalink}" {why}', hint)
    return Section(
        name=name,
        kind=KINDS.get(kind.lower()),
        title=table.text("title") or None,
        permalink=permalink or None,
        paginate=table.at_least("paginate", 1, 1) if "paginate" in table.values else None,
    )


def _markup(site: Table) -> MarkupConfig:
    table, usual = site.table("markup"), MarkupConfig()
    table.known(MARKUP, "in [markup]")
    seconds = table.get("max_seconds", float, usual.max_seconds)
    if not (math.isfinite(seconds) and seconds > 0):
        table.wrong("max_seconds", f"max_seconds must be more than 0, and not {seconds}")
    macros = table.table("macros")
    return MarkupConfig(
        macros={name: macros.get(name, str, "") for name in macros.values},
        max_seconds=seconds,
        max_bytes=table.at_least("max_bytes", 1, usual.max_bytes),
    )


def _hosting(site: Table) -> Hosting:
    table = site.table("hosting")
    table.known(HOSTING, "in [hosting]")
    server = table.text("server")
    if server and server not in SERVERS:
        hint = suggest(server, SERVERS, "Known servers")
        table.wrong("server", f'unknown server "{server}"', hint)
    return Hosting(server=server, compress=table.get("compress", bool, default=False))


FORMATS, WIDTHS = ("avif", "webp"), (480, 960, 1600)
SENSIBLE = range(16, 8193)
LIST = 'write lists: formats = ["avif", "webp"] and widths = [480, 960, 1600]'


def _images(site: Table) -> Images:
    table = site.table("images")
    table.known(IMAGES, "in [images]")
    if not table.values:
        return Images()
    formats = table.get("formats", list, list(FORMATS))
    widths = table.get("widths", list, list(WIDTHS))
    for each in formats:
        if each not in FORMATS:
            hint = suggest(each, FORMATS, "Known formats") if isinstance(each, str) else LIST
            table.wrong("formats", f"unknown format {each!r}".replace("'", '"'), hint)
    for each in widths:
        if type(each) is not int or each not in SENSIBLE:
            wrong = f"a width must be a number of pixels from {SENSIBLE[0]} to {SENSIBLE[-1]}"
            table.wrong("widths", f"{wrong}, and not {each!r}".replace("'", '"'), LIST)
    known = [each for each in formats if each in FORMATS]
    return Images(
        formats=tuple(dict.fromkeys(known)),
        widths=tuple(sorted({each for each in widths if type(each) is int})),
    )


def _marks(table: Table) -> str:
    name = table.text("marks")
    encoders = [each.name for each in MODELS.values() if each.family == "encoder"]
    if name and name not in encoders:
        hint = suggest(name, encoders, "Encoders")
        table.wrong("marks", f'"{name}" is no encoder that this program knows', hint)
    return name


def _redirects(site: Table, base: str) -> dict[str, str]:
    table = site.table("redirects")
    targets = {address: table.text(address) for address in table.values}
    for address, target in targets.items():
        web = re.match(r"https?://[^/]", target)
        if why := _address_fault(address, base):
            table.wrong(address, f'"{address}" {why}', 'write `"/old/" = "/new/"`')
        elif not web and (why := _address_fault(re.split(r"[?#]", target)[0], base)):
            hint = "it leads to an address of this site, as /new/, or to https://…"
            table.wrong(address, f'"{target}" {why}', hint)
    return targets


def _gone(site: Table, redirects: Collection[str]) -> tuple[str, ...]:
    addresses = site.get("gone", list, [])
    if not all(isinstance(address, str) for address in addresses):
        site.wrong("gone", "gone must be a list of addresses", 'gone = ["/a/b/"]')
        return ()
    for address in addresses:
        if why := _address_fault(address, "/"):
            site.wrong("gone", f'"{address}" {why}', 'write addresses, as gone = ["/a/b/"]')
        elif address in redirects:
            hint = "keep it in one of them"
            site.wrong("gone", f'"{address}" is both in gone and in [redirects]', hint)
    return tuple(addresses)


def _address_fault(typed: str, base: str) -> str | None:
    """Why it is no address of this site (as words after it), or None."""
    if not typed.startswith("/"):
        return "does not begin with a slash"
    return address_mistake(below_base(typed, base))


def _places(site: Table, redirects: Iterable[str], gone: Iterable[str]) -> dict[str, Span]:
    places = {address: site.toml.place("redirects", address).key for address in redirects}
    return dict.fromkeys(gone, site.toml.place("gone").value) | places


TELLING: dict[str, Kind] = {
    "poems": "poem",
    "poetry": "poem",
    "verse": "poem",
    "posts": "post",
    "essays": "post",
    "blog": "post",
}
"""Folders whose name says what is in them."""


def settings_for(path: str, config: Config) -> Settings:
    """What `parse` may know of a source at `path` (`content/poems/snow.md`)."""
    kind, origin = _kind_at(path, config)
    return Settings(
        kind=kind,
        kind_origin=origin,
        language=config.language,
        timezone=config.timezone,
        author=config.author,
        macros=config.markup.macros,
    )


def _kind_at(path: str, config: Config) -> tuple[Kind, str]:
    _, *folders, name = path.split("/")
    if names_folder(splitext(name)[0]):
        return "page", f"{name} is the page of its folder"
    if folders:
        name = unicodedata.normalize("NFC", folders[0])
        section = config.sections.get(name)
        if section and section.kind:
            return section.kind, f"[sections.{name}] in site.toml"
    for folder in reversed(folders):
        if folder.lower() in TELLING:
            return TELLING[folder.lower()], f"the folder {folder}/"
    return "page", "default"

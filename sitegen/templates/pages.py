"""One function for each kind of page.

Comes in: the theme, and a page, a listing or a redirect of the site. Goes out: its HTML. A
template sees the page that it renders and `SiteInfo`, never the other pages, so that what it
shows is known before it runs. Every template knows these names:

    site                SiteInfo           url          the page's address, "" if it has none
    title, description  of the page        language     of the page
    absolute(url)       with the host      hidden       whether search engines should pass by
    asset(name)         a static file's published address
    figures             whether the page shows an attention figure
    notation            whether it shows a formula or a block of code
    linked_data         what the page says of itself in JSON-LD, "" if nothing
    site_mark           the mark of the site's name as HTML, "" without one
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from sitegen import media
from sitegen.errors import TemplateError
from sitegen.model import (
    Artifact,
    Body,
    Listing,
    Page,
    PageRef,
    Redirect,
    Site,
    Value,
)
from sitegen.templates.filters import by_letter, by_year
from sitegen.templates.linked import of_home, of_page
from sitegen.templates.theme import Theme, render

PAGE_TEMPLATES = {"post": "essay.html", "poem": "poem.html", "page": "page.html"}
HTML = "text/html; charset=utf-8"


class View(Value, frozen=True):
    """What a template is to make: where, of which sources, with which names of its own."""

    template: str
    output: str
    names: Mapping[str, Any]
    sources: tuple[str, ...] = ()


def render_page(theme: Theme, site: Site, page: Page) -> Artifact:
    """An essay, a poem or a page. Raises `TemplateError`."""
    document = page.document
    meta = document.meta
    description = document.origins.get("description")
    body, notes = _html(page, document.body), _notes(page)
    names = {
        "page": page,
        "meta": meta,
        "document": document,
        "title": meta.title,
        "description": meta.description,
        # One that was made of the first paragraph would stand above that paragraph again.
        "described": bool(description and description.span),
        "language": meta.language,
        "hidden": meta.draft,
        "url": page.url,
        "figures": bool(document.figures),
        "notation": _notation(body, notes),
        "body": body,
        "notes": notes,
        "linked_data": _trusted(of_page(site.info, page)),
        "mark": _trusted(document.mark),
    }
    template = PAGE_TEMPLATES[meta.kind]
    return _artifact(
        theme,
        site,
        View(template=template, output=page.output, names=names, sources=(document.path,)),
    )


def render_listing(theme: Theme, site: Site, listing: Listing) -> Artifact:
    """One page of a list of any kind. Raises `TemplateError`."""
    intro = site.pages[listing.intro] if listing.intro and listing.number == 1 else None
    first = listing.kind == "home" and listing.number == 1
    featured = [site.pages[path] for path in site.featured] if first else []
    shown = {page.document.path for page in featured}
    leads = [_lead(page, number) for number, page in enumerate(featured, 1)]
    text = _html(intro, intro.document.body) if intro else ""
    notes = _notes(intro) if intro else ""
    noted = list(_noted(site, listing))
    names = {
        "listing": listing,
        "title": listing.title,
        "description": site.info.description,
        "url": listing.url,
        "years": by_year(entry for entry in listing.entries if entry.path not in shown),
        "featured": list(zip(featured, leads, strict=True)),
        "figures": bool(intro and intro.document.figures),
        "notation": _notation(text, notes, *leads, *(n.html for each in noted for n in each.notes)),
        "intro": text,
        "intro_notes": notes,
        "letters": by_letter(listing.entries) if listing.kind == "lines" else [],
        "noted": noted,
        "linked_data": _trusted(of_home(site.info)) if first else "",
    }
    sources = [listing.intro] if listing.intro else []
    sources += [page.document.path for page in featured]
    sources += [entry.path for entry in listing.entries]
    view = View(
        template=f"{listing.kind}.html",
        output=listing.output,
        names=names,
        sources=tuple(dict.fromkeys(sources)),
    )
    return _artifact(theme, site, view)


class Note(Value, frozen=True):
    """A note in the list of all notes; `place` is where its page refers to it."""

    number: int
    html: Markup
    place: str


class Noted(Value, frozen=True):
    """The notes of one page, as the list of all notes shows them."""

    title: str
    url: str
    language: str
    notes: tuple[Note, ...]


def _noted(site: Site, listing: Listing) -> Iterator[Noted]:
    for entry in listing.entries if listing.kind == "sidenotes" else ():
        page = site.pages[entry.path]
        notes = tuple(_listed(page, entry))
        language = page.document.meta.language
        yield Noted(title=entry.title, url=entry.url, language=language, notes=notes)


def _listed(page: Page, entry: PageRef) -> Iterator[Note]:
    body, document = page.document.body, page.document
    for number, html in media.listed_notes(body, document, _resolved(page), page.url):
        place = f"{entry.url}#noteref.{number}"
        yield Note(number=number, html=_trusted(html.strip()), place=place)


def render_redirect(theme: Theme, site: Site, redirect: Redirect) -> Artifact:
    """A page that sends the reader on. Raises `TemplateError`."""
    view = View(
        template="redirect.html",
        output=redirect.output,
        names={"target": redirect.target, "title": "Moved", "hidden": True},
        sources=(redirect.source,),
    )
    return _artifact(theme, site, view)


def render_not_found(theme: Theme, site: Site) -> Artifact:
    """What a server shows where there is nothing. Raises `TemplateError`."""
    names = {"title": "Nothing here", "hidden": True}
    return _artifact(theme, site, View(template="404.html", output="404.html", names=names))


def _html(page: Page, body: Body, prefix: str = "") -> Markup:
    """A body as HTML; `prefix` keeps its ids apart from others on the page."""
    return _trusted(media.page_html(body, page.document, _resolved(page, prefix)))


def _lead(page: Page, number: int) -> Markup:
    return _html(page, page.document.lead, f"lead.{number}.")  # `parse` left its notes out


def _notes(page: Page) -> Markup:
    return _trusted(media.notes_html(page.document.body, page.document, _resolved(page)))


def _notation(*html: str) -> bool:
    """Whether there is something that `notation.css` is for."""
    return any("<math" in each or 'class="code"' in each for each in html)


def _trusted(html: str) -> Markup:
    """HTML that `media` made: the writer's own text is escaped in it, the writer's tags are not."""
    return Markup(html)  # noqa: S704


def _resolved(page: Page, prefix: str = "") -> media.Resolved:
    return media.Resolved(
        links=page.links, images=page.images, figures=page.document.figures, prefix=prefix
    )


def _artifact(theme: Theme, site: Site, view: View) -> Artifact:
    names = {
        "site": site.info,
        "site_mark": _trusted(site.info.mark),
        "language": site.info.language,
        "description": "",
        "hidden": False,
        "url": "",
        "figures": False,
        "notation": False,
        "linked_data": "",
        "absolute": lambda url: media.absolute(site.info.url, url),
        **view.names,
    }
    try:
        html = render(theme.environment, view.template, names)
    except TemplateError as error:
        error.page = view.sources[0] if view.sources else view.output
        raise
    page = html.encode()
    return Artifact(
        path=view.output,
        media_type=HTML,
        digest=hashlib.sha256(page).hexdigest(),
        made_from=(*view.sources, *theme.used.get(view.template, ())),
        data=page,
    )

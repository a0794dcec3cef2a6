"""The theme: templates from folders, and one function for each kind of page.

Comes in: a `Site` and one of its pages, listings or redirects. Goes out: an `Artifact` with the
bytes of an HTML page. A mistake in a template is a `TemplateError` with its place in the template
and the source that was being rendered.
"""

from sitegen.templates.pages import (
    PAGE_TEMPLATES,
    render_listing,
    render_not_found,
    render_page,
    render_redirect,
)
from sitegen.templates.theme import Reach, Theme, load_theme, make_theme, read_ahead

__all__ = [
    "PAGE_TEMPLATES",
    "Reach",
    "Theme",
    "load_theme",
    "make_theme",
    "read_ahead",
    "render_listing",
    "render_not_found",
    "render_page",
    "render_redirect",
]

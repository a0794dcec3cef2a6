"""The pages that every tool makes, for Pelican."""

SITENAME, SITEURL, AUTHOR = "Bench", "https://blog.example", "Nobody"
TIMEZONE, DEFAULT_LANG = "UTC", "en"
PATH, ARTICLE_PATHS, THEME = "content", ["posts"], "theme"
STATIC_PATHS: list[str] = []
PAGE_PATHS: list[str] = []

ARTICLE_URL, ARTICLE_SAVE_AS = "posts/{slug}/", "posts/{slug}/index.html"
TAG_URL, TAG_SAVE_AS = "tags/{slug}/", "tags/{slug}/index.html"
TAGS_SAVE_AS = "tags/index.html"
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = ""
DIRECT_TEMPLATES = ["index", "tags"]
PAGINATED_TEMPLATES = {"index": 10}
PAGINATION_PATTERNS = (
    (1, "/", "index.html"),
    (2, "/page/{number}/", "page/{number}/index.html"),
)

FEED_ALL_ATOM, FEED_MAX_ITEMS = "feed.xml", 20
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None

PLUGINS = ["pelican.plugins.sitemap"]
SITEMAP = {"format": "xml"}
MARKDOWN = {
    "extension_configs": {
        "markdown.extensions.codehilite": {"css_class": "highlight"},
        "markdown.extensions.extra": {},
        "markdown.extensions.meta": {},
    },
    "output_format": "html5",
}

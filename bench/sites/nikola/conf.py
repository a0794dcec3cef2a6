"""The pages that every tool makes, for Nikola."""

BLOG_TITLE, BLOG_AUTHOR, BLOG_EMAIL = "Bench", "Nobody", "nobody@blog.example"
SITE_URL, BLOG_DESCRIPTION = "https://blog.example/", "The same posts for every tool."
DEFAULT_LANG, TIMEZONE, THEME = "en", "UTC", "bench"
TRANSLATIONS = {"en": ""}
NAVIGATION_LINKS: dict[str, tuple[()]] = {"en": ()}
POSTS = (("posts/*.md", "posts", "post.tmpl"),)
PAGES = ()
COMPILERS = {"markdown": (".md",)}
MARKDOWN_EXTENSIONS = [
    "markdown.extensions.fenced_code",
    "markdown.extensions.codehilite",
    "markdown.extensions.extra",
]

PRETTY_URLS = STRIP_INDEXES = True
INDEX_PATH, TAG_PATH = "", "tags"
INDEX_DISPLAY_POST_COUNT = 10
INDEXES_STATIC = False  # the numbers run from the newest to the oldest
INDEX_TEASERS = True
TAG_PAGES_ARE_INDEXES = False

GENERATE_RSS, GENERATE_ATOM = True, False
FEED_LENGTH, FEED_TEASERS = 20, True

USE_BUNDLES = USE_CDN = CREATE_HERE_LISTING = False
SHOW_SOURCELINK = COPY_SOURCES = GZIP_FILES = False
COMMENT_SYSTEM = ""
DISABLED_PLUGINS = [
    "classify_archive",
    "classify_authors",
    "classify_categories",
    "classify_page_index",
    "copy_assets",
    "copy_files",
    "create_bundles",
    "render_galleries",
    "render_listings",
    "robots",
    "scale_images",
]
GLOBAL_CONTEXT: dict[str, str] = {}
GLOBAL_CONTEXT_FILLER: list[str] = []

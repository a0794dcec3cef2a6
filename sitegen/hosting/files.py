"""The files of a host: `_headers` and `_redirects`, or a configuration of nginx.

Comes in: the entries and redirects of an output, and what host it is for. Goes out: text by path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

from sitegen.hosting.rules import ASK_AGAIN, FOR_EVER, SECURITY, odd_types
from sitegen.model import Config, Entry, Redirect
from sitegen.routes import MEDIA_TYPES

STATUS = {"netlify": "301!", "cloudflare-pages": "301"}
"""With `!`, a rule goes before the page that is there; Cloudflare has it so always."""
UNKNOWN = ("md",)
"""Suffixes whose type a host may not know."""
MOST_OF_A_KIND = 16
"""Paths of a suffix that are named one by one; Cloudflare reads no more than 100 rules."""
FINGERPRINT = r".*\.[0-9a-f]{10}(\.(css|js|png)|\.[0-9]+\.(avif|webp))"


def describe(
    config: Config, entries: Mapping[str, Entry], redirects: Iterable[Redirect]
) -> dict[str, str]:
    """The files that `[hosting]` asks for; their paths are in no rule."""
    server = config.hosting.server
    if server == "nginx":
        lines = _nginx(config, entries, sorted(redirects, key=lambda each: each.output))
        return {"nginx.conf": "\n".join([*lines, ""])}
    if server:
        moved = "".join(sorted(_redirect(each, config) for each in redirects))
        if server == "netlify":  # Cloudflare knows no such rule: what is not there is a 404 there
            moved += "".join(f"{_below(each, config)} /404.html 410\n" for each in config.gone)
        files = {"_headers": "\n".join([*_headers(entries), ""]), "_redirects": moved}
        return {path: text for path, text in files.items() if text}
    return {}


# --- Netlify and Cloudflare Pages ----------------------------------------------------------------


def _headers(entries: Mapping[str, Entry]) -> Iterator[str]:
    """Both ask for everything again by default; a header that two rules set is set twice."""
    yield "/*"
    yield from (f"  {name}: {value}" for name, value in SECURITY.items())
    yield from (f"/{each}\n  Cache-Control: {FOR_EVER}" for each in _kept_for_ever(entries))
    for suffix in UNKNOWN:
        if any(path.endswith(f".{suffix}") for path in entries):
            yield f"/*.{suffix}\n  Content-Type: {MEDIA_TYPES[suffix]}"
    for rule in odd_types(entries):
        names = (f":p{at}" if part is None else quote(part) for at, part in enumerate(rule.parts))
        yield f"/{'/'.join(names)}\n  Content-Type: {rule.type}"


def _kept_for_ever(entries: Mapping[str, Entry]) -> Iterator[str]:
    """What may be cached for ever: each path, or all of a suffix where those would be too many."""
    kept: dict[str, list[str]] = {}
    for path in sorted(path for path, entry in entries.items() if entry.immutable):
        kept.setdefault(path.rpartition(".")[2], []).append(path)
    for suffix, paths in sorted(kept.items()):
        others = sum(path.endswith(f".{suffix}") for path in entries) - len(paths)
        if len(paths) > MOST_OF_A_KIND and not others:
            yield f"*.{suffix}"
        else:
            yield from map(quote, paths)


def _redirect(redirect: Redirect, config: Config) -> str:
    """From the path below the root of the output, to the address that the page sends to."""
    target = redirect.target
    if config.base != "/" and "://" not in target:  # the output is at the host's root
        target = config.url + target.removeprefix(config.base)
    source = _below(redirect.url, config)
    return f"{source} {target} {STATUS[config.hosting.server]}\n"


def _below(url: str, config: Config) -> str:
    """The path of an address below the root of the output."""
    source = quote(unquote(url.removeprefix(config.base)), safe="/~").removeprefix("/")
    return f"/{source}".replace("*", "%2A").replace(":", "%3A")  # which would stand for anything


# --- nginx ---------------------------------------------------------------------------------------

INTRODUCTION = """\
# Written by sitegen, for a server block of nginx:
#
#     server {{
#         listen 80; server_name {host};
#         root {root};
#         include {root}{base}nginx.conf;
#     }}
#
# Whoever deploys can change what nginx does by this file. Copy it if that is not to be so.
"""


def _nginx(
    config: Config, entries: Mapping[str, Entry], redirects: Iterable[Redirect]
) -> Iterator[str]:
    base, host = config.base, config.url.split("/")[2]
    root = "/srv/www/current" if base == "/" else "/srv/www"
    yield INTRODUCTION.format(host=host, root=root, base=base)
    if base != "/":
        yield f"# {root}{base} is a link to the release that is live.\n"
    yield "index index.html;"
    if "404.html" in entries:
        yield f"error_page 404 {'410 ' if config.gone else ''}{quote(base)}404.html;"
    if config.hosting.compress:
        yield "gzip_static on;\n# brotli_static on;  # if nginx has the module"
    suffixes = {path.rpartition(".")[2].lower() for path in entries} & MEDIA_TYPES.keys()
    yield "types {"
    yield from (f"    {_text(MEDIA_TYPES[each])} {each};" for each in sorted(suffixes))
    yield "}\ndefault_type application/octet-stream;"
    yield from _add({**SECURITY, "Cache-Control": ASK_AGAIN})
    yield ""
    if kept := _kept(base, entries):
        # What a location adds is all that it adds.
        lines = (f"    {line}" for line in _add({**SECURITY, "Cache-Control": FOR_EVER}))
        yield "\n".join([f"location ~ {_text(kept)} {{", *lines, "}"])
    for rule in odd_types(entries):
        parts = ("[^/]+" if part is None else re.escape(part) for part in rule.parts)
        place = _text(f"^{re.escape(base)}{'/'.join(parts)}$")
        yield f"location ~ {place} {{ types {{ }} default_type {_text(rule.type)}; }}"
    for redirect in redirects:
        target = redirect.target.replace("$", "%24")
        yield f"location = {_text(unquote(redirect.url))} {{ return 301 {_text(target)}; }}"
    for address in config.gone:
        path = base + unquote(address).removeprefix(base).removeprefix("/")
        yield f"location = {_text(path)} {{ return 410; }}"
    own = f"^{re.escape(base)}(nginx\\.conf$|\\.sitegen)"
    yield f"location ~ {_text(own)} {{ return 404; }}"


def _add(headers: Mapping[str, str]) -> Iterator[str]:
    """To answers of every status; that a 404 may be kept for ever is nothing to say."""
    for name, value in headers.items():
        always = "" if name == "Cache-Control" else " always"
        yield f"add_header {name} {_text(value)}{always};"


def _kept(base: str, entries: Mapping[str, Entry]) -> str:
    """A pattern of what may be cached for ever; the same one for every build where it can be."""
    kept = sorted(path for path, entry in entries.items() if entry.immutable)
    matching = sorted(path for path in entries if re.fullmatch(FINGERPRINT, path))
    pattern = FINGERPRINT if matching == kept else f"({'|'.join(map(re.escape, kept))})"
    return f"^{re.escape(base)}{pattern}$" if kept else ""


def _text(value: str) -> str:
    """A string of nginx's configuration."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

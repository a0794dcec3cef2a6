"""What a host is told of the files beside their bytes: headers, redirects, compressed siblings.

Comes in: the entries of an output and its redirects. Goes out: the files in which the host that
`[hosting]` of `site.toml` names looks for them. Pure.
"""

from sitegen.hosting.files import describe
from sitegen.hosting.rules import ASK_AGAIN, FOR_EVER, POLICY, SECURITY
from sitegen.hosting.siblings import ENDINGS, compress, has_brotli, is_compressible

__all__ = [
    "ASK_AGAIN",
    "ENDINGS",
    "FOR_EVER",
    "POLICY",
    "SECURITY",
    "compress",
    "describe",
    "has_brotli",
    "is_compressible",
]

"""The live preview: a site in memory, its folder watched, its pages served and patched.

`studio` builds and keeps the pages, `watch` says when to look again, `server` answers requests,
`live` tells open pages how things stand, `guard` says who is answered, `client` is what runs in the
browser, `command` is what `sitegen serve` does.
"""

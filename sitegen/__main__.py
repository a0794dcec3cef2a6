"""`sitegen` and `python -m sitegen`: run a command, and end the process when it is done."""

import os
import sys
from typing import NoReturn

from sitegen import compiled, patterns


def run() -> NoReturn:
    """Run the command that was typed.

    To take apart all that a build has made takes Python a tenth of a second; the system, no time.
    """
    compiled.begin()
    patterns.keep(compiled.TABLE)
    from sitegen.cli import main

    try:
        main()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:  # nobody reads on
            os._exit(end.code or 1)
        os._exit(end.code or 0)
    raise AssertionError("a command always says how it ended")


if __name__ == "__main__":
    run()

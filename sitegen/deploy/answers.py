"""What an S3 store says, in the writer's words.

Comes in: the text of an error of `obstore`, which has the address, the status and the body of the
answer. Goes out: an error of `target` without any of its secrets, that says whether to try again.
"""

from __future__ import annotations

import re
import socket
from http import HTTPStatus
from urllib.parse import urlsplit

from sitegen.deploy.target import BusyError, RefusedError

STATUS = re.compile(r"status code: (\d{3})")
CODE = re.compile(r"<Code>(\w+)</Code>")
SYSTEM = re.compile(r'message: "([^"]+)"')
CHECK_KEYS = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the region"
HINTS = {
    "NoSuchBucket": "check bucket and endpoint in site.toml; the bucket must exist",
    "InvalidBucketName": "check bucket in site.toml",
    "InvalidAccessKeyId": CHECK_KEYS,
    "SignatureDoesNotMatch": CHECK_KEYS,
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "AccessDenied": "the key may not do that; see its permissions for this bucket",
}
PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
"""4xx that another try may overcome: 409 is another conditional write at the same moment."""


def explain(name: str, endpoint: str, said: str) -> BusyError | RefusedError:
    """An error of obstore, whose text has the address, the status and the body of the answer."""
    status, code, system = STATUS.search(said), CODE.search(said), SYSTEM.search(said)
    number = int(status[1]) if status else 0
    words = " ".join(filter(None, [status and status[1], code and code[1]]))
    if number:
        message = f"{name} answered {words}"
        hint = HINTS.get(code[1] if code else "")
        if number in PASSING or number >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return BusyError(message, hint=hint)
        if number in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}:
            hint = hint or CHECK_KEYS
        return RefusedError(message, hint=hint)
    host = urlsplit(endpoint).hostname
    if host and not _is_known(host):
        return RefusedError(f"there is no host {host}", hint="check endpoint in site.toml")
    why = system[1] if system else "no answer in time" if "Timeout" in said else "no whole answer"
    return BusyError(f"{name} cannot be reached: {why}")


def _is_known(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except socket.gaierror as error:
        return error.errno == socket.EAI_AGAIN

"""An image file to its copies, by Pillow.

Comes in: a file and the copies that are asked for. Goes out: their bytes, the same wherever Pillow
is of the same version. A copy stands upright, has no metadata but a colour profile that it needs,
and keeps its transparency. Animations have none.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from sitegen.errors import Problem, SourceError, warning
from sitegen.pictures.copies import Copy, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 1 << 27
"""Of an image that is decoded; it takes half a gigabyte."""
KINDS = ("PNG", "JPEG", "WEBP", "AVIF")
SETTINGS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 60, "speed": 6, "max_threads": 1, "autotiling": False},
    "webp": {"quality": 80, "method": 4},
}
"""Of each format. More threads may divide a picture otherwise on another machine."""
KNOWN = b"sRGB", "sRGB".encode("utf-16-be")
"""In a profile of the colours that all browsers take for granted."""


def encode(file: str, picture: Picture, copy: Copy) -> tuple[bytes, Problem | None]:
    """The bytes of a copy, and what is wrong with the original; no bytes of an animation.

    An image of too many pixels is an error, one that cannot be read whole is a warning.
    """
    from PIL import Image

    if picture.width * picture.height > MOST_PIXELS:
        return b"", _too_large(picture)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is refused here, or harmless
            with Image.open(file, formats=KINDS) as opened:
                if getattr(opened, "is_animated", False) and opened.format != "MPO":
                    return b"", None  # MPO: a photograph with one for the other eye behind it
                flat = opened.mode in {"1", "P"}
                image, profile = _prepare(opened)
            if image.size != (picture.width, picture.height):
                return b"", None  # a browser would show it otherwise than Pillow does
            return _save(image, copy, profile, flat=flat), None
    except (Image.DecompressionBombError, MemoryError):
        return b"", _too_large(picture)
    except TimeoutError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a damaged file does to a decoder
        return b"", warning(
            SourceError,
            f"{picture.asset} cannot be read as a whole: {error or type(error).__name__}",
            hint="it is published as it is, without copies; look at it in a browser, save it anew",
        )


def _too_large(picture: Picture) -> Problem:
    millions = picture.width * picture.height / 1e6
    return SourceError(
        f"{picture.asset} has {millions:.0f} million pixels; at most {MOST_PIXELS / 1e6:.0f} can"
        " be copied",
        hint="make it smaller, or link to it in place of showing it",
    ).problem()


def _prepare(opened: Image) -> tuple[Image, bytes]:
    """The image upright, in eight bits of RGB or RGBA, and the profile of its colours.

    A profile of RGB is kept; one of ink is converted to sRGB, which all browsers know.
    """
    from PIL import ImageOps

    profile = opened.info.get("icc_profile") or b""
    image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I"):  # 16 bits of grey
        image = _eight_bits(image)
    elif image.mode == "CMYK":
        image = _without_ink(image, profile)
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    kept = profile[16:20] == b"RGB " and not any(name in profile for name in KNOWN)
    return image, profile if kept else b""


def _eight_bits(image: Image) -> Image:
    from PIL.Image import fromarray

    grey = np.asarray(image).astype(np.int64) >> 8
    return fromarray(grey.clip(0, 255).astype(np.uint8))


def _without_ink(image: Image, profile: bytes) -> Image:
    """CMYK as sRGB: by its profile, or roughly where it has none that can be used."""
    from PIL import ImageCms

    try:
        return (
            ImageCms.profileToProfile(
                image,
                BytesIO(profile),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            or image
        )
    except (ImageCms.PyCMSError, OSError):
        return image


def _save(image: Image, copy: Copy, profile: bytes, *, flat: bool) -> bytes:
    """A copy as bytes; of few colours also without loss, if that is shorter."""
    from PIL.Image import Resampling

    size = copy.width, copy.height
    small = image if image.size == size else image.resize(size, Resampling.LANCZOS)
    small.info = {}  # nothing of the original's metadata
    tried = [SETTINGS[copy.format]]
    if flat and copy.format == "webp":
        tried.append({"lossless": True, "method": 4})
    found = []
    for settings in tried:
        stream = BytesIO()
        small.save(stream, copy.format, icc_profile=profile, **settings)
        found.append(stream.getvalue())
    return min(found, key=len)

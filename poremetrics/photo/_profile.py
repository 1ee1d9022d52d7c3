"""Embedded ICC profiles to sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

from poremetrics.model import Rgb

_LATTICE_STEPS = 6
_STRIP_ROWS = 64
_COLOUR_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
_MODES = {"1": "L", "LA": "L", "PA": "RGB", "P": "RGB", "RGBA": "RGB"}
_BROKEN_NOTE = ("The colour profile in the file cannot be used; its colours are taken as sRGB.",)
_CMYK_NOTE = ("The file has no profile for its printing inks; its colours are approximate.",)


@dataclass(frozen=True, slots=True)
class Transform:
    """A colour transform to sRGB for images of one mode."""

    mode: str
    cms: ImageCms.ImageCmsTransform

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the image in sRGB."""
        converted: Image.Image = self.cms.apply(image)
        return converted

    def apply_rgb(self, pixels: Rgb) -> Rgb:
        """Return RGB pixels in sRGB; in strips, which stay in the processor's cache."""
        converted = np.empty_like(pixels)
        for top in range(0, len(pixels), _STRIP_ROWS):
            strip = slice(top, top + _STRIP_ROWS)
            converted[strip] = np.asarray(self.apply(Image.fromarray(pixels[strip])))
        return converted


def to_srgb(
    profile: bytes, mode: str, tolerance_levels: int
) -> tuple[Transform | None, tuple[str, ...]]:
    """Return the transform of an embedded profile, or None where the pixels count as sRGB.

    Parameters
    ----------
    profile : bytes
        ICC profile, empty if there is none.
    mode : str
        Pillow mode of the image.
    tolerance_levels : int
        Largest change of any colour, in levels of 255, up to which a profile is sRGB itself.

    Returns
    -------
    transform : Transform or None
        None too for a broken profile or one made for another kind of image.
    notes : tuple of str
        What had to be assumed.
    """
    if not profile:
        return None, _CMYK_NOTE if mode == "CMYK" else ()
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        wanted = _COLOUR_SPACES.get(source.profile.xcolor_space)
        if wanted is None or wanted != _MODES.get(mode, mode):
            return None, _BROKEN_NOTE
        cms = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            wanted,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, _BROKEN_NOTE
    transform = Transform(wanted, cms)
    return (None if _is_identity(transform, tolerance_levels) else transform), ()


def _is_identity(transform: Transform, tolerance_levels: int) -> bool:
    """Tell whether a transform leaves a lattice of colours where it is."""
    levels = np.linspace(0, 255, _LATTICE_STEPS).round().astype(np.uint8)
    if transform.mode == "RGB":
        lattice = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
        wanted = lattice
    elif transform.mode == "L":
        lattice = levels[None]
        wanted = np.repeat(lattice[..., None], 3, axis=2)
    else:
        return False
    result = np.asarray(transform.apply(Image.fromarray(lattice)), dtype=np.int16)
    return bool(np.abs(result - wanted).max() <= tolerance_levels)

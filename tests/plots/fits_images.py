"""FITS images as the surveys make them."""

from __future__ import annotations

import gzip
import io
from typing import Any

import numpy as np
from astropy.io import fits


def image(pixels: np.ndarray[Any, Any], **header: float) -> bytes:
    """A FITS file with these pixels in its primary unit."""
    stream = io.BytesIO()
    unit = fits.PrimaryHDU(pixels.astype(np.float32))
    unit.header.update(header)
    unit.writeto(stream)
    return stream.getvalue()


def star(size: int = 63, row: int | None = None, column: int | None = None) -> np.ndarray[Any, Any]:
    """Noise with a point source: in the middle, or at a pixel (first row of the file is 0)."""
    pixels = np.random.default_rng(1).normal(100, 3, (size, size))
    middle = size // 2
    pixels[middle if row is None else row, middle if column is None else column] = 1000
    return pixels


def zipped(pixels: np.ndarray[Any, Any]) -> bytes:
    """As ZTF sends it."""
    return gzip.compress(image(pixels))

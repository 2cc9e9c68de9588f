"""Trigonometric functions and angles."""

from __future__ import annotations

import numpy as np

from ..op import Array, Elementwise

DEGREE = float(np.pi / 180.0)


class Sin(Elementwise, of=np.sin):
    """y = sin x, dy = cos x dx."""

    def local_x(d: Array, x: Array) -> Array:
        return d * np.cos(x)


class Cos(Elementwise, of=np.cos):
    """y = cos x, dy = -sin x dx."""

    def local_x(d: Array, x: Array) -> Array:
        return -d * np.sin(x)


class Tan(Elementwise, of=np.tan):
    """y = tan x, dy = (1 + y²) dx."""

    def local_x(d: Array, out: Array) -> Array:
        return d * (1.0 + out * out)


class Arcsin(Elementwise, of=np.arcsin):
    """y = arcsin x, dy = dx / √(1 - x²)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / np.sqrt((1.0 - x) * (1.0 + x))


class Arccos(Elementwise, of=np.arccos):
    """y = arccos x, dy = -dx / √(1 - x²)."""

    def local_x(d: Array, x: Array) -> Array:
        return -d / np.sqrt((1.0 - x) * (1.0 + x))


class Arctan(Elementwise, of=np.arctan):
    """y = arctan x, dy = dx / (1 + x²)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / (1.0 + x * x)


class Arctan2(Elementwise, of=np.arctan2):
    """z = the angle of the point (y, x), written arctan2(x, y) here: dz = (y dx - x dy) / r²."""

    def local_x(d: Array, x: Array, y: Array) -> Array:
        return d * y / (x * x + y * y)

    def local_y(d: Array, x: Array, y: Array) -> Array:
        return -d * x / (x * x + y * y)


class Hypot(Elementwise, of=np.hypot):
    """z = √(x² + y²), dz = (x dx + y dy) / z."""

    def local_x(d: Array, out: Array, x: Array) -> Array:
        return d * (x / out)

    def local_y(d: Array, out: Array, y: Array) -> Array:
        return d * (y / out)


class Degrees(Elementwise, of=np.degrees, also=(np.rad2deg,)):
    """y = 180 x / π, dy = 180 dx / π."""

    def local_x(d: Array) -> Array:
        return d / DEGREE


class Radians(Elementwise, of=np.radians, also=(np.deg2rad,)):
    """y = π x / 180, dy = π dx / 180."""

    def local_x(d: Array) -> Array:
        return d * DEGREE


class Cbrt(Elementwise, of=np.cbrt):
    """y = ∛x, dy = dx / 3y²."""

    def local_x(d: Array, out: Array) -> Array:
        return d / (3.0 * out * out)

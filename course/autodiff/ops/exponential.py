"""Exponentials, logarithms and hyperbolic functions."""

from __future__ import annotations

import numpy as np

from ..op import Array, Elementwise

LN2 = float(np.log(2.0))
LN10 = float(np.log(10.0))


class Exp(Elementwise, of=np.exp):
    """y = eˣ, dy = y dx."""

    def local_x(d: Array, out: Array) -> Array:
        return d * out


class Exp2(Elementwise, of=np.exp2):
    """y = 2ˣ, dy = y ln 2 dx."""

    def local_x(d: Array, out: Array) -> Array:
        return d * (LN2 * out)


class Expm1(Elementwise, of=np.expm1):
    """y = eˣ - 1, dy = (y + 1) dx."""

    def local_x(d: Array, out: Array) -> Array:
        return d * (out + 1.0)


class Log(Elementwise, of=np.log):
    """y = ln x, dy = dx / x."""

    def local_x(d: Array, x: Array) -> Array:
        return d / x


class Log2(Elementwise, of=np.log2):
    """y = log₂ x, dy = dx / (x ln 2)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / (LN2 * x)


class Log10(Elementwise, of=np.log10):
    """y = log₁₀ x, dy = dx / (x ln 10)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / (LN10 * x)


class Log1p(Elementwise, of=np.log1p):
    """y = ln(1 + x), dy = dx / (1 + x)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / (1.0 + x)


class Logaddexp(Elementwise, of=np.logaddexp):
    """z = ln(eˣ + eʸ), dz = eˣ⁻ᶻ dx + eʸ⁻ᶻ dy."""

    def local_x(d: Array, out: Array, x: Array) -> Array:
        return d * np.exp(x - out)

    def local_y(d: Array, out: Array, y: Array) -> Array:
        return d * np.exp(y - out)


class Logaddexp2(Elementwise, of=np.logaddexp2):
    """z = log₂(2ˣ + 2ʸ), dz = 2ˣ⁻ᶻ dx + 2ʸ⁻ᶻ dy."""

    def local_x(d: Array, out: Array, x: Array) -> Array:
        return d * np.exp2(x - out)

    def local_y(d: Array, out: Array, y: Array) -> Array:
        return d * np.exp2(y - out)


class Sinh(Elementwise, of=np.sinh):
    """y = sinh x, dy = cosh x dx."""

    def local_x(d: Array, x: Array) -> Array:
        return d * np.cosh(x)


class Cosh(Elementwise, of=np.cosh):
    """y = cosh x, dy = sinh x dx."""

    def local_x(d: Array, x: Array) -> Array:
        return d * np.sinh(x)


class Tanh(Elementwise, of=np.tanh):
    """y = tanh x, dy = (1 - y²) dx."""

    def local_x(d: Array, out: Array) -> Array:
        return d * (1.0 - out * out)


class Arcsinh(Elementwise, of=np.arcsinh):
    """y = arsinh x, dy = dx / √(x² + 1)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / np.sqrt(x * x + 1.0)


class Arccosh(Elementwise, of=np.arccosh):
    """y = arcosh x, dy = dx / √(x² - 1)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / np.sqrt((x - 1.0) * (x + 1.0))


class Arctanh(Elementwise, of=np.arctanh):
    """y = artanh x, dy = dx / (1 - x²)."""

    def local_x(d: Array, x: Array) -> Array:
        return d / ((1.0 - x) * (1.0 + x))

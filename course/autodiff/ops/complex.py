"""Complex numbers: parts, conjugate, angle.

A cotangent is the plain (unconjugated) transpose's, as in HIPS autograd and JAX: for a holomorphic
function the rule is the real one, and a real variable keeps the real part (see `levels.project`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import plain
from ..op import Array, Elementwise, Linear


class Real(Elementwise, of=np.real):
    """y = Re x, dy = Re dx."""

    def forward(x: Array) -> Array:
        return np.real(x)

    def local_x(d: Array) -> Array:
        return np.real(d)


class Imag(Elementwise, of=np.imag):
    """y = Im x = Re(-i x), dy = Re(-i dx)."""

    def forward(x: Array) -> Array:
        return np.imag(x)

    def local_x(d: Array, x: Array) -> Array:
        return -1j * d if x.dtype.kind == "c" else 0.0 * d


class Conjugate(Elementwise, of=np.conjugate):
    """y = x̄, dy = conjugate of dx."""

    def local_x(d: Array) -> Array:
        return np.conjugate(d)


class Angle(Elementwise, of=np.angle):
    """y = Im ln x, dy = Re(-i dx / x)."""

    def forward(x: Array) -> Array:
        return np.angle(x)

    def local_x(d: Array, x: Array) -> Array:
        return -1j * d / x if x.dtype.kind == "c" else 0.0 * d


class Astype(Linear, of=np.astype):
    """The same values in another floating type; the gradient gets the old type back."""

    def forward(a: Array, dtype: Any, *, copy: bool = True) -> Array:
        kind = np.dtype(dtype).kind
        return a.astype(dtype, copy=copy) if kind in "fc" else plain(a).astype(dtype, copy=copy)

    def vjp_a(g: Array) -> Array:
        return g

"""Discrete Fourier transforms. The matrix of one is symmetric, so it is its own transpose.

The one-dimensional transforms are ops; those of several axes, of real input and of real output are
made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import HANDLERS, Array, Linear, Shape


class Fft(Linear, of=np.fft.fft):
    """y_k = Σ x_j exp(-2πi jk/n), x cut or filled up to n."""

    def forward(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
        return np.fft.fft(a, n, axis, norm)

    def vjp_a(g: Array, a_shape: Shape, axis: int, norm: Any) -> Array:
        return resized(np.fft.fft(g, axis=axis, norm=norm), a_shape[axis], axis)


class Ifft(Linear, of=np.fft.ifft):
    """y_j = Σ x_k exp(+2πi jk/n) / n, x cut or filled up to n."""

    def forward(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
        return np.fft.ifft(a, n, axis, norm)

    def vjp_a(g: Array, a_shape: Shape, axis: int, norm: Any) -> Array:
        return resized(np.fft.ifft(g, axis=axis, norm=norm), a_shape[axis], axis)


def resized(x: Array, n: int, axis: int) -> Array:
    """Cut or fill with zeros to length n."""
    axis %= x.ndim
    if n > x.shape[axis]:
        widths = [(0, n - x.shape[axis] if i == axis else 0) for i in range(x.ndim)]
        return np.pad(x, widths)
    return x[(slice(None),) * axis + (slice(n),)]


def rfft(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
    """Keep the first half: the rest of a real signal's spectrum is its conjugate."""
    n = a.shape[axis] if n is None else n
    return resized(np.fft.fft(a, n, axis, norm), n // 2 + 1, axis)


def irfft(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
    """Let each term but the first, and the middle one, stand for its conjugate too."""
    n = 2 * (a.shape[axis] - 1) if n is None else n
    half = resized(a, n // 2 + 1, axis)
    twice = np.full(n // 2 + 1, 2.0)
    twice[0] = 1.0
    if n % 2 == 0:
        twice[-1] = 1.0
    shape = [1] * a.ndim
    shape[axis] = -1
    return np.real(np.fft.ifft(half * np.reshape(twice, shape), n, axis, norm))


def _over_axes(each: Any, last: Any, every: bool, inverse: bool = False) -> Callable[..., Array]:
    """Make a transform over several axes: `last` over the last of them, `each` over the others."""

    def transform(a: Array, s: Any = None, axes: Any = None, norm: Any = None) -> Array:
        if axes is None:
            axes = tuple(range(a.ndim))[-len(s) if s is not None else None if every else -2 :]
        sizes = (None,) * len(axes) if s is None else s
        if not inverse:
            a = last(a, sizes[-1], axes[-1], norm)
        for size, axis in zip(sizes[:-1], axes[:-1], strict=True):
            a = each(a, size, axis, norm)
        return last(a, sizes[-1], axes[-1], norm) if inverse else a

    return transform


def fftshift(x: Array, axes: Any = None) -> Array:
    """Roll the zero frequency to the middle."""
    chosen = _axes(x, axes)
    return np.roll(x, tuple(x.shape[i] // 2 for i in chosen), chosen)


def ifftshift(x: Array, axes: Any = None) -> Array:
    """Roll it back."""
    chosen = _axes(x, axes)
    return np.roll(x, tuple(-(x.shape[i] // 2) for i in chosen), chosen)


def _axes(x: Array, axes: Any) -> tuple[int, ...]:
    return tuple(range(x.ndim)) if axes is None else (axes,) if isinstance(axes, int) else axes


HANDLERS |= {
    np.fft.rfft: rfft,
    np.fft.irfft: irfft,
    np.fft.fftshift: fftshift,
    np.fft.ifftshift: ifftshift,
    np.fft.fftn: _over_axes(np.fft.fft, np.fft.fft, every=True),
    np.fft.ifftn: _over_axes(np.fft.ifft, np.fft.ifft, every=True),
    np.fft.fft2: _over_axes(np.fft.fft, np.fft.fft, every=False),
    np.fft.ifft2: _over_axes(np.fft.ifft, np.fft.ifft, every=False),
    np.fft.rfftn: _over_axes(np.fft.fft, np.fft.rfft, every=True),
    np.fft.rfft2: _over_axes(np.fft.fft, np.fft.rfft, every=False),
    np.fft.irfftn: _over_axes(np.fft.ifft, np.fft.irfft, every=True, inverse=True),
    np.fft.irfft2: _over_axes(np.fft.ifft, np.fft.irfft, every=False, inverse=True),
}

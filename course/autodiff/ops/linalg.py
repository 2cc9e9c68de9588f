"""Linear algebra on matrices, and on stacks of them along leading axes.

Rules after Giles, An extended collection of matrix derivative results (2008). Upstream is g, a
tangent t, both named as in `op`; ᵀ and · are matrix by matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import plain, run
from ..errors import NotCoveredError
from ..op import HANDLERS, Array, Op, Shape
from .products import flipped, fold


def symmetric(x: Array) -> Array:
    """(x + xᵀ)/2: what a symmetric variable can follow of a gradient."""
    return 0.5 * (x + flipped(x))


class Inv(Op, of=np.linalg.inv):
    """Y = X⁻¹, dY = -Y dX Y."""

    def forward(a: Array) -> Array:
        return np.linalg.inv(a)

    def vjp_a(g: Array, out: Array) -> Array:
        return -(flipped(out) @ g @ flipped(out))

    def jvp_a(t: Array, out: Array) -> Array:
        return -(out @ t @ out)


class Det(Op, of=np.linalg.det):
    """y = |X|, dy = y tr(X⁻¹ dX)."""

    def forward(a: Array) -> Array:
        return np.linalg.det(a)

    def vjp_a(g: Array, out: Array, a: Array) -> Array:
        return (g * out)[..., None, None] * flipped(np.linalg.inv(a))

    def jvp_a(t: Array, out: Array, a: Array) -> Array:
        return out * np.trace(np.linalg.solve(a, t), axis1=-2, axis2=-1)


class LogAbsDet(Op):
    """y = ln |det X|, dy = tr(X⁻¹ dX)."""

    def forward(a: Array) -> Array:
        return np.linalg.slogdet(a)[1]

    def vjp_a(g: Array, a: Array) -> Array:
        return g[..., None, None] * flipped(np.linalg.inv(a))

    def jvp_a(t: Array, a: Array) -> Array:
        return np.trace(np.linalg.solve(a, t), axis1=-2, axis2=-1)


def slogdet(a: Array) -> Any:
    """Sign, which is constant, and logarithm of the determinant's size."""
    result = np.linalg.slogdet(plain(a))
    return result._replace(logabsdet=run(LogAbsDet, (a,)))


class Solve(Op, of=np.linalg.solve):
    """Y = A⁻¹ B, dY = A⁻¹ (dB - dA Y): with h = A⁻ᵀ g, h to B and -h Yᵀ to A."""

    def forward(a: Array, b: Array) -> Array:
        return np.linalg.solve(a, b)

    def vjp_a(g: Array, out: Array, a: Array, b_shape: Shape) -> Array:
        if len(b_shape) == 1:
            g, out = g[..., None], out[..., None]
        return fold(-(np.linalg.solve(flipped(a), g) @ flipped(out)), a.shape)

    def vjp_b(g: Array, a: Array, b_shape: Shape) -> Array:
        column = len(b_shape) == 1
        h = np.linalg.solve(flipped(a), g[..., None] if column else g)
        return fold(h[..., 0] if column else h, b_shape)

    def jvp_a(t: Array, out: Array, a: Array, b_shape: Shape) -> Array:
        if len(b_shape) == 1:
            return -np.linalg.solve(a, t @ out[..., None])[..., 0]
        return -np.linalg.solve(a, t @ out)

    def jvp_b(t: Array, a: Array) -> Array:
        return np.linalg.solve(a, t)


class Cholesky(Op, of=np.linalg.cholesky):
    """L Lᵀ = A, dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ the lower triangle with half the diagonal."""

    def forward(a: Array) -> Array:
        return np.linalg.cholesky(a)

    def vjp_a(g: Array, out: Array) -> Array:
        inverse = np.linalg.inv(out)
        return symmetric(flipped(inverse) @ phi(flipped(out) @ g) @ inverse)

    def jvp_a(t: Array, out: Array) -> Array:
        inverse = np.linalg.inv(out)
        return out @ phi(inverse @ symmetric(t) @ flipped(inverse))


def phi(x: Array) -> Array:
    """Keep the lower triangle, and half the diagonal."""
    n = x.shape[-1]
    return x * (np.tri(n) - 0.5 * np.eye(n))


def gaps(x: Array) -> Array:
    """1 / (xⱼ - xᵢ) off the diagonal, 0 on it: how eigenvectors turn into each other."""
    n = x.shape[-1]
    differences = x[..., None, :] - x[..., :, None]
    return (1.0 - np.eye(n)) / (differences + np.eye(n))


def scaled(x: Array) -> Array:
    """Give a vector an axis, so that it multiplies the columns of a matrix."""
    return x[..., None, :]


def on_diagonal(x: Array) -> Array:
    """Turn vectors into diagonal matrices."""
    return x[..., None] * np.eye(x.shape[-1])


class Eigh(Op):
    """A V = V diag w, packed [w; V]. With P = Vᵀ dA V: dw = diag P, dV = V (F ∘ P), F = gaps(w).

    Eigenvalues must differ. dA is taken as symmetric, whichever triangle NumPy reads.
    """

    def forward(a: Array, *, UPLO: Any = "L") -> Array:
        if isinstance(a, np.ndarray):
            w, v = np.linalg.eigh(a, UPLO)
            return np.concatenate([w[..., None, :], v], axis=-2)
        return run(Eigh, (a,), (UPLO,))

    def vjp_a(g: Array, out: Array) -> Array:
        w, v = out[..., 0, :], out[..., 1:, :]
        inside = on_diagonal(g[..., 0, :]) + gaps(w) * (flipped(v) @ g[..., 1:, :])
        return symmetric(v @ inside @ flipped(v))

    def jvp_a(t: Array, out: Array) -> Array:
        w, v = out[..., 0, :], out[..., 1:, :]
        inside = flipped(v) @ symmetric(t) @ v
        dw = np.diagonal(inside, axis1=-2, axis2=-1)
        return np.concatenate([dw[..., None, :], v @ (gaps(w) * inside)], axis=-2)


def eigh(a: Array, UPLO: Any = "L") -> Any:
    """Unpack the eigenvalues and eigenvectors."""
    packed = run(Eigh, (a,), (UPLO,))
    plain_result = np.linalg.eigh(plain(a), UPLO)
    return plain_result._replace(eigenvalues=packed[..., 0, :], eigenvectors=packed[..., 1:, :])


def eigvalsh(a: Array, UPLO: Any = "L") -> Array:
    """Eigenvalues of a symmetric matrix."""
    return eigh(a, UPLO)[0]


class Svd(Op):
    """A = U diag s Vᵀ (thin), packed [U; s; V]: three arrays of as many columns.

    With P = Uᵀ dA V and F = gaps(s²): ds = diag P, dU = U (F ∘ (P s + s Pᵀ)) + (1 - U Uᵀ) dA V / s,
    and dV likewise with P transposed. Singular values must differ, and not be 0.
    """

    def forward(a: Array) -> Array:
        if isinstance(a, np.ndarray):
            u, s, vh = np.linalg.svd(a, full_matrices=False)
            return np.concatenate([u, s[..., None, :], flipped(vh)], axis=-2)
        return run(Svd, (a,))

    def vjp_a(g: Array, out: Array, a_shape: Shape) -> Array:
        (u, s, v), (gu, gs, gv) = unpacked(out, a_shape), unpacked(g, a_shape)
        f = gaps(s * s)
        turn_u, turn_v = flipped(u) @ gu, flipped(v) @ gv
        inside = on_diagonal(gs)
        inside = inside + (f * (turn_u - flipped(turn_u))) * scaled(s)
        inside = inside + s[..., None] * (f * (turn_v - flipped(turn_v)))
        outside_u = (gu - u @ turn_u) / scaled(s)
        outside_v = (gv - v @ turn_v) / scaled(s)
        return (u @ inside + outside_u) @ flipped(v) + u @ flipped(outside_v)

    def jvp_a(t: Array, out: Array, a_shape: Shape) -> Array:
        u, s, v = unpacked(out, a_shape)
        p = flipped(u) @ t @ v
        f = gaps(s * s)
        du = u @ (f * (p * scaled(s) + s[..., None] * flipped(p)))
        dv = v @ (f * (flipped(p) * scaled(s) + s[..., None] * p))
        du = du + (t @ v - u @ p) / scaled(s)
        dv = dv + (flipped(t) @ u - v @ flipped(p)) / scaled(s)
        ds = np.diagonal(p, axis1=-2, axis2=-1)
        return np.concatenate([du, ds[..., None, :], dv], axis=-2)


def unpacked(packed: Array, shape: Shape) -> tuple[Array, Array, Array]:
    """Cut [U; s; V] of a matrix of `shape` apart."""
    m = shape[-2]
    return packed[..., :m, :], packed[..., m, :], packed[..., m + 1 :, :]


def svd(a: Array, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Thin singular value decomposition; the full one only of square matrices, where it is thin."""
    if full_matrices and compute_uv and a.shape[-1] != a.shape[-2]:
        raise NotCoveredError(
            "np.linalg.svd of a matrix that is not square has derivatives only with "
            "full_matrices=False: the extra columns are not determined by the matrix."
        )
    u, s, v = unpacked(run(Svd, (a,)), a.shape)
    if not compute_uv:
        return s
    return np.linalg.svd(plain(a), full_matrices=False)._replace(U=u, S=s, Vh=flipped(v))


class Pinv(Op, of=np.linalg.pinv):
    """P = A⁺, dP = -P dA P + P Pᵀ dAᵀ (1 - A P) + (1 - P A) dAᵀ Pᵀ P.

    Golub and Pereyra, The differentiation of pseudo-inverses (1973); the rank must not change.
    """

    def forward(a: Array, rcond: Any = None) -> Array:
        return np.linalg.pinv(a) if rcond is None else np.linalg.pinv(a, rcond)

    def vjp_a(g: Array, out: Array, a: Array) -> Array:
        pt, gt = flipped(out), flipped(g)
        rest = gt - a @ (out @ gt)
        return -(pt @ g @ pt) + rest @ out @ pt + pt @ out @ (gt - gt @ out @ a)

    def jvp_a(t: Array, out: Array, a: Array) -> Array:
        pt, tt = flipped(out), flipped(t)
        change = out @ pt @ (tt - tt @ a @ out)
        return -(out @ t @ out) + change + (tt - out @ (a @ tt)) @ pt @ out


def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """Size of a vector (p-norms) or matrix (Frobenius, nuclear, 1, 2, ∞)."""
    if axis is None and (ord is None or x.ndim == 1):
        # all elements as one vector
        axes: tuple[int, ...] = tuple(range(x.ndim))
        size = _vector_norm(x, 2 if ord is None else ord, axes)
    else:
        axes = (
            tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        )
        axes = tuple(i % x.ndim for i in axes)
        if len(axes) == 1 or ord is None:
            size = _vector_norm(x, 2 if ord is None else ord, axes)
        else:
            size = _matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord)
    if not keepdims:
        return size
    return np.reshape(size, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _vector_norm(x: Array, ord: Any, axes: tuple[int, ...]) -> Array:
    if ord == 2:
        return np.sqrt(np.sum(np.real(x * np.conjugate(x)), axis=axes))
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axes)
    if ord == -np.inf:
        return np.min(size, axis=axes)
    if ord == 0:
        return np.linalg.norm(plain(x), 0, axes[0])
    if ord == 1:
        return np.sum(size, axis=axes)
    return np.sum(size**ord, axis=axes) ** (1.0 / ord)


def _matrix_norm(x: Array, ord: Any) -> Array:
    if ord == "fro":
        return _vector_norm(x, 2, (-2, -1))
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        return np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    s = np.linalg.svd(x, compute_uv=False)
    return {"nuc": np.sum(s, axis=-1), 2: s[..., 0], -2: s[..., -1]}[ord]


def matrix_power(a: Array, n: int) -> Array:
    """Multiply `a` with itself, by squaring; n < 0 of the inverse."""
    if n < 0:
        return matrix_power(np.linalg.inv(a), -n)
    if n == 0:
        return np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    half = matrix_power(a, n // 2)
    return half @ half @ a if n % 2 else half @ half


HANDLERS |= {
    np.linalg.slogdet: slogdet,
    np.linalg.eigh: eigh,
    np.linalg.eigvalsh: eigvalsh,
    np.linalg.svd: svd,
    np.linalg.norm: norm,
    np.linalg.matrix_power: matrix_power,
}

"""One line per NumPy function and option: what is compared with the oracles.

A case is a function of a namespace (numpy, autograd.numpy or jax.numpy) and arrays, so that the
same line runs on all three engines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int, ...]
BOTH = ("autograd", "jax")
JAX = ("jax",)
AUTOGRAD = ("autograd",)


class Case(NamedTuple):
    """`f(xp, *arrays)`, and what its arrays look like."""

    label: str
    f: Callable[..., Any]
    shapes: tuple[Shape, ...]
    domain: str = "real"
    oracles: tuple[str, ...] = BOTH


def draw(domain: str, shape: Shape, rng: np.random.Generator) -> Any:
    """Draw an array on which the function is smooth, with room around every kink."""
    x = rng.uniform(0.15, 0.9, shape)
    sign = rng.choice([-1.0, 1.0], shape)
    match domain:
        case "real":
            return x * sign * 2.0
        case "unit":  # inside (-1, 1)
            return x * sign
        case "positive":
            return x + 0.1
        case "above one":
            return x + 1.1
        case "spaced":  # no two elements near each other
            order = rng.permutation(int(np.prod(shape))).reshape(shape)
            return (order - order.size / 2.0 + 0.25) * 0.3 + 0.1 * x
        case "matrix":  # far from singular
            return rng.standard_normal(shape) + 3.0 * np.eye(*shape[-2:])
        case "complex":
            return x * sign + 1j * rng.uniform(0.2, 1.0, shape)
    raise ValueError(domain)


UNARY = {
    "abs": "real", "absolute": "real", "fabs": "real", "negative": "real", "positive": "real",
    "reciprocal": "real", "square": "real", "sqrt": "positive", "cbrt": "positive",
    "exp": "real", "exp2": "real", "expm1": "real", "log": "positive", "log2": "positive",
    "log10": "positive", "log1p": "positive", "sin": "real", "cos": "real", "tan": "unit",
    "arcsin": "unit", "arccos": "unit", "arctan": "real", "sinh": "real", "cosh": "real",
    "tanh": "real", "arcsinh": "real", "arccosh": "above one", "arctanh": "unit",
    "degrees": "real", "rad2deg": "real", "radians": "real", "deg2rad": "real", "sinc": "real",
    "nan_to_num": "real", "real": "real", "conjugate": "real",
}  # fmt: skip

BINARY = {
    "add": "real", "subtract": "real", "multiply": "real", "divide": "real",
    "true_divide": "real", "power": "positive", "maximum": "real", "minimum": "real",
    "fmax": "real", "fmin": "real", "logaddexp": "real", "logaddexp2": "real",
    "arctan2": "real", "hypot": "positive", "mod": "positive", "remainder": "positive",
    "float_power": "positive",
}  # fmt: skip

# What HIPS autograd does not have.
NOT_IN_AUTOGRAD = {"cbrt", "positive", "hypot", "float_power"}


def case(label: str, f: Any, *shapes: Shape, domain: str = "real", oracles: Any = BOTH) -> Case:
    return Case(label, f, shapes, domain, oracles)


REDUCTIONS = [
    case(f"{name}, axis={axis}, keepdims={keep}",
         lambda xp, x, name=name, axis=axis, keep=keep: getattr(xp, name)(
             x, axis=axis, keepdims=keep),
         (2, 3, 4), domain="spaced")
    for name in ("sum", "mean", "prod", "max", "min", "var", "std")
    for axis, keep in ((None, False), (1, False), (-1, True), ((0, 2), False))
] + [
    case("var, ddof=1", lambda xp, x: xp.var(x, axis=0, ddof=1), (4, 3)),
    case("std, ddof=1", lambda xp, x: xp.std(x, ddof=1), (4, 3)),
    case("amax", lambda xp, x: xp.amax(x, axis=0), (4, 3), domain="spaced"),
    case("amin", lambda xp, x: xp.amin(x, axis=0), (4, 3), domain="spaced"),
    case("ptp", lambda xp, x: xp.ptp(x, axis=0), (4, 3), domain="spaced", oracles=JAX),
    case("cumsum, flat", lambda xp, x: xp.cumsum(x), (2, 3)),
    case("cumsum, axis", lambda xp, x: xp.cumsum(x, axis=1), (2, 3)),
    case("prod with a zero", lambda xp, x: xp.prod(x * np.array([0.0, 1.0, 1.0])), (3,),
         oracles=JAX),
    case("prod with two zeros, axis",
         lambda xp, x: xp.prod(x * np.array([0.0, 1.0, 0.0]), axis=1), (2, 3), oracles=JAX),
    case("max with ties", lambda xp, x: xp.max(xp.stack([x, x]), axis=0), (3,), oracles=BOTH),
    case("sum of nothing", lambda xp, x: xp.sum(x, axis=0), (0, 3)),
    case("mean over an empty outside", lambda xp, x: xp.mean(x, axis=1), (0, 3)),
]  # fmt: skip

SHAPES = [
    case("reshape", lambda xp, x: xp.reshape(x, (3, -1)), (2, 3, 2)),
    case("reshape, Fortran", lambda xp, x: xp.reshape(x, (3, 4), order="F"), (2, 3, 2)),
    case("ravel", lambda xp, x: xp.ravel(x), (2, 3)),
    case("transpose", lambda xp, x: xp.transpose(x), (2, 3, 4)),
    case("transpose, axes", lambda xp, x: xp.transpose(x, (2, 0, 1)), (2, 3, 4)),
    case("swapaxes", lambda xp, x: xp.swapaxes(x, 0, -1), (2, 3, 4)),
    case("moveaxis", lambda xp, x: xp.moveaxis(x, 0, -1), (2, 3, 4)),
    case("moveaxis, several", lambda xp, x: xp.moveaxis(x, (0, 1), (2, 0)), (2, 3, 4), oracles=JAX),
    case("rollaxis", lambda xp, x: xp.rollaxis(x, 2), (2, 3, 4)),
    case("rollaxis, start", lambda xp, x: xp.rollaxis(x, 0, 3), (2, 3, 4)),
    case("expand_dims", lambda xp, x: xp.expand_dims(x, -2), (2, 3)),
    case("squeeze", lambda xp, x: xp.squeeze(x), (2, 1, 3, 1)),
    case("squeeze, axis", lambda xp, x: xp.squeeze(x, axis=1), (2, 1, 3, 1)),
    case("atleast_1d", lambda xp, x: xp.atleast_1d(x), ()),
    case("atleast_2d", lambda xp, x: xp.atleast_2d(x), (3,)),
    case("atleast_3d", lambda xp, x: xp.atleast_3d(x), (3, 2)),
    case("broadcast_to", lambda xp, x: xp.broadcast_to(x, (4, 2, 3)), (2, 1), oracles=JAX),
    case("roll", lambda xp, x: xp.roll(x, 2), (2, 3)),
    case("roll, axes", lambda xp, x: xp.roll(x, (1, 2), axis=(0, 1)), (2, 3), oracles=JAX),
    case("flip", lambda xp, x: xp.flip(x), (2, 3), oracles=JAX),
    case("flip, axis", lambda xp, x: xp.flip(x, (0, 2)), (2, 3, 2), oracles=JAX),
    case("fliplr", lambda xp, x: xp.fliplr(x), (2, 3)),
    case("flipud", lambda xp, x: xp.flipud(x), (2, 3)),
    *(case(f"rot90, k={k}", lambda xp, x, k=k: xp.rot90(x, k), (2, 3)) for k in range(4)),
    case("repeat, flat", lambda xp, x: xp.repeat(x, 2), (2, 3)),
    case("repeat, axis", lambda xp, x: xp.repeat(x, 3, axis=1), (2, 3)),
    case("tile", lambda xp, x: xp.tile(x, 2), (2, 3), oracles=JAX),
    case("tile, more axes", lambda xp, x: xp.tile(x, (2, 1, 3)), (2, 3)),
    case("pad", lambda xp, x: xp.pad(x, ((1, 0), (2, 1)), "constant"), (2, 3)),
    *(case(f"pad, {mode}", lambda xp, x, mode=mode: xp.pad(x, ((1, 2), (2, 1)), mode=mode), (4, 3),
           oracles=JAX) for mode in ("edge", "reflect", "symmetric", "wrap")),
    case("concatenate", lambda xp, x, y: xp.concatenate([x, y], axis=1), (2, 3), (2, 1)),
    case("concatenate, flat", lambda xp, x, y: xp.concatenate([x, y], axis=None), (2, 3), (2,),
         oracles=JAX),
    case("concatenate, one twice", lambda xp, x: xp.concatenate([x, x]), (2, 3)),
    case("stack", lambda xp, x, y: xp.stack([x, y], axis=-1), (2, 3), (2, 3)),
    case("stack of numbers", lambda xp, x: xp.stack([x[0], x[1] * 2.0]), (3,)),
    case("vstack", lambda xp, x, y: xp.vstack([x, y]), (3,), (2, 3)),
    case("hstack", lambda xp, x, y: xp.hstack([x, y]), (3,), (2,)),
    case("hstack of matrices", lambda xp, x, y: xp.hstack([x, y]), (3, 1), (3, 2)),
    case("dstack", lambda xp, x, y: xp.dstack([x, y]), (3, 2), (3, 2), oracles=JAX),
    case("column_stack", lambda xp, x, y: xp.column_stack([x, y]), (3,), (3, 2)),
    case("append", lambda xp, x, y: xp.append(x, y), (3,), (2, 2), oracles=JAX),
    case("split", lambda xp, x: xp.split(x, 2, axis=1)[1], (2, 4)),
    case("split at", lambda xp, x: xp.split(x, [1, 3])[1], (4, 2)),
    case("array_split", lambda xp, x: xp.array_split(x, 3)[0], (4, 2)),
    case("hsplit", lambda xp, x: xp.hsplit(x, 2)[0], (2, 4)),
    case("vsplit", lambda xp, x: xp.vsplit(x, 2)[0], (2, 4)),
    case("dsplit", lambda xp, x: xp.dsplit(x, 2)[0], (2, 1, 4)),
    case("broadcast_arrays", lambda xp, x, y: xp.broadcast_arrays(x, y)[1], (3, 1), (2,),
         oracles=JAX),
    case("matrix_transpose", lambda xp, x: xp.matrix_transpose(x), (2, 3, 4), oracles=JAX),
]  # fmt: skip

SELECTION = [
    case("a slice", lambda xp, x: x[1:, ::-2], (3, 4)),
    case("an element", lambda xp, x: x[1, 2], (3, 4)),
    case("new axis and ellipsis", lambda xp, x: x[..., None, 0], (3, 4)),
    case("repeated indices", lambda xp, x: x[np.array([0, 2, 2, 0])], (3, 4)),
    case("pairs of indices", lambda xp, x: x[np.array([0, 1, 1]), np.array([2, 3, 3])], (3, 4)),
    case("indices and a slice", lambda xp, x: x[:, np.array([[0, 0], [1, 3]])], (3, 4)),
    case("a mask", lambda xp, x: x[np.array([True, False, True])], (3, 4)),
    case("take", lambda xp, x: xp.take(x, np.array([0, 2, 2]), axis=1), (2, 3), oracles=JAX),
    case("compress", lambda xp, x: xp.compress(np.array([True, False, True]), x, axis=1), (2, 3),
         oracles=JAX),
    case("take_along_axis", lambda xp, x: xp.take_along_axis(
        x, np.array([[0, 0], [2, 1]]), axis=1), (2, 3), oracles=JAX),
    case("where", lambda xp, x, y: xp.where(np.array([True, False, True]), x, y), (2, 3), (1,),
         oracles=JAX),
    case("where on its argument", lambda xp, x: xp.where(x > 0, x * x, -x), (3, 4)),
    case("clip", lambda xp, x: xp.clip(x, -1.0, 1.0), (3, 4)),
    case("select", lambda xp, x, y: xp.select([x > 1, x < -1], [x, y]), (3, 4), (3, 4)),
    case("sort", lambda xp, x: xp.sort(x, axis=0), (4, 3), domain="spaced", oracles=JAX),
    case("sort a vector", lambda xp, x: xp.sort(x), (6,), domain="spaced"),
    case("partition", lambda xp, x: xp.partition(x, 2)[2], (6,), domain="spaced"),
    case("diagonal", lambda xp, x: xp.diagonal(x), (3, 4), oracles=JAX),
    case("diagonal, offset and axes", lambda xp, x: xp.diagonal(x, 1, 0, 2), (3, 2, 4),
         oracles=JAX),
    case("diagonal, negative offset", lambda xp, x: xp.diagonal(x, -1), (3, 4), oracles=JAX),
    case("trace", lambda xp, x: xp.trace(x), (3, 4)),
    case("trace, offset", lambda xp, x: xp.trace(x, 1), (3, 4), oracles=JAX),
    case("diag of a vector", lambda xp, x: xp.diag(x, 1), (3,)),
    case("diag of a matrix", lambda xp, x: xp.diag(x), (3, 3)),
    case("tril", lambda xp, x: xp.tril(x, -1), (3, 4)),
    case("triu", lambda xp, x: xp.triu(x, 1), (3, 4)),
    case("diff", lambda xp, x: xp.diff(x, axis=0), (4, 3)),
    case("diff, n=2", lambda xp, x: xp.diff(x, n=2), (4, 3)),
    case("gradient", lambda xp, x: xp.gradient(x, axis=0), (4, 3)),
    case("gradient, step", lambda xp, x: xp.gradient(x, 0.5, axis=0), (4, 3), oracles=JAX),
    case("gradient, both axes", lambda xp, x: xp.stack(xp.gradient(x)), (4, 3), oracles=JAX),
    case("linspace", lambda xp, x, y: xp.linspace(x, y, 5), (2,), (2,), oracles=JAX),
    case("trapezoid", lambda xp, y: xp.trapezoid(y, dx=0.3, axis=0), (4, 3), oracles=JAX),
    case("trapezoid, x", lambda xp, y, x: xp.trapezoid(y, x, axis=0), (4, 3), (4,), oracles=JAX),
]  # fmt: skip

PRODUCTS = [
    *(case(f"matmul {a} {b}", lambda xp, x, y: xp.matmul(x, y), a, b)
      for a, b in (((3,), (3,)), ((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)),
                   ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)),
                   ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((2, 0), (0, 3)))),
    *(case(f"dot {a} {b}", lambda xp, x, y: xp.dot(x, y), a, b)
      for a, b in (((), (3,)), ((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 2)),
                   ((2, 3), (4, 3, 2)), ((2, 2, 3), (4, 3, 2)))),
    *(case(f"inner {a} {b}", lambda xp, x, y: xp.inner(x, y), a, b)
      for a, b in (((3,), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (3,)))),
    case("outer", lambda xp, x, y: xp.outer(x, y), (3,), (2,)),
    case("outer of matrices", lambda xp, x, y: xp.outer(x, y), (3, 1), (2, 2), oracles=JAX),
    case("vdot", lambda xp, x, y: xp.vdot(x, y), (2, 3), (2, 3), oracles=JAX),
    case("vecdot", lambda xp, x, y: xp.vecdot(x, y), (2, 3), (3,), oracles=JAX),
    case("tensordot", lambda xp, x, y: xp.tensordot(x, y), (2, 3, 4), (3, 4, 5)),
    case("tensordot, 1", lambda xp, x, y: xp.tensordot(x, y, 1), (2, 3), (3, 2, 2)),
    case("tensordot, axes", lambda xp, x, y: xp.tensordot(x, y, axes=([0, 2], [1, 0])),
         (2, 3, 4), (4, 2, 3)),
    case("kron", lambda xp, x, y: xp.kron(x, y), (2, 3), (3, 2)),
    case("cross", lambda xp, x, y: xp.cross(x, y), (2, 3), (2, 3)),
    case("cross, axis", lambda xp, x, y: xp.cross(x, y, axis=0), (3, 2), (3, 2), oracles=JAX),
    *(case(f"einsum {s}", lambda xp, *xs, s=s: xp.einsum(s, *xs), *shapes)
      for s, *shapes in (("ij,jk->ik", (2, 3), (3, 4)), ("ij,kj", (2, 3), (4, 3)),
                         ("ij->i", (2, 3)), ("ij->", (2, 3)), ("i,j,k->ijk", (2,), (3,), (4,)),
                         ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), ("...ij,...jk", (5, 2, 3), (3, 4)),
                         ("ij,ij->j", (2, 3), (2, 3)), ("ij,k->k", (2, 3), (4,)), ("ji", (2, 3)),
                         ("...i->...", (2, 3)))),
    case("einsum ii->i", lambda xp, x: xp.einsum("ii->i", x), (3, 3), oracles=JAX),
    case("einsum iij,jk", lambda xp, x, y: xp.einsum("iij,jk->ik", x, y), (3, 3, 2), (2, 4),
         oracles=JAX),
]  # fmt: skip

LINALG = [
    case("inv", lambda xp, x: xp.linalg.inv(x), (3, 3), domain="matrix"),
    case("inv of a stack", lambda xp, x: xp.linalg.inv(x), (2, 3, 3), domain="matrix"),
    case("det", lambda xp, x: xp.linalg.det(x), (3, 3), domain="matrix"),
    case("det of a stack", lambda xp, x: xp.linalg.det(x), (2, 3, 3), domain="matrix"),
    case("slogdet", lambda xp, x: xp.linalg.slogdet(x)[1], (3, 3), domain="matrix"),
    case("solve", lambda xp, a, b: xp.linalg.solve(a, b[:, :2]), (3, 3), (3, 3), domain="matrix"),
    case("solve, vector", lambda xp, a, b: xp.linalg.solve(a, b[0]), (3, 3), (3, 3),
         domain="matrix"),
    case("solve, one matrix for a stack", lambda xp, a, b: xp.linalg.solve(a, b), (3, 3), (2, 3, 3),
         domain="matrix", oracles=JAX),
    case("cholesky", lambda xp, x: xp.linalg.cholesky(x @ x.T), (3, 3), domain="matrix"),
    case("eigh, values", lambda xp, x: xp.linalg.eigh(x + x.T)[0], (3, 3), domain="matrix"),
    case("eigh, projectors", lambda xp, x: xp.linalg.eigh(x + x.T)[1][:, 0] ** 2, (3, 3),
         domain="matrix"),
    case("eigvalsh", lambda xp, x: xp.linalg.eigvalsh(x + x.T), (3, 3), domain="matrix",
         oracles=JAX),
    case("svd, values", lambda xp, x: xp.linalg.svd(x, compute_uv=False), (3, 4), domain="matrix"),
    case("svd, wide", lambda xp, x: xp.linalg.svd(x, full_matrices=False)[0] ** 2, (3, 4),
         domain="matrix"),
    case("svd, tall", lambda xp, x: xp.linalg.svd(x, full_matrices=False)[2] ** 2, (4, 3),
         domain="matrix"),
    case("svd, tall, left", lambda xp, x: xp.linalg.svd(x, full_matrices=False)[0] ** 2, (4, 3),
         domain="matrix"),
    case("pinv, tall", lambda xp, x: xp.linalg.pinv(x), (4, 3), domain="matrix"),
    case("pinv, wide", lambda xp, x: xp.linalg.pinv(x), (3, 4), domain="matrix"),
    case("matrix_power", lambda xp, x: xp.linalg.matrix_power(x, 3), (3, 3), domain="matrix",
         oracles=JAX),
    case("norm", lambda xp, x: xp.linalg.norm(x), (3, 4)),
    case("norm, axis", lambda xp, x: xp.linalg.norm(x, axis=0), (3, 4)),
    *(case(f"norm of vectors, ord={p}", lambda xp, x, p=p: xp.linalg.norm(x, ord=p, axis=1), (3, 4),
           domain="spaced", oracles=BOTH if p == 3 else JAX) for p in (1, 2, 3, np.inf, -np.inf)),
    *(case(f"norm of matrices, ord={p}", lambda xp, x, p=p: xp.linalg.norm(x, ord=p), (3, 3),
           domain="spaced", oracles=BOTH if p == "fro" else JAX)
      for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
]  # fmt: skip

FOURIER = [
    case("power spectrum", lambda xp, x: xp.abs(xp.fft.fft(x)) ** 2, (5,)),
    case("fft, real part", lambda xp, x: xp.real(xp.fft.fft(x, axis=0)), (4, 3)),
    case("fft, longer", lambda xp, x: xp.imag(xp.fft.fft(x, 7)), (4,)),
    case("fft, shorter", lambda xp, x: xp.imag(xp.fft.fft(x, 3)), (4,), oracles=JAX),
    case("ifft", lambda xp, x: xp.abs(xp.fft.ifft(x)), (2, 5)),
    *(case(f"{name}", lambda xp, x, name=name: xp.abs(getattr(xp.fft, name)(x)) ** 2, (2, 4, 6))
      for name in ("fft2", "ifft2", "fftn", "ifftn", "rfft", "rfft2", "rfftn")),
    case("rfft, odd", lambda xp, x: xp.abs(xp.fft.rfft(x)) ** 2, (5,), oracles=JAX),
    case("irfft", lambda xp, x: xp.fft.irfft(x * (1 + 2j)), (5,), oracles=JAX),
    case("irfft, odd", lambda xp, x: xp.fft.irfft(x * (1 + 2j), 7), (4,), oracles=JAX),
    case("irfft2", lambda xp, x: xp.fft.irfft2(x * (1 + 2j)), (3, 4), oracles=JAX),
    case("irfftn", lambda xp, x: xp.fft.irfftn(x * (1 + 2j)), (2, 3, 4), oracles=JAX),
    case("fft, ortho", lambda xp, x: xp.real(xp.fft.fft(x, norm="ortho")), (4,), oracles=JAX),
    case("fftshift", lambda xp, x: xp.fft.fftshift(x), (3, 4)),
    case("ifftshift", lambda xp, x: xp.fft.ifftshift(x, axes=1), (3, 5), oracles=JAX),
    case("angle", lambda xp, x: xp.angle(x * (1 + 2j) + 1), (3,)),
    case("abs of complex", lambda xp, x: xp.abs(x * (1 + 2j) + 1), (3,)),
    case("complex product", lambda xp, x, y: xp.real((x + 1j * y) * xp.conj(x * y + 2j)), (3,),
         (2, 1)),
    case("complex exp and log", lambda xp, x: xp.imag(xp.exp(1j * x) + xp.log(x + 1j)), (3,)),
]  # fmt: skip

CASES = [*REDUCTIONS, *SHAPES, *SELECTION, *PRODUCTS, *LINALG, *FOURIER]

"""The traced value: an array that remembers the level it is traced at.

NumPy hands over whatever it is asked to do with a `Tensor` (NEP 13 for ufuncs, NEP 18 for the
other functions), so code written for arrays runs on Tensors as it stands.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from .dispatch import SHORT, Traced, call, plain, unusual_ufunc
from .errors import InPlaceError, LeavesGraphError
from .op import Shape
from .reach import require_reach


def _constants(compare: Any) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """Make the methods for `t < other` and `other < t`, on the plain values."""

    def method(self: Any, other: Any) -> Any:
        return compare(plain(self), plain(other))

    def reflected(self: Any, other: Any) -> Any:
        return compare(plain(other), plain(self))

    return method, reflected


def _in_place(sign: str, ufunc: Any) -> Callable[[Any, Any], Any]:
    """Make the method for `t += other`: a new number for a number, as in NumPy; else an error."""

    def method(self: Any, other: Any) -> Any:
        if self.ndim == 0:
            return SHORT[ufunc](self, other)
        raise InPlaceError(f"t {sign}= v overwrites a traced value. Write t = t {sign} v.")

    return method


class Tensor(Traced):
    """A value traced by a transform. Made by the transforms only.

    Its attributes are those of `dispatch.Traced`; `value` is the way to a constant.
    """

    __slots__ = ()

    def __init__(self, *_: object) -> None:
        require_reach()
        raise TypeError(
            "Tensors are made by the transforms: write a function f of plain arrays and call "
            "grad(f)(x), vjp(f, x) or trace(f, x)."
        )

    # NumPy asks here.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        short = SHORT.get(ufunc)
        if short is not None and method == "__call__" and not options:
            return short(*inputs)
        return unusual_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return call(function, args, options)

    def __array__(self, *_: object, **__: object) -> NoReturn:
        raise LeavesGraphError(
            "A traced value was to be put into a plain array (np.array([t, …]), np.r_[t, …], "
            "a[i] = t, or a function NumPy does not hand over). The derivative would be lost. "
            "Write np.stack([t, …]) or np.concatenate([…]); for a constant, take t.value."
        )

    # The operators of arithmetic are the ops themselves: `fast` puts them here.

    def __pos__(self) -> Any:
        return self

    # What has no derivative gives plain arrays.

    __lt__, __gt__ = _constants(operator.lt)
    __le__, __ge__ = _constants(operator.le)
    __eq__, __ne__ = _constants(operator.eq)[0], _constants(operator.ne)[0]  # arrays, not bools
    __floordiv__, __rfloordiv__ = _constants(operator.floordiv)
    __hash__ = None  # type: ignore[assignment]  # as ndarray: equality is element by element

    def __bool__(self) -> bool:
        return bool(plain(self))

    def __len__(self) -> int:
        return len(self.value)

    @property
    def shape(self) -> Shape:
        """Shape of the value."""
        return self.value.shape  # type: ignore[no-any-return]  # the value's type is open

    @property
    def ndim(self) -> int:
        """Number of axes of the value."""
        return self.value.ndim  # type: ignore[no-any-return]  # as above

    @property
    def size(self) -> int:
        """Number of elements of the value."""
        return self.value.size  # type: ignore[no-any-return]  # as above

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type of the value."""
        return self.value.dtype  # type: ignore[no-any-return]  # as above

    # Indexing, and what would write into or take out of the graph.

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d value")
        at = SHORT[operator.getitem]
        return (at(self, i) for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise InPlaceError(
            "t[i] = v overwrites a traced value. Build a new one: np.where(mask, v, t), or "
            "np.concatenate([t[:i], [v], t[i+1:]])."
        )

    __iadd__ = _in_place("+", np.add)
    __isub__ = _in_place("-", np.subtract)
    __imul__ = _in_place("*", np.multiply)
    __itruediv__ = _in_place("/", np.divide)
    __ipow__ = _in_place("**", np.power)
    __imatmul__ = _in_place("@", np.matmul)

    def _leave(self, function: str) -> NoReturn:
        raise LeavesGraphError(
            f"{function}(t), or a[i] = t with a plain array a, takes a traced value out of the "
            "graph; its derivative would be lost. Use t as it is (np.sqrt(t), t * 2, "
            f"np.stack([t, u])); for a constant, {function}(t.value)."
        )

    def __float__(self) -> NoReturn:
        self._leave("float")

    def __int__(self) -> NoReturn:
        self._leave("int")

    def __index__(self) -> NoReturn:
        self._leave("int")

    def __complex__(self) -> NoReturn:
        self._leave("complex")

    def item(self) -> NoReturn:
        """Refuse: the number would leave the graph."""
        self._leave("float")

    def __repr__(self) -> str:
        return f"Tensor({self.value!r})"

    # The methods of ndarray; those that take what the function of their name takes are below.

    @property
    def T(self) -> Any:
        """The transpose."""
        return call(np.transpose, (self,), {})

    @property
    def real(self) -> Any:
        """The real part."""
        return call(np.real, (self,), {})

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return call(np.imag, (self,), {})

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """`np.reshape`, with the shape as a tuple or as several integers."""
        return call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), options)

    def transpose(self, *axes: Any) -> Any:
        """`np.transpose`, with the axes as a tuple or as several integers."""
        order = axes[0] if len(axes) == 1 else axes or None
        return call(np.transpose, (self, order), {})


def _method(function: Any) -> Callable[..., Any]:
    """Make the method of ndarray that does what `function` does."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return call(function, (self, *args), options)

    return method


# A `__getattr__` would be shorter, and would slow down every look at `value` and `level`.
for _name in (
    *("sum", "mean", "prod", "var", "std", "max", "min", "cumsum", "argmax", "argmin", "argsort"),
    *("all", "any", "nonzero", "round", "clip", "dot", "ravel", "squeeze", "swapaxes", "repeat"),
    *("diagonal", "trace", "take", "copy", "conjugate", "astype"),
):
    setattr(Tensor, _name, _method(getattr(np, _name)))
Tensor.flatten = _method(np.ravel)  # type: ignore[attr-defined]  # by another name than NumPy's
Tensor.conj = _method(np.conjugate)  # type: ignore[attr-defined]  # as above

"""Arithmetic: the gates every graph is made of."""

from __future__ import annotations

import operator

import numpy as np

from ..op import Array, Elementwise


class Add(Elementwise, of=np.add):
    """z = x + y, dz = dx + dy: hands the upstream gradient to both (the distributor)."""

    sign = "+"
    forward = operator.add

    def local_x(d: Array) -> Array:
        return d

    def local_y(d: Array) -> Array:
        return d


class Subtract(Elementwise, of=np.subtract):
    """z = x - y, dz = dx - dy."""

    sign = "−"
    forward = operator.sub

    def local_x(d: Array) -> Array:
        return d

    def local_y(d: Array) -> Array:
        return -d


class Multiply(Elementwise, of=np.multiply):
    """z = x y, dz = y dx + x dy: each input gets the other one (the switcher)."""

    sign = "×"
    forward = operator.mul

    def local_x(d: Array, y: Array) -> Array:
        return d * y

    def local_y(d: Array, x: Array) -> Array:
        return d * x


class Divide(Elementwise, of=np.divide):
    """z = x / y, dz = dx / y - (z / y) dy."""

    sign = "/"
    forward = operator.truediv

    def local_x(d: Array, y: Array) -> Array:
        return d / y

    def local_y(d: Array, out: Array, y: Array) -> Array:
        return -d * (out / y)


class Power(Elementwise, of=np.power, also=(np.float_power,)):
    """z = x^y, dz = y x^(y-1) dx + z ln(x) dy.

    With y = 0 the first term is 0 and with x = 0 the second one is: the limits, where the formula
    as it stands would make 0 · ∞.
    """

    sign = "^"
    forward = operator.pow

    def local_x(d: Array, x: Array, y: Array) -> Array:
        if np.ndim(y) == 0:  # NumPy is quick for x ** 1 and x ** 2, with a number
            return d * y * x ** (1.0 if y == 0 else y - 1)
        return d * y * x ** np.where(y == 0, 1.0, y - 1)

    def local_y(d: Array, out: Array, x: Array) -> Array:
        return d * out * np.log(np.where(x == 0, 1.0, x))


class Negative(Elementwise, of=np.negative):
    """y = -x, dy = -dx."""

    forward = operator.neg

    def local_x(d: Array) -> Array:
        return -d


class Positive(Elementwise, of=np.positive):
    """y = +x, dy = dx."""

    def local_x(d: Array) -> Array:
        return d


class Reciprocal(Elementwise, of=np.reciprocal):
    """y = 1/x, dy = -y² dx."""

    def local_x(d: Array, out: Array) -> Array:
        return -d * (out * out)


class Square(Elementwise, of=np.square):
    """y = x², dy = 2x dx."""

    def local_x(d: Array, x: Array) -> Array:
        return d * (2.0 * x)


class Sqrt(Elementwise, of=np.sqrt):
    """y = √x, dy = dx / 2y."""

    def local_x(d: Array, out: Array) -> Array:
        return d * (0.5 / out)


class Absolute(Elementwise, of=np.absolute, also=(np.fabs,)):
    """y = |x|, dy = sign(x) dx, with 0 at the kink; of a complex x, dy = Re(x̄ dx) / y."""

    forward = operator.abs

    def local_x(d: Array, out: Array, x: Array) -> Array:
        if x.dtype.kind == "c":
            return d * np.conjugate(x) / np.where(out == 0, 1.0, out)
        return d * np.sign(x)


class Remainder(Elementwise, of=np.remainder):
    """z = x mod y = x - y ⌊x/y⌋, dz = dx - ⌊x/y⌋ dy, almost everywhere."""

    def local_x(d: Array) -> Array:
        return d

    def local_y(d: Array, x: Array, y: Array) -> Array:
        return -d * np.floor_divide(x, y)


def share_of_larger(x: Array, y: Array) -> Array:
    """1 where x > y, ½ where they tie, 0 elsewhere; a mask, as long as there is no tie."""
    mask = x > y
    ties = x == y
    return mask + 0.5 * ties if np.count_nonzero(ties) else mask


class Maximum(Elementwise, of=np.maximum):
    """z = max(x, y): the larger one gets the upstream gradient (the router); a tie shares it."""

    kept_x_share = share_of_larger

    def kept_y_share(x: Array, y: Array) -> Array:
        return share_of_larger(y, x)

    def local_x(d: Array, x_share: Array) -> Array:
        return d * x_share

    def local_y(d: Array, y_share: Array) -> Array:
        return d * y_share


class Minimum(Maximum, of=np.minimum):
    """z = min(x, y): the smaller one gets the upstream gradient; a tie shares it."""

    def kept_x_share(x: Array, y: Array) -> Array:
        return share_of_larger(y, x)

    kept_y_share = share_of_larger


class Fmax(Maximum, of=np.fmax):
    """z = max(x, y), where NaN loses against a number."""

    def kept_x_share(x: Array, y: Array) -> Array:
        return np.where(np.isnan(y), 1.0, share_of_larger(x, y))

    def kept_y_share(x: Array, y: Array) -> Array:
        return np.where(np.isnan(x), 1.0, share_of_larger(y, x))


class Fmin(Minimum, of=np.fmin):
    """z = min(x, y), where NaN loses against a number."""

    def kept_x_share(x: Array, y: Array) -> Array:
        return np.where(np.isnan(y), 1.0, share_of_larger(y, x))

    def kept_y_share(x: Array, y: Array) -> Array:
        return np.where(np.isnan(x), 1.0, share_of_larger(x, y))

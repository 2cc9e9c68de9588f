"""What the engine refuses to do, each with what to write instead."""

from __future__ import annotations


class AutodiffError(Exception):
    """Root of the engine's errors: catch this one to catch them all."""


class EngineOutOfReachError(AutodiffError):
    """A transform was called where the engine may not be used (see `reach.out_of_reach`)."""


class InPlaceError(AutodiffError):
    """A traced value was to be overwritten (`t[i] = v`, `t += v`, `out=`): write a new value."""


class LeavesGraphError(AutodiffError):
    """A traced value was to become a plain number or array (`float(t)`, `np.array([t])`)."""


class NotCoveredError(AutodiffError):
    """A NumPy function, or an option of one, for which the engine has no derivative."""


class NotScalarError(AutodiffError):
    """`grad` needs one number to differentiate; use `vjp` or `jacobian` for arrays."""


class IntegerInputError(AutodiffError):
    """Derivatives are taken with respect to floating-point (or complex) values only."""


class NotANumberError(AutodiffError):
    """The forward pass produced NaN, so no gradient of it means anything."""


class ArgumentError(AutodiffError):
    """A transform was called with arguments or directions that do not fit each other."""


class PrimitiveError(AutodiffError):
    """A hand-written forward or backward broke its contract: arity, shape, dtype, mutation."""


class FirstOrderOnlyError(AutodiffError):
    """A backward written in raw NumPy was differentiated a second time."""


class GradientMismatchError(AutodiffError, AssertionError):
    """`gradcheck` found a derivative that differs from the numerical one."""

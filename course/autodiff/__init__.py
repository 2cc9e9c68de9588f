"""The reference engine: derivatives of functions written in plain NumPy."""

from . import ops as ops
from .gradcheck import gradcheck
from .graph import name, trace
from .tensor import Tensor
from .transforms import grad, jvp, value_and_grad, vjp

__all__ = ["Tensor", "grad", "gradcheck", "jvp", "name", "trace", "value_and_grad", "vjp"]

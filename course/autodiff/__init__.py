"""The reference engine: derivatives of functions written in plain NumPy."""

from . import ops as ops
from .gradcheck import gradcheck
from .graph import Graph
from .jacobians import hessian, hvp, jacobian
from .primitives import primitive, swap
from .tensor import Tensor
from .tracing import name, trace
from .transforms import grad, jvp, value_and_grad, vjp

__all__ = [
    "Graph",
    "Tensor",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "name",
    "primitive",
    "swap",
    "trace",
    "value_and_grad",
    "vjp",
]

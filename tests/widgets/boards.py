"""Every board, as most tests show it: what all of them do is asked of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.widgets import (
    BroadcastViewer,
    DecisionRegions,
    Descent,
    DiagnosisPanel,
    GradientFlow,
    JacobianViewer,
    NeuronChain,
    ReverseNetwork,
)

__all__ = ["BOARDS", "relu_backward"]


def relu_backward(x: Any, upstream: Any) -> Any:
    """Forget the upstream: what the diagnosis panel names."""
    return (x > 0) * 1.0


BOARDS: dict[str, Callable[[], Any]] = {
    "neuron-chain": NeuronChain,
    "gradient-flow": lambda: GradientFlow(depth=8, gain=3.0),
    "reverse-network": ReverseNetwork,
    "broadcast-viewer": BroadcastViewer,
    "jacobian-viewer": JacobianViewer,
    "descent": lambda: Descent(batch="4"),
    "decision-regions": DecisionRegions,
    "diagnosis-panel": lambda: DiagnosisPanel(relu_backward),
}

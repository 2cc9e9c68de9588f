"""Settings of the oracles and of hypothesis, for the engine's tests."""

from __future__ import annotations

import jax
from hypothesis import settings

jax.config.update("jax_enable_x64", True)
# Compiling is nearly all of the time that JAX takes here.
jax.config.update("jax_disable_most_optimizations", True)

settings.register_profile("engine", derandomize=True, max_examples=100, deadline=None)
settings.load_profile("engine")

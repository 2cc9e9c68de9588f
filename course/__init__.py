"""Courseware that teaches backpropagation: engine, exercises, checks and widgets."""

"""Calling a stub on probes, comparing, naming the mistake, and the report a student sees.

Read in this order: `verdict` (the outcome), `stub` (what is called), `observe` (what came back),
`hypotheses` and `diagnose` (which mistake it is), `examine` (all of it together), `check` (in a
notebook).
"""

"""What a page's content security policy lets run."""

from __future__ import annotations

import base64
import hashlib

__all__ = ["script_source"]


def script_source(program: str) -> str:
    """Return the source expression that lets a page run this script, if any, and no other."""
    if not program:
        return "'none'"
    digest = hashlib.sha256(program.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

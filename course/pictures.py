"""A picture as a notebook holds it, with the words for those who do not see it."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

Bundle = tuple[dict[str, Any], dict[str, Any]]


def image(kind: str, encoded: str, alt: str) -> str:
    """Return the HTML of a picture: its type, its bytes in base64, and its words."""
    return f'<img src="data:{kind};base64,{encoded}" alt="{escape(alt)}">'


def bundle(kind: str, picture: bytes, alt: str) -> Bundle:
    """Return what an object's ``_repr_mimebundle_`` returns: representations, and their metadata.

    JupyterLab and Notebook 7 draw an image without an ``alt``, whatever its metadata says; HTML,
    which they prefer to it, keeps its own. nbconvert and the feedback take the image and read the
    metadata.

    Parameters
    ----------
    kind : str
        ``"image/png"`` or ``"image/svg+xml"``.
    picture : bytes
    alt : str
        What a reader would miss who does not see it.
    """
    encoded = base64.b64encode(picture).decode()
    is_text = kind == "image/svg+xml"
    data = {
        kind: picture.decode() if is_text else encoded,
        "text/html": image(kind, encoded, alt),
    }
    return data, {kind: {"alt": alt}}

"""A submission's outputs as the autograded notebook will hold them: checked, cleaned and capped."""

from __future__ import annotations

from typing import Any

from .inside.frames import FrameError
from .limits import Limits

__all__ = ["Notebook"]

STATUSES = ("ok", "error", "timeout")
STREAMS = ("stdout", "stderr")


class Notebook:
    """Takes the outputs of one submission's cells, in order.

    Nothing of what comes is kept as it is: each output is built anew from the fields that nbformat
    knows, with the types it asks for, so that any notebook made of them is valid and can be
    written as UTF-8.

    Parameters
    ----------
    limits : Limits
        Bytes and lines that all cells together may put out; the rest is cut, with a note.
    """

    def __init__(self, limits: Limits) -> None:
        self._bytes, self._lines = limits.output_bytes, limits.output_lines
        self._displays: dict[str, list[dict[str, Any]]] = {}
        self._cut = False

    def accept(self, payload: Any) -> tuple[str, list[dict[str, Any]], int]:
        """Check the frame that ends a cell.

        Returns
        -------
        status : str
        outputs : list of dict
        execution_count : int

        Raises
        ------
        FrameError
            It is not what such a frame holds.
        """
        match payload:
            case {"status": str() as status, "outputs": list() as raw, "execution_count": int(n)}:
                pass
            case _:
                raise FrameError("a cell without status, outputs and execution count")
        if status not in STATUSES or type(n) is not int or not 0 <= n < 2**31:
            raise FrameError("a cell with a status or an execution count that cannot be")
        outputs: list[dict[str, Any]] = []
        for output in raw:
            if not isinstance(output, dict):
                raise FrameError("an output that is not a dict")
            self._add(outputs, output, n)
        return status, outputs, n

    def _add(self, outputs: list[dict[str, Any]], output: dict[str, Any], count: int) -> None:
        kind = output.get("output_type")
        if kind == "stream":
            self._keep(outputs, _stream(output))
        elif kind == "error":
            self._keep(outputs, _error(output))
        elif kind in ("display_data", "execute_result"):
            shown = _shown(output)
            if kind == "execute_result":
                shown["execution_count"] = count
            if self._keep(outputs, shown) and (name := _display_id(output)):
                self._displays.setdefault(name, []).append(shown)
        elif kind == "update_display_data":
            self._update(_shown(output), _display_id(output))
        else:
            raise FrameError("an output of an unknown type")

    def _update(self, new: dict[str, Any], name: str) -> None:
        displays = self._displays.get(name, [])
        # The notebook holds it once for each display, so that it counts as often.
        if self._fits(new, times=len(displays)):
            for shown in displays:
                shown["data"], shown["metadata"] = dict(new["data"]), dict(new["metadata"])

    def _keep(self, outputs: list[dict[str, Any]], output: dict[str, Any]) -> bool:
        if self._fits(output):
            outputs.append(output)
            return True
        if output["output_type"] == "stream":
            lines = output["text"].splitlines(keepends=True)[: max(self._lines, 0)]
            kept = "".join(lines).encode()[: max(self._bytes, 0)].decode(errors="ignore")
            outputs.append({**output, "text": kept})
        self._bytes = self._lines = 0
        if not self._cut:
            self._cut = True
            note = "\n[output cut here: more than this submission may put out]\n"
            outputs.append({"output_type": "stream", "name": "stderr", "text": note})
        return False

    def _fits(self, output: dict[str, Any], times: int = 1) -> bool:
        size, lines = (times * each for each in _measure(output))
        if size > self._bytes or lines > self._lines:
            return False
        self._bytes -= size
        self._lines -= lines
        return True


def _stream(output: dict[str, Any]) -> dict[str, Any]:
    if output.get("name") not in STREAMS:
        raise FrameError("a stream that is neither stdout nor stderr")
    return {"output_type": "stream", "name": output["name"], "text": _text(output.get("text"))}


def _error(output: dict[str, Any]) -> dict[str, Any]:
    lines = output.get("traceback")
    if not isinstance(lines, list):
        raise FrameError("an error without a traceback")
    return {
        "output_type": "error",
        "ename": _text(output.get("ename")),
        "evalue": _text(output.get("evalue")),
        "traceback": [_text(line) for line in lines],
    }


def _shown(output: dict[str, Any]) -> dict[str, Any]:
    data, metadata = output.get("data"), output.get("metadata")
    if not isinstance(data, dict) or not isinstance(metadata, dict):
        raise FrameError("a display without data and metadata")
    return {
        "output_type": str(output["output_type"]),
        "data": {_text(kind): _datum(kind, datum) for kind, datum in data.items()},
        "metadata": _json(metadata),
    }


def _datum(kind: str, datum: Any) -> Any:
    if kind == "application/json" or kind.endswith("+json"):
        return _json(datum)
    return _text(datum) if isinstance(datum, str) else str(_json(datum))


def _display_id(output: dict[str, Any]) -> str:
    transient = output.get("transient")
    name = transient.get("display_id") if isinstance(transient, dict) else None
    return name if isinstance(name, str) else ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FrameError("something that is not text where text belongs")
    # Lone surrogates cannot be written as UTF-8.
    return value.encode("utf-8", "replace").decode()


def _json(value: Any) -> Any:
    """JSON's part of a value; the rest becomes its type's name."""
    if isinstance(value, dict):
        return {_text(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    return repr(value)[:200]


def _measure(value: Any) -> tuple[int, int]:
    """Bytes and lines of all the text in an output, the bytes of its keys included."""
    if isinstance(value, str):
        return len(value.encode()), value.count("\n") + 1
    keys = 0
    if isinstance(value, dict):
        keys = sum(len(key.encode()) for key in value)
        value = list(value.values())
    if not isinstance(value, list):
        return 8, 0
    sizes = [_measure(item) for item in value]
    return keys + sum(size for size, _ in sizes), sum(lines for _, lines in sizes)

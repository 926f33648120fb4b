"""The drawing process: SVG templates in, drawings out, over stdin and stdout.

    python -m orchestrator.programme.draw

Started by the programme's drawer. resvg holds the interpreter's lock while it draws, which would
keep the tick waiting; so it draws here, at low priority. Ends with its parent or its stdin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from orchestrator.bus import child
from orchestrator.media import svg
from orchestrator.media.legible import legible
from orchestrator.programme.drawer import to_bytes
from orchestrator.programme.overlay import Drawing, drawing_of


def draw(
    template: str, data: Mapping[str, Any], width: int, height: int
) -> tuple[Drawing | None, str]:
    """One graphic, ready to blend, and what had to be left out; None if there is nothing on it.

    Raises TemplateBroken.
    """
    shown = legible(data)
    if shown.data is None:
        return None, f"{template}: {shown.problem}; it is left out"
    drawn = svg.draw(svg.fill_in(template, shown.data), width, height, template)
    rgba = np.zeros((height, width, 4), np.uint8)
    lines, columns = drawn.rgba.shape[:2]
    rgba[drawn.y : drawn.y + lines, drawn.x : drawn.x + columns] = drawn.rgba
    return drawing_of(rgba), f"{template}: {shown.problem}" if shown.problem else ""


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each line of `requests` until they end. What cannot be drawn is answered so."""
    for line in requests:
        order = json.loads(line)
        key = str(order["key"])
        try:
            drawing, problem = draw(
                order["template"], order["data"], order["width"], order["height"]
            )
            answer = to_bytes(key, drawing, problem)
        except svg.TemplateBroken as error:
            answer = to_bytes(key, None, str(error))
        answers.write(answer)
        answers.flush()


def main() -> int:
    child.begin("graphics", nice=10)
    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(child.log_unhandled("graphics", main))

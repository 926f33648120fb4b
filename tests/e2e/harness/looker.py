"""A client of the monitor's socket, as the desk's own is: the views that it names, as they come."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orchestrator.rehearsal import strip


@dataclass(frozen=True, slots=True)
class Message:
    view: str
    n: int
    kind: str
    body: bytes

    def luma(self) -> NDArray[np.uint8]:
        picture = cv2.imdecode(np.frombuffer(self.body, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.asarray(picture, np.uint8)

    def site(self) -> int | None:
        found = strip.read(self.luma())
        return found.site if found else None


class Looker:
    """A client of the monitor's socket."""

    def __init__(self, path: Path, *views: str) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.connect(str(path))
        self._line.settimeout(10)
        self._pipe = self._line.makefile("rb")
        self._line.sendall(json.dumps({"views": views}).encode() + b"\n")

    def messages(self) -> Iterator[Message]:
        while True:
            head = json.loads(self._pipe.readline())
            yield Message(head["view"], head["n"], head["type"], self._pipe.read(head["bytes"]))

    def of(self, view: str) -> Iterator[Message]:
        return (message for message in self.messages() if message.view == view)

    def close(self) -> None:
        self._pipe.close()
        self._line.close()


def full_range(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Luma of video (16 to 235) as a JPEG has it (0 to 255)."""
    return (luma.astype(np.float64) - 16) * (255 / 219)


def ssim(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Structural similarity of two luma planes in full range (Wang et al. 2004), 1 for the same."""

    def mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5), np.float64)

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    a, b = mean(one), mean(other)
    spread = mean(one * one) - a * a + mean(other * other) - b * b
    shared = mean(one * other) - a * b
    alike = (2 * a * b + c1) * (2 * shared + c2) / ((a * a + b * b + c1) * (spread + c2))
    return float(alike.mean())

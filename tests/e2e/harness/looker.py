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

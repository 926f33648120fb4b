"""The fake programme as a process: writes labels and parts into the spool, on the grid, in time.

`python tests/fakestream/programme.py DIR [--audience open] [--site london]
[--slate-output platform]`. Parts appear 10 ms
before their end, as the real programme's do. The first part after a start is an IDR.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from orchestrator.bus.label import Label
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.stream import Stream
from orchestrator.media.boxes import restamp
from orchestrator.media.house import AUDIO_TRACK
from orchestrator.timing.clock import PageClock

_EARLY_NS = 10_000_000


class FakeProgramme:
    """Knows its parts; `write` puts column `k` into the spool."""

    def __init__(self, tree: LiveTree, first_k: int) -> None:
        self._tree = tree
        self._stream = Stream.read(tree.processes)
        self._first_k = first_k

    def write(self, k: int, label: Label, tracks: tuple[str, ...] | None = None) -> None:
        grid = self._stream.grid
        _replace(self._tree.spool_label(grid, k), label.to_bytes())
        msn, j = grid.msn_of(k), grid.index_of(k)
        begun = grid.index_of(self._first_k) if msn == grid.msn_of(self._first_k) else 0
        for track in self._stream.gated_tracks if tracks is None else tracks:
            variant = 0 if track == AUDIO_TRACK else begun
            made = f"{self._stream.made_as(track)}.{variant}.{j}"
            part = (self._tree.root / "fake" / made).read_bytes()
            _replace(
                self._tree.spool_part(grid, track, k),
                restamp(part, self._stream.tfdt(track, k), k),
            )


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(content)
    partial.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("live", type=Path)
    parser.add_argument("--audience", default="open")
    parser.add_argument("--site", action="append", default=[])
    parser.add_argument("--slate-output", action="append", default=[], help="two segments in four")
    arguments = parser.parse_args()
    tree = LiveTree(arguments.live)
    clock = PageClock(tree.clock)
    grid = Stream.read(tree.processes).grid
    label = Label(arguments.audience, sites=tuple(arguments.site))
    barred = replace(label, slate_outputs=tuple(arguments.slate_output))
    k = grid.part_of(grid.frame_at(clock.now_ns())) + 1
    programme = FakeProgramme(tree, k)
    while True:
        clock.sleep_until(grid.part_end_ns(k) - _EARLY_NS)
        behind = grid.part_of(grid.frame_at(clock.now_ns())) - k
        if behind > 1:  # frozen for a while: go on at now, with an IDR
            k += behind + 1
            programme = FakeProgramme(tree, k)
            continue
        programme.write(k, label if grid.msn_of(k) % 4 < 2 else barred)
        k += 1


if __name__ == "__main__":
    main()

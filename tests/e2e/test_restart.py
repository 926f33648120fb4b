"""The whole tree is killed, and the show goes on where it should be; a stop leaves nothing."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from harness.run import ROOT, Run, Sites, get
from harness.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EVENT = Path(__file__).parent / "events" / "long.yaml"
OSLO = 1


def first_msn(playlist: str) -> int:
    match = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    assert match
    return int(match[1])


def test_a_killed_tree_goes_on_and_a_stopped_one_leaves_nothing(tmp_path: Path) -> None:
    sites = Sites(EVENT, tmp_path, ROOT / "build" / "rehearsal")
    with sites.pushers, Run(EVENT, tmp_path, sites.environment, "--start", "now") as first:
        start_n, grid = first.day().start_n, first.grid()
        with Watch(first.public, grid, ["180p", "a"]) as before:
            before.wait_for(start_n + 90, timeout_s=60)
        last_k = before.tracks["180p"].newest()
        first.kill_tree()

        again = Run(EVENT, tmp_path, sites.environment, "--start", "now")
        with again, Watch(again.public, grid, ["180p", "a"]) as after:
            back_n = again.now_n() + 150
            after.wait_for(back_n, timeout_s=60)

            assert again.day().start_n == start_n
            strip = after.pictures("180p", back_n, back_n)[0].strip()
            assert strip is not None
            assert strip.site == OSLO
            _, playlist = get(again.public + "hls/180p/live.m3u8")
            assert first_msn(playlist.decode()) <= grid.msn_of(last_k)
            assert not any(after.holes().values())
            assert not after.tracks["180p"].odd_lines

            asked_s = time.monotonic()
            assert again.stop() == 0
            assert time.monotonic() - asked_s < 5
    assert again.leftovers() == []
    assert get(again.public)[0] == 0

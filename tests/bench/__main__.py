"""Measures the README's figures and prints them as a Markdown table: `make bench`.

    python -m tests.bench [switches ticks latency glass kills freeze others torn
                           two voctomix voctomix-13 thirteen thirteen-all thirteen-1080 1080
                           warm take desk memory origin lipsync demo replay]

Each bench runs the real program; together they take about an hour. The table also goes to
`build/bench.md`. Exit code 1 if a goal is missed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "e2e")]

from bench import (  # noqa: E402
    demo,
    desk,
    full_hd,
    glass,
    kills,
    lipsync,
    memory,
    origin,
    replay,
    switches,
    take,
    thirteen,
    ticks,
    voctomix,
    warm,
)
from bench.stage import Stage, many_sites, stage  # noqa: E402
from bench.table import Row, markdown  # noqa: E402

from orchestrator.rehearsal.loops import SMALL  # noqa: E402

ON_STAGE: dict[str, Callable[[Stage], list[Row]]] = {
    "latency": kills.latency,
    "glass": glass.measure,
    "ticks": ticks.measure,
    "kills": kills.programme_kills,
    "freeze": kills.freeze,
    "others": kills.other_kills,
}
WITH_THIRTEEN: dict[str, Callable[[Stage], Iterable[Row]]] = {
    "take": take.measure,
    "desk": desk.measure,
    "memory": memory.measure,
}
BY_ITSELF: dict[str, Callable[[], list[Row]]] = {
    "lipsync": lipsync.measure,
    "two": lambda: thirteen.measure(thirteen.TWO),
    "voctomix": lambda: voctomix.measure(2),
    "voctomix-13": lambda: voctomix.measure(thirteen.FEEDS),
    "thirteen": lambda: thirteen.measure(thirteen.THIRTEEN),
    "thirteen-all": lambda: thirteen.measure(thirteen.THIRTEEN_ALL),
    "thirteen-1080": lambda: thirteen.measure(thirteen.THIRTEEN_1080),
    "1080": full_hd.measure,
    "warm": warm.measure,
    "origin": origin.measure,
    "demo": demo.measure,
    "replay": replay.measure,
}


def torn() -> list[Row]:
    """Torn pictures in 50,000 reads from a ring whose writer is killed all the time."""
    command = [sys.executable, str(ROOT / "tests/bench/ring_torn.py"), "50000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout.strip().splitlines()
    line = said[-1] if said else done.stderr.strip()[-200:]
    is_met = done.returncode == 0 and bool(re.search(r"\b0 torn\b", line))
    return [Row("torn pictures in 50,000 reads under kills", "0", line, is_met)]


def main(wanted: Sequence[str]) -> int:
    names = list(wanted) or ["switches", *ON_STAGE, "torn", *WITH_THIRTEEN, *BY_ITSELF]
    rows: list[Row] = []

    def add(new: Iterable[Row]) -> None:
        for row in new:
            rows.append(row)
            print(f"{'✓' if row.is_met else '✗'} {row.figure}: {row.measured}", flush=True)

    if "switches" in names:
        with stage("two-sites.yaml", SMALL, is_on=False) as there:
            add(switches.measure(there))
    on_stage = [name for name in names if name in ON_STAGE]
    if on_stage:
        with stage() as there:
            for name in on_stage:
                kills.wait_for_calm(there)
                add(ON_STAGE[name](there))
    if "torn" in names:
        add(torn())
    with_thirteen = [name for name in names if name in WITH_THIRTEEN]
    if with_thirteen:
        with many_sites(13) as there:
            for name in with_thirteen:
                add(WITH_THIRTEEN[name](there))
    for name in names:
        if name in BY_ITSELF:
            add(BY_ITSELF[name]())
    table = markdown(rows)
    print(f"\n{table}")
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench.md").write_text(table + "\n")
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

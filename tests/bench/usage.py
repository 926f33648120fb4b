"""What a process tree takes from the machine: CPU seconds and PSS, by role, from /proc.

CPU of a process counts its own time and that of children it has buried, so that the sum over a
tree only grows, whatever dies in it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
from harness.run import Run, until

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Of one process and the children it has waited for; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) * _TICK_S  # utime, stime, cutime, cstime: proc(5)


def stolen_s() -> float:
    """What the host gave to others while this machine wanted it, so far, all cores: proc(5)."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) * _TICK_S


def pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


def tree(run: Run) -> Iterator[tuple[str, int]]:
    """(role, pid) of every process of the run. A feed's SRT child is `srt.FEED`; other children
    of a child bear its name and a `+`."""
    assert run.process is not None
    names = {int(child["pid"]): name for name, child in run.facts("supervisor")["children"].items()}
    yield "supervisor", run.process.pid
    for process in psutil.Process(run.process.pid).children(recursive=True):
        try:
            if process.pid in names:
                yield names[process.pid], process.pid
                continue
            above = next((p.pid for p in process.parents() if p.pid in names), 0)
        except psutil.NoSuchProcess:
            continue
        owner = names.get(above, "supervisor")
        kind, _, feed = owner.partition(".")
        yield (f"srt.{feed}" if kind == "feed" else f"{owner}+"), process.pid


def cpu_by_name(run: Run) -> Counter[str]:
    """CPU seconds so far of every process, by name."""
    found: Counter[str] = Counter()
    for name, pid in tree(run):
        found[name] += cpu_s(pid)
    return found


def let_pass(seconds: float) -> None:
    end_s = time.monotonic() + seconds
    until(f"{seconds:.0f} s are over", lambda: time.monotonic() >= end_s, seconds + 30)


def shares_for(run: Run, seconds: float) -> Counter[str]:
    """Of one core, by process, over so many seconds from now on."""
    before, began_s = cpu_by_name(run), time.monotonic()
    let_pass(seconds)
    after, ended_s = cpu_by_name(run), time.monotonic()
    return Counter({name: (after[name] - before[name]) / (ended_s - began_s) for name in after})


def by_role(found: Counter[str]) -> Counter[str]:
    roles: Counter[str] = Counter()
    for name, value in found.items():
        roles[name.partition(".")[0]] += value
    return roles


def pss_of(run: Run) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, pid in tree(run):
        found[name] += pss_bytes(pid)
    return found

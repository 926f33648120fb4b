"""Frame numbers, the grid and clocks: exact integers, no media.

Nothing outside this folder reads `time.time()` or `datetime.now()`; a `Clock` is handed in.
"""

from orchestrator.timing.clock import Clock, MachineClock, ManualClock, PageClock, anchor_page
from orchestrator.timing.grid import NS, Grid

__all__ = ["NS", "Clock", "Grid", "MachineClock", "ManualClock", "PageClock", "anchor_page"]

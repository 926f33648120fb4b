"""`python -m orchestrator.feeds --live DIR --feed ID`: the process of one feed."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.tree import LiveTree
from orchestrator.feeds.worker import Worker


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.feeds")
    parser.add_argument("--live", type=Path, required=True)
    parser.add_argument("--feed", required=True)
    arguments = parser.parse_args()
    worker = Worker("hot")  # before the process lowers its priority
    stop = begin(f"feed {arguments.feed}", nice=5)

    def run() -> int:
        from orchestrator.feeds.process import FeedProcess

        process = FeedProcess(LiveTree(arguments.live), arguments.feed, stop, worker)
        gc.freeze()
        return process.run()

    return log_unhandled("orchestrator.feeds", run)


if __name__ == "__main__":
    raise SystemExit(main())

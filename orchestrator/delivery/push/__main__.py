"""The process of one push: `python -m orchestrator.delivery.push …`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.delivery.push.process import Push
from orchestrator.errors import OrchestratorError
from orchestrator.timing.clock import PageClock

log = logging.getLogger("orchestrator.delivery.push")


def main() -> int:
    parser = argparse.ArgumentParser(prog="push", description=__doc__)
    parser.add_argument("--live", type=Path, required=True, help="the live tree")
    parser.add_argument("--state", type=Path, required=True, help="the state folder")
    parser.add_argument("--output", required=True, help="one of outputs.push")
    args = parser.parse_args()
    stop = begin(f"push.{args.output}", nice=5)
    tree = LiveTree(args.live)
    try:
        push = Push(tree, StateFolder(args.state), PageClock(tree.clock), args.output, os.environ)
        asyncio.run(push.run(stop))
    except OrchestratorError as error:
        log.error("%s", error)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("push", main))

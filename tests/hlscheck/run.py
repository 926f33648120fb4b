"""`python -m tests.hlscheck.run URL --for 60 [--strict]`: exit 0 if nothing was found."""

from __future__ import annotations

import argparse
import sys

from . import follow
from .strict import hls_parser


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="the multivariant playlist")
    parser.add_argument("--for", dest="seconds", type=float, default=60, help="seconds")
    parser.add_argument("--strict", action="store_true", help="ask npm hls-parser as well")
    parser.add_argument("--tolerate", action="append", default=[], metavar="RULE")
    arguments = parser.parse_args()
    report = follow(arguments.url, arguments.seconds, tolerate=arguments.tolerate)
    print(report)
    complaints = hls_parser(report.texts) if arguments.strict else []
    for complaint in dict.fromkeys(complaints):
        print(f"hls-parser: {complaint}")
    return 1 if report.findings or complaints else 0


if __name__ == "__main__":
    sys.exit(main())

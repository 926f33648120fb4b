"""An LL-HLS checker that knows nothing of our writer: it parses what it is served, over time.

`follow(url, seconds)` reloads every playlist as a low-latency player does, fetches every part, and
gives a list of findings; `python -m tests.hlscheck.run URL --for 60` prints them. The rules are of
draft-pantos-hls-rfc8216bis-22 and of Apple's authoring specification (numbers in parentheses).
"""

from .client import Report, follow
from .finding import Finding

__all__ = ["Finding", "Report", "follow"]

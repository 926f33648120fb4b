"""A stream for tests: real gate and origin processes behind a fake programme, no feeds.

The fake programme publishes pre-encoded pictures and sound on the grid, so that gate and origin can
be tested in real time at almost no cost.
"""

from fakestream.stream import FakeStream

__all__ = ["FakeStream"]

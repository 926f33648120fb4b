"""What one feed measured, as a page: written by the feed process, read by programme and control.

The programme judges a feed from these words and from its ring, never from errors (DESIGN §7).
Frame numbers are the programme's; 0 means never.
"""

from __future__ import annotations

from enum import IntEnum


class FeedWord(IntEnum):
    """Index of each word in the page."""

    STATE = 0  # a FeedState
    SESSION = 1  # counts connections; pictures of an older session are never shown
    BYTES = 2  # received since the process began
    PICTURE_N = 3  # newest picture decoded (hot) or keyframe decoded (warm)
    MOVED_N = 4  # newest frame whose picture differed from the one before (frozen otherwise)
    BRIGHT_N = 5  # newest frame whose picture was not black
    SOUND_N = 6  # newest frame with sound above silence
    AUDIO_N = 7  # newest frame for which there were samples at all
    LEVEL_MB = 8  # level of the last 400 ms, RMS, in hundredths of dBFS
    OFFSET_US = 9  # measured arrival offset against the anchor, microseconds
    DRIFT_PPB = 10  # measured clock rate of the sender against ours, parts per billion
    HOT = 11  # 1 while pictures go into the ring
    WIDTH = 12
    HEIGHT = 13
    MILLIFPS = 14  # measured picture rate × 1000
    DECODED = 15  # pictures decoded since the process began
    DROPPED = 16  # pictures or packets given up
    CONNECTS = 17  # connection attempts
    ALIVE_NS = 18  # tree time of the feed's last beat
    LUFS_MB = 19  # momentary loudness (BS.1770), hundredths of LUFS; 0 = not measured
    NOISE = 20  # between pictures, thousandths of a luma level, plus one; 0 = not measured


FEED_WORDS = 32


class FeedState(IntEnum):
    """What a feed is waiting for. Judgements such as frozen are made by the programme."""

    IDLE = 0  # configured, not started
    CONNECTING = 1  # dialling or listening, nothing received yet in this attempt
    LIVE = 2  # packets arrive
    STALLED = 3  # connected, no bytes for longer than the health threshold
    BACKOFF = 4  # lost; waiting before the next attempt
    REFUSED = 5  # 401, 403, unknown protocol: a person must act

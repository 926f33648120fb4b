"""When a packet of a feed is due: one offset for picture and sound, so lip sync survives.

Pure; written by the session's thread, read by the hot thread (`*_due_ns` is one addition on
integers that change whole). All times are nanoseconds; a stamp is a packet's dts or pts.

The offset is the lower envelope of (arrival − dts): the quickest packet tells what the way costs
at least, every other one was held up. It settles over the first 5 s, and moves freely only until
the feed is first shown. Then the sender's clock rate is measured and the offset follows it slowly
(sound is resampled, pictures are repeated or left out now and then), so that no buffer grows
silently. Arrivals more than 300 ms off for 10 packets are not drift but a restart: anchored anew,
unless they are only late and catching up.

What is pulled (a file, HLS) comes as fast as we ask. Its first packet is due at once, and only
lateness counts.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from orchestrator.timing.grid import NS

MS = NS // 1000

SETTLE_NS = 5 * NS
SHOWABLE_NS = NS
SOUND_LEAD_NS = NS // 6
"""Sound has to be there so long before its picture: five frames at 30, of which an encoder that
packs 1024 samples at a time needs three."""
_SOUND_FROM_NS = NS // 2
"""What was held up by connecting and probing does not tell how far sound lags."""
_MOST_SOUND_LAG_NS = NS // 2
REANCHOR_NS = 300 * MS
REANCHOR_PACKETS = 10
_MAY_PASS_NS = 5 * NS
_LASTING_NS = NS
"""Packets up to 5 s late may have been held up on their way, or by this machine, and come in one
burst that has caught up in a moment. They count as a new beginning if it lasts for a second."""

_WINDOW_NS = NS
_WINDOWS = 5
_GAIN_S = 20.0
"""An error is slewed away over so many seconds; the rate learns from it four times more slowly,
which is critical damping."""
_SLEW = 1_000e-6
"""Never faster than this: two and a half times what a bad crystal does, and inaudible."""
_SLEW_FAR = 5_000e-6
"""Or this when more than 40 ms off: a feed that had to be shown before it settled."""
_FAR_NS = 40 * MS


class Arrival(NamedTuple):
    """What a packet's arrival told. `late_ns` > 0: later than the quickest ones."""

    late_ns: int
    reanchored: bool = False


class Timeline:
    """The mapping from a feed's stamps to the tree's clock, for one connection or several."""

    def __init__(self, latency_ms: int, av_offset_ms: int, *, is_pulled: bool = False) -> None:
        self._latency_ns = latency_ms * MS
        self._picture_extra_ns = max(0, av_offset_ms) * MS
        self._sound_extra_ns = max(0, -av_offset_ms) * MS
        self._latest_ns = latency_ms * MS + REANCHOR_NS if is_pulled else REANCHOR_NS
        self._is_pulled = is_pulled
        self._begin(0)
        self._first_ns: int | None = None

    def _begin(self, offset_ns: int) -> None:
        self._offset_ns = offset_ns
        self._is_frozen = False
        self._strange = 0
        self._strange_since_ns = 0
        self._rate = 0.0
        self._window_end_ns = 0
        self._window_min_ns: int | None = None
        self._minima: deque[int] = deque(maxlen=_WINDOWS)
        self._sound_costs: deque[int] = deque(maxlen=_WINDOWS)
        self._sound_window_end_ns = 0
        self._wait_ns = self._latency_ns

    # what is due when

    def picture_due_ns(self, stamp_ns: int) -> int:
        return stamp_ns + self._offset_ns + self._wait_ns + self._picture_extra_ns

    def sound_due_ns(self, stamp_ns: int) -> int:
        return stamp_ns + self._offset_ns + self._wait_ns + self._sound_extra_ns

    # what was measured

    @property
    def is_anchored(self) -> bool:
        return self._first_ns is not None

    def is_showable(self, now_ns: int) -> bool:
        """Whether enough has arrived to know the offset to a tenth of a second or so.

        The first packet comes late (it waited for a keyframe, a probe, a burst): a feed shown by
        its first packet alone would lie in the future.
        """
        return self._first_ns is not None and (
            self._is_pulled or now_ns - self._first_ns >= SHOWABLE_NS
        )

    @property
    def error_ns(self) -> int:
        """How far the envelope of the last 5 s lies from the anchor."""
        return min(self._minima, default=0)

    @property
    def drift_ppb(self) -> int:
        """The sender's clock against ours; positive: its seconds are longer than ours."""
        return round(self._rate * 1e9)

    # what happens

    def freeze(self) -> None:
        """The feed is shown from now on: the offset only slews, or is anchored anew."""
        self._is_frozen = True

    @property
    def is_frozen(self) -> bool:
        return self._is_frozen

    @property
    def wait_ns(self) -> int:
        """From the quickest packet's arrival until it is shown: the latency, or what sound needs.

        MPEG-TS packs up to 183 ms of sound into one PES, so its first sample comes that late.
        """
        return self._wait_ns

    def sound_arrived(self, stamp_ns: int, now_ns: int) -> None:
        """A sound packet of a feed with pictures has arrived."""
        first = self._first_ns
        if self._is_frozen or self._is_pulled or first is None or now_ns - first < _SOUND_FROM_NS:
            return
        cost_ns = now_ns - stamp_ns
        if now_ns >= self._sound_window_end_ns:
            self._sound_costs.append(cost_ns)
            self._sound_window_end_ns = now_ns + _WINDOW_NS
        elif cost_ns > self._sound_costs[-1]:
            self._sound_costs[-1] = cost_ns
        lag_ns = max(self._sound_costs) - self._offset_ns - self._sound_extra_ns
        needed_ns = min(lag_ns, _MOST_SOUND_LAG_NS) + SOUND_LEAD_NS
        self._wait_ns = max(self._latency_ns, needed_ns)

    def arrived(self, dts_ns: int, now_ns: int) -> Arrival:
        """A packet has arrived. Of one stream only: the picture's if there is one."""
        if self._first_ns is None:
            self._first_ns = now_ns
            self._offset_ns = now_ns - dts_ns
            return Arrival(0)
        late_ns = now_ns - dts_ns - self._offset_ns
        is_strange = late_ns > self._latest_ns or (late_ns < -REANCHOR_NS and not self._is_pulled)
        if is_strange and self._may_still_move(now_ns) and -NS < late_ns < 0:
            is_strange = False  # settling: the first packets were held up for long
        self._strange = self._strange + 1 if is_strange else 0
        if self._strange == 1:
            self._strange_since_ns = now_ns
        may_pass = 0 < late_ns < _MAY_PASS_NS and now_ns - self._strange_since_ns < _LASTING_NS
        if self._strange >= REANCHOR_PACKETS and not may_pass:
            self._begin(now_ns - dts_ns)
            self._first_ns = now_ns
            return Arrival(late_ns, reanchored=True)
        if not is_strange and not self._is_pulled:
            if self._may_still_move(now_ns):
                self._offset_ns += min(0, late_ns)
            else:
                self._measure(late_ns, now_ns)
        return Arrival(late_ns)

    def _may_still_move(self, now_ns: int) -> bool:
        first = self._first_ns
        return not self._is_frozen and first is not None and now_ns - first < SETTLE_NS

    def _measure(self, late_ns: int, now_ns: int) -> None:
        """Once a second, from the quickest packet of each of the last five seconds."""
        if self._window_min_ns is None:
            self._window_min_ns, self._window_end_ns = late_ns, now_ns + _WINDOW_NS
            return
        if now_ns < self._window_end_ns:
            self._window_min_ns = min(self._window_min_ns, late_ns)
            return
        self._minima.append(self._window_min_ns)
        seconds = (now_ns - self._window_end_ns + _WINDOW_NS) / NS
        self._window_min_ns, self._window_end_ns = late_ns, now_ns + _WINDOW_NS
        self._slew(self.error_ns, min(seconds, 2.0))

    def _slew(self, error_ns: int, seconds: float) -> None:
        pull = error_ns / NS / _GAIN_S
        limit = _SLEW_FAR if abs(error_ns) > _FAR_NS else _SLEW
        if abs(error_ns) <= _FAR_NS:
            self._rate += pull * seconds / (4 * _GAIN_S)
            self._rate = max(-_SLEW, min(_SLEW, self._rate))
        step_ns = round(max(-limit, min(limit, self._rate + pull)) * seconds * NS)
        self._offset_ns += step_ns
        # what was measured against the old offset is restated against the new one
        self._minima = deque((m - step_ns for m in self._minima), _WINDOWS)
        if self._window_min_ns is not None:
            self._window_min_ns -= step_ns

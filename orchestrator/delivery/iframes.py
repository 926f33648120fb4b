"""I-frame playlists: the first picture of every segment, as a range of its bytes. Pure.

Players scrub with them. A range begins with the segment's first moof and ends with that moof's
first sample, as everybody's I-frame playlists over fMP4 do; the moof names more samples than the
range holds. Lengths are those of segments: from one I-frame to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.delivery.playlists import VERSION, Shape, iso
from orchestrator.media.boxes import PartHead, read_part


@dataclass(frozen=True, slots=True)
class IFrame:
    """The IDR that a segment begins with: so many of its first bytes."""

    msn: int
    start: datetime
    uri: str
    size: int


def iframe_bytes(part_head: bytes) -> int:
    """How many bytes of a part hold its first picture. Raises ValueError if it is no IDR."""
    head: PartHead = read_part(part_head)
    if not head.syncs[0]:
        raise ValueError("the part does not begin with an IDR")
    return head.size - sum(head.sizes[1:])


def render_iframes(shape: Shape, iframes: Sequence[IFrame], *, has_ended: bool) -> str:
    """The playlist. It is not blocked on: nobody scrubs at the live edge."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{shape.target_s}",
        f"#EXT-X-MEDIA-SEQUENCE:{iframes[0].msn}",
        "#EXT-X-I-FRAMES-ONLY",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="init.mp4"',
    ]
    for iframe in iframes:
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{iso(iframe.start)}",
            shape.extinf,
            f"#EXT-X-BYTERANGE:{iframe.size}@0",
            iframe.uri,
        ]
    return "\n".join(lines + ["#EXT-X-ENDLIST"] * has_ended) + "\n"

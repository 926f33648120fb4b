"""What is inside audio, video and data messages: FLV tag bodies (FLV 10.1 annex E). Pure.

H.264 as it lies in the parts (lengths before NAL units), AAC raw. There are no B-pictures in the
house, so a composition offset is always 0.
"""

from __future__ import annotations

from orchestrator.delivery.rtmp import amf0
from orchestrator.media.house import AUDIO_BITRATE_BPS, Rendition
from orchestrator.timing.grid import AUDIO_RATE

_AVC, _KEY_PICTURE, _INTER_PICTURE = 7, 1 << 4, 2 << 4
_AAC_44_KHZ_16_BIT_STEREO = 0xAF
"""The only head AAC has in FLV, whatever its rate; the configuration tells the real one."""

AVC_KEY = bytes((_KEY_PICTURE | _AVC, 1, 0, 0, 0))
AVC_INTER = bytes((_INTER_PICTURE | _AVC, 1, 0, 0, 0))
AAC_RAW = bytes((_AAC_44_KHZ_16_BIT_STEREO, 1))


def avc_sequence_header(configuration: bytes) -> bytes:
    """Around an AVCDecoderConfigurationRecord (the avcC box)."""
    return bytes((_KEY_PICTURE | _AVC, 0, 0, 0, 0)) + configuration


def aac_sequence_header(configuration: bytes) -> bytes:
    """Around an AudioSpecificConfig (from the esds box)."""
    return bytes((_AAC_44_KHZ_16_BIT_STEREO, 0)) + configuration


def metadata(rendition: Rendition, fps: int) -> bytes:
    """The onMetaData that a server stores and hands to players."""
    return amf0.encode(
        "@setDataFrame",
        "onMetaData",
        amf0.EcmaArray(
            width=rendition.width,
            height=rendition.height,
            videodatarate=rendition.bitrate_bps / 1000,
            framerate=fps,
            videocodecid=_AVC,
            audiodatarate=AUDIO_BITRATE_BPS / 1000,
            audiosamplerate=AUDIO_RATE,
            audiosamplesize=16,
            stereo=True,
            audiocodecid=10,
            encoder="orchestrator",
        ),
    )

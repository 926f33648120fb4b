"""A low-latency client that looks at everything: one task a rendition, over real HTTP."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin

import aiohttp

from . import fmp4, iframes, m3u8
from .finding import Finding
from .history import History, NotMergeable, merge
from .media import Track, check_alignment
from .rules import check_media, check_multivariant

_CADENCE_SLACK_S = 0.5
_RETRY_S = 0.2
_RANGES = 3
_GZIP = {"Accept-Encoding": "gzip"}


@dataclass(slots=True)
class Report:
    findings: list[Finding] = field(default_factory=list)
    playlists: int = 0
    deltas: int = 0
    parts: int = 0
    segments: int = 0
    iframes: int = 0
    interruptions: int = 0
    """Requests that failed in transport or with 5xx and were tried again."""
    texts: list[str] = field(default_factory=list)
    """Every whole playlist, for other parsers."""

    def take(self, findings: Iterable[Finding], tolerate: frozenset[str]) -> None:
        for finding in findings:
            if finding.rule not in tolerate and finding not in self.findings:
                self.findings.append(finding)

    def __str__(self) -> str:
        head = (
            f"{self.playlists} playlists, {self.deltas} delta updates, {self.parts} parts, "
            f"{self.segments} segments, {self.interruptions} interruptions: "
            f"{len(self.findings)} findings"
        )
        return "\n".join([head, *map(str, self.findings)])


def follow(url: str, seconds: float, *, tolerate: Iterable[str] = ()) -> Report:
    """Watch the multivariant playlist at `url`; rules named in `tolerate` are not reported."""
    return asyncio.run(_Follower(url, frozenset(tolerate)).run(seconds))


class _Follower:
    def __init__(self, url: str, tolerate: frozenset[str]) -> None:
        self._url = url
        self._tolerate = tolerate
        self.report = Report()
        self._until = 0.0
        self._session: aiohttp.ClientSession

    async def run(self, seconds: float) -> Report:
        self._until = time.monotonic() + seconds
        async with aiohttp.ClientSession(auto_decompress=True) as self._session:
            _, headers, text = await self._get(self._url)
            self._check_headers("multivariant", headers)
            top = m3u8.parse_multivariant(text.decode())
            self._take(check_multivariant("multivariant", top))
            self._take(iframes.check_variants("multivariant", top))
            renditions = {v.uri: v.attrs for v in top.variants}
            for media in (m for m in top.media if "URI" in m):
                # a sound-only variant is the audio rendition itself
                renditions[media["URI"]] = renditions.get(media["URI"], {}) | media
            async with asyncio.TaskGroup() as tasks:
                running = {
                    uri: tasks.create_task(self._rendition(uri, attrs, set(renditions) - {uri}))
                    for uri, attrs in renditions.items()
                }
            for one in top.iframes:
                await self._iframes(one)
            self._take(check_alignment({uri: task.result() for uri, task in running.items()}))
        return self.report

    def _take(self, findings: Iterable[Finding]) -> None:
        self.report.take(findings, self._tolerate)

    def _find(self, rule: str, where: str, what: str) -> None:
        self._take([Finding(rule, where, what)])

    async def _rendition(self, uri: str, attrs: dict[str, str], others: set[str]) -> Track:
        base = urljoin(self._url, uri)
        history = History(uri)
        playlist = await self._playlist(uri, base)
        first = playlist.last
        init = (await self._get(urljoin(base, playlist.map_uri or "")))[2]
        track = Track(uri, init, is_audio="TYPE" in attrs)
        if "CODECS" in attrs and track.codec not in attrs["CODECS"].split(","):
            self._find("codecs", uri, f"{attrs['CODECS']}, the init segment is {track.codec}")
        self._take(history.add(playlist))
        self._check_reports(uri, base, playlist, others)
        await self._probe(uri, base, playlist)
        peak_bps = int(attrs["BANDWIDTH"]) if "BANDWIDTH" in attrs else None
        arrived = time.monotonic()
        while time.monotonic() < self._until and not playlist.has_ended:
            before = playlist
            playlist = await self._next(uri, base, before)
            now = time.monotonic()
            self._check_cadence(uri, now - arrived, before, playlist)
            arrived = now
            self._take(history.add(playlist))
            self._check_reports(uri, base, playlist, others)
            await self._fetch_new(base, track, before, playlist, first, peak_bps)
        self._take(track.check_init((await self._get(urljoin(base, playlist.map_uri or "")))[2]))
        return track

    async def _iframes(self, attrs: dict[str, str]) -> None:
        """An I-frame playlist beside its media playlist, and the bytes of its last pictures."""
        uri = attrs["URI"]
        base = urljoin(self._url, uri)
        _, headers, text = await self._get(base)
        self._check_headers(uri, headers)
        playlist = m3u8.parse_media(text.decode())
        beside = (await self._get(urljoin(base, "live.m3u8")))[2]
        media = m3u8.parse_media(beside.decode())
        self._take(iframes.check_playlist(uri, playlist, media))
        init = (await self._get(urljoin(base, playlist.map_uri or "")))[2]
        if fmp4.codec(init) != attrs["CODECS"]:
            self._find("codecs", uri, f"{attrs['CODECS']} is not what the init segment says")
        for segment in playlist.segments[-_RANGES:]:
            length, offset = segment.byterange or (1, 0)
            where = urljoin(base, segment.uri or "")
            asked = f"bytes={offset}-{offset + length - 1}"
            status, headers, body = await self._get(where, wanted=(200, 206), Range=asked)
            if status != 206 or not headers.get("content-range", "").startswith(
                asked.replace("=", " ")
            ):
                self._find("range", uri, f"{asked} was answered {status}")
            whole = await self._media(base, segment.uri or "")
            peak_bps = int(attrs["BANDWIDTH"])
            self._take(iframes.check_range(uri, segment, body, whole, peak_bps))
            self.report.iframes += 1
        self.report.texts.append(text.decode())

    async def _next(self, uri: str, base: str, before: m3u8.Media) -> m3u8.Media:
        """A blocked reload for the next part; now and then a delta update beside it."""
        msn, index = _following(before)
        query = f"?_HLS_msn={msn}&_HLS_part={index}"
        playlist = await self._playlist(uri, base + query)
        if playlist.last < (msn, index) and not playlist.has_ended:
            self._find("blocking", uri, f"asked for {msn}.{index}, got up to {playlist.last}")
        if "CAN-SKIP-UNTIL" in playlist.control and random.random() < 0.3:
            kind = random.choice(["YES", "v2"])
            await self._check_delta(uri, base + query, kind, before, playlist)
        return playlist

    async def _check_delta(
        self, uri: str, url: str, kind: str, before: m3u8.Media, whole: m3u8.Media
    ) -> None:
        delta = await self._playlist(uri, f"{url}&_HLS_skip={kind}")
        if delta.skip is None:
            if len(whole.segments) * whole.target > 3 * float(whole.control["CAN-SKIP-UNTIL"]):
                self._find("skip", uri, f"_HLS_skip={kind} was answered with a whole playlist")
            return
        self.report.deltas += 1
        try:
            merged = merge(delta, before)
        except NotMergeable as error:
            self._find("skip", uri, str(error))
            return
        shared = [s for s in merged if s.msn <= whole.segments[-1].msn and s.uri]
        listed = {s.msn: s for s in whole.segments if s.uri}
        for segment in shared:
            same = listed.get(segment.msn)
            if same and (same.uri, same.duration) != (segment.uri, segment.duration):
                self._find("skip", uri, f"merged {segment.uri} differs from the whole playlist")
        behind = sum(s.duration for s in delta.segments)
        if behind < float(delta.control["CAN-SKIP-UNTIL"]) - delta.target:
            self._find("skip", uri, f"only {behind:.1f} s are left behind the skip")
        if kind == "v2" and "RECENTLY-REMOVED-DATERANGES" not in delta.skip:
            self._find("skip", uri, "v2 without RECENTLY-REMOVED-DATERANGES")

    async def _fetch_new(
        self,
        base: str,
        track: Track,
        before: m3u8.Media,
        playlist: m3u8.Media,
        first: tuple[int, int],
        peak_bps: int | None,
    ) -> None:
        """Fetch what the reload brought: parts, then each segment that became whole."""
        for segment in playlist.segments:
            if segment.msn < before.last[0]:
                continue
            for index, part in enumerate(segment.parts):
                if (segment.msn, index) > before.last:
                    body = await self._media(base, part.uri)
                    self.report.parts += 1
                    self._take(track.part(segment, index, part, body))
            was_growing = (segment.msn, len(segment.parts) - 1) > before.last
            if segment.uri and was_growing and segment.msn > first[0]:
                track.end_segment(segment.msn)
                body = await self._media(base, segment.uri)
                self.report.segments += 1
                self._take(track.segment(segment, body, peak_bps))
            elif segment.uri and was_growing:
                track.end_segment(segment.msn)

    async def _probe(self, uri: str, base: str, playlist: m3u8.Media) -> None:
        """What a server must refuse, and what it must hold."""
        msn, _ = playlist.last
        for query, wanted in (
            ("?_HLS_part=0", 400),
            (f"?_HLS_msn={msn + 10}", 400),
            (f"?_HLS_msn={max(0, playlist.sequence - 5)}&_HLS_part=0", 200),
        ):
            status, _, _ = await self._get(base + query, wanted=())
            if status != wanted:
                self._find("directives", uri, f"{query} was answered {status}, not {wanted}")
        hint = playlist.hints[0]["URI"] if playlist.hints else None
        if hint is not None:
            status, headers, held = await self._get(urljoin(base, hint))
            self._check_headers(uri, headers)
            _, _, again = await self._get(urljoin(base, hint))
            if held != again or not held:
                self._find("hint", uri, f"{hint} was answered {status} and changed afterwards")

    def _check_cadence(
        self, uri: str, gap_s: float, before: m3u8.Media, playlist: m3u8.Media
    ) -> None:
        limit = (playlist.part_target or 1) + _CADENCE_SLACK_S
        if gap_s > limit and playlist.last > before.last and not playlist.has_ended:
            self._find("cadence", uri, f"{gap_s:.2f} s between two parts, {limit:.2f} s at most")

    def _check_reports(self, uri: str, base: str, p: m3u8.Media, others: set[str]) -> None:
        """A report for every other rendition, by relative URI, no further behind than one part."""
        if p.has_ended:
            return
        wanted = {urljoin(self._url, other) for other in others}
        seen = {urljoin(base, report["URI"]) for report in p.reports}
        if seen != wanted:
            self._find("reports", uri, f"reports are for {sorted(seen)}, not {sorted(wanted)}")
        for report in p.reports:
            if "://" in report["URI"]:
                self._find("reports", uri, f"{report['URI']} is not relative")
            place = int(report["LAST-MSN"]), int(report["LAST-PART"])
            if abs(place[0] - p.last[0]) > 1:
                self._find("reports", uri, f"{report['URI']} stands at {place}, we at {p.last}")

    def _check_headers(self, where: str, headers: dict[str, str]) -> None:
        if headers.get("access-control-allow-origin") != "*":
            self._find("cors", where, "no Access-Control-Allow-Origin: *")
        if "max-age" not in headers.get("cache-control", ""):
            self._find("cache", where, f"Cache-Control is {headers.get('cache-control')}")

    async def _playlist(self, uri: str, url: str) -> m3u8.Media:
        _, headers, body = await self._get(url)
        text = body.decode()
        playlist = m3u8.parse_media(text)
        self.report.playlists += 1
        if playlist.skip is None:
            self.report.texts.append(text)
        self._check_headers(uri, headers)
        if headers.get("content-encoding") != "gzip":
            self._find("gzip (10.1)", uri, "the playlist is not compressed")
        if headers.get("content-type") != "application/vnd.apple.mpegurl":
            self._find("content-type", uri, str(headers.get("content-type")))
        self._take(check_media(uri, playlist))
        return playlist

    async def _media(self, base: str, uri: str) -> bytes:
        _, _, body = await self._get(urljoin(base, uri))
        return body

    async def _get(
        self, url: str, wanted: tuple[int, ...] = (200,), **more: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Any status if `wanted` is empty; else tried again while the server is away."""
        while True:
            try:
                async with self._session.get(url, headers=_GZIP | more) as answer:
                    body = await answer.read()
                    headers = {key.lower(): value for key, value in answer.headers.items()}
                    if not wanted or answer.status in wanted:
                        return answer.status, headers, body
                    if answer.status < 500:
                        raise AssertionError(f"{url} was answered {answer.status}")
            except (aiohttp.ClientError, ConnectionError):
                pass
            self.report.interruptions += 1
            if time.monotonic() > self._until + 10:
                raise AssertionError(f"{url} does not answer")
            await asyncio.sleep(_RETRY_S)


def _following(playlist: m3u8.Media) -> tuple[int, int]:
    msn, index = playlist.last
    return (msn + 1, 0) if playlist.segments[-1].uri else (msn, index + 1)

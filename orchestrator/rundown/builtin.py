"""What every rundown has without writing it: slot defaults, six kinds, four layouts. Pure data.

A file's own kind of the same name is laid over the built-in one; its own layout replaces it.
"""

from __future__ import annotations

FILE = "built in"
"""What problems call this text where a file's name stands."""

TEXT = """
defaults:
  flex: none
  priority: 5
  drop: never
  mode: live
  end: auto
  transition: mix 600ms
  not_ready: {wait: 0, then: start}
  health: {loss: 1.5s, freeze: 20s, black: 10s, silence: 30s, back_after: 10s}
  preroll: 60s
  arm: 15s
  setup: 0
  checks: [feed, sound]

kinds:
  surgery:
    duration: 45m
    flex: {shrink: 10m, grow: 15m}
    priority: 9
    end: ask
    not_ready: {wait: 3m, then: standby}
    scene: {layout: full, main: .headset}
    health: {freeze: 60s, black: off, silence: off}
    graphics: [{use: lower-third, who: surgeon, at: 8s, for: 10s}]
    checks: [feed, sound, sync, fallback, consent, site-ready]
  panel:
    duration: 30m
    flex: {shrink: 10m, grow: 5m}
    scene: {layout: full, main: .main}
    graphics:
      - {use: lower-third, who: host, at: 6s, for: 8s}
      - {use: lower-third, who: guests, at: 40s, for: 8s}
  interview:
    duration: 12m
    flex: {shrink: 4m, grow: 3m}
    priority: 4
    drop: allowed
    scene: {layout: full, main: .main}
    graphics: [{use: lower-third, who: guests, at: 10s, for: 8s}]
    not_ready: {wait: 1m, then: skip}
  video:
    duration: 25m
    priority: 3
    drop: allowed
    mode: recorded
    scene: {layout: full}
    fallback: {main: [slate.event]}
  break:
    title: Break
    duration: 10m
    flex: {shrink: 10m, grow: 20m}
    priority: 1
    drop: allowed
    scene: {layout: full, main: slate.event}
    graphics: [{use: next-up}]
  handover:
    duration: 5m
    flex: {shrink: 3m, grow: 2m}
    priority: 7
    scene: {layout: full, main: .main}
    graphics: [{use: lower-third, who: host, at: 5s, for: 8s}]

layouts:
  full: {main: [0, 0, 1, 1]}
  pip: {main: [0, 0, 1, 1], inset: [0.70, 0.66, 0.27, 0.27]}
  duo: {main: [0, 0.14, 0.5, 0.72], inset: [0.5, 0.14, 0.5, 0.72]}
  quad:
    main: [0, 0, 0.5, 0.5]
    inset: [0.5, 0, 0.5, 0.5]
    third: [0, 0.5, 0.5, 0.5]
    fourth: [0.5, 0.5, 0.5, 0.5]
"""

GRAPHICS = ("lower-third", "next-up", "clock", "message", "countdown")
"""Built-in graphics a cue may use. The badge is drawn by itself, from a slot's mode."""

BADGE = "badge"
ROLES = ("host", "guests", "surgeon")
CHECKS = ("feed", "sound", "sync", "fallback", "consent", "site-ready", "clip", "guest")
FEED_KINDS = ("srt", "rtmp", "url", "whip", "hololens", "file", "still", "synthetic")
LADDER = ("720p", "480p", "360p")
RENDITIONS = {"1080p": 1080, "720p": 720, "540p": 540, "480p": 480, "360p": 360, "180p": 180}
"""Names and heights; the media side has the same list (a test compares them)."""

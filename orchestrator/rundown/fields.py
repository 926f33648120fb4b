"""The names of all fields, record by record. Pure data, shared with the JSON Schema."""

from __future__ import annotations

TOP = (
    "version",
    "include",
    "event",
    "programme",
    "defaults",
    "kinds",
    "patterns",
    "people",
    "contacts",
    "sites",
    "layouts",
    "graphics",
    "clips",
    "rundown",
    "standby",
    "outputs",
    "shifts",
)
EVENT = ("id", "title", "timezone", "start", "duration", "languages", "audience")
PROGRAMME = ("size", "fps", "delay", "loudness", "peak")
SLOT = (
    "id",
    "title",
    "kind",
    "site",
    "notes",
    "start",
    "end",
    "duration",
    "flex",
    "priority",
    "drop",
    "mode",
    "scene",
    "shots",
    "graphics",
    "audio",
    "transition",
    "fallback",
    "not_ready",
    "standby",
    "people",
    "language",
    "audience",
    "consent",
    "health",
    "preroll",
    "arm",
    "setup",
    "checks",
    "outputs",
    "was",
)
OWN = frozenset({"id", "was"})
"""Fields that only a slot itself can have."""
NOT_IN_DEFAULTS = (
    "id",
    "title",
    "start",
    "end",
    "site",
    "people",
    "consent",
    "was",
)
NOT_IN_KIND = OWN | {"start", "kind"}
NOT_IN_PATTERN = OWN | {"start"}
NOT_IN_STANDBY = frozenset({"start"})
BLOCK = ("block", "budget")
ROTATION = ("rotation", "defaults", "rows", "between")
ROW = ("site", "as", "start", "slot")
START = ("at", "slip", "after")
FLEX = ("shrink", "grow")
NOT_READY = ("wait", "then")
HEALTH = ("loss", "freeze", "black", "silence", "back_after")
SHOT = ("at", "id", "layout", "places", "audio", "transition")
CUE = ("use", "who", "data", "at", "for", "every")
PERSON = ("name", "native", "role", "languages", "site", "zone", "pronounce")
SITE = ("title", "city", "timezone", "staffed", "feeds", "slate", "comms")
FEED = ("passphrase", "latency", "av_offset", "trim")
PLACE = ("box", "fit", "crop", "border")
GRAPHIC = ("template", "defaults")
CLIP = ("file", "in", "out", "loop", "title", "consent")
OUTPUTS = ("hls", "push", "record")
HLS = ("window", "dvr", "ladder", "audience")
PUSH = ("url", "backup", "handover", "then", "audience", "ladder")
RECORD = ("each", "keep", "clean", "audience", "ladder")
SHIFT = ("from", "to", "desk", "sound")

NOT_PLACES = frozenset({"layout", "at", "for", "id", "transition", "audio", "places"})
"""Words a place cannot be called, because scenes and shots use them."""

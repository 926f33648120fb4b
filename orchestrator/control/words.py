"""The word table: every word the desk and the gate know, who may say it, and what it takes.

Data only. Command line, API and screens are made from it, so that no route and no button exists
without a rule. One word, one effect (DESK §2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from orchestrator.control.roles import Area, Role

Kind = Literal["text", "flag", "number", "table", "gain", "length", "list"]


@dataclass(frozen=True, slots=True)
class Field:
    """One argument. A `table` maps names (places, ticks) to texts or gains."""

    name: str
    kind: Kind = "text"
    is_required: bool = False
    choices: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """One word. Safety words go to the gate first and are journalled afterwards (D1)."""

    name: str
    area: Area
    least: Role
    effect: str
    fields: tuple[Field, ...] = ()
    is_safety: bool = False
    needs_reason: bool = False
    own_site: bool = False
    """A site may say it, about itself only."""
    is_undone: bool = False
    """U takes it back (D3)."""
    sees: tuple[str, ...] = ()
    """The versions it should carry in `saw`: preview, plan, sound, graphics (D4)."""


STAGES = ("invited", "opened", "mic-ok", "waiting")
"""Of a guest, in order: has the link, has opened it, is heard, waits to be put on."""

_SLOT = Field("slot", about="id of a slot; the one on air if not given")
_A_SLOT = Field("slot", is_required=True, about="id of a slot")
_FEED = Field("feed", is_required=True, about="site.feed")
_SITE = Field("site", about="id of a site; everything if not given")
_A_SITE = Field("site", is_required=True, about="id of a site")
_ON = Field("on", "flag", about="false takes it off again")
_SCENE = (
    Field("source", about="one source, full frame"),
    Field("layout", about="a layout; the one there if not given"),
    Field("places", "table", about="place: source"),
    Field("audio", "table", about="place: gain"),
    Field("transition", about="cut, mix 600ms, wipe left 1s, push up 1s"),
)
_END = (
    _SLOT,
    Field("by", "length", about="a length: 10m, 90s"),
    Field("to", about="or a time on the event's clock: 18:05"),
)
_P, _S, _G = Area.PICTURE, Area.SOUND, Area.GRAPHICS
_OPERATOR, _PRODUCER, _OF_SITE = Role.OPERATOR, Role.PRODUCER, Role.SITE

_TABLE = (
    # picture
    Word("preview", _P, _OPERATOR, "choose what TAKE would put on air; its sources are decoded",
         _SCENE, is_undone=True, sees=("preview",)),
    Word("layout", _P, _OPERATOR, "another layout in the preview",
         (Field("layout", is_required=True),), is_undone=True, sees=("preview",)),
    Word("source", _P, _OPERATOR, "another source in a place of the preview",
         (Field("place", is_required=True), Field("source", is_required=True)),
         is_undone=True, sees=("preview",)),
    Word("transition", _P, _OPERATOR, "how TAKE will bring the preview in",
         (Field("transition", is_required=True),), is_undone=True, sees=("preview",)),
    Word("take", _P, _OPERATOR, "the preview, or the scene named, goes on air",
         (*_SCENE, Field("until", choices=("slot", "released"))),
         is_undone=True, sees=("preview",)),
    Word("release", _P, _OPERATOR, "drop what was taken; the schedule's picture comes back",
         is_undone=True),
    Word("safe", _P, _OPERATOR, "the studio full frame, sound up, graphics out", is_undone=True),
    Word("quarantine", _P, _OPERATOR, "this feed is not shown until it is let back",
         (_FEED, _ON), is_undone=True),
    Word("latch", _P, _OPERATOR, "stay on the stand-in for this slot, even if the feed comes back",
         (_FEED, _ON), is_undone=True),
    Word("stand-in", _P, _OPERATOR, "shown in a slot in place of a guest who is not there",
         (_A_SLOT, Field("source", about="nobody, if not given")), is_undone=True),
    # plan
    Word("next", _P, _OPERATOR, "leave this slot now, start the next one", is_undone=True,
         sees=("plan",)),
    Word("stay", _P, _OPERATOR, "this slot does not end by itself", (_SLOT, _ON), is_undone=True,
         sees=("plan",)),
    Word("extend", _P, _OPERATOR, "a new end, by a length or to a time", _END, is_undone=True,
         sees=("plan",)),
    Word("shorten", _P, _OPERATOR, "an earlier end, by a length or to a time", _END,
         is_undone=True, sees=("plan",)),
    Word("end", _P, _OPERATOR, "decide the end of a slot that asks for it",
         (_SLOT, Field("to")), is_undone=True, sees=("plan",)),
    Word("skip", _P, _OPERATOR, "a slot to come will not play; it can be inserted later",
         (_A_SLOT, _ON, Field("after", about="put off: a card asks for it after this slot")),
         is_undone=True, sees=("plan",)),
    Word("insert", _P, _OPERATOR, "play an item of the standby shelf now",
         (Field("item", is_required=True, about="of the shelf, or a skipped slot"),
          Field("resume", "flag", about="the interrupted slot goes on afterwards"),
          Field("for", "length", about="how long; its own length if not given")),
         is_undone=True, sees=("plan",)),
    Word("rundown", Area.PLAN, _PRODUCER, "take the changed file over",
         (Field("digest", is_required=True, about="of the difference that was shown"),),
         sees=("plan",)),
    Word("revert", Area.PLAN, _PRODUCER, "go back to an earlier version of the rundown",
         (Field("version", "number", is_required=True),), sees=("plan",)),
    # sites
    Word("ready", Area.SITES, _OF_SITE, "the site is ready, by its page or by phone",
         (_A_SLOT, Field("join", "flag", about="leave the standby now and go to it"),
          Field("by", choices=("site", "phone"))), own_site=True),
    Word("not-ready", Area.SITES, _OF_SITE, "the site is not ready: wait, then what",
         (_A_SLOT, Field("wait", "length"),
          Field("then", choices=("standby", "skip", "start", "ask"))), own_site=True),
    Word("guest", Area.SITES, _OPERATOR, "how far a guest has come",
         (Field("person", is_required=True, about="id of a person"),
          Field("stage", is_required=True, choices=STAGES))),
    Word("message", Area.SITES, _OF_SITE, "a message between desk and site, with a read mark",
         (_A_SITE, Field("text", is_required=True)), own_site=True),
    Word("read", Area.SITES, _OF_SITE, "a message has been read",
         (Field("message", "number", is_required=True),), own_site=True),
    # sound
    Word("gain", _S, _OPERATOR, "a feed's own trim; it stays with the feed",
         (_FEED, Field("gain", "gain"), Field("by", "gain", about="or a change: +1 dB")),
         is_undone=True, sees=("sound",)),
    Word("match", _S, _OPERATOR, "bring a feed to the programme's loudness over two seconds",
         (_FEED,), is_undone=True, sees=("sound",)),
    Word("fader", _S, _OPERATOR, "the gain of a place on air, until the slot ends",
         (Field("place", is_required=True), Field("gain", "gain"), Field("by", "gain")),
         is_undone=True, sees=("sound",)),
    Word("mute", _S, _OPERATOR, "no sound from a place on air",
         (Field("place", is_required=True), _ON), is_undone=True, sees=("sound",)),
    Word("solo", _S, _OPERATOR, "decode this feed's sound for listening; never on air",
         (_FEED, _ON)),
    # graphics
    Word("graphic", _G, _OPERATOR, "a graphic in",
         (Field("use", is_required=True, about="id of a graphic"),
          Field("who", about="a person, or a role of the slot"), Field("data", "table"),
          Field("for", "length")), is_undone=True, sees=("graphics",)),
    Word("graphic-preview", _G, _OPERATOR, "a graphic in the composed preview, not on air; the "
         "last that went out, if none is named",
         (Field("use"), Field("who"), Field("data", "table"), Field("for", "length"), _ON)),
    Word("graphic-out", _G, _OPERATOR, "one graphic out", (Field("key", is_required=True),),
         is_undone=True, sees=("graphics",)),
    Word("graphics-out", _G, _OPERATOR, "all graphics out now", is_undone=True),
    Word("graphics-again", _G, _OPERATOR, "what went out last comes in again", is_undone=True),
    Word("person", _G, _OPERATOR, "correct what graphics say about a person, from now on",
         (Field("id", is_required=True), Field("name"), Field("native"), Field("role")),
         is_undone=True),
    # outputs
    Word("output", Area.OUTPUTS, _OPERATOR, "an output on or off, or on its backup address",
         (Field("output", is_required=True), _ON, Field("backup", "flag"))),
    # the desk itself
    Word("undo", Area.DESK, _OPERATOR, "take back one's own last act, after naming it",
         (Field("seq", "number", about="the act that was named"),)),
    Word("lock", Area.DESK, _OPERATOR, "take an area; from somebody else only with a reason",
         (Field("area", is_required=True, choices=("picture", "sound", "graphics")),)),
    Word("unlock", Area.DESK, _OPERATOR, "give an area back",
         (Field("area", is_required=True, choices=("picture", "sound", "graphics")),)),
    Word("ack", Area.DESK, _OPERATOR, "an incident is seen, and whose it is",
         (Field("incident", is_required=True),)),
    Word("note", Area.DESK, _OPERATOR, "a line for the log and for the next shift",
         (Field("text", is_required=True),)),
    Word("handover", Area.DESK, _OPERATOR, "offer the desk to somebody, with the form",
         (Field("to", is_required=True),)),
    Word("accept", Area.DESK, _OPERATOR, "take the desk over, each open item ticked",
         (Field("ticks", "list", is_required=True), Field("from", about="who vanished"))),
    Word("refuse", Area.DESK, _OPERATOR, "say no to the desk that is offered to one; who has it "
         "keeps it, and is told"),
    # safety
    Word("blank", Area.SAFETY, _OPERATOR, "slate to everybody; recording and programme go on",
         is_safety=True),
    Word("unblank", Area.SAFETY, _OPERATOR, "show the programme again", is_safety=True),
    Word("hide", Area.SAFETY, _OF_SITE, "a site's feeds are not shown to anybody", (_A_SITE,),
         is_safety=True, own_site=True),
    Word("unhide", Area.SAFETY, _OF_SITE, "a site's feeds may be shown again", (_A_SITE,),
         is_safety=True, own_site=True),
    Word("privacy", Area.SAFETY, _OF_SITE, "slate, destroy what is unpublished, quarantine",
         (_SITE, Field("look_back_s", "number", about="also take back what was public")),
         is_safety=True, own_site=True),
    Word("restore-ask", Area.SAFETY, _OPERATOR, "begin to end PRIVACY: a one-time link for a "
         "second person", (_SITE,), is_safety=True),
    Word("restore", Area.SAFETY, _OF_SITE, "end PRIVACY with the second person's token",
         (Field("token", is_required=True),), is_safety=True),
    Word("stop", Area.SAFETY, _PRODUCER, "the event ends", is_safety=True, needs_reason=True),
)  # fmt: skip

WORDS: Mapping[str, Word] = {word.name: word for word in _TABLE}

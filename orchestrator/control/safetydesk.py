"""Safety words from a signed-in person to the gate, and the restore by two persons (D1, D10).

On control's loop. The gate is asked over its own socket and acts before anything is written; it
writes down itself what it did. A restore needs a second person with a one-time token: it is given
out once, lives ten minutes, and only its hash is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from orchestrator.bus.lines import json_of
from orchestrator.bus.tree import LiveTree
from orchestrator.control.roles import Role
from orchestrator.control.wish import Wish, unknown
from orchestrator.errors import CommandRejected
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import spoken
from orchestrator.timing import NS, Clock

_PATIENCE_S = 2.0
_LIVES_NS = 600 * NS
_MOST = 16
_SECOND = (Role.SITE, Role.PRODUCER, Role.SAFETY, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants PRIVACY to end; a second person must say so too."""

    author: str
    site: str
    at_ns: int


class SafetyDesk:
    def __init__(self, live: LiveTree, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._asked: dict[str, Asked] = {}

    async def act(self, wish: Wish, show: Show) -> dict[str, Any]:
        """The gate's answer, with a sentence. Raises CommandRejected."""
        if wish.verb == "restore-ask":
            return self._ask_second(wish, show)
        if wish.verb == "restore":
            return await self._restore(wish)
        wish.only("site", "look_back_s")
        site = self._site(wish, show)
        if wish.verb in ("hide", "unhide") and not site:
            raise CommandRejected("malformed", f"{wish.verb} which site?")
        more: dict[str, Any] = {"site": site} if site else {}
        if wish.verb == "privacy" and wish.args.get("look_back_s"):
            more["look_back_s"] = wish.args["look_back_s"]
        if wish.verb == "stop" and not wish.reason:
            raise CommandRejected("reason-needed", "STOP ends the event for everybody: say why")
        if wish.dry:
            return {"ok": True, "text": f"{wish.verb.upper()} {site}".strip(), "moves": []}
        answer = await self._gate(wish.verb, wish.author, wish.reason, **more)
        if wish.verb == "privacy" and not more.get("look_back_s"):
            answer["text"] += f"; {_until_then(show)}"
        return answer

    def asked(self) -> tuple[Asked, ...]:
        """Restores that wait for a second person."""
        self._forget()
        return tuple(self._asked.values())

    def _ask_second(self, wish: Wish, show: Show) -> dict[str, Any]:
        wish.only("site")
        self._forget()
        if len(self._asked) >= _MOST:
            raise CommandRejected("busy", "too many restores wait for a second person")
        site = self._site(wish, show)
        if wish.dry:
            return {"ok": True, "text": f"RESTORE {site}: a second person is asked", "moves": []}
        token = secrets.token_urlsafe(24)
        self._asked[_hash(token)] = Asked(wish.author, site, self._clock.now_ns())
        return {
            "ok": True,
            "token": token,
            "expires_s": _LIVES_NS // NS,
            "text": f"RESTORE {site or 'everything'}: give this to a second person; it works once",
            "moves": [],
        }

    async def _restore(self, wish: Wish) -> dict[str, Any]:
        wish.only("token")
        self._forget()
        digest = _hash(wish.text("token"))
        asked = self._asked.get(digest)
        if asked is None:
            raise CommandRejected("no-such-token", "this link is used up, too old, or never was")
        if asked.author == wish.author:
            raise CommandRejected("second-person", "it takes two: somebody else must open the link")
        if not wish.is_known:
            raise CommandRejected(
                "second-person",
                "a name on the command line proves nobody: the second person signs in and opens "
                "the link",
            )
        if wish.role not in _SECOND or (wish.site and wish.site != asked.site):
            raise CommandRejected(
                "second-person", "the second person is of the site, a producer, or of safety"
            )
        if wish.dry:
            return {"ok": True, "text": f"RESTORE {asked.site}".strip(), "moves": []}
        more = {"site": asked.site, "second": wish.author}
        answer = await self._gate("restore", asked.author, wish.reason, **more)
        self._asked.pop(digest, None)  # it may have grown too old, or two have pressed at once
        return answer

    def _site(self, wish: Wish, show: Show) -> str:
        sites = show.resolved.sites
        site = wish.text("site")
        if wish.site:
            if site not in ("", wish.site):
                raise CommandRejected("forbidden", "a site acts on itself alone")
            return wish.site
        if site and site not in sites:
            raise unknown("unknown-site", "site", site, tuple(sites))
        return site

    async def _gate(self, act: str, author: str, reason: str, **more: Any) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                token = self._live.gate_token.read_text().strip()
                request = {"token": token, "act": act, "author": author, "reason": reason} | more
                reader, writer = await asyncio.open_unix_connection(str(self._live.gate_socket))
                try:
                    writer.write(json_of(request) + b"\n")  # the gate reads 4 KiB
                    answer = json.loads(await reader.readline())
                finally:
                    writer.close()
        except (OSError, TimeoutError, ValueError) as error:
            raise CommandRejected(
                "gate", f"the gate does not answer; press again ({error})"
            ) from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            refused = answer if isinstance(answer, dict) else {}
            raise CommandRejected(
                str(refused.get("code", "gate")), str(refused.get("why", "the gate refused"))
            )
        return answer | {"text": _sentence(act, answer, more), "moves": []}

    def _forget(self) -> None:
        late_ns = self._clock.now_ns() - _LIVES_NS
        self._asked = {key: one for key, one in self._asked.items() if one.at_ns > late_ns}


def _sentence(act: str, answer: dict[str, Any], more: dict[str, Any]) -> str:
    about = f" {more['site']}" if more.get("site") else ""
    text = f"{act.upper()}{about} from segment {answer.get('msn')}, part {answer.get('index')}"
    if act == "privacy" and more.get("look_back_s"):
        public_s = answer.get("public_s") or 0
        was = f"{public_s:g} s of it WERE public" if answer.get("was_public") else (
            "nothing of it was public"
        )  # fmt: skip
        text += f"; {was}"
    return text


def _until_then(show: Show) -> str:
    """What the public saw before PRIVACY without a look-back: as much as the delay let through."""
    programme = show.resolved.programme
    if programme.delay:
        return f"nothing of the last {spoken(programme.delay, programme.fps)} was public"
    return "there is no delay: what was seen until then WAS public"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

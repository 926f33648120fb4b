"""Orders that move nothing in the day: gains, feeds kept away, stand-ins, preview, graphics, STOP.

Pure. Each takes an epoch and gives the next one, with the same line-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.decided import Epoch, StandIn, Trim, cause_of
from orchestrator.rundown.overlays import OVERLAY_VERBS


def gain(epoch: Epoch, order: Order, trims_db: Mapping[str, float]) -> Epoch:
    """A feed's own trim; `trims_db` are those of the file."""
    feed = str(order.args.get("feed", ""))
    to_db = float(order.args.get("trim_db", 0.0))
    known = epoch.decided.trims.get(feed)
    from_db = trims_db.get(feed, 0.0) if known is None else known.at(order.n)
    trim = Trim(from_db, to_db, order.n, max(0, int(order.args.get("frames", 0))))
    trims = dict(epoch.decided.trims) | {feed: trim}
    return replace(epoch, decided=replace(epoch.decided, trims=trims))


def _quarantine(epoch: Epoch, order: Order) -> Epoch:
    """PRIVACY takes a site's feeds away; RESTORE gives them back (without a site: all)."""
    site = str(order.args.get("site") or "")
    quarantined = epoch.decided.quarantined
    if order.verb is Verb.PRIVACY:
        quarantined = quarantined | ({site} if site else set())
    else:
        quarantined = quarantined - {site} if site else frozenset()
    return replace(epoch, decided=replace(epoch.decided, quarantined=quarantined))


def _hide(epoch: Epoch, order: Order) -> Epoch:
    hidden = _switched(epoch.decided.hidden, order, "site", on=order.verb is Verb.HIDE)
    return replace(epoch, decided=replace(epoch.decided, hidden=hidden))


def _feed_out(epoch: Epoch, order: Order) -> Epoch:
    out = _switched(epoch.decided.feeds_out, order, "feed", on=order.args.get("on", True))
    return replace(epoch, decided=replace(epoch.decided, feeds_out=out))


def _latch(epoch: Epoch, order: Order) -> Epoch:
    feed = str(order.args.get("feed", ""))
    latched = {name: run for name, run in epoch.decided.latched.items() if name != feed}
    i = epoch.day.index_at(order.n)
    if order.args.get("on", True) and i >= 0:
        latched[feed] = (epoch.day.runs[i].place, epoch.day.runs[i].start_n)
    return replace(epoch, decided=replace(epoch.decided, latched=latched))


def _stand_in(epoch: Epoch, order: Order) -> Epoch:
    slot, source = str(order.args["slot"]), str(order.args.get("source") or "")
    chosen = {name: one for name, one in epoch.decided.stand_ins.items() if name != slot}
    if source:
        chosen[slot] = StandIn(source, cause_of(order, "stand-in"))
    return replace(epoch, decided=replace(epoch.decided, stand_ins=chosen))


def _preview(epoch: Epoch, order: Order) -> Epoch:
    sources = frozenset(map(str, dict(order.args.get("places") or {}).values()))
    return replace(epoch, decided=replace(epoch.decided, previewed=sources))


def _solo(epoch: Epoch, order: Order) -> Epoch:
    solos = {one for one in epoch.decided.solos if one[0] != order.author}
    if order.args.get("on", True):
        solos.add((order.author, str(order.args.get("feed", ""))))
    return replace(epoch, decided=replace(epoch.decided, solos=frozenset(solos)))


def _overlay(epoch: Epoch, order: Order) -> Epoch:
    i = epoch.day.index_at(order.n)
    run = (epoch.day.runs[i].place, epoch.day.runs[i].start_n) if i >= 0 else (-1, -1)
    overlays = epoch.decided.overlays.after(order, run)
    return replace(epoch, decided=replace(epoch.decided, overlays=overlays))


def _stop(epoch: Epoch, order: Order) -> Epoch:
    return replace(epoch, decided=replace(epoch.decided, stopped=cause_of(order, "stop")))


def _switched(names: frozenset[str], order: Order, key: str, *, on: Any) -> frozenset[str]:
    name = str(order.args.get(key) or "")
    if on:
        return names | {name}
    return names - {name} if name else frozenset()


UNMOVED: Mapping[Verb, Callable[[Epoch, Order], Epoch]] = {
    Verb.PRIVACY: _quarantine,
    Verb.RESTORE: _quarantine,
    Verb.HIDE: _hide,
    Verb.UNHIDE: _hide,
    Verb.QUARANTINE: _feed_out,
    Verb.LATCH: _latch,
    Verb.STAND_IN: _stand_in,
    Verb.PREVIEW: _preview,
    Verb.SOLO: _solo,
    Verb.STOP: _stop,
    **dict.fromkeys(OVERLAY_VERBS, _overlay),
}

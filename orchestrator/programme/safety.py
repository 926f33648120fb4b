"""What was done at the gate, as far as the programme has to act on it. Tick thread.

PRIVACY of a site quarantines its feeds, HIDE takes them away: they count as dead until RESTORE or
UNHIDE, so that the picture under the gate's slate is one that can be shown.
"""

from __future__ import annotations

import logging

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineFollower
from orchestrator.bus.tree import LiveTree

log = logging.getLogger(__name__)


class Quarantine:
    """The sites whose feeds must not be used: quarantined by PRIVACY, or hidden by HIDE."""

    def __init__(self, tree: LiveTree) -> None:
        self._follower = LineFollower(tree.decisions, only=b'"act"')
        self._quarantined: frozenset[str] = frozenset()
        self._hidden: frozenset[str] = frozenset()

    @property
    def sites(self) -> frozenset[str]:
        return self._quarantined | self._hidden

    def follow(self) -> bool:
        """Read what is new; True if `sites` has changed."""
        before = self.sites
        for record in self._follower.read():
            try:
                act = SafetyAct.of(record)
                self._quarantined = after(self._quarantined, act)
                self._hidden = after_hiding(self._hidden, act)
            except (KeyError, ValueError, TypeError) as error:
                log.error("this is no safety act: %s (%s)", record, error)
        return self.sites != before


def after(sites: frozenset[str], act: SafetyAct) -> frozenset[str]:
    """The quarantined sites once `act` holds. RESTORE without a site restores them all."""
    if act.act == "privacy" and act.site:
        return sites | {act.site}
    if act.act == "restore":
        return sites - {act.site} if act.site else frozenset()
    return sites


def after_hiding(sites: frozenset[str], act: SafetyAct) -> frozenset[str]:
    """The hidden sites once `act` holds."""
    if act.act == "hide":
        return sites | {act.site}
    return sites - {act.site} if act.act == "unhide" else sites

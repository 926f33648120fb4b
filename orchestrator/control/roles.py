"""Who may do what: the six roles, and the few sets of them that every rule is made of. Pure.

Roles are no ladder. `safety` may look, blank and cut, and nothing else; `site` sees and touches its
own site and nothing else; `producer` may do what an operator may, and end the event.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"  # looks at everything, touches nothing
    SITE = "site"  # one hospital: its own tally, READY, PRIVACY
    OPERATOR = "operator"  # the desk
    PRODUCER = "producer"  # the desk, the running order of the day, the end of the event
    SAFETY = "safety"  # may cut, nothing else
    ADMIN = "admin"  # everything, and who the others are


Roles = frozenset[Role]

EVERYONE: Roles = frozenset(Role)
"""Whoever has signed in, sites too."""
WATCH: Roles = EVERYONE - {Role.SITE}
SITES: Roles = frozenset({Role.SITE})
OPERATE: Roles = frozenset({Role.OPERATOR, Role.PRODUCER, Role.ADMIN})
PRODUCE: Roles = frozenset({Role.PRODUCER, Role.ADMIN})
ADMINISTER: Roles = frozenset({Role.ADMIN})
READY: Roles = OPERATE | SITES
"""Who may say that a site is ready: the site, or the desk when it was told by phone."""
BLANK: Roles = OPERATE | {Role.SAFETY}
CUT: Roles = OPERATE | {Role.SAFETY, Role.SITE}
"""PRIVACY: everyone who can see a patient (DESK §2). A site cuts itself only."""

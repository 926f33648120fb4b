"""Who may press what: the roles of DESK §2 and the areas that are locked one by one. Pure."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """From least to most; `safety` stands apart: it may cut, and nothing else."""

    VIEWER = "viewer"
    SITE = "site"
    OPERATOR = "operator"
    PRODUCER = "producer"
    SAFETY = "safety"
    ADMIN = "admin"


_RANK = {
    Role.VIEWER: 0,
    Role.SITE: 1,
    Role.SAFETY: 1,
    Role.OPERATOR: 2,
    Role.PRODUCER: 3,
    Role.ADMIN: 4,
}


class Area(StrEnum):
    """What a word acts on. Picture, sound and graphics can be locked; safety never can."""

    PICTURE = "picture"
    SOUND = "sound"
    GRAPHICS = "graphics"
    PLAN = "plan"
    SITES = "sites"
    OUTPUTS = "outputs"
    DESK = "desk"
    SAFETY = "safety"


LOCKED_AREAS = (Area.PICTURE, Area.SOUND, Area.GRAPHICS)


def may(role: Role, least: Role, *, is_safety: bool) -> bool:
    """Whether `role` may use a word that asks for `least`. Safety only ever cuts."""
    if role is Role.SAFETY:
        return is_safety and _RANK[least] <= _RANK[Role.SITE]
    return _RANK[role] >= _RANK[least]

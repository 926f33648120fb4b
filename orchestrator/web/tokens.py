"""The administrator's routes for the ways in of programs and sites: tokens and links.

On control's loop. A token is told once, to who asked for it, and only its hash is kept.
"""

from __future__ import annotations

from aiohttp import web

from orchestrator.control import people
from orchestrator.control.accounts import Kind, new_token
from orchestrator.control.roles import Role
from orchestrator.errors import CommandRejected
from orchestrator.web.acts import Done, change, done, note
from orchestrator.web.adminshapes import NewSiteLink, NewToken, TokenId
from orchestrator.web.console import body_as, console
from orchestrator.web.people import proper, sites, spoken, utc


async def add(request: web.Request) -> web.Response:
    """POST {name, role, site, hours}: for a program."""
    desk, body = console(request), await body_as(request, NewToken)

    async def act() -> Done:
        role, name = Role(body.role), proper(body.name)
        people.check_site(role, body.site, sites(desk))
        until_s = int(desk.now_s) + body.hours * 3600
        secret, token = new_token(Kind.API, name, role, until_s, body.site)
        await change(desk, lambda book: people.with_token(book, token))
        note(request, "token added", name=name, role=role.value, until=utc(until_s))
        return Done(f"{name} may act as {role.value} until {spoken(until_s)}", secret)

    return await done(request, body, act)


async def site_link(request: web.Request) -> web.Response:
    """POST {site, name, hours}: the link of a site's page."""
    desk, body = console(request), await body_as(request, NewSiteLink)

    async def act() -> Done:
        people.check_site(Role.SITE, body.site, sites(desk))
        name = proper(body.name or f"site-{body.site}"[:32])
        until_s = int(desk.now_s) + body.hours * 3600
        secret, token = new_token(Kind.SITE, name, Role.SITE, until_s, body.site)
        await change(desk, lambda book: people.with_token(book, token))
        note(request, "token added", name=name, role="site", site=body.site, until=utc(until_s))
        return Done(
            f"{name} opens the page of {body.site} until {spoken(until_s)}", f"/site#{secret}"
        )

    return await done(request, body, act)


async def revoke(request: web.Request) -> web.Response:
    """POST {id}: out at once, with every session it opened."""
    desk, body = console(request), await body_as(request, TokenId)

    async def act() -> Done:
        known = desk.accounts.book().tokens.get(body.id)
        await change(desk, lambda book: people.revoked(book, body.id))
        if known is None:
            raise CommandRejected("unknown-token", "this token is not there any more")
        note(request, "token revoked", name=known.name)
        return Done(f"{known.name} is out")

    return await done(request, body, act)

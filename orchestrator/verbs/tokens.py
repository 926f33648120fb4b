"""`orchestrator token add|list|revoke|site-link|guest-link`: ways in without a password.

A token is printed once, on standard output, and kept only as its hash.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.control.accounts import Kind, check_name
from orchestrator.control.roles import Role
from orchestrator.errors import ConfigError, StartError
from orchestrator.timing import NS, MachineClock
from orchestrator.verbs.people import Name, Part, Site, check_site, note, open_accounts
from orchestrator.verbs.running import DEFAULT_STATE, Running, State

_DAY_S = 86_400
_LONGEST_S = 400 * _DAY_S
Expires = Annotated[str, typer.Option(help="How long it is good: 36h, 30d.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Ways in for programs, sites and guests.", no_args_is_help=True)
    group.command()(add)
    group.command("list")(list_tokens)
    group.command()(revoke)
    group.command("site-link")(site_link)
    group.command("guest-link")(guest_link)
    app.add_typer(group, name="token")


def add(
    name: Name,
    role: Part = Role.VIEWER,
    site: Site = "",
    expires: Expires = "30d",
    state: State = DEFAULT_STATE,
) -> None:
    """A token for a program: it sends `Authorization: Bearer TOKEN`."""
    check_name(name)
    check_site(role, site)
    _check_known(site, state)
    until_s = _now_s() + _span_s(expires)
    text = open_accounts(state).mint(Kind.API, name, role, until_s, site)
    note(state, "token added", name=name, role=role.value, until=_at(until_s))
    typer.echo(f"{name} may act as {role.value} until {_at(until_s)}; shown this once:", err=True)
    typer.echo(text)


def list_tokens(state: State = DEFAULT_STATE) -> None:
    """Every token and link, without its secret."""
    tokens = sorted(open_accounts(state).book().tokens.values(), key=lambda one: one.name)
    now_s = _now_s()
    for one in tokens:
        over = " (over)" if one.expires_s <= now_s else ""
        line = f"{one.id} {one.kind.value:<6} {one.name:<32} {one.role.value:<9} {one.site:<12}"
        typer.echo(f"{line} until {_at(one.expires_s)}{over}")
    if not tokens:
        typer.echo("none; orchestrator token add NAME --role viewer")


def revoke(
    which: Annotated[str, typer.Argument(help="Its name or its id.")], state: State = DEFAULT_STATE
) -> None:
    """Out at once, with every session it opened."""
    token = open_accounts(state).revoke(which)
    note(state, "token revoked", name=token.name)
    typer.echo(f"{token.name} is out")


def site_link(
    site: Annotated[str, typer.Argument(help="Id of the site.")],
    name: Annotated[str, typer.Option(help="In the journal; site-SITE if not given.")] = "",
    expires: Expires = "48h",
    base: Annotated[str, typer.Option(help="Address of the desk as the site reaches it.")] = "",
    state: State = DEFAULT_STATE,
) -> None:
    """The link of a site's page; who has it can say READY and HIDE for that site alone."""
    _check_known(site, state)
    where = (base or _control(state)).rstrip("/")
    name = check_name(name or f"site-{site}")
    until_s = _now_s() + _span_s(expires)
    text = open_accounts(state).mint(Kind.SITE, name, Role.SITE, until_s, site)
    note(state, "token added", name=name, role="site", until=_at(until_s))
    typer.echo(f"for {site} until {_at(until_s)}; give it to nobody else:", err=True)
    typer.echo(f"{where}/site#{text}")


def guest_link(
    person: Annotated[str, typer.Argument(help="Id of the guest, as in the rundown's people.")],
    name: Annotated[str, typer.Option(help="In the journal; guest-PERSON if not given.")] = "",
    expires: Expires = "48h",
    base: Annotated[str, typer.Option(help="Address of the desk as the guest reaches it.")] = "",
    state: State = DEFAULT_STATE,
) -> None:
    """The link of a guest's page: their times, their microphone, and that they are waiting."""
    _check_known(person, state, "people", "person")
    where = (base or _control(state)).rstrip("/")
    name = check_name(name or f"guest-{person}"[:32])
    until_s = _now_s() + _span_s(expires)
    accounts = open_accounts(state)
    text = accounts.mint(Kind.GUEST, name, Role.SITE, until_s, person=person)
    note(state, "token added", name=name, guest=person, until=_at(until_s))
    typer.echo(f"for {person} until {_at(until_s)}; give it to nobody else:", err=True)
    typer.echo(f"{where}/guest#{text}")


def _control(state: Path) -> str:
    try:
        return Running.find(state).control
    except StartError:
        raise ConfigError(
            "no event runs here, so say where the site will find the desk: "
            "--base https://desk.example.org"
        ) from None


def _check_known(name: str, state: Path, table: str = "sites", what: str = "site") -> None:
    """A site or person of the event that runs; of one that does not run yet, any."""
    if not name:
        return
    try:
        snapshot = json.loads(Running.find(state).live.snapshot.read_bytes())
        known = sorted(snapshot[table])
    except (StartError, OSError, ValueError, KeyError):
        return
    if name not in known:
        raise ConfigError(f"there is no {what} {name!r}; there are {', '.join(known)}")


def _span_s(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    seconds = {"h": 3600, "d": _DAY_S, "m": 60}.get(unit)
    if seconds is None or not number.isdecimal() or not 0 < int(number) * seconds <= _LONGEST_S:
        raise ConfigError(f"{text!r} is no length of time; write 90m, 36h or 30d (at most 400d)")
    return int(number) * seconds


def _now_s() -> int:
    return MachineClock().now_ns() // NS


def _at(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%MZ}"

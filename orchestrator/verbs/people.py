"""`orchestrator user add|list|remove|passwd`: who may sit at the desk.

A password is asked for, or read from the first line of standard input; it is never an argument,
which every user of the machine could read.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.bus.tree import StateFolder
from orchestrator.control.accounts import Account, Accounts, check_name
from orchestrator.control.audit import Audit
from orchestrator.control.roles import Role
from orchestrator.errors import ConfigError
from orchestrator.timing import MachineClock
from orchestrator.verbs.running import DEFAULT_STATE, State, author

Name = Annotated[str, typer.Argument(help="As it will stand in the journal.")]
Part = Annotated[Role, typer.Option(help="What this one may do.")]
Site = Annotated[str, typer.Option(help="With role site: of which site.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Who may sign in at the control port.", no_args_is_help=True)
    group.command()(add)
    group.command("list")(list_users)
    group.command()(remove)
    group.command()(passwd)
    app.add_typer(group, name="user")


def add(
    name: Name, role: Part = Role.OPERATOR, site: Site = "", state: State = DEFAULT_STATE
) -> None:
    """Add somebody; the password is asked for, or the first line of standard input."""
    from orchestrator.control.passwords import hashed

    check_name(name)
    check_site(role, site)
    accounts = open_accounts(state)
    if accounts.book().is_taken(name):
        raise ConfigError(f"{name} is taken; passwd changes a password, remove makes room")
    accounts.put(Account(name, role, site, hashed(_password(name), name)))
    note(state, "user added", name=name, role=role.value)
    typer.echo(f"{name} may sign in as {role.value}{f' of {site}' if site else ''}")


def list_users(state: State = DEFAULT_STATE) -> None:
    """Everybody, by role."""
    users = sorted(open_accounts(state).book().users.values(), key=lambda one: one.name)
    for one in users:
        typer.echo(f"{one.name:<32} {one.role.value:<9} {one.site}".rstrip())
    if not users:
        typer.echo("nobody yet; orchestrator user add NAME --role admin")


def remove(name: Name, state: State = DEFAULT_STATE) -> None:
    """Somebody is out at once, whatever they have open."""
    accounts = open_accounts(state)
    accounts.remove(name)
    note(state, "user removed", name=name)
    typer.echo(f"{name} is out")
    if not accounts.book().admins():
        typer.echo("there is no administrator left: the next start prints a link for one")


def passwd(name: Name, state: State = DEFAULT_STATE) -> None:
    """Another password; sessions with the old one are over."""
    from orchestrator.control.passwords import hashed

    accounts = open_accounts(state)
    account = accounts.book().users.get(name)
    if account is None:
        raise ConfigError(f"there is no user {name!r}; orchestrator user list")
    stored = hashed(_password(name), name)
    accounts.put(Account(account.name, account.role, account.site, stored))
    note(state, "password changed", name=name)
    typer.echo(f"{name} has another password; whoever was signed in as {name} is out")


def check_site(role: Role, site: str) -> None:
    """Raises ConfigError: a site's own people are of one site, and nobody else is."""
    if role is Role.SITE and not site:
        raise ConfigError("of which site? --site london")
    if role is not Role.SITE and site:
        raise ConfigError(f"--site is for --role site; a {role.value} is of no site")


def open_accounts(state: Path) -> Accounts:
    """Also before the first start. Raises ConfigError."""
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{state}: {error.strerror}") from error
    return Accounts(StateFolder(state).users)


def note(state: Path, what: str, **more: object) -> None:
    """Into the audit, with who did it at which terminal."""
    Audit(StateFolder(state).audit, MachineClock()).note(what, **more, by=author())


def _password(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"password for {name}: ")
    if getpass.getpass("the same again: ") != first:
        raise ConfigError("these were two different ones; nothing has changed")
    return first

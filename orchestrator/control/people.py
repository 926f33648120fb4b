"""Administering who may come in: the rules of adding, changing and removing people. Pure.

Each rule makes the next book of the present one, or refuses with a sentence. Nobody shuts the house
up by accident: the last administrator who can sign in stays one, and nobody removes or demotes
himself. (Who has the machine can always do both, by the command line.)
"""

from __future__ import annotations

from dataclasses import replace

from orchestrator.control.accounts import Account, Book, Kind, Token
from orchestrator.control.roles import Role
from orchestrator.errors import CommandRejected

MOST_PEOPLE = 500
MOST_TOKENS = 1000


def added(book: Book, account: Account) -> Book:
    """Somebody new."""
    if book.is_taken(account.name):
        raise CommandRejected(
            "taken", f"{account.name} is taken; who did what must stay clear: choose another name"
        )
    if len(book.users) >= MOST_PEOPLE:
        raise CommandRejected("too-many", f"{MOST_PEOPLE} people are in the book; remove some")
    return replace(book, users={**book.users, account.name: account})


def with_role(book: Book, name: str, role: Role, site: str, stamp: str, by: str) -> Book:
    """Another role, or another site; who was signed in has to sign in again."""
    account = _known(book, name)
    if (account.role, account.site) == (role, site):
        raise CommandRejected("no-change", f"{name} is {_spoken(role, site)} already")
    if account.role is Role.ADMIN:
        if name == by:
            raise CommandRejected(
                "oneself", "you would take your own role away: let another administrator do it"
            )
        _keep_an_admin(book, name, "make somebody else an administrator first")
    changed = replace(account, role=role, site=site, stamp=stamp)
    return replace(book, users={**book.users, name: changed})


def with_password(book: Book, name: str, stored: str, stamp: str) -> Book:
    """Another password, which is known to who set it; an open invitation is void."""
    changed = replace(_known(book, name), password=stored, stamp=stamp)
    users = {**book.users, name: changed}
    return replace(book, users=users, tokens=book.without_invitation(name))


def removed(book: Book, name: str, by: str) -> Book:
    """Somebody is out at once, with every session and invitation."""
    account = _known(book, name)
    if name == by:
        raise CommandRejected(
            "oneself", "you would remove yourself: let another administrator do it"
        )
    if account.role is Role.ADMIN:
        _keep_an_admin(book, name, "make somebody else an administrator first")
    kept = {key: one for key, one in book.users.items() if key != name}
    return replace(book, users=kept, tokens=book.without_invitation(name))


def signed_out(book: Book, name: str, stamp: str) -> Book:
    """Every session of somebody is over; the password stays good."""
    return replace(book, users={**book.users, name: replace(_known(book, name), stamp=stamp)})


def invited(book: Book, token: Token) -> Book:
    """The person whose name the link bears may choose a password by it. An older link is void."""
    _known(book, token.name)
    kept = book.without_invitation(token.name)
    return replace(book, tokens={**kept, token.id: token})


def accepted(book: Book, token: Token, stored: str, stamp: str) -> Book:
    """The link was used, and is used up."""
    if token.id not in book.tokens or token.name not in book.users:
        raise CommandRejected("used", "this link was used or withdrawn; ask for a new one")
    return with_password(book, token.name, stored, stamp)


def with_token(book: Book, token: Token) -> Book:
    """A way in for a program, a site or a guest."""
    if book.is_taken(token.name):
        raise CommandRejected(
            "taken", f"{token.name} is taken; who did what must stay clear: choose another name"
        )
    if len(book.tokens) >= MOST_TOKENS:
        raise CommandRejected("too-many", f"there are {MOST_TOKENS} tokens; revoke old ones")
    return replace(book, tokens={**book.tokens, token.id: token})


def revoked(book: Book, token_id: str) -> Book:
    """By its id. Sessions that were opened with it are over."""
    token = book.tokens.get(token_id)
    if token is None or token.kind is Kind.FIRST:
        raise CommandRejected("unknown-token", "this token is not there any more")
    return replace(book, tokens={k: one for k, one in book.tokens.items() if k != token_id})


def check_site(role: Role, site: str, known: frozenset[str]) -> None:
    """A site's own people are of one site of the rundown, and nobody else is of any."""
    if role is Role.SITE and site not in known:
        there = ", ".join(sorted(known))
        raise CommandRejected("unknown-site", f"of which site? There are {there}")
    if role is not Role.SITE and site:
        raise CommandRejected("unknown-site", f"a {role.value} is of no site: leave it empty")


def _known(book: Book, name: str) -> Account:
    account = book.users.get(name)
    if account is None:
        raise CommandRejected("unknown-user", f"there is no {name[:40]!r}; look at the list again")
    return account


def _keep_an_admin(book: Book, without: str, instead: str) -> None:
    """Who was invited and has not chosen a password yet cannot sign in, and does not count."""
    if not any(name != without and book.users[name].password for name in book.admins()):
        raise CommandRejected(
            "last-admin", f"{without} is the last administrator who can sign in: {instead}"
        )


def _spoken(role: Role, site: str) -> str:
    return f"{role.value} of {site}" if site else role.value

"""The rules of adding, changing and removing who may come in."""

from __future__ import annotations

import pytest

from orchestrator.control import people
from orchestrator.control.accounts import Account, Book, Kind, Token
from orchestrator.control.roles import Role
from orchestrator.errors import CommandRejected

ANA = Account("ana", Role.ADMIN, password="x", stamp="1")
MEI = Account("mei", Role.ADMIN, password="x", stamp="1")
TOM = Account("tom", Role.OPERATOR, password="x", stamp="1")
FRESH = "2"


def book(*accounts: Account, tokens: tuple[Token, ...] = ()) -> Book:
    return Book({one.name: one for one in accounts}, {one.id: one for one in tokens})


def invitation(name: str, id_: str = "i1") -> Token:
    return Token(id_, Kind.INVITE, name, Role.OPERATOR, 10)


def code_of(refused: pytest.ExceptionInfo[CommandRejected]) -> str:
    return refused.value.code


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_the_last_administrator_stays_one(role: Role) -> None:
    with pytest.raises(CommandRejected, match="last administrator") as refused:
        people.with_role(book(ANA, TOM), "ana", role, "", FRESH, "a-token")
    assert code_of(refused) == "last-admin"

    with pytest.raises(CommandRejected, match="make somebody else an administrator") as refused:
        people.removed(book(ANA, TOM), "ana", "a-token")
    assert code_of(refused) == "last-admin"


def test_an_administrator_who_cannot_sign_in_yet_is_no_other_one() -> None:
    invited = Account("mei", Role.ADMIN)

    with pytest.raises(CommandRejected) as refused:
        people.removed(book(ANA, invited), "ana", "mei")

    assert code_of(refused) == "last-admin"
    assert "mei" not in people.removed(book(ANA, invited), "mei", "ana").users


def test_nobody_removes_or_demotes_himself() -> None:
    two = book(ANA, MEI)
    with pytest.raises(CommandRejected, match="another administrator") as refused:
        people.removed(two, "ana", "ana")
    assert code_of(refused) == "oneself"
    with pytest.raises(CommandRejected, match="another administrator") as refused:
        people.with_role(two, "ana", Role.VIEWER, "", FRESH, "ana")
    assert code_of(refused) == "oneself"

    assert list(people.removed(two, "ana", "mei").users) == ["mei"]
    assert people.with_role(two, "ana", Role.VIEWER, "", FRESH, "mei").admins() == ["mei"]


def test_another_role_or_password_or_signing_out_ends_every_session() -> None:
    before = book(ANA, TOM)
    for after in (
        people.with_role(before, "tom", Role.PRODUCER, "", FRESH, "ana"),
        people.with_password(before, "tom", "y", FRESH),
        people.signed_out(before, "tom", FRESH),
    ):
        assert after.users["tom"].stamp == FRESH
        assert after.users["ana"] == ANA


def test_the_same_role_again_changes_nothing_and_ends_no_session() -> None:
    with pytest.raises(CommandRejected, match="is operator already"):
        people.with_role(book(ANA, TOM), "tom", Role.OPERATOR, "", FRESH, "ana")


def test_a_name_is_given_once_whatever_its_case() -> None:
    box = Token("t1", Kind.API, "Box", Role.VIEWER, 10)
    for name in ("TOM", "box"):
        with pytest.raises(CommandRejected, match="is taken"):
            people.added(book(TOM, tokens=(box,)), Account(name, Role.VIEWER))
    with pytest.raises(CommandRejected, match="is taken"):
        people.with_token(book(TOM), Token("t2", Kind.API, "Tom", Role.VIEWER, 10))


def test_a_newer_invitation_voids_the_older_and_a_used_one_is_used_up() -> None:
    kim = Account("kim", Role.OPERATOR)
    first, second = invitation("kim", "i1"), invitation("kim", "i2")
    twice = people.invited(people.invited(book(ANA, kim), first), second)
    assert list(twice.tokens) == ["i2"]
    with pytest.raises(CommandRejected, match="used or withdrawn"):
        people.accepted(twice, first, "x", FRESH)

    after = people.accepted(twice, second, "x", FRESH)

    assert (after.users["kim"].password, dict(after.tokens)) == ("x", {})
    with pytest.raises(CommandRejected, match="used or withdrawn"):
        people.accepted(after, second, "y", FRESH)


def test_who_is_removed_leaves_no_invitation_behind() -> None:
    with_it = people.invited(book(ANA, TOM), invitation("tom"))
    assert dict(people.removed(with_it, "tom", "ana").tokens) == {}
    assert dict(people.with_password(with_it, "tom", "y", FRESH).tokens) == {}


def test_the_first_link_is_not_revoked_by_the_way() -> None:
    first = Token("f1", Kind.FIRST, "first-start", Role.ADMIN, 10)
    with pytest.raises(CommandRejected, match="not there any more"):
        people.revoked(book(tokens=(first,)), "f1")


def test_the_book_is_bounded() -> None:
    full = book(*(Account(f"user{i}", Role.VIEWER) for i in range(people.MOST_PEOPLE)))
    with pytest.raises(CommandRejected) as refused:
        people.added(full, TOM)
    assert code_of(refused) == "too-many"


@pytest.mark.parametrize(
    ("role", "site", "is_right"),
    [
        (Role.SITE, "london", True),
        (Role.SITE, "", False),
        (Role.SITE, "atlantis", False),
        (Role.VIEWER, "london", False),
        (Role.VIEWER, "", True),
    ],
)
def test_only_a_sites_own_people_are_of_a_site_and_of_one_there_is(
    role: Role, site: str, is_right: bool
) -> None:
    known = frozenset({"london", "studio"})
    if is_right:
        people.check_site(role, site, known)
    else:
        with pytest.raises(CommandRejected) as refused:
            people.check_site(role, site, known)
        assert code_of(refused) == "unknown-site"

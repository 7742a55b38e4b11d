"""Users, sessions, keys and attempts on every database: what is kept, what ends, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from evenhand.errors import ConflictError, DataError, MissingError, RefusedError
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.identity import (
    Allowance,
    Passwords,
    TooManyError,
    User,
    add_user,
    begin_attempt,
    change_user,
    check_attempts,
    check_password,
    check_roles,
    close_session,
    create_key,
    drop_ended_sessions,
    find_key,
    find_session,
    find_user,
    get_key,
    list_keys,
    list_users,
    open_session,
    renew_hash,
    revoke_key,
    rotate_key,
    set_password,
    succeed,
    touch_key,
    touch_session,
)
from evenhand.registry.tables import audit, events, sessions

CHEAP = Passwords(8, 1)
GOOD = "correct horse battery staple"
HOUR = timedelta(hours=1)
SCOPES = {"users:read", "keys:read"}


@pytest.fixture
def eve(database: Database, ann: Actor, now: datetime) -> User:
    with database.writing() as connection:
        return add_user(connection, "eve", roles=["reviewer"], password=GOOD, passwords=CHEAP, actor=ann, now=now)


def make_key(database: Database, ann: Actor, now: datetime, life: timedelta = HOUR) -> str:
    with database.writing() as connection:
        text, _ = create_key(
            connection, "eve", name="x", scopes=["users:read"], permitted=SCOPES, life=life, actor=ann, now=now
        )
    return text


# ----------------------------------------------------------------------------------------------------- users


def test_a_user_is_read_as_it_was_made(database: Database, eve: User, now: datetime) -> None:
    with database.reading() as connection:
        assert find_user(connection, "eve") == eve
        assert list_users(connection) == [eve]
    assert (eve.display, eve.roles, eve.disabled, eve.created_at) == ("eve", ("reviewer",), False, now)
    assert CHEAP.matches(eve.password_hash, GOOD)


def test_a_name_is_never_given_twice(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    with pytest.raises(ConflictError, match="is taken"), database.writing() as connection:
        add_user(connection, "eve", roles=["auditor"], actor=ann, now=now)


@pytest.mark.parametrize("name", ["", "Eve", "eve smith", "-eve", "é", "a" * 64, "a/b", "eve\n"])
def test_a_name_is_plain(name: str, database: Database, ann: Actor, now: datetime) -> None:
    with pytest.raises(DataError, match="no name for a user"), database.writing() as connection:
        add_user(connection, name, roles=["auditor"], actor=ann, now=now)


def test_roles_are_known_and_a_service_has_no_other() -> None:
    assert check_roles(["auditor", "reviewer", "auditor"]) == ("reviewer", "auditor")
    with pytest.raises(DataError, match="did you mean reviewer"):
        check_roles(["reveiwer"])
    with pytest.raises(DataError, match="no role is given"):
        check_roles([])
    with pytest.raises(DataError, match="stands alone"):
        check_roles(["service", "reviewer"])


def test_a_change_that_changes_nothing_writes_nothing(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        before = len(connection.execute(select(audit)).all())
        assert change_user(connection, "eve", display="eve", roles=["reviewer"], actor=ann, now=now) == eve
        assert len(connection.execute(select(audit)).all()) == before


def test_every_change_writes_one_row_and_one_event(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        change_user(connection, "eve", disabled=True, actor=ann, now=now)
        set_password(connection, "eve", "another good long one", passwords=CHEAP, actor=ann, now=now)
        rows = connection.execute(select(audit.c.action).order_by(audit.c.sequence)).scalars().all()
        told = connection.execute(select(events.c.kind).order_by(events.c.id)).scalars().all()
    assert rows == told == ["user.add", "user.change", "user.set_password"]


def test_who_becomes_a_service_loses_the_password(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        change_user(connection, "eve", roles=["service"], actor=ann, now=now)
        assert find_user(connection, "eve").password_hash is None
    with pytest.raises(DataError, match="a service has no password"), database.writing() as connection:
        set_password(connection, "eve", GOOD, passwords=CHEAP, actor=ann, now=now)


def test_of_two_administrators_who_shut_each_other_out_one_stays(database: Database, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        for name in ("bo", "cy"):
            add_user(connection, name, roles=["administrator"], actor=ann, now=now)

    def shut_out(name: str) -> str:
        try:
            with database.writing() as connection:
                change_user(connection, name, disabled=True, actor=ann, now=now)
        except ConflictError:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(shut_out, ("bo", "cy"))) == ["done", "refused"]


# ------------------------------------------------------------------------------------------------- passwords


def test_a_password_is_the_same_from_every_keyboard() -> None:
    composed, decomposed = "Käsebrötchen-2026", "Ka\u0308sebro\u0308tchen-2026"
    assert CHEAP.matches(CHEAP.hash(composed), decomposed)


def test_the_cost_of_a_hash_is_kept_in_it_and_a_cheaper_one_is_outdated() -> None:
    kept = CHEAP.hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert not CHEAP.outdated(kept)
    assert Passwords(16, 1).outdated(kept)
    assert "m=19456,t=2,p=1" in Passwords().hash(GOOD)


@pytest.mark.parametrize("kept", [None, "", "plain", "$argon2id$broken"])
def test_nothing_matches_what_is_no_hash(kept: str | None) -> None:
    assert not CHEAP.matches(kept, GOOD)
    assert not CHEAP.matches(kept, "nobody's password")


@pytest.mark.parametrize("password", [GOOD, "eve-correct-horse-battery", "x" * 8 + "abcd"])
def test_a_good_password_is_taken(password: str) -> None:
    assert check_password(password, name="eve") == password


def test_a_hash_is_renewed_only_while_it_is_the_one_that_was_compared(
    database: Database, eve: User, ann: Actor, now: datetime
) -> None:
    with database.writing() as connection:
        changed = set_password(connection, "eve", "another good long one", passwords=CHEAP, actor=ann, now=now)
        renew_hash(connection, eve, CHEAP.hash(GOOD))
        assert find_user(connection, "eve").password_hash == changed.password_hash


# -------------------------------------------------------------------------------------------------- sessions


def test_a_session_lives_from_log_in_to_log_out(database: Database, eve: User, now: datetime) -> None:
    with database.writing() as connection:
        token, session = open_session(connection, eve, life=HOUR, now=now)
        assert find_session(connection, token, idle=HOUR, now=now) == session
        assert find_session(connection, token + "x", idle=HOUR, now=now) is None
        close_session(connection, session, now=now)
        assert find_session(connection, token, idle=HOUR, now=now) is None


@pytest.mark.parametrize(
    ("minutes", "alive"), [(0, True), (29, True), (30, False), (59, False), (60, False), (-60, True)]
)
def test_a_session_ends_by_the_clock(minutes: int, alive: bool, database: Database, eve: User, now: datetime) -> None:
    with database.writing() as connection:
        token, _ = open_session(connection, eve, life=HOUR, now=now)
        later = now + timedelta(minutes=minutes)
        assert (find_session(connection, token, idle=HOUR / 2, now=later) is not None) is alive


def test_use_prolongs_a_session_but_not_its_life(database: Database, eve: User, now: datetime) -> None:
    with database.writing() as connection:
        token, session = open_session(connection, eve, life=HOUR, now=now)
        touch_session(connection, session, now=now + HOUR * 0.9)
        touch_session(connection, session, now=now)  # a clock that jumped back
        assert find_session(connection, token, idle=HOUR / 2, now=now + HOUR * 0.99) is not None
        assert find_session(connection, token, idle=HOUR / 2, now=now + HOUR) is None


@pytest.mark.parametrize("change", [{"disabled": True}, {"roles": ["auditor"]}])
def test_sessions_end_with_what_they_stood_on(
    change: dict[str, object], database: Database, eve: User, ann: Actor, now: datetime
) -> None:
    with database.writing() as connection:
        token, _ = open_session(connection, eve, life=HOUR, now=now)
        change_user(connection, "eve", **change, actor=ann, now=now)  # type: ignore[arg-type]  # one of two
        assert find_session(connection, token, idle=HOUR, now=now) is None


def test_sessions_that_ended_are_dropped_and_others_stay(database: Database, eve: User, now: datetime) -> None:
    with database.writing() as connection:
        open_session(connection, eve, life=HOUR, now=now)
        _, young = open_session(connection, eve, life=HOUR, now=now + HOUR / 2)
        drop_ended_sessions(connection, idle=HOUR, now=now + HOUR)
        assert connection.execute(select(sessions.c.token_hash)).scalars().all() == [young.token_hash]


# ------------------------------------------------------------------------------------------------------ keys


def test_a_key_opens_for_its_owner(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    text = make_key(database, ann, now)
    with database.reading() as connection:
        found = find_key(connection, text, now=now)
        assert found is not None
        assert found[1] == eve
        assert found[0].scopes == ("users:read",)
        assert list_keys(connection, owner="eve") == list_keys(connection) == [found[0]]
        assert list_keys(connection, owner="bo") == []
        for wrong in ("", "evh_", text[:-1], text + "A", text.upper(), text.replace("_", "-"), f"{text}\n"):
            assert find_key(connection, wrong, now=now) is None, wrong


def test_a_key_ends_by_the_clock_by_hand_and_with_its_owner(
    database: Database, eve: User, ann: Actor, now: datetime
) -> None:
    timed, revoked, owned = (make_key(database, ann, now) for _ in range(3))
    with database.writing() as connection:
        assert find_key(connection, timed, now=now + HOUR * 0.99) is not None
        assert find_key(connection, timed, now=now + HOUR) is None
        once = revoke_key(connection, revoked.split("_")[1], actor=ann, now=now)
        assert revoke_key(connection, once.id, actor=ann, now=now + HOUR).revoked_at == now
        assert find_key(connection, revoked, now=now) is None
        change_user(connection, "eve", disabled=True, actor=ann, now=now)
        assert find_key(connection, owned, now=now) is None
    with pytest.raises(ConflictError, match="shut out"):
        make_key(database, ann, now)


def test_rotation_never_prolongs_the_old_key(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    text = make_key(database, ann, now)
    with database.writing() as connection:
        new, key = rotate_key(connection, text.split("_")[1], grace=24 * HOUR, life=HOUR * 2, actor=ann, now=now)
        assert get_key(connection, text.split("_")[1]).expires_at == now + HOUR
        assert find_key(connection, new, now=now + HOUR) is not None
        assert (key.owner, key.name, key.scopes) == ("eve", "x", ("users:read",))
    with pytest.raises(ConflictError, match="has ended"), database.writing() as connection:
        rotate_key(connection, text.split("_")[1], grace=HOUR, life=HOUR, actor=ann, now=now + HOUR)


@pytest.mark.parametrize(
    ("scopes", "life", "error"),
    [
        (["users:write"], HOUR, RefusedError),
        ([], HOUR, DataError),
        (["users:read"], timedelta(0), DataError),
        (["users:read"], timedelta(days=4_000), DataError),
    ],
)
def test_a_key_that_cannot_be_is_not_made(
    scopes: list[str], life: timedelta, error: type[Exception], database: Database, eve: User, ann: Actor, now: datetime
) -> None:
    with pytest.raises(error), database.writing() as connection:
        create_key(connection, "eve", name="x", scopes=scopes, permitted=SCOPES, life=life, actor=ann, now=now)


def test_what_is_not_there_is_missing(database: Database, ann: Actor, now: datetime) -> None:
    wrong: list[Callable[[], object]] = []
    with database.writing() as connection:
        wrong = [
            lambda: find_user(connection, "nobody"),
            lambda: get_key(connection, "0" * 12),
            lambda: revoke_key(connection, "0" * 12, actor=ann, now=now),
            lambda: change_user(connection, "nobody", disabled=True, actor=ann, now=now),
        ]
        for call in wrong:
            with pytest.raises(MissingError):
                call()


def test_the_last_use_only_moves_forward(database: Database, eve: User, ann: Actor, now: datetime) -> None:
    id = make_key(database, ann, now).split("_")[1]
    with database.writing() as connection:
        for at in (now, now + HOUR, now):
            touch_key(connection, id, now=at)
        assert get_key(connection, id).last_used_at == now + HOUR


# -------------------------------------------------------------------------------------------------- attempts


def attempt(database: Database, now: datetime, *, name: str = "eve", address: str = "a", ok: bool = False) -> str:
    """Try once, as a log-in does, and return how it ended."""
    with database.writing() as connection:
        id = begin_attempt(connection, name=name, address=address, now=now)
    try:
        with database.reading() as connection:
            check_attempts(connection, id, allowance=Allowance(HOUR, 3, 5, 7), now=now)
    except TooManyError as error:
        return f"wait {error.retry_after}"
    if ok:
        with database.writing() as connection:
            succeed(connection, id)
    return "in" if ok else "wrong"


def test_attempts_are_counted_by_pair_by_name_and_by_address(database: Database, now: datetime) -> None:
    assert [attempt(database, now) for _ in range(4)] == ["wrong"] * 3 + ["wait 3600"]
    assert attempt(database, now, address="b") == "wrong"
    assert attempt(database, now, address="c") == "wait 3600"  # the sixth of this name
    assert [attempt(database, now, name=f"n{n}") for n in range(4)] == ["wrong"] * 3 + ["wait 3600"]


def test_whoever_waits_as_long_as_was_said_is_looked_at(database: Database, now: datetime) -> None:
    for minute in range(3):
        attempt(database, now + timedelta(minutes=minute))
    later = now + timedelta(minutes=10)
    said = attempt(database, later, ok=True)
    wait = timedelta(seconds=int(said.removeprefix("wait ")))
    assert attempt(database, later + wait, ok=True) == "in"


def test_success_starts_the_pairs_count_anew_but_not_the_names(database: Database, now: datetime) -> None:
    assert [attempt(database, now, ok=ok) for ok in (False, False, True, False, False, True)] == [
        "wrong", "wrong", "in", "wrong", "wrong", "in",
    ]  # fmt: skip
    assert attempt(database, now, address="b") == "wrong"
    assert attempt(database, now, address="b").startswith("wait")


def test_many_at_once_do_not_outrun_the_count(database: Database, now: datetime) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: attempt(database, now), range(12)))
    assert found.count("wrong") <= 3

"""Only a limited number of passwords is hashed at once, a few more wait, and others are asked to come back later."""

import threading

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, identify_hasher, make_password
from django.test import Client

from hubs.errors import Busy
from portal import hashers
from portal.hashers import AT_ONCE, PasswordHasher, Turns, turns
from tests.stack.portal import until

from .conftest import PASSWORD


@pytest.fixture
def held():
    """All turns are taken, until the test ends or calls `held.set()`."""
    free, taken = threading.Event(), []

    def hold():
        with turns.turn():
            taken.append(1)
            free.wait(60)

    threads = [threading.Thread(target=hold) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    until(lambda: len(taken) == AT_ONCE, "every turn is taken")
    yield free
    free.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def real_hasher(settings):
    settings.PASSWORD_HASHERS = ["portal.hashers.PasswordHasher", "portal.hashers.RandomSecretHasher"]


def test_at_most_the_allowed_number_is_inside_and_the_first_enters():
    """Tests structure, not time: only the allowed number is inside, and a short queue waits."""
    gate, inside, most, done = Turns(2, waiting=3, seconds=60), [], [], []
    leave = threading.Event()

    def one():
        try:
            with gate.turn():
                inside.append(1)
                most.append(len(inside))
                leave.wait(60)
                inside.pop()
            done.append("hashed")
        except Busy:
            done.append("refused")

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    until(lambda: len(done) == 12 - 5, "seven are refused at once, without waiting")
    assert set(done) == {"refused"}
    assert len(inside) == 2
    leave.set()
    for thread in threads:
        thread.join()
    assert done.count("hashed") == 5
    assert max(most) == 2


def test_a_wait_that_is_too_long_is_refused_and_leaves_the_queue():
    gate = Turns(1, waiting=1, seconds=0.01)
    with gate.turn():
        for _ in range(5):  # each leaves the queue
            with pytest.raises(Busy), gate.turn():
                pass
    with gate.turn():
        pass


def test_a_hash_that_fails_gives_its_turn_back():
    gate = Turns(1, waiting=0, seconds=0.01)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.turn():
            raise ZeroDivisionError
    with gate.turn():
        pass


def test_every_password_hash_takes_a_turn_and_is_djangos_own(settings, real_hasher):
    """As configured for production: chosen passwords are hashed in turn, and old hashes still work."""
    assert issubclass(PasswordHasher, PBKDF2PasswordHasher)
    assert PasswordHasher.algorithm == PBKDF2PasswordHasher.algorithm
    assert hashers.AT_ONCE >= 1
    before = PBKDF2PasswordHasher().encode("old words", "salt" * 6)
    assert check_password("old words", before)
    assert isinstance(identify_hasher(make_password("x")), PasswordHasher)


@pytest.mark.django_db
def test_while_sign_ins_wait_other_pages_are_answered(ines, as_, real_hasher, held):
    full = [turns._room.acquire(blocking=False) for _ in range(25 * AT_ONCE)]
    try:
        assert all(full)
        answer = Client().post("/sign-in/", {"username": "ines", "password": PASSWORD})
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) >= 1
        page = answer.content.decode()
        assert "Many people are signing in at the moment." in page
        assert 'value="ines"' in page
        change = as_(ines).post("/profile/", {"old": PASSWORD, "new": "four quiet herons wading"})
        assert "Many people are signing in at the moment." in change.content.decode()
        assert as_(ines).get("/profile/").status_code == 200, "an ordinary page does not wait"
    finally:
        for _ in full:
            turns._room.release()
    ines.refresh_from_db()
    assert ines.password.startswith("md5$"), "nothing was changed"

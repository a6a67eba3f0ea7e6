"""Password guessing is slowed by name and by address, with Redis and without; nobody can lock out another person."""

import doctest
import threading

import pytest
from django.contrib.auth import get_user

from hubs.backoff import backoff
from hubs.live import places, rate_limit
from hubs.live.counting import InMemory, InRedis
from hubs.models import KnownPlace

from .conftest import PASSWORD
from .project.redis import redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
CAMPUS, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(params=["redis", "no-redis"], autouse=True)
def counted(request, settings):
    if request.param == "no-redis":
        yield
        return
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        yield


def sign_in(browser, username="ines", password=PASSWORD, address=CAMPUS, **more):
    return browser.post("/sign-in/", {"username": username, "password": password}, REMOTE_ADDR=address, **more)


def exhaust_address(address=CAMPUS):
    """Make all wrong guesses that are free from this address, each with another name."""
    for number in range(rate_limit.MOST_OF_ADDRESS + 1):
        guess = rate_limit.Guess("password", f"somebody-{number}", address)
        assert guess.wait() == 0
        guess.failed()


def exhaust_name(name="ines"):
    """Make all wrong guesses that are free for this name, each from another network."""
    for number in range(rate_limit.MOST):
        guess = rate_limit.Guess("password", name, f"10.{number}.0.1")
        assert guess.wait() == 0
        guess.failed()


def test_many_names_from_one_address_are_slowed(ines, mia, as_):
    exhaust_address()
    sign_in(as_(None), "somebody-x", "guess")  # a single sign-in at a time
    slowed = sign_in(as_(None), "mia", "guess")
    assert slowed.status_code == 429
    assert 1 <= int(slowed["Retry-After"]) <= rate_limit.ADDRESS_LONGEST
    assert sign_in(as_(None), "mia", address=ELSEWHERE).status_code == 302


def test_many_addresses_of_one_ipv6_network_are_one(ines, as_):
    for number in range(rate_limit.MOST_OF_ADDRESS + 1):
        rate_limit.Guess("password", f"somebody-{number}", f"2001:db8::{number:x}").failed()
    sign_in(as_(None), "somebody-x", "guess", "2001:db8::ffff:1")
    assert sign_in(as_(None), "somebody-y", "guess", "2001:db8::ffff:2").status_code == 429


def test_many_addresses_against_one_name_are_slowed(ines, as_):
    exhaust_name()
    slowed = sign_in(as_(None), address=ELSEWHERE)
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) <= rate_limit.LONGEST


def test_guessing_a_name_does_not_lock_its_person_out_of_their_browser(ines, as_):
    hers = as_(None)
    assert sign_in(hers).status_code == 302
    hers.post("/sign-out/")
    exhaust_name()
    exhaust_address()
    assert sign_in(hers).status_code == 302, "a browser that she has used before"
    assert get_user(hers) == ines


def test_guessing_a_name_does_not_lock_its_person_out_of_their_usual_network(ines, as_):
    assert sign_in(as_(None)).status_code == 302
    assert KnownPlace.objects.filter(person=ines, network="198.51.100.0/24").exists()
    exhaust_name()
    assert sign_in(as_(None)).status_code == 302, "a fresh browser on her campus"
    exhaust_address()
    assert sign_in(as_(None)).status_code == 302, "also while another person there guesses names"


def test_a_campus_network_slows_guessing_of_its_own_people(ines, as_):
    sign_in(as_(None))
    exhaust_address()
    statuses = [sign_in(as_(None), password="guess").status_code for _ in range(rate_limit.MOST_CROWDED + 1)]
    assert statuses == [422] * rate_limit.MOST_CROWDED + [429]


def test_the_browsers_cookie_is_of_one_person_and_of_no_use_when_changed(ines, mia, as_):
    browser = as_(None)
    sign_in(browser)
    browser.post("/sign-out/")
    exhaust_name("mia")
    assert sign_in(browser, "mia", address=ELSEWHERE).status_code == 429, "it is Ines' browser, not Mia's"
    cookie = browser.cookies["portal-browser"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    exhaust_name()
    forged = as_(None)
    forged.cookies["portal-browser"] = cookie.value[:-2] + ("aa" if cookie.value[-2:] != "aa" else "bb")
    assert sign_in(forged, address=ELSEWHERE).status_code == 429


def test_a_stolen_cookie_has_a_counter_of_its_own(ines, as_):
    browser = as_(None)
    sign_in(browser)
    browser.post("/sign-out/")
    statuses = [sign_in(browser, password="guess").status_code for _ in range(rate_limit.MOST + 1)]
    assert statuses == [422] * rate_limit.MOST + [429]


def test_a_successful_sign_in_does_not_clear_the_address(mia, as_):
    exhaust_address()
    rate_limit.Guess("password", "mia", CAMPUS).worked()
    sign_in(as_(None), "somebody-x", "guess")
    assert sign_in(as_(None), "somebody-y", "guess").status_code == 429


def test_a_class_that_signs_in_at_once_is_not_slowed(as_):
    """Only failed sign-ins count for an address."""
    for number in range(rate_limit.MOST_OF_ADDRESS * 2):
        guess = rate_limit.Guess("password", f"student-{number}", CAMPUS)
        assert guess.wait() == 0
        guess.worked()


def test_simultaneous_guesses_are_all_counted():
    welcome, start = [], threading.Barrier(30)

    def one(number):
        start.wait()
        if not rate_limit.Guess("password", "ines", f"10.0.{number}.1").wait():
            welcome.append(number)

    threads = [threading.Thread(target=one, args=[number]) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(welcome) <= rate_limit.MOST + 1


@pytest.mark.parametrize(("over", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (50, 300), (10**6, 300)])
def test_the_wait_doubles_up_to_a_maximum(over, seconds):
    assert backoff(over, rate_limit.FIRST, rate_limit.LONGEST) == seconds


@pytest.mark.parametrize("kind", [InRedis, InMemory])
def test_both_stores_count_alike(kind, settings):
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        store = kind()
        assert store.get("a") == 0
        assert store.add("a", 60)[0] == 1
        count, left = store.add("a", 5, 3)
        assert count == 4
        assert 50 <= left <= 60, "the window began with the first"
        assert store.add("a", 60, -1)[0] == store.get("a") == 3
        assert store.take("b", 60) == 0
        assert 50 <= store.take("b", 5) <= 60
        store.drop("a", "b")
        assert store.get("a") == 0
        assert store.take("b", 60) == 0


def test_what_is_kept_in_memory_is_bounded_and_keeps_what_is_under_attack():
    store = InMemory()
    for number in range(InMemory.MOST + 500):
        store.add(f"made-up-{number}", 60)
        store.add("ines", 60)
    assert len(store) == InMemory.MOST
    assert store.get("ines") == InMemory.MOST + 500


def test_examples_in_the_code():
    assert doctest.testmod(places).failed == 0

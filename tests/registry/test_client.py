"""The registry client, with Debian's real registry: tags, digests, sizes, ages, passwords and tokens."""

from datetime import UTC, datetime

import httpx
import pytest

from hubs.outbound import Allowed, OutboundClient
from hubs.outbound.registry import Credentials, Task, ask, ask_many, image_name, known, try_password
from tests.registry.conftest import door_to
from tests.registry.server import USER


def task(address, name, tag="", credentials=None):
    return Task(image_name(f"{address}/{name}", tag), credentials)


def test_an_image_is_found_with_its_digest_size_and_age(shop, push, door):
    made = push.image("river/scipy", "2026-10", layers=(5000, 700, 1), created="2026-10-05T07:08:09.123456789Z")
    found = ask(task(shop, "river/scipy", "2026-10"), door)
    assert (found.code, found.message, found.moving, found.only_for) == ("found", "", False, "")
    assert found.digest == made["digest"]
    assert found.size == 5701
    assert found.created == datetime(2026, 10, 5, 7, 8, 9, tzinfo=UTC)
    assert found.image == f"{shop}/river/scipy:2026-10"


def test_an_index_is_read_for_the_usual_platform_with_the_digest_of_the_tag(shop, push, door):
    usual = push.image("river/many", layers=(300, 3), created="2026-01-02T00:00:00Z")
    other = push.image("river/many", layers=(9000,), architecture="arm64")
    signature = push.image("river/many", layers=(2,), architecture="unknown", os="unknown")
    rows = [(other, "linux", "arm64"), (signature, "unknown", "unknown"), (usual, "linux", "amd64")]
    made = push.index("river/many", "1.0", rows)
    found = ask(task(shop, "river/many", "1.0"), door)
    assert (found.code, found.size, found.digest, found.only_for) == ("found", 303, made["digest"], "")
    assert found.created.year == 2026


def test_an_image_for_other_platforms_is_found_and_says_so(shop, push, door):
    other = push.image("river/arm", "plain", layers=(10,), architecture="arm64")
    push.index("river/arm", "index", [(other, "linux", "arm64")])
    assert [ask(task(shop, "river/arm", tag), door).only_for for tag in ("plain", "index")] == ["arm64", "arm64"]


@pytest.mark.parametrize("created", ["", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "yesterday"])
def test_without_a_date_there_is_no_age(created, shop, push, door):
    push.image("river/undated", "1", created=created)
    found = ask(task(shop, "river/undated", "1"), door)
    assert (found.code, found.created) == ("found", None)


def test_by_digest(shop, push, door):
    made = push.image("river/pinned", "1")
    found = ask(task(shop, f"river/pinned@{made['digest']}"), door)
    assert (found.code, found.digest, found.moving) == ("found", made["digest"], False)
    assert ask(task(shop, f"river/pinned@sha256:{'0' * 64}"), door).code == "no-tag"


def test_an_unknown_tag_names_existing_ones(shop, push, door):
    for tag in ("2026-09-01", "2026-10-05", "latest"):
        push.image("river/tags", tag)
    found = ask(task(shop, "river/tags", "2026-10-06"), door)
    assert (found.code, found.missing) == ("no-tag", True)
    assert found.message == f"{shop}/river/tags has no tag 2026-10-06."
    assert found.similar[0] == "2026-10-05"


def test_an_unknown_image(shop, door):
    found = ask(task(shop, "river/nothing", "1"), door)
    assert (found.code, found.missing) == ("no-image", True)
    assert found.message == f"{shop} has no image river/nothing."


def test_a_moving_tag_is_recognised(shop, push, door):
    push.image("river/moving", "latest")
    assert ask(task(shop, "river/moving"), door).moving


def test_a_password_by_basic(safe, robot):
    door = door_to(safe)
    found = ask(task(safe, "river/private", "1"), door)
    assert (found.code, found.missing) == ("private", False)
    assert "needs a password" in found.message
    assert ask(task(safe, "river/private", "1", robot), door).found
    assert ask(task(safe, "river/private", "2", robot), door).code == "no-tag"
    wrong = ask(task(safe, "river/private", "1", Credentials(USER, "guessed", "2")), door)
    assert wrong.code == "refused"
    assert "guessed" not in wrong.message


def test_answers_are_cached_for_the_used_password_only(safe, robot):
    door = door_to(safe)
    assert ask(task(safe, "river/private", "1", robot), door).found
    assert known(task(safe, "river/private", "1", robot)).found
    assert known(task(safe, "river/private", "1")) is None
    assert known(task(safe, "river/private", "1", Credentials(USER, "other", "2"))) is None


def test_tokens_as_large_registries_have_them(tokens, robot):
    door = door_to(tokens.address, f"127.0.0.1:{tokens.port}")
    assert ask(task(tokens.address, "river/open", "1"), door).found
    assert ask(task(tokens.address, "river/open", "2"), door).code == "no-tag"
    assert ask(task(tokens.address, "river/closed", "1"), door).code == "private"
    assert ask(task(tokens.address, "river/nothing", "1"), door).code == "private"
    assert ask(task(tokens.address, "river/closed", "1", robot), door).found
    assert ask(task(tokens.address, "river/closed", "1", Credentials(USER, "guessed", "2")), door).code == "refused"


def test_address_policy_applies_to_token_servers_too(tokens):
    asked = len(tokens.asked)
    found = ask(task(tokens.address, "river/open", "1"), door_to(tokens.address))
    assert found.code == "forbidden"
    assert len(tokens.asked) == asked, "it was not called"


def test_a_password_is_tried_before_it_is_needed(safe, shop, tokens, robot):
    door = door_to(safe, shop, tokens.address, f"127.0.0.1:{tokens.port}")
    wrong = Credentials(USER, "guessed", "2")
    assert try_password(safe, robot, door) == (True, "")
    assert try_password(safe, wrong, door) == (False, "")
    assert try_password(tokens.address, robot, door) == (True, "")
    assert try_password(tokens.address, wrong, door) == (False, "")
    assert try_password("127.0.0.1:1", robot, door_to("127.0.0.1:1")) == (None, "127.0.0.1 does not answer.")


def test_an_unreachable_and_a_forbidden_registry(shop):
    assert ask(task("127.0.0.1:1", "river/x", "1"), door_to("127.0.0.1:1")).code == "away"
    found = ask(task(shop, "river/scipy", "1"), OutboundClient(Allowed()))
    assert found.code == "forbidden"
    assert "private network" in found.message


def test_an_answer_is_cached_and_a_missing_image_for_a_shorter_time(shop, push, door, time_machine):
    time_machine.move_to("2026-11-23T12:00:00Z", tick=True)
    push.image("river/cached", "1")
    assert ask(task(shop, "river/cached", "1"), door).found
    assert ask(task(shop, "river/cached", "2"), door).code == "no-tag"
    push.image("river/cached", "2")
    assert ask(task(shop, "river/cached", "2"), door).code == "no-tag"
    time_machine.shift(31)
    assert ask(task(shop, "river/cached", "2"), door).found
    nobody = OutboundClient(Allowed())
    assert ask(task(shop, "river/cached", "1"), nobody).found, "no registry was called"
    time_machine.shift(300)
    assert ask(task(shop, "river/cached", "1"), nobody).code == "forbidden"


def test_several_at_once_keep_their_order(shop, push, door):
    push.image("river/a", "1", layers=(11,))
    push.image("river/b", "1", layers=(22,))
    found = ask_many([task(shop, "river/b", "1"), task(shop, "river/none", "1"), task(shop, "river/a", "1")], door)
    assert [(one.code, one.size) for one in found] == [("found", 22), ("no-image", 0), ("found", 11)]


def test_the_real_server_follows_the_specification(shop, push):
    """Requests what the client relies on, without the client."""
    push.image("river/spec", "1")
    answer = httpx.get(f"http://{shop}/v2/river/spec/manifests/none", trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "MANIFEST_UNKNOWN")
    answer = httpx.get(f"http://{shop}/v2/river/never/tags/list", trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NAME_UNKNOWN")

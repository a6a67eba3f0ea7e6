"""Operations that pages call while people wait: the same results from all runtimes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provisioning.contract import HUB, Server, Target
from provisioning.errors import Missing, Transient
from provisioning.runtimes.memory import MemoryRuntime

from .conftest import local_place, memory_place
from .oidc import Provider
from .people import Visit
from .worlds import Place, until

Write = Callable[[Target, str], None]


@pytest.fixture(params=["memory", pytest.param("local", marks=pytest.mark.local)])
def talking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Write]]:
    """Yield an environment without a cluster, and a function with which its hub writes a log line."""
    place = memory_place() if request.param == "memory" else local_place(tmp_path)

    def in_memory(target: Target, text: str) -> None:
        place.runtime.world.hubs[target.uid].logs["hub"] = text.splitlines()

    def on_disk(target: Target, text: str) -> None:
        with (tmp_path / "hubs" / target.uid / "hub.log").open("a") as log:
            log.write(text)

    yield place, in_memory if request.param == "memory" else on_disk
    place.clean_up()


def test_a_hub_that_is_not_running_has_no_log(place: Place):
    target = place.target()
    assert place.runtime.logs(target, "hub", 50) == ""
    place.converge(place.release(target))
    place.converge(place.release(target, "suspended"))
    assert place.runtime.logs(target, "hub", 50) == ""
    assert place.runtime.logs(target, "proxy", 50) == ""


def test_the_last_lines_come_without_secrets(talking: tuple[Place, Write]):
    place, write = talking
    target = place.target()
    place.converge(place.release(target))
    token = place.secrets["portal_service_token"]
    write(target, f"one\ntwo {token}\nthree token=abc123 end\n")
    said = place.runtime.logs(target, "hub", 10_000)
    assert "one\ntwo …\nthree token=… end" in said
    assert token not in said
    assert len(place.runtime.logs(target, "hub", 2).splitlines()) == 2


def test_an_unknown_server_has_no_log_and_can_not_be_stopped(place: Place):
    target = place.target()
    place.converge(place.release(target))
    for name in ("files", "../hub", "elsewhere"):
        assert place.runtime.logs(target, name, 50) == ""
    for server in ("", "second"):
        with pytest.raises(Missing):
            place.runtime.stop_server(target, "nobody", server)


def test_one_machine_has_no_objects(talking: tuple[Place, Write]):
    place, _ = talking
    target = place.target()
    release = place.release(target)
    place.converge(release)
    assert place.runtime.plan(release) == ()
    assert place.runtime.objects(target) == ()


def test_a_pretended_hub_stops_one_server_and_no_other():
    place = memory_place()
    runtime, target = place.runtime, place.target()
    assert isinstance(runtime, MemoryRuntime)
    place.converge(place.release(target))
    mia, second, ines = Server("mia", "", True), Server("mia", "second", True), Server("ines", "", True)
    runtime.world.hubs[target.uid].servers = (mia, second, ines)
    runtime.stop_server(target, "mia", "")
    assert runtime.observe(target).servers == (second, ines)


@pytest.mark.local
def test_a_real_person_s_server_is_stopped_and_their_files_are_kept(local: Place, provider: Provider, visit: Visit):
    provider.person, provider.client_secret = "mia", local.secrets["oauth_client_secret"]
    target = local.target()
    local.converge(local.release(target, sign_in=provider.sign_in()))
    mia = visit(target, "mia")
    mia.sign_in()
    mia.start_server()
    assert [server.user for server in local.runtime.observe(target).servers or ()] == ["mia"]
    local.runtime.stop_server(target, "mia", "")
    until(lambda: local.runtime.observe(target).servers == (), why="the server is gone")
    homes = local.homes(target)
    assert homes
    assert (homes / "mia").is_dir()

    def is_gone() -> bool:
        try:
            local.runtime.stop_server(target, "mia", "")  # repeating the call while it stops is not an error
        except Missing:
            return True
        return False

    until(is_gone, why="the hub has forgotten the server")


@pytest.mark.local
def test_a_hub_that_is_down_can_not_stop_a_server(local: Place):
    target = local.target()
    local.converge(local.release(target))
    local.kill(target, HUB)
    with pytest.raises(Transient):
        local.runtime.stop_server(target, "mia", "")

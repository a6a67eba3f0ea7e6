import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from provisioning.contract import Probe, Target
from provisioning.names import namespace
from provisioning.render.kubernetes.image_probe import COMPONENT, NAME
from provisioning.runtimes.local import LocalRuntime, processes
from provisioning.runtimes.memory import MemoryRuntime, World
from tests.kubernetes.conftest import kube, kubelet, portal_kubeconfig, portal_token
from tests.kubernetes.place import kubernetes_place

from .oidc import Provider
from .people import Person, Visit
from .tiny import Tiny, render_tiny
from .worlds import Place

__all__ = ["kube", "kubelet", "portal_kubeconfig", "portal_token"]  # fixtures


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undo what JupyterHub's application does to handlers of the root logger, for later tests of this worker."""

    def ours() -> list[logging.Handler]:
        return [one for one in logging.root.handlers if not type(one).__module__.startswith("_pytest.")]

    before, level = ours(), logging.root.level
    yield
    for handler in {*ours()} - {*before}:
        logging.root.removeHandler(handler)
    for handler in before:
        logging.root.addHandler(handler)
    logging.root.setLevel(level)


def memory_place() -> Place:
    world = World()
    return Place("memory", lambda: MemoryRuntime(world), lambda target, name: world.crash(target.uid, name))


def tiny_place() -> Place:
    world = World()
    crash = lambda target, name: world.crash(target.uid, name)  # noqa: E731
    return Place("tiny", lambda: Tiny(world), crash, render=render_tiny)


def local_place(var: Path) -> Place:
    def kill(target: Target, name: str) -> None:
        victims = [r.process for r in processes.find(var.resolve(), target.uid) if r.part == name]
        assert victims
        for victim in victims:
            victim.kill()
        psutil.wait_procs(victims, timeout=5)

    return Place("local", lambda: LocalRuntime(var), kill, lambda target: var / "homes" / target.uid)


@pytest.fixture(
    params=[
        "memory",
        "tiny",
        pytest.param("local", marks=pytest.mark.local),
        pytest.param("kubernetes", marks=pytest.mark.kubernetes),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Every runtime. A new one is added only here."""
    if request.param == "kubernetes":
        ask = request.getfixturevalue
        made = kubernetes_place(ask("kube"), ask("kubelet"), ask("portal_kubeconfig"))
    else:
        made = {"memory": memory_place, "tiny": tiny_place}.get(request.param, lambda: local_place(tmp_path))()
    yield made
    made.clean_up()


@pytest.fixture
def kubelet_of(place: Place, request: pytest.FixtureRequest) -> Callable[[Probe], None]:
    """Return a function which makes the played kubelet fail to pull the image of a probe, where there is one."""

    def cannot_fetch(wanted: Probe) -> None:
        if place.name == "kubernetes":
            home = namespace(NAME, wanted.uid)
            request.getfixturevalue("kubelet").image_pull_error(home, COMPONENT)

    return cannot_fetch


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Place]:
    made = local_place(tmp_path)
    yield made
    made.clean_up()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Return `visit(target, name)`, a person with a browser of their own."""
    people: list[Person] = []

    def come(target: Target, name: str) -> Person:
        people.append(Person(target, name))
        return people[-1]

    yield come
    for person in people:
        person.browser.close()

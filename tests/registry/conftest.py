import base64

import httpx
import pytest
from django.core.cache import cache

from hubs.outbound import Allowed, OutboundClient
from hubs.outbound.registry import Credentials
from tests.registry.images import Pusher
from tests.registry.server import PASSWORD, USER, TokenServer, binary, registry, with_password


@pytest.fixture(scope="session", autouse=True)
def _there_is_a_registry_server():
    try:
        binary()
    except LookupError as error:
        pytest.fail(str(error), pytrace=False)  # `make test` installs it


@pytest.fixture(autouse=True)
def _remember_nothing():
    cache.clear()
    yield
    cache.clear()


def door_to(*addresses: str) -> OutboundClient:
    return OutboundClient(Allowed.read(f"http://{address}" for address in addresses))


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The address of a public registry."""
    with registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="session")
def push(shop):
    return Pusher(shop)


@pytest.fixture
def door(shop):
    return door_to(shop)


def basic() -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}


@pytest.fixture(scope="session")
def safe(tmp_path_factory):
    """The address of a registry behind a password, with river/private:1 in it."""
    folder = tmp_path_factory.mktemp("private")
    with registry(folder, with_password(folder)) as address:
        Pusher(address, lambda repository: basic()).image("river/private", "1")
        yield address


@pytest.fixture(scope="session")
def tokens(tmp_path_factory):
    """A token server for a registry, like large registries have: river/open:1 is public, river/closed:1 is not."""
    folder = tmp_path_factory.mktemp("tokens")
    giver = TokenServer(folder, "river/open")
    with registry(folder, giver.configuration) as address:

        def headers(repository: str) -> dict[str, str]:
            url = f"http://127.0.0.1:{giver.port}/token"
            scope = {"scope": f"repository:{repository}:pull,push"}
            token = httpx.get(url, params=scope, headers=basic(), trust_env=False).json()["token"]
            return {"Authorization": f"Bearer {token}"}

        pusher = Pusher(address, headers)
        pusher.image("river/open", "1")
        pusher.image("river/closed", "1")
        giver.address = address
        yield giver
    giver.stop()


@pytest.fixture
def robot():
    return Credentials(USER, PASSWORD, "1")

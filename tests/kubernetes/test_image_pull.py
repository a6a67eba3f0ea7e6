"""Images that are not open to everybody: the password is where the kubelet looks for it, and goes when removed."""

import base64
import json
from pathlib import Path

import pytest

from hubs.models import Hub
from hubs.services import registries
from provisioning.render.kubernetes.images import KEY, NAME

from .hub_process import HubProcess
from .place import home, settle
from .server import KubeServer
from .test_apply import changed

pytestmark = pytest.mark.kubernetes
HOST = "registry.example.org"


@pytest.mark.django_db(transaction=True)
def test_the_namespace_has_it_as_long_as_the_hub_needs_it(hub, outside):
    owner = hub.created_by
    settle(hub)
    login = registries.set_login(organization=hub.organization, by=owner, host=HOST, username="robot", password="p")
    settle(Hub.objects.get(pk=hub.pk))
    assert ("Secret", NAME) not in outside.all(hub, ["Secret"]), "its image is open to everybody"
    hub = changed(hub, image={"name": f"{HOST}/river/r", "tag": "1"})
    settle(hub)
    secret = outside.all(hub, ["Secret"])["Secret", NAME]
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    told = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    assert told == {"auths": {HOST: {"username": "robot", "password": "p"}}}
    assert secret["metadata"]["namespace"] == home(hub)
    registries.remove(login=login, by=owner, typed=HOST)
    settle(Hub.objects.select_related("organization", "cluster", "revision").get(pk=hub.pk))
    assert ("Secret", NAME) not in outside.all(hub, ["Secret"])


def test_a_pod_names_it(kube: KubeServer, tmp_path: Path):
    with HubProcess(kube, tmp_path, typed={KEY: '{"auths": {}}'}) as hub:
        assert hub.spawn("mia")["spec"]["imagePullSecrets"] == [{"name": NAME}]

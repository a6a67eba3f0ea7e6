"""Images that are not public: the password is where the kubelet looks for it, and is deleted when it is removed."""

import base64
import dataclasses
import json
from pathlib import Path

import pytest

from hubs.clusters.services import registries
from hubs.models import Hub
from provisioning.render.kubernetes.images import KEY, NAME
from tests.runtimes.shapes import IMAGES, PLAIN

from .hub_process import HubProcess
from .place import home, settle
from .server import KubeServer
from .test_apply import changed

pytestmark = pytest.mark.kubernetes
HOST = "registry.example.org"
WITHIN = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@pytest.mark.django_db(transaction=True)
def test_the_namespace_has_the_password_as_long_as_the_hub_needs_it(hub, outside):
    owner = hub.created_by
    settle(hub)
    login = registries.set_login(organization=hub.organization, by=owner, host=HOST, username="robot", password="p")
    settle(Hub.objects.get(pk=hub.pk))
    assert ("Secret", NAME) not in outside.all(hub, ["Secret"]), "its image is public"
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


def test_a_pod_names_the_pull_secret(kube: KubeServer, tmp_path: Path):
    with HubProcess(kube, tmp_path, typed={KEY: '{"auths": {}}'}) as hub:
        assert hub.spawn("mia")["spec"]["imagePullSecrets"] == [{"name": NAME}]


def test_an_image_of_others_on_the_node_is_asked_for_again(kube: KubeServer, tmp_path: Path):
    """A node would start a cached image for anyone. Only public images are not pulled again, whatever the hub, a choice
    or a container says."""
    facts = dataclasses.replace(PLAIN, images=dataclasses.replace(IMAGES, open=("quay.io/jupyter/",)))
    first = {"name": "first", "image": "quay.io/jupyterhub/x:1", "imagePullPolicy": "Never", "securityContext": WITHIN}
    others = {"image": "quay.io/lake/private:1", "image_pull_policy": "Never", "init_containers": [first]}
    profiles = [
        {"display_name": "Open", "slug": "open", "kubespawner_override": {"image": "quay.io/jupyter/scipy-notebook:1"}},
        {"display_name": "Of others", "slug": "others", "kubespawner_override": others},
    ]
    image = {"name": "registry.example.org/river/r", "tag": "1", "pullPolicy": "IfNotPresent"}
    with HubProcess(kube, tmp_path, facts=facts, singleuser__image=image, singleuser__profileList=profiles) as hub:
        pods = {slug: hub.spawn(slug, profile=slug)["spec"] for slug in ("open", "others")}
    found = {slug: [c["imagePullPolicy"] for c in pod["containers"]] for slug, pod in pods.items()}
    assert found == {"open": ["IfNotPresent"], "others": ["Always"]}
    assert [c["imagePullPolicy"] for c in pods["others"]["initContainers"]] == ["Always"]


def test_a_free_answer_counts_only_with_its_profile(kube: KubeServer, tmp_path: Path):
    """An answer by the hub's API can come without a profile. KubeSpawner would apply it without checking its pattern or
    whether free answers are enabled."""
    free = {"display_name": "Any", "enabled": False, "kubespawner_override": {"image": "{value}"}}
    known = {"display_name": "Known", "default": True, "kubespawner_override": {"image": "quay.io/jupyter/scipy:1"}}
    option = {"display_name": "Image", "choices": {"known": known}, "unlisted_choice": free}
    profiles = [{"display_name": "One", "slug": "one", "profile_options": {"image": option}}]
    answers = {"image--unlisted-choice": "evil.example.org/x:1"}
    with HubProcess(kube, tmp_path, singleuser__profileList=profiles) as hub:
        pod = hub.spawn("mia", **answers)
        hub.ask("POST", "users/ines")
        asked = hub.ask("POST", "users/ines/server", json={"profile": "one", **answers})
        failed = asked.status_code != 202 or list(hub.progress("ines"))[-1].get("failed")
    assert [one["image"] for one in pod["spec"]["containers"]] == ["quay.io/jupyter/scipy:1"]
    assert failed, "with its profile, KubeSpawner itself checks whether it is enabled"

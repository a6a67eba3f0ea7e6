"""What a person's server must not have, however it came into the configuration: refused by the hub itself, with the
real KubeSpawner and a real API server. The values are as in a spec older than this rule."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from provisioning.render.kubernetes.address import OWN_TLS_SECRET, TLS_SECRET
from tests.runtimes.shapes import SHAPES, shape

from .hub_process import HubProcess
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
# The seven objects with secrets: (Secret, key).
SEVEN = (
    ("hub", "cookie_secret"), ("hub", "crypt_key"), ("hub", "portal_service_token"), ("hub", "oauth_client_secret"),
    ("hub", "values.json"), ("proxy", "CONFIGPROXY_AUTH_TOKEN"), ("image-pull", ".dockerconfigjson"),
)  # fmt: skip


def variable(name: str, key: str, kind: str = "secretKeyRef") -> dict[str, Any]:
    return {"name": "A", "valueFrom": {kind: {"name": name, "key": key}}}


def box(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "more", "image": "example.org/more:1", **more}]


def volume(**what: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "v", **what}]}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    **{f"{name} {key}": ({"environment": {"A": variable(name, key)}}, f"Secret {name}") for name, key in SEVEN},
    "config map": ({"environment": {"A": variable("hub", "values.json", "configMapKeyRef")}}, "ConfigMap hub"),
    "envFrom": ({"extra_container_config": {"envFrom": [{"secretRef": {"name": "hub"}}]}}, "Secret hub"),
    "config map from": ({"extra_container_config": {"envFrom": [{"configMapRef": {"name": "hub"}}]}}, "ConfigMap hub"),
    "volume": (volume(secret={"secretName": "hub"}), "Secret hub"),
    "config map volume": (volume(configMap={"name": "hub"}), "ConfigMap hub"),
    "projected": (volume(projected={"sources": [{"secret": {"name": "proxy"}}]}), "Secret proxy"),
    "token": (volume(projected={"sources": [{"serviceAccountToken": {"path": "token"}}]}), "a token"),
    "driver": (volume(csi={"driver": "x", "nodePublishSecretRef": {"name": "hub"}}), "Secret hub"),
    "claim": (volume(persistentVolumeClaim={"claimName": "hub-db-dir"}), "PersistentVolumeClaim hub-db-dir"),
    "copied claim": (volume(ephemeral={"volumeClaimTemplate": {"spec": {"dataSource": {
        "kind": "PersistentVolumeClaim", "name": "hub-db-dir"}}}}), "PersistentVolumeClaim hub-db-dir"),
    "init container": ({"init_containers": box(env=[variable("hub", "crypt_key")])}, "Secret hub"),
    "extra container": ({"extra_containers": box(envFrom=[{"secretRef": {"name": "proxy"}}])}, "Secret proxy"),
    "pod": ({"extra_pod_config": volume(secret={"secretName": "hub"})}, "Secret hub"),
    "account": ({"service_account": "hub"}, "ServiceAccount hub"),
    "account by its old name": ({"extra_pod_config": {"serviceAccount": "hub"}}, "ServiceAccount hub"),
    "mounted token": ({"automount_service_account_token": True}, "a token"),
    "tls": ({"environment": {"A": variable("hub-tls", "tls.key")}}, "Secret hub-tls"),
    "own tls": ({"environment": {"A": variable("hub-own-tls-x7k2p", "tls.key")}}, "Secret hub-own-tls-x7k2p"),
    "helm": ({"environment": {"A": variable("sh.helm.release.v1.hub.v1", "release")}}, "Secret sh.helm.release"),
    "the guard itself": ({"ours": {"Secret": None}, "environment": {"A": variable("hub", "crypt_key")}}, "“ours”"),
    "fixed labels": ({"fixed_labels": {"component": "other"}}, "“fixed_labels”"),
    "limits of a person": ({"_limits": {"memory_mib": 4096}}, "“_limits”"),
    "the portal": ({"portal": None}, "“portal”"),
    "old token": ({"environment": {"A": variable("hub-token-abcde", "token")}}, "Secret hub-token-abcde"),
}  # fmt: skip
ALLOWED: dict[str, dict[str, Any]] = {
    "plain": {"environment": {"A": "secret"}},
    "course keys": {"environment": {"A": variable("course-keys", "k")}},
    "own config": {"extra_container_config": {"envFrom": [{"configMapRef": {"name": "course"}}]}},
    "own field": {"environment": {"A": {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}}},
}
LABELS = {
    "component": "other", "app": "other", "release": "other", "hubportal/hub": "other", "hubportal/part": "hub",
    "hub.jupyter.org/network-access-proxy-api": "true", "hub.jupyter.org/network-access-singleuser": "true",
    "course": "101",
}  # fmt: skip


def profiles(values: dict[str, Any]) -> None:
    """As in a stored spec, word for word."""
    overrides = {**{name: over for name, (over, _) in REFUSED.items()}, **ALLOWED}
    overrides["labels"] = {"extra_labels": LABELS, "common_labels": {"app": "x"}, "component_label": "other"}
    storage = values["singleuser"]["storage"]
    storage["extraVolumes"] = [{"name": "keys", "secret": {"secretName": "course-keys"}}]
    storage["extraVolumeMounts"] = [{"name": "keys", "mountPath": "/etc/course-keys"}]
    values["singleuser"]["profileList"] = [
        {"display_name": name, "slug": name.lower().replace(" ", "-").replace(".", "-").replace("_", "-"),
         "kubespawner_override": over} for name, over in overrides.items()
    ]  # fmt: skip


@pytest.fixture(scope="module")
def hub(kube: KubeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    auths = json.dumps({"auths": {"registry.example.org": {"username": "u", "password": "registry password"}}})
    files = {"notes": {"mountPath": "/etc/notes.txt", "stringData": "Hello"}}
    with HubProcess(
        kube, tmp_path_factory.mktemp("guarded"), edit=profiles, typed={"image_pull": auths}, about__heads=60,
        singleuser__extraFiles=files,
    ) as running:  # fmt: skip
        yield running


def slug(name: str) -> str:
    return name.lower().replace(" ", "-").replace(".", "-").replace("_", "-")


@pytest.mark.parametrize("name", REFUSED)
def test_a_server_with_objects_of_the_hub_is_refused_with_a_sentence(name: str, hub: HubProcess) -> None:
    user, before = f"r{list(REFUSED).index(name)}", hub.pods()
    hub.ask("POST", f"users/{user}")
    asked = hub.ask("POST", f"users/{user}/server", json={"profile": slug(name)})
    if asked.status_code == 202:
        events = list(hub.progress(user))
        assert events[-1].get("failed"), events
        said = json.dumps(events[-1], ensure_ascii=False)
    else:
        assert asked.status_code == 403, asked.text
        said = asked.text
    assert REFUSED[name][1] in said, said
    assert "Ask the person who runs this hub" in said
    assert [pod["metadata"]["name"] for pod in hub.pods()] == [pod["metadata"]["name"] for pod in before]


@pytest.mark.parametrize("name", ALLOWED)
def test_approved_objects_of_an_organisation_still_work(name: str, hub: HubProcess) -> None:
    pod = hub.spawn(f"a{list(ALLOWED).index(name)}", profile=slug(name))
    volumes = pod["spec"]["volumes"]
    assert [one["configMap"]["name"] for one in volumes if "configMap" in one] == ["singleuser-files"]
    assert [one["secret"]["secretName"] for one in volumes if "secret" in one] == ["course-keys"]
    assert pod["spec"]["imagePullSecrets"] == [{"name": "image-pull"}]


def test_labels_can_not_remove_a_pod_from_its_network_policy(hub: HubProcess) -> None:
    labels = hub.spawn("mia", profile="labels")["metadata"]["labels"]
    policy = next(part for part in hub.release.parts if part.name == "files").payload["NetworkPolicy/singleuser"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert labels["hubportal/hub"] == hub.target.uid
    assert labels["course"] == "101"
    assert [name for name in labels if "network-access" in name] == ["hub.jupyter.org/network-access-hub"]
    assert "hubportal/part" not in labels


def test_the_hub_still_runs_after_all_refusals(hub: HubProcess) -> None:
    """A refusal is not an error of the hub: five errors in a row would end it."""
    assert hub.running[-1].poll() is None
    assert hub.spawn("omar", profile="plain")


@pytest.mark.parametrize("name", [name for name, (_, _, wanted) in SHAPES.items() if wanted == "running"])
def test_everything_that_is_rendered_is_named(name: str) -> None:
    """No Secret, ConfigMap, claim or account of the portal's is missing, except people's own files."""
    objects = [one for part in shape(name).parts for one in part.payload.values()]
    [values] = [json.loads(one["data"]["values.json"]) for one in objects if "values.json" in one.get("data", {})
                and one["kind"] == "ConfigMap"]  # fmt: skip
    ours = values["custom"]["ours"]
    for one in objects:
        kind, known = one["kind"], one["metadata"]["name"]
        if kind in ("Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount") and known != "singleuser-files":
            assert known in ours[kind], (kind, known)
        for tls in one.get("spec", {}).get("tls", []) if kind == "Ingress" else []:
            assert tls.get("secretName", TLS_SECRET) in ours["Secret"]
    assert {TLS_SECRET, OWN_TLS_SECRET, "image-pull"} <= set(ours["Secret"]), "also before they exist"

"""The configuration of a hub in a cluster, loaded by a real JupyterHub with the real KubeSpawner, against a real API
server with the hub's own ServiceAccount: every starting point, every kind of sign-in, and the resulting pods.

Pods are created and do not run, because there is no kubelet. Their existence shows that admission accepted them.
"""

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from hubs.spec import STARTING_POINTS, HubSpec, from_draft
from hubs.spec.imports import from_values
from hubs.spec.sign_in import CLASSES
from provisioning.render import NodePool
from provisioning.render.kubernetes.hub import HUBSIDE, PATHS, TEXTS
from tests.runtimes.oidc import Provider
from tests.runtimes.people import Person
from tests.runtimes.shapes import AGREED, PLAIN
from tests.runtimes.test_values_schema import CHART

from .hub_process import HubProcess
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
GIB = 1024**3


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


def spec_changes(spec: HubSpec) -> dict[str, Any]:
    """Return a whole spec as HubProcess takes it."""
    return {name: value for name, value in spec.model_dump(mode="json").items() if name != "version"}


def container_of(pod: dict[str, Any]) -> dict[str, Any]:
    [container] = [one for one in pod["spec"]["containers"] if one["name"] == "notebook"]
    return dict(container)


def assert_restricted(pod: dict[str, Any]) -> None:
    """Check what we ask for; that the pod was accepted shows that it is enough."""
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not [volume for volume in spec.get("volumes", []) if "projected" in volume], "no token"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["runAsNonRoot"] is True


def assert_labels(pod: dict[str, Any], hub: HubProcess) -> None:
    labels = pod["metadata"]["labels"]
    assert labels["hubportal/hub"] == hub.target.uid
    assert "hubportal/part" not in labels, "otherwise it would be pruned as ours"
    assert labels["hub.jupyter.org/network-access-hub"] == "true"
    policy = hub.kube.call("GET", f"/apis/networking.k8s.io/v1/namespaces/{hub.namespace}/networkpolicies/singleuser")[
        "spec"
    ]["podSelector"]["matchLabels"]
    assert policy.items() <= labels.items(), "the network policy of people's servers selects it"


# --- every starting point ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", STARTING_POINTS)
def test_a_starting_point_starts_and_spawns(name: str, kube: KubeServer, tmp_path: Path, provider: Provider):
    spec = from_draft({**STARTING_POINTS[name].draft(), "about.title": "Tried"})
    hub = HubProcess(kube, tmp_path, sign_in=provider.sign_in(), **spec_changes(spec))
    provider.client_secret = hub.secrets["oauth_client_secret"]
    with hub:
        with contextlib.closing(Person(hub.target, "ada").browser) as browser:
            page = browser.get(f"{hub.target.url}hub/home")
        assert page.status_code == 200, page.text
        user = "ada" if spec.signIn.method == "portal" else hub.ask("GET", "users").json()[0]["name"]
        if spec.signIn.method == "portal":
            assert provider.redirects == [f"{hub.target.url}hub/oauth_callback"]
            assert hub.ask("GET", "users/ada").json()["admin"] is True, "plain http is allowed for trials"
        pod = hub.spawn(user)
        assert_restricted(pod)
        assert_labels(pod, hub)
        asked, container = spec.singleuser, container_of(pod)
        assert container["image"] == f"{asked.image.name}:{asked.image.tag}"
        assert container["imagePullPolicy"] == "IfNotPresent"
        resources = container["resources"]
        assert resources["limits"]["memory"] == str(spec.memory_mib * 1024**2)
        assert set(resources["requests"]) == {"cpu", "memory"}
        assert resources["limits"]["cpu"] == f"{asked.cpu.limit:g}"
        claims = {claim["metadata"]["name"]: claim for claim in hub.objects("persistentvolumeclaims")}
        mine = claims.pop("hub-db-dir")
        assert mine["metadata"]["labels"]["hubportal/part"] == "files"
        mounts = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
        if asked.storage.type == "none":
            assert (claims, mounts) == ({}, [])
        else:
            [(claim_name, claim)] = claims.items()
            assert mounts == ["/home/jovyan"]
            assert pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim_name
            assert claim["spec"]["resources"]["requests"]["storage"] == asked.storage.capacity
            assert claim["metadata"]["labels"]["hubportal/hub"] == hub.target.uid
            assert "hubportal/part" not in claim["metadata"]["labels"], "people's files are never pruned"


def test_code_of_staff_runs_last(kube: KubeServer, tmp_path: Path):
    code = 'c.KubeSpawner.extra_labels = {**c.KubeSpawner.extra_labels, "course": "stat"}\nhub_title = "x"\n'
    with HubProcess(kube, tmp_path, code=code) as hub:
        hub.ask("POST", "users/mia")
        pod = hub.spawn("mia")
        assert pod["metadata"]["labels"]["course"] == "stat"
        assert_labels(pod, hub)


# --- values of real hubs, with every sign-in method -------------------------------------------------------------------
SAMPLES = {path.stem: yaml.safe_load(path.read_text()) for path in (CHART / "samples").glob("*.yaml")}
SAMPLES["by google"] = {
    "hub": {
        "config": {
            "JupyterHub": {"authenticator_class": "google"},
            "GoogleOAuthenticator": {"hosted_domain": ["example.edu"], "allow_all": True},
        }
    }
}
SAMPLES["by lti"] = {
    "hub": {
        "config": {
            "JupyterHub": {"authenticator_class": "ltiauthenticator.lti13.auth.LTI13Authenticator"},
            "LTI13Authenticator": {
                "issuer": "https://canvas.example.edu",
                "client_id": ["125900000000000329"],
                "authorize_url": "https://canvas.example.edu/api/lti/authorize_redirect",
                "jwks_endpoint": "https://canvas.example.edu/api/lti/security/jwks",
                "username_key": "email",
            },
        }
    }
}
for method in ("native", "firstuse"):
    rules = {"JupyterHub": {"authenticator_class": method}, "Authenticator": {"allowed_users": ["mia"]}}
    SAMPLES[f"by {method}"] = {"hub": {"config": rules}}
# What operators enter by hand, because a shared values file has no secrets.
CLIENT = {"client_id": "me", "client_secret": "s", "oauth_callback_url": "http://127.0.0.1/hub/oauth_callback"}
LEADS = {  # sample: its sign-in, whose class, and where it leads; "" = it asks on its own page
    "class": ("cilogon", "CILogonOAuthenticator", "https://cilogon.org/authorize"),
    "public-content": ("tmp", "TmpAuthenticator", "/hub/tmplogin"),
    "research": ("github", "GitHubOAuthenticator", "https://github.com/login/oauth/authorize"),
    "shared-homes": ("generic-oauth", "GenericOAuthenticator", "https://sso.river.example.edu/authorize"),
    "workshop": ("shared-password", "SharedPasswordAuthenticator", ""),
    "by lti": ("lti", "LTI13Authenticator", "https://canvas.example.edu/api/lti/authorize_redirect"),
    "by native": ("native", "NativeAuthenticator", ""),
    "by firstuse": ("firstuse", "FirstUseAuthenticator", ""),
    "by google": ("google", "GoogleOAuthenticator", "https://accounts.google.com/o/oauth2/v2/auth"),
}
# As a course starts it: Canvas and Moodle send people here (LTI 1.3, third-party initiated login).
LAUNCH = "iss=https://canvas.example.edu&login_hint=1&target_link_uri=https://x/&client_id=125900000000000329"


def test_every_sign_in_method_is_tested():
    assert set(LEADS) == set(SAMPLES)
    assert {class_name for _, class_name, _ in LEADS.values()} == {section for _, section in CLASSES.values()}


def sign_in_with_password(hub: HubProcess, name: str, secrets: Mapping[tuple[str, ...], str]) -> list[int]:
    """Return the answers of the hub's own page to a wrong password, and to the one that was typed in the portal."""
    password = next(secret for path, secret in secrets.items() if path[-1] == "user_password")
    answers = []
    for tried in ("wrong-letters", password):
        with httpx.Client(follow_redirects=True, trust_env=False, timeout=20) as browser:
            browser.get(f"{hub.target.url}hub/login")
            form = {"username": name, "password": tried, "_xsrf": browser.cookies["_xsrf"]}
            answers.append(browser.post(f"{hub.target.url}hub/login", data=form).status_code)
    return answers


@pytest.mark.parametrize("name", LEADS)
def test_values_of_a_real_hub_start_and_spawn(name: str, kube: KubeServer, tmp_path: Path):
    """As they are imported: a spec of fields, with the values without a field beside it."""
    _, class_name, leads = LEADS[name]
    found = from_values(SAMPLES[name], "Tried")

    def edit(values: dict[str, Any]) -> None:
        if "OAuth" in class_name:
            values["hub"]["config"][class_name] |= CLIENT

    # Without this, Kubernetes refuses what the research hub requests: the bounds apply whatever values say.
    agreed = dataclasses.replace(AGREED, cpu_per_user=4, storage_per_user_mib=50 * 1024)
    typed = {f"values:{'.'.join(path)}": secret for path, secret in found.secrets.items()}
    with HubProcess(kube, tmp_path, edit=edit, agreed=agreed, typed=typed, **spec_changes(found.spec)) as hub:
        assert hub.ask("GET", "info").json()["authenticator"]["class"].endswith(class_name)
        path = "hub/oauth_login" if "OAuth" in class_name else "hub/login"
        path = f"hub/lti13/oauth_login?{LAUNCH}" if name == "by lti" else path
        page = httpx.get(f"{hub.target.url}{path}", trust_env=False, timeout=10)
        assert page.status_code == (302 if leads else 200), page.text
        assert page.headers.get("Location", "").split("?")[0] == leads
        pod = hub.spawn("mia")
        assert_restricted(pod)
        assert_labels(pod, hub)
        if name == "research":
            assert container_of(pod)["image"] == "quay.io/example/scipy:2026.10.1", "the default choice of a profile"
            assert container_of(pod)["resources"]["limits"] == {"cpu": "4", "memory": "1932735283"}
            assert pod["spec"]["nodeSelector"] == {"node.kubernetes.io/instance-type": "n2-highmem-4"}
        if name == "shared-homes":
            mounts = {m["mountPath"]: m["subPath"] for m in container_of(pod)["volumeMounts"]}
            assert mounts == {
                "/home/jovyan": "mia",
                "/home/jovyan/shared": "_shared",
                "/usr/local/etc/jupyter/jupyter_server_config.json": "file-0",
            }
            [files] = [one for one in hub.objects("configmaps") if one["metadata"]["name"] == "singleuser-files"]
            assert json.loads(files["data"]["file-0"])["MappingKernelManager"]["cull_idle_timeout"] == 1800
        if name == "shared-homes":
            [token] = found.secrets.values()
            headers = {"Authorization": f"token {token}"}
            who = httpx.get(f"{hub.target.url}hub/api/user", headers=headers, trust_env=False, timeout=10).json()
            assert (who["kind"], who["name"]) == ("service", "report"), "with the imported token"
        if name == "workshop":
            assert sign_in_with_password(hub, "mia", found.secrets) == [403, 200]
            [init] = pod["spec"]["initContainers"]
            assert init["securityContext"]["runAsUser"] == 1000, "its image is made for root, which is not allowed"


# --- everything that values can contain -------------------------------------------------------------------------------
POOL = NodePool(
    "gpu", {"example.edu/pool": "gpu"}, ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},)
)
PROFILES = [
    {"display_name": "Small", "slug": "small", "default": True},
    {"display_name": "Large", "slug": "large", "kubespawner_override": {"mem_limit": "2G", "image": "large:1"}},
]


PASSWORD = {
    "JupyterHub": {"authenticator_class": "shared-password"},
    "SharedPasswordAuthenticator": {"user_password": "8 letters", "admin_password": "x" * 32},
    "Authenticator": {"allow_all": True, "admin_users": ["ada"]},
}


def everything(values: dict[str, Any]) -> None:
    values["hub"]["config"] = {
        **PASSWORD,
        "KubeSpawner": {"working_dir": "/srv"},
    }
    values["hub"] |= {"allowNamedServers": True, "namedServerLimitPerUser": 2, "consecutiveFailureLimit": 5}
    values["custom"]["portalSignIn"] = False
    values["cull"]["removeNamedServers"] = True
    values["singleuser"] |= {
        "profileList": PROFILES,
        "extraEnv": {"COURSE": "101"},
        "extraLabels": {"example.edu/course": "101", "hubportal/hub": "somebody-else"},
        "extraAnnotations": {"example.edu/note": "hello"},
        "extraPodConfig": {"hostname": "notebook"},
        "extraResource": {"limits": {"example.com/gpu": "1"}, "guarantees": {"example.com/gpu": "1"}},
        "cmd": ["start-singleuser.sh"],
        "lifecycleHooks": {"postStart": {"exec": {"command": ["true"]}}},
        "initContainers": [{"name": "first", "image": "busybox", "command": ["true"]}],
        "extraContainers": [{"name": "beside", "image": "busybox", "securityContext": {"runAsUser": 1001}}],
        "storage": {
            "type": "static",
            "static": {"pvcName": "shared", "subPath": "home/{username}"},
            "homeMountPath": "/home/rstudio",
            "extraVolumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
            "extraVolumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
        },
    }


def test_all_values_reach_the_pod(kube: KubeServer, tmp_path: Path):
    facts = dataclasses.replace(PLAIN, node_pool=POOL)
    with HubProcess(kube, tmp_path, facts=facts, edit=everything) as hub:
        pod = hub.spawn("mia", profile="large")
        spec = pod["spec"]
        assert_restricted(pod)
        assert_labels(pod, hub)
        assert spec["nodeSelector"] == {"example.edu/pool": "gpu"}
        assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in spec["tolerations"]
        by_name = {container["name"]: container for container in spec["containers"]}
        notebook = by_name["notebook"]
        assert notebook["image"] == "large:1"
        assert notebook["resources"]["limits"] == {"cpu": "2", "memory": str(2 * GIB), "example.com/gpu": "1"}
        assert notebook["args"][0] == "start-singleuser.sh"
        assert notebook["workingDir"] == "/srv", "a class's own trait comes last"
        assert "postStart" in notebook["lifecycle"]
        assert {"name": "COURSE", "value": "101"} in notebook["env"]
        assert by_name["beside"]["securityContext"]["runAsUser"] == 1001
        assert spec["initContainers"][0]["name"] == "first"
        assert spec["hostname"] == "notebook"
        assert pod["metadata"]["labels"]["example.edu/course"] == "101"
        assert pod["metadata"]["annotations"]["example.edu/note"] == "hello"
        mounts = {mount["mountPath"]: mount for mount in notebook["volumeMounts"]}
        assert mounts["/home/rstudio"]["subPath"] == "home/mia"
        assert mounts["/scratch"]["name"] == "scratch"
        assert [c["metadata"]["name"] for c in hub.objects("persistentvolumeclaims")] == ["hub-db-dir"]


# --- names, bounds and refusals ---------------------------------------------------------------------------------------
def by_password(values: dict[str, Any]) -> None:
    values["hub"]["config"] = dict(PASSWORD)
    values["custom"]["portalSignIn"] = False


def test_odd_user_names_bounds_and_the_message_when_the_quota_is_used_up(kube: KubeServer, tmp_path: Path):
    names = ["mia.o%27hara@example.edu", "a" * 200, "%C3%A4%C3%B6%20%C3%BC"]
    changes: dict[str, Any] = {
        "singleuser__cpu__guarantee": 0,
        "singleuser__cpu__limit": 1.5,
        "singleuser__memory__limit": "1.5G",
    }
    with HubProcess(kube, tmp_path, edit=by_password, **changes) as hub:
        pods = [hub.spawn(name) for name in names]
        assert len({pod["metadata"]["name"] for pod in pods}) == 3
        assert all(len(pod["metadata"]["name"]) <= 63 for pod in pods)
        resources = container_of(pods[0])["resources"]
        assert resources["requests"] == {"cpu": "1m", "memory": str(GIB // 4)}, "no guarantee does not mean all of it"
        assert resources["limits"] == {"cpu": "1500m", "memory": str(GIB * 3 // 2)}

        quota = {"spec": {"hard": {"pods": "3"}}}
        path = f"/api/v1/namespaces/{hub.namespace}/resourcequotas/hub"
        kube.call("PATCH", path, quota, "application/merge-patch+json")
        hub.ask("POST", "users/zoe")
        assert hub.ask("POST", "users/zoe/server").status_code in (202, 500)
        last = list(hub.progress("zoe"))[-1]
        assert last["failed"] is True
        assert "This hub can’t start another server at the moment" in last["message"]
        assert "exceeded quota" in last["message"], "the message of Kubernetes"
        assert "HTTP response headers" not in last["message"]


def test_a_hub_does_not_start_with_files_of_another_revision(kube: KubeServer, tmp_path: Path):
    """A pod may get files of an older revision from the kubelet. It must not answer as the new one then."""
    hub = HubProcess(kube, tmp_path, edit=lambda values: values["custom"].update(revision="an-older-one"))
    hub.make_room()
    hub.write_files()
    try:
        assert hub.start_hub().wait(60) != 0
        assert "Restarting." in hub.log()
    finally:
        hub.__exit__()


def test_all_files_beside_the_configuration_are_sent():
    """The ConfigMap has the files of the folder, and the rule that the portal's previews share: a module that is
    missing there would be noticed only at start."""
    elsewhere = {"__pycache__", "image_probe", "local"}  # runs in probed images, and on one machine
    here = {path.name for path in HUBSIDE.rglob("*") if path.is_file() and not elsewhere & set(path.parts)}
    assert set(TEXTS) == here | {"offers.py"}
    assert set(PATHS) <= here

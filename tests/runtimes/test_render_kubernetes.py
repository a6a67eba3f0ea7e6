"""A hub's objects in a cluster: their contents, what they depend on, and which changes leave them unchanged.

`HUBPORTAL_GOLDEN=1` writes the golden files; reviewers then read their diff.
"""

import ast
import base64
import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hubs.spec import HubSpec, secrets
from hubs.spec.reading import PORTALS, Read
from provisioning.contract import Release, Target
from provisioning.names import LABEL_HUB, LABEL_PART
from provisioning.render import Agreed, render_kubernetes
from provisioning.render.kubernetes.hub import TEXTS
from provisioning.render.kubernetes.quantity import cores, count, mebibytes

from .shapes import AGREED, IMAGES, PLAIN, SECRETS, SHAPES, SIGN_IN, release, shape

GOLDEN = Path(__file__).parent / "golden"
RUNNING = [name for name, (_, _, wanted) in SHAPES.items() if wanted == "running"]


def manifests(made: Release) -> list[dict[str, Any]]:
    return [manifest for part in made.parts for manifest in part.payload.values()]


def one(made: Release, key: str) -> dict[str, Any]:
    return next(part.payload[key] for part in made.parts if key in part.payload)


def changed(before: Release, after: Release) -> set[str]:
    old, new = ({part.name: part.digest for part in made.parts} for made in (before, after))
    return {name for name in old | new if old.get(name) != new.get(name)}


def pod(made: Release, name: str) -> dict[str, Any]:
    return one(made, f"Deployment/{name}")["spec"]["template"]


# --- contents ---------------------------------------------------------------------------------------------------------
class Written(yaml.SafeDumper):
    """Writes repeated values in full."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_golden(made: Release) -> str:
    """Return YAML without what is in the repository already, and without what is derived from it."""
    text = yaml.dump_all(manifests(made), Dumper=Written, sort_keys=False, width=120)
    if made.revision:
        text = text.replace(base64.b64encode(made.revision.encode()).decode(), "UkVWSVNJT04=")
        text = text.replace(made.revision, "REVISION")
    return text


def plain(made: Release) -> Release:
    """Return the release with the hub's own files named instead of included."""
    for manifest in manifests(made):
        if manifest["kind"] == "ConfigMap":
            manifest["data"].update({name: f"({name} as in provisioning/hubside)\n" for name in TEXTS})
    return made


@pytest.mark.parametrize("name", SHAPES)
def test_a_hub_equals_its_golden_file(name):
    text, path = as_golden(plain(shape(name))), GOLDEN / f"{name}.yaml"
    if os.environ.get("HUBPORTAL_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def test_the_desired_state_decides_the_parts():
    assert [part.name for part in shape("issuer").parts] == ["files", "proxy", "hub", "address"]
    assert [part.name for part in release().parts] == ["files", "proxy", "hub"], "something else leads to it"
    assert [part.name for part in release(wanted="suspended").parts] == ["files"]
    assert release(wanted="retired").parts == ()
    for wanted in ("suspended", "retired"):
        assert release(wanted=wanted, secrets={}).revision == "", "needs no secrets either"
    with pytest.raises(KeyError):
        release(secrets={})


@pytest.mark.parametrize("name", SHAPES)
def test_every_object_has_its_labels_and_appears_once(name):
    made = shape(name)
    names = [(m["kind"], m["metadata"]["name"]) for m in manifests(made)]
    assert len(names) == len(set(names))
    for part in made.parts:
        for key, manifest in part.payload.items():
            meta = manifest["metadata"]
            assert key == f"{manifest['kind']}/{meta['name']}"
            assert (meta["labels"][LABEL_HUB], meta["labels"][LABEL_PART]) == (made.target.uid, part.name)
            assert meta.get("namespace", meta["name"]) == "stat-101-habc23456789"
    first = list(made.parts[0].payload)[:2]
    assert first == ["Namespace/stat-101-habc23456789", "RoleBinding/hubportal"], (
        "our right comes before the objects that need it"
    )


def leaves(value: Any, path: str = "") -> Any:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    if value is None or value in ({}, []):
        yield path


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_empty(name):
    """An API server leaves empty values out, so a comparison would always find a difference."""
    assert not [path for manifest in manifests(shape(name)) for path in leaves(manifest)]


def test_secrets_are_only_in_secrets():
    made = release()
    for manifest in manifests(made):
        text = json.dumps(manifest)
        for secret in SECRETS.values():
            assert secret not in text
            assert (base64.b64encode(secret.encode()).decode() in text) <= (manifest["kind"] == "Secret")
    assert list(one(made, "Secret/proxy")["data"]) == ["CONFIGPROXY_AUTH_TOKEN"], "it restarts only with this"
    assert SECRETS["cookie_secret"] not in repr(made)


@pytest.mark.parametrize("name", ["hub", "proxy"])
def test_our_pods_are_restricted_and_bounded(name):
    spec = pod(release(), name)["spec"]
    [container] = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["securityContext"]["runAsUser"] == {"hub": 1000, "proxy": 65534}[name]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert spec.get("automountServiceAccountToken") is (False if name == "proxy" else None)
    if name == "proxy":
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


# --- dependencies -----------------------------------------------------------------------------------------------------
CHANGES = [
    {"singleuser__memory__limit": "2G"},
    {"singleuser__image__tag": "other"},
    {"singleuser__storage__capacity": "8Gi"},
    {"about__title": "Other"},
    {"homePage__text": "Hello"},
    {"signIn__method": "tmp"},
    {"hub__activeServerLimit": 5},
    {"about__heads": 31},
    {"cull__timeout": 60},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda change: next(iter(change)))
def test_a_change_of_the_spec_changes_only_the_hub(changes):
    before, after = release(), release(**changes)
    assert changed(before, after) == {"hub"}
    assert before.revision != after.revision
    [env] = [e for e in pod(after, "hub")["spec"]["containers"][0]["env"] if e["name"] == "HUBPORTAL_REVISION"]
    assert env["value"] == after.revision, "and its pod is replaced"


def test_texts_that_do_not_reach_the_hub_change_nothing():
    assert changed(release(), release(about__description="For the second year.")) == set()


@pytest.mark.parametrize("name", SECRETS)
def test_a_new_secret_reaches_the_parts_that_use_it(name):
    before, after = release(), release(secrets={**SECRETS, name: "f" * 64})
    assert changed(before, after) == ({"proxy", "hub"} if name == "proxy_auth_token" else {"hub"})
    for who in changed(before, after):
        assert pod(before, who) != pod(after, who), "its pod is replaced"


def test_a_restart_is_a_new_pod_and_nothing_else():
    before, after = release(), release(restart_at="2026-11-23T08:00:00+00:00")
    assert changed(before, after) == {"hub"}
    assert before.revision != after.revision
    assert pod(after, "hub")["metadata"]["annotations"]["hubportal/restart-at"] == "2026-11-23T08:00:00+00:00"
    assert "hubportal/restart-at" not in pod(before, "hub")["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        ({"images": dataclasses.replace(IMAGES, hub="hub:2")}, {"hub"}),
        ({"images": dataclasses.replace(IMAGES, proxy="proxy:2")}, {"proxy"}),
        ({"images": dataclasses.replace(IMAGES, pull_policy="Always")}, {"proxy", "hub"}),
        ({"storage_class": "fast"}, {"files", "hub"}),
        ({"pod_security": "baseline"}, {"files"}),
        ({"portal_namespace": "elsewhere"}, {"files"}),
        ({"routing": "ingress"}, {"address"}),
        ({"api_servers": ("10.0.0.2/32:6443",)}, {"hub"}),
        ({"hub_reaches": ("10.0.0.8/32:443",)}, {"hub"}),
        ({"resolvers": ("dns/app=dns",)}, {"files", "proxy", "hub"}),
    ],
)
def test_a_change_of_the_cluster_changes_the_dependent_parts(facts, parts):
    assert changed(release(), release(facts=dataclasses.replace(PLAIN, **facts))) == parts


# --- bounds -----------------------------------------------------------------------------------------------------------
def hard(made: Release) -> dict[str, str]:
    return one(made, "ResourceQuota/hub")["spec"]["hard"]


def test_bounds_are_the_limits_and_approved_higher_limits_of_this_hub():
    assert hard(release()) == {
        "pods": "106", "limits.memory": "103Gi", "persistentvolumeclaims": "101", "requests.storage": "1001Gi",
    }  # fmt: skip
    more = release(about__heads=200, singleuser__memory__limit="8G", singleuser__storage__capacity="20Gi",
                   singleuser__cpu__limit=16)  # fmt: skip
    assert hard(more) == {
        "pods": "206", "limits.memory": "1603Gi", "persistentvolumeclaims": "201", "requests.storage": "4001Gi",
    }  # fmt: skip
    container, claim = one(more, "LimitRange/hub")["spec"]["limits"]
    assert container["max"] == {"memory": "8Gi", "cpu": "16"}
    assert claim["max"] == {"storage": "20Gi"}
    small = Agreed("tiny", 1, 64, 0.1, 64, 64)
    container, claim = one(release(agreed=small), "LimitRange/hub")["spec"]["limits"]
    assert container["max"] == {"memory": "3Gi", "cpu": "2"}, "the hub's own pods fit"
    assert claim["max"] == {"storage": "5Gi"}, "and so does what the spec itself requests"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (count(0), "0"), (count(999), "999"), (count(1000), "1k"), (count(20_006), "20006"), (count(3 * 10**6), "3M"),
        (cores(0.05), "50m"), (cores(1), "1"), (cores(2.5), "2500m"), (cores(0.0004), "1m"), (cores(0.1 + 0.2), "300m"),
        (cores(2000), "2k"),
        (mebibytes(64), "64Mi"), (mebibytes(1536), "1536Mi"), (mebibytes(2048), "2Gi"), (mebibytes(1024**2), "1Ti"),
        (mebibytes(1024**3), "1Pi"),
    ],
)  # fmt: skip
def test_quantities_are_spelt_as_kubernetes_spells_them(text, wanted):
    assert text == wanted


# --- any spec ---------------------------------------------------------------------------------------------------------
SIZES = st.sampled_from(["64M", "256M", "512M", "1G", "1.5G", "2G", "4G"])
SPECS = st.fixed_dictionaries(
    {
        "about": st.fixed_dictionaries({"title": st.text("abc “”é<&", min_size=3, max_size=20).filter(
            lambda text: len(text.strip()) >= 3)}),
        "signIn": st.fixed_dictionaries({"method": st.sampled_from(["portal", "tmp"])}),
        "singleuser": st.fixed_dictionaries({
            "memory": SIZES.map(lambda size: {"limit": size, "guarantee": "64M"}),
            "cpu": st.floats(0.01, 2).map(lambda cpu: {"limit": cpu, "guarantee": 0}),
            "image": st.from_regex(r"[a-z]{1,9}(/[a-z]{1,9})?", fullmatch=True).map(lambda n: {"name": n, "tag": "1"}),
            "storage": st.sampled_from([{"type": "none"}, {"capacity": "1Gi"}, {"capacity": "10Gi"}]),
        }),
        "hub": st.fixed_dictionaries({"activeServerLimit": st.none() | st.integers(1, 30)}),
        "homePage": st.fixed_dictionaries({"text": st.text("ab*_#<>&\n ", max_size=60)}),
    }
).map(HubSpec.model_validate)  # fmt: skip


ROOMY = dataclasses.replace(AGREED, total_memory_mib=200 * 4096)  # so that none of these exceeds the limits


def of(spec: HubSpec) -> Release:
    target = Target("habc23456789", "stat-101", "https://stat-101.hubs.example.edu/")
    return render_kubernetes(target, spec, SECRETS, SIGN_IN, "running", PLAIN, ROOMY)


@settings(max_examples=40, deadline=None)
@given(SPECS, SPECS)
def test_the_same_spec_makes_the_same_release_and_another_changes_only_the_hub(one_spec, other):
    made, again, another = of(one_spec), of(HubSpec.model_validate_json(one_spec.model_dump_json())), of(other)
    assert (made, made.revision) == (again, again.revision)
    assert changed(made, another) <= {"hub"}
    assert (made.revision == another.revision) == (changed(made, another) == set())
    assert not [path for manifest in manifests(made) for path in leaves(manifest)]
    assert json.loads(one(made, "ConfigMap/hub")["data"]["values.json"])["custom"]["revision"] == made.revision


def test_the_longest_names_fit():
    slug, uid = "s" * 40, "h" + "2" * 11
    made = shape("issuer", slug=slug, uid=uid)
    assert len(uid) == 12
    for manifest in manifests(made):
        assert all(len(value) <= 63 for value in manifest["metadata"]["labels"].values())
        assert len(manifest["metadata"]["name"]) <= 63


def test_each_running_shape_has_a_revision_of_its_own():
    assert len({shape(name).revision for name in RUNNING}) == len(RUNNING)


# --- custom domain ----------------------------------------------------------------------------------------------------
def test_a_custom_domain_is_routed_before_the_hub_moves_there():
    facts = dataclasses.replace(PLAIN, routing="ingress", tls="issuer", tls_issuer="letsencrypt")
    own = "hub.river.example.edu"
    before = release(facts=facts)
    proven = release(facts=facts, own=own, moved=False)
    moved = release(facts=facts, own=own)
    assert changed(before, proven) == {"address"}, "no restart"
    assert changed(proven, moved) == {"hub"}, "nor of the proxy"
    assert one(moved, "Ingress/hub") == one(proven, "Ingress/hub")
    values = json.loads(one(moved, "ConfigMap/hub")["data"]["values.json"])
    assert values["custom"]["url"] == f"https://{own}/"
    first = "stat-101.hubs.example.edu"
    assert values["custom"]["callbacks"] == {first: f"https://{first}/hub/oauth_callback"}
    assert values["hub"]["config"]["GenericOAuthenticator"]["oauth_callback_url"] == f"https://{own}/hub/oauth_callback"


def test_each_name_has_a_certificate_of_its_own():
    tls = one(shape("own-name"), "Ingress/hub")["spec"]["tls"]
    assert tls == [
        {"hosts": ["stat-101.hubs.example.edu"], "secretName": "hub-tls"},
        {"hosts": ["hub.river.example.edu"], "secretName": "hub-own-tls"},
    ]
    route = one(shape("own-name-gateway"), "HTTPRoute/hub")
    assert route["spec"]["hostnames"] == ["stat-101.hubs.example.edu", "hub.river.example.edu"]


def test_objects_of_the_portal_in_a_namespace_are_refused_in_the_form():
    """The names that a hub refuses when a server starts are those that a spec refuses in the form."""
    config = json.loads(plain_objects(shape("issuer"))["ConfigMap/hub"]["data"]["values.json"])
    kept = config["custom"]["ours"]
    names = {*kept["Secret"], *kept["ConfigMap"]}
    assert names <= PORTALS
    assert all(Read(("x",), name).is_the_portals for name in (*names, *kept["PersistentVolumeClaim"]))
    assert not Read(("x",), "course-keys").is_the_portals


def test_a_hub_refuses_the_same_sections_as_the_portal():
    """The hub imports nothing of the portal, so the names are in its own file, too."""
    assigned = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(TEXTS["jupyterhub_config.py"]).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("OURS", "THEIRS")
    }
    assert assigned == {"OURS": secrets.OURS, "THEIRS": secrets.THEIRS}


def plain_objects(made: Release) -> dict[str, Any]:
    return {key: manifest for part in made.parts for key, manifest in part.payload.items()}

"""Volumes, folders and containers of people's servers, and the hub's own pod: what is accepted, shown in words, needs
review, or is refused beside its field."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubs.requests.forms.rows_editor import RowsEditor
from hubs.spec import HubSpec, SpecError, difference, from_draft
from hubs.spec.admission import Place, refusals
from hubs.spec.draft import parse, to_draft
from hubs.spec.followed import OWN_WAY, own_way, why_ignored
from hubs.spec.hiding import hidden_in, hide
from hubs.spec.imports import from_values
from hubs.spec.pod_words import container, in_words
from hubs.spec.restated import MOVES, restated
from hubs.spec.trees import get, put
from hubs.spec.values import to_values
from provisioning.contract import Release, Target
from provisioning.render import render_kubernetes
from tests.runtimes.shapes import AGREED, PLAIN, SECRETS, SIGN_IN, release

FOLDERS, VOLUMES = "singleuser.storage.extraVolumeMounts", "singleuser.storage.extraVolumes"
FIRST, BESIDE = "singleuser.initContainers", "singleuser.extraContainers"
BASE = {"about.title": "Any hub"}


def wrong(**typed):
    with pytest.raises(SpecError) as caught:
        from_draft({**BASE, **typed})
    return " ".join(sentence for some in caught.value.errors.values() for sentence in some)


# --- in words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"image": "alpine/git:2", "args": ["clone", "--depth=1", "https://h.example/a", "/home/jovyan/a"]},
         "Clone https://h.example/a into /home/jovyan/a"),
        ({"image": "a:1", "command": ["git", "clone", "-b", "main", "--", "https://h.example/a.git"]},
         "Clone https://h.example/a.git into a"),
        ({"image": "a:1", "command": ["/bin/sh", "-c", "git clone https://h.example/a /srv/a"]},
         "Clone https://h.example/a into /srv/a"),
        ({"image": "a:1", "command": ["chown", "-R", "1000:1000", "/home/jovyan", "/srv"]},
         "Change the owner of /home/jovyan, /srv to 1000:1000"),
        ({"image": "a:1", "command": ["sh", "-c", "chown 1000:1000 /home/jovyan"]},
         "Change the owner of /home/jovyan to 1000:1000"),
        ({"name": "x", "image": "a:1", "command": ["sh", "-c", "git clone https://h.example/a; rm -rf /"]}, "x: a:1"),
        ({"name": "x", "image": "git/a:1", "command": ["python", "-m", "clone"]}, "x: git/a:1"),
        ({"name": "x", "image": "a:1", "args": [1]}, "x: a:1"),
    ],
)  # fmt: skip
def test_what_a_container_does_is_described_in_words(row, words):
    assert container({"name": "x", **row}) == words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"name": "home", "mountPath": "/h/s", "subPath": "_s", "readOnly": True},
         "/h/s: “_s” on the home volume, read-only"),
        ({"name": "data", "mountPath": "/d", "admins": True},
         "/d: the volume “data”, read and write, hub admins only"),
        ({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
         "shm: temporary memory storage, up to 1Gi"),
        ({"name": "room", "emptyDir": {}}, "room: temporary storage"),
        ({"name": "d", "persistentVolumeClaim": {"claimName": "data"}}, "d: volume claim “data”"),
        ({"name": "n", "nfs": {"server": "nfs.river.edu", "path": "/x"}}, "n: “/x” on the NFS server nfs.river.edu"),
        ({"name": "odd", "csi": {"driver": "x"}}, "odd: csi"),
    ],
)  # fmt: skip
def test_folders_and_volumes_are_described_in_words(row, words):
    assert in_words(row) == words


def test_a_change_names_its_row():
    before = from_draft({**BASE, VOLUMES: "- {name: shm, emptyDir: {}}", FOLDERS: "- {name: shm, mountPath: /a}"})
    after = from_draft({**BASE, VOLUMES: "- {name: shm, emptyDir: {}}", FOLDERS: "- {name: shm, mountPath: /b}"})
    found = {one.label: (one.before, one.after) for one in difference(before, after)}
    assert found == {"Volume mounts: /a": ("/a: the volume “shm”, read and write", ""),
                     "Volume mounts: /b": ("", "/b: the volume “shm”, read and write")}  # fmt: skip


# --- what is refused beside its field ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({VOLUMES: "name: a"}, "Enter a list"),
        ({VOLUMES: "- emptyDir: {}"}, "Enter a name"),
        ({VOLUMES: "- {name: a, emptyDir: {}}\n- {name: a, emptyDir: {}}"}, "is used twice"),
        ({VOLUMES: "- {name: a, secret: {secretName: hub}}"}, "secrets that the portal stores"),
        ({VOLUMES: "- {name: a, persistentVolumeClaim: {claimName: hub-db-dir}}"}, "secrets that the portal stores"),
        ({VOLUMES: "- {name: a, emptydir: {}}"}, "emptydir"),
        ({FOLDERS: "- {name: home}"}, "Row 1: mountPath: This is missing"),
        ({FOLDERS: "- {name: home, mountPath: /a, admins: 1}"}, "admins: Enter true"),
        ({FIRST: "- {name: a, image: 'docker pull a'}"}, "image"),
        ({FIRST: "- {name: a, image: 'a:1', env: [{name: API_TOKEN, value: hidden-one}]}"}, "secret"),
        ({BESIDE: "- {name: a, image: 'a:1', env: [{name: A, valueFrom: {secretKeyRef: {name: hub, key: a}}}]}"},
         "secrets that the portal stores"),
        ({"hub.resources": "memory: 1Gi"}, "Write requests and limits"),
        ({"hub.resources": "limits: {memory: 64Gi}"}, "maximum for a hub is 16Gi"),
        ({"hub.resources": "limits: {memory: 1Gi}\nrequests: {memory: 2Gi}"}, "more than limits.memory"),
        ({"hub.annotations": "hubportal/revision=1"}, "reserved for the portal"),
        ({"homePage.operator": "Us", "homePage.operatorWebsite": "javascript:alert(1)"}, "https://"),
    ],
)  # fmt: skip
def test_errors_are_reported_beside_their_field(typed, said):
    assert said in wrong(**typed)


def test_a_secret_of_a_container_is_removed_and_its_place_kept():
    clean, found = hide({FIRST: "- {name: a, image: 'a:1', env: [{name: API_TOKEN, value: hidden-one}]}"})
    place = ("singleuser", "initContainers", "0", "env", "0", "value")
    assert found == {place: "hidden-one"}
    assert "hidden-one" not in clean[FIRST]
    assert (FIRST, place) in set(hidden_in(from_draft({**BASE, **clean})))


def test_a_folder_on_an_unknown_volume_is_reported_beside_the_field():
    place = Place("restricted", memory_mib=4096, cpu=4, storage_mib=20480)
    [one] = refusals(from_draft({**BASE, FOLDERS: "- {name: data, mountPath: /d}"}), place)
    assert one.path == FOLDERS
    assert "The volume “data” for /d does not exist" in one.message
    for kind in ("dynamic", "static"):
        typed = {"singleuser.storage.type": kind, "singleuser.storage.static.pvcName": "homes"}
        assert not refusals(from_draft({**BASE, **typed, FOLDERS: "- {name: home, mountPath: /d}"}), place)
    [one] = refusals(from_draft({**BASE, FIRST: "- {name: a, image: 'a:1', securityContext: {runAsUser: 0}}"}), place)
    assert one.path == FIRST, "beside the field of the container that requests it"


def test_the_hub_s_own_pod_follows_and_its_namespace_has_room_for_it():
    large = release(hub={"resources": {"limits": {"memory": "8Gi", "cpu": 4}}})
    objects = {key: one for part in large.parts for key, one in part.payload.items()}
    usual = {key: one for part in release().parts for key, one in part.payload.items()}
    box = objects["Deployment/hub"]["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert box == {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "8Gi", "cpu": "4"}}
    assert objects["LimitRange/hub"]["spec"]["limits"][0]["max"]["memory"] == "9Gi"
    more, less = (found["ResourceQuota/hub"]["spec"]["hard"]["limits.memory"] for found in (objects, usual))
    assert int(more.removesuffix("Gi")) == int(less.removesuffix("Gi")) + 6


BASE_SPEC = {"about": {"title": "Old hub"}}


def rendered(spec: HubSpec) -> Release:
    target = Target("u1", "old", "https://old.hubs.example.edu/")
    return render_kubernetes(target, spec, SECRETS, SIGN_IN, "running", PLAIN, AGREED)


@pytest.mark.parametrize("said", [
    {"nodeSelector": {"hub.jupyter.org/node-purpose": "core"}}, {"annotations": {"example.org/scrape": "yes"}},
    {"resources": {"limits": {"memory": "8Gi"}}},
])  # fmt: skip
def test_a_hub_older_than_these_fields_runs_unchanged_until_it_is_changed(said):
    """An import stored them before hubs honoured them: a node selector of another cluster keeps a hub from starting."""
    old = HubSpec.stored({**BASE_SPEC, "more": {"hub": said}})
    assert rendered(old) == rendered(HubSpec.stored(BASE_SPEC))
    [name] = said
    changed = from_draft(to_draft(old))
    assert getattr(changed.hub, name) == said[name]
    assert f"hub.{name}" in {one.path for one in difference(old, changed)}, "a change shows it to its author"
    assert HubSpec.stored(changed.model_dump(mode="json")) == changed


# --- the form ---------------------------------------------------------------------------------------------------------
def test_lists_are_shown_as_rows_and_other_values_as_text():
    def told(text):
        attrs = RowsEditor().get_context(FOLDERS, text, {})["widget"]["attrs"]
        return json.loads(attrs["data-rows"])

    assert told("- {name: home, mountPath: /a}") == {
        "rows": [{"name": "home", "mountPath": "/a"}],
        "columns": "folders",
    }
    assert told("") == {"rows": [], "columns": "folders"}
    assert told("- {name: home") == {"rows": None, "columns": "folders"}
    assert told("name: home")["rows"] is None


@given(st.lists(st.fixed_dictionaries({"name": st.sampled_from(["home", "shm"]), "mountPath": st.just("/a")}, optional={
    "subPath": st.sampled_from(["_shared", "{username}/x"]), "readOnly": st.booleans(), "admins": st.booleans()}),
    max_size=4))  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_folders_are_read_back_from_a_file_unchanged(rows):
    before = parse({"about": {"title": "Any hub"}, "singleuser": {"storage": {"extraVolumeMounts": rows}}})
    assert from_draft(to_draft(before)) == before
    found = from_values(to_values(before, literal=True), "Any hub")
    assert found.round_trip
    assert found.spec.singleuser.storage.extraVolumeMounts == before.singleuser.storage.extraVolumeMounts


# --- written elsewhere ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [path for path in MOVES if path[0] == "hub"])
def test_a_trait_is_read_where_the_chart_has_it(path):
    place = MOVES[path]
    value = {"cmd": ["start.sh"], "node_selector": {"pool": "a"}, "image_pull_policy": "Always", "default_url": "/lab",
             "mem_limit": "2G", "mem_guarantee": "1G", "storage_class": "fast", "allow_named_servers": True,
             "redirect_to_server": False, "shutdown_on_logout": True}.get(path[-1], 60)  # fmt: skip
    tree: dict = {}
    put(tree, path, value)
    if path[-1] == "named_server_limit_per_user":
        put(tree, (*path[:-1], "allow_named_servers"), True)
    found, notes = restated(tree)
    assert get(found, place) == value
    assert get(found, path) is None
    assert any(".".join(place) in note for note in notes)
    there = from_values(tree)
    assert there.round_trip
    assert {leaf.fate for leaf in there.leaves if leaf.path[: len(place)] == place} == {"typed"}


def test_the_home_page_of_a_parent_chart_becomes_fields_and_an_empty_name_is_ignored():
    page = {"org": {"name": "River", "url": "http://river.example.edu", "logo_url": "https://river.example.edu/l.png"},
            "operated_by": {"name": "Us", "url": "https://us.example.org"}, "funded_by": {"name": "", "url": ""},
            "announcement_extra": "kept"}  # fmt: skip
    found = from_values({"custom": {"homepage": {"templateVars": page}}})
    seen = found.spec.homePage
    assert (seen.organization, seen.website, seen.operator) == ("River", "http://river.example.edu", "Us")
    assert seen.logo == "https://river.example.edu/l.png"
    assert [leaf.name for leaf in found.leaves if leaf.fate != "typed"] == [
        "custom.homepage.templateVars.announcement_extra"
    ]


def test_a_setting_that_is_written_twice_stays_where_it_is():
    both = {
        "hub": {"config": {"KubeSpawner": {"node_selector": {"a": "b"}}}},
        "singleuser": {"nodeSelector": {"c": "d"}},
    }
    found, _ = restated(both)
    assert found == both, "one place could not express both"
    scalar = {"hub": {"config": {"KubeSpawner": {"mem_limit": "2G"}}}, "singleuser": {"memory": {"limit": "1G"}}}
    assert restated(scalar)[0] == {"singleuser": {"memory": {"limit": "2G"}}}, "JupyterHub reads the trait last"


@pytest.mark.parametrize("root", [root for root, _ in OWN_WAY])
def test_settings_that_the_portal_manages_have_no_effect_and_name_the_replacement(root):
    assert own_way((*root, "below"))
    assert len(why_ignored((*root, "below"))) > 30
    assert not own_way(("hub", "extraConfig", "mine")), "code has no effect, which is reported"

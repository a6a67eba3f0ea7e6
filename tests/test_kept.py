"""Hubs as kept in git: below another chart's name, in several files, with anchors, encrypted, in old formats."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.spec import FIELDS, HubSpec, chart, from_draft, to_draft
from hubs.spec.imports import FATES, from_files, from_values
from hubs.spec.kept import MOST_FILES, File, joined, parts, read
from hubs.spec.secrets import REPLACED
from hubs.spec.trees import get, leaves, put
from hubs.spec.yaml_text import MOST, YamlError, dump, load, load_map
from tests.slowness import slow_texts
from tests.test_values import specs, to_values

AS_KEPT = Path(__file__).parent / "data" / "z2jh" / "samples" / "as-kept"
FEW = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def kept(*names: str) -> list[File]:
    return [File(name, (AS_KEPT / name).read_text()) for name in names]


def found_in(*texts: str) -> Any:
    return from_files([File(f"{chr(97 + n)}.yaml", text) for n, text in enumerate(texts)])


# --- the samples ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("names", "wrapper", "method", "answers"),
    [
        (["college.values.yaml"], "jupyterhub", "cilogon",
         {"singleuser.memory.limit": "1536M", "singleuser.cpu.limit": 2.0, "singleuser.defaultUrl": "/lab",
          "signIn.adminUsers": ("teach.one@river.example.edu", "two@river.example.edu")}),
        (["oidc.values.yaml"], "jupyterhub", "generic-oauth",
         {"signIn.oauth.client_id": "hub-prod", "signIn.oauth.allowed_groups": ("hub-users",),
          "singleuser.cmd": ("jupyterhub-singleuser",)}),
        (["research.common.values.yaml", "research.prod.values.yaml"], "basehub.jupyterhub", "github",
         {"hub.allowNamedServers": True, "cull.maxAge": 43200, "singleuser.nodeSelector": {"example.org/pool": "users"},
          "signIn.github.allowed_organizations": ("lake-lab", "lake-lab:gpu", "lake-lab:students")}),
    ],
)  # fmt: skip
def test_a_hub_kept_in_git_becomes_fields(names, wrapper, method, answers):
    found = from_files(kept(*names))
    assert found.round_trip
    assert found.problems == ()
    assert found.files == tuple(names)
    assert sum(f"below “{wrapper}”" in note for note in found.notes) == len(names)
    assert found.spec.signIn.method == method
    for path, value in answers.items():
        assert FIELDS[path].read(found.spec) == value, path
    again = from_draft(to_draft(found.spec))
    assert again == found.spec, "the draft opens with every recognised value in its field"
    for leaf in found.leaves:
        assert leaf.fate != "typed" or leaf.field or leaf.why, leaf


def test_of_several_files_the_later_counts_as_with_helm():
    values = read(kept("research.common.values.yaml", "research.prod.values.yaml")).values
    mounts = values["singleuser"]["storage"]["extraVolumeMounts"]
    assert mounts["20-shared-public"] is None
    assert mounts["10-shared"]["readOnly"] is True
    rows = from_values(values).spec.singleuser.storage.extraVolumeMounts
    assert [(row["mountPath"], row.get("admins", False)) for row in rows] == [
        ("/home/jovyan/shared", False), ("/home/jovyan/allusers", True)
    ]  # fmt: skip
    assert values["hub"]["image"]["name"] == "quay.io/example/hub"
    assert values["hub"]["allowNamedServers"] is True, "what only the first says stays"


def test_other_releases_in_a_file_are_named_and_not_imported():
    found = from_files(kept("research.common.values.yaml"))
    assert any("Not imported: basehub.dask-gateway." in note for note in found.notes)
    assert "dask" not in str(found.spec.more)


# --- wrappers ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("jupyterhub: {cull: {every: 60}}", {"cull": {"every": 60}}, "below “jupyterhub”"),
        ("daskhub: {jupyterhub: {cull: {every: 60}}, dask-gateway: {}}", {"cull": {"every": 60}},
         "Not imported: daskhub.dask-gateway."),
        ("binderhub:\n  jupyterhub: {hub: {}}\ningress: {hosts: [a]}", {"hub": {}}, "Not imported: ingress."),
        ("class: {hub: {allowNamedServers: true}}", {"hub": {"allowNamedServers": True}}, "below “class”"),
        ("jupyterhub:\n  jupyterhub: {hub: {}}", {"hub": {}}, "below “jupyterhub.jupyterhub”"),
        ("jupyterhub:\n  # nothing yet\n", {}, "below “jupyterhub”"),
        ("basehub:\n  jupyterhub:\n", {}, "below “basehub.jupyterhub”"),
        ("jupyterhub: {cull: {every: 60}}\nhub: {baseUrl: /x}", {"cull": {"every": 60}},
         "Not imported: hub. JupyterHub’s chart reads only settings below “jupyterhub”. Move it there."),
    ],
)  # fmt: skip
def test_a_wrapper_is_found_used_and_named(text, values, said):
    found = read([File("", text)])
    assert found.values == values
    assert any(said in note for note in found.notes), found.notes


@pytest.mark.parametrize(
    "text", ["hub: {config: {}}", "# nothing", "", "custom: {jupyterhub: {a: 1}}", "jupyterhub: 3"]
)
def test_plain_values_have_no_wrapper(text):
    found = read([File("", text)])
    assert found.values == load_map(text)
    assert found.notes == ()


def test_a_file_of_two_hubs_is_refused():
    with pytest.raises(YamlError, match=r"a.yaml: This file contains several hubs: staging, prod\."):
        found_in("staging: {jupyterhub: {}}\nprod: {jupyterhub: {}}")


# --- several files ----------------------------------------------------------------------------------------------------
def test_a_heading_without_content_removes_what_is_below_it_and_says_so():
    found = found_in("hub: {config: {Authenticator: {admin_users: [ada]}}}", "hub:\n  config:\n    # later\n")
    assert found.spec.signIn.adminUsers == ()
    assert found.notes == (
        "b.yaml: hub.config is empty: as in Helm, this removes the settings below it from earlier files.",
    )


def test_lists_replace_and_maps_merge():
    first = "singleuser: {extraEnv: {A: '1', B: '2'}, cmd: [a, b]}"
    found = found_in(first, "jupyterhub: {singleuser: {extraEnv: {B: '3'}, cmd: [c]}}")
    assert found.spec.singleuser.extraEnv == {"A": "1", "B": "3"}
    assert found.spec.singleuser.cmd == ("c",)


def test_one_text_may_hold_several_files_and_errors_name_the_line_of_the_whole():
    text = "# Ours\n---\nhub: {}\n--- # prod.yaml\ncull:\n  every: 60\n  every: 61\n"
    assert [(one.name, one.text.count("\n")) for one in parts(File("", text))] == [("", 3), ("prod.yaml", 7)]
    with pytest.raises(YamlError, match=r"prod.yaml: Line 7, column 3: “every” is set twice"):
        read([File("", text)])
    files = parts(File("", text.replace("61", "62").replace("  every: 60\n", "")))
    assert read(parts(File("", joined(files)))).values == {"hub": {}, "cull": {"every": 62}}
    windows = "\ufeff---\r\nhub: {}\r\n---\r\n# end\r\n"
    assert read([File("", windows)]) == read([File("", "hub: {}")])


def test_errors_name_the_file():
    with pytest.raises(YamlError, match=r"b.yaml: Line 1, column 11: “c” is set twice\."):
        found_in("a: 1", "b: {c: 1, c: 2}")
    with pytest.raises(YamlError, match="The maximum for one hub is 20"):
        found_in(*["a: 1"] * (MOST_FILES + 1))
    with pytest.raises(YamlError, match="256 KiB in total"):
        found_in("a: " + "x" * 200_000, "b: " + "x" * 200_000)


# --- anchors ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}}),
        ("a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}",
         {"a": {"p": 1}, "b": {"p": 2, "q": 2}, "c": {"p": 1, "q": 2}}),
        ("a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: *y}",
         {"a": {"p": 1}, "b": {"q": 2, "p": 1}, "c": {"q": 2, "p": 1}}),
        ("a: {'<<': 1}", {"a": {"<<": 1}}),
    ],
)  # fmt: skip
def test_anchors_are_written_out(text, value):
    found = load(text, anchors=True)
    assert found == value
    assert yaml.safe_load(text) == value, "as everybody reads it"
    assert load(dump(found)) == value, "and what we write has none"


def test_an_anchor_may_be_redefined():
    """As YAML 1.2 says, and as Helm reads it."""
    assert load("a: &x 1\nb: &x 2\nc: *x", anchors=True) == {"a": 1, "b": 2, "c": 2}


def test_no_two_places_share_an_object():
    found = load("a: &x {p: [1]}\nb: *x\nc: {<<: *x}", anchors=True)
    found["a"]["p"].append(2)
    assert found["b"] == found["c"] == {"p": [1]}
    shared = ["x"]
    assert load(dump({"a": shared, "b": shared})) == {"a": ["x"], "b": ["x"]}


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "With its anchors written out, this is too large"),
        ("a: &a {x: 1}\n" + "".join(f"b{n}: &a {{p: *a, q: *a}}\n" for n in range(60)), "written out, this is too"),
        ("a: &a " + "x" * 200_000 + "\nb: [*a, *a]", "written out, this is too large"),
        ("a: &a [*a]", "written out, this is too large or too deep"),
        ("a: &a {<<: *a}", "written out, this is too large or too deep"),
        ("a: *b", "Line 1, column 4: This refers to an anchor"),
        ("a: &x {p: 1}\nb:\n  <<: *x\n  <<: *x", "Line 4, column 3: “<<” is used twice. Use one"),
        ("a: {<<: 3}", "Line 1, column 5: “<<” needs the alias of a map"),
        ("a: &x {k: 1, k: 2}\nb: *x", "Line 1, column 14: “k” is set twice. Remove one of them."),
        ("a: &x [1]\n? *x\n: 1", "Keys must be plain text."),
        ("[" * 5000, "too deep"),
        ("a: &x !!python/object:os.system x", "Tags"),
    ],
)  # fmt: skip
def test_anchors_that_would_explode_or_are_ambiguous_are_refused(text, said):
    with pytest.raises(YamlError) as caught:
        load(text, anchors=True)
    assert said in str(caught.value)


def test_anchors_may_expand_to_as_many_nodes_as_plain_yaml():
    text = "a: &a [" + "1," * 990 + "]\n" + "".join(f"b{n}: *a\n" for n in range(18))
    assert sum(len(one) for one in load(text, anchors=True).values()) == 990 * 19 < MOST


# --- encrypted --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "jupyterhub:\n  hub:\n    config:\n      A: {client_secret: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]'}\n"
        "sops: {mac: 'ENC[AES256_GCM,data:x]', version: 3.9.0, lastmodified: '2026-01-01T00:00:00Z'}",
        "hub: {config: {A: {client_secret: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]'}}}",
        "hub: {}\nsops:\n  kms: []\n  mac: x\n",
    ],
)
def test_a_file_of_sops_is_refused_with_what_to_do(text):
    with pytest.raises(YamlError) as caught:
        from_files([*kept("college.values.yaml"), File("enc-prod.secret.values.yaml", text)])
    assert str(caught.value).startswith("enc-prod.secret.values.yaml: This file is encrypted with sops")
    assert "sops -d" in str(caught.value)
    assert "leave this file out" in str(caught.value)


def test_a_vault_of_ansible_is_refused_too():
    with pytest.raises(YamlError, match=r"encrypted\. Decrypt it"):
        found_in("$ANSIBLE_VAULT;1.1;AES256\n6162\n")


# --- The Littlest JupyterHub ------------------------------------------------------------------------------------------
LITTLEST = """
users: {admin: [ada], allowed: [mia, noa], extra_user_groups: {physics: [mia]}}
https: {enabled: true, letsencrypt: {email: ada@example.org, domains: [hub.example.org]}}
limits: {memory: 2G, cpu: 2}
user_environment: {default_app: jupyterlab}
services: {cull: {enabled: true, timeout: 3600, every: 300, max_age: 86400}, configurator: {enabled: true}}
"""


def test_the_littlest_jupyterhub_is_recognised_and_translated():
    found = found_in(LITTLEST)
    assert found.round_trip
    assert (found.problems, found.count("more")) == ((), 0)
    assert "The Littlest JupyterHub" in found.notes[0]
    assert "people of The Littlest JupyterHub set a password" in found.notes[-1]
    user, cull, who = found.spec.singleuser, found.spec.cull, found.spec.signIn
    assert (who.method, who.adminUsers, who.allowedUsers) == ("firstuse", ("ada",), ("mia", "noa"))
    assert (user.memory.limit, user.cpu.limit, user.defaultUrl) == ("2G", 2, "/lab")
    assert (cull.enabled, cull.timeout, cull.every, cull.maxAge) == (True, 3600, 300, 86400)
    by_hand = {note.split(": ")[0] for note in found.notes if "became" not in note and ": " in note}
    assert {"https.letsencrypt.email", "users.extra_user_groups.physics", "services.configurator.enabled"} <= by_hand


def test_its_sign_in_is_imported_with_its_secret():
    found = found_in(
        "users: {admin: [ada]}\nauth:\n  type: oauthenticator.github.GitHubOAuthenticator\n"
        "  GitHubOAuthenticator: {client_id: me, client_secret: hidden-one, allowed_organizations: [lake]}"
    )
    assert (found.spec.signIn.method, found.spec.signIn.github.client_id) == ("github", "me")
    assert found.secrets == {("hub", "config", "GitHubOAuthenticator", "client_secret"): "hidden-one"}
    assert "hidden-one" not in f"{found.notes}{found.leaves}{found.spec}"


# --- `auth:` before 1.0 -----------------------------------------------------------------------------------------------
OLD = """
auth:
  type: github
  admin: {access: true, users: [ada]}
  whitelist: {users: [mia]}
  github: {clientId: me, clientSecret: hidden-one, callbackUrl: "https://x.example.org/a", orgWhitelist: lake}
  scopes: [read:org]
  state: {enabled: true, cryptoKey: hidden-two}
  odd: {thing: 1}
hub: {allowNamedServers: true, config: {Authenticator: {admin_users: [omar]}}}
"""


def test_the_old_sign_in_is_translated_key_by_key():
    found = found_in(OLD)
    assert (found.round_trip, found.problems) == (True, ())
    who = found.spec.signIn
    assert (who.method, who.github.client_id, who.github.allowed_organizations) == ("github", "me", ("lake",))
    assert (who.allowedUsers, who.github.scope, who.enableAuthState) == (("mia",), ("read:org",), True)
    assert who.adminUsers == ("omar",), "what is written as today counts"
    assert list(found.secrets.values()) == ["hidden-one"], "and no key that the portal makes"
    for old, _ in leaves({"auth": yaml.safe_load(OLD)["auth"]}):
        assert sum(note.startswith(f"{'.'.join(old)}") for note in found.notes) == 1, old
    assert "auth.github.orgWhitelist became hub.config.GitHubOAuthenticator.allowed_organizations." in found.notes
    assert any(note.startswith("auth.odd.thing: There is no current setting") for note in found.notes)
    assert "hidden" not in f"{found.notes}{found.leaves}{found.spec}"


def test_an_old_custom_class_becomes_a_current_one():
    found = found_in(
        "jupyterhub: {auth: {type: custom, custom: {className: oauthenticator.generic.GenericOAuthenticator, "
        "config: {client_id: me, client_secret: hidden-one, authorize_url: 'https://a.example.org/a'}}}}"
    )
    assert (found.spec.signIn.method, found.spec.signIn.oauth.authorize_url) == (
        "generic-oauth",
        "https://a.example.org/a",
    )
    assert found.round_trip


@pytest.mark.parametrize("kind", ["gitlab", "dummy", "ldap", "nobody"])
def test_an_old_type_without_an_equivalent_is_named(kind):
    found = found_in(f"auth: {{type: {kind}, ldap: {{server: {{address: a.example.org}}, dn: {{lookup: true}}}}}}")
    assert found.round_trip
    said = [*found.notes, *(leaf.why for leaf in found.leaves)]
    assert any(
        "do not include" in words or words.startswith("auth.type: There is no current setting") for words in said
    )
    assert get(found.spec.more, ("hub", "config", "LDAPAuthenticator")) == {
        "server_address": "a.example.org",
        "lookup_dn": True,
    }


@pytest.mark.parametrize(
    "text",
    ["auth:", "auth: 3", "auth: [1]", "auth: {type: [a]}", "auth: {custom: {className: 3}, type: custom}", "users: 3",
     "users: [ada]", "limits:", "services: {cull: 3}", "auth: {admin: [ada]}", "auth: {github: {'': 1}}",
     "https: {a: {}}", "user_environment: {default_app: nteract}", "auth: {lti: {consumers: {a: b}}}", "sops: 3",
     "jupyterhub: {auth: {a: }}"],
)  # fmt: skip
def test_any_old_file_is_read_completely_or_its_problems_are_named(text):
    found = found_in(text)
    assert found.count() == sum(map(found.count, FATES))
    assert found.round_trip or found.problems


# --- what the report says ---------------------------------------------------------------------------------------------
def test_each_value_with_a_field_is_shown_as_the_field_shows_it():
    found = found_in(
        "singleuser:\n  memory: {limit: 1.5G}\n  extraEnv: {COURSE: '101', API_TOKEN: hidden-one}\n"
        "  extraResource: {limits: {nvidia.com/gpu: '2'}}\n"
        "  profileList: [{display_name: Small}, {display_name: Large}]\n"
        "cull: {timeout: 3600}\nhub: {config: {JupyterHub: {authenticator_class: github, admin_access: true}}}"
    )
    shown = {leaf.name: (leaf.field, leaf.shown) for leaf in found.leaves if leaf.fate == "typed"}
    assert shown["singleuser.memory.limit"] == (FIELDS["singleuser.memory.limit"].words.label, "1.5 GiB")
    assert shown["singleuser.extraEnv.COURSE"][1] == "101"
    assert shown["singleuser.extraEnv.API_TOKEN"][1] == ""
    assert shown["singleuser.extraResource.limits.nvidia.com/gpu"] == (FIELDS["singleuser.gpus"].words.label, "2 GPUs")
    assert shown["singleuser.profileList"][1] == "Small, Large"
    assert shown["cull.timeout"][1] == "1 hour"
    assert shown["hub.config.JupyterHub.authenticator_class"] == (FIELDS["signIn.method"].words.label, "GitHub")
    assert shown["hub.config.JupyterHub.admin_access"] == ("", "")
    assert "hidden-one" not in str(found.leaves)


def test_a_null_without_effect_is_not_kept():
    found = found_in("singleuser: {storage: {extraVolumes: null}}\nhub: {config: {KubeSpawner: }}")
    assert (found.count("typed"), found.count("more"), found.spec.more) == (2, 0, {})
    deletes = found_in("singleuser: {image: {pullPolicy: null}, podNameTemplate: null}\nproxy: null")
    assert deletes.round_trip
    assert "proxy" in deletes.spec.more, "a null that takes away a default of the chart is kept"


def test_a_class_may_be_named_by_its_path_and_names_in_any_case():
    config = {"JupyterHub": {"authenticator_class": "oauthenticator.github.GitHubOAuthenticator"},
              "Authenticator": {"admin_users": ["Ada.O@example.org"]}}  # fmt: skip
    found = from_values({"hub": {"config": config}})
    assert (found.count("more"), found.spec.more, found.round_trip) == (0, {}, True)
    assert (found.spec.signIn.method, found.spec.signIn.adminUsers) == ("github", ("ada.o@example.org",))


# --- any hub ----------------------------------------------------------------------------------------------------------
names = st.text("abcdefghij", min_size=1, max_size=6).filter(lambda name: name not in chart.keys())  # noqa: SIM118
wrappers = st.one_of(
    st.just(()), st.just(("jupyterhub",)), st.builds(lambda name: (name, "jupyterhub"), names),
)  # fmt: skip


def _anchored(value: Any, seen: dict[str, str]) -> str:
    """Return flow YAML in which each map or list that was written before is an alias."""
    if not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    plain = repr(value)
    if plain in seen:
        return f"*{seen[plain]}"
    inside = (
        "{" + ", ".join(f"{_anchored(str(key), {})}: {_anchored(one, seen)}" for key, one in value.items()) + "}"
        if isinstance(value, dict)
        else "[" + ", ".join(_anchored(one, seen) for one in value) + "]"
    )
    seen[plain] = f"n{len(seen)}"
    return f"&{seen[plain]} {inside}"


def _split(draw: st.DrawFn, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one to three maps that Helm merges to these values; some of them set first what a later one
    changes."""
    count = draw(st.integers(1, 3))
    files: list[dict[str, Any]] = [{} for _ in range(count)]
    for path, value in leaves(values):
        at = draw(st.integers(0, count - 1))
        put(files[at], path, value)
        if at and not isinstance(value, dict) and draw(st.booleans()):
            put(files[0], path, ["before"] if isinstance(value, list) else "before")
    return files


def _unordered(spec: HubSpec) -> dict[str, Any]:
    """Sort the institutions: they are a map's names, and maps have no order."""
    found = spec.model_dump()
    found["signIn"]["cilogon"]["institutions"] = sorted(found["signIn"]["cilogon"]["institutions"], key=str)
    return found


def test_the_suggested_institution_may_be_at_any_position():
    rules = {"allow_all": True, "username_derivation": {"username_claim": "email"}}
    idps = {"https://a.example.edu/idp": rules, "https://b.example.edu/idp": {"default": True, **rules}}
    config = {"JupyterHub": {"authenticator_class": "cilogon"}, "CILogonOAuthenticator": {"idps": idps}}
    found = from_values({"hub": {"config": config}})
    assert found.round_trip
    names = [one.entity_id for one in found.spec.signIn.cilogon.institutions]
    assert names == ["https://b.example.edu/idp", "https://a.example.edu/idp"]
    assert found.count("more") == 0


@FEW
@given(st.data(), specs)
def test_wrapped_split_and_anchored_files_make_the_same_draft(data, spec):
    values = yaml.safe_load(yaml.safe_dump(to_values(spec, elsewhere=True, literal=True)))
    plain = from_files([File("values.yaml", yaml.safe_dump(values))])
    texts = []
    wrapper = data.draw(wrappers)
    for part in _split(data.draw, values):
        whole: dict[str, Any] = {}
        if wrapper:
            put(whole, wrapper, part)
            put(whole, (*wrapper[:-1], "beside"), {"a": 1})
        else:
            whole = part
        texts.append(_anchored(whole, {}) if data.draw(st.booleans()) else yaml.safe_dump(whole))
    files = [File(f"{n}.yaml", text) for n, text in enumerate(texts)]
    found = from_files([File("", joined(files))] if data.draw(st.booleans()) else files)
    assert _unordered(found.spec) == _unordered(plain.spec)
    assert found.secrets == plain.secrets
    assert found.round_trip
    assert REPLACED not in str(found.notes)


def test_no_text_takes_long_to_split():
    """A pattern that crosses line ends reads the rest of a text again from each line: 120 kB used to take 6 s."""

    def look(text: str) -> None:
        with contextlib.suppress(YamlError):
            parts(File("", text))

    pieces = ["\n", " \n", " ", "#", "---\n", "--- # ", "...\n", "%", "a: 1\n", "\t"]
    assert slow_texts(look, pieces, 32_000, 0.2) == []


def test_more_parts_than_one_hub_has_are_refused_before_they_are_copied():
    with pytest.raises(YamlError, match="too many files"):
        parts(File("", "---\na: 1\n" * (MOST_FILES + 1)))
    assert len(parts(File("", "---\n# nothing\n" * 99 + "---\na: 1\n" * 2))) == 2

"""Secrets in what people type or upload: recognised by their names and by their values, removed at once, stored
encrypted, and returned only to the hub."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]
from jupyterhub.crypto import CryptKeeper  # type: ignore[import-untyped]
from jupyterhub.proxy import ConfigurableHTTPProxy  # type: ignore[import-untyped]
from traitlets.config import Configurable

from hubs.errors import Invalid
from hubs.models import AuditEvent, Hub, HubSecret
from hubs.requests.forms.forecast import Forecast
from hubs.requests.services import decisions, judged, requests, secrets
from hubs.requests.services.imports import begin_import
from hubs.spec import HubSpec, SpecError, from_draft, to_draft, yaml_text
from hubs.spec.draft import parse
from hubs.spec.hiding import CHOICES, hidden_in, hide
from hubs.spec.image_names import complaint
from hubs.spec.imports import from_values
from hubs.spec.profiles import as_values
from hubs.spec.secrets import OURS, REPLACED, THEIRS, holds_secret, is_secret, is_the_portals, secrets_in
from hubs.spec.trees import get, joined, parted, put
from provisioning.render.values import hub_values, typed_secrets
from tests.runtimes.shapes import SIGN_IN
from tests.runtimes.test_render import TARGET
from tests.slowness import slow_texts
from tests.words import EMPTY_FIELD

HIDDEN = "very-hidden-1234567890"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"
NAMES = """
    PGPASSWORD DB_PASS MYSQL_PWD MYSQL_PASSWORD GITHUB_PAT AZURE_STORAGE_KEY AWS_SECRET_ACCESS_KEY client_secret
    clientSecret apiToken OPENAI_API_KEY dbPassword SMTP_PASSWD cookie_secret crypt_key HF_TOKEN SECRET DSN
    admin_passphrase signing-key consumer_key WEBHOOK_SECRET slackToken master.key MONGO_CREDENTIALS pass
    ENCRYPTION_KEYS DATABASE_DSN
""".split()
NO_SECRETS = {
    "token_url": "https://sso.example.edu/t", "AWS_ACCESS_KEY_ID": "AKIA0123", "secretName": "tls", "COURSE": "101",
    "username_key": "email", "auth_state_groups_key": "oauth_user.groups", "password_field": "pw", "key": "pool",
    "GH_SCOPED_CREDS_CLIENT_ID": "Iv1.0123456789abcdef", "COMPASS": "north", "tokenizer": "bert",
    "public_key": "ssh-ed",
    "validation_regex": "^.+:.+$", "state": "active", "SAS_HOME": "/opt/sas", "image": f"a/b@sha256:{'a' * 64}",
    "passenger": "7", "MAX_TOKENS": "4096", "pullSecrets": "regcred", "GIT_CREDENTIAL_HELPER": "store",
    "check_common_password": "on", "GRANT_PASSWORDLESS_SUDO": "yes", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "path": "/srv", "announcement": "Ask Ines for the way in",
}  # fmt: skip
VALUES = [
    PEM, "postgres://ines:hunter2@db.example.org/stats", "https://robot:abc@git.example.org/a.git",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==;", "Server=h;User=a;Password=xyz", f"ghp_{'a' * 36}",
    f"glpat-{'a' * 20}", f"hf_{'a' * 34}", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJ", "0123456789abcdef" * 4,
    "Basic cm9ib3Q6YWJj", "--token=abcdef", "dbname=x password: hunter22",
]  # fmt: skip


# --- recognising secrets ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_recognised_by_parts_of_its_name(name):
    assert is_secret(name, "x")
    assert not is_secret(name, "")
    assert not is_secret(name, 7)


@pytest.mark.parametrize(("name", "value"), NO_SECRETS.items())
def test_a_value_that_only_sounds_like_a_secret_is_not_hidden(name, value):
    assert not is_secret(name, value)


@pytest.mark.parametrize("value", VALUES)
def test_a_secret_is_recognised_by_its_value(value):
    assert holds_secret(value)
    assert is_secret(
        "COURSE", f"before {value}" if "\n" not in value and len(value) != 64 and " " not in value else value
    )


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["plain", "/lab", "https://example.org"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(trees, st.sampled_from(NAMES), st.sampled_from(VALUES), st.data())
def test_it_is_found_at_any_depth_in_maps_and_lists(tree, name, value, data):
    """By its name in a map, by its name in a list of {name, value}, and by its value in a list."""
    planted = data.draw(st.sampled_from([{name: HIDDEN}, [{"name": name, "value": HIDDEN}], [value], {"k": value}]))
    for _ in range(data.draw(st.integers(0, 4))):
        planted = data.draw(st.sampled_from([[tree, planted], {"x": planted, "y": tree}]))
    found = {get(planted, path) for path in secrets_in(planted)}
    assert {HIDDEN, value} & found


def test_a_password_of_digits_is_a_secret():
    tree = {"singleuser": {"extraEnv": {"DB_PASSWORD": 12345678, "MAX_PASSWORD_LENGTH": 20, "PORT": 5432, "A": True}}}
    assert secrets_in(tree) == [("singleuser", "extraEnv", "DB_PASSWORD")]
    assert from_values(tree).secrets == {("singleuser", "extraEnv", "DB_PASSWORD"): "12345678"}
    clean, found = hide({"more": yaml_text.dump(tree)})
    assert list(found.values()) == ["12345678"]
    assert "12345678" not in clean["more"]


def test_a_consumer_of_lti_and_keys_of_a_list_are_secrets():
    config = {"LTIAuthenticator": {"consumers": {"course": "x"}}, "CryptKeeper": {"keys": ["short"]}}
    assert secrets_in(config) == [("LTIAuthenticator", "consumers", "course"), ("CryptKeeper", "keys", "0")]


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5))
def test_a_path_is_one_text_and_a_path_again(path):
    assert parted(joined(tuple(path))) == tuple(path)


# --- speed -----------------------------------------------------------------------------------------------------------
# What the patterns of secrets and of images look for, and what is between: any two of them, repeated.
PIECES = (
    "-", "--", "a", "A", "eyJ", ".", "://", ":", "@", "/", "password", "=", " ", "pass", "Bearer ", "ghp_", "sk-", "_",
    "token", "0", "\n", "api-key", "{", "$", "+", "http",
)  # fmt: skip


def test_no_text_takes_long_to_search():
    """A pattern whose time grows with the square of a text stops the portal: 20 kB of dashes used to take 21 s."""

    def look(text):
        holds_secret(text)
        is_secret(text, "x")
        complaint(text)

    assert slow_texts(look, PIECES, 16_000, 0.2) == []


# --- nothing readable keeps a secret ----------------------------------------------------------------------------------
PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "more": lambda tree: {"more": {"singleuser": {"extraPodConfig": tree}}},
    "hub.services": lambda tree: {"hub": {"services": {"report": {"info": tree}}}},
    "singleuser.extraFiles": lambda tree: {"singleuser": {"extraFiles": {"a": {"mountPath": "/a", "data": tree}}}},
    "singleuser.extraEnv": lambda tree: {"singleuser": {"extraEnv": {"PGPASSWORD": HIDDEN}}},
    "singleuser.cmd": lambda tree: {"singleuser": {"cmd": ["sh", f"--token={HIDDEN}"]}},
    "singleuser.content.repository": lambda tree: {"singleuser": {"content": {
        "folder": "a", "repository": f"https://git.example.org/a.git?private_token=glpat-{HIDDEN}"}}},
    "singleuser.postStart": lambda tree: {"singleuser": {"postStart": ["sh", "-c", f"git clone https://a:{HIDDEN}@b"]}},
    "singleuser.profileList": lambda tree: {"singleuser": {"profileList": [
        {"display_name": "A", "kubespawner_override": {"environment": {"DB_PASS": HIDDEN}}}]}},
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(PLACES))
def test_no_spec_takes_a_secret(path):
    """Everyone who sees the hub's configuration reads all of it, so a spec with a secret is refused: by the form, the
    API and the command line alike, because all of them make the same spec."""
    tree = {"env": [{"name": "DB_PASS", "value": HIDDEN}]}
    with pytest.raises(SpecError) as caught:
        parse({"about": {"title": "Any"}, **PLACES[path](tree)})
    assert set(caught.value.errors) == {path}
    assert HIDDEN not in str(caught.value)


def test_the_texts_keep_their_order_and_their_comments():
    text = (
        "# ours\nsingleuser:\n  initContainers:\n    - name: a  # first\n"
        "      env: [{name: DB_PASS, value: 'x y'}]\n  extraEnv:\n    KEY_PEM: |\n"
        "      -----BEGIN PRIVATE KEY-----\n      abc\n    B: '1'\n"
    )
    clean, found = hide({"more": text, "singleuser.extraEnv": "A=1\nPGPASSWORD = abc=d \n", "about.title": "x"})
    assert found == {
        ("singleuser", "initContainers", "0", "env", "0", "value"): "x y",
        ("singleuser", "extraEnv", "KEY_PEM"): "-----BEGIN PRIVATE KEY-----\nabc\n",
        ("singleuser", "extraEnv", "PGPASSWORD"): "abc=d",
    }
    assert clean["singleuser.extraEnv"] == f"A=1\nPGPASSWORD={REPLACED}\n"
    assert "# ours" in clean["more"]
    assert "# first" in clean["more"]
    kept = yaml_text.load(clean["more"])["singleuser"]
    assert kept["extraEnv"] == {"KEY_PEM": REPLACED, "B": "1"}
    assert hide(clean) == (clean, {}), "a second time there is nothing to take"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_line_ends_where_its_reader_ends_it(end):
    clean, found = hide({"singleuser.extraEnv": f"A=1{end}PGPASSWORD={HIDDEN}"})
    assert list(found.values()) == [HIDDEN]
    assert clean["singleuser.extraEnv"] == f"A=1{end}PGPASSWORD={REPLACED}"


# --- from the form to the hub -----------------------------------------------------------------------------------------
ENV = "singleuser.extraEnv"
REPOSITORY = "singleuser.content.repository"
WHERE = "singleuser.extraEnv.PGPASSWORD"


def everything_stored():
    """Return every row of every table as text, except encrypted columns (their text is not the secret)."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found.append(repr(cursor.fetchall()))
    return "\n".join(found)


@pytest.fixture
def typed(ready_hub, ines, as_):
    """A change with a password among the environment variables, as the form saves it."""
    row = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    page = as_(ines).post(
        reverse("request-edit", args=[row.uid, "software"]), {**row.draft, ENV: f"A=1\nPGPASSWORD={HIDDEN}"}
    )
    assert page.status_code == 302
    row.refresh_from_db()
    return row


@pytest.mark.django_db
def test_a_variable_with_a_password_is_kept_as_a_secret(typed, ines, stan, as_, ready_hub):
    assert typed.draft[ENV] == f"A=1\nPGPASSWORD={REPLACED}"
    assert HIDDEN not in everything_stored()
    page = as_(ines).get(reverse("request-edit", args=[typed.uid, "software"])).content.decode()
    assert HIDDEN not in page
    assert "Stored encrypted: PGPASSWORD (set on" in page
    requests.submit(request=typed, by=ines)
    assert typed.state == "approved"
    hub = Hub.objects.get(pk=ready_hub.pk)
    keys = dict(hub.secrets.values_list("name", "value"))
    assert keys[f"values:{WHERE}"] == HIDDEN
    values = hub_values(TARGET, hub.spec, SIGN_IN)
    assert HIDDEN not in json.dumps(values)
    assert typed_secrets(values, hub.spec, keys) == [(["singleuser", "extraEnv", "PGPASSWORD"], HIDDEN)]
    for name, who in (("hub", ines), ("hub-history", ines), ("hub-audit", stan), ("hub-take", ines), ("api-hub", stan)):
        assert HIDDEN not in as_(who).get(reverse(name, args=[hub.uid])).content.decode()
    exported = as_(ines).get(reverse("hub-download", args=[hub.uid, "values.yaml"])).content.decode()
    assert f"PGPASSWORD: {REPLACED}" in exported
    assert HIDDEN not in everything_stored()
    assert not AuditEvent.objects.filter(changes__icontains=HIDDEN).exists()


@pytest.mark.django_db
def test_a_removed_setting_removes_its_secret(typed, ines, ready_hub):
    requests.submit(request=typed, by=ines)
    hub = Hub.objects.get(pk=ready_hub.pk)
    change = requests.begin_change(reason="For the course.", hub=hub, by=ines)
    requests.submit(request=requests.save(request=change, by=ines, values={ENV: "A=1"}), by=ines)
    hub = Hub.objects.get(pk=ready_hub.pk)
    keys = dict(hub.secrets.values_list("name", "value"))
    assert typed_secrets(hub_values(TARGET, hub.spec, SIGN_IN), hub.spec, keys) == []


@pytest.mark.django_db
def test_a_place_without_its_secret_is_named_beside_the_field(ready_hub, ines):
    change = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    requests.save(request=change, by=ines, values={ENV: f"PGPASSWORD={REPLACED}"})
    with pytest.raises(Invalid) as caught:
        requests.submit(request=change, by=ines)
    assert caught.value.errors == {ENV: [f"PGPASSWORD: enter the secret in place of “{REPLACED}”."]}
    requests.save(request=change, by=ines, values={ENV: f"PGPASSWORD={HIDDEN}"})
    assert requests.submit(request=change, by=ines).state == "approved"


@pytest.mark.django_db
def test_no_audit_line_of_a_returned_request_has_what_was_typed(ask, ines, stan, river):
    row = requests.submit(request=ask(ines, river, **{"about.heads": "900"}), by=ines)
    decisions.send_back(request=row, by=stan, reason="Fewer people?")
    requests.save(
        request=row, by=ines, values={ENV: f"PGPASSWORD={HIDDEN}", "more": f"a: {HIDDEN}", "about.heads": "50"}
    )
    requests.save(request=row, by=ines, values={REPOSITORY: f"https://me:{HIDDEN}@git.example.org/a.git"})
    line, other = AuditEvent.objects.filter(verb="request.save").order_by("pk")
    assert line.changes["about.heads"] == ["900", "50"]
    assert other.changes == {REPOSITORY: ["", "edited"]}
    assert HIDDEN not in json.dumps([line.changes, other.changes])


@pytest.mark.django_db
def test_by_api_a_secret_goes_into_secrets(as_, ines, river):
    body: dict[str, Any] = {
        "organization": "river", "slug": "by-api", "send": True, "reason": "",
        "spec": {"about": {"title": "By API"}, "singleuser": {"extraEnv": {"PGPASSWORD": HIDDEN}}},
    }  # fmt: skip
    client = as_(ines)
    refused = client.post("/api/v1/requests/", body, content_type="application/json")
    assert refused.status_code in (400, 422)
    assert HIDDEN not in refused.content.decode()
    body["spec"]["singleuser"]["extraEnv"]["PGPASSWORD"] = REPLACED
    body["secrets"] = {WHERE: HIDDEN, "singleuser.extraEnv.OTHER": "x"}
    strange = client.post("/api/v1/requests/", body, content_type="application/json")
    assert strange.status_code in (400, 422)
    assert "singleuser.extraEnv.OTHER" in strange.content.decode()
    del body["secrets"]["singleuser.extraEnv.OTHER"]
    made = client.post("/api/v1/requests/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert HIDDEN not in made.content.decode()
    assert HubSecret.objects.get(name=f"values:{WHERE}").value == HIDDEN


@pytest.mark.django_db
def test_a_client_secret_is_sent_only_to_the_address_it_was_typed_for(ready_hub, ines):
    """Otherwise people who run the hub could read a colleague's secret by entering a token address of their own."""
    change = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    path, at = "hub.config.GenericOAuthenticator.client_secret", "https://sso.example.edu"
    urls = {f"signIn.oauth.{name}_url": f"{at}/{name}" for name in ("authorize", "token", "userdata")}
    by_oauth = {"signIn.method": "generic-oauth", "signIn.oauth.client_id": "c", "signIn.allowedUsers": "mia",
                "signIn.oauth.username_claim": "email", **urls}  # fmt: skip
    requests.save(request=change, by=ines, values=by_oauth)
    secrets.keep(request=change, by=ines, values={path: HIDDEN})
    requests.submit(request=change, by=ines)
    for values in ({"signIn.oauth.token_url": "https://elsewhere.example.org/t"}, {"signIn.method": "portal"}):
        ready_hub.refresh_from_db()
        other = requests.begin_change(reason="For the course.", hub=Hub.objects.get(pk=ready_hub.pk), by=ines)
        requests.save(request=other, by=ines, values=values)
        if "signIn.method" in values:
            requests.submit(request=other, by=ines)
            other = requests.begin_change(reason="For the course.", hub=Hub.objects.get(pk=ready_hub.pk), by=ines)
            requests.save(request=other, by=ines, values={"signIn.method": "generic-oauth"})
        with pytest.raises(Invalid) as caught:
            requests.submit(request=other, by=ines)
        assert caught.value.errors == {path: [EMPTY_FIELD]}
        requests.withdraw(request=other, by=ines)
    same = requests.begin_change(reason="For the course.", hub=Hub.objects.get(pk=ready_hub.pk), by=ines)
    requests.save(request=same, by=ines, values={**by_oauth, "about.title": "Other"})
    with pytest.raises(Invalid):
        requests.submit(request=same, by=ines)
    secrets.keep(request=same, by=ines, values={path: "another-secret"})
    assert requests.submit(request=same, by=ines).state == "approved"


# --- secrets that the portal creates ----------------------------------------------------------------------------------
KEYS = {
    "hub": {
        "cookieSecret": HIDDEN,
        "config": {
            "JupyterHub": {"cookie_secret": HIDDEN, "proxy_auth_token": HIDDEN, "authenticator_class": "native"},
            "ConfigurableHTTPProxy": {"auth_token": HIDDEN}, "CryptKeeper": {"keys": [HIDDEN]},
            "SingletonConfigurable": {"cookie_secret": HIDDEN}, "Configurable": {"cookie_secret": HIDDEN},
            "NativeAuthenticator": {"open_signup": True}, "Authenticator": {"allow_all": True},
        },
        "services": {"portal": {"apiToken": HIDDEN}}, "db": {"password": HIDDEN},
    },
    "proxy": {"secretToken": HIDDEN},
}  # fmt: skip


@pytest.mark.django_db
def test_what_the_portal_makes_itself_is_never_taken_over(ines, river, ask):
    """Whoever knows a hub's cookie secret is its admin: a file's is left out, and the report says so."""
    found = from_values(KEYS, "Brought")
    assert not any(leaf.fate == "typed" for leaf in found.leaves if leaf.path in found.secrets)
    told = {leaf.name: leaf.why for leaf in found.leaves if leaf.path in found.secrets}
    assert len(told) == 10
    assert all("portal" in why for why in told.values()), told
    row = begin_import(organization=river, by=ines, found=found)
    assert not row.secrets.exists()
    assert HIDDEN not in json.dumps(row.draft)
    everything = {f"values:{joined(path)}": HIDDEN for path in secrets_in(KEYS)}
    assert typed_secrets(hub_values(TARGET, found.spec, SIGN_IN), found.spec, everything) == []
    with pytest.raises(Invalid) as caught:
        secrets.keep(request=row, by=ines, values={"hub.config.JupyterHub.cookie_secret": HIDDEN})
    assert "accepts no other" in str(caught.value.errors)


# Texts that look like secrets to the portal, at places where the value decides something.
ELSEWHERE = "https://elsewhere.example.org/?password=abcdef"
PRETENDED = {
    "hub": {
        "baseUrl": ELSEWHERE, "templateVars": {"portal_url": ELSEWHERE, "announcement": ELSEWHERE},
        "config": {"GenericOAuthenticator": {"token_url": ELSEWHERE, "userdata_url": ELSEWHERE},
                   "JupyterHub": {"authenticator_class": ELSEWHERE}, "Authenticator": {"admin_users": ELSEWHERE}},
    },
    "cull": {"timeout": ELSEWHERE}, "custom": {"openImages": ELSEWHERE, "portalSignIn": ELSEWHERE},
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["portal", "generic-oauth", "native"])
def test_a_secret_is_no_way_to_configure_a_hub(ines, river, ask, method):
    """Nobody can review a hidden text: the hub's own client secret would be sent to that address."""
    row = ask(ines, river, more=yaml_text.dump(PRETENDED))
    requests.save(request=row, by=ines, values={"more": ""})
    assert row.secrets.exists(), "kept while it was typed"
    sign_in = {} if method == "portal" else {"method": method, "allowedUsers": ["mia"]}
    spec = parse({"about": {"title": "Hub"}, "signIn": sign_in})
    values = {**hub_values(TARGET, spec, SIGN_IN), "custom": {"openImages": [], "portalSignIn": True}}
    typed = {f"values:{joined(path)}": ELSEWHERE for path in secrets_in(PRETENDED)}
    typed |= {f"values:{path}": ELSEWHERE for path in ("custom", "hub", "hub.config", "hub.services")}
    assert typed_secrets(values, spec, typed) == []


FREE = """
- display_name: Any
  kubespawner_override: {environment: {A: plain, B: plain}, init_containers: [{name: a, image: "a/b:1", env: [{name: KEY, value: plain}]}]}
  allowed_groups: [plain]
  description: plain
  profile_options:
    image:
      display_name: Image
      choices: {a: {display_name: A, kubespawner_override: {image: plain, environment: {A: plain}}}}
      unlisted_choice: {enabled: true, validation_regex: plain, kubespawner_override: {image: plain}}
"""  # noqa: E501


def test_in_a_choice_only_a_variable_is_a_secret():
    """A choice is reviewed by its values, and a secret can't be read: “{value}” in place of an image would let people
    use any image."""
    plain = from_draft({"about.title": "Any", CHOICES: FREE})
    places = [path for path, is_plain in leaf_paths(as_values(plain.singleuser.profileList)) if is_plain]
    assert len(places) == 9
    for path in places:
        tree = as_values(plain.singleuser.profileList)
        put({"list": tree}, ("list", *path), REPLACED)
        data = plain.model_dump(mode="json") | {"singleuser": {"profileList": tree}}
        takes = path[-2] == "environment" or path[-1] == "value"
        spec = HubSpec.stored(data)
        assert bool(list(hidden_in(spec))) == takes, path
        secret = {f"values:{joined(('singleuser', 'profileList', *path))}": "{value}"}
        assert bool(typed_secrets(hub_values(TARGET, spec, SIGN_IN), spec, secret)) == takes, path
        if takes:
            parse(data)
            continue
        with pytest.raises(SpecError) as caught:
            parse(data)
        assert "can’t review a secret here" in caught.value.errors[CHOICES][0]


@pytest.mark.django_db
def test_a_hidden_text_that_decides_something_needs_review_each_time(ines, stan, river, ask, ready_hub):
    """Staff approved a secret at this place, not whatever is written there later."""
    path = "singleuser.lifecycleHooks.preStop.exec.command.0"
    more = f"singleuser:\n  lifecycleHooks: {{preStop: {{exec: {{command: [{REPLACED}]}}}}}}\n  extraEnv: {{A: '1'}}\n"
    row = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    requests.save(request=row, by=ines, values={"more": more})
    secrets.keep(request=row, by=ines, values={path: "first"})
    row = requests.submit(request=row, by=ines)
    assert row.state == "submitted"
    assert any("can’t be read" in said for said in row.policy["findings"])
    decisions.approve(request=row, by=stan, seen=row.content_hash)
    for values, typed, state in (
        ({"about.title": "Another"}, {}, "approved"),
        ({}, {path: "second"}, "submitted"),
    ):  # fmt: skip
        row = requests.begin_change(reason="For the course.", hub=Hub.objects.get(pk=ready_hub.pk), by=ines)
        requests.save(request=row, by=ines, values=values)
        secrets.keep(request=row, by=ines, values=typed)
        assert Forecast(row).assessment.routine == (state == "approved")
        assert requests.submit(request=row, by=ines).state == state


def leaf_paths(tree, at=()):
    """Yield (path, whether it is the text “plain”) of every leaf."""
    if isinstance(tree, dict | list):
        for name, below in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaf_paths(below, (*at, str(name)))
    else:
        yield at, tree == "plain"


def test_a_secret_recognised_by_its_value_keeps_its_place():
    values = {"hub": {"templateVars": {"help": "https://a:b@help.example.org"}},
              "singleuser": {"extraAnnotations": {"token": HIDDEN}}}  # fmt: skip
    found = from_values(values, "Brought")
    assert get(found.spec.more, ("hub", "templateVars", "help")) == REPLACED
    typed = {f"values:{joined(path)}": text for path, text in found.secrets.items()}
    placed = typed_secrets(hub_values(TARGET, found.spec, SIGN_IN), found.spec, typed)
    assert {tuple(path) for path, _ in placed} == set(found.secrets)


def test_settings_that_control_the_hub_itself_belong_to_the_portal():
    """Not in a parent class's section either: a parent's setting counts for the child."""
    above = {kind for one in (JupyterHub, CryptKeeper, ConfigurableHTTPProxy) for kind in one.__mro__}
    sections = {kind.__name__ for kind in above if issubclass(kind, Configurable)}  # as traitlets reads them
    assert sections - {"JupyterHub"} <= set(OURS)
    for trait in JupyterHub.class_traits(config=True):
        assert is_the_portals(("hub", "config", "JupyterHub", trait)) == (trait not in THEIRS)


@pytest.mark.django_db
def test_a_draft_of_an_import_opens_again(ines, river, as_):
    """With its variables' secrets in place."""
    values = {"singleuser": {"extraEnv": {"PGPASSWORD": HIDDEN, "A": "1"}}}
    row = begin_import(organization=river, by=ines, found=from_values(values, "Brought"))
    assert set(row.draft[ENV].splitlines()) == {f"PGPASSWORD={REPLACED}", "A=1"}
    assert row.secrets.get().path == WHERE
    spec, errors = judged.read(row)
    assert ENV not in errors
    assert to_draft(spec)[ENV] == row.draft[ENV]

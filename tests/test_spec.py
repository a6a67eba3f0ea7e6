"""HubSpec: valid and invalid values with their errors; and form, draft and spec agree."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.spec import (
    FIELDS,
    STARTING_POINTS,
    STEPS,
    HubSpec,
    SpecError,
    difference,
    from_draft,
    reading,
    to_draft,
)
from hubs.spec.diff import in_words
from hubs.spec.draft import parse
from hubs.spec.types import reach
from tests.words import EMPTY_FIELD, MEMORY_LABEL

BASE = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101"}
paths = st.sampled_from(sorted(FIELDS))


def spec(**values):
    return from_draft({**BASE, **{path.replace("__", "."): text for path, text in values.items()}})


def wrong(path, text):
    """Return the errors beside this field when this text is typed there."""
    with pytest.raises(SpecError) as caught:
        from_draft({**BASE, path: text})
    return " ".join(caught.value.errors[path])


# --- texts to values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("singleuser.memory.limit", "2", "2G"),
        ("singleuser.memory.limit", "0.5", "512M"),
        ("singleuser.memory.limit", "1,5", "1536M"),
        ("singleuser.memory.limit", " 3 ", "3G"),
        ("singleuser.storage.capacity", "0.25", "256Mi"),
        ("singleuser.cpu.limit", "1,5", 1.5),
        ("cull.timeout", "60", 3600),
        ("cull.every", "0.5", 30),
        ("cull.enabled", "yes", True),
        ("cull.enabled", "no", False),
        ("hub.activeServerLimit", "", None),
        ("about.starts", "2027-05-04", date(2027, 5, 4)),
        ("about.starts", "", None),
        ("signIn.adminUsers", "Ada, omar@river.example.edu\nada", ("ada", "omar@river.example.edu")),
        ("about.description", " One\r\ntwo ", "One\ntwo"),
        ("about.title", "Ökologie für Anfänger 🌱", "Ökologie für Anfänger 🌱"),
    ],
)
def test_typed_texts_become_values(path, text, value):
    assert FIELDS[path].read(from_draft({**BASE, path: text})) == value


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("about.title", "", EMPTY_FIELD),
        ("about.title", "ab", "too short"),
        ("about.title", "x" * 101, "maximum is 100 characters"),
        ("about.title", "abc\u202edef", "characters that can’t be used"),
        ("about.title", "line\nbreak", "characters that can’t be used"),
        ("about.title", "nul\x00nul", "characters that can’t be used"),
        ("about.title", "bell\x07", "characters that can’t be used"),
        ("about.heads", "-5", "at least 1"),
        ("about.heads", "0", "at least 1"),
        ("about.heads", "many", "whole number"),
        ("about.heads", "1.5", "whole number"),
        ("about.heads", "9" * 40, "at most 20000"),
        ("about.heads", "nan", "whole number"),
        ("about.starts", "tomorrow", "date such as"),
        ("about.purpose", "mining", "Choose one of the options"),
        ("singleuser.memory.limit", "0", "number of GiB"),
        ("singleuser.memory.limit", "-1", "number of GiB"),
        ("singleuser.memory.limit", "nan", "number of GiB"),
        ("singleuser.memory.limit", "inf", "number of GiB"),
        ("singleuser.memory.limit", "1e309", "number of GiB"),
        ("singleuser.memory.limit", "-0", "number of GiB"),
        ("singleuser.memory.limit", "0.001", "at least 64 MiB"),
        ("singleuser.memory.limit", "two", "number of GiB"),
        ("singleuser.memory.guarantee", "3", "more than the memory"),
        ("singleuser.storage.capacity", "1e7", "number of GiB"),
        ("singleuser.cpu.limit", "0", "more than 0"),
        ("singleuser.cpu.limit", "1e309", "Enter a number"),
        ("singleuser.cpu.limit", "nan", "Enter a number"),
        ("singleuser.cpu.limit", "10000", "at most 256"),
        ("singleuser.startTimeout", "0.1", "at least 30 seconds"),
        ("cull.timeout", "0", "at least 1 minute"),
        ("cull.timeout", "1e8", "at most 30 days"),
        ("cull.timeout", "soon", "number of minutes"),
        ("hub.activeServerLimit", "0", "at least 1"),
        ("signIn.adminUsers", "a@b", "is not a valid email"),
        ("signIn.adminUsers", "$(rm -rf)", "neither an email address nor a user name"),
        ("signIn.adminUsers", "\n".join(f"user{n}" for n in range(101)), "too many"),
        ("singleuser.image.name", "UPPER case", "contain spaces"),
        ("singleuser.image.name", "quay.io/x;rm", "not a valid image name"),
        ("singleuser.image.tag", "-bad", "tag such as"),
        ("singleuser.defaultUrl", "//evil.example", "one slash"),
        ("singleuser.defaultUrl", "https://evil.example", "one slash"),
        ("singleuser.defaultUrl", "/a b", "without spaces"),
        ("homePage.text", "x" * 4001, "maximum is 4000 characters"),
        ("homePage.text", "\u2066hidden", "characters that can’t be used"),
    ],
)
def test_errors_are_reported_beside_the_field(path, text, words):
    assert words in wrong(path, text)


def test_the_order_of_dates_is_checked_and_reported():
    with pytest.raises(SpecError) as caught:
        spec(about__starts="2027-02-01", about__ends="2027-01-01")
    assert caught.value.errors == {"about.ends": ["The last day is before the first day."]}


def test_an_unknown_field_is_refused():
    assert "There is no such field." in wrong("singleuser.privileged", "yes")
    with pytest.raises(SpecError) as caught:
        parse({"about": {"title": "Ours"}, "singleuser": {"privileged": True}})
    assert caught.value.errors == {"singleuser.privileged": ["There is no such field."]}


def test_a_validated_spec_is_immutable():
    with pytest.raises(Exception, match="frozen"):
        spec().about.title = "Other"


def test_one_size_has_one_spelling():
    one, other = (
        parse({"about": {"title": "Ours"}, "singleuser": {"memory": {"limit": text}}}) for text in ("1024M", "1G")
    )
    assert one == other


# --- properties -----------------------------------------------------------------------------------------------------


@given(st.dictionaries(paths, st.text(max_size=60)))
def test_any_text_in_any_field_is_a_spec_or_a_spec_error(typed):
    errors: dict = {}
    try:
        found = from_draft({**BASE, **typed})
    except SpecError as error:
        errors = error.errors
    assert all(isinstance(sentence, str) and sentence for words in errors.values() for sentence in words)
    assert errors or parse(found.model_dump(mode="json")) == found


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_any_path_is_known_or_refused(typed):
    spec_or_not, errors = reading({**BASE, **typed})
    assert set(errors) >= set(typed) - set(FIELDS)
    assert spec_or_not.about.title == BASE["about.title"] or "about.title" in typed


numbers = st.floats(min_value=-10, max_value=1e6) | st.integers(-5, 10**12)
sizes = st.floats(min_value=0.07, max_value=4096).map(lambda n: f"{n:.4f}")


@given(
    st.fixed_dictionaries(
        {
            "singleuser.memory.limit": sizes,
            "singleuser.storage.capacity": sizes,
            "singleuser.memory.guarantee": st.just("0.0625"),
            "singleuser.cpu.limit": st.floats(min_value=0.06, max_value=256).map(repr),
            "about.heads": st.integers(1, 20000).map(str),
            "cull.timeout": st.floats(min_value=1, max_value=43_200).map(repr),
            "about.description": st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=50),
            "cull.enabled": st.sampled_from(["yes", "no"]),
        }
    )
)
def test_a_spec_is_the_same_after_a_draft(typed):
    once = from_draft({**BASE, **typed})
    assert from_draft(to_draft(once)) == once
    assert difference(once, from_draft(to_draft(once))) == []


@given(st.dictionaries(paths, st.text(max_size=30)))
def test_reading_a_draft_never_raises_and_keeps_every_valid_answer(typed):
    found, errors = reading({**BASE, **typed, "singleuser.memory.limit": "3", "singleuser.memory.guarantee": "0.5"})
    assert found.memory_mib == 3 * 1024
    if not errors:
        assert found == from_draft(
            {**BASE, **typed, "singleuser.memory.limit": "3", "singleuser.memory.guarantee": "0.5"}
        )


# --- words ----------------------------------------------------------------------------------------------------------


def test_every_field_has_texts_a_step_and_a_place_in_the_spec():
    steps = {step.name for step in STEPS}
    for path, field in FIELDS.items():
        assert field.words.label, path
        assert field.words.help.endswith("."), path
        assert field.words.step in steps, path


def test_every_starting_point_is_complete_except_the_name():
    for point in STARTING_POINTS.values():
        found, errors = reading(point.draft())
        assert set(errors) == {"about.title"}, point.name
        assert found.about.purpose == point.name


def test_differences_are_in_words_and_in_the_forms_order():
    found = difference(spec(), spec(singleuser__memory__limit="2", cull__enabled="no", homePage__text="Hello"))
    assert [(d.label, d.before, d.after) for d in found] == [
        (MEMORY_LABEL, "1 GiB", "2 GiB"),
        ("Stop idle servers", "yes", "no"),
        ("Announcement", "", "Hello"),
    ]


def test_values_in_words():
    ours = spec(cull__maxAge="0", cull__timeout="90", hub__activeServerLimit="7", signIn__adminUsers="ada\nomar")
    say = {path: in_words(field, field.read(ours)) for path, field in FIELDS.items()}
    assert say["cull.maxAge"] == "never"
    assert say["cull.timeout"] == "90 minutes"
    assert say["hub.activeServerLimit"] == "7 servers"
    assert say["signIn.adminUsers"] == "ada, omar"
    assert say["about.starts"] == ""


# --- addresses --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://sso.example.edu/token", "public"),
        ("https://8.8.8.8/", "public"),
        ("https://[2001:4860:4860::8888]/", "public"),
        ("https://10.1.2.3/", "private"),
        ("https://[fd00::1]/", "private"),
        ("https://sso.campus.internal/", "private"),
        ("https://hub/", "private"),
        ("https://127.0.0.1/", "never"),
        ("https://[::1]/", "never"),
        ("https://[::ffff:127.0.0.1]/", "never"),
        ("https://169.254.169.254/latest/meta-data/", "never"),
        ("https://0.0.0.0/", "never"),
        ("https://localhost/", "never"),
        ("https://localhost./", "never"),
        ("https://2130706433/", "never"),
        ("https://127.1/", "never"),
        ("https://0x7f000001/", "never"),
        ("https://0xa9.0xfe.0xa9.0xfe/", "never"),
        ("https://10.0x1/", "never"),
        ("https://[64:ff9b::a9fe:a9fe]/", "never"),
        ("https://[2002:a9fe:a9fe::1]/", "never"),
        ("https://[2002:a01:203::1]/", "private"),
        ("https://[::10.1.2.3]/", "private"),
        ("https://kubernetes.default/", "private"),
        ("https://hub.hub-other-1a2b/", "private"),
        ("https://sso.xn--mller-kva.xn--p1ai/", "public"),
        ("https://user:word@sso.example.edu/", "never"),
        ("https:///nothing", "never"),
    ],
)
def test_addresses_are_classified_as_public_or_private(address, expected):
    assert reach(address) == expected


@pytest.mark.parametrize("address", ["http://example.edu/x.png", "https://10.0.0.1/x.png", "https://hub/x.png",
                                     "https://localhost/x.png", "https://example.edu/<b>.png", "javascript:alert(1)",
                                     'https://example.edu/"onerror=alert(1)'])  # fmt: skip
def test_a_logo_needs_an_address_that_browsers_reach(address):
    with pytest.raises(SpecError) as error:
        from_draft({"about.title": "Any", "homePage.logo": address})
    assert list(error.value.errors) == ["homePage.logo"]


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("singleuser.extraEnv", "DB_PASSWORD=abc", "looks like a password"),
        ("hub.services", "report:\n  command: [rm]\n", "would run code in the hub"),
        ("hub.services", "report:\n  urll: http://x\n", "there is no such setting"),
        ("hub.services", "report:\n  api_token: abc\n", "looks like a secret"),
        ("hub.loadRoles", "readers:\n  scopes: list:users\n", "list"),
        ("hub.loadRoles", "'re aders': {}\n", "not a valid name"),
        ("singleuser.extraFiles", "notes:\n  stringData: x\n", "mountPath"),
        ("singleuser.internetExceptions", "0.0.0.0/0 443", "whole internet"),
        ("singleuser.internetExceptions", "203.0.113.7/24 443", "no valid address range"),
        ("singleuser.internetExceptions", "203.0.113.7/32", "a port"),
        ("singleuser.internetExceptions", "203.0.113.7/32 99999", "a port"),
        ("singleuser.internetExceptions", "169.254.169.254/32 80", "of the cluster itself or a reserved address"),
        ("singleuser.internetExceptions", "127.0.0.0/8 8001", "of the cluster itself or a reserved address"),
        ("singleuser.tolerations", "pool=teaching", "can’t be used"),
        ("singleuser.nodeSelector", "pool=not a label", "can’t be used"),
        ("singleuser.content.repository", "file:///etc/passwd", "begins with https://"),
        ("singleuser.content.branch", "--upload-pack=evil", "can’t be used"),
        ("signIn.oauth.token_url", "https://169.254.169.254/t", "can’t use this address"),
    ],
)
def test_typing_errors_are_reported(path, text, words):
    with pytest.raises(SpecError) as error:
        from_draft({"about.title": "Any", "singleuser.content.folder": "here", path: text})
    assert words in " ".join(error.value.errors[path])


def test_home_directories_are_not_on_the_hubs_own_volume():
    """Anyone who can write to the hub's database is its admin."""
    values = {"about.title": "Any", "singleuser.storage.type": "static"}
    path = "singleuser.storage.static.pvcName"
    with pytest.raises(SpecError) as error:
        from_draft({**values, path: "hub-db-dir"})
    assert "the hub’s own" in " ".join(error.value.errors[path])


@pytest.mark.parametrize("place", ["extraFiles", "more", "profileList", "services"])
@pytest.mark.parametrize("value", ["a\x00b", "\ud800", 2**70, 16**5000], ids=["null", "half", "large", "huge"])
def test_texts_that_databases_refuse_get_a_sentence(place, value):
    """YAML and JSON write it as an escape, so the typed text looks harmless. PostgreSQL used to answer 500."""
    places: dict[str, dict[str, Any]] = {
        "extraFiles": {"singleuser": {"extraFiles": {"a": {"mountPath": "/a", "data": [{"b": value}]}}}},
        "more": {"more": {"custom": {"a": [value]}}},
        "profileList": {"singleuser": {"profileList": [{"display_name": "A", "strange": {"a": value}}]}},
        "services": {"hub": {"services": {"a": {"info": {"a": value}}}}},
    }
    with pytest.raises(SpecError) as caught:
        parse({"about": {"title": "Any"}, **places[place]})
    assert "can’t be stored" in str(caught.value) or "too large" in str(caught.value)


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        (".", "{username}"),
        ("shared", "{username}"),
        ("homes/{servername}", "{username}"),
        ("{unescaped_username}", "{username}"),
        ("../{username}", "without “..”"),
        ("/{username}", "slash at the beginning"),
        ("{username}/{pvc_name}", "Only {username}"),
        ("{username", "{username}"),
        ("{username}{", "Only {username}"),
        ("{username}", ""),
        ("{escaped_username}", ""),
        ("homes/{username}", ""),
        ("homes/{username}-{servername}/work", ""),
    ],
)
def test_a_home_is_one_persons(folder, said):
    """In a shared folder, people would read each other's files."""
    values = {"about.title": "Any", "singleuser.storage.type": "static", "singleuser.storage.static.pvcName": "homes"}
    path = "singleuser.storage.static.subPath"
    if not said:
        assert FIELDS[path].read(from_draft({**values, path: folder})) == folder
        return
    with pytest.raises(SpecError) as error:
        from_draft({**values, path: folder})
    assert said in " ".join(error.value.errors[path])
    stored = {"about": {"title": "Any"}, "singleuser": {"storage": {"type": "static", "static": {
        "pvcName": "homes", "subPath": folder}}}}  # fmt: skip
    assert FIELDS[path].read(HubSpec.stored(stored)) == folder, "an older hub can still be read"

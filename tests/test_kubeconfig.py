"""What a kubeconfig may contain, and the parts of it that are stored."""

import contextlib
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioning.errors import Refused
from provisioning.runtimes.kubernetes import kubeconfig
from provisioning.runtimes.kubernetes.offers import ends
from tests.kubeconfigs import b64, certificate, config, text

OLD, OLD_KEY = certificate(-3)
GOOD, KEY = certificate()
OTHER_KEY = certificate(30, 1)[1]


def by_certificate(cert=GOOD, key=KEY):
    return text(user={"token": None, "client-certificate-data": b64(cert), "client-key-data": b64(key)})


def test_only_the_current_context_is_kept():
    given_ = config()
    given_["users"].append({"name": "boss", "user": {"exec": {"command": "sh"}, "token": "of-somebody-else"}})
    given_["contexts"].append({"name": "boss", "context": {"cluster": "other", "user": "boss"}})
    given_["extensions"] = [{"name": "x", "extension": "y"}]
    clean = kubeconfig.read(yaml.safe_dump(given_))
    assert clean == {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "hub-portal",
        "contexts": [{"name": "hub-portal", "context": {"cluster": "hub-portal", "user": "hub-portal"}}],
        "clusters": [
            {
                "name": "hub-portal",
                "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": b64(GOOD)},
            }
        ],
        "users": [{"name": "hub-portal", "user": {"token": "s3cret-token"}}],
    }
    assert kubeconfig.read(yaml.safe_dump(clean)) == clean


def test_a_client_certificate_is_accepted_too():
    user = kubeconfig.read(by_certificate())["users"][0]["user"]
    assert set(user) == {"client-certificate-data", "client-key-data"}


@pytest.mark.parametrize(
    "server",
    ["https://k8s.example.org", "https://10.0.0.1:6443/", "https://[fd00::1]:6443", "http://127.0.0.1:8001",
     "http://[::1]:8001", "http://localhost:8001", "https://rancher.example.org/k8s/clusters/c-m-abc"],
)  # fmt: skip
def test_valid_addresses(server):
    clean = kubeconfig.read(text({"server": server}))
    assert clean["clusters"][0]["cluster"]["server"] == server.rstrip("/")


REFUSED = {
    "empty": ("  \n", "empty"),
    "long": ("#" + "x" * 300_000, "too long"),
    "not YAML": ("{[", "YAML"),
    "a control character": ("a\x00b", "YAML"),
    "not a kubeconfig": ("hello: world", "kind: Config"),
    "a list": ("[1, 2]", "kind: Config"),
    "two documents": (text() + "\n---\n" + text(), "YAML"),
    "aliases": (text().replace("kind: Config", "kind: Config\nx: &a 1\ny: *a"), "anchors"),
    "a bomb": (text() + "".join(f"x{n}: [{','.join('1' * 9000)}]\n" for n in range(3)), "too many entries"),
    "very deep": (text() + "x: " + "[" * 9000, "too many|YAML"),
    "no context": (text(**{"current-context": None}), "current context"),
    "a context that is not there": (text(**{"current-context": "else"}), "current context"),
    "contexts of another type": (text(contexts="none"), "current context"),
    "a cluster twice": (text(clusters=[*config()["clusters"], *config()["clusters"]]), "two entries"),
    "no user": (text(users=[]), "user"),
    "an empty user": (text(users=[{"name": "admin", "user": None}]), "empty"),
    "an exec plugin": (text(user={"exec": {"command": "aws"}, "token": None}), "run a program"),
    "an exec plugin beside a token": (text(user={"exec": {"command": "aws"}}), "run a program"),
    "an auth-provider": (text(user={"auth-provider": {"name": "gcp"}}), "plugin"),
    "impersonation": (text(user={"as": "system:admin"}), "another user"),
    "impersonated groups": (text(user={"as-groups": ["system:masters"]}), "another user"),
    "a password": (text(user={"username": "root", "password": "x"}), "password"),
    "a token file": (text(user={"tokenFile": "/etc/passwd"}), "refers to a file"),
    "a certificate file": (text(user={"client-certificate": "/a.crt"}), "refers to a file"),
    "a key file": (text(user={"client-key": "/a.key"}), "refers to a file"),
    "an authority file": (text({"certificate-authority": "/etc/ca.crt"}), "refers to a file"),
    "no verification": (text({"insecure-skip-tls-verify": True}), "turns off verification"),
    "a proxy": (text({"proxy-url": "http://proxy.example.org"}), "proxy"),
    "http": (text({"server": "http://k8s.example.org"}), "https"),
    "no server": (text({"server": None}), "look like"),
    "another scheme": (text({"server": "file:///etc/passwd"}), "look like"),
    "a port that is none": (text({"server": "https://k8s.example.org:99999"}), "look like"),
    "a line break in the address": (text({"server": "https://k8s.example.org/\r\nX: y"}), "look like"),
    "a password in the address": (text({"server": "https://a:b@k8s.example.org"}), "user name"),
    "an authority that is no base64": (text({"certificate-authority-data": "%%%"}), "base64"),
    "an authority that is no PEM": (text({"certificate-authority-data": b64(b"hello")}), "PEM"),
    "no credentials": (text(user={"token": None}), "neither a token"),
    "a token in two lines": (text(user={"token": "abc\ndef"}), "on one line"),
    "a certificate without key": (text(user={"token": None, "client-certificate-data": b64(GOOD)}), "neither a token"),
    "a certificate that has ended": (by_certificate(OLD, OLD_KEY), "expired on"),
    "a key of another": (by_certificate(GOOD, OTHER_KEY), "does not match"),
    "a key that is none": (by_certificate(GOOD, b"key"), "must be a key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_invalid_kubeconfig_is_refused_with_a_reason(name):
    given_, words = REFUSED[name]
    with pytest.raises(Refused, match=words) as refusal:
        kubeconfig.read(given_)
    message = refusal.value.message
    assert message.endswith((".", "?", "--raw"))
    for secret in ("s3cret-token", "/etc/passwd", "proxy.example.org", "a:b@", "of-somebody-else"):
        assert secret not in message


@given(
    st.text(max_size=300) | st.dictionaries(st.sampled_from([*config(), "x"]), st.lists(st.text())).map(yaml.safe_dump)
)
def test_any_value_is_read_or_refused(something):
    with contextlib.suppress(Refused):
        assert kubeconfig.read(something)["kind"] == "Config"


def test_the_expiry_of_credentials_is_read():
    token = "e30." + b64(b'{"exp":1893456000}').rstrip("=") + ".sig"
    assert ends(yaml.safe_dump(kubeconfig.read(text(user={"token": token})))) == datetime(2030, 1, 1, tzinfo=UTC)
    end = ends(yaml.safe_dump(kubeconfig.read(by_certificate())))
    assert end is not None
    assert end > datetime.now(UTC)
    for nothing in ("", text(), text(user={"token": "a.b.c"}), "[1]", "{["):
        assert ends(nothing) is None

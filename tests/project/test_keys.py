"""A machine generates its own secrets, once."""

import stat
from concurrent.futures import ThreadPoolExecutor

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from portal import keys


def test_generated_once_and_readable_by_the_owner_only(tmp_path):
    first = keys.encryption_keys([], tmp_path, production=False), keys.oidc_keys("", tmp_path, production=False)
    again = keys.encryption_keys([], tmp_path, production=False), keys.oidc_keys("", tmp_path, production=False)
    assert first == again
    Fernet(first[0][0])
    key = load_pem_private_key(first[1][0].encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    assert key.key_size == 2048
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"encryption.key": 0o600, "oidc.pem": 0o600}


def test_concurrent_processes_get_the_same_keys(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.encryption_keys([], tmp_path, False)[0], range(32)))
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["encryption.key"]


def test_keys_of_the_environment_take_precedence(tmp_path):
    assert keys.encryption_keys(["new", "old"], tmp_path, production=False) == ["new", "old"]
    assert keys.oidc_keys("-----BEGIN\\nkey\\n", tmp_path, production=False) == ["-----BEGIN\nkey\n"]
    assert list(tmp_path.iterdir()) == []


def test_production_generates_none(tmp_path):
    assert keys.encryption_keys([], tmp_path, production=True) == []
    assert keys.oidc_keys("", tmp_path, production=True) == [""]
    assert list(tmp_path.iterdir()) == []

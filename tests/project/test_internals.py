"""Private names of other packages are used in few places, and each is tested with the real package."""

import ast
import threading

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import SimpleLazyObject
from jupyterhub.user import User as HubUser  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthenticator.oauth2 import OAuthLoginHandler  # type: ignore[import-untyped]
from rest_framework.request import Request

from hubs.internals import below, known, let_the_thread_go

OURS = ("hubs", "portal", "provisioning", "cli")
DOCUMENTED = {"_meta", "_base_manager", "_replace", "_exit"}  # documented by Django and Python despite the underscore
HUBSIDE = "provisioning/hubside/"
# file -> the foreign classes whose private names it may use: it is an adapter, with the class as a base
ADAPTERS = {
    "hubs/internals.py": None,
    "portal/signin/oidc.py": {OAuth2Validator: {"_check_secret"}},
    f"{HUBSIDE}common/portal_sign_in.py": {OAuthLoginHandler: {"_set_cookie"}, HubUser: {"_auth_refreshed"}},
    f"{HUBSIDE}kubernetes/people_servers.py": {
        KubeSpawner: {
            "_apply_overrides",
            "_expand_user_properties",
            "_get_initialized_profile_list",
            "_options_from_form",
            "_render_options_form",
            "_sorted_dict_values",
        }
    },
}


def private(name):
    return name.startswith("_") and not name.startswith("__")


def defined(tree):
    """Yield names that a file defines itself, also on `self`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and of(node) == "self":
            yield node.attr


def of(node):
    return ast.unparse(node.value)


def foreign(tree, everywhere=frozenset()):
    """Yield private names that a file uses and no code here defines. A name on `self` may be from our own base class,
    defined somewhere (`everywhere`); a name on `super()` is a foreign base's, because ours have one level."""
    own = set(defined(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            mine = {"self": own | everywhere, "cls": own | everywhere, "super()": set()}.get(of(node), own)
            if node.attr not in mine:
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module.partition(".")[0] not in OURS:
            names = [*node.module.split("."), *(one.name for one in node.names)]
            yield from filter(private, names)
        elif isinstance(node, ast.Call) and of_names(node):
            yield node.args[1].value


def of_names(call):
    """Yield names in getattr(x, "_name") and the like."""
    by_name = ast.unparse(call.func) in ("getattr", "setattr", "hasattr", "delattr") and len(call.args) > 1
    return by_name and isinstance(call.args[1], ast.Constant) and private(str(call.args[1].value))


def used():
    """Return foreign private names by file."""
    paths = [
        path for name in OURS for path in (settings.BASE_DIR / name).rglob("*.py") if "migrations" not in path.parts
    ]
    trees = {str(path.relative_to(settings.BASE_DIR)): ast.parse(path.read_text()) for path in paths}
    everywhere = frozenset(name for tree in trees.values() for name in defined(tree))
    found = {name: set(foreign(tree, everywhere)) - DOCUMENTED for name, tree in trees.items()}
    return {name: names for name, names in found.items() if names}


def test_foreign_private_names_are_used_only_by_their_adapters():
    adapted = {file: set().union(*(classes or {}).values()) for file, classes in ADAPTERS.items()}
    adapted["hubs/internals.py"] = {"_wrapped", "_request"}
    assert used() == adapted, "go by hubs/internals.py, or by what the package documents"


@pytest.mark.parametrize(
    "code",
    [
        "request.user._wrapped",
        "class A(B):\n    def _x(self):\n        super()._x()",
        "class A(B):\n    def x(self):\n        self._x()",
        "from django.db import _x",
        "from django._x import y",
        "getattr(form, '_errors')",
    ],
)
def test_a_foreign_private_is_found(code):
    assert list(foreign(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["class A:\n    def _x(self):\n        self._x()\nA()._x()", "from . import _x", "a.__x__"]
)
def test_our_own_private_names_are_not_foreign(code):
    assert not list(foreign(ast.parse(code)))


@pytest.mark.parametrize("file", [file for file, classes in ADAPTERS.items() if classes])
def test_the_class_still_has_what_its_adapter_uses(file):
    for base, names in ADAPTERS[file].items():
        assert sorted(names - set(dir(base))) == []


# --- each function of hubs/internals.py, with the real package --------------------------------------------------------
def test_a_lazy_object_is_known_once_it_was_evaluated():
    lazy = SimpleLazyObject(AnonymousUser)
    assert known(lazy) is None
    assert not lazy.is_authenticated
    assert known(lazy) == AnonymousUser()
    assert known(None) is None
    assert known("a value") == "a value"


def test_djangos_request_is_found_below_the_api_request(rf):
    request = rf.get("/")
    assert below(Request(request)) is request


async def test_the_thread_of_a_request_can_end_before_the_request():
    async with ThreadSensitiveContext():
        first = await sync_to_async(threading.current_thread)()
        assert await sync_to_async(threading.current_thread)() is first, "one thread for everything in a request"
        let_the_thread_go()
        await sync_to_async(first.join, thread_sensitive=False)(10)
        assert not first.is_alive()
        assert await sync_to_async(threading.current_thread)() is not first
    let_the_thread_go()  # there is none outside a request

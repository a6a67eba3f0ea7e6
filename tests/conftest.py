"""The cast that everybody knows, and the world they live in. Real Redis for whatever needs it; no network else."""

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

# A busy machine is no reason to fail: nothing here is asserted on time.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")
# Every process that a test starts would compile all of Django anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
__all__ = ["in_cluster", "life", "make_rule", "pretended", "stats"]  # fixtures
__all__ += ["pytest_collection_modifyitems", "pytest_configure"]  # hooks
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def database_file(tmp_path_factory):
    """SQLite in a file, so that real workers and web processes see what a test writes. None with another server."""
    sqlite = django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return tmp_path_factory.mktemp("database") / "test.sqlite3" if sqlite else None


@pytest.fixture(scope="session")
def schema(request):
    """The file in which the migrations' work is kept until the next run, wherever pytest keeps things; None without."""
    cache = getattr(request.config, "cache", None)
    return cache.mkdir("migrated") / migrated.name() if cache else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_file, django_db_modify_db_settings_parallel_suffix):
    if database_file:
        connections["default"].settings_dict["TEST"]["NAME"] = str(database_file)


@pytest.fixture(scope="session")
def schema_lock(database_file, schema):
    """Held by the worker that migrates, until what it made is kept."""
    with migrated.alone(schema) if database_file and schema else nullcontext() as lock:
        yield lock


@pytest.fixture(scope="session")
def django_db_keepdb(database_file, schema, schema_lock, django_db_keepdb):
    """With what is kept, `migrate` has nothing to do but the first rows."""
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
    settings.CHECK_IMAGES = False  # no registry of the world is asked
    settings.SERVESTATIC_USE_FINDERS = False  # each client would look at every file of static/
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody: a test that needs Redis asks for it
    connecting.breaker.reset()  # of the test before
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
    """An organisation with limits: class-sized hubs pass by themselves."""
    return Organization.objects.create(
        slug="river", name="River University", cluster=cluster, hubs=5, users_per_hub=50, memory_per_user_mib=2048,
        cpu_per_user=2, storage_per_user_mib=10240, total_memory_mib=200 * 1024,
    )  # fmt: skip


@pytest.fixture
def lake(cluster):
    """Another organisation, to which nobody of the cast belongs but Zoe."""
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
    """Another instructor, who made no hub: reads how hubs are configured, and runs none."""
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
    """Staff, too: for two at once."""
    return person("sue", "Sue Park", is_staff=True)


@pytest.fixture
def teaching(stan):
    """A Kubernetes cluster that Stan has added and nobody has checked."""
    return teaching_cluster(stan)


@pytest.fixture
def zoe(lake):
    """A stranger: owner of the other organisation."""
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
    """A draft by somebody for a new hub: `ask(ines, river, slug="stat-101", **{"about.heads": "500"})`."""

    def begin(by, organization, slug="stat-101", reason="For the course of this spring.", **values):
        request = request_services.begin(organization=organization, starting_point="class", by=by)
        typed = {**class_draft, **values}
        return request_services.save(request=request, by=by, values=typed, slug=slug, reason=reason)

    return begin


@pytest.fixture
def draft(ask, ines, river):
    """Ines' draft that fits the limits."""
    return ask(ines, river)


@pytest.fixture
def waiting(ask, ines, river):
    """Ines' request that is above a limit, so that it waits for staff."""
    return request_services.submit(request=ask(ines, river, slug="big-data", **{"about.heads": "500"}), by=ines)


@pytest.fixture
def hub(ask, ines, river) -> Hub:
    """Ines' hub of River, approved by the policy, not yet provisioned."""
    request = request_services.submit(request=ask(ines, river), by=ines)
    assert request.state == "approved", request.policy
    return Hub.objects.select_related("organization", "cluster", "revision").get(pk=request.hub_id)


@pytest.fixture
def ready_hub(hub) -> Hub:
    """The same, as reconcile leaves it when all is well."""
    Hub.objects.filter(pk=hub.pk).update(
        status=Hub.Status.READY, observed_generation=hub.generation, url="http://localhost:18000/stat-101/", servers=[]
    )
    hub.refresh_from_db()
    return hub


@pytest.fixture
def enrol():
    """Put somebody on a hub's roster."""

    def put(hub, user, role=RosterEntry.Role.USER):
        return RosterEntry.objects.create(hub=hub, user=user, role=role)

    return put

"""People in a real hub: they sign in with a real provider, and their servers survive whatever happens to the hub."""

import http.cookiejar
import sqlite3
import subprocess
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from provisioning.contract import Release, Target
from provisioning.runtimes.local import processes

from .oidc import Provider
from .people import Visit, ask_hub
from .worlds import Place, until

pytestmark = pytest.mark.local


def running_hub(place: Place, provider: Provider, slug: str = "stat-101", **changes) -> tuple[Target, Release]:
    provider.client_secret = place.secrets["oauth_client_secret"]
    target = place.target(slug)
    release = place.release(target, sign_in=provider.sign_in(), **changes)
    place.converge(release)
    return target, release


def server_pids(var: Path, target: Target) -> list[int]:
    found = processes.find(var.resolve(), target.uid)
    return [
        r.pid for r in found if r.part == processes.SERVER and "jupyterhub-singleuser" in " ".join(r.process.cmdline())
    ]


def test_sign_in_roles_and_the_environment_of_a_server(local: Place, provider: Provider, visit: Visit, tmp_path: Path):
    target, _ = running_hub(local, provider, homePage__text="**Welcome** <script>alert(1)</script>",
                             homePage__logo="https://river.example.edu/logo.png", homePage__funder="The <Foundation>",
                             singleuser__kernelTimeout=120)  # fmt: skip
    token = local.secrets["portal_service_token"]
    ada = visit(target, "ada")
    page = ada.sign_in()
    assert page.status_code == 200
    assert provider.redirects[-1] == f"{target.url}hub/oauth_callback"
    assert "<strong>Welcome</strong>" in page.text
    assert "<script>alert(1)" not in page.text
    assert 'src="https://river.example.edu/logo.png"' in page.text
    assert "Funded by The &lt;Foundation&gt;" in page.text
    assert ask_hub(target, token, "users/ada")["admin"] is True

    provider.person = "mia"
    mia = visit(target, "mia")
    assert mia.sign_in().status_code == 200
    assert ask_hub(target, token, "users/mia")["admin"] is False
    mia.start_server()
    [server] = local.runtime.observe(target).servers or ()
    assert (server.user, server.name, server.ready) == ("mia", "", True)
    assert server.started < server.last_activity or server.started
    server_process = psutil.Process(server_pids(tmp_path, target)[0])
    assert "--MappingKernelManager.cull_idle_timeout=120" in server_process.cmdline()
    environ = server_process.environ()
    assert int(environ["MEM_LIMIT"]) == 1024**3
    assert int(environ["MEM_GUARANTEE"]) == 256 * 1024**2
    assert (environ["CPU_LIMIT"], environ["CPU_GUARANTEE"]) == ("2.0", "0.05")
    assert environ["HOME"] == str(tmp_path.resolve() / "homes" / target.uid / "mia")
    assert not any(secret in str(environ) for secret in local.secrets.values())
    assert "Authorize" in ada.get("user/mia/lab").text, "an admin may use mia's server, after a confirmation"
    assert mia.get("user/ada/lab").status_code in (403, 404), "mia may not see another person's server"

    provider.person = "zoe"
    refused = visit(target, "zoe").sign_in()
    assert refused.status_code == 403
    assert "You are not on the list of “Statistics 101”" in refused.text.replace("&#34;", '"')
    assert provider.sign_in().portal_url in refused.text, "the page links to where people can request hubs"
    assert "zoe" not in {user["name"] for user in ask_hub(target, token, "users")}

    local.runtime.drop(target, "hub")
    assert server_pids(tmp_path, target) == [], "suspend stops people's servers, too"


def test_a_change_of_the_hub_interrupts_no_server(local: Place, provider: Provider, visit: Visit, tmp_path: Path):
    """Called repeatedly from before the change until after it, the server always answers."""
    provider.person = "mia"
    target, _ = running_hub(local, provider)
    mia = visit(target, "mia")
    mia.start_server()
    before = server_pids(tmp_path, target)
    answers: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.02):
            answers.append(mia.server_status())

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        until(lambda: len(answers) > 5, 10)
        changed = local.release(target, sign_in=provider.sign_in(), singleuser__memory__limit="2G")
        assert local.act_once(changed) == [("apply", "hub")]
        seen = local.converge(changed)
        after_change = len(answers)
        until(lambda: len(answers) > after_change + 5, 10)
    finally:
        stop.set()
        asking.join()
    assert set(answers) == {200}, f"{len(answers)} asked"
    assert server_pids(tmp_path, target) == before
    assert [server.user for server in seen.servers or ()] == ["mia"], "the new hub knows the old server"


def test_a_killed_hub_comes_back_and_its_servers_never_went(
    local: Place, provider: Provider, visit: Visit, tmp_path: Path
):
    provider.person = "mia"
    target, release = running_hub(local, provider)
    mia = visit(target, "mia")
    mia.start_server()
    before = server_pids(tmp_path, target)
    local.kill(target, "hub")
    assert local.runtime.observe(target).parts["hub"].failed
    assert mia.server_status() == 200, "without a hub"
    waiting = mia.get("hub/home")
    assert waiting.status_code in (502, 503)
    assert "the hub is starting" in waiting.text
    seen = local.converge(release)
    assert server_pids(tmp_path, target) == before
    assert mia.server_status() == 200
    assert [(server.user, server.ready) for server in seen.servers or ()] == [("mia", True)]
    local.kill(target, "proxy")
    local.converge(release)
    until(mia.server_answers, 15, "a new proxy learns its routes again")
    assert server_pids(tmp_path, target) == before


def test_after_a_restart_of_the_machine_no_other_process_is_taken_for_a_server(
    local: Place, provider: Provider, visit: Visit, tmp_path: Path
):
    """A pid that a hub remembers may belong to another process by then. JupyterHub itself would end it."""
    provider.person = "mia"
    target, release = running_hub(local, provider)
    mia = visit(target, "mia")
    mia.start_server()
    processes.end(processes.find(tmp_path.resolve(), target.uid), patience=5)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        with sqlite3.connect(tmp_path / "hubs" / target.uid / "jupyterhub.sqlite") as database:
            changed = database.execute(
                "UPDATE spawners SET state = ? WHERE state != '{}'", (f'{{"pid": {stranger.pid}}}',)
            )
            assert changed.rowcount == 1
        database.close()
        seen = local.converge(release)
        assert seen.servers == ()
        assert stranger.poll() is None, "it is still running"
        mia.start_server()
        assert stranger.poll() is None
        stranger.kill()


def test_people_removed_from_the_roster_can_not_start_servers(
    local: Place, provider: Provider, visit: Visit, tmp_path: Path
):
    provider.person = "mia"
    target, _ = running_hub(local, provider)
    mia = visit(target, "mia")
    assert mia.sign_in().status_code == 200
    provider.groups["mia"] = []
    for attempt in ("first try", "a minute later, in effect"):
        refused = mia.get("hub/spawn")
        assert refused.status_code == 403, attempt
        assert "not on this hub’s people list" in refused.text, attempt
    assert local.runtime.observe(target).servers == ()
    assert server_pids(tmp_path, target) == []
    provider.groups["mia"] = ["users"]
    mia.start_server()


def test_a_new_role_is_known_at_the_next_start_of_a_server(local: Place, provider: Provider, visit: Visit):
    provider.person = "mia"
    target, _ = running_hub(local, provider)
    mia = visit(target, "mia")
    mia.sign_in()
    token = local.secrets["portal_service_token"]
    assert ask_hub(target, token, "users/mia")["admin"] is False
    provider.groups["mia"] = ["admins"]
    mia.start_server()
    assert ask_hub(target, token, "users/mia")["admin"] is True


def test_an_unreachable_portal_does_not_stop_people_who_are_signed_in(local: Place, visit: Visit):
    with Provider() as provider:
        provider.person = "mia"
        target, _ = running_hub(local, provider)
        mia = visit(target, "mia")
        mia.sign_in()
    mia.start_server()


def test_two_hubs_do_not_mix_their_cookies(local: Place, provider: Provider, visit: Visit):
    """One browser, one host name, two hubs; both sign-ins start before either is finished."""
    provider.person = "mia"
    one, _ = running_hub(local, provider, "one-hub")
    two, _ = running_hub(local, provider, "two-hub")
    browser = visit(one, "mia").browser
    browser.follow_redirects = False
    begun = [browser.get(f"{target.url}hub/oauth_login?next=/{target.slug}/hub/home") for target in (one, two)]
    browser.follow_redirects = True
    for answer, target in zip(begun, (one, two), strict=True):
        page = browser.get(answer.headers["Location"])
        assert page.status_code == 200, page.text
        assert page.url.path == f"/{target.slug}/hub/home"
    for target in (one, two):
        assert browser.get(f"{target.url}hub/home").url.path == f"/{target.slug}/hub/home", "still signed in to both"
    jar: http.cookiejar.CookieJar = browser.cookies.jar
    assert {cookie.path.split("/")[1] for cookie in jar} == {"one-hub", "two-hub"}, "no cookie for the whole host"


def test_temporary_people_get_a_server_without_an_account(local: Place, visit: Visit, tmp_path: Path):
    target = local.target("workshop")
    local.converge(local.release(target, signIn__method="tmp", singleuser__storage__type="none", cull__users=True))
    guest = visit(target, "")
    guest.get("")
    [user] = [u["name"] for u in ask_hub(target, local.secrets["portal_service_token"], "users")]
    guest.name = user
    until(guest.enter_server, 30, "the guest's server lets them in")
    temporary = tmp_path / "hubs" / target.uid / "temporary"
    assert [home.name for home in temporary.iterdir()] == [user]
    headers = {"Authorization": f"token {local.secrets['portal_service_token']}"}
    httpx.delete(f"{target.url}hub/api/users/{user}/server", headers=headers, trust_env=False, timeout=20)
    until(lambda: not list(temporary.iterdir()), 20, "nothing is kept")


def test_the_start_up_command_runs_in_the_home_directory_before_the_server_starts(
    local: Place, provider: Provider, visit: Visit, tmp_path: Path
):
    """When the command fails, the server does not start. Processes that it leaves end with the server."""
    provider.person = "mia"
    script = "echo $HOME $JUPYTERHUB_USER > where; sleep 987 & test -e ready"
    target, _ = running_hub(local, provider, singleuser__postStart=("sh", "-c", script))
    mia, home = visit(target, "mia"), tmp_path.resolve() / "homes" / target.uid / "mia"
    mia.sign_in()
    mia.get("hub/spawn")
    until(lambda: mia.get("hub/spawn-pending/mia").status_code == 500, 30, "its start has failed")
    assert (home / "where").read_text() == f"{home} mia\n"
    log = (tmp_path / "hubs" / target.uid / "hub.log").read_text()
    assert "The start-up command failed with exit code 1." in log
    assert not _sleeping(987)
    (home / "ready").touch()
    mia.start_server()
    assert mia.server_answers()
    assert len(_sleeping(987)) == 1
    headers = {"Authorization": f"token {local.secrets['portal_service_token']}"}
    httpx.delete(f"{target.url}hub/api/users/mia/server", headers=headers, trust_env=False, timeout=20)
    until(lambda: not _sleeping(987), 20, "what it left running ends with the server")


def _sleeping(seconds: int) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", str(seconds)]]


def test_the_shared_password_is_the_typed_one(local: Place, provider: Provider, visit: Visit, tmp_path: Path):
    section = "values:hub.config.SharedPasswordAuthenticator"
    local.secrets |= {f"{section}.user_password": "eight-letters", f"{section}.admin_password": "x" * 32}
    target, _ = running_hub(
        local,
        provider,
        signIn__method="shared-password",
        signIn__allowAll=True,
        signIn__adminUsers=["ada"],
        hub__allowNamedServers=True,
        hub__namedServerLimitPerUser=2,
        singleuser__extraEnv={"COURSE": "101"},
        singleuser__defaultUrl="/tree",
    )
    token = local.secrets["portal_service_token"]
    mia = visit(target, "mia")
    assert mia.sign_in_with("wrong-letters").status_code == 403
    assert mia.sign_in_with("eight-letters").status_code == 200
    assert visit(target, "ada").sign_in_with("eight-letters").status_code == 403, "admins have one of their own"
    assert visit(target, "ada").sign_in_with("x" * 32).status_code == 200
    assert ask_hub(target, token, "users/ada")["admin"] is True
    assert ask_hub(target, token, "info")["authenticator"]["class"].endswith("SharedPasswordAuthenticator")
    assert "Named Servers" in mia.get("hub/home").text
    mia.start_server()
    environ = psutil.Process(server_pids(tmp_path, target)[0]).environ()
    assert environ["COURSE"] == "101"
    assert environ["JUPYTERHUB_DEFAULT_URL"] == "/tree"
    assert "eight-letters" not in str(environ)
    config = (tmp_path / "hubs" / target.uid / "config.json").read_text()
    assert "eight-letters" not in config

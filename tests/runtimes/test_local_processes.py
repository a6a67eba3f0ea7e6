"""Real processes of this machine: found again, ended, never duplicated or left behind, without the portal's secrets."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from provisioning.contract import Observed, Part, Target
from provisioning.errors import Refused, Transient
from provisioning.runtimes.local import LocalRuntime, processes

from .worlds import Place, until

pytestmark = pytest.mark.local
ROOT = Path(__file__).resolve().parents[2]


def pids(var: Path, target: Target, part: str) -> list[int]:
    return [r.pid for r in processes.find(var.resolve(), target.uid) if r.part == part]


def worker(code: str, var: Path, target: Target) -> subprocess.Popen[bytes]:
    """Start a process of its own that has `runtime`, `target` and a way to send a line."""
    head = (
        "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'\nimport django\ndjango.setup()\n"
        "from pathlib import Path\nfrom provisioning.contract import Part, Target\n"
        "from provisioning.runtimes.local import LocalRuntime\n"
        f"runtime = LocalRuntime(Path({str(var)!r}))\n"
        f"target = Target({target.uid!r}, {target.slug!r}, {target.url!r}, {dict(target.ports)!r})\n"
    )
    return subprocess.Popen([sys.executable, "-c", head + code], cwd=ROOT, stdout=subprocess.PIPE)


def test_another_worker_adopts_what_runs(local: Place, tmp_path: Path):
    target = local.target()
    release = local.release(target)
    local.converge(release)
    before = {name: pids(tmp_path, target, name) for name in ("proxy", "hub")}
    parts = json.dumps([[p.name, p.title, dict(p.payload)] for p in release.parts])
    code = (
        f"import json\nfor name, title, payload in json.loads({parts!r}):\n"
        "    runtime.apply(target, Part(name, title, payload))\n"
        "print(runtime.observe(target).revision)\n"
    )
    out, _ = worker(code, tmp_path, target).communicate(timeout=30)
    assert out.decode().strip() == release.revision
    assert {name: pids(tmp_path, target, name) for name in ("proxy", "hub")} == before


def test_a_process_is_known_as_soon_as_it_was_started(tmp_path: Path):
    """Not only once the kernel shows its environment, some moments after exec: unknown processes are taken for dead."""
    missed = 0
    for number in range(200):
        marks = processes.marks(tmp_path, f"h{number}", "hub")
        child = psutil.Process(processes.start(["/bin/sleep", "60"], marks, tmp_path, tmp_path / "log"))
        missed += processes._marked(child, tmp_path, f"h{number}") is None
        child.kill()
        child.wait(5)
    processes._reap()
    assert missed == 0


def test_processes_outlive_the_worker_that_started_them(local: Place, tmp_path: Path):
    """SIGKILL to the worker and everything in its session, right after its last apply."""
    target = local.target()
    release = local.release(target)
    parts = json.dumps([[p.name, p.title, dict(p.payload)] for p in release.parts])
    code = (
        f"import json\nfor name, title, payload in json.loads({parts!r}):\n"
        "    runtime.apply(target, Part(name, title, payload))\n"
        "print('started', flush=True)\nsys.stdin.read()\n"
    )
    with worker(code, tmp_path, target) as dying:
        assert dying.stdout
        dying.stdout.readline()
        started = pids(tmp_path, target, "hub") + pids(tmp_path, target, "proxy")
        assert len(started) == 2
        assert {os.getsid(pid) for pid in started} == set(started), "each in a session of its own"
        dying.kill()
    assert local.converge(release).revision == release.revision
    assert pids(tmp_path, target, "hub") + pids(tmp_path, target, "proxy") == started


def test_two_workers_at_once_start_one_of_each(local: Place, tmp_path: Path):
    target = local.target()
    release = local.release(target)
    together = threading.Barrier(4)
    faults: list[Exception] = []

    def work() -> None:
        together.wait()
        for part in release.parts:
            try:
                local.again().apply(target, part)
            except Transient as fault:  # allowed: the other one is busy
                faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [fault for fault in faults if getattr(fault, "reason", "") != "Busy"] == []
    assert len(pids(tmp_path, target, "proxy")) == len(pids(tmp_path, target, "hub")) == 1
    assert local.converge(release).revision == release.revision


def test_a_second_hub_process_is_reported_and_ended(local: Place, tmp_path: Path):
    target = local.target()
    release = local.release(target)
    local.converge(release)
    [first] = pids(tmp_path, target, "hub")
    environ = psutil.Process(first).environ()
    with subprocess.Popen(["sleep", "60"], env=environ, start_new_session=True) as double:
        until(lambda: len(pids(tmp_path, target, "hub")) == 2, 5)
        assert local.runtime.observe(target).parts["hub"].reason == "Doubled"
        assert local.act_once(release) == [("apply", "hub")]
        double.wait(5)
    assert pids(tmp_path, target, "hub") == [first], "the one that answers stays"


def test_hub_and_servers_get_nothing_of_the_portals_environment(local: Place, tmp_path: Path):
    """Started by a worker whose environment is full of secrets."""
    target = local.target()
    release = local.release(target)
    parts = json.dumps([[p.name, p.title, dict(p.payload)] for p in release.parts])
    code = (
        "import os\nos.environ.update(DATABASE_URL='postgres://leak', SECRET_KEY='leak', REDIS_URL='leak',"
        " DJANGO_SETTINGS_MODULE='leak', PYTHONPATH='.')\n"
        f"import json\nfor name, title, payload in json.loads({parts!r}):\n"
        "    runtime.apply(target, Part(name, title, payload))\n"
    )
    worker(code, tmp_path, target).communicate(timeout=30)
    local.converge(release)
    until(lambda: pids(tmp_path, target, "service"), 10, "the idle culler runs")
    for running in processes.find(tmp_path.resolve(), target.uid):
        environ = running.process.environ()
        assert "leak" not in json.dumps(environ), running.part
        assert not {"DATABASE_URL", "SECRET_KEY", "REDIS_URL", "DJANGO_SETTINGS_MODULE"} & set(environ), running.part
        command = " ".join(running.process.cmdline())
        assert not any(secret in command for secret in local.secrets.values()), (
            "a command line is public on the machine"
        )
    hub = psutil.Process(pids(tmp_path, target, "hub")[0])
    allowed = {"PATH", "HOME", "LANG", "HUBPORTAL_HOME", "HUBPORTAL_HUB", "HUBPORTAL_PART", "HUBPORTAL_DIGEST"}
    assert set(hub.environ()) == allowed | {"HUBPORTAL_STATE", "HUBPORTAL_HOMES"}


def test_files_in_the_state_folder_are_only_readable_by_us(local: Place, tmp_path: Path):
    target = local.target()
    local.converge(local.release(target))
    state = tmp_path / "hubs" / target.uid
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for file in state.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file.name
    config = (state / "config.json").read_text()
    assert not any(secret in config for secret in local.secrets.values())
    logs = (state / "hub.log").read_text() + (state / "proxy.log").read_text()
    assert not any(secret in logs for secret in local.secrets.values())


def test_processes_listen_only_on_this_machine(local: Place, tmp_path: Path):
    target = local.target()
    local.converge(local.release(target))
    listening = [
        connection.laddr
        for part in ("hub", "proxy")
        for pid in pids(tmp_path, target, part)
        for connection in psutil.Process(pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == set(target.ports.values())


def test_a_hub_answers_under_its_own_name_only(local: Place):
    """Under 127.0.0.1, a browser would send the portal's session."""
    target = local.target()
    local.converge(local.release(target))
    port = target.ports["public"]
    for host, status in ((f"localhost:{port}", 200), (f"127.0.0.1:{port}", 404), ("evil.example", 404)):
        asked = httpx.get(
            f"http://127.0.0.1:{port}/{target.slug}/hub/health", headers={"Host": host}, trust_env=False, timeout=5
        )
        assert asked.status_code == status, host


def test_dropping_the_hub_leaves_no_process_of_it(local: Place, tmp_path: Path):
    target = local.target()
    local.converge(local.release(target))
    until(lambda: pids(tmp_path, target, "service"), 10, "the idle culler runs")
    # A killed hub orphans its managed services; they must not survive the drop.
    local.kill(target, "hub")
    assert pids(tmp_path, target, "service")
    local.runtime.drop(target, "hub")
    assert [r.part for r in processes.find(tmp_path.resolve(), target.uid)] == ["proxy"]
    assert not (tmp_path / "hubs" / target.uid / "secrets.json").exists()


def test_a_configuration_that_stops_the_hub_is_reported_with_its_last_lines(local: Place, tmp_path: Path):
    target = local.target()
    release = local.release(target)
    hub = release.parts[2]
    values = {**hub.payload["values"], "hub": {**hub.payload["values"]["hub"], "concurrentSpawnLimit": "many"}}
    broken = Part("hub", hub.title, {**hub.payload, "values": values})
    for part in (*release.parts[:2], broken):
        local.runtime.apply(target, part)
    seen = until(lambda: (s := local.runtime.observe(target).parts["hub"]).failed and s, 20, "the hub gives up")
    assert (seen.reason, seen.digest) == ("Crashed", broken.digest)
    assert "concurrent_spawn_limit" in seen.message
    assert not any(secret in seen.message for secret in local.secrets.values())
    assert local.converge(release).revision == release.revision, "a valid configuration repairs it"


def test_a_hub_that_hangs_is_replaced(local: Place, tmp_path: Path):
    target = local.target()
    release = local.release(target)
    local.converge(release)
    impatient = LocalRuntime(tmp_path, starting=0, silence=0.3)
    [hanging] = pids(tmp_path, target, "hub")
    os.kill(hanging, signal.SIGSTOP)
    first = impatient.observe(target).parts["hub"]
    assert (first.ready, first.failed, first.reason) == (False, False, "Starting"), "one missed answer is tolerated"
    until(lambda: impatient.observe(target).parts["hub"].reason == "NotAnswering", 10)
    impatient.apply(target, release.parts[2])
    assert hanging not in pids(tmp_path, target, "hub")
    assert local.converge(release).revision == release.revision


@pytest.mark.parametrize("name", ["proxy", "hub"])
def test_a_port_that_another_program_uses_is_named(local: Place, name: str):
    target = local.target()
    port = target.ports["public" if name == "proxy" else "hub"]
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with pytest.raises(Transient) as caught:
            local.runtime.apply(target, local.part(target, name))
        assert caught.value.reason == "PortTaken"
        assert str(port) in caught.value.message
        assert local.runtime.observe(target).parts.get(name) is None, (
            "nothing was started, and nothing is reported as started"
        )


def test_a_machine_without_jupyterhub_says_what_to_install(local: Place, tmp_path: Path):
    target = local.target()
    with pytest.raises(Refused) as caught:
        LocalRuntime(tmp_path, str(tmp_path)).apply(target, local.part(target, "hub"))
    assert caught.value.reason == "NotInstalled"
    assert "pip install jupyterhub" in caught.value.message


def test_a_hub_without_ports_can_still_be_dropped(local: Place, tmp_path: Path):
    """A retired hub has released its ports; a process that still runs must be ended in any case."""
    target = local.target()
    release = local.release(target)
    for part in release.parts:
        local.runtime.apply(target, part)
    bare = Target(target.uid, target.slug, "", {})
    assert set(local.runtime.observe(bare).parts) == {"files", "proxy", "hub"}
    local.converge(local.release(bare, "retired"))
    assert processes.find(tmp_path.resolve(), target.uid) == []


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path):
    for uid, slug in [("../up", "fine"), ("fine", "a/b"), ("", "fine"), ("fine", ".."), ("a\n", "fine"), ("x", "ü")]:
        with pytest.raises(Refused, match="folder"):
            LocalRuntime(tmp_path).observe(
                Target(uid, slug, "http://localhost:1/x/", {"public": 1, "api": 2, "hub": 3})
            )


def test_a_missing_folder_does_not_mean_that_no_hub_exists(tmp_path: Path):
    target = Target("u1", "stat-101", "http://localhost:1/x/", {"public": 1, "api": 2, "hub": 3})
    with pytest.raises(Transient) as caught:
        LocalRuntime(tmp_path / "not-mounted").observe(target)
    assert caught.value.reason == "CannotLook"


def test_two_portals_on_one_machine_never_touch_each_other(local: Place, tmp_path_factory: pytest.TempPathFactory):
    """The same hub id in another portal's folder is another hub."""
    target = local.target()
    local.runtime.apply(target, local.part(target, "files"))
    local.runtime.apply(target, local.part(target, "proxy"))
    elsewhere = LocalRuntime(tmp_path_factory.mktemp("other"))
    assert elsewhere.observe(target) == Observed()
    elsewhere.drop(target, "proxy")
    assert "proxy" in local.runtime.observe(target).parts

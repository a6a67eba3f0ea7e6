"""Programs forked from a process that has already imported their libraries.

JupyterHub with KubeSpawner takes 3 s of processor time to import, and the portal's web, worker and beat together 8 s;
most slow tests start them. A forked process runs the program's own `main`, with the arguments, environment, folder
and output that it would have; modules that depend on the environment (settings, models, and what imports them) are
imported in each process. tests/project/test_run.py (`make run`) and tests/cluster (an image) start them as usual."""

import ctypes
import gc
import importlib
import multiprocessing
import os
import re
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.machine.children import PR_SET_PDEATHSIG

# script -> the module whose `main` it calls, as its entry point says
SCRIPTS = {"jupyterhub": "jupyterhub.app", "configurable-http-proxy": "configurable_http_proxy.cli"}
HERE = Path(__file__).resolve().parents[1]
OURS = ("hubs", "portal", "provisioning", "tests")
LIBRARIES = (
    *SCRIPTS.values(), "kubespawner", "oauthenticator.generic", "uvicorn.main", "uvicorn.lifespan.on",
    "uvicorn.protocols.http.h11_impl", "celery.bin.celery", "celery.apps.worker", "celery.apps.beat",
    "celery.concurrency.thread", "kombu.transport.redis", "redis.asyncio.cluster", "django.test",
    "django.core.handlers.asgi", "django.db.backends.sqlite3.base", "django.contrib.admin", "django.forms",
    "django.template.defaulttags", "django.template.loader_tags", "cryptography.x509", "cryptography.fernet",
    "dns.asyncresolver", "httpx", "requests", "jwcrypto.jwk", "oauthlib.oauth2", "openid.consumer.consumer", "psutil",
    "environ", "yaml", "dateutil.parser", "kubernetes.client", "kubernetes.config", "hubs.spec",
)  # fmt: skip
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *LIBRARIES])


def _warn(option: str) -> None:
    """Apply one option of `python -W`: "ignore:how the message begins"."""
    action, _, message = option.partition(":")
    warnings.filterwarnings(action, re.escape(message))  # type: ignore[arg-type]


def run(argv: list[str], env: dict[str, str], folder: str, log: str) -> None:
    """Run, in the new process, a script by its name, or `python -m MODULE …`, as Python does."""
    gc.freeze()  # otherwise the first garbage collection copies all memory shared with the nursery
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # ends with the nursery, which ends with the tests
    os.setsid()
    # As subprocess does. One of these descriptors would keep the nursery alive until after its children.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    said, nothing = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), os.open(os.devnull, os.O_RDONLY)
    for number, at in enumerate((nothing, said, said)):
        os.dup2(at, number)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.path[:] = [path for path in sys.path if path and Path(path) != HERE]
    if argv[0] != sys.executable:
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]  # the script doesn't have the portal's modules
        # Read once, at import.
        configuration = importlib.import_module("kubernetes_asyncio.config.kube_config")
        configuration.KUBE_CONFIG_DEFAULT_LOCATION = env["KUBECONFIG"]  # type: ignore[attr-defined]
        sys.argv = argv
        sys.exit(importlib.import_module(SCRIPTS[argv[0]]).main())
    options, [module, *args] = argv[1 : argv.index("-m")], argv[argv.index("-m") + 1 :]
    for option in options[1::2]:
        _warn(option)
    sys.path.insert(0, folder)
    sys.argv = [module, *args]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


class Forked:
    """A forked process, with the part of subprocess.Popen that our tests use."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], folder: Path, log: Path) -> None:
        self._process = _context.Process(target=run, args=(list(argv), dict(env), str(folder), str(log)))
        self._process.start()
        self.pid: int = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise subprocess.TimeoutExpired after `timeout` seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

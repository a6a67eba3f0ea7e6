"""kube-apiserver, etcd, kube-controller-manager and kubectl: found, or built with Go from their modules.
`python -m tests.kubernetes.binaries` prints where they are, and builds them if needed.

Searched in this order: KUBEBUILDER_ASSETS, the PATH, builds of tools beside this repository, our own cache, an archive
of envtest (HUBPORTAL_ENVTEST_URL), Go. A machine without any of them gets a message what to install.
"""

import fcntl
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KUBERNETES, ETCD, GO = "1.36.3", "3.6.16", (1, 26)  # the versions, in one place; Kubernetes 1.36 needs Go 1.26
NAMES = ("kube-apiserver", "kube-controller-manager", "kubectl", "etcd")
GO_TAKES = "about five minutes, once"


class NoServer(Exception):
    """This machine has no Kubernetes API server, and can't build one. The message says what to install."""


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


class Binaries:
    """A folder that has all binaries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> str:
        return str(self.folder / name)


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NAMES)


def candidates() -> Iterator[Path]:
    if given := os.environ.get("KUBEBUILDER_ASSETS"):
        yield Path(given)
    if found := shutil.which("kube-apiserver"):
        yield Path(found).parent
    yield Path(os.environ.get("HUB_CLUSTER_HOME") or cache() / "hub-cluster") / "bin"
    yield own()


def own() -> Path:
    return cache() / "hubportal" / f"kubernetes-{KUBERNETES}-etcd-{ETCD}"


def find() -> Binaries:
    """Find or build the binaries, or raise NoServer. Building takes minutes; concurrent builds wait for each other."""
    for folder in candidates():
        if _complete(folder):
            return Binaries(folder)
    with _alone():
        if not _complete(own()):
            own().mkdir(parents=True, exist_ok=True)
            if address := os.environ.get("HUBPORTAL_ENVTEST_URL"):
                _download(address)
            else:
                _build()
    return Binaries(own())


@contextmanager
def _alone() -> Iterator[None]:
    own().parent.mkdir(parents=True, exist_ok=True)
    with open(own().parent / "building.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- an archive -------------------------------------------------------------------------------------------------------
def _download(address: str) -> None:
    """Install an archive like envtest's: all programs in one folder. HUBPORTAL_ENVTEST_SHA512 is required."""
    wanted = os.environ.get("HUBPORTAL_ENVTEST_SHA512", "")
    if not address.startswith("https://") or not wanted:
        raise NoServer("HUBPORTAL_ENVTEST_URL must be an https address, with HUBPORTAL_ENVTEST_SHA512 beside it.")
    with urllib.request.urlopen(address, timeout=300) as answer:
        archive = answer.read()
    if hashlib.sha512(archive).hexdigest() != wanted.lower():
        raise NoServer("The archive at HUBPORTAL_ENVTEST_URL is not the one of HUBPORTAL_ENVTEST_SHA512.")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files.getmembers():
            if member.isfile() and (name := Path(member.name).name) in NAMES:
                content = files.extractfile(member)
                assert content is not None
                _install(own() / name, content.read())


def _install(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.chmod(0o755)
    fresh.replace(path)


# --- Go ---------------------------------------------------------------------------------------------------------------
def _go() -> str:
    go = shutil.which("go")
    version = (
        re.search(r"go(\d+)\.(\d+)", subprocess.run([go, "version"], capture_output=True, text=True).stdout)
        if go
        else None
    )
    if not go or not version or (int(version[1]), int(version[2])) < GO:
        raise NoServer(
            "No Kubernetes API server here: install kube-apiserver, kube-controller-manager, kubectl and etcd, and set"
            f" KUBEBUILDER_ASSETS to their folder; or install Go {GO[0]}.{GO[1]}, and they are built."
        )
    return go


def _build() -> None:
    go, folder = _go(), own()
    print(f"Building a Kubernetes API server with Go ({GO_TAKES}) into {folder}", file=sys.stderr, flush=True)
    where, minor = "-X k8s.io/component-base/version", KUBERNETES.split(".")[1]
    flags = f"-s -w {where}.gitVersion=v{KUBERNETES} {where}.gitMajor=1 {where}.gitMinor={minor}"
    kubernetes = _wrap(go, folder / "src" / "kubernetes", "k8s.io/kubernetes", f"v{KUBERNETES}",
                       [f"k8s.io/kubernetes/cmd/{name}" for name in NAMES if name != "etcd"], staging=True)  # fmt: skip
    for name in NAMES[:-1]:
        _compile(go, kubernetes, f"k8s.io/kubernetes/cmd/{name}", folder / name, flags)
    etcd = _wrap(go, folder / "src" / "etcd", "go.etcd.io/etcd/server/v3", f"v{ETCD}", ["go.etcd.io/etcd/server/v3"])
    _compile(go, etcd, "go.etcd.io/etcd/server/v3", folder / "etcd", "-s -w")


def _run(argv: list[str], where: Path) -> str:
    environ = {
        **os.environ,
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false -trimpath -mod=mod",
    }
    done = subprocess.run(argv, cwd=where, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise NoServer(f"“{' '.join(argv[:3])}” failed: {done.stderr[-2000:]}")
    return done.stdout


def _wrap(go: str, where: Path, module: str, version: str, packages: list[str], staging: bool = False) -> Path:
    """Write a module of ours that depends on theirs, because `go install` refuses a module with replace lines.

    Kubernetes' replace lines point to a tree that the module does not contain, so each staging module is replaced by
    its published version."""
    where.mkdir(parents=True, exist_ok=True)
    replaced = ""
    (where / "go.mod").write_text("module wrapped\n\ngo 1.26.0\n")
    if staging:
        facts = json.loads(_run([go, "mod", "download", "-json", f"{module}@{version}"], where))
        names = re.findall(r"^\s*(k8s\.io/[a-z0-9-]+) => \./staging", Path(facts["GoMod"]).read_text(), re.MULTILINE)
        replaced = "".join(f"replace {name} => {name} v0{version[2:]}\n" for name in names)
    imports = "".join(f'\t_ "{package}"\n' for package in packages)
    (where / "go.mod").write_text(
        f"module wrapped\n\ngo 1.26.0\n\ngodebug default=go1.26\n\nrequire {module} {version}\n\n{replaced}"
    )
    (where / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\nimport (\n{imports})\n")
    _run([go, "mod", "tidy", "-e"], where)
    return where


def _compile(go: str, where: Path, package: str, target: Path, flags: str) -> None:
    print(f"  {package}", file=sys.stderr, flush=True)
    fresh = target.with_suffix(".new")
    _run([go, "build", "-ldflags", flags, "-o", str(fresh), package], where)
    fresh.replace(target)


if __name__ == "__main__":
    try:
        print(find().folder)
    except NoServer as error:
        sys.exit(f"{error} ({platform.system()} {platform.machine()})")

"""From approval to Ready, compared with starting the same JupyterHub manually. `python -m bench.ready [ROUNDS]`.

Manually: `jupyterhub` with its defaults, and the same proxy, until /hub/health responds through the proxy.
With the portal: from the approval until the row is Ready, which it is when the hub has responded through its own proxy
with the requested revision. Web, worker and beat run as started by `make run`.
Rounds alternate, so that other load affects both alike.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import stack, table

BIN = Path(sys.executable).parent
ROUNDS = 7


def by_hand() -> float:
    """Return the seconds from starting `jupyterhub` to its response."""
    public, hub, api = (stack.free_port() for _ in range(3))
    command = [str(BIN / "jupyterhub"), f"--JupyterHub.bind_url=http://127.0.0.1:{public}/",
               f"--JupyterHub.hub_port={hub}", f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{api}"]  # fmt: skip
    env = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        begin = time.perf_counter()
        with open(Path(folder) / "log", "wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            stack.until(lambda: stack.answers(public, "/hub/health"), "the bare hub answers")
            return time.perf_counter() - begin
        finally:
            process.terminate()  # it ends its proxy, too
            process.wait(20)


def with_the_portal(number: int) -> dict[str, float]:
    """Return the seconds from approval to Ready, in total and to each step of the timeline."""
    from hubs.hub.services import hubs
    from hubs.models import Hub, Organization, User
    from hubs.requests.services import decisions, requests

    ines, stan = User.objects.get(username="ines"), User.objects.get(username="stan")
    request = requests.begin(organization=Organization.objects.get(slug="river"), starting_point="class", by=ines)
    answers = {"about.title": f"Class {number}", "about.heads": "500"}  # so many that it needs review
    request = requests.save(request=request, by=ines, values=answers, slug=f"class-{number}")
    request = requests.submit(request=request, by=ines)
    begin = time.perf_counter()
    request = decisions.approve(request=request, by=stan, seen=request.content_hash)
    one = Hub.objects.filter(requests=request)
    stack.until(lambda: one.filter(status="ready").exists(), "the hub is ready")
    whole = time.perf_counter() - begin
    steps = one.get().runs.get().steps.exclude(finished_at=None)
    since = request.decided_at or steps[0].started_at
    ends = {step.title: (step.finished_at - since).total_seconds() for step in steps if step.finished_at}
    hubs.retire(hub=one.get(), by=ines, typed=f"class-{number}")
    stack.until(lambda: one.filter(status="retired").exists(), "the hub is retired")
    return {"whole": whole, **ends}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with stack.portal("web", "worker", "beat"):
        from hubs import demo

        demo.make()
        by_hand(), with_the_portal(0)  # both once, to fill the disk cache
        pairs = [(by_hand(), with_the_portal(number)) for number in range(1, rounds + 1)]
    bare, ours = [pair[0] for pair in pairs], [pair[1]["whole"] for pair in pairs]
    rows = [[name, f"{table.median(s):.2f} s", f"{min(s):.2f} s", f"{max(s):.2f} s"]
            for name, s in (("jupyterhub manually", bare), ("approve -> Ready", ours))]  # fmt: skip
    for step in (name for name in pairs[-1][1] if name != "whole"):
        seconds = [pair[1][step] for pair in pairs]
        rows.append(
            [f"  done: {step}", f"{table.median(seconds):.2f} s", f"{min(seconds):.2f} s", f"{max(seconds):.2f} s"]
        )
    table.show(f"A hub, {rounds} rounds", ["", "median", "best", "worst"], rows)
    ratio = table.median([b / a for a, b in zip(bare, ours, strict=True)])
    print(f"  approve -> Ready / manually: {ratio:.2f} (target: at most 1.3)\n")


if __name__ == "__main__":
    main()

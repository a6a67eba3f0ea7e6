"""The panel “What will happen” of a change, with 30 profiles and 1,000 hubs, compared with a page that returns "ok".

`python -m bench.panel`. One browser that types, one web process, SQLite: as started by `make run`.
"""

import re
import time
from typing import Any

import httpx
import yaml

from bench import stack, table, world
from bench.pages import cookies

PROFILES, TIMES = 30, 100


def profiles() -> str:
    """Return profiles as in a large research hub: each with three sizes and three images."""
    sizes = {f"size-{n}": {"display_name": f"{2**n} GiB", "kubespawner_override": {
        "mem_limit": f"{2**n}G", "mem_guarantee": f"{2**n}G", "cpu_limit": n + 1}} for n in range(3)}  # fmt: skip
    images = {f"image-{n}": {"display_name": f"Image {n}", "kubespawner_override": {
        "image": f"quay.io/jupyter/scipy-notebook:2026-10-0{n + 1}"}} for n in range(3)}  # fmt: skip
    options = {
        "size": {"display_name": "Size", "choices": sizes},
        "image": {"display_name": "Image", "choices": images},
    }
    found = [{"display_name": f"Group {n}", "slug": f"group-{n}", "description": "For a group of the institute.",
              "profile_options": options} for n in range(PROFILES)]  # fmt: skip
    return str(yaml.safe_dump(found, sort_keys=False))


def draft(made: dict[str, Any]) -> Any:
    """Return a draft of a change to the hub."""
    from hubs.requests.services import requests

    values = {"singleuser.profileList": profiles()}
    return requests.begin_change(hub=made["hub"], by=made["ines"], values=values)


def took(client: httpx.Client, method: str, path: str, **more: Any) -> float:
    """Return the seconds of a request. Raise httpx.HTTPStatusError if it fails."""
    begin = time.perf_counter()
    client.request(method, path, **more).raise_for_status()
    return time.perf_counter() - begin


def main() -> None:
    with stack.portal("web") as portal:
        made = world.make()
        row, jar = draft(made), cookies(made["ines"])
        page = f"/requests/{row.uid}/edit/choices/"
        with httpx.Client(base_url=portal.url, cookies=jar, trust_env=False, timeout=30) as client:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(page).raise_for_status().text)
            headers = {"X-CSRFToken": token[1] if token else "", "HX-Request": "true", "HX-Target": "forecast"}
            typed = {"step": "choices", "singleuser.profileList": profiles().replace("Group 7", "Group seven")}
            asked = [("GET", "/healthz", {}), ("POST", page, {"data": typed, "headers": headers})]
            waits = [[took(client, method, path, **more) for _ in range(TIMES)] for method, path, more in asked]
    ok = table.median(waits[0])
    rows = [[name, f"{table.median(one) * 1000:.1f} ms", f"{table.share(one, 0.99) * 1000:.0f} ms",
             f"{table.median(one) / ok:.0f}"] for name, one in zip(["“ok” (/healthz)", "What will happen"], waits,
                                                                   strict=True)]  # fmt: skip
    title = f"“What will happen” for {PROFILES} profiles, with {world.HUBS:,} hubs"
    table.show(title, ["", "median", "99 %", "times “ok”"], rows)


if __name__ == "__main__":
    main()

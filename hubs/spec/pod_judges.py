"""Which volumes, folders and containers of people's servers staff look at. Pure; the table is
hubs.spec.pod_verdicts."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.judges import Facts, Judge, Look
from hubs.spec.pod_pieces import is_scratch
from hubs.spec.pod_words import in_words
from hubs.spec.pods import uncounted
from hubs.spec.reading import reads


def _subject(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _names_read(rows: Iterable[Any]) -> str:
    names = sorted({one.name for one in reads(list(rows))})
    return f" It reads {', '.join(names)} of the hub’s namespace." if names else ""


def volumes(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """A volume that outlives a server is one that others may have, too."""
    for row in spec.singleuser.storage.extraVolumes:
        if not is_scratch(row):
            said = f"Volume {in_words(row)}: staff check whose it is."
            yield Look(_subject(row), said + _names_read([row]))


def folders(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """What is mounted from anywhere but a server's own room."""
    storage = spec.singleuser.storage
    own = {row["name"] for row in storage.extraVolumes if is_scratch(row)}
    kind = [storage.type, storage.static.pvcName] if storage.type == "static" else [storage.type]
    for row in storage.extraVolumeMounts:
        if row.get("name") not in own:
            yield Look(_subject([row, kind]), f"Shared folder {in_words(row)}: staff check who shares it.")


def containers_of(path: str) -> Judge:
    """Programs beside or before a server, each by itself."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        for row in FIELDS[path].read(spec):
            tree = {"singleuser": {path.removeprefix("singleuser."): [row]}}
            said = f"{FIELDS[path].words.label}: {in_words(row)}. Staff read what it runs."
            yield Look(_subject(row), said + _names_read([row]), spec.seats if uncounted(tree) else 0)

    return judge

"""Which volumes, mounts and containers of people's servers need review. Pure; table: hubs.spec.pod_verdicts."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hubs.language import _
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.judges import Facts, Judge, Look
from hubs.spec.pod_pieces import is_scratch
from hubs.spec.pod_words import in_words
from hubs.spec.pods import uncounted
from hubs.spec.reading import reads


def _subject(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _with_names_read(said: str, rows: Iterable[Any]) -> str:
    """Return the sentence, with another one if these rows read Secrets or ConfigMaps of the namespace."""
    names = sorted({one.name for one in reads(list(rows))})
    if not names:
        return said
    return _("{sentence} It reads {names} in the hub’s namespace.", sentence=said, names=", ".join(names))


def volumes(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check volumes that outlive a server, because others may use them, too."""
    for row in spec.singleuser.storage.extraVolumes:
        if not is_scratch(row):
            said = _("Volume {volume}. Staff check who it belongs to.", volume=in_words(row))
            yield Look(_subject(row), _with_names_read(said, [row]))


def folders(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check mounts of anything but a server's temporary storage."""
    storage = spec.singleuser.storage
    own = {row["name"] for row in storage.extraVolumes if is_scratch(row)}
    kind = [storage.type, storage.static.pvcName] if storage.type == "static" else [storage.type]
    for row in storage.extraVolumeMounts:
        if row.get("name") not in own:
            said = _("Volume mount {mount}. Staff check who shares it.", mount=in_words(row))
            yield Look(_subject([row, kind]), said)


def containers_of(path: str) -> Judge:
    """Return a judge for containers before or alongside a server, each separately."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        for row in FIELDS[path].read(spec):
            tree = {"singleuser": {path.removeprefix("singleuser."): [row]}}
            label, what = FIELDS[path].words.label, in_words(row)
            said = _("{field}: {container}. Staff review what it runs.", field=label, container=what)
            yield Look(_subject(row), _with_names_read(said, [row]), spec.seats if uncounted(tree) else 0)

    return judge

"""Node pools as YAML in a form field, with the field names of a pod's spec, so that people can paste existing YAML."""

import re
from typing import Any

import yaml
from django import forms

from hubs.language import _, lazy
from hubs.spec import yaml_text
from hubs.spec.ladder import MOST_CORES
from hubs.spec.types import storage_mib, storage_text

from .kubernetes_names import LABEL

LONGEST, MOST = 8000, 20  # characters; pools
PREFIX = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
LABEL_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
MACHINE = ("memory", "cpu", "pricePerHour")  # of one node, for estimates
POOL_KEYS = ("name", "nodeSelector", "tolerations", *MACHINE)
TOLERATION_KEYS = ("key", "operator", "value", "effect", "tolerationSeconds")
EXAMPLE = """- name: teaching
  nodeSelector:
    hub.jupyter.org/node-purpose: user
  tolerations:
    - key: hub.jupyter.org/dedicated
      operator: Equal
      value: user
      effect: NoSchedule
  memory: 64Gi
  cpu: 16
  pricePerHour: 0.80
"""


def is_label_key(text: str) -> bool:
    """Return whether this is a valid Kubernetes label key: [prefix/]name."""
    prefix, slash, name = text.rpartition("/")
    return bool(LABEL_PART.fullmatch(name)) and (not slash or bool(PREFIX.fullmatch(prefix)))


def is_label_value(text: str) -> bool:
    return text == "" or bool(LABEL_PART.fullmatch(text))


def _no(message: str) -> forms.ValidationError:
    return forms.ValidationError(message)


def parse(text: str) -> list[dict[str, Any]]:
    """Return [{"name", "nodeSelector": {}, "tolerations": []}], optionally with the keys in MACHINE. Raise
    ValidationError that names the wrong pool."""
    if len(text) > LONGEST:
        raise _no(_("Enter at most {most} characters.", most=LONGEST))
    try:
        document = yaml_text.load(text)
    except yaml_text.YamlError as error:
        raise _no(str(error)) from None
    return checked([] if document is None else document)


def checked(document: Any) -> list[dict[str, Any]]:
    """Like `parse`, for a document that was parsed already."""
    if not isinstance(document, list) or not all(isinstance(pool, dict) for pool in document):
        raise _no(_("Enter a list in which each pool begins with “- name: …”."))
    if len(document) > MOST:
        raise _no(_("Enter at most {most} pools.", most=MOST))
    pools = [_pool(pool, number) for number, pool in enumerate(document, start=1)]
    names = [pool["name"] for pool in pools]
    if len(set(names)) < len(names):
        raise _no(_("Each pool needs a different name."))
    return pools


def _pool(given: dict[Any, Any], number: int) -> dict[str, Any]:
    name = given.get("name")
    if not isinstance(name, str) or not LABEL.fullmatch(name):
        raise _no(_("Pool {number} needs a name of lower-case letters, digits and hyphens.", number=number))
    if strange := [str(key)[:50] for key in given if key not in POOL_KEYS]:
        keys = ", ".join(POOL_KEYS)
        raise _no(
            _("{pool}: unknown key “{key}”. The keys of a pool are {keys}.", pool=name, key=strange[0], keys=keys)
        )
    selector, tolerations = given.get("nodeSelector") or {}, given.get("tolerations") or []
    if not isinstance(selector, dict):
        raise _no(_("{pool}: nodeSelector must consist of lines “label: value”.", pool=name))
    for key, value in selector.items():
        if not isinstance(key, str) or not is_label_key(key):
            raise _no(_("{pool}: “{key}” is not a valid label name.", pool=name, key=str(key)[:80]))
        if not isinstance(value, str):
            said = _("{pool}: put quotes around the value of {key}, because label values are text.", pool=name, key=key)
            raise _no(said)
        if not is_label_value(value):
            raise _no(_("{pool}: “{value}” is not a valid label value.", pool=name, value=value[:80]))
    if not isinstance(tolerations, list) or not all(isinstance(one, dict) for one in tolerations):
        raise _no(_("{pool}: tolerations must be a list in which each entry begins with “- key: …”.", pool=name))
    tolerated = [_toleration(one, name) for one in tolerations]
    return {"name": name, "nodeSelector": selector, "tolerations": tolerated, **_machine(given, name)}


def _machine(given: dict[Any, Any], pool: str) -> dict[str, Any]:
    """Return the memory, CPU and hourly price of a node in the pool, as far as they are given. They are used for
    suggested sizes and for estimates."""
    found = {key: given[key] for key in MACHINE if given.get(key) is not None}
    if "memory" in found:
        try:
            mib = storage_mib(str(found["memory"]))
        except ValueError:
            mib = 0
        if not mib:
            raise _no(_("{pool}: memory must be the memory of one node, such as 32Gi.", pool=pool))
        found["memory"] = storage_text(mib)
    if not _is_number(found.get("cpu", 1), MOST_CORES) or not found.get("cpu", 1):
        raise _no(_("{pool}: cpu must be the number of cores of one node, such as 4.", pool=pool))
    if not _is_number(found.get("pricePerHour", 0), 1e6):
        raise _no(_("{pool}: pricePerHour must be a number, such as 0.80.", pool=pool))
    return found


def _is_number(value: Any, most: float) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= most


def _toleration(given: dict[Any, Any], pool: str) -> dict[str, Any]:
    if strange := [str(key)[:50] for key in given if key not in TOLERATION_KEYS]:
        said = _("{pool}: unknown key “{key}”. The keys of a toleration are {keys}.",
                 pool=pool, key=strange[0], keys=", ".join(TOLERATION_KEYS))  # fmt: skip
        raise _no(said)
    key, operator = given.get("key", ""), given.get("operator", "Equal")
    if not isinstance(key, str) or (key and not is_label_key(key)):
        raise _no(_("{pool}: “{key}” is not a valid taint key.", pool=pool, key=str(key)[:80]))
    if operator not in ("Equal", "Exists"):
        raise _no(_("{pool}: operator must be Equal or Exists.", pool=pool))
    if not key and operator != "Exists":
        raise _no(_("{pool}: a toleration without a key needs “operator: Exists”.", pool=pool))
    value = given.get("value", "")
    if not isinstance(value, str) or not is_label_value(value):
        said = _(
            "{pool}: the value of {key} is not valid. Put quotes around numbers, true and false.", pool=pool, key=key
        )
        raise _no(said)
    if operator == "Exists" and value:
        raise _no(_("{pool}: a toleration with “operator: Exists” must not have a value.", pool=pool))
    effect = given.get("effect", "")
    if effect not in ("", *EFFECTS):
        raise _no(_("{pool}: effect must be one of {effects}.", pool=pool, effects=", ".join(EFFECTS)))
    seconds = given.get("tolerationSeconds")
    if seconds is not None and (type(seconds) is not int or effect != "NoExecute"):
        said = _("{pool}: tolerationSeconds must be a whole number and needs “effect: NoExecute”.", pool=pool)
        raise _no(said)
    return dict(given)


class NodePoolsField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "placeholder": EXAMPLE, "class": "mono"})
        about = lazy(
            "In YAML: the name of each pool, the labels of its nodes, the taints to tolerate, and the memory, CPU and "
            "hourly price of one node. People’s servers run on the first pool unless the hub uses another one. Without "
            "pools, they run on any node."
        )
        super().__init__(label=lazy("Node pools"), help_text=about, widget=widget, strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return yaml.safe_dump(value, sort_keys=False, allow_unicode=True) if value else ""
        return value

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Return the pools, from YAML or from a list, as the API sends it."""
        if isinstance(value, list):
            return checked(value)
        return parse(str(super().clean(value)))

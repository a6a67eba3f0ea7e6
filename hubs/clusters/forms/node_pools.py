"""Node pools as YAML in a field, in the words of a pod's own spec, so that what people know can be pasted."""

import re
from typing import Any

import yaml
from django import forms

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
    """[prefix/]name, as Kubernetes has it."""
    prefix, slash, name = text.rpartition("/")
    return bool(LABEL_PART.fullmatch(name)) and (not slash or bool(PREFIX.fullmatch(prefix)))


def is_label_value(text: str) -> bool:
    return text == "" or bool(LABEL_PART.fullmatch(text))


def _no(message: str) -> forms.ValidationError:
    return forms.ValidationError(message)


def parse(text: str) -> list[dict[str, Any]]:
    """[{"name", "nodeSelector": {}, "tolerations": []}], perhaps with MACHINE's keys. Raises ValidationError that says
    which pool is wrong."""
    if len(text) > LONGEST:
        raise _no(f"At most {LONGEST} characters.")
    try:
        document = yaml_text.load(text)
    except yaml_text.YamlError as error:
        raise _no(f"This can’t be read as YAML. {error}") from None
    return checked([] if document is None else document)


def checked(document: Any) -> list[dict[str, Any]]:
    """The same for what was read already."""
    if not isinstance(document, list) or not all(isinstance(pool, dict) for pool in document):
        raise _no("Write a list: each pool begins with “- name: …”.")
    if len(document) > MOST:
        raise _no(f"At most {MOST} pools.")
    pools = [_pool(pool, number) for number, pool in enumerate(document, start=1)]
    names = [pool["name"] for pool in pools]
    if len(set(names)) < len(names):
        raise _no("Each pool has a name of its own.")
    return pools


def _pool(given: dict[Any, Any], number: int) -> dict[str, Any]:
    name = given.get("name")
    if not isinstance(name, str) or not LABEL.fullmatch(name):
        raise _no(f"Pool {number} needs a name of small letters, digits and dashes.")
    if strange := [str(key)[:50] for key in given if key not in POOL_KEYS]:
        raise _no(f"{name}: “{strange[0]}” is not known. A pool has {', '.join(POOL_KEYS)}.")
    selector, tolerations = given.get("nodeSelector") or {}, given.get("tolerations") or []
    if not isinstance(selector, dict):
        raise _no(f"{name}: nodeSelector has lines of “label: value”.")
    for key, value in selector.items():
        if not isinstance(key, str) or not is_label_key(key):
            raise _no(f"{name}: “{str(key)[:80]}” is not a label’s name.")
        if not isinstance(value, str):
            raise _no(f"{name}: put quotes around the value of {key}: a label’s value is text.")
        if not is_label_value(value):
            raise _no(f"{name}: “{value[:80]}” is not a label’s value.")
    if not isinstance(tolerations, list) or not all(isinstance(one, dict) for one in tolerations):
        raise _no(f"{name}: tolerations is a list: each begins with “- key: …”.")
    tolerated = [_toleration(one, name) for one in tolerations]
    return {"name": name, "nodeSelector": selector, "tolerations": tolerated, **_machine(given, name)}


def _machine(given: dict[Any, Any], pool: str) -> dict[str, Any]:
    """What a node of the pool has, and costs an hour, as far as somebody says so: sizes for people and estimates are
    made from it."""
    found = {key: given[key] for key in MACHINE if given.get(key) is not None}
    if "memory" in found:
        try:
            mib = storage_mib(str(found["memory"]))
        except ValueError:
            mib = 0
        if not mib:
            raise _no(f"{pool}: memory is that of one node, such as 32Gi.")
        found["memory"] = storage_text(mib)
    if not _is_number(found.get("cpu", 1), MOST_CORES) or not found.get("cpu", 1):
        raise _no(f"{pool}: cpu is the cores of one node, such as 4.")
    if not _is_number(found.get("pricePerHour", 0), 1e6):
        raise _no(f"{pool}: pricePerHour is a number, such as 0.80.")
    return found


def _is_number(value: Any, most: float) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= most


def _toleration(given: dict[Any, Any], pool: str) -> dict[str, Any]:
    if strange := [str(key)[:50] for key in given if key not in TOLERATION_KEYS]:
        raise _no(f"{pool}: “{strange[0]}” is not known. A toleration has {', '.join(TOLERATION_KEYS)}.")
    key, operator = given.get("key", ""), given.get("operator", "Equal")
    if not isinstance(key, str) or (key and not is_label_key(key)):
        raise _no(f"{pool}: “{str(key)[:80]}” is not a taint’s key.")
    if operator not in ("Equal", "Exists"):
        raise _no(f"{pool}: operator is Equal or Exists.")
    if not key and operator != "Exists":
        raise _no(f"{pool}: a toleration without key needs “operator: Exists”.")
    value = given.get("value", "")
    if not isinstance(value, str) or not is_label_value(value):
        raise _no(f"{pool}: the value of {key} is not one; put quotes around numbers, true and false.")
    if operator == "Exists" and value:
        raise _no(f"{pool}: a toleration with “operator: Exists” has no value.")
    effect = given.get("effect", "")
    if effect not in ("", *EFFECTS):
        raise _no(f"{pool}: effect is {', '.join(EFFECTS)}.")
    seconds = given.get("tolerationSeconds")
    if seconds is not None and (type(seconds) is not int or effect != "NoExecute"):
        raise _no(f"{pool}: tolerationSeconds is a whole number, and goes with “effect: NoExecute”.")
    return dict(given)


class NodePoolsField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "placeholder": EXAMPLE, "class": "mono"})
        about = (
            "In YAML: a name, its nodes’ labels, the taints to tolerate, and what one machine has and costs an hour. "
            "People’s servers run on the first pool unless the hub says another; without one they run anywhere."
        )
        super().__init__(label="Node pools", help_text=about, widget=widget, strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return yaml.safe_dump(value, sort_keys=False, allow_unicode=True) if value else ""
        return value

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """From YAML, or from the list itself, as programs send it."""
        if isinstance(value, list):
            return checked(value)
        return parse(str(super().clean(value)))

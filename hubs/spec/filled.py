"""Values that an import adds although the file does not contain them: without them, a hub of the portal would behave
differently from the file's own chart, or start no server. Each changes the tree and returns {path: sentence}. Pure.
"""

from hubs.language import _
from hubs.spec import chart
from hubs.spec.chart import Tree
from hubs.spec.effective import MISSING
from hubs.spec.trees import Path, get, put
from hubs.spec.types import memory_bytes

MEMORY = ("singleuser", "memory")


def startable(rest: Tree) -> dict[Path, str]:
    """Set the guaranteed memory to the limit if the chart's default of 1G is above the limit."""
    limit, guarantee = (get(rest, (*MEMORY, bound), MISSING) for bound in ("limit", "guarantee"))
    most = chart.default((*MEMORY, "guarantee"))
    try:
        if guarantee is not MISSING or not 0 < memory_bytes(str(limit)) < memory_bytes(most):
            return {}
    except ValueError:  # not a size: reported elsewhere
        return {}
    put(rest, (*MEMORY, "guarantee"), limit)
    said = _(
        "The chart guarantees {size} by default. That is above the limit, so no server would start. The guarantee is "
        "set to the limit.",
        size=most,
    )
    return {(*MEMORY, "guarantee"): said}


def everybody(rest: Tree, method: str) -> dict[Path, str]:
    """Set `allow_all` for temporary users if the file does not, because otherwise no one could sign in."""
    place = ("hub", "config", "Authenticator", "allow_all")
    config = get(rest, ("hub", "config"))
    config = config if isinstance(config, dict) else {}
    said = any(isinstance(one, dict) and one.get("allow_all") for one in config.values())
    if method != "tmp" or said:
        return {}
    put(rest, place, True)
    return {place: _("Temporary users have no names that could be on a list, so everyone can sign in.")}

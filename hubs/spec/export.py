"""Export of a hub as values of the Zero to JupyterHub chart, to run it elsewhere. Pure.

What only the portal can do is left out; values that have to be set at the new location have a placeholder.
"""

from collections.abc import Iterable
from typing import Any

import yaml

from hubs.spec.hub import HubSpec
from hubs.spec.markup import safe_html
from hubs.spec.trees import Path, put
from hubs.spec.values import to_values

HEADER = """\
# {title}: values for the Zero to JupyterHub chart, 4.4 or newer.
#   helm upgrade --install hub jupyterhub --repo https://hub.jupyter.org/helm-chart/ --values values.yaml
# Replace every “to-be-replaced”. People’s files and the people list are not included.
"""


def chart_values(spec: HubSpec, secrets: Iterable[Path] = (), code: str = "") -> dict[str, Any]:
    """Return values that are valid against the chart's schema when merged over its defaults. They contain no secrets
    and no addresses of the portal. `secrets` are paths of secrets, `code` is what staff added to the configuration."""
    values = to_values(spec, secrets, elsewhere=True)
    if spec.homePage.text:
        put(values, ("hub", "templateVars", "announcement"), safe_html(spec.homePage.text))
    if code:
        put(values, ("hub", "extraConfig", "staff"), code)
    return values


def values_yaml(spec: HubSpec, secrets: Iterable[Path] = (), code: str = "") -> str:
    """Return the same as the text of a values.yaml with a header."""
    body = yaml.safe_dump(chart_values(spec, secrets, code), sort_keys=False, allow_unicode=True, width=100)
    return HEADER.format(title=spec.about.title) + body

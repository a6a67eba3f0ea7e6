"""The dashboard and the alerts use metrics, labels and label values that /metrics has."""

import json
import re
from pathlib import Path

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from hubs.live import connecting, counters
from hubs.models import Cluster, Event, Hub, ProvisioningRun
from portal.telemetry import measures
from tests.project.redis import redis_server

pytestmark = pytest.mark.processes

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "hubportal.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["groups"]
GRAPHS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ADDED = {"job", "pod", "instance", "le"}  # labels that Prometheus adds, or that histograms have


def expressions():
    found = [(panel["title"], target["expr"]) for panel in GRAPHS for target in panel["targets"]]
    return found + [(rule["alert"], rule["expr"]) for group in RULES for rule in group["rules"]]


@pytest.fixture
def there(db, settings, hub):
    """Return sample name -> its labels, after everything was counted once."""
    Cluster.objects.update(healthy=True)
    Event.objects.create(type="hub.ready", subject="x")
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        connecting.breaker.reset()
        with connecting.client(url) as client:
            client.set(measures.LAST_TICK, "2026-01-01T00:00:00+00:00")
        for one in counters.ALL:
            one.add(0.1, *("x" for _ in one.labels))
        Client().get("/healthz")
        text = Client().get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def test_every_used_metric_exists_with_its_labels(there):
    for where, expr in expressions():
        names = re.findall(r"\b((?:hubportal|process)_\w+)\s*(?:\{([^}]*)\})?", expr)
        assert names or "up{" in expr, where
        for name, matchers in names:
            assert name in there, f"{where}: there is no {name}"
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
            assert labels <= there[name] | ADDED, f"{where}: {name} has not got {labels}"
        by = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expr) for label in group.split(",")}
        assert by <= set().union(*(there[name] for name, _ in names)) | ADDED, where


def test_values_of_labels_exist():
    known = {"status": set(Hub.Status.values), "result": set(ProvisioningRun.Result.values), "state": {"failure"}}
    for where, expr in expressions():
        for label, value in re.findall(r'\b(status|result|state)!?="(\w+)"', expr):
            assert value in known[label], where


@pytest.mark.parametrize(("where", "expr"), expressions(), ids=lambda value: value[:30])
def test_every_expression_is_balanced(where, expr):
    for opening, closing in ("()", "{}", "[]"):
        assert expr.count(opening) == expr.count(closing)
    assert expr.count('"') % 2 == 0


def test_values_that_all_web_processes_share_are_never_summed():
    """Rows and Redis: three web processes must not turn one hub into three."""
    own = ("hubportal_http_", "hubportal_live_streams")
    for where, expr in expressions():
        for inner in re.findall(r"\bsum(?: by \([^)]*\))? ?\((?:rate|increase)?\(?(hubportal_\w+)", expr):
            assert inner.startswith(own), where


def test_the_dashboard_can_be_imported():
    assert DASHBOARD["uid"] == "hubportal"
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"datasource", "job"}
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
    assert all(target["datasource"]["uid"] == "${datasource}" for panel in GRAPHS for target in panel["targets"])


def test_every_alert_has_a_summary_and_an_action():
    rules = [rule for group in RULES for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert {"summary", "action"} <= set(rule["annotations"]), rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info")

"""Metrics of this web process's own requests. Prometheus scrapes each process and sums up."""

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_requests = Counter(
    "hubportal_http_requests",
    "Requests by route.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
_duration = Histogram(
    "hubportal_http_request_duration_seconds",
    "Time until the response, or until a stream began.",
    ("method", "route"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=REGISTRY,
)


def count(method: str, route: str, status: int, seconds: float) -> None:
    _requests.labels(method, route, str(status)).inc()
    _duration.labels(method, route).observe(seconds)

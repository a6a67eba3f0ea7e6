"""What this web process counts of its own requests. A process knows its own only: Prometheus asks each and sums up."""

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_requests = Counter(
    "hubportal_http_requests",
    "Requests by the name of the page.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
_duration = Histogram(
    "hubportal_http_request_duration_seconds",
    "Time until the answer, or the beginning of a stream.",
    ("method", "route"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=REGISTRY,
)


def count(method: str, route: str, status: int, seconds: float) -> None:
    _requests.labels(method, route, str(status)).inc()
    _duration.labels(method, route).observe(seconds)

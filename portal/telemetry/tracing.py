"""Errors to Sentry, traces to OpenTelemetry: each only if its variable is set; else it is not even imported.

Both receive no more than a log line: no bodies, no local variables, no cookies, no addresses of people, and nothing
that looks like a secret.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hubs import VERSION, request_context

from . import logs

# The required module, by the extra of pyproject.toml that installs it.
MODULES = {"sentry": "sentry_sdk", "otel": "opentelemetry.exporter.otlp.proto.http"}


def lacking() -> list[tuple[str, str]]:
    """Return (variable, extra) of what is configured but not installed."""
    asked = (
        ("SENTRY_DSN", "sentry", settings.SENTRY_DSN),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel", settings.OTLP_ENDPOINT),
    )
    return [(variable, extra) for variable, extra, value in asked if value and not _there(MODULES[extra])]


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even its parent
        return False


def start() -> None:
    """Set up error reporting and tracing. Called once per process, before its first request or task. If a package is
    not installed, portal.checks reports it."""
    missing = {extra for _, extra in lacking()}
    if settings.SENTRY_DSN and "sentry" not in missing:
        _sentry()
    if settings.OTLP_ENDPOINT and "otel" not in missing:
        _otel()


# --- Sentry -----------------------------------------------------------------------------------------------------------
def without_secrets(event: Any, hint: Any = None) -> Any:
    """Return the event with its request id, without request bodies, cookies, IP addresses, environment, and secrets."""
    request = event.get("request") or {}
    for name in ("data", "cookies", "env", "query_string"):
        request.pop(name, None)
    event.pop("user", None)
    event["tags"] = {**(event.get("tags") or {}), "request_id": request_context.request_id.get() or "none"}
    if sent := request_context.caller_id.get():
        event["tags"]["caller_request_id"] = sent
    return logs.masked(event)


def _sentry() -> None:
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"hubportal@{VERSION}",
        environment="production" if settings.PRODUCTION else "one-machine",
        send_default_pii=False,
        include_local_variables=False,  # may contain keys and kubeconfigs
        max_request_body_size="never",
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        before_send=without_secrets,
        before_breadcrumb=lambda crumb, hint: logs.masked(crumb),
        traces_sample_rate=0,
    )


# --- OpenTelemetry ----------------------------------------------------------------------------------------------------
# Own spans for requests and tasks, because those of the instrumentation packages contain URLs, which may be secret.
_tracer: Any = None


def _otel() -> None:
    """Set up tracing. Endpoint, headers, sampling and service name come from OpenTelemetry's own variables."""
    global _tracer
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about = Resource({"service.name": "hubportal", "service.version": VERSION}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=about)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("hubportal", VERSION)


class Span:
    """A span of a request or task, and the parent of tasks sent in the meantime. Does nothing without a tracer."""

    def __init__(self, name: str, kind: str, carrier: Mapping[str, str]) -> None:
        self.span: Any = None
        if _tracer is None:
            return
        from opentelemetry import context, propagate, trace

        before = propagate.extract(carrier)
        self.span = _tracer.start_span(name, context=before, kind=trace.SpanKind[kind])
        self._token = context.attach(trace.set_span_in_context(self.span, before))

    def end(self, name: str, *, failed: bool, **facts: str | int) -> None:
        if self.span is None:
            return
        from opentelemetry import context, trace

        self.span.update_name(name)
        ids = {
            "hubportal.request_id": request_context.request_id.get(),
            "hubportal.caller_request_id": request_context.caller_id.get(),
        }
        self.span.set_attributes({**ids, **facts})
        if failed:
            self.span.set_status(trace.StatusCode.ERROR)
        self.span.end()
        context.detach(self._token)


def begin_request(request: HttpRequest) -> Span:
    carrier = {name: request.headers[name] for name in ("traceparent", "tracestate") if name in request.headers}
    return Span(request.method or "GET", "SERVER", carrier)


def take_along(headers: dict[str, Any]) -> None:
    """Add the trace context to a task's message headers."""
    if _tracer is not None:
        from opentelemetry import propagate

        propagate.inject(headers)


def begin_task(name: str, came: Mapping[str, Any]) -> Span:
    carrier = {key: str(came[key]) for key in ("traceparent", "tracestate") if came.get(key)}
    return Span(name, "CONSUMER", carrier)

# One image for web, worker, watcher and beat; the command selects one. Kubernetes and compose set the environment.
# docs/operator.md describes how to build and name it.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv && /venv/bin/pip install uv
# Optional extras: --build-arg EXTRAS="--extra sentry --extra otel"
ARG EXTRAS=""
COPY requirements.txt /
# The locked versions, without packages that only tests and hubs on one machine need.
COPY pyproject.toml /
RUN /venv/bin/uv pip compile -q pyproject.toml $EXTRAS -c requirements.txt --python-version 3.11 -o /production.txt \
    && /venv/bin/uv pip install --python /venv/bin/python --no-cache -r /production.txt \
    && /venv/bin/uv pip install --target /babel --no-cache babel -c /requirements.txt \
    && /venv/bin/uv pip uninstall --python /venv/bin/python uv
# Compiles the translated sentences.
COPY portal/catalogues.py /app/portal/
COPY portal/locale /app/portal/locale
RUN cd /app && mkdir -p static/js && PYTHONPATH=/babel /venv/bin/python -m portal.catalogues

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=portal.settings \
    HUBPORTAL_VAR=/var/lib/hubportal
RUN groupadd --system --gid 10001 hubportal \
    && useradd --system --uid 10001 --gid 10001 --home-dir /app --no-create-home hubportal \
    && install -d -o hubportal -g hubportal /var/lib/hubportal
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY portal portal
COPY hubs hubs
COPY provisioning provisioning
COPY templates templates
COPY static static
COPY docs docs
COPY --from=build /app/portal/locale portal/locale
COPY --from=build /app/static/js/words static/js/words
RUN HUBPORTAL_PRODUCTION=true python manage.py collectstatic --noinput -v 0 \
    && chown -R hubportal:hubportal /var/lib/hubportal
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# Exec form: the process is number 1 and receives SIGTERM itself.
CMD ["uvicorn", "portal.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", \
     "--http", "portal.web.front_door:FrontDoor", \
     "--no-access-log", "--timeout-graceful-shutdown", "20"]

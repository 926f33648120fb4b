# One image, three stages: the page's player from npm, the program in a virtual environment, and
# what runs: no compiler, no npm, no root. Build with `docker build -t orchestrator .`

FROM node:22-slim AS page
WORKDIR /page
COPY package.json package-lock.json ./
COPY orchestrator/web/build.mjs orchestrator/web/build.mjs
RUN npm ci --omit=dev --no-audit --no-fund && npm run build

FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY orchestrator orchestrator
RUN /venv/bin/pip install . && /venv/bin/pip uninstall --yes orchestrator

FROM python:3.12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-noto-core fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 orchestrator \
 && install --directory --owner=orchestrator /state /event
COPY --from=build /venv /venv
WORKDIR /app
COPY orchestrator orchestrator
COPY templates templates
COPY schedules schedules
COPY --from=page /page/build/static build/static
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ORCH_LOG=json ORCH_STATE=/state ORCH_PUBLIC=0.0.0.0:8080 ORCH_CONTROL=127.0.0.1:8081
USER orchestrator
VOLUME /state
EXPOSE 8080
# Fresh or 503: the origin answers 200 only while new parts come out.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "orchestrator"]
CMD ["run", "/event/event.yaml"]

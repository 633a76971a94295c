# One image for the pages and for the world; docker-compose.yml says which of them a container is.
FROM python:3.11.13-slim-bookworm AS packages
COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/lis \
 && /opt/lis/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r /tmp/run.txt

FROM python:3.11.13-slim-bookworm
ENV PATH=/opt/lis/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
RUN useradd --system --uid 10001 --home-dir /app lis && install -d -o lis /var/lib/lis
WORKDIR /app
COPY --from=packages /opt/lis /opt/lis
COPY lis lis
COPY simulators simulators
COPY seed seed
COPY docker/health.py docker/health.py
COPY LICENSE NOTICE ./
RUN python -m compileall -q lis simulators seed
USER lis
ENV LIS_DATA=/var/lib/lis LIS_HOST=0.0.0.0 LIS_PORT=8000
EXPOSE 8000 2575
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=6 CMD ["python", "docker/health.py"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "lis.training.main", "--no-browser"]

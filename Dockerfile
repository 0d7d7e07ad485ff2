# docker build --tag telltale .       docs/operations.md tells how to run it; compose.yaml does so.

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app ./app
# Only what Telltale needs to run goes into the environment, without pip and without a compiler.
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python -m venv --without-pip /opt/telltale \
 && python -m pip --python /opt/telltale/bin/python install --no-cache-dir \
    --only-binary :all: --constraint constraints.txt /wheels/*.whl

FROM python:3.11-slim
# A fixed number, so that the owner of a volume stays the same from image to image. A new named
# volume takes over owner and mode of /data.
RUN groupadd --gid 10001 telltale \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin telltale \
 && install --directory --mode 0700 --owner telltale --group telltale /data
COPY --from=build /opt/telltale /opt/telltale
ENV PATH="/opt/telltale/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    TELLTALE_HOST=0.0.0.0 \
    TELLTALE_DATA_DIR=/data
# A file .env would be read from here, where Telltale cannot write one.
WORKDIR /opt/telltale
USER 10001:10001
VOLUME /data
EXPOSE 5000
# http.client knows no proxy: one in the environment would be asked for 127.0.0.1 too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('TELLTALE_PORT') or 5000), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["telltale", "serve"]

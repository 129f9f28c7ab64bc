# A lab for an emulated machine, which would unpack the real image for minutes: the hub's own image
# with a notebook server, and the entry of the real one. What it does with its mounts is the same.
ARG HUB
FROM ${HUB} AS server
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
COPY requirements.lock /tmp/
RUN sed -n 's/^\([a-z][a-z0-9._-]*==[^\\]*\).*/\1/p' /tmp/requirements.lock >/tmp/versions \
 && python3 -m venv /opt/pip \
 && /opt/pip/bin/pip install --no-cache-dir --target /opt/server -c /tmp/versions jupyter-server

FROM ${HUB}
COPY --from=server /opt/server /opt/server
COPY --chmod=755 lab-entry /usr/local/bin/
ENV PYTHONPATH=/opt/server JUPYTERHUB_SINGLEUSER_APP=jupyter_server.serverapp.ServerApp
WORKDIR /
ENTRYPOINT ["/usr/local/bin/lab-entry"]
CMD ["jupyterhub-singleuser"]
USER nobody

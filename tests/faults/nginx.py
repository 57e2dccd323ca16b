"""A real nginx before several app servers, as one would set it up."""

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager

from tests.faults.serving import free_port

CONFIGURATION = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream portal {{
    {servers}
  }}
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 130m;
    location / {{
      proxy_pass http://portal;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_connect_timeout 2s;
      # What was not idempotent is never sent to a second server by itself.
      proxy_next_upstream error timeout;
    }}
  }}
}}
"""


@contextmanager
def before(ports, folder):
    """Lend the port of an nginx that takes turns among the app servers at `ports`."""
    port = free_port()
    servers = "\n    ".join(f"server 127.0.0.1:{one} max_fails=1 fail_timeout=1s;" for one in ports)
    user = "user root;" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, servers=servers, port=port, user=user))
    process = subprocess.Popen([find(), "-c", str(file), "-p", str(folder)], stderr=subprocess.PIPE, text=True)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=30)


def find():
    """Return where nginx lies, or None."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def _wait_for(port, process):
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            continue
    raise AssertionError(process.stderr.read())

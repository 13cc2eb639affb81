"""MDN's HTTP Observatory scans the whole program behind nginx with https, in a network that has nobody else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests import needs

OBSERVATORY = "@mdn/mdn-http-observatory@1.4.8"
HOST = "chat.example.org"  # a name with a public suffix, which the scanner asks for
LEAST = 125  # points; A+ begins at 100

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:80;
        server_name {host};
        return 301 https://$host$request_uri;
    }}
    server {{
        listen 127.0.0.1:443 ssl;
        server_name {host};
        ssl_certificate {folder}/site.pem;
        ssl_certificate_key {folder}/site.key;
        location / {{
            proxy_pass http://127.0.0.1:8000;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""

SCRIPT = """
ip link set lo up
mount --bind {folder}/hosts /etc/hosts
{nginx} -p {folder} -c {folder}/nginx.conf >{folder}/nginx.out 2>&1 &
ASSISTANT_TRUSTED_PROXIES=1 PYTHONPATH={repository} {python} -m assistant serve >{folder}/site.log 2>&1 &
for _ in $(seq 2000); do
    {python} -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:8000/healthz")' 2>/dev/null && break
    sleep 0.1
done
NODE_EXTRA_CA_CERTS={folder}/ca.pem node {scanner}/src/scan.js {host}
"""  # the processes end with their namespace


def install(folder: Path) -> Path:
    """Install the scanner, without the scripts that would fetch lists from elsewhere; return its folder."""
    npm = needs.program("npm", "npm, with Node 20 or newer")
    folder.mkdir()
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", OBSERVATORY]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    scanner = folder / "node_modules" / OBSERVATORY.rsplit("@", 1)[0]
    if done.returncode or not scanner.exists():
        needs.missing(OBSERVATORY, f"npm said: {(done.stdout + done.stderr)[-500:]}")
    (scanner / "conf/hsts-preload.json").write_text("{}")
    return scanner


def certificates(folder: Path) -> None:
    """Make an authority of our own and the site's certificate."""

    def openssl(*arguments: str) -> None:
        path = needs.program("openssl", "openssl")
        subprocess.run([path, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(*new, "-x509", "-days", "2", "-subj", "/CN=drill", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(*new, "-subj", f"/CN={HOST}", "-keyout", "site.key", "-out", "site.csr")
    (folder / "names").write_text(f"subjectAltName=DNS:{HOST}\n")
    signed = ("x509", "-req", "-days", "2", "-in", "site.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
    openssl(*signed, "-extfile", "names", "-out", "site.pem")


def test_the_score_is_a_plus(tmp_path: Path) -> None:
    needs.root()
    needs.program("ip", "iproute2")
    nginx = needs.program("nginx", "nginx-light")
    scanner = install(tmp_path / "npm")
    certificates(tmp_path)
    (tmp_path / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, host=HOST))
    script = SCRIPT.format(
        folder=tmp_path, repository=needs.REPOSITORY, python=sys.executable, scanner=scanner, host=HOST, nginx=nginx
    )
    (tmp_path / "go.sh").write_text(script)
    command = ["unshare", "-n", "-m", "-p", "-f", "--mount-proc", "bash", str(tmp_path / "go.sh")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    shutil.rmtree(tmp_path / "npm")

    assert done.stdout.startswith("{"), done.stdout[-500:] + done.stderr[-2_000:]
    found = json.loads(done.stdout)
    failed = [name for name, test in found["tests"].items() if not test["pass"]]
    print(f"{found['scan']['grade']} {found['scan']['score']}, {len(found['tests'])} tests")
    assert failed == []
    assert found["scan"]["grade"] == "A+"
    assert found["scan"]["score"] >= LEAST
    assert re.search(r'"route": "/"', (tmp_path / "site.log").read_text())  # it was us who were scanned

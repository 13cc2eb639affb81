"""gunicorn as this program needs it, for `assistant serve` and, as a config module, for the Procfile.

The application is loaded before the workers fork, so that they share the embedding table and the
key that signs contexts. No access log: addresses and referrers are nobody's business.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from assistant.settings import Settings

THREADS = 8  # a worker: requests that wait for slow clients
bind = f"0.0.0.0:{os.environ['PORT']}" if os.environ.get("PORT") else "127.0.0.1:8000"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = THREADS
preload_app = True
accesslog = None
errorlog = "-"
loglevel = "warning"
timeout = 30
graceful_timeout = 20
keepalive = 5
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
control_socket_disable = True


def serve(settings: Settings, host: str, port: int, count: int) -> None:
    """Run the chat until stopped; prints the address."""
    from gunicorn.app.base import BaseApplication

    from assistant.app import create_app

    chosen: dict[str, Any] = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": count,
        **{
            name: globals()[name]
            for name in (
                "worker_class", "threads", "preload_app", "accesslog", "errorlog", "loglevel", "timeout",
                "graceful_timeout", "keepalive", "limit_request_line", "limit_request_fields",
                "limit_request_field_size", "control_socket_disable",
            )
        },
    }  # fmt: skip

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in chosen.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return create_app(settings)

    print(f"The chat runs at http://{host}:{port}/ (stop it with Ctrl+C)", flush=True)
    sys.argv = sys.argv[:1]
    Server().run()

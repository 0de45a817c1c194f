"""`python -m tests.trust.planted_server BUG`: the pages and the API with one bug planted, in one process of threads."""

from __future__ import annotations

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing is said of each request."""


def serve(bug: str) -> None:
    from tests.trust.planted import OVER_HTTP, lossy
    from xinshi.config.environment import environment
    from xinshi.config.wsgi import application

    serving = OVER_HTTP[bug](application) if bug != "none" else application
    with make_server("127.0.0.1", environment().port, lossy(serving), Threads, Quiet) as server:
        server.serve_forever()


if __name__ == "__main__":
    import django

    django.setup()
    serve(sys.argv[1])

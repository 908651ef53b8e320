"""A server between the program and another one: it sees every request, and decides what becomes of it."""

import http.client
import http.server
import threading
import urllib.parse

PASS, LOSE, DROP = "pass", "lose", "drop"


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    @property
    def operation(self):
        """"CreateQueue", or for S3 "PUT /bucket/key"."""
        target = self.headers.get("x-amz-target")
        return target.split(".")[-1] if target else f"{self.method} {self.path}"

    @property
    def is_s3(self):
        return "/s3/aws4_request" in self.headers.get("authorization", "")


class Proxy:
    """`rule(request)` says PASS, LOSE (it runs, and the reply is lost), DROP (it never runs) or gives an
    answer as forward() does; it may wait before it says so. `seen`: all requests, in the order in which they came."""

    def __init__(self, upstream):
        self.upstream = urllib.parse.urlsplit(upstream)
        self.rule = lambda request: PASS
        self.seen = []
        self.lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {k.lower(): v for k, v in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                with proxy.lock:
                    proxy.seen.append(request)
                what = proxy.rule(request)
                answer = what if isinstance(what, tuple) else None
                if what in (PASS, LOSE):
                    answer = proxy.forward(request)
                if what in (LOSE, DROP):
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                for name, value in answer[1]:
                    if name.lower() not in ("connection", "transfer-encoding", "content-length",
                                            "date", "server"):
                        self.send_header(name, value)
                length = len(answer[2])
                if self.command == "HEAD":
                    length = next((v for n, v in answer[1] if n.lower() == "content-length"), 0)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer[2])

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):  # a client that was killed
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def forward(self, request):
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=120)
        try:
            connection.putrequest(request.method, request.path, skip_host=True,
                                  skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name not in ("connection", "content-length"):
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

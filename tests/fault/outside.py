"""What happens to a simulated world beside the program: people with botocore, in the world's virtual time.

Requests are made and answers read by botocore; between the two stands world_caller, so that there is no port, no
wall clock, and no entry in the ledger of calls, which is the program's.
"""

import base64
import json
import subprocess

import botocore.awsrequest
import botocore.config
import botocore.exceptions
import botocore.session

Refused = botocore.exceptions.ClientError


class _Raw:
    """The body of an answer, as botocore wants to read it."""

    def __init__(self, data):
        self.data = data

    def stream(self, **_):
        yield self.data


class Outside:
    """Clients of every account of one world at a time: `with outside.at(world_file): outside.client(...)`."""

    def __init__(self, caller):
        self.caller, self.process, self.clients = caller, None, {}
        self.session = botocore.session.Session()
        for name in ("config_file", "credentials_file"):
            self.session.set_config_variable(name, "/dev/null")
        self.config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=True,
                                             s3={"addressing_style": "path"})

    def at(self, world):
        self.world = world
        return self

    def __enter__(self):
        self.process = subprocess.Popen([self.caller, self.world], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        process, self.process = self.process, None
        process.stdin.close()
        process.stdout.close()
        if process.wait(timeout=60) != 0:
            raise RuntimeError(f"world_caller ended with {process.returncode}")

    def _ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("world_caller is gone")
        return json.loads(line)

    def settings(self, **settings):
        self._ask({"settings": {name: str(value) for name, value in settings.items()}})

    def _send(self, request, **_):
        """Instead of the network."""
        rest = request.url.split("//", 1)[1]
        host, _, target = rest.partition("/")
        path, _, query = target.partition("?")
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        headers = {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()}
        headers.setdefault("Host", host)
        answer = self._ask({"method": request.method, "path": "/" + path, "query": query, "headers": headers,
                            "body": base64.b64encode(body.encode() if isinstance(body, str) else body).decode()})
        data = base64.b64decode(answer["body"])
        return botocore.awsrequest.AWSResponse(
            request.url, answer["status"], botocore.awsrequest.HeadersDict(answer["headers"]), _Raw(data))

    def client(self, service, account, region):
        key = (service, account, region)
        if key not in self.clients:
            client = self.session.create_client(
                service, region_name=region or "us-east-1", config=self.config,
                endpoint_url=f"http://{service}.simulated", aws_access_key_id=account,
                aws_secret_access_key="simulated")
            client.meta.events.register("before-send", self._send)
            self.clients[key] = client
        return self.clients[key]

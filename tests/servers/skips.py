"""What a server does otherwise than AWS: skips.yaml. Each row is checked on every run: a server that
answers otherwise than its row says is news, and fails the test until the row is gone."""

import json
import os

from harness import check
from servers import skip, version

try:
    import yaml
except ImportError:
    yaml = None

PATH = os.path.join(os.path.dirname(__file__), "skips.yaml")


class Skips:
    """The rows of one server in one test."""

    def __init__(self, server, test):
        if not yaml:
            skip("tools/setup.sh has not made the Python environment of the servers")
        with open(PATH, encoding="utf-8") as file:
            table = yaml.safe_load(file)[server.name]
        installed = version(server.package)
        check(installed == table["version"],
              f"skips.yaml is about {server.name} {table['version']}, but {installed} is installed")
        self.server = server.name
        self.rows = [row for row in table["rows"] if row["test"] == test]
        self.met = set()
        self.news = []

    def meet(self, what, answer):
        """The row of what went otherwise than with AWS, or None: done() fails then."""
        for i, row in enumerate(self.rows):
            if row["what"] == what and row["observed"] in answer:
                self.met.add(i)
                return row
        self.news.append(f"what: {json.dumps(what)}\n{answer}")
        return None

    def done(self):
        news = "\n".join(self.news)
        check(not self.news, f"{self.server} does otherwise than AWS, or we do, without a row:\n{news}")
        unmet = [row for i, row in enumerate(self.rows) if i not in self.met]
        check(not unmet, f"{self.server} does not answer any more as skips.yaml says: {unmet}")

"""Many machines on one state in the simulator's S3 (sharing.py): races, deaths, sleepers, lost replies, silence."""

import functools

import boto3

import sharing
from harness import Served, done, workspace


class Place:
    def __init__(self, served):
        self.url, self.served = served.url, served

    def environment(self):
        return self.served.environment()

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1",
                            aws_access_key_id="111122223333", aws_secret_access_key="simulated")


SCENES = {**sharing.SCENES, "silent": sharing.silent, "kept": sharing.kept,
          "readers": sharing.readers, "waiting": sharing.waiting, "read-only": sharing.read_only,
          "late, told": functools.partial(sharing.late, told=True),
          "late, untold": functools.partial(sharing.late, told=False)}
for name, scene in SCENES.items():
    with workspace() as folder, Served(folder) as served:
        place = Place(served)
        sharing.make_bucket(place)
        scene(place)
        print(f"{name}: as promised")
done()

"""Endpoints, held against the rules that botocore publishes: every service, partition and kind.

    endpoints.py ENDPOINT_CASES
"""

import subprocess
import sys

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

import tables

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-3", "cn-north-1", "cn-northwest-1", "us-gov-west-1",
           "us-gov-east-1")
FIXED = {"UseGlobalEndpoint": False, "Accelerate": False}

loader = botocore.session.get_session().get_component("data_loader")
partitions = loader.load_data("partitions")
providers = {symbol: EndpointProvider(loader.load_service_model(symbol, "endpoint-rule-set-1"), partitions)
             for symbol in tables.services().values()}


def theirs(service, region, fips, dual_stack):
    provider = providers[service]
    given = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack, **FIXED}
    known = {p.name for p in provider.ruleset.parameters.values()}
    try:
        return provider.resolve_endpoint(**{k: v for k, v in given.items() if k in known}).url
    except BotoCoreError:
        return None  # they refuse


def main(program):
    said = subprocess.run([program, *REGIONS], check=True, text=True, stdout=subprocess.PIPE).stdout
    cases = {tuple(line.split()) for line in said.splitlines()}
    faults = []
    for service, region, fips, dual_stack, url in sorted(cases):
        if region.startswith("cn-") and fips == "1":
            continue  # China has none; the rules still make up a name for some
        expected = theirs(service, region, fips == "1", dual_stack == "1")
        if url != expected:
            faults.append(f"{service} in {region}, FIPS {fips}, dual stack {dual_stack}: {url}, the rules say {expected}")
    missing = set(providers) - {case[0] for case in cases}
    faults += [f"{service} has no case" for service in sorted(missing)]
    print(*faults, sep="\n")
    print(f"{len(cases)} endpoints, {len(faults)} faults")
    return 1 if faults else 0


sys.exit(main(sys.argv[1]))

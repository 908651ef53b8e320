"""The relay's package starts where there is nothing: no C library, no shell, no certificates."""

import os
import subprocess
import tempfile
import zipfile

from harness import check, done

PACKAGE = os.path.join(os.environ["HOLDFAST_DATA_DIR"], "relay", "bootstrap.zip")

with tempfile.TemporaryDirectory() as root:
    with zipfile.ZipFile(PACKAGE) as package:
        names = package.namelist()
        check(names == sorted(names), "entries are sorted")
        check({i.date_time for i in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}, "fixed times")
        for info in package.infolist():
            path = package.extract(info, root)
            os.chmod(path, (info.external_attr >> 16) & 0o777)
    needless = ("ldap", "lber", "gssapi", "krb5", "sasl", "gnutls", "rtmp", "psl", "idn2", "unistring", "zstd", "brotli")
    check(not [n for n in names if any(word in n for word in needless)], f"what HTTPS needs, and no more: {names}")
    if not [n for n in names if "libasan" in n]:  # which brings libm along
        check("lib/libm.so.6" not in names, "no mathematics")
        check(os.path.getsize(PACKAGE) < 4_500_000, f"small: {os.path.getsize(PACKAGE)} bytes")
    check("bootstrap" in names and "roots.pem" in names, "launcher and certificates are there")
    command = ["chroot", root, "/bootstrap"]
    if os.geteuid() != 0:
        command = ["unshare", "--user", "--map-root-user", *command]
    alone = subprocess.run(command, env={"PATH": os.environ["PATH"]}, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    check("AWS_LAMBDA_RUNTIME_API is not set" in alone.stdout, f"the relay itself speaks: {alone.stdout}")
    bare = subprocess.run(command, env={"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"},
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          check=False)
    check("HOLDFAST_RELAY is not set" in bare.stdout, f"it names the missing settings: {bare.stdout}")
    check(bare.returncode not in (0, 127), "and fails")

# The package for the other processor is built where that is possible, and where it is not, what is missing is named.
source = os.path.dirname(os.environ["EXAMPLES"])
with tempfile.TemporaryDirectory() as nothing:
    refused = subprocess.run(["cmake", "--preset", "arm64", "-B", os.path.join(nothing, "build")], cwd=source, text=True,
                             env={"PATH": os.environ["PATH"], "HOLDFAST_SYSROOT": nothing}, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=120, check=False)
    said = " ".join(refused.stdout.split())
    check(refused.returncode != 0 and "these are missing" in said and "libssl-dev:arm64" in said, f"arm64: {said}")
done()

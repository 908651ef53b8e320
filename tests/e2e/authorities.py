"""Which certificates are trusted: AWS_CA_BUNDLE, or ca_bundle of the profile, names a bundle, or a folder of certificates
named by hash."""

import os
import shutil
import socket
import ssl
import subprocess
import threading

from harness import check, done, holdfast, workspace

REFUSAL = (b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message>"
           b"</Error><RequestId>1</RequestId></ErrorResponse>")
requests = []


def openssl(folder, *words):
    return subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout.strip()


def make_certificates(folder):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ours", "other"):
        openssl(folder, "req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2",
                "-subj", f"/CN={name}")
        os.mkdir(os.path.join(folder, f"{name}.d"))
        digest = openssl(folder, "x509", "-hash", "-noout", "-in", f"{name}.pem")
        shutil.copy(os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.d", f"{digest}.0"))
    openssl(folder, "req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost\n")
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ours.pem", "-CAkey", "ours.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names")


def refuse_all(folder, listener):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    while True:
        try:
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                if connection.recv(65536):
                    requests.append(1)
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/xml\r\nConnection: close\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(REFUSAL) + REFUSAL)
        except ssl.SSLError:
            continue
        except OSError:
            return


with workspace() as folder:
    make_certificates(folder)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=refuse_all, args=(folder, listener), daemon=True).start()
    url = f"https://localhost:{listener.getsockname()[1]}"
    config = os.path.join(folder, "config")
    for environment, profile, trusted in (("ours.pem", None, True), ("ours.d", None, True), ("other.pem", None, False),
                                          ("other.d", None, False), (None, "ours.pem", True),
                                          (None, "other.pem", False), ("ours.pem", "other.pem", True)):
        requests.clear()
        env = {"AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": config}
        if environment:
            env["AWS_CA_BUNDLE"] = os.path.join(folder, environment)
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[default]\nca_bundle = {os.path.join(folder, profile)}\n" if profile else "[default]\n")
        holdfast("whoami", "--endpoint-url", url, cwd=folder, expect=3 if trusted else 1, env=env)
        check(bool(requests) == trusted,
              f"with {environment} and a profile's {profile} the server got {len(requests)} requests")
    listener.close()
done()

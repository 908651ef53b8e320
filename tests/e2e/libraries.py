"""What sends nothing loads neither libcurl nor the HTTP server's library: it works where they are broken."""

import os

from harness import check, done, holdfast, workspace

with workspace() as folder:
    for name in ("libcurl.so.4", "libmicrohttpd.so.12"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write("no library\n")
    broken = {"LD_LIBRARY_PATH": folder}
    holdfast("version", cwd=folder, env=broken, expect=0)
    holdfast("validate", cwd=folder, env=broken, expect=0)
    holdfast("plan", "--simulate", cwd=folder, env=broken, expect=0)
    holdfast("state", "list", "--simulate", cwd=folder, env=broken, expect=0)
    refused = holdfast("plan", "--endpoint-url", "http://127.0.0.1:9", cwd=folder, expect=1,
                       env={**broken, "AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "x"})
    check("HF0808" in refused.err and "libcurl.so.4" in refused.err, f"what sends names it: {refused.err}")
    refused = holdfast("simulator", "serve", cwd=folder, env=broken, expect=1)
    check("HF0808" in refused.err and "libmicrohttpd.so.12" in refused.err, f"so does a server: {refused.err}")
done()

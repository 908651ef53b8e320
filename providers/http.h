#pragma once
/* The real transport: HTTP/1.1 over libcurl's multi interface, one thread, perform and poll.
 *
 * Nothing waits inside libcurl: each request that is sent gets a connection at once, since libcurl
 * counts waiting time into the request's timeout. The authorities to trust come from one place: a
 * folder of single certificates named by hash where there is one (OpenSSL reads those that it
 * needs), else a bundle (it is parsed as a whole: 20 ms of CPU for 145 certificates). Never from
 * both: then libcurl would parse the bundle again for each connection. Answers are limited to 64
 * MiB, all that are under way together to 256 MiB, their headers to 256 KiB. Redirects are not
 * followed. A request that is to be sent once gets a new connection: on a kept one libcurl repeats
 * what the server did not answer. libcurl is set up when the first request is sent. */

#include "engine/base/diag.h"
#include "providers/transport.h"

#define HTTP_ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define HTTP_ANSWERS_MAX ((size_t)256 * 1024 * 1024)
#define HTTP_HEADERS_MAX ((size_t)256 * 1024)
#define HTTP_CONNECT_TIMEOUT_MS 10000

/* `proxy` and other settings of libcurl's environment apply. The transport lives in *ret.self until
 * its close(). libcurl is loaded here, not with the program: E_LIBRARY where it is missing.
 * ca_bundle: a bundle or a folder; NULL: libcurl's own. */
MUST_CHECK bool http_transport(const char *ca_bundle, struct transport *ret, struct diags *diags);

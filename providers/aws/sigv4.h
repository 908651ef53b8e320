#pragma once
/* Signature Version 4, as the AWS reference "Signature Version 4 signing process" defines it. Pure:
 * the time is given. It is our own because the curl that Debian ships cannot sort query strings.
 *
 * The caller has put host, x-amz-date and, with temporary credentials, x-amz-security-token into
 * the headers; every header given is signed. */

#include "providers/aws/credentials.h"
#include "providers/transport.h"

struct sigv4_input {
    const char *method;
    const char *path;  /* as it goes over the wire, percent-encoded */
    const char *query; /* likewise, without '?'; any order */
    const struct http_header *headers;
    size_t header_len;
    struct slice body;
    const char *region, *service;
    int64_t time_ms;
    /* S3 signs the path as it is; every other service normalizes it and encodes it once more. */
    bool raw_path;
};

struct sigv4_output {
    const char *canonical_request, *string_to_sign, *signature;
    const char *authorization; /* the value of the Authorization header */
};

void sigv4_sign(struct arena *arena, const struct sigv4_input *input, const struct credentials *c,
                struct sigv4_output *ret);

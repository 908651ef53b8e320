#include "tests/fault/answers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/cleanup.h"

#define REQUEST_ID "00000000-0000-4000-8000-00000000fa17"

struct answer {
    const char *code;
    int status;
    const char *message;
};

static const struct answer answers[] = {
#define ANSWER(code, status, message) {code, status, message},
#include "tests/fault/answers.inc"
#undef ANSWER
};

static const struct answer *find(const char *code)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        if (strcmp(answers[i].code, code) == 0)
            return &answers[i];
    return NULL;
}

const char *answers_code(const char *code)
{
    const struct answer *answer = find(code);
    return answer ? answer->code : NULL;
}

static const char *header_of(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_len; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return "";
}

static bool speaks_query(const struct http_request *request)
{
    return strstr(header_of(request, "content-type"), "x-www-form-urlencoded") != NULL;
}

static bool speaks_xml(const struct http_request *request)
{
    return request->operation && strncmp(request->operation, "s3:", 3) == 0;
}

const struct http_response *answers_make(const char *code, const struct http_request *request)
{
    static char body[1024];
    static struct http_header headers[3];
    static struct http_response response;
    const struct answer *answer = find(code);
    bool query = speaks_query(request), xml = query || speaks_xml(request);
    if (query)
        snprintf(body, sizeof(body),
                 "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message>"
                 "</Error><RequestId>" REQUEST_ID "</RequestId></ErrorResponse>",
                 answer->code, answer->message);
    else if (xml)
        snprintf(body, sizeof(body),
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s"
                 "</Message><RequestId>" REQUEST_ID "</RequestId></Error>",
                 answer->code, answer->message);
    else
        snprintf(body, sizeof(body), "{\"__type\":\"%s\",\"message\":\"%s\"}", answer->code,
                 answer->message);
    headers[0] =
        (struct http_header){"Content-Type", xml ? "text/xml" : "application/x-amz-json-1.1"};
    headers[1] = (struct http_header){"x-amzn-RequestId", REQUEST_ID};
    headers[2] = (struct http_header){"x-amzn-ErrorType", answer->code};
    response = (struct http_response){.status = answer->status,
                                      .headers = headers,
                                      .header_len = xml ? 2 : 3,
                                      .body = slice_of(body),
                                      .maybe_sent = true};
    return &response;
}

#include "providers/transport.h"

#include <strings.h>

const char *http_response_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_len; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return NULL;
}

/* Any bytes as an answer of AWS, in each protocol, and as a URI to encode and sign. The first byte
 * chooses. Nothing may fault; what is encoded must decode to itself. */

#include <stdint.h>
#include <string.h>

#include "engine/base/bug.h"
#include "providers/aws/sigv4.h"
#include "providers/aws/uri.h"
#include "providers/aws/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct arena *arena, const struct aws_operation *operation, int status,
                   struct slice body)
{
    const struct http_response http = {.status = status, .body = body};
    struct response rs = {0};
    bool readable = wire_codec_of(operation->api->wire)->decode(arena, operation, &http, &rs);
    BUG_ON(!value_is(rs.body, VALUE_MAP));
    BUG_ON(readable && rs.status != status);
}

static void encode(struct arena *arena, struct slice text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 1 << 20);
    uri_encode(&sb, text, false);
    struct slice back = uri_decode(arena, (struct slice){strbuf_str(&sb), sb.len});
    BUG_ON(back.len != text.len || (text.len && memcmp(back.ptr, text.ptr, text.len) != 0));
}

static void sign(struct arena *arena, struct slice text)
{
    char *path = arena_printf(arena, "/%.*s", (int)text.len, text.ptr ? text.ptr : "");
    char *mark = strchr(path, '?');
    struct http_header host = {"host", path};
    struct sigv4_input input = {.method = "GET",
                                .path = path,
                                .query = mark ? mark + 1 : "",
                                .headers = &host,
                                .header_len = 1,
                                .body = text,
                                .region = "us-east-1",
                                .service = "backup"};
    struct credentials c = {.access_key_id = "a", .secret_access_key = "b"};
    struct sigv4_output out;
    if (mark)
        *mark = '\0';
    sigv4_sign(arena, &input, &c, &out);
    BUG_ON(strlen(out.signature) != 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct slice rest = {(const char *)data + 1, size - 1};
    switch ((uint8_t)(data[0] - '0') % 7) {
    case 0: decode(arena, &backup_ListBackupVaults, 200, rest); break;
    case 1: decode(arena, &kms_ListKeys, 400, rest); break;
    case 2: decode(arena, &iam_GetRole, 200, rest); break;
    case 3: decode(arena, &iam_GetRole, 404, rest); break;
    case 4: encode(arena, rest); break;
    case 6: decode(arena, &s3_GetBucketTagging, 200, rest); break;
    default: sign(arena, rest); break;
    }
    return 0;
}

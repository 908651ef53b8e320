/* Where GetFunction says that a function's package can be fetched: an address that is signed, so
 * that whoever has it needs no credentials. Lambda's lies in a bucket of its own; ours is served by
 * the world itself, at the host that was asked. */
#include <string.h>

#include "engine/base/crypto.h"
#include "simulator/internal.h"
#include "simulator/lambda.h"

#define CODE_PATH "/snapshots/"
#define SIGNATURE "X-Amz-Signature="

static const char *path_of(struct arena *arena, const char *account, const char *region,
                           const char *name)
{
    return arena_printf(arena, CODE_PATH "%s/%s/%s", account, region, name);
}

/* Nobody can make it up, since no answer says what the function's secret is. */
static const char *signature_of(struct arena *arena, const char *path, const struct value *function)
{
    const char *secret = value_get_str(function, LAMBDA_CODE_SECRET);
    return sha256_hex(arena, slice_of(arena_printf(arena, "%s\n%s", path, secret ? secret : "")));
}

const char *lambda_code_location(struct sim_call *call, const char *name,
                                 const struct value *function)
{
    const struct sim_request request = {.headers = call->sent, .header_len = call->sent_len};
    const char *host = sim_header(&request, "host");
    bool served = host && (str_starts(host, "127.0.0.1") || str_starts(host, "localhost"));
    const char *path = path_of(call->arena, call->account, call->region, name);
    const char *base =
        served ? arena_printf(call->arena, "http://%s", host)
               : arena_printf(call->arena, "https://awslambda-%s-tasks.s3.%s.amazonaws.com",
                              call->region, call->region);
    return arena_printf(call->arena,
                        "%s%s?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600&" SIGNATURE "%s",
                        base, path, signature_of(call->arena, path, function));
}

static void refuse(struct sim_response *ret)
{
    static const char denied[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>"
                                 "AccessDenied</Code><Message>Access Denied</Message></Error>";
    ret->status = 403;
    ret->body = slice_of(denied);
}

bool lambda_code_handle(struct world *world, struct arena *arena, const struct sim_request *request,
                        struct sim_response *ret)
{
    struct slice query = slice_of(request->target), zip;
    if (!str_eq(request->method, "GET") || !str_starts(request->target, CODE_PATH) ||
        sim_header(request, "authorization"))
        return false;
    struct slice path = slice_cut(&query, '?'), rest = slice_from(path, strlen(CODE_PATH));
    struct slice account = slice_cut(&rest, '/'), region = slice_cut(&rest, '/');
    const char *owner = arena_strndup(arena, account.ptr, account.len);
    const char *where = arena_strndup(arena, region.ptr, region.len);
    const char *name = rest.ptr ? arena_strndup(arena, rest.ptr, rest.len) : "";
    const struct value *function = store_get(world, arena, LAMBDA_FUNCTION, owner, where, name);
    const struct value *code = store_get(world, arena, LAMBDA_CODE, owner, where, name);
    const char *given = query.ptr ? strstr(query.ptr, SIGNATURE) : NULL;
    const char *wanted = signature_of(arena, arena_strndup(arena, path.ptr, path.len), function);
    *ret = (struct sim_response){.status = 200};
    if (!code || !given || !str_starts(given + strlen(SIGNATURE), wanted) ||
        !base64_decode(arena, slice_of(value_get_str(code, "Zip")), &zip))
        refuse(ret);
    else
        ret->body = zip;
    return true;
}

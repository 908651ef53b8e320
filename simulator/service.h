#pragma once
/* What a simulated service is written against: the call, the store, ids, tasks, settings.
 *
 * A service is one .c file with one `const struct sim_api sim_NAME` and one line in services.inc.
 * Its operations read call->input (AWS's member names; query parameters under their wire names;
 * everything from the query protocol is text), change the store, and end in
 *     return call_answer(call, output);            or
 *     return call_error(call, 400, "Code", "what is wrong with %s", name);
 * Which rights its caller needs stands in actions.inc: without a row there nobody but
 * administrators may call it. An operation that returns false leaves no trace in the store.
 * Everything that happens later is a task: a row with a due time, run by world_advance_to() in
 * (due, seq) order, each in a transaction of its own, with the clock standing at its due time.
 *
 * Memory: everything returned lives in the arena that is passed, or in call->arena, which ends with
 * the call. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/slice.h"
#include "engine/base/strbuf.h"
#include "engine/base/value.h"
#include "simulator/world.h"

/* ---- the call ---- */

enum sim_wire { SIM_REST_JSON, SIM_JSON, SIM_QUERY, SIM_REST_XML };

struct sim_call;

struct sim_operation {
    const char *name;
    /* rest: "PUT", "/backup-vaults/{BackupVaultName}"; else NULL. After a '?' a parameter that must
     * be there; a last label {Key+} takes all that is left of the path. */
    const char *method, *uri;
    bool (*run)(struct sim_call *call);
    bool writes;
    int status; /* of success; 0: 200 */
};

struct sim_task {
    const char *kind; /* "backup.schedule" */
    /* Runs in a transaction, the clock at `due`. */
    void (*run)(struct world *world, struct arena *arena, const struct value *payload);
    /* Runs outside of any transaction and makes its own with world_begin()/world_commit(): for what
     * lets other calls run meanwhile (functions). The task is removed after it returns. */
    bool detached;
    /* Repeats for ever or lies far ahead (schedules, expirations): nobody waits for it, so it does
     * not count for world_has_pending(). */
    bool background;
};

/* One question whether the caller may. */
struct sim_judged {
    const char *action, *resource;
    bool allowed;
};

struct sim_api {
    const char *service; /* of the credential scope and of IAM actions: "backup" */
    enum sim_wire wire;
    const char *target;  /* json: "TrentService" */
    const char *version; /* json: "1.1"; query: "2010-05-08" */
    const char *xmlns;   /* query */
    bool bare;           /* query as EC2 speaks it: nothing stands around the answer */
    bool global;         /* objects have no Region: call->region is "" */
    bool codeless;       /* rest-json: the code of an error stands in the header only */
    bool typeless;       /* rest-json: errors do not say whose fault they are */
    const char *missing; /* code for a required member that is missing: "ValidationException" */
    const char *denied;  /* code of access denied: NULL: "AccessDeniedException" */
    int denied_status;   /* 0: 403 for rest-json and query, 400 for json */
    /* Name of the elements of an XML list; NULL or a NULL answer: "member". */
    const char *(*list_item)(const char *list);
    const struct sim_operation *operations;
    size_t operation_len;
    const struct sim_task *tasks;
    size_t task_len;
    /* Called for each account when a world is seeded; may be NULL. */
    void (*seed)(struct world *world, struct arena *arena, const char *account);
};

struct sim_call {
    struct world *world;
    struct arena *arena;
    const struct sim_api *api;
    const struct sim_operation *operation;
    enum sim_wire wire; /* as it came: an api of json may also be spoken to in query */
    const char *partition, *account, *region;
    const char *scope_region; /* of the signature, where region is "" */
    const char *access_key;
    const char *principal;      /* role ARN of a session, else arn:aws:iam::ACCOUNT:root */
    const char *session;        /* arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION, NULL for root */
    const char *function;       /* ARN of the function whose code calls, or NULL */
    const char *session_policy; /* text of the policy that the session was limited to, or NULL */
    bool admin;  /* identity side allows everything: an account's own key, deployer roles */
    int64_t now; /* the world's clock */
    const char *request_id;
    struct sim_judged *judged; /* of callers who are not admin, in order: for the ledger */
    size_t judged_len, judged_cap;
    const struct value *input;      /* a map, never NULL */
    struct slice body;              /* as it came */
    const char *invocation_type;    /* header X-Amz-Invocation-Type; NULL: absent */
    const struct http_header *sent; /* all headers of the request: call_sent() */
    size_t sent_len;
    bool beside; /* another request to the same place is in flight */
    bool spared; /* was struck before (hardships.c): this time it is answered */
    /* the answer */
    int status;
    const struct value *output; /* NULL: an empty body */
    struct slice raw;           /* instead of output when ptr is set */
    const char *content_type;   /* of raw; NULL: that of the wire */
    const char *error_code, *error_message;
    const struct value *error_extra; /* further members of the error's body */
    const struct http_header *headers;
    size_t header_len, header_cap;
};

bool call_answer(struct sim_call *call, const struct value *output); /* true */
/* call_error(call, 400, "Code", "format", ...) is false. A macro, so that whoever reads or checks
 * an operation sees that it ends there. */
#define call_error(call, status, ...) (call_fail((call), (status), __VA_ARGS__), call_failed())
void call_fail(struct sim_call *call, int status, const char *code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static inline bool call_failed(void)
{
    return false;
}
void call_error_put(struct sim_call *call, const char *member, const char *text);
void call_header(struct sim_call *call, const char *name, const char *value);
/* A header of the request, by its name in lower case; NULL: absent. */
const char *call_sent(const struct sim_call *call, const char *name);
/* Notes what was asked about the caller's rights, and how it ended; returns `allowed`. */
bool call_judged(struct sim_call *call, const char *action, const char *resource, bool allowed);
/* The standard sentence of access denied; false. */
bool call_denied(struct sim_call *call, const char *action, const char *resource);

const struct value *call_get(const struct sim_call *call, const char *member);
const char *call_str(const struct sim_call *call, const char *member); /* NULL when absent */
int64_t call_int(const struct sim_call *call, const char *member,
                 int64_t otherwise); /* also from text */
bool call_bool(const struct sim_call *call, const char *member, bool otherwise);
/* A required text; when it is absent or empty sets the error and returns NULL. */
const char *call_need(struct sim_call *call, const char *member);
/* A time as this wire writes it: epoch seconds (JSON) or ISO 8601 (XML). */
const struct value *call_time(const struct sim_call *call, int64_t ms);
const struct value *time_epoch(struct arena *arena, int64_t ms); /* seconds with fraction */
/* A policy document as services give it back: re-ordered, so that nobody compares texts. */
const char *policy_echo(struct arena *arena, const char *text);
/* The parts of a map as rows for call_page(), by key; each body is {"Value": what stood there}. */
struct objects rows_of_map(struct arena *arena, const struct value *map);
/* The body of a request in XML: an element is its text or a map of its children; NULL: no XML. */
const struct value *xml_decode(struct arena *arena, struct slice body);
void xml_escape(struct strbuf *sb, const char *text);
/* Percent-encoded as IAM returns policy documents. */
const char *percent_encode(struct arena *arena, const char *text);
/* A time from an input: epoch seconds as number or text, or ISO 8601; false when neither. */
bool input_time(const struct value *v, int64_t *ret_ms);
/* "arn:aws:SERVICE:REGION:ACCOUNT:resource" in the partition of the call's Region. */
const char *call_arn(const struct sim_call *call, const char *service, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* ---- the store ---- */
/* An object is (kind, account, region, id) -> body (a map). Kinds are "service.thing"; a kind that
 * begins with '~' is history (jobs, messages, log events) and stays out of stable dumps. Members
 * that hold times end in Date, Time, _ms or At; stable dumps leave them out. A failure of the
 * database is sticky: the running transaction is rolled back and the call answers 500. */

struct object {
    const char *account, *region, *id;
    int64_t seq; /* order of creation; kept by later puts */
    const struct value *body;
};
struct objects {
    struct object *items;
    size_t len;
};

const struct value *store_get(struct world *world, struct arena *arena, const char *kind,
                              const char *account, const char *region, const char *id);
void store_put(struct world *world, const char *kind, const char *account, const char *region,
               const char *id, const struct value *body);
bool store_delete(struct world *world, const char *kind, const char *account, const char *region,
                  const char *id); /* false: was not there */
/* By id in byte order. account or region NULL: any; prefix: of the id, NULL or "": any. */
struct objects store_list(struct world *world, struct arena *arena, const char *kind,
                          const char *account, const char *region, const char *prefix);
/* Those in which this string stands as a value, somewhere: candidates, found without reading the
 * others into memory. */
struct objects store_holding(struct world *world, struct arena *arena, const char *kind,
                             const char *account, const char *region, const char *text);
bool store_any(struct world *world, const char *kind, const char *account, const char *region,
               const char *prefix);

/* Cuts *rows to the page that the call asks for; *ret_next is the token of the next page or NULL.
 * token and limit are the members' names (limit may be NULL). False when the token is not ours. */
bool call_page(struct sim_call *call, struct objects *rows, const char *token, const char *limit,
               int64_t default_limit, const char **ret_next);

/* The same straight from the store, for the call's account and Region: reads no more than the page,
 * so that lists of many objects stay cheap. For lists that nothing filters but the prefix. */
bool store_page(struct sim_call *call, const char *kind, const char *prefix, const char *token,
                const char *limit, int64_t default_limit, struct objects *ret,
                const char **ret_next);

/* Text and number settings of the world, kept in its file: "rds_single_hop", "iam_delay_ms", ... */
const char *setting_get(struct world *world, struct arena *arena, const char *name);
int64_t setting_int(struct world *world, const char *name, int64_t otherwise);
void setting_put(struct world *world, const char *name, const char *text);

/* ---- ids: from a counter and the world's seed, so that equal histories give equal ids ---- */
const char *id_uuid(struct world *world, struct arena *arena);
const char *id_hex(struct world *world, struct arena *arena, size_t len);
const char *id_upper(struct world *world, struct arena *arena, const char *prefix,
                     size_t len); /* "AROA" + A-Z2-7 */

/* ---- later ---- */
void task_add(struct world *world, int64_t due_ms, const char *kind, const struct value *payload);
/* Removes the tasks of a kind whose payload's member equals text. */
void task_drop(struct world *world, const char *kind, const char *member, const char *text);
bool region_stands_still(struct world *world, const char *region); /* setting outage_region */
bool schedules_sleep(struct world *world, struct arena *arena);    /* none fires: world_sleep() */
/* For detached tasks. world_commit() is false when the database failed. */
void world_begin(struct world *world);
bool world_commit(struct world *world);

/* One line of the timeline that drills print. what: "backup", "copy", "event", "invoke", "dead
 * letter", "expire", ...; address: the ARN it is about; detail: a map or NULL. */
void timeline_add(struct world *world, const char *account, const char *region, const char *what,
                  const char *address, const struct value *detail);

/* ---- accounts ---- */
bool account_known(struct world *world, const char *account); /* any in a world without accounts */
/* Nobody closed it: of one that is closed what others keep of it stays, and its principals, its
 * roles and their sessions are nobody's. */
bool account_open(struct world *world, const char *account);
bool role_account_open(struct world *world, const char *role_arn); /* that of the role */
/* "aws", "aws-cn", ...: what every ARN of the account begins with. */
const char *account_partition(struct world *world, struct arena *arena, const char *account);
/* Id of the organization that holds the account, or NULL. */
const char *account_organization(struct world *world, struct arena *arena, const char *account);
const char *organization_management(struct world *world, struct arena *arena); /* account or NULL */
/* Its one root; accounts lie in it or in units right below it. */
const char *organization_root_id(struct world *world, struct arena *arena);
/* "o-a1b2c3d4e5/r-root/ou-root-11111111/": where an account of the organization stands in it; NULL:
 * it is in none. */
const char *organization_path(struct world *world, struct arena *arena, const char *account);

/* ---- every service ---- */
#define SERVICE(name) extern const struct sim_api sim_##name;
#include "simulator/services.inc"
#undef SERVICE

#pragma once
/* The inside of a world: shared by world.c, store.c, router.c, transport.c, server.c, dump.c and
 * the host of functions. Services do not include it. */

#include "engine/base/db.h"
#include "engine/base/map.h"
#include "simulator/service.h"

struct function_host;

/* past.c: what young changes took away, for reads that do not see those changes yet. */
struct past_change {
    const char *kind, *account, *region, *id;
    int64_t at;
    const struct value *body; /* as it was before; NULL: there was nothing */
};
struct past {
    struct arena *arena; /* its own; NULL while nothing is kept */
    struct past_change *items;
    size_t len, cap, len_saved; /* saved: as of the last commit */
};

/* hardships.c: the settings that make a world hard on its callers, and what they count. */
struct hardships {
    bool known; /* the settings have been read since they were changed */
    int64_t read_delay_ms, calls_a_second, throttle_every, fail_every, quota_every, lose_every,
        cut_every;
    int64_t throttled, failed, refused, lost, cut;
    const char *outage_region; /* or NULL */
    struct map struck;         /* marks of calls that were struck and have not come again */
    struct map rates;          /* account/Region/service -> calls of the running second */
};

struct pending_request {
    struct pending_request *next;
    const struct http_request *request;
    transport_done_fn *done;
    void *ctx;
    int64_t due_ms;
};

struct world {
    struct arena *arena;
    struct db *db;
    struct diags diags; /* why the database failed */
    bool wall, record, fresh;
    bool in_tx, failed;           /* failed: the running transaction cannot be committed */
    int64_t now;                  /* virtual; in a served world that of the last transaction */
    int64_t offset;               /* served: now = wall clock + offset */
    int64_t pinned;               /* while a task runs: its time; else -1 */
    int64_t id_count, id_saved;   /* ids given out, and as of the last commit */
    int64_t seq_count, seq_saved; /* objects made, likewise */
    int64_t now_saved;
    int64_t request_count;
    int64_t made; /* objects that the running call has brought into being: history does not count */
    int64_t latency_ms;
    const volatile sig_atomic_t *stop; /* a signal that arrived, or NULL */
    const char *seed, *id;
    struct hardships hardships;
    struct past past;
    bool reading;               /* a call that changes nothing runs: it sees the past */
    struct function_host *host; /* running function, see lambda_host.c */
};

/* store.c */
bool store_open(struct world *world, const char *path, struct diags *diags);
bool meta_get(struct world *world, struct arena *arena, const char *name, const char **ret);
void meta_put(struct world *world, const char *name, const char *text);
const char **store_kinds(struct world *world, struct arena *arena, size_t *ret_len);
struct due_task {
    int64_t seq, due;
    const char *kind;
    const struct value *payload;
};
bool task_first(struct world *world, struct arena *arena, int64_t until, struct due_task *ret);
void task_remove(struct world *world, int64_t seq);
bool task_pending(struct world *world);
int64_t task_last_due(struct world *world, const char *kind); /* 0: none waits */
void call_record(struct world *world, const struct sim_call *call, const char *service,
                 const char *operation);

/* world.c */
void world_rollback(struct world *world);
bool world_is_stopped(const struct world *world);
const struct sim_task *task_kind(const char *kind);
const struct sim_api *api_of(const char *service);
const struct sim_api *const *api_all(void); /* ends with NULL */

/* router.c: one request, answered; a transaction of its own. The arena must outlive the answer. */
struct sim_request {
    const char *method;
    const char *target; /* path, and ?query, encoded as on the wire */
    const struct http_header *headers;
    size_t header_len;
    struct slice body;
    bool served; /* came over HTTP: lives on the wall clock */
    bool beside; /* another request to the same place is in flight */
};
struct sim_response {
    int status;
    const struct http_header *headers;
    size_t header_len;
    struct slice body;
    bool later;      /* ask again when the server is polled next */
    bool broken_off; /* within a body of announced length: the client's library says so itself */
};
void world_handle(struct world *world, struct arena *arena, const struct sim_request *request,
                  struct sim_response *ret);
const char *sim_header(const struct sim_request *request, const char *name); /* any case */

/* lambda_code.c: hands out the package that a signed address names; false: the request is another.
 */
bool lambda_code_handle(struct world *world, struct arena *arena, const struct sim_request *request,
                        struct sim_response *ret);

/* past.c */
void past_keep(struct world *world, const char *kind, const char *account, const char *region,
               const char *id, const struct value *body);
bool past_sees(const struct world *world); /* what is read may differ from what is there */
/* True when reads see *ret (NULL: nothing) in the place of what is there. */
bool past_get(struct world *world, const char *kind, const char *account, const char *region,
              const char *id, const struct value **ret);
/* Turns the rows that are there into those that reads see; arguments as of store_list(). */
void past_list(struct world *world, struct arena *arena, const char *kind, const char *account,
               const char *region, const char *prefix, struct objects *rows);
void past_free(struct past *past);

/* hardships.c */
void hardships_load(struct world *world);
bool hardships_let_through(struct sim_call *call); /* before it runs; false: an error is set */
void hardships_spoil(struct sim_call *call); /* after it ran: the answer may become an error */
void hardships_cut(struct sim_call *call, struct sim_response *answer); /* or come in half */

/* lambda_host.c */
/* One request of the Runtime API; false: it gets no answer, its process is about to end. */
bool function_host_handle(struct world *world, struct arena *arena,
                          const struct sim_request *request, struct sim_response *ret);
void function_host_free(struct function_host *host); /* accepts NULL; kills what runs */

/* wire.c: texts of the wire */
const char *percent_decode(struct arena *arena, struct slice text, bool form);
/* "a=1&b=2" -> map; a name twice gives a list. */
const struct value *query_decode(struct arena *arena, struct slice text);
/* The form of the query protocol, with its flattened lists and maps rebuilt. */
const struct value *form_decode(struct arena *arena, struct slice text);
const char *xml_encode(const struct sim_call *call);
const char *xml_error(const struct sim_call *call);
/* Fills labels when path (encoded, without query) fits uri; slashes at the end do not count. */
bool uri_match(struct arena *arena, const char *uri, struct slice path, struct map_builder *labels);

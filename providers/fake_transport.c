#include "providers/fake_transport.h"

#include <string.h>
#include <strings.h>

struct rule {
    const char *request;  /* "METHOD path" prefix, or NULL */
    const char *contains; /* or this text in the body or a header */
    struct fake_answer answer;
    int used;
};

struct flight {
    int64_t due_ms;
    uint64_t seq;
    struct fake_answer answer;
    transport_done_fn *done;
    void *ctx;
};

struct fake_transport {
    struct arena *arena;
    int64_t now_ms;
    struct rule *rules;
    size_t rule_len, rule_cap;
    struct fake_call *calls;
    size_t call_len, call_cap;
    struct flight *flights;
    size_t flight_len, flight_cap, most_in_flight;
    uint64_t seq;
    const char *unmatched;
};

struct fake_transport *fake_transport_new(struct arena *arena, int64_t now_ms)
{
    struct fake_transport *fake = arena_new_of(arena, struct fake_transport);
    fake->arena = arena;
    fake->now_ms = now_ms;
    return fake;
}

static void add_rule(struct fake_transport *fake, struct rule rule)
{
    fake->rules = arena_grow(fake->arena, fake->rules, fake->rule_len, &fake->rule_cap,
                             fake->rule_len + 1, sizeof(*fake->rules));
    fake->rules[fake->rule_len++] = rule;
}

void fake_when(struct fake_transport *fake, const char *method_and_path, struct fake_answer answer)
{
    add_rule(fake, (struct rule){.request = method_and_path, .answer = answer});
}

void fake_when_contains(struct fake_transport *fake, const char *text, struct fake_answer answer)
{
    add_rule(fake, (struct rule){.contains = text, .answer = answer});
}

static bool contains(const struct fake_call *call, const char *text)
{
    if (strstr(call->body, text))
        return true;
    for (size_t i = 0; i < call->header_len; i++)
        if (strstr(call->headers[i].value, text))
            return true;
    return false;
}

static struct fake_answer answer_for(struct fake_transport *fake, const struct fake_call *call)
{
    const char *line = arena_printf(fake->arena, "%s %s", call->method, call->path);
    for (size_t i = 0; i < fake->rule_len; i++) {
        struct rule *rule = &fake->rules[i];
        bool spent = rule->answer.times > 0 && rule->used >= rule->answer.times;
        bool fits =
            rule->request ? str_starts(line, rule->request) : contains(call, rule->contains);
        if (spent || !fits)
            continue;
        rule->used++;
        return rule->answer;
    }
    fake->unmatched = line;
    return (struct fake_answer){.status = 599, .body = "nothing in the script matches"};
}

static void fake_send(void *self, const struct http_request *request, transport_done_fn *done,
                      void *ctx)
{
    struct fake_transport *fake = self;
    struct arena *arena = fake->arena;
    struct http_header *headers = arena_array(arena, request->header_len, sizeof(*headers));
    for (size_t i = 0; i < request->header_len; i++)
        headers[i] = (struct http_header){arena_strdup(arena, request->headers[i].name),
                                          arena_strdup(arena, request->headers[i].value)};
    fake->calls = arena_grow(arena, fake->calls, fake->call_len, &fake->call_cap,
                             fake->call_len + 1, sizeof(*fake->calls));
    struct fake_call *call = &fake->calls[fake->call_len++];
    *call = (struct fake_call){
        .method = arena_strdup(arena, request->method),
        .base_url = arena_strdup(arena, request->base_url),
        .path = arena_strdup(arena, request->path),
        .query = arena_strdup(arena, request->query),
        .body = arena_strndup(arena, request->body.ptr, request->body.len),
        .headers = headers,
        .header_len = request->header_len,
        .once = request->once,
        .direct = request->direct,
        .at_ms = fake->now_ms,
    };
    struct fake_answer answer = answer_for(fake, call);
    fake->flights = arena_grow(arena, fake->flights, fake->flight_len, &fake->flight_cap,
                               fake->flight_len + 1, sizeof(*fake->flights));
    fake->flights[fake->flight_len++] =
        (struct flight){fake->now_ms + answer.after_ms, fake->seq++, answer, done, ctx};
    if (fake->flight_len > fake->most_in_flight)
        fake->most_in_flight = fake->flight_len;
}

static struct flight *next_flight(struct fake_transport *fake)
{
    struct flight *next = NULL;
    for (size_t i = 0; i < fake->flight_len; i++) {
        struct flight *f = &fake->flights[i];
        if (!next || f->due_ms < next->due_ms || (f->due_ms == next->due_ms && f->seq < next->seq))
            next = f;
    }
    return next;
}

static void fake_wait(void *self, int64_t until_ms)
{
    struct fake_transport *fake = self;
    struct flight *next = next_flight(fake);
    if (!next || next->due_ms > until_ms) {
        if (until_ms != INT64_MAX && until_ms > fake->now_ms)
            fake->now_ms = until_ms;
        return;
    }
    if (next->due_ms > fake->now_ms)
        fake->now_ms = next->due_ms;
    struct flight landed = *next;
    *next = fake->flights[--fake->flight_len];
    const struct fake_answer *a = &landed.answer;
    landed.done(landed.ctx, &(struct http_response){.status = a->status,
                                                    .headers = a->headers,
                                                    .header_len = a->header_len,
                                                    .body = slice_of(a->body),
                                                    .error = a->error,
                                                    .maybe_sent = a->maybe_sent,
                                                    .timed_out = a->timed_out,
                                                    .unusable = a->unusable});
}

static int64_t fake_now(void *self)
{
    return ((struct fake_transport *)self)->now_ms;
}

static void fake_drop(void *self)
{
    ((struct fake_transport *)self)->flight_len = 0;
}

struct transport fake_transport(struct fake_transport *fake)
{
    static const struct transport_ops ops = {fake_send, fake_wait, fake_now, fake_drop, fake_drop};
    return (struct transport){&ops, fake};
}

size_t fake_call_count(const struct fake_transport *fake)
{
    return fake->call_len;
}

const struct fake_call *fake_call(const struct fake_transport *fake, size_t i)
{
    return i < fake->call_len ? &fake->calls[i] : NULL;
}

const char *fake_call_header(const struct fake_call *call, const char *name)
{
    for (size_t i = 0; i < call->header_len; i++)
        if (strcasecmp(call->headers[i].name, name) == 0)
            return call->headers[i].value;
    return NULL;
}

size_t fake_most_in_flight(const struct fake_transport *fake)
{
    return fake->most_in_flight;
}

const char *fake_unmatched(const struct fake_transport *fake)
{
    return fake->unmatched;
}

void fake_set_now(struct fake_transport *fake, int64_t now_ms)
{
    fake->now_ms = now_ms;
}

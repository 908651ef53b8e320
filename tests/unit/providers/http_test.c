/* The real transport against servers on 127.0.0.1 that run in the same thread: the well-behaved one
 * of engine/base, and a raw socket that cuts off, closes or never answers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/http_server.h"
#include "providers/http.h"

struct got {
    struct arena *arena;
    int times;
    struct http_response response; /* copies */
    const char *type;
};

static void keep(void *ctx, const struct http_response *response)
{
    struct got *got = ctx;
    got->times++;
    got->response = *response;
    got->response.body.ptr = arena_strndup(got->arena, response->body.ptr, response->body.len);
    got->response.error = arena_strdup(got->arena, response->error);
    got->type = arena_strdup(got->arena, http_response_header(response, "content-TYPE"));
}

static struct http_request request_to(struct arena *arena, unsigned port, const char *method,
                                      const char *body)
{
    return (struct http_request){.method = method,
                                 .base_url = arena_printf(arena, "http://127.0.0.1:%u", port),
                                 .path = "/a%2Fb//./c",
                                 .query = "x=%20",
                                 .body = slice_of(body),
                                 .timeout_ms = 5000};
}

/* ---- against engine/base/http_server ---- */

struct seen {
    struct arena *arena;
    int requests;
    const char *line, *body, *length, *expect, *custom, *host, *type;
    struct http_server_reply reply;
};

static void serve(void *ctx, const struct http_server_request *request,
                  struct http_server_reply *ret)
{
    struct seen *seen = ctx;
    struct arena *arena = seen->arena;
    seen->requests++;
    seen->line = arena_printf(arena, "%s %s", request->method, request->target);
    seen->body = arena_strndup(arena, request->body.ptr, request->body.len);
    seen->length = arena_strdup(arena, http_server_header_of(request, "content-length"));
    seen->expect = arena_strdup(arena, http_server_header_of(request, "expect"));
    seen->custom = arena_strdup(arena, http_server_header_of(request, "x-custom"));
    seen->host = arena_strdup(arena, http_server_header_of(request, "host"));
    seen->type = arena_strdup(arena, http_server_header_of(request, "content-type"));
    *ret = seen->reply;
}

struct bench {
    struct arena *arena;
    struct diags diags;
    struct seen seen;
    struct http_server *server;
    struct transport transport;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct bench *b = arena_new_of(arena, struct bench);
    b->arena = b->seen.arena = arena;
    diags_init(&b->diags, arena);
    static const struct http_server_header type = {"Content-Type", "text/x"};
    b->seen.reply = (struct http_server_reply){
        .status = 200, .headers = &type, .header_len = 1, .body = slice_of("hello")};
    assert_true(http_server_start(0, serve, &b->seen, &b->server, &b->diags));
    assert_true(http_transport(NULL, &b->transport, &b->diags));
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    b->transport.ops->close(b->transport.self);
    http_server_stop(b->server);
    arena_free(b->arena);
    return 0;
}

static void wait_briefly(struct bench *b)
{
    b->transport.ops->wait(b->transport.self, b->transport.ops->now_ms(b->transport.self));
}

static struct got exchange(struct bench *b, const struct http_request *request)
{
    struct got got = {.arena = b->arena};
    b->transport.ops->send(b->transport.self, request, keep, &got);
    assert_int_equal(got.times, 0);
    for (int i = 0; i < 2000 && !got.times; i++) {
        wait_briefly(b);
        http_server_poll(b->server, 1);
    }
    assert_int_equal(got.times, 1);
    return got;
}

static void a_request_arrives_byte_for_byte_and_the_answer_comes_back(void **state)
{
    struct bench *b = *state;
    struct http_header headers[] = {{"host", "kms.us-east-1.amazonaws.com"}, {"X-Custom", "v 1"}};
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    request.headers = headers;
    request.header_len = 2;
    struct got got = exchange(b, &request);
    assert_int_equal(got.response.status, 200);
    assert_true(slice_is(got.response.body, "hello"));
    assert_string_equal(got.type, "text/x");
    assert_string_equal(b->seen.line, "GET /a%2Fb//./c?x=%20");
    assert_string_equal(b->seen.custom, "v 1");
    assert_string_equal(b->seen.host, "kms.us-east-1.amazonaws.com");
    assert_null(b->seen.type);
}

static void bodies_go_out_with_their_length_under_any_method(void **state)
{
    struct bench *b = *state;
    static const char *const methods[] = {"PUT", "POST", "DELETE", "PATCH"};
    struct http_header type = {"Content-Type", "application/json"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        struct http_request request =
            request_to(b->arena, http_server_port(b->server), methods[i], "{\"a\":1}");
        request.headers = &type;
        request.header_len = 1;
        assert_int_equal(exchange(b, &request).response.status, 200);
        assert_true(str_starts(b->seen.line, methods[i]));
        assert_string_equal(b->seen.body, "{\"a\":1}");
        assert_string_equal(b->seen.type, "application/json");
        assert_null(b->seen.expect);
    }
    struct http_request empty = request_to(b->arena, http_server_port(b->server), "PUT", "");
    assert_int_equal(exchange(b, &empty).response.status, 200);
    assert_string_equal(b->seen.length, "0");
    /* the next request on the same handle has no body left over */
    struct http_request get = request_to(b->arena, http_server_port(b->server), "GET", "");
    assert_int_equal(exchange(b, &get).response.status, 200);
    assert_string_equal(b->seen.body, "");
}

static void error_statuses_are_answers(void **state)
{
    struct bench *b = *state;
    b->seen.reply.status = 503;
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    struct got got = exchange(b, &request);
    assert_int_equal(got.response.status, 503);
    assert_null(got.response.error);
}

static void redirects_are_not_followed(void **state)
{
    struct bench *b = *state;
    static const struct http_server_header location = {"Location", "http://127.0.0.1:1/"};
    b->seen.reply =
        (struct http_server_reply){.status = 302, .headers = &location, .header_len = 1};
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    assert_int_equal(exchange(b, &request).response.status, 302);
}

static void a_connection_that_is_dropped_may_have_been_heard(void **state)
{
    struct bench *b = *state;
    b->seen.reply.drop = true;
    struct http_request request = request_to(b->arena, http_server_port(b->server), "POST", "{}");
    struct got got = exchange(b, &request);
    assert_int_equal(got.response.status, 0);
    assert_true(got.response.maybe_sent);
    assert_false(got.response.timed_out);
    assert_non_null(got.response.error);
}

static void an_answer_beyond_the_limit_is_cut_off_and_refused(void **state)
{
    struct bench *b = *state;
    size_t len = HTTP_ANSWER_MAX + 1;
    b->seen.reply.body = (struct slice){arena_alloc(b->arena, len), len};
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    struct got got = exchange(b, &request);
    assert_int_equal(got.response.status, 0);
    assert_non_null(strstr(got.response.error, "64 MiB"));
    assert_true(got.response.unusable);
}

static void all_answers_together_are_bounded_too(void **state)
{
    enum { MANY = 6 };
    struct bench *b = *state;
    size_t len = HTTP_ANSWER_MAX - 1, refused = 0;
    struct got got[MANY];
    struct http_request requests[MANY];
    b->seen.reply.body = (struct slice){arena_alloc(b->arena, len), len};
    for (size_t i = 0; i < MANY; i++) {
        got[i] = (struct got){.arena = arena_new()};
        requests[i] = request_to(b->arena, http_server_port(b->server), "GET", "");
        requests[i].timeout_ms = 120000;
        b->transport.ops->send(b->transport.self, &requests[i], keep, &got[i]);
    }
    for (size_t done = 0; done < MANY;) {
        wait_briefly(b);
        http_server_poll(b->server, 1);
        done = 0;
        for (size_t i = 0; i < MANY; i++)
            done += (size_t)got[i].times;
    }
    for (size_t i = 0; i < MANY; i++) {
        refused += got[i].response.unusable;
        if (got[i].response.unusable)
            assert_non_null(strstr(got[i].response.error, "256 MiB"));
        arena_free(got[i].arena);
    }
    assert_in_range(refused, 1, MANY - 1);
    b->seen.reply.body = slice_of("hello"); /* what was refused holds nothing any more */
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    assert_int_equal(exchange(b, &request).response.status, 200);
}

static void many_requests_fly_at_once(void **state)
{
    struct bench *b = *state;
    struct got got[64];
    struct http_request requests[64];
    for (size_t i = 0; i < 64; i++) {
        got[i] = (struct got){.arena = b->arena};
        requests[i] = request_to(b->arena, http_server_port(b->server), "GET", "");
        b->transport.ops->send(b->transport.self, &requests[i], keep, &got[i]);
    }
    for (int i = 0; i < 5000 && b->seen.requests < 64; i++) {
        wait_briefly(b);
        http_server_poll(b->server, 1);
    }
    for (int i = 0; i < 200; i++)
        wait_briefly(b);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(got[i].times, 1);
        assert_int_equal(got[i].response.status, 200);
    }
}

static void closing_drops_what_flies_without_a_word(void **state)
{
    struct bench *b = *state;
    struct got got = {.arena = b->arena};
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    b->transport.ops->send(b->transport.self, &request, keep, &got);
    wait_briefly(b);
    b->transport.ops->close(b->transport.self);
    assert_int_equal(got.times, 0);
    assert_true(http_transport(NULL, &b->transport, &b->diags));
}

/* ---- against a raw socket ---- */

static int listen_raw(unsigned *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* One connection: reads a little, writes `answer` (NULL: never), and closes unless it never
 * answers.
 */
static struct got exchange_raw(struct bench *b, const char *answer, int timeout_ms)
{
    unsigned port = 0;
    int listener = listen_raw(&port), peer = -1;
    struct got got = {.arena = b->arena};
    struct http_request request = request_to(b->arena, port, "POST", "{}");
    request.timeout_ms = timeout_ms;
    b->transport.ops->send(b->transport.self, &request, keep, &got);
    for (int i = 0; i < 5000 && !got.times; i++) {
        char heard[4096];
        wait_briefly(b);
        if (peer < 0)
            peer = accept(listener, NULL, NULL);
        else if (answer && recv(peer, heard, sizeof(heard), MSG_DONTWAIT) > 0) {
            assert_int_equal(send(peer, answer, strlen(answer), MSG_NOSIGNAL), strlen(answer));
            shutdown(peer, SHUT_RDWR);
        }
        clock_sleep_ms(1);
    }
    close(listener);
    if (peer >= 0)
        close(peer);
    assert_int_equal(got.times, 1);
    return got;
}

/* A server that answers the first request, keeps the connection, and hangs up on every later one
 * without a word. */
struct fickle {
    unsigned port;
    int listener, peers[8];
    size_t peer_len, heard;
};

static void fickle_serve(struct fickle *s)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    char bytes[4096];
    int peer = s->peer_len < ARRAY_LEN(s->peers) ? accept(s->listener, NULL, NULL) : -1;
    if (peer >= 0)
        s->peers[s->peer_len++] = peer;
    for (size_t i = 0; i < s->peer_len; i++) {
        if (s->peers[i] < 0 || recv(s->peers[i], bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
            continue;
        if (s->heard++ == 0) {
            assert_true(send(s->peers[i], answer, strlen(answer), MSG_NOSIGNAL) > 0);
        } else {
            close(s->peers[i]);
            s->peers[i] = -1;
        }
    }
}

static struct got exchange_fickle(struct bench *b, struct fickle *s, bool once)
{
    struct got got = {.arena = b->arena};
    struct http_request request = request_to(b->arena, s->port, "POST", "{}");
    request.once = once;
    b->transport.ops->send(b->transport.self, &request, keep, &got);
    for (int i = 0; i < 5000 && !got.times; i++) {
        wait_briefly(b);
        fickle_serve(s);
        clock_sleep_ms(1);
    }
    assert_int_equal(got.times, 1);
    return got;
}

static void what_goes_once_is_not_repeated_when_a_kept_connection_dies(void **state)
{
    struct bench *b = *state;
    struct fickle s = {0};
    s.listener = listen_raw(&s.port);
    assert_int_equal(exchange_fickle(b, &s, false).response.status, 200);
    struct got got = exchange_fickle(b, &s, true);
    assert_int_equal(got.response.status, 0);
    assert_true(got.response.maybe_sent);
    assert_int_equal(s.heard, 2);
    close(s.listener);
    for (size_t i = 0; i < s.peer_len; i++)
        if (s.peers[i] >= 0)
            close(s.peers[i]);
}

static void a_truncated_answer_is_no_answer(void **state)
{
    struct bench *b = *state;
    struct got got = exchange_raw(
        b, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"BackupVaultArn\":\"arn", 5000);
    assert_int_equal(got.response.status, 0);
    assert_true(got.response.maybe_sent);
}

static void an_answer_that_ends_within_its_headers_is_no_answer(void **state)
{
    struct bench *b = *state;
    struct got got = exchange_raw(b, "HTTP/1.1 200 OK\r\nContent-Ty", 5000);
    assert_int_equal(got.response.status, 0);
    assert_true(got.response.maybe_sent);
    assert_non_null(got.response.error);
}

static void headers_without_end_are_cut_off_and_refused(void **state)
{
    struct bench *b = *state;
    static const char line[] = "X-More: and more and more and more and more and more and more\r\n";
    unsigned port = 0;
    int listener = listen_raw(&port), peer = -1;
    struct got got = {.arena = b->arena};
    struct http_request request = request_to(b->arena, port, "GET", "");
    b->transport.ops->send(b->transport.self, &request, keep, &got);
    for (int i = 0; i < 20000 && !got.times; i++) {
        wait_briefly(b);
        if (peer < 0) {
            peer = accept(listener, NULL, NULL);
            if (peer >= 0)
                (void)send(peer, "HTTP/1.1 200 OK\r\n", 17, MSG_NOSIGNAL);
            continue;
        }
        for (int n = 0; n < 64; n++)
            (void)send(peer, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close(listener);
    close(peer);
    assert_int_equal(got.times, 1);
    assert_int_equal(got.response.status, 0);
    assert_non_null(strstr(got.response.error, "256 KiB"));
    assert_true(got.response.unusable);
}

static void what_is_not_http_is_no_answer(void **state)
{
    struct bench *b = *state;
    struct got got = exchange_raw(b, "SSH-2.0-OpenSSH_9.2\r\n", 5000);
    assert_int_equal(got.response.status, 0);
    assert_non_null(got.response.error);
}

static void a_server_that_never_answers_times_out(void **state)
{
    struct bench *b = *state;
    struct got got = exchange_raw(b, NULL, 150);
    assert_int_equal(got.response.status, 0);
    assert_true(got.response.timed_out);
    assert_true(got.response.maybe_sent);
}

static void nobody_listening_means_certainly_not_sent(void **state)
{
    struct bench *b = *state;
    unsigned port = 0;
    close(listen_raw(&port));
    struct http_request request = request_to(b->arena, port, "POST", "{}");
    struct got got = exchange(b, &request);
    assert_int_equal(got.response.status, 0);
    assert_false(got.response.maybe_sent);
}

static void a_name_that_does_not_resolve_means_certainly_not_sent(void **state)
{
    struct bench *b = *state;
    struct http_request request = request_to(b->arena, 1, "POST", "{}");
    request.base_url = "http://backup.us-nowhere-1.invalid";
    struct got got = {.arena = b->arena};
    b->transport.ops->send(b->transport.self, &request, keep, &got);
    for (int i = 0; i < 60 && !got.times; i++)
        b->transport.ops->wait(b->transport.self, clock_wall_ms() + 200);
    assert_int_equal(got.times, 1);
    assert_int_equal(got.response.status, 0);
    assert_false(got.response.maybe_sent);
}

static void a_direct_request_goes_past_the_proxy(void **state)
{
    struct bench *b = *state;
    unsigned port = 0;
    close(listen_raw(&port));
    setenv("http_proxy", arena_printf(b->arena, "http://127.0.0.1:%u", port), 1);
    struct http_request request = request_to(b->arena, http_server_port(b->server), "GET", "");
    struct got proxied = exchange(b, &request);
    request.direct = true;
    struct got direct = exchange(b, &request);
    unsetenv("http_proxy");
    assert_int_equal(proxied.response.status, 0);
    assert_int_equal(direct.response.status, 200);
}

static void waiting_without_a_request_ends_at_its_time(void **state)
{
    struct bench *b = *state;
    int64_t until_ms = clock_steady_ms() + 20;
    for (int i = 0; i < 100 && clock_steady_ms() < until_ms; i++)
        b->transport.ops->wait(b->transport.self, until_ms);
    assert_true(clock_steady_ms() >= until_ms);
}

int main(void)
{
#define HTTP_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        HTTP_TEST(a_request_arrives_byte_for_byte_and_the_answer_comes_back),
        HTTP_TEST(bodies_go_out_with_their_length_under_any_method),
        HTTP_TEST(error_statuses_are_answers),
        HTTP_TEST(redirects_are_not_followed),
        HTTP_TEST(a_connection_that_is_dropped_may_have_been_heard),
        HTTP_TEST(an_answer_beyond_the_limit_is_cut_off_and_refused),
        HTTP_TEST(all_answers_together_are_bounded_too),
        HTTP_TEST(many_requests_fly_at_once),
        HTTP_TEST(closing_drops_what_flies_without_a_word),
        HTTP_TEST(what_goes_once_is_not_repeated_when_a_kept_connection_dies),
        HTTP_TEST(a_truncated_answer_is_no_answer),
        HTTP_TEST(an_answer_that_ends_within_its_headers_is_no_answer),
        HTTP_TEST(headers_without_end_are_cut_off_and_refused),
        HTTP_TEST(what_is_not_http_is_no_answer),
        HTTP_TEST(a_server_that_never_answers_times_out),
        HTTP_TEST(nobody_listening_means_certainly_not_sent),
        HTTP_TEST(a_name_that_does_not_resolve_means_certainly_not_sent),
        HTTP_TEST(a_direct_request_goes_past_the_proxy),
        HTTP_TEST(waiting_without_a_request_ends_at_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

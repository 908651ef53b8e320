#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/http_server.h"
#include "engine/base/strbuf.h"

#define ANSWER_MAX ((size_t)32 * 1024 * 1024)

struct room {
    struct arena *arena;
    struct diags diags;
    struct http_server *server;
    http_server_handler_fn *handler; /* set by a test before it sends */
    unsigned calls;
    bool inside;
};

static void dispatch(void *ctx, const struct http_server_request *request,
                     struct http_server_reply *ret)
{
    struct room *room = ctx;
    assert_false(room->inside);
    room->inside = true;
    room->calls++;
    room->handler(room, request, ret);
    room->inside = false;
}

static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    *state = room;
    return http_server_start(0, dispatch, room, &room->server, &room->diags) ? 0 : -1;
}

static int leave(void **state)
{
    struct room *room = *state;
    http_server_stop(room->server);
    arena_free(room->arena);
    return 0;
}

static int connected(struct room *room)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_server_port(room->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
    assert_true(rc == 0 || errno == EINPROGRESS);
    return fd;
}

/* What came back: the whole text, and its parts once the head is there. */
struct answer {
    struct strbuf text;
    bool closed;
};

static void send_all(struct room *room, int fd, struct slice data)
{
    while (data.len > 0) {
        ssize_t put = send(fd, data.ptr, data.len, MSG_NOSIGNAL);
        if (put > 0)
            data = slice_from(data, (size_t)put);
        else if (errno == EPIPE || errno == ECONNRESET)
            return; /* refused before the end: what was answered decides */
        http_server_poll(room->server, 0);
    }
}

static size_t length_of(const struct answer *answer, size_t *ret_head)
{
    const char *end = answer->text.data ? strstr(answer->text.data, "\r\n\r\n") : NULL;
    if (!end)
        return SIZE_MAX;
    *ret_head = (size_t)(end - answer->text.data) + 4;
    const char *length = strcasestr(answer->text.data, "\r\ncontent-length: ");
    return length && length < end ? strtoul(length + 18, NULL, 10) : 0;
}

static bool is_whole(const struct answer *answer, bool has_body)
{
    size_t head = 0, length = length_of(answer, &head);
    return length != SIZE_MAX && answer->text.len >= head + (has_body ? length : 0);
}

/* Drives the server until an answer is whole or the connection is closed. */
static struct answer receive(struct room *room, int fd, bool has_body)
{
    struct answer answer = {.closed = false};
    strbuf_init(&answer.text, room->arena, ANSWER_MAX);
    while (!answer.closed && !is_whole(&answer, has_body)) {
        http_server_poll(room->server, 1);
        static char block[65536];
        ssize_t got = recv(fd, block, sizeof(block), 0);
        if (got > 0)
            strbuf_add_n(&answer.text, block, (size_t)got);
        else if (got == 0 || errno == ECONNRESET)
            answer.closed = true;
    }
    return answer;
}

static struct answer ask(struct room *room, int fd, const char *text)
{
    send_all(room, fd, slice_of(text));
    return receive(room, fd, true);
}

static void assert_answer(const struct answer *answer, const char *status, const char *body)
{
    size_t head = 0;
    assert_int_not_equal(length_of(answer, &head), SIZE_MAX);
    assert_true(
        str_starts(answer->text.data, arena_printf(answer->text.arena, "HTTP/1.1 %s ", status)));
    assert_string_equal(answer->text.data + head, body);
}

static void echo(void *ctx, const struct http_server_request *request,
                 struct http_server_reply *ret)
{
    (void)ctx;
    const char *text = arena_printf(request->arena, "%s %s [%.*s]", request->method,
                                    request->target, (int)request->body.len, request->body.ptr);
    ret->body = slice_of(text);
}

static void targets_reach_the_handler_as_they_came(void **state)
{
    struct room *room = *state;
    room->handler = echo;
    static const char *const targets[] = {"/",
                                          "/a%2Fb//c/./d%20e",
                                          "/x?y=%26&z=+&w&y=2",
                                          "/?",
                                          "/?a=b?c=/d#e",
                                          "*",
                                          "/backup-vaults/arn%3Aaws%3Abackup?maxResults=1000",
                                          "/%",
                                          "/%zz%00",
                                          "/\xc3\xa9"};
    int fd = connected(room);
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        const char *method = targets[i][0] == '*' ? "OPTIONS" : "DELETE";
        struct answer answer =
            ask(room, fd,
                arena_printf(room->arena, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n", method, targets[i]));
        assert_answer(&answer, "200", arena_printf(room->arena, "%s %s []", method, targets[i]));
    }
    close(fd);
}

static void one_connection_carries_many_requests_with_bodies(void **state)
{
    struct room *room = *state;
    room->handler = echo;
    int fd = connected(room);
    struct answer answer =
        ask(room, fd, "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    assert_answer(&answer, "200", "POST /1 [hello]");
    answer = ask(room, fd,
                 "PUT /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_answer(&answer, "200", "PUT /2 [abcde]");
    answer = ask(room, fd, "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(&answer, "200", "GET /3 []");
    assert_int_equal(room->calls, 3);
    close(fd);
}

static void connections_are_served_side_by_side(void **state)
{
    struct room *room = *state;
    room->handler = echo;
    int fds[20];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        fds[i] = connected(room);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        send_all(room, fds[i], slice_of("POST /half HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"));
    for (size_t i = ARRAY_LEN(fds); i > 0; i--)
        send_all(room, fds[i - 1], slice_of("\r\nrest"));
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        struct answer answer = receive(room, fds[i], true);
        assert_answer(&answer, "200", "POST /half [rest]");
        close(fds[i]);
    }
    assert_int_equal(room->calls, ARRAY_LEN(fds));
}

static void mirror(void *ctx, const struct http_server_request *request,
                   struct http_server_reply *ret)
{
    (void)ctx;
    ret->body = request->body;
}

static void large_bodies_travel_both_ways(void **state)
{
    struct room *room = *state;
    room->handler = mirror;
    enum { LEN = 5000000 };
    char *body = arena_alloc(room->arena, LEN + 1);
    for (size_t i = 0; i < LEN; i++)
        body[i] = (char)('a' + i % 23);
    int fd = connected(room);
    send_all(room, fd,
             slice_of("PUT /package HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n"));
    send_all(room, fd, (struct slice){body, LEN});
    struct answer answer = receive(room, fd, true);
    assert_answer(&answer, "200", body);
    close(fd);
}

static void a_body_beyond_the_limit_is_refused_unread(void **state)
{
    struct room *room = *state;
    room->handler = echo;
    int fd = connected(room);
    struct answer answer =
        ask(room, fd, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 67108865\r\n\r\n");
    assert_answer(&answer, "413", "");
    assert_int_equal(room->calls, 0);
    close(fd);
}

static void with_headers(void *ctx, const struct http_server_request *request,
                         struct http_server_reply *ret)
{
    (void)ctx;
    assert_string_equal(http_server_header_of(request, "x-AMZ-target"), "Svc.Op");
    assert_string_equal(http_server_header_of(request, "empty"), "");
    assert_null(http_server_header_of(request, "absent"));
    static const struct http_server_header headers[] = {
        {"x-amzn-RequestId", "r-1"},
        {"Date", "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"Content-Length", "999"},
    };
    ret->status = 429;
    ret->headers = headers;
    ret->header_len = ARRAY_LEN(headers);
    ret->body = slice_of("slow down");
}

static void headers_and_status_go_both_ways(void **state)
{
    struct room *room = *state;
    room->handler = with_headers;
    int fd = connected(room);
    struct answer answer =
        ask(room, fd, "GET / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: Svc.Op\r\nEmpty:\r\n\r\n");
    assert_answer(&answer, "429", "slow down");
    assert_non_null(strstr(answer.text.data, "\r\nx-amzn-RequestId: r-1\r\n"));
    assert_non_null(strstr(answer.text.data, "\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"));
    assert_null(strstr(strstr(answer.text.data, "\r\nDate: ") + 2, "\r\nDate: "));
    send_all(room, fd,
             slice_of("HEAD / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: Svc.Op\r\nEmpty:\r\n\r\n"));
    answer = receive(room, fd, false);
    assert_answer(&answer, "429", "");
    assert_non_null(strcasestr(answer.text.data, "content-length: 9\r\n"));
    close(fd);
}

static void hang_up(void *ctx, const struct http_server_request *request,
                    struct http_server_reply *ret)
{
    (void)ctx;
    (void)request;
    ret->drop = true;
}

static void a_dropped_request_gets_no_answer(void **state)
{
    struct room *room = *state;
    room->handler = hang_up;
    int fd = connected(room);
    struct answer answer = ask(room, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(answer.closed);
    assert_int_equal(answer.text.len, 0);
    assert_int_equal(room->calls, 1);
    close(fd);
    room->handler = echo; /* the next one is served as ever */
    fd = connected(room);
    answer = ask(room, fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(&answer, "200", "GET / []");
    close(fd);
}

static void nonsense_never_reaches_the_handler(void **state)
{
    struct room *room = *state;
    room->handler = echo;
    static const char *const texts[] = {"\x16\x03\x01\r\n\r\n", "GET\r\n\r\n",
                                        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                                        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int fd = connected(room);
        ask(room, fd, texts[i]);
        close(fd);
    }
    assert_int_equal(room->calls, 0);
}

static void a_port_in_use_is_a_diagnostic(void **state)
{
    struct room *room = *state;
    struct http_server *second = NULL;
    unsigned port = http_server_port(room->server);
    assert_true(port > 0);
    assert_false(http_server_start(port, dispatch, room, &second, &room->diags));
    assert_null(second);
    assert_int_equal(room->diags.items[0].code, E_SERVE);
    assert_non_null(strstr(room->diags.items[0].message, "in use"));
    assert_true(http_server_start(0, dispatch, room, &second, &room->diags));
    assert_int_not_equal(http_server_port(second), port);
    http_server_stop(second);
    http_server_stop(NULL);
}

static void a_stop_takes_unfinished_requests_along(void **state)
{
    struct room *room = *state;
    room->handler = echo;
    int fd = connected(room);
    send_all(room, fd, slice_of("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"));
    for (int i = 0; i < 10; i++)
        http_server_poll(room->server, 1);
    http_server_stop(room->server); /* the leak checker watches */
    room->server = NULL;
    close(fd);
    assert_int_equal(room->calls, 0);
}

/* "/N" waits for N milliseconds. */
static void echo_later(void *ctx, const struct http_server_request *request,
                       struct http_server_reply *ret)
{
    echo(ctx, request, ret);
    long long ms = 0;
    assert_true(parse_int64(slice_of(request->target + 1), &ms));
    ret->delay_ms = (int)ms;
}

static void a_reply_that_waits_holds_up_nobody(void **state)
{
    struct room *room = *state;
    room->handler = echo_later;
    int slow = connected(room), fast = connected(room), third = connected(room);
    send_all(room, slow, slice_of("GET /60000 HTTP/1.1\r\nHost: h\r\n\r\n"));
    while (room->calls == 0)
        http_server_poll(room->server, 1);
    struct answer answer = ask(room, third, "GET /20 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(&answer, "200", "GET /20 []");
    answer = ask(room, third, "GET /5 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(&answer, "200", "GET /5 []");
    answer = ask(room, fast, "GET /0 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(&answer, "200", "GET /0 []");
    char byte;
    assert_int_equal(recv(slow, &byte, 1, 0), -1);
    assert_int_equal(room->calls, 4);
    http_server_stop(room->server); /* with one that still waits */
    room->server = NULL;
    close(slow);
    close(fast);
    close(third);
}

static void echo_when_asked_twice(void *ctx, const struct http_server_request *request,
                                  struct http_server_reply *ret)
{
    struct room *room = ctx;
    ret->later = room->calls == 1;
    if (!ret->later)
        echo(ctx, request, ret);
}

static void a_handler_that_has_nothing_yet_is_asked_again(void **state)
{
    struct room *room = *state;
    room->handler = echo_when_asked_twice;
    int fd = connected(room);
    send_all(room, fd, slice_of("GET /next HTTP/1.1\r\nHost: h\r\n\r\n"));
    while (room->calls == 0)
        http_server_poll(room->server, 1);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    struct answer answer = receive(room, fd, true);
    assert_answer(&answer, "200", "GET /next []");
    assert_int_equal(room->calls, 2);
    close(fd);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(targets_reach_the_handler_as_they_came),
        CASE(one_connection_carries_many_requests_with_bodies),
        CASE(connections_are_served_side_by_side),
        CASE(large_bodies_travel_both_ways),
        CASE(a_body_beyond_the_limit_is_refused_unread),
        CASE(headers_and_status_go_both_ways),
        CASE(a_dropped_request_gets_no_answer),
        CASE(nonsense_never_reaches_the_handler),
        CASE(a_port_in_use_is_a_diagnostic),
        CASE(a_stop_takes_unfinished_requests_along),
        CASE(a_handler_that_has_nothing_yet_is_asked_again),
        CASE(a_reply_that_waits_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Runs one fuzz target without libFuzzer, with any compiler, the same way every time: each file of
 * the corpus as it is, then `runs` mutations of them, drawn from `seed`.
 *
 *     replay_NAME CORPUS_DIR [RUNS [SEED]]
 *
 * An input that ends the process is left in fuzz-failure.NAME in the current folder; give the
 * folder that holds it as CORPUS_DIR, with 0 runs, to see it again. */

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 8192
#define MUTATIONS_MAX 5

static char input[INPUT_MAX];
static size_t input_len;

static void keep_input(int signal)
{
    (void)signal;
    int fd = open("fuzz-failure." TARGET, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    static const char said[] = "the input is in fuzz-failure." TARGET "\n";
    if (fd >= 0 && write(fd, input, input_len) == (ssize_t)input_len)
        (void)!write(STDERR_FILENO, said, sizeof(said) - 1);
    _exit(1);
}

/* xorshift64*: the same numbers everywhere. */
static uint64_t state;

static size_t below(size_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

/* Replaces input[at, at + old) by `with`, as far as there is room. */
static void replace(size_t at, size_t old, struct slice with)
{
    if (at > input_len)
        at = input_len;
    if (old > input_len - at)
        old = input_len - at;
    if (with.len > INPUT_MAX - (input_len - old))
        with.len = INPUT_MAX - (input_len - old);
    char copy[INPUT_MAX];
    memcpy(copy, with.ptr, with.len); /* it may be a part of the input itself */
    memmove(input + at + with.len, input + at + old, input_len - at - old);
    memcpy(input + at, copy, with.len);
    input_len = input_len - old + with.len;
}

static struct slice any_part(struct slice text, size_t longest)
{
    if (text.len == 0)
        return (struct slice){"", 0};
    size_t start = below(text.len), len = 1 + below(longest);
    return (struct slice){text.ptr + start, len < text.len - start ? len : text.len - start};
}

static struct slice any_word(void)
{
    static const char *const words[] = {
        "\"",  "{",    "}",     "[",    "]",    ":",     ",",           "*",       "?",    "${",
        "}",   "\\",   "%",     "%2F",  "%zz",  "<",     "</",          "/>",      "&lt;", "&",
        "\n",  "\n  ", "- ",    "null", "true", "false", "0",           "-1",      "9",    "1e400",
        "0.5", "~",    "!!str", "&a ",  "*a",   "|",     "\xff",        "\xc3",    "..",   "/",
        "//",  "'",    "#",     "=",    "@",    "[*]",   "\\u0000",     "\\ud800", "{}",   "[]",
        "L",   "W",    "arn:",  "::",   "aws:", "12",    "\xe2\x80\xa8"};
    static const char *const numbers[] = {"2147483648", "9223372036854775807",
                                          "-9223372036854775808", "18446744073709551616"};
    size_t i = below(ARRAY_LEN(words) + ARRAY_LEN(numbers) + 1);
    if (i == ARRAY_LEN(words) + ARRAY_LEN(numbers))
        return (struct slice){"", 1}; /* NUL */
    return slice_of(i < ARRAY_LEN(words) ? words[i] : numbers[i - ARRAY_LEN(words)]);
}

static void mutate(struct slice other)
{
    struct slice all = {input, input_len};
    size_t at = below(input_len + 1);
    char byte = (char)below(256);
    switch (below(8)) {
    case 0:
        if (at < input_len)
            input[at] = (char)((unsigned char)input[at] ^ (1u << below(8)));
        break;
    case 1: replace(at, 1, (struct slice){&byte, 1}); break;
    case 2: replace(at, 0, any_word()); break;
    case 3: replace(at, 1 + below(4), any_word()); break;
    case 4: replace(at, 1 + below(32), (struct slice){"", 0}); break;
    case 5: replace(at, 0, any_part(all, 64)); break;
    case 6: replace(at, below(64), any_part(other, 128)); break;
    default: replace(at, INPUT_MAX, (struct slice){"", 0}); break;
    }
}

static void run(void)
{
    /* On the heap and exactly as long: the sanitizer then sees a read beyond the end. */
    struct arena *arena = arena_new();
    const uint8_t *data = arena_memdup(arena, input, input_len);
    (void)LLVMFuzzerTestOneInput(data, input_len);
    arena_free(arena);
}

static void load(struct slice file)
{
    input_len = file.len < INPUT_MAX ? file.len : INPUT_MAX;
    memcpy(input, file.ptr, input_len);
}

int main(int argc, char **argv)
{
    long long runs = 0, seed = 1;
    if (argc < 2 || (argc > 2 && !parse_int64(slice_of(argv[2]), &runs)) ||
        (argc > 3 && (!parse_int64(slice_of(argv[3]), &seed) || seed == 0)))
        return 64;
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    const char **names = NULL;
    size_t len = 0;
    if (!dir_list(arena, argv[1], true, &names, &len, &diags) || len == 0) {
        (void)fprintf(stderr, "%s: no corpus\n", argv[1]);
        return 1;
    }
    struct slice *files = arena_array(arena, len, sizeof(*files));
    (void)signal(SIGABRT, keep_input);
    for (size_t i = 0; i < len; i++) {
        const char *path = path_join(arena, argv[1], names[i]);
        BUG_ON(!file_read(arena, path, INPUT_MAX, &files[i], &diags));
        load(files[i]);
        run();
    }
    state = (uint64_t)seed;
    for (long long i = 0; i < runs; i++) {
        load(files[below(len)]);
        for (size_t k = 1 + below(MUTATIONS_MAX); k > 0; k--)
            mutate(files[below(len)]);
        run();
    }
    (void)printf("%s: %zu files and %lld mutations of them, seed %lld\n", TARGET, len, runs, seed);
    arena_free(arena);
    return 0;
}

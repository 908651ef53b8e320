#include "engine/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"

#define CHUNK_SIZE ((size_t)16 * 1024)
#define ALIGNMENT ((size_t)8)
static_assert(_Alignof(void *) <= 8 && _Alignof(double) <= 8 && _Alignof(int64_t) <= 8,
              "what is allocated here needs no more");

struct chunk {
    struct chunk *next;
    size_t size, used;
    max_align_t data[];
};

struct arena {
    struct chunk *head; /* the chunk being filled; older and oversized ones follow */
    size_t total;
};

/* Arenas come and go with every call and every function that needs scratch, so chunks of the common
 * size wait here for the next one. The program has one thread (crypto.h says so, too). */
#define SPARE_MAX 32
static struct chunk *spare;
static size_t spare_len;

static struct chunk *chunk_new(size_t size)
{
    if (size == CHUNK_SIZE && spare) {
        struct chunk *again = spare;
        spare = again->next;
        spare_len--;
        again->next = NULL;
        return again;
    }
    struct chunk *chunk = calloc(1, sizeof(*chunk) + size);
    if (!chunk)
        BUG("out of memory");
    chunk->size = size;
    return chunk;
}

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (!arena)
        BUG("out of memory");
    return arena;
}

static void chunks_free(struct chunk *chunk)
{
    while (chunk) {
        struct chunk *next = chunk->next;
#ifndef ARENA_DEBUG
        if (chunk->size == CHUNK_SIZE && spare_len < SPARE_MAX) {
            memset(chunk->data, 0, chunk->used);
            chunk->used = 0;
            chunk->next = spare;
            spare = chunk;
            spare_len++;
            chunk = next;
            continue;
        }
#endif
        free(chunk);
        chunk = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    chunks_free(arena->head);
    free(arena);
}

void arena_freep(struct arena **arena)
{
    arena_free(*arena);
    *arena = NULL;
}

void arena_reset(struct arena *arena)
{
    struct chunk *keep = NULL;
#ifndef ARENA_DEBUG
    for (struct chunk *chunk = arena->head, *next; chunk; chunk = next) {
        next = chunk->next;
        if (!keep && chunk->size == CHUNK_SIZE) {
            keep = chunk;
            memset(keep->data, 0, keep->used);
            keep->used = 0;
            keep->next = NULL;
        } else {
            free(chunk);
        }
    }
#else
    chunks_free(arena->head);
#endif
    arena->head = keep;
    arena->total = 0;
}

static void *allocate(struct arena *arena, size_t size, size_t alignment)
{
    BUG_ON(size > SIZE_MAX / 2);
    size_t need = size ? size : 1;
    arena->total += need;
#ifdef ARENA_DEBUG
    (void)alignment;
    struct chunk *alone = chunk_new(need);
    alone->next = arena->head;
    arena->head = alone;
    return alone->data;
#else
    struct chunk *head = arena->head;
    size_t start = head ? (head->used + alignment - 1) & ~(alignment - 1) : 0;
    if (head && start <= head->size && head->size - start >= need) {
        head->used = start + need;
        return (char *)head->data + start;
    }
    struct chunk *chunk = chunk_new(need > CHUNK_SIZE / 4 ? need : CHUNK_SIZE);
    chunk->used = need;
    if (head && need > CHUNK_SIZE / 4) { /* oversized: keep filling the current chunk */
        chunk->next = head->next;
        head->next = chunk;
    } else {
        chunk->next = head;
        arena->head = chunk;
    }
    return chunk->data;
#endif
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return allocate(arena, size, ALIGNMENT);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    BUG_ON(size != 0 && count > SIZE_MAX / 2 / size);
    return arena_alloc(arena, count * size);
}

void *arena_memdup(struct arena *arena, const void *data, size_t len)
{
    void *copy = arena_alloc(arena, len);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = allocate(arena, len + 1, 1);
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    BUG_ON(len < 0);
    char *text = allocate(arena, (size_t)len + 1, 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

void *arena_grow(struct arena *arena, void *old, size_t len, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return old;
    size_t grown = *cap < 8 ? 8 : *cap * 2;
    while (grown < need)
        grown *= 2;
    void *fresh = arena_array(arena, grown, size);
    if (len > 0)
        memcpy(fresh, old, len * size);
    *cap = grown;
    return fresh;
}

size_t arena_used(const struct arena *arena)
{
    return arena->total;
}

#include "engine/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"

#define CHUNK_SIZE ((size_t)16 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t size, used;
    max_align_t data[];
};

struct arena {
    struct chunk *head; /* the chunk being filled; older and oversized ones follow */
    size_t total;
};

static struct chunk *chunk_new(size_t size)
{
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

void *arena_alloc(struct arena *arena, size_t size)
{
    BUG_ON(size > SIZE_MAX / 2);
    size_t need = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (need == 0)
        need = ALIGNMENT;
    arena->total += need;
#ifdef ARENA_DEBUG
    struct chunk *alone = chunk_new(size ? size : 1);
    alone->next = arena->head;
    arena->head = alone;
    return alone->data;
#else
    struct chunk *head = arena->head;
    if (head && head->size - head->used >= need) {
        void *data = (char *)head->data + head->used;
        head->used += need;
        return data;
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
    char *copy = arena_alloc(arena, len + 1);
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
    char *text = arena_alloc(arena, (size_t)len + 1);
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

#pragma once
/* Memory by lifetime. Three lifetimes exist in the program:
 *   command  document, resources, plan: until the process ends
 *   op       one running resource call: request, response, step data
 *   scratch  one function or one loop turn
 * A function that returns allocated data takes `struct arena *` first; whoever owns the arena owns
 * the data. There is no other way to get heap data outside engine/base, and no single free.
 *
 * Memory is zeroed and aligned to 8 bytes, which is enough for pointers, integers and doubles;
 * text is packed without gaps. Exhaustion aborts (bug.h). With -DARENA_DEBUG each
 * allocation is a malloc of its own, so that ASan and valgrind see overflow and use after reset. */

#include <stddef.h>

#include "engine/base/cleanup.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);   /* accepts NULL */
void arena_freep(struct arena **arena); /* for CLEANUP() */
void arena_reset(struct arena *arena);  /* all data is gone, the first chunk is kept for reuse */

void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size); /* aborts on overflow */
#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

char *arena_strdup(struct arena *arena, const char *text); /* NULL stays NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
void *arena_memdup(struct arena *arena, const void *data, size_t len);

/* Grows an array by doubling: returns storage for at least `need` elements that holds the first
 * `len` of `old`; *cap is updated. The old storage stays until the arena ends. */
void *arena_grow(struct arena *arena, void *old, size_t len, size_t *cap, size_t need, size_t size);

/* Bytes handed out since the last reset: for tests and benchmarks. */
size_t arena_used(const struct arena *arena);

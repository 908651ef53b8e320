#pragma once
/* Who waits for whom. Nodes are given in order of their address; `needs` are indexes of nodes. The
 * order of execution puts what is needed first; among what is free it goes by effective rank, which
 * is the highest rank of a node and of all that it needs, and then by address. O(V + E), but for
 * one sort. */

#include <stdbool.h>

#include "engine/base/diag.h"

struct graph_node {
    const char *address;
    struct source_pos pos;
    int rank;
    const size_t *needs;
    size_t needs_len;
    int effective; /* filled in */
};

/* Fills ret_order (len indexes) and the effective ranks. False on cycles: each is one E_CYCLE that
 * prints the path. With diags NULL the edge that closes a cycle is ignored: records of different
 * times may contradict each other, and must be deletable all the same. */
MUST_CHECK bool graph_order(struct arena *arena, struct graph_node *nodes, size_t len,
                            size_t *ret_order, struct diags *diags);

#pragma once
/* From objects to the topology that makes them: what lower() would turn into the same objects.
 *
 * The rule is that lowering is the judge. Each object gets the shortest words that there are for
 * it, the whole is lowered, and what differs from what was seen, or would make something that is
 * not there, is said in plainer words:
 *
 *   short    an entry of its section, `accept_copies_from`, `share_with`, `service_default`
 *   whole    an entry of its section, with policies and ARNs as they stand
 *   bare     an entry of `resources`, property by property
 *   left out a comment with the reason; what refers to it has its ARN
 *
 * So the plan of the result has imports, and the tags of ownership as the only change. */

#include "engine/raise/finding.h"

struct raise_input {
    /* Of the file that names the accounts: its name, its accounts, its document. */
    const struct topology *topology;
    const struct schema_set *schemas;
    const struct findings *findings;
    const char *path;     /* what the result will be called: relative paths begin in its folder */
    const char *data_dir; /* as for config_load() */
};

struct raised {
    const struct value *document;
    const char *text;            /* YAML with comments */
    const struct value *imports; /* [{address, id}] */
    const struct value *remarks; /* what was found and not taken: lines */
    size_t taken;                /* objects that the file holds */
};

/* False when what was found cannot be said at all: E_ADOPT_UNSAID, which is our fault. */
MUST_CHECK bool raise_findings(struct arena *arena, const struct raise_input *input,
                               struct raised *ret, struct diags *diags);

#pragma once
/* Text to topology: read, parse, check against the schema, resolve, lower. Reports all faults of
 * all files in one run; offline; without credentials. */

#include "engine/config/resource.h"

struct config_options {
    const char *path; /* a file, a folder of *.yaml and *.yml, or "-" */
    /* The document itself, in the place of what `path` names: that is then only what it is called,
     * and where relative paths begin. ptr NULL: the file is read. It must outlive the diagnostics.
     */
    struct slice text;
    const struct value *variables; /* from --var and --var-file: a map of text values, or NULL */
    const char *data_dir;          /* where relay/bootstrap.zip lives */
    const char *const
        *environment_variables; /* NULL-terminated "NAME=value" of HOLDFAST_VAR_*, or NULL */
    /* What organizational units hold: lists of account ids by the unit's id. A unit that does not
     * stand there, or all of them where this is NULL, has one symbolic member. */
    const struct value *units;
    /* What the resources of selections are encrypted with: {"class", "why"} by the selection's
     * address, for those of routes that the file leaves open; NULL: nobody has looked. */
    const struct value *source_keys;
    /* What default names are made of where an entry was moved: {"vaults.new": "old"}, or NULL. */
    const struct value *first_names;
    /* Relays whose function is stopped, whatever the file says: a map by address, or NULL. */
    const struct value *paused;
};

MUST_CHECK bool config_load(struct arena *arena, const struct config_options *options,
                            const struct schema_set *schemas, struct topology *ret,
                            struct diags *diags);

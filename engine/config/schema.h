#pragma once
/* Schemas: one JSON file per resource type (schemas/aws_...json) and one for the file that people
 * write (schemas/topology.schema.json), embedded at build time and parsed once at start into these
 * structs. The vocabulary is closed (schemas/meta.schema.json): an unknown keyword is a BUG at
 * start and a failure of the lint. CloudFormation's registry words where it has them, `x-` for
 * ours.
 *
 * Root keywords of a type
 *   typeName, x-title ("backup vault"), description, service ("backup")
 *   scope                  account-region | account | organization
 *   replacementStrategy    never | create-then-delete | delete-then-create
 *   primaryIdentifier      ["/name"]
 *   createOnlyProperties, readOnlyProperties, writeOnlyProperties, x-irreversible,
 *   x-needed-to-delete     pointers: "/name"; a segment "*" means every item or value.
 *                          x-irreversible: where the property is present, the change needs
 *                          --allow-irreversible; of a createOnly one, the creation does.
 *                          x-needed-to-delete: while it is absent, AWS does not delete the
 *                          object
 *   required, properties, definitions
 *   handlers               {create, read, update, delete, find: {permissions: [...]}}
 *   x-arn                  template with ${partition} ${region} ${account} ${any property}: AWS
 *                          makes the ARN from names
 *   x-holds-data           deletion needs --allow-destroy
 *   x-adopt                shared by nature: found means adopted, and what was adopted is never
 *                          deleted; true: nor is what we made; "found": what we made may go
 *   x-part-of              a type whose identifier is ours too: what others set there although the
 *                          file declares none shows in drift
 *   x-rank                 order of creation, docs/ARCHITECTURE.md
 *   x-taggable             property "tags" carries owner tags
 *   x-wire-case            pascal (default) | lower-camel: how members are spelled at AWS
 *
 * Keywords of a property
 *   type                   one or a list
 *   description, default, enum, pattern (POSIX ERE), minimum, maximum, minLength and maxLength
 *   (characters), minItems, maxItems, uniqueItems, items, properties, required
 *   additionalProperties   a schema: string maps. An object with neither this nor properties may
 *                          hold anything
 *   oneOf                  alternatives of different types; strings may differ by pattern
 *   $ref                   "#/definitions/x", "#/properties/x", or the same after "TYPE". Keywords
 *                          beside it replace those of the target; pointer lists do not follow it
 *   insertionOrder         false: a set
 *   x-canonical            json-policy | cron | arn | lower | event-pattern
 *   x-ref                  a section, or TYPE/attribute
 *   x-becomes              of a section: addresses of what its entries become, with their types
 *   x-wire                 the member's name at AWS where x-wire-case does not give it
 *   x-rules                names of checks in engine/aws: the table is in rules.c
 *   x-drift                of a read-only property: true: its change is somebody's doing and shows
 *                          in drift; a type: so are its entries, but for those that are recorded as
 *                          objects of that type, identified by our identifier, "|" and the key
 *   x-local (means something on this machine only, a path: neither recorded nor compared),
 *   x-sensitive (never printed, never recorded: seal.h), x-unmanaged-when-absent (normalize.h)
 *   x-displaces            names of properties beside it that AWS drops or changes when this one is
 *                          set: what it then shows of them is our doing, not somebody else's
 *   x-shows                of a write-only property: names of read-only ones beside it that AWS
 *                          shows while this one is set, and only then
 *   x-lost-with            of a read-only property that lists what AWS told and the schema has no
 *                          word for (schema_unsaid()): names of properties beside it whose change
 *                          replaces the whole document, and loses that
 *   x-off-needs            allow-destroy | allow-irreversible: of a switch that others rely on, the
 *                          flag that turning it off needs */

#include <stdbool.h>

#include "engine/aws/arn.h"
#include "engine/base/diag.h"
#include "engine/base/map.h"
#include "engine/base/value.h"

enum schema_type { /* a bit set: a property may take several */
                   SCHEMA_STRING = 1 << 0,
                   SCHEMA_INTEGER = 1 << 1,
                   SCHEMA_NUMBER = 1 << 2,
                   SCHEMA_BOOLEAN = 1 << 3,
                   SCHEMA_ARRAY = 1 << 4,
                   SCHEMA_OBJECT = 1 << 5,
                   SCHEMA_NULL = 1 << 6,
};
enum canonical {
    CANONICAL_NONE,
    CANONICAL_JSON_POLICY,
    CANONICAL_CRON,
    CANONICAL_ARN,
    CANONICAL_LOWER,
    CANONICAL_EVENT_PATTERN,
};
enum off_guard { OFF_FREE, OFF_NEEDS_ALLOW_DESTROY, OFF_NEEDS_ALLOW_IRREVERSIBLE };
enum schema_scope { SCOPE_ACCOUNT_REGION, SCOPE_ACCOUNT, SCOPE_ORGANIZATION };
enum replacement { REPLACE_NEVER, REPLACE_CREATE_THEN_DELETE, REPLACE_DELETE_THEN_CREATE };

struct pattern;
struct schema_node;

struct schema_property {
    const char *name;
    const char *wire; /* member name at AWS */
    const struct schema_node *node;
    bool required;
};

struct schema_node {
    unsigned types; /* enum schema_type bits; 0: anything */
    const char *description;
    const struct value *enumeration; /* list or NULL */
    const char *pattern;             /* text, for messages; NULL: none */
    struct pattern *regex;           /* the same, to match with (pattern.h) */
    bool has_minimum, has_maximum;
    double minimum, maximum;
    size_t min_length, max_length, min_items, max_items; /* max 0: none */
    bool unique_items, insertion_order, sensitive, local, unmanaged_when_absent;
    const struct value *otherwise; /* `default`, or NULL */
    enum canonical canonical;
    enum off_guard off_guard;
    const char *ref;                      /* x-ref */
    const struct value *becomes;          /* x-becomes, or NULL */
    const char *const *rules;             /* NULL-terminated, or NULL */
    const char *const *displaces;         /* likewise: names of properties beside it */
    const char *const *shows;             /* likewise */
    const char *const *lost_with;         /* likewise */
    const struct schema_node *items;      /* of arrays */
    const struct schema_node *additional; /* of maps: the schema of every value */
    const struct schema_property *properties;
    size_t property_len;
    bool read_only, create_only, write_only, irreversible, needed_to_delete; /* pointer lists */
    bool drifts;                                                             /* x-drift */
    const char *entry_type; /* x-drift, where it names one */
};

struct schema {
    const char *type_name, *title, *description, *service;
    enum schema_scope scope;
    enum replacement replacement;
    const char *const *identifier; /* property names, NULL-terminated; joined with "|" */
    const char *arn;               /* x-arn or NULL */
    const char *part_of;           /* x-part-of or NULL */
    bool holds_data, adopt, taggable;
    bool keep_made;     /* x-adopt: true */
    bool has_sensitive; /* some property is x-sensitive */
    int rank;
    const struct schema_node *root; /* an object */
    const struct value *handlers;
};

struct schema_set {
    struct map types; /* typeName -> struct schema * */
    const struct schema_node
        *topology; /* the file that people write; property nodes with x-ref to sections */
};

/* Parses all embedded schemas. Their faults are BUGs: they are part of the program. */
const struct schema_set *schema_load(struct arena *arena);
const struct schema *schema_of(const struct schema_set *set, const char *type_name); /* or NULL */
const struct schema_node *schema_property_of(const struct schema_node *node,
                                             const char *name); /* or NULL */

/* A value in schema names to one in AWS's member names and back, by x-wire and x-wire-case. Unknown
 * members and nulls of an answer are dropped. Maps with `additional` and free maps keep their keys.
 * json-policy and event-pattern properties are text on the wire and maps here (an answer that is
 * no JSON stays text). Texts of an answer (the query protocol has nothing else) become numbers and
 * booleans where the schema wants those. */
const struct value *schema_to_wire(struct arena *arena, const struct schema_node *node,
                                   const struct value *v);
const struct value *schema_from_wire(struct arena *arena, const struct schema_node *node,
                                     const struct value *v);
/* Adds the places of members that the answer holds and the schema has no word for, below `path`, as
 * in "rules/daily/ScanActions": list items by their first property. Empty ones, and those that are
 * called as in `invented` (NULL-terminated), which AWS adds by itself, are none. */
void schema_unsaid(struct list_builder *ret, const struct schema_node *node, const struct value *v,
                   const char *path, const char *const *invented);
/* The same value with the schema's defaults where it holds nothing, at every depth. */
const struct value *schema_with_defaults(struct arena *arena, const struct schema_node *node,
                                         const struct value *v);
/* The ARN by x-arn from properties; NULL where the type has none or a part is unknown. */
const char *schema_arn(struct arena *arena, const struct schema *schema, const char *account_id,
                       const char *region, const struct value *properties);
/* The identifier that an ARN of the type's form holds, whatever its place; NULL: of another form,
 * or the type's ARN does not hold all of its identifier. */
const char *schema_identifier_in_arn(struct arena *arena, const struct schema *schema,
                                     const struct arn *arn);
/* "a|b" from the primary identifier's properties; NULL while one of them is absent or unknown. */
const char *schema_identifier(struct arena *arena, const struct schema *schema,
                              const struct value *properties);

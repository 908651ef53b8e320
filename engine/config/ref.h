#pragma once
/* What stands in ${...}, and the names of entries. Grammar only: whether a section, an entry or an
 * attribute exists is for those who know the topology.
 *
 *   ${section.name.attribute}         ${vaults.final.arn}
 *   ${section.name[member].attribute} ${vaults.primary[payments,us-east-1].arn}; [*]: all members
 *   ${section.name/part.attribute}    ${plans.daily/role.arn}, ${plans.daily/selections.rds.id}
 *   ${account.id} ${account.name} ${region.name} ${variables.x}
 *
 * A colon inside the braces makes it a variable of IAM (${aws:username}): it is text and stays. */

#include "engine/base/diag.h"

struct ref_name {
    const char *section; /* NULL in a bare name */
    const char *name;
    const char *member; /* what stands in brackets, or NULL */
    bool all;           /* it is [*] */
    const char *part;   /* what follows '/', or NULL */
};

enum ref_kind { REF_TEXT, REF_ENTRY, REF_ACCOUNT, REF_REGION, REF_VARIABLE };

struct ref_part {
    enum ref_kind kind;
    struct slice text;     /* as it stands there, with ${ and } */
    struct ref_name entry; /* REF_ENTRY */
    const char *attribute; /* "arn"; "id" or "name" of account and region; the variable's name */
};

/* Whether a text holds an expression of ours. */
bool ref_has_expression(struct slice text);

/* Takes a text apart: text and expressions in order. Every expression that cannot be read is an
 * E_BAD_EXPRESSION at its own column. `v` is a VALUE_STRING. */
MUST_CHECK bool ref_parse(struct arena *arena, const struct value *v, const char *address,
                          struct ref_part **ret, size_t *ret_len, struct diags *diags);

/* A bare reference: "final", "primary[payments]", "primary[*]", "vaults.final", "plans.p/role".
 * False when the text is none of these; says nothing. */
bool ref_parse_name(struct arena *arena, struct slice text, struct ref_name *ret);

/* "vaults.primary[payments]/lock"; the section may be NULL. */
const char *ref_name_text(struct arena *arena, const struct ref_name *name);

/* The place of a piece of a text in its source, for messages; the text's own place where it cannot
 * be found (escapes, folded lines). */
struct source_pos ref_place(const struct diags *diags, const struct value *v, struct slice piece);

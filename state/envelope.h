#pragma once
/* The envelope around what leaves the machine for the shared state: AES-256-GCM under a data key
 * that a key service wraps. An envelope is one line of JSON, the header, and the encrypted bytes
 * with their tag behind it. The whole header is authenticated with them, and so is what it says:
 * whose state it is, what part of it, and how new.
 *
 * What it cannot say is that nothing newer exists: who has seen a newer serial names it, and is
 * given no older one. */

#include <stdbool.h>

#include "engine/base/crypto.h"
#include "engine/base/diag.h"

/* A data key, and the ARN of the key that wraps it; NULL where the service does not tell. */
struct unwrapped_key {
    uint8_t key[AES_KEY_LEN];
    const char *under;
};

/* Wraps data keys, and unwraps them again for the same lineage only (AWS: KMS, with the lineage in
 * the encryption context). Both block, and report why they cannot (E_SEAL_KEY). */
struct key_service {
    void *self;
    bool (*generate)(void *self, struct arena *arena, const char *lineage,
                     struct unwrapped_key *ret, struct slice *ret_wrapped, struct diags *diags);
    bool (*unwrap)(void *self, struct arena *arena, const char *lineage, struct slice wrapped,
                   struct unwrapped_key *ret, struct diags *diags);
};

enum envelope_kind { ENVELOPE_HEAD, ENVELOPE_SNAPSHOT, ENVELOPE_BATCH };

struct envelope_label {
    enum envelope_kind kind;
    const char *lineage;
    int64_t serial; /* of the state with this part in it */
    int64_t number; /* of the batch, or of the last one that is in the snapshot or the head */
};

/* How a shared state is sealed. */
struct sealing {
    struct key_service service;
    const char *key; /* its name, to tell whether it is still the same */
    /* What stands in clear is refused; else it is read, and written sealed from now on. */
    bool enforced;
};

/* Texts sealed under one data key: far below 2^32 (crypto.h), far above what a run writes. */
#define SEALER_USES_MAX 65536

/* The data keys of one run: one to seal, asked for when there is something to seal, and the last
 * one that was unwrapped. */
struct sealer;
struct sealer *sealer_new(const struct key_service *service);
void sealer_free(struct sealer *sealer); /* accepts NULL; wipes the keys */
/* What the next text of that lineage is sealed under; what the last envelope was opened with. Both
 * as unwrapped_key.under, for as long as the sealer. */
MUST_CHECK bool sealer_seals_under(struct sealer *sealer, const char *lineage, const char **ret,
                                   struct diags *diags);
const char *sealer_opened_under(const struct sealer *sealer);

/* Whether these bytes claim to be an envelope. */
bool envelope_is(struct slice bytes);
MUST_CHECK bool envelope_seal(struct sealer *sealer, struct arena *arena,
                              const struct envelope_label *label, struct slice text,
                              struct slice *ret, struct diags *diags);
/* Opens what stands at the place `name` (for messages). It has to be of the kind and number that
 * are expected (number 0: any), of that lineage (NULL: any, when none is known yet), and of at
 * least that serial: E_SEAL_MISPLACED otherwise. What was changed, cut or never sealed by this key
 * service is E_SEAL_BROKEN; what stands in clear is E_SEAL_MISSING. ret_label may be NULL. */
MUST_CHECK bool envelope_open(struct sealer *sealer, struct arena *arena, const char *name,
                              const struct envelope_label *expected, struct slice bytes,
                              struct slice *ret_text, struct envelope_label *ret_label,
                              struct diags *diags);

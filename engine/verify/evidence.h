#pragma once
/* Evidence: what verify saw, with the locks and policies of the last vaults and their keys, signed,
 * so that it can be shown to somebody who was not there.
 *
 * A bundle is one line of canonical JSON (keys in byte order, no blanks) and a line feed:
 *   {"evidence":{...},"format_version":"1.0","key":"SHA-256 of the public key",
 *    "signature":"base64","signs":"Ed25519"}
 * Signed is the same map without `signature`, in the same form. A bundle that differs from that by
 * any byte does not verify, blanks and the order of keys included. */

#include "engine/base/signature.h"
#include "engine/verify/verify.h"

#define EVIDENCE_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* Reads what a bundle holds beside the report: {"vaults":[{arn, lock, policy}], "keys":[{arn,
 * state, policy}]} of the rows' last vaults. False with messages when something could not be read.
 */
MUST_CHECK bool evidence_read(struct arena *arena, struct loop *loop,
                              const struct topology *topology, const struct verify_report *report,
                              const struct value **ret, struct diags *diags);

struct slice evidence_seal(struct arena *arena, const struct value *evidence,
                           const struct sign_key *key);
/* False with a reason: it is no bundle, another key's, or changed. */
MUST_CHECK bool evidence_open(struct arena *arena, struct slice bundle, const struct sign_key *key,
                              const struct value **ret_evidence, const char **ret_why);

#pragma once
/* What the databases of a topology are encrypted with, where its routes depend on it. */

#include "engine/cli/session.h"
#include "engine/raise/finding.h"

bool source_keys_matter(const struct topology *topology);
/* Reads the instances and clusters of RDS in the place of each plan whose route is open, and the
 * keys that they name: what config_load() takes as `source_keys`. What cannot be read is left
 * unknown, with the reason; nothing here fails. */
const struct value *source_keys_read(struct session *session);
/* By the selection's address, the class of the keys of what each one takes now, where that can be
 * told. */
const struct value *source_keys_now(struct session *session);
/* The same of selections that somebody found: their databases say which class of keys they have. */
void source_keys_see(struct session *session, struct findings *findings);

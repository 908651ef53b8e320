#pragma once
/* The manual page holdfast(1) in mdoc(7), from the tables of commands and options. */

#include "engine/base/arena.h"

const char *man_page(struct arena *arena);

#pragma once
/* One line on stderr for each operation that ends; CI logs and terminals alike. */

#include "engine/run/run.h"

run_progress_fn progress_line; /* ctx: struct cli * */

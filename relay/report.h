#pragma once
/* One structured log line for each decision: {"msg":"decision","verdict","reason","point",...}. Of
 * what a reconcile meets, only for what it acts on, refuses, fails at or worries about: every
 * pass meets all points again. */

#include "relay/pass.h"

relay_report_fn relay_log_report; /* ctx is not used */

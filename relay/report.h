#pragma once
/* One structured log line for each decision: {"msg":"decision","verdict","reason","point",...}. */

#include "relay/pass.h"

relay_report_fn relay_log_report; /* ctx is not used */

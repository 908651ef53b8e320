#pragma once
/* Pieces of Prometheus's text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). */

#include "engine/base/strbuf.h"

/* NAME="VALUE", in which backslash, quote and line feed are escaped, and nothing else. */
void prometheus_add_label(struct strbuf *sb, const char *name, const char *value);

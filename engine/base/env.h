#pragma once
/* The process environment; the only place that asks for it. Values live as long as the process. */

const char *env_get(const char *name); /* NULL when unset or empty */

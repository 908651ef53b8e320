#include "engine/base/prometheus.h"

void prometheus_add_label(struct strbuf *sb, const char *name, const char *value)
{
    strbuf_addf(sb, "%s=\"", name);
    for (; *value; value++)
        if (*value == '\n')
            strbuf_add(sb, "\\n");
        else if (*value == '"' || *value == '\\')
            strbuf_addf(sb, "\\%c", *value);
        else
            strbuf_add_char(sb, *value);
    strbuf_add_char(sb, '"');
}

#include "engine/raise/finding.h"

#include "engine/aws/tags.h"

static bool has_prefix(const struct finding *finding, const char *attribute, const char *prefix)
{
    const char *text = value_get_str(finding->attributes, attribute);
    return text && str_starts(text, prefix);
}

bool finding_is_aws_own(const struct finding *finding)
{
    const char *type = finding->schema->type_name;
    if (str_eq(type, "aws_backup_vault"))
        return str_eq(finding->identifier, "Default") || has_prefix(finding, "name", "aws/");
    if (str_eq(type, "aws_backup_plan"))
        return has_prefix(finding, "name", "aws/");
    return str_eq(type, "aws_iam_role") && has_prefix(finding, "path", "/aws-service-role/");
}

const char *finding_owner(const struct finding *finding)
{
    return value_get_str(value_get(finding->attributes, "tags"), TAG_TOPOLOGY);
}

const char *finding_text(struct arena *arena, const struct finding *finding)
{
    const char *name = value_get_str(finding->attributes, "name");
    return arena_printf(arena, "the %s %s in %s%s%s", finding->schema->title,
                        name ? name : finding->identifier, finding->account->name,
                        finding->region ? " " : "", finding->region ? finding->region : "");
}

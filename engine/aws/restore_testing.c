#include "engine/aws/restore_testing.h"

static bool has_conditions(const struct value *selection)
{
    const struct value *conditions = value_get(selection, "protected_resource_conditions");
    return value_len(value_get(conditions, "string_equals")) > 0 ||
           value_len(value_get(conditions, "string_not_equals")) > 0;
}

bool restore_selection_check(const struct value *selection, const char **ret_why,
                             const char **ret_property)
{
    const struct value *arns = value_get(selection, "protected_resource_arns");
    bool conditions = has_conditions(selection);
    size_t stars = 0;
    for (size_t i = 0; i < value_len(arns); i++)
        stars += str_eq(value_str(value_item(arns, i)), "*");
    *ret_property = "protected_resource_arns";
    if (value_len(arns) == 0 && !conditions) {
        *ret_why = "protected_resource_arns or protected_resource_conditions must say which";
        *ret_property = NULL;
    } else if (stars > 0 && value_len(arns) > stars) {
        *ret_why = "`*` stands for all resources of the type: nothing stands beside it";
    } else if (conditions && value_len(arns) > stars) {
        *ret_why = "beside protected_resource_conditions AWS takes `*`, and no ARN";
    } else {
        return true;
    }
    return false;
}

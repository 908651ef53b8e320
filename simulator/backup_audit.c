/* Frameworks and report plans of AWS Backup Audit Manager: made, changed and deleted behind the
 * caller's back. Until that is done every other change is a conflict. */
#include "simulator/backup.h"

#include <ctype.h>
#include <string.h>

#include "simulator/tags.h"

#define NAME_MAX_LEN 256
#define DESCRIPTION_MAX_LEN 1024
#define DONE "COMPLETED"

/* The two kinds differ in their words and in what stands in them. */
struct kind {
    const char *store, *name, *arn, *description, *tags, *path, *list;
    const char *parts[2];                /* required at creation */
    const char *members[12];             /* of the description, in order */
    bool (*good)(struct sim_call *call); /* checks the parts of the input */
    const struct value *(*filled)(struct sim_call *call, const struct value *object);
};

static bool name_is_valid(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    bool good = len >= 1 && len <= NAME_MAX_LEN && isalpha((unsigned char)name[0]);
    for (size_t i = 0; good && i < len; i++)
        good = isalnum((unsigned char)name[i]) || name[i] == '_';
    return good;
}

static const char *name_of(const struct sim_call *call, const struct kind *kind)
{
    return call_str(call, kind->name);
}

static const struct value *own(struct sim_call *call, const struct kind *kind)
{
    return store_get(call->world, call->arena, kind->store, call->account, call->region,
                     name_of(call, kind));
}

static const struct value *own_or_missing(struct sim_call *call, const struct kind *kind)
{
    const struct value *object = own(call, kind);
    if (!object)
        backup_not_found(call, kind->path, name_of(call, kind));
    return object;
}

static bool description_good(struct sim_call *call, const struct kind *kind)
{
    const char *text = call_str(call, kind->description);
    bool good = !text || (strlen(text) <= DESCRIPTION_MAX_LEN && strspn(text, " ") < strlen(text));
    return good || backup_invalid(call, "Invalid %s", kind->description);
}

/* The object with a new status, and the moment at which AWS has done its work. */
static const struct value *deploying(struct sim_call *call, const struct kind *kind,
                                     const struct value *object, const char *status)
{
    const char *name = value_get_str(object, kind->name);
    object = value_with(call->arena, object, "DeploymentStatus", value_string(call->arena, status));
    store_put(call->world, kind->store, call->account, call->region, name, object);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Store", kind->store);
    map_put_str(&b, "Account", call->account);
    map_put_str(&b, "Region", call->region);
    map_put_str(&b, "Name", name);
    task_add(call->world, call->now + backup_durations.deploy_ms, "backup.deployed", map_end(&b));
    return object;
}

void backup_task_deployed(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *store = value_get_str(payload, "Store"), *name = value_get_str(payload, "Name");
    const char *account = value_get_str(payload, "Account");
    const char *region = value_get_str(payload, "Region");
    const struct value *object = store_get(world, arena, store, account, region, name);
    if (str_eq(value_get_str(object, "DeploymentStatus"), "DELETE_IN_PROGRESS"))
        store_delete(world, store, account, region, name);
    else if (object)
        store_put(world, store, account, region, name,
                  value_with(arena, object, "DeploymentStatus", value_string(arena, DONE)));
}

static const struct value *written(struct sim_call *call, const struct kind *kind,
                                   const struct value *object)
{
    bool timeless = str_eq(call->operation->name, "CreateFramework");
    const char *const members[] = {kind->name, kind->arn, timeless ? NULL : "CreationTime", NULL};
    return backup_public(call, object, members);
}

static bool create(struct sim_call *call, const struct kind *kind)
{
    const char *name = call_need(call, kind->name), *token = call_str(call, "IdempotencyToken");
    if (!name)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kind->parts) && kind->parts[i]; i++)
        if (!call_get(call, kind->parts[i]))
            return call_error(call, 400, "MissingParameterValueException",
                              "Missing required parameter: %s", kind->parts[i]);
    const struct value *old = own(call, kind), *tags = call_get(call, kind->tags);
    const char *old_token = value_get_str(old, "IdempotencyToken");
    if (old && token && str_eq(token, old_token))
        return call_answer(call, written(call, kind, old));
    if (old)
        return backup_exists(call, value_get_str(old, kind->arn), old_token, "%s %s already exists",
                             kind->path, name);
    const char *why = tags ? tags_refused(call->arena, tags) : NULL;
    if (!name_is_valid(name))
        return backup_invalid(call, "Invalid %s: %s", kind->name, name);
    if (why)
        return backup_invalid(call, "%s", why);
    if (!description_good(call, kind) || !kind->good(call))
        return false;
    const char *id = id_uuid(call->world, call->arena);
    struct map_builder none = map_begin(call->arena);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, kind->name, name);
    map_put_str(&b, kind->arn, call_arn(call, "backup", "%s:%s-%s", kind->path, name, id));
    map_put(&b, kind->description, call_get(call, kind->description));
    for (size_t i = 0; i < ARRAY_LEN(kind->parts) && kind->parts[i]; i++)
        map_put(&b, kind->parts[i], call_get(call, kind->parts[i]));
    map_put_int(&b, "CreationTime", call->now);
    map_put_str(&b, "IdempotencyToken", token);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    const struct value *object =
        deploying(call, kind, kind->filled(call, map_end(&b)), "CREATE_IN_PROGRESS");
    return call_answer(call, written(call, kind, object));
}

/* Refused while AWS is still busy with the last change. */
static const struct value *idle_or_busy(struct sim_call *call, const struct kind *kind)
{
    const struct value *object = own_or_missing(call, kind);
    const char *status = value_get_str(object, "DeploymentStatus");
    if (!object || str_eq(status, DONE))
        return object;
    call_error(call, 400, "ConflictException", "%s %s cannot be changed: %s", kind->path,
               name_of(call, kind), status);
    return NULL;
}

static bool update(struct sim_call *call, const struct kind *kind)
{
    const struct value *object = idle_or_busy(call, kind);
    if (!object || !description_good(call, kind) || !kind->good(call))
        return false;
    struct map_builder b = map_begin_from(call->arena, object);
    map_put(&b, kind->description, call_get(call, kind->description));
    for (size_t i = 0; i < ARRAY_LEN(kind->parts) && kind->parts[i]; i++)
        map_put(&b, kind->parts[i], call_get(call, kind->parts[i]));
    object = deploying(call, kind, kind->filled(call, map_end(&b)), "UPDATE_IN_PROGRESS");
    return call_answer(call, written(call, kind, object));
}

static bool delete (struct sim_call *call, const struct kind *kind)
{
    const struct value *object = idle_or_busy(call, kind);
    if (!object)
        return false;
    deploying(call, kind, object, "DELETE_IN_PROGRESS");
    return call_answer(call, NULL);
}

static bool list(struct sim_call *call, const struct kind *kind,
                 const struct value *(*shown)(struct sim_call *call, const struct value *object))
{
    struct objects rows = {0};
    const char *next = NULL;
    if (!store_page(call, kind->store, NULL, "NextToken", "MaxResults", 1000, &rows, &next))
        return backup_invalid(call, "Invalid value for NextToken");
    struct list_builder items = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&items, shown(call, rows.items[i].body));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, kind->list, list_end(&items));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* ---- frameworks ---- */

static bool controls_good(struct sim_call *call)
{
    const struct value *controls = call_get(call, "FrameworkControls");
    if (controls && value_len(controls) == 0)
        return backup_invalid(call, "A framework needs at least one control");
    for (size_t i = 0; i < value_len(controls); i++) {
        const char *name = value_get_str(value_item(controls, i), "ControlName");
        if (!name || strlen(name) < 1 || strlen(name) > NAME_MAX_LEN)
            return backup_invalid(call, "Invalid ControlName");
    }
    return true;
}

/* A control without a scope judges everything that it can; one without parameters has none. */
static const struct value *controls_filled(struct sim_call *call, const struct value *object)
{
    struct arena *arena = call->arena;
    const struct value *controls = value_get(object, "FrameworkControls");
    struct list_builder items = list_begin(arena), none = list_begin(arena);
    struct list_builder types = list_begin(arena);
    list_add_str(&types, "RDS");
    list_add_str(&types, "EBS");
    struct map_builder scope = map_begin(arena);
    map_put(&scope, "ComplianceResourceTypes", list_end(&types));
    const struct value *everything = map_end(&scope), *empty = list_end(&none);
    for (size_t i = value_len(controls); i-- > 0;) { /* in an order of AWS's own */
        const struct value *control = value_item(controls, i);
        struct map_builder b = map_begin_from(arena, control);
        if (!value_get(control, "ControlInputParameters"))
            map_put(&b, "ControlInputParameters", empty);
        if (!value_get(control, "ControlScope"))
            map_put(&b, "ControlScope", everything);
        list_add(&items, map_end(&b));
    }
    return value_with(arena, object, "FrameworkControls", list_end(&items));
}

static const struct kind framework = {
    .store = "backup.framework",
    .name = "FrameworkName",
    .arn = "FrameworkArn",
    .description = "FrameworkDescription",
    .tags = "FrameworkTags",
    .path = "framework",
    .list = "Frameworks",
    .parts = {"FrameworkControls"},
    .members = {"FrameworkName", "FrameworkArn", "FrameworkDescription", "FrameworkControls",
                "CreationTime", "DeploymentStatus", "IdempotencyToken"},
    .good = controls_good,
    .filled = controls_filled,
};

bool backup_create_framework(struct sim_call *call)
{
    return create(call, &framework);
}

bool backup_describe_framework(struct sim_call *call)
{
    const struct value *object = own_or_missing(call, &framework);
    if (!object)
        return false;
    struct map_builder b =
        map_begin_from(call->arena, backup_public(call, object, framework.members));
    map_put_str(&b, "FrameworkStatus", "ACTIVE");
    return call_answer(call, map_end(&b));
}

bool backup_update_framework(struct sim_call *call)
{
    return update(call, &framework);
}

bool backup_delete_framework(struct sim_call *call)
{
    return delete (call, &framework);
}

static const struct value *framework_in_list(struct sim_call *call, const struct value *object)
{
    static const char *const members[] = {"FrameworkName",        "FrameworkArn",
                                          "FrameworkDescription", "CreationTime",
                                          "DeploymentStatus",     NULL};
    struct map_builder b = map_begin_from(call->arena, backup_public(call, object, members));
    map_put_int(&b, "NumberOfControls", (int64_t)value_len(value_get(object, "FrameworkControls")));
    return map_end(&b);
}

bool backup_list_frameworks(struct sim_call *call)
{
    return list(call, &framework, framework_in_list);
}

/* ---- report plans ---- */

static const char *const templates[] = {"RESOURCE_COMPLIANCE_REPORT",
                                        "CONTROL_COMPLIANCE_REPORT",
                                        "BACKUP_JOB_REPORT",
                                        "COPY_JOB_REPORT",
                                        "RESTORE_JOB_REPORT",
                                        "SCAN_JOB_REPORT",
                                        NULL};

static bool report_good(struct sim_call *call)
{
    const struct value *setting = call_get(call, "ReportSetting");
    const struct value *channel = call_get(call, "ReportDeliveryChannel");
    const char *template = value_get_str(setting, "ReportTemplate");
    const struct value *frameworks = value_get(setting, "FrameworkArns");
    if (setting && (!template || !str_is_one_of(template, templates)))
        return backup_invalid(call, "Invalid ReportTemplate: %s", text_or(template, ""));
    bool on_compliance = template && str_ends(template, "_COMPLIANCE_REPORT");
    if (setting && on_compliance && value_len(frameworks) == 0)
        return backup_invalid(call, "A report of %s needs FrameworkArns", template);
    if (setting && !on_compliance && value_len(frameworks) > 0)
        return backup_invalid(call, "FrameworkArns do not go with %s", template);
    return !channel || value_get_str(channel, "S3BucketName") ||
           call_error(call, 400, "MissingParameterValueException",
                      "Missing required parameter: S3BucketName");
}

static const struct value *report_filled(struct sim_call *call, const struct value *object)
{
    const struct value *channel = value_get(object, "ReportDeliveryChannel");
    const struct value *setting = value_get(object, "ReportSetting");
    struct list_builder csv = list_begin(call->arena);
    list_add_str(&csv, "CSV");
    if (value_len(value_get(channel, "Formats")) == 0)
        channel = value_with(call->arena, channel, "Formats", list_end(&csv));
    int64_t frameworks = (int64_t)value_len(value_get(setting, "FrameworkArns"));
    setting =
        value_with(call->arena, setting, "NumberOfFrameworks", value_int(call->arena, frameworks));
    object = value_with(call->arena, object, "ReportDeliveryChannel", channel);
    return value_with(call->arena, object, "ReportSetting", setting);
}

static const struct kind report_plan = {
    .store = "backup.report_plan",
    .name = "ReportPlanName",
    .arn = "ReportPlanArn",
    .description = "ReportPlanDescription",
    .tags = "ReportPlanTags",
    .path = "report-plan",
    .list = "ReportPlans",
    .parts = {"ReportDeliveryChannel", "ReportSetting"},
    .members = {"ReportPlanArn", "ReportPlanName", "ReportPlanDescription", "ReportSetting",
                "ReportDeliveryChannel", "DeploymentStatus", "CreationTime"},
    .good = report_good,
    .filled = report_filled,
};

bool backup_create_report_plan(struct sim_call *call)
{
    return create(call, &report_plan);
}

static const struct value *report_shown(struct sim_call *call, const struct value *object)
{
    return backup_public(call, object, report_plan.members);
}

bool backup_describe_report_plan(struct sim_call *call)
{
    const struct value *object = own_or_missing(call, &report_plan);
    if (!object)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "ReportPlan", report_shown(call, object));
    return call_answer(call, map_end(&b));
}

bool backup_update_report_plan(struct sim_call *call)
{
    return update(call, &report_plan);
}

bool backup_delete_report_plan(struct sim_call *call)
{
    return delete (call, &report_plan);
}

bool backup_list_report_plans(struct sim_call *call)
{
    return list(call, &report_plan, report_shown);
}

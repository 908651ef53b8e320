#include "engine/config/lower.h"

/* In this order, since relays and restores read what became of vaults, roles and plans. */
static const struct {
    const char *section;
    lower_fn *lower;
} sections[] = {
    {"region_settings", lower_region_settings},
    {"keys", lower_keys},
    {"vaults", lower_vaults},
    {"roles", lower_roles},
    {"queues", lower_queues},
    {"topics", lower_topics},
    {"buses", lower_buses},
    {"functions", lower_functions},
    {"plans", lower_plans},
    {"relays", lower_relays},
    {"restores", lower_restores},
    {"rules", lower_rules},
    {"alarms", lower_alarms},
    {"resources", lower_resources},
};

void lower(struct lowering *lw)
{
    lower_organization(lw);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        for (size_t j = 0; j < lw->entries.len; j++) {
            const struct entry *entry = lw->entries.entries[j].value;
            if (str_eq(entry->section, sections[i].section))
                sections[i].lower(lw, entry);
        }
}

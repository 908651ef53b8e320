#include "engine/cli/progress.h"

#include "engine/cli/cli.h"

void progress_line(void *ctx, const struct run_event *event)
{
    static const char *const done[] = {
        [ACTION_NONE] = "unchanged", [ACTION_CREATE] = "created", [ACTION_ADOPT] = "adopted",
        [ACTION_UPDATE] = "updated", [ACTION_DELETE] = "deleted", [ACTION_FORGET] = "forgotten"};
    struct cli *cli = ctx;
    const char *address = event->change->address;
    switch (event->phase) {
    case RUN_STARTED: break;
    case RUN_DONE: cli_note(cli, "%-9s %s", done[event->change->action], address); break;
    case RUN_FAILED: cli_note(cli, "FAILED    %s", address); break;
    case RUN_SKIPPED: cli_note(cli, "skipped   %s", address); break;
    }
}

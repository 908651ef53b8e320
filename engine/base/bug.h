#pragma once
/* Programmer errors and exhaustion of memory end the process at once. That is safe here by design:
 * every mutating call is preceded by a committed intent, so a crash at any instruction is settled
 * by the next run (docs/ARCHITECTURE.md, "State"). */

/* Prints "BUG file:line: message" on stderr and aborts. */
_Noreturn void bug_at(const char *file, int line, const char *message);

#define BUG(message) bug_at(__FILE__, __LINE__, (message))
#define BUG_ON(condition)                                                                          \
    do {                                                                                           \
        if (condition)                                                                             \
            BUG(#condition);                                                                       \
    } while (0)

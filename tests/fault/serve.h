#pragma once

typedef int program_fn(int argc, char **argv);

/* Runs one command for each line of standard input, in a child of its own that begins with
 * everything loaded, and answers each with a line: its exit status, or minus the signal that ended
 * it. A line is a folder, "NAME=VALUE" of the environment, "--", and the arguments, separated by
 * tabs; the folder receives what the command prints, in the files "out" and "err". Until the end of
 * the input.
 *
 * A line "@", a folder and arguments runs them in the server itself, without anything that goes
 * wrong: what a command makes once and for all, every child after it finds made. */
int serve(program_fn *program);

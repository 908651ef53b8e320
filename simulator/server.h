#pragma once
/* A world over HTTP on 127.0.0.1: any SDK may talk to it. Several servers may face one world (the
 * inner one that a running function calls is one of its own), all in the caller's thread.
 *
 * Beside AWS's paths it has private ones, POST with a JSON body:
 *   /_holdfast/advance {"ms": N}      moves the clock -> {"now_ms"}: the time that every later
 *                                     request finds; it moves once this answer has been sent
 *   /_holdfast/dump {"stable": bool}  world_dump()
 *   /_holdfast/calls {}               world_calls()
 *   /_holdfast/timeline {}            world_timeline()
 *   /_holdfast/operations {}          what each service can be asked for: {service: [name]}
 *   /_holdfast/settings {name: text}  how hard the world is on its callers (world_seed())
 * and the Runtime API of Lambda for the function that runs (/2018-06-01/runtime/). */

#include "simulator/world.h"

struct sim_server;

/* port 0: a free one. On failure adds E_SERVE. */
MUST_CHECK bool server_start(struct world *world, unsigned port, struct sim_server **ret,
                             struct diags *diags);
unsigned server_port(const struct sim_server *server);
/* Answers what has come in, waiting for at most timeout_ms, then moves the clock where that was
 * asked for. What falls due by itself the caller runs: see world_step(). */
void server_poll(struct sim_server *server, int timeout_ms);
void server_stop(struct sim_server *server); /* accepts NULL */

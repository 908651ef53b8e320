#pragma once

/* Registers, as SQLite's default, a VFS over the system's own that lets what is done to the files
 * of databases fail, those of simulated worlds excepted. Once in a process, before any is opened.
 */
void faulty_sqlite_register(void);

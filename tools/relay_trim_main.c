/* Build tool: relay_trim IN OUT PREFIX... copies a shared library without its need of the libraries
 * whose names begin so. A distribution's libcurl brings LDAP, Kerberos and thirty libraries more;
 * the relay speaks HTTPS. What it would call of them it never calls, so the references become weak:
 * the loader leaves them empty instead of refusing the library. 64-bit ELF of this machine's byte
 * order. */

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"

struct library {
    char *data;
    size_t len;
};

/* The bytes of a table, if they lie within the file. */
static void *at(const struct library *lib, uint64_t offset, uint64_t size)
{
    return offset <= lib->len && size <= lib->len - offset ? lib->data + offset : NULL;
}

static const Elf64_Ehdr *header_of(const struct library *lib)
{
    const Elf64_Ehdr *header = at(lib, 0, sizeof(*header));
    bool known = header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                 header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_type == ET_DYN &&
                 header->e_shentsize == sizeof(Elf64_Shdr);
    return known ? header : NULL;
}

static const Elf64_Shdr *section_of(const struct library *lib, uint32_t type)
{
    const Elf64_Ehdr *header = header_of(lib);
    const Elf64_Shdr *sections =
        header ? at(lib, header->e_shoff, (uint64_t)header->e_shnum * sizeof(*sections)) : NULL;
    for (size_t i = 0; sections && i < header->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    return NULL;
}

static const char *linked_text(const struct library *lib, const Elf64_Shdr *section,
                               uint64_t offset)
{
    const Elf64_Ehdr *header = header_of(lib);
    const Elf64_Shdr *texts =
        at(lib, header->e_shoff + section->sh_link * sizeof(Elf64_Shdr), sizeof(*texts));
    const char *all = texts ? at(lib, texts->sh_offset, texts->sh_size) : NULL;
    bool ends = all && texts->sh_size > 0 && all[texts->sh_size - 1] == '\0';
    return ends && offset < texts->sh_size ? all + offset : "";
}

static bool is_unwanted(const char *name, char **prefixes)
{
    for (; *prefixes; prefixes++)
        if (str_starts(name, *prefixes))
            return true;
    return false;
}

/* Moves what stays to the front; the rest of the table is ends. */
static bool drop_needs(struct library *lib, char **prefixes)
{
    const Elf64_Shdr *section = section_of(lib, SHT_DYNAMIC);
    Elf64_Dyn *entries = section ? at(lib, section->sh_offset, section->sh_size) : NULL;
    size_t len = entries ? section->sh_size / sizeof(*entries) : 0, kept = 0;
    for (size_t i = 0; i < len; i++)
        if (entries[i].d_tag != DT_NEEDED ||
            !is_unwanted(linked_text(lib, section, entries[i].d_un.d_val), prefixes))
            entries[kept++] = entries[i];
    if (entries)
        memset(entries + kept, 0, (len - kept) * sizeof(*entries)); /* DT_NULL */
    return entries != NULL;
}

#define VERSIONS_MAX 0x8000 /* the highest bit of an index says that it is hidden */

/* The symbols of these versions have none any more: the loader looks for no library by them. */
static void forget_versions(struct library *lib, const bool *dropped)
{
    const Elf64_Shdr *section = section_of(lib, SHT_GNU_versym);
    Elf64_Half *versions = section ? at(lib, section->sh_offset, section->sh_size) : NULL;
    for (size_t i = 0; versions && i < section->sh_size / sizeof(*versions); i++)
        if (dropped[versions[i] % VERSIONS_MAX])
            versions[i] = VER_NDX_GLOBAL;
}

static void note_versions(const struct library *lib, const Elf64_Verneed *need, bool *dropped)
{
    uint64_t offset = (uint64_t)((const char *)need - lib->data) + need->vn_aux;
    for (size_t i = 0; i < need->vn_cnt; i++) {
        const Elf64_Vernaux *version = at(lib, offset, sizeof(*version));
        if (!version)
            return;
        dropped[version->vna_other % VERSIONS_MAX] = true;
        offset += version->vna_next;
    }
}

/* Takes the versions that are needed of unwanted libraries out of their chain. The first one's
 * place is known elsewhere, so that the next moves there. */
static bool drop_versions(struct library *lib, char **prefixes)
{
    static bool dropped[VERSIONS_MAX];
    const Elf64_Shdr *section = section_of(lib, SHT_GNU_verneed);
    uint64_t first = section ? section->sh_offset : 0, offset = first, before = 0;
    for (;;) {
        Elf64_Verneed *need = section ? at(lib, offset, sizeof(*need)) : NULL;
        if (!need)
            return false;
        uint64_t next = need->vn_next ? offset + need->vn_next : 0;
        bool unwanted = is_unwanted(linked_text(lib, section, need->vn_file), prefixes);
        if (unwanted)
            note_versions(lib, need, dropped);
        if (unwanted && offset == first && next) {
            Elf64_Word distance = need->vn_next;
            const Elf64_Verneed *follows = at(lib, next, sizeof(*follows));
            if (!follows)
                return false;
            *need = *follows;
            need->vn_aux += distance;
            need->vn_next += need->vn_next ? distance : 0;
            continue;
        }
        if (unwanted && before) {
            Elf64_Verneed *earlier = at(lib, before, sizeof(*earlier));
            earlier->vn_next = next ? (Elf64_Word)(next - before) : 0;
        } else {
            before = offset;
        }
        if (!next)
            break;
        offset = next;
    }
    forget_versions(lib, dropped);
    return true;
}

static bool weaken(struct library *lib)
{
    const Elf64_Shdr *section = section_of(lib, SHT_DYNSYM);
    Elf64_Sym *symbols = section ? at(lib, section->sh_offset, section->sh_size) : NULL;
    size_t len = symbols ? section->sh_size / sizeof(*symbols) : 0;
    for (size_t i = 0; i < len; i++)
        if (symbols[i].st_shndx == SHN_UNDEF && ELF64_ST_BIND(symbols[i].st_info) == STB_GLOBAL)
            symbols[i].st_info =
                (unsigned char)ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(symbols[i].st_info));
    return symbols != NULL;
}

int main(int argc, char **argv)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    struct slice text;
    diags_init(&diags, arena);
    if (argc < 3) {
        fputs("usage: relay_trim IN OUT PREFIX...\n", stderr);
        return 64;
    }
    bool ok = file_read(arena, argv[1], FILE_READ_MAX, &text, &diags);
    if (ok) {
        struct library lib = {arena_memdup(arena, text.ptr, text.len), text.len};
        if (!header_of(&lib) || !drop_needs(&lib, argv + 3) || !drop_versions(&lib, argv + 3) ||
            !weaken(&lib)) {
            fputs("relay_trim: this is no shared library that it knows\n", stderr);
            return 1;
        }
        ok = file_write_atomic(argv[2], (struct slice){lib.data, lib.len}, 0644, &diags);
    }
    for (size_t i = 0; i < diags.len; i++)
        fputs(diag_render(arena, &diags, &diags.items[i]), stderr);
    return ok ? 0 : 1;
}

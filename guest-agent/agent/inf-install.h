/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that install an INF share; everyone else uses registry.h. */
#ifndef AGENT_INF_INSTALL_H
#define AGENT_INF_INSTALL_H

#include "agent/inf.h"

struct installer {
    struct inf *inf;
    struct inf_install *inst;
    bool any_class;           /* not only network adapters */
    bool includes;            /* an Include directive was seen */
    const struct inf_line *model;
    GHashTable *copied;       /* folded names of files in CopyFiles */
    GError **error;
};

/* Set the error to "file:line: text"; returns false. */
bool inf_refuse(const struct installer *in, unsigned line, const char *text);

/* Last line of the section with this key; NULL if there is none. */
const struct inf_line *inf_entry(const struct inf_section *section,
                                 const char *key);

/*
 * inf-service.c: the AddService directives of a .Services section, and then
 * what Windows checks about the service, or stumbles over later.
 */
bool inf_run_services(struct installer *in,
                      const struct inf_section *section);
bool inf_check_service(const struct installer *in,
                       const struct inf_section *services);

/* inf-params.c: the defaults of Ndi\params become values of the key. */
void inf_apply_defaults(struct registry *reg);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one group of a plan: for plan.c and plan-step.c. */
#ifndef AGENT_PLAN_READ_H
#define AGENT_PLAN_READ_H

#include "agent/plan.h"

/* One group of the file, and where an error in it goes. */
struct plan_reader {
    GKeyFile *file;
    const char *group;
    GError **error;
};

/* All give false once they have set the error. */
bool plan_refuse(const struct plan_reader *r, const char *key,
                 const char *fmt, ...) G_GNUC_PRINTF(3, 4);
/* A decimal number lo..hi; `fallback` if the key is missing and allowed. */
bool plan_read_number(const struct plan_reader *r, const char *key,
                      uint64_t lo, uint64_t hi, const uint64_t *fallback,
                      uint64_t *value);
bool plan_read_u32(const struct plan_reader *r, const char *key, uint32_t lo,
                   uint32_t hi, const uint32_t *fallback, uint32_t *value);
/* A text that is not empty, and one that is an absolute path. */
bool plan_read_text(const struct plan_reader *r, const char *key,
                    char **value);
bool plan_read_path(const struct plan_reader *r, const char *key,
                    char **value);
/* Refuse keys that are not in the list: they would be ignored silently. */
bool plan_only_keys(const struct plan_reader *r, const char *const *known);

/* plan-step.c: the settings of a step whose kind is known. */
bool plan_step_kind(const char *name, enum plan_step_kind *kind);
bool plan_read_step(const struct plan_reader *r, struct plan_step *step);

#endif

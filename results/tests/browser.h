/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A headless Chromium, driven over the DevTools protocol.
 *
 * The browser gets a profile of its own, deleted afterwards. Everything it
 * complains about and every request it makes is kept. A call that gets no
 * answer in BROWSER_TIMEOUT_MS, or an error, ends the test program with a
 * message: there is nothing to go on with.
 */
#ifndef RESULTS_TESTS_BROWSER_H
#define RESULTS_TESTS_BROWSER_H

#include <glib.h>
#include <json-glib/json-glib.h>

#define BROWSER_TIMEOUT_MS 30000

typedef struct Browser Browser;

/* Start it, with one empty page. $CHROMIUM names another program. */
Browser *browser_start(void);
void browser_stop(Browser *b);

/* Call @method of the page with @params (JSON text); free the result. */
JsonObject *browser_call(Browser *b, const char *method, const char *params);

/* Load @path, a file, and wait until it has; forgets what was kept. */
void browser_open(Browser *b, const char *path);

/* Value of a JavaScript expression as text: "true", "12", ... */
char *browser_eval(Browser *b, const char *expression);

/* Press the left mouse button at the middle of what @selector finds. */
void browser_click(Browser *b, const char *selector);

/* Press a key; @key as in KeyboardEvent.key, @code its Windows key code. */
void browser_press(Browser *b, const char *key, int code);

/* Save what @method returns as Base64 in "data" to @file. */
void browser_save(Browser *b, const char *method, const char *params,
                  const char *file);

/* Since browser_open(): complaints, and URLs that were asked for. */
GPtrArray *browser_complaints(Browser *b);
GPtrArray *browser_requests(Browser *b);

#endif

# results: the tests of the report. See the top Makefile for the conventions.
#
# check-html runs them in a real Chromium and leaves pages and pictures in
# $(B)/results/html; CHROMIUM=<program> uses another one.

DEPS += libglib2.0-dev libxml2-dev libxslt1-dev libxml2-utils check \
        chromium poppler-utils libjson-glib-dev

RESULTS_PKGS := glib-2.0 gio-2.0 libxml-2.0 libxslt check
RESULTS_FLAGS = $(CFLAGS) -D_GNU_SOURCE -iquote rig $(shell pkg-config --cflags $(RESULTS_PKGS))
RESULTS_LIBS = $(shell pkg-config --libs $(RESULTS_PKGS)) -lm
RESULTS_REPORT := $(B)/results/rig/report.o $(B)/results/rig/paths.o
RESULTS_DATA := $(wildcard results/*.rng results/*.xsl results/*.css \
    results/*.js results/tests/golden/*/run.xml)

$(B)/results/rig/%.o: rig/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(RESULTS_FLAGS) -MMD -MP -c -o $@ $<

$(B)/results/%.o: results/tests/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(RESULTS_FLAGS) $(shell pkg-config --cflags json-glib-1.0) \
	    -MMD -MP -c -o $@ $<

$(B)/results/test-report: $(B)/results/test-report.o $(RESULTS_REPORT)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RESULTS_LIBS)

$(B)/results/test-browser: $(B)/results/test-browser.o \
    $(B)/results/browser.o $(RESULTS_REPORT)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RESULTS_LIBS) \
	    $(shell pkg-config --libs json-glib-1.0)

-include $(wildcard $(B)/results/*.d $(B)/results/rig/*.d)

.PHONY: check-units-results
check-units: check-units-results
check-units-results: $(B)/results/test-report $(RESULTS_DATA)
	$(Q)echo "  TEST  $<"
	$(Q)$< results

check-html: $(B)/results/test-browser $(RESULTS_DATA)
	$(Q)echo "  TEST  $<"
	$(Q)$< results $(B)/results/html

# results: the tests of the report. See the top Makefile for the conventions.
#
# check-html runs them in a real Chromium and leaves pages and pictures in
# $(B)/results/html; CHROMIUM=<program> uses another one.

DEPS += libglib2.0-dev libxml2-dev libxslt1-dev
CHECK_DEPS += check libjson-glib-dev chromium poppler-utils

RESULTS_DATA := $(wildcard results/*.rng results/*.xsl results/*.css \
    results/*.js results/tests/golden/*/run.xml)

$(B)/results/%.o: results/tests/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(RIG_CFLAGS) $(shell pkg-config --cflags check json-glib-1.0) \
	    -MMD -MP -c -o $@ $<

$(B)/results/test-report: $(B)/results/test-report.o $(B)/rig/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) $(shell pkg-config --libs check)

$(B)/results/test-browser: $(B)/results/test-browser.o \
    $(B)/results/browser.o $(B)/rig/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) \
	    $(shell pkg-config --libs check json-glib-1.0)

-include $(wildcard $(B)/results/*.d)

.PHONY: check-units-results
check-units: check-units-results
check-units-results: $(B)/results/test-report $(RESULTS_DATA)
	$(Q)echo "  TEST  $<"
	$(Q)$< results

check-html: $(B)/results/test-browser $(RESULTS_DATA)
	$(Q)echo "  TEST  $<"
	$(Q)$< results $(B)/results/html

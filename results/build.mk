# results: the tests of what is made from results. See the top Makefile for the
# conventions.
#
# check-html shows every page to a real Chromium, by Playwright, and leaves pages
# in $(B)/results/html; CHROMIUM=<program> uses another one. `make screenshots`
# takes the pictures of the README from the newest run.

DEPS += libglib2.0-dev libxml2-dev libxslt1-dev
CHECK_DEPS += check chromium poppler-utils
# Node.js from elsewhere than Debian brings npm in its own package, which
# conflicts with Debian's npm: what is there as a command is not installed.
ifeq ($(and $(shell command -v node 2>&1),$(shell command -v npm 2>&1)),)
CHECK_DEPS += nodejs npm
endif

RESULTS_DATA := $(wildcard results/*.rng results/*.xsl results/*.css \
    results/*.js results/tests/golden/*/*)
RESULTS_NODE := $(B)/results/node/node_modules/.package-lock.json
RESULTS_ENV = RIG=$(B)/rig/rig RESULTS=results OUT=$(B)/results/html
BROWSER_LIMIT := 600 # s; a test that fails may leave its browser
BROWSER_TESTS := $(wildcard results/tests/test-*.mjs)

$(B)/results/%.o: results/tests/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(RIG_CFLAGS) $(shell pkg-config --cflags check) \
	    -MMD -MP -c -o $@ $<

RESULTS_UNITS := $(B)/results/test-report $(B)/results/test-data
$(RESULTS_UNITS): %: %.o $(B)/rig/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) $(shell pkg-config --libs check)

-include $(wildcard $(B)/results/*.d)

.PHONY: check-units-results golden screenshots
check-units: check-units-results
check-units-results: $(RESULTS_UNITS) $(RESULTS_DATA)
	$(Q)for t in $(RESULTS_UNITS); do \
	    echo "  TEST  $$t"; $$t results || exit 1; done

# JUnit and SARIF of the golden runs as they are made now: after a change that
# is meant, beside which the diff is to be read.
golden: $(B)/results/test-data
	$(Q)$< results --write

# Exactly the versions of package-lock.json, outside the source tree.
$(RESULTS_NODE): results/tests/package.json results/tests/package-lock.json \
    results/tests/.npmrc
	$(Q)echo "  NPM   $(@D)"
	$(Q)rm -rf $(B)/results/node && mkdir -p $(B)/results/node
	$(Q)cp $^ $(B)/results/node
	$(Q)cd $(B)/results/node && npm ci --silent || { echo "check-html: npm" \
	    "could not fetch Playwright; it needs an npm registry, and nodejs" \
	    "and npm, which \"make deps\" installs" >&2; exit 1; }
	$(Q)touch $@

check-html: $(RESULTS_NODE) rig-program $(RESULTS_DATA)
	$(Q)for t in $(BROWSER_TESTS); do echo "  TEST  $$t"; \
	    $(RESULTS_ENV) timeout $(BROWSER_LIMIT) node $$t || exit 1; done

screenshots: $(RESULTS_NODE) rig-program
	$(Q)$(RESULTS_ENV) node results/tests/screenshots.mjs

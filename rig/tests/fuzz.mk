# `make fuzz-stream`: the monitor against libFuzzer, with clang's ASan and
# UBSan. FUZZ_SECONDS limits it; what it finds stays in build/fuzz/corpus.
# `make fuzz-parsers`: the PE loader, the INF parser, the plan reader, scenario
# and rule files, every other kind of XML that is read (fuzz-xml.c), panic events,
# dumps, RUNS inputs each, none of which may take 20 seconds (of a machine that
# may be busy).

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_DIR := build/fuzz
FUZZ_FLAGS := -std=gnu11 -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=undefined
FUZZ_LINK := $(FUZZ_FLAGS) -fsanitize=fuzzer
FUZZ_INCLUDES = $(filter -D% -I% -iquote rig rig/% guest-agent \
    guest-agent/include,$(RIG_CFLAGS))

# All of rig, once for the targets that need it.
FUZZ_RIG := $(RIG_SOURCES) $(RIG_GUEST_OBJECTS:$(B)/%.o=%.c) \
    rig/tests/stream-builder.c rig/tests/fixture.c
FUZZ_OBJECTS := $(FUZZ_RIG:%.c=$(FUZZ_DIR)/%.o)

.PHONY: fuzz-stream have-fuzz-cc
have-fuzz-cc:
	$(Q)command -v $(FUZZ_CC) >/dev/null || \
	    { echo "fuzzing needs clang: apt-get install clang"; exit 1; }

$(FUZZ_DIR)/%.o: %.c | have-fuzz-cc
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_INCLUDES) -MMD -MP -c -o $@ $<

$(FUZZ_DIR)/librig.a: $(FUZZ_OBJECTS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

FUZZ_WITH_RIG := stream scenario rule xml
$(FUZZ_WITH_RIG:%=$(FUZZ_DIR)/fuzz-%): $(FUZZ_DIR)/fuzz-%: \
    $(FUZZ_DIR)/rig/tests/fuzz-%.o $(FUZZ_DIR)/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(FUZZ_CC) $(FUZZ_LINK) -o $@ $^ $(RIG_LIBS)

-include $(FUZZ_OBJECTS:.o=.d) $(FUZZ_WITH_RIG:%=$(FUZZ_DIR)/rig/tests/fuzz-%.d)

# Streams of earlier runs are the best beginning.
fuzz-stream: $(FUZZ_DIR)/fuzz-stream
	$(Q)mkdir -p $(FUZZ_DIR)/corpus
	$(Q)for f in results/runs/*/vm-*/events.bin; do \
	    test -f $$f && head -c 16384 $$f > \
	    $(FUZZ_DIR)/corpus/$$(echo $$f | tr / -); done; true
	$(Q)RIG_HOME=$(CURDIR) $< -max_total_time=$(FUZZ_SECONDS) \
	    -max_len=16384 -timeout=20 -artifact_prefix=$(FUZZ_DIR)/ \
	    $(FUZZ_DIR)/corpus

# --- parsers -----------------------------------------------------------------

RUNS ?= 1000000
FUZZ_PARSERS := pe inf plan scenario rule panic dump agent

FUZZ_pe := rig/driver/driver-image.c rig/driver/driver-ndis.c \
    rig/driver/exports.c rig/driver/pe-check.c rig/driver/pe-file.c \
    rig/driver/instrument.c rig/driver/instrument-record.c \
    rig/driver/catalog.c rig/driver/der.c rig/base/read-file.c \
    guest-agent/ndis/pe.c
FUZZ_inf := $(wildcard guest-agent/agent/inf*.c) guest-agent/agent/registry.c \
    guest-agent/agent/windows-version.c
FUZZ_panic := rig/windows/bugcheck.c
FUZZ_dump := $(addprefix rig/windows/,bugcheck.c guest-dump.c minidump.c) \
    $(addprefix rig/agent/agent-,client.c link.c transfer.c) $(AGENT_PROTOCOL)
FUZZ_plan := guest-agent/agent/plan.c guest-agent/agent/plan-step.c \
    guest-agent/linux/pci.c
FUZZ_agent := guest-agent/protocol/crc32c.c guest-agent/protocol/fields.c \
    guest-agent/protocol/frame.c guest-agent/protocol/names.c

# The longest inputs, in bytes: above those of our own drivers.
FUZZ_LENGTH_pe := 131072
FUZZ_LENGTH_inf := 16384
FUZZ_LENGTH_plan := 8192
FUZZ_LENGTH_agent := 2048
FUZZ_LENGTH_scenario := 8192
FUZZ_LENGTH_rule := 16384
FUZZ_LENGTH_panic := 1024
FUZZ_LENGTH_dump := 256

# Our own drivers, without symbols, and their defects; plans of earlier runs.
FUZZ_SEEDS_pe = $(PROBE_SYS) $(SHIM_PROBE_SYS) $(wildcard build/drivers/*/*.sys)
FUZZ_SEEDS_inf = $(wildcard build/drivers/*/*.inf)
FUZZ_SEEDS_plan = rig/tests/fuzz-plan.ini \
    $(wildcard results/runs/*/vm-*/plan.ini)
FUZZ_SEEDS_panic = rig/tests/fuzz-panic.json
FUZZ_SEEDS_scenario = $(wildcard scenarios/*.xml)
FUZZ_SEEDS_rule = $(wildcard scenarios/rules/*.xml)

# XML grows from the words that its schema has.
FUZZ_FLAGS_scenario = -dict=$(FUZZ_DIR)/scenario.dict
FUZZ_FLAGS_rule = -dict=$(FUZZ_DIR)/rule.dict
$(FUZZ_DIR)/scenario.dict: scenarios/scenario.rng
$(FUZZ_DIR)/rule.dict: scenarios/rules/rule.rng
$(FUZZ_DIR)/%.dict:
	$(Q)mkdir -p $(@D)
	$(Q)grep -o '\(name="\|<value>\)[A-Za-z][A-Za-z0-9-]*' $< | \
	    sed 's/.*["<>]//; s/.*/"&"/' | sort -u > $@
$(FUZZ_DIR)/fuzz-scenario: | $(FUZZ_DIR)/scenario.dict
$(FUZZ_DIR)/fuzz-rule: | $(FUZZ_DIR)/rule.dict

# Those that need a few files only.
FUZZ_ALONE := pe inf plan panic dump agent
$(FUZZ_ALONE:%=$(FUZZ_DIR)/fuzz-%): $(FUZZ_DIR)/fuzz-%: \
    $(FUZZ_DIR)/rig/tests/fuzz-%.o
	$(Q)echo "  LD    $@"
	$(Q)$(FUZZ_CC) $(FUZZ_LINK) -o $@ $^ $(RIG_LIBS)
$(foreach p,$(FUZZ_ALONE),$(eval $(FUZZ_DIR)/fuzz-$(p): \
    $(FUZZ_$(p):%.c=$(FUZZ_DIR)/%.o)))

define fuzz_parser
.PHONY: fuzz-$(1)
fuzz-$(1): $(FUZZ_DIR)/fuzz-$(1) drivers $(PROBE_SYS)
	$$(Q)mkdir -p $(FUZZ_DIR)/$(1)
	$$(Q)for f in $$(FUZZ_SEEDS_$(1)); do \
	    to=$(FUZZ_DIR)/$(1)/seed-$$$$(echo $$$$f | tr / -); \
	    strip -o $$$$to $$$$f 2>/dev/null || cp $$$$f $$$$to; done; true
	$$(Q)RIG_HOME=$(CURDIR) $$< -runs=$(RUNS) \
	    -max_len=$(FUZZ_LENGTH_$(1)) $$(FUZZ_FLAGS_$(1)) -timeout=20 \
	    -rss_limit_mb=4096 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZ_DIR)/$(1)- $(FUZZ_DIR)/$(1)
endef
$(foreach parser,$(FUZZ_PARSERS),$(eval $(call fuzz_parser,$(parser))))

# Kinds of fuzz-xml.c, each with its schema; seeds are small ones that were
# written for it, and what tests and runs have left.
FUZZ_XML := suite known night bundle profile image run index
FUZZ_SCHEMA_suite := scenarios/suite.rng
FUZZ_SCHEMA_known := scenarios/known-issues.rng
FUZZ_SCHEMA_night := results/night.rng
FUZZ_SCHEMA_bundle := results/bundle.rng
FUZZ_SCHEMA_profile := scenarios/windows/profile.rng
FUZZ_SCHEMA_image := scenarios/windows/image.rng
FUZZ_SCHEMA_run := results/result.rng
FUZZ_SCHEMA_index := results/index.rng
FUZZ_SEEDS_night = $(wildcard results/tests/nights/nights/*/night.xml)
FUZZ_SEEDS_run = $(wildcard results/tests/golden/*/run.xml \
    results/tests/nights/runs/*/run.xml)
FUZZ_SEEDS_index = results/tests/nights/index.xml
FUZZ_MEMORY ?= /dev/shm

define fuzz_xml
$(FUZZ_DIR)/$(1).dict: $(FUZZ_SCHEMA_$(1))
.PHONY: fuzz-$(1)
fuzz-$(1): $(FUZZ_DIR)/fuzz-xml $(FUZZ_DIR)/$(1).dict
	$$(Q)mkdir -p $(FUZZ_DIR)/$(1)
	$$(Q)for f in $$(FUZZ_SEEDS_$(1)) $$(wildcard rig/tests/fuzz-xml/$(1).xml); do \
	    cp $$$$f $(FUZZ_DIR)/$(1)/seed-$$$$(echo $$$$f | tr / -); done
	$$(Q)RIG_HOME=$(CURDIR) RIG_FUZZ_XML=$(1) TMPDIR=$(FUZZ_MEMORY) $$< \
	    -runs=$(RUNS) -max_len=16384 -dict=$(FUZZ_DIR)/$(1).dict -timeout=20 \
	    -rss_limit_mb=4096 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZ_DIR)/$(1)- $(FUZZ_DIR)/$(1)
endef
$(foreach kind,$(FUZZ_XML),$(eval $(call fuzz_xml,$(kind))))

.PHONY: fuzz-parsers
fuzz-parsers: $(FUZZ_PARSERS:%=fuzz-%) $(FUZZ_XML:%=fuzz-%)

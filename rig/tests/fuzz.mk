# `make fuzz-stream`: the monitor against libFuzzer, with clang's ASan and
# UBSan. FUZZ_SECONDS limits it; what it finds stays in build/fuzz/corpus.
# `make fuzz-parsers`: the PE loader, the INF parser and the plan reader, RUNS
# inputs each, none of which may take 20 seconds (of a machine that may be busy).

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_DIR := build/fuzz
FUZZ_SOURCES := $(RIG_SOURCES) \
    $(RIG_GUEST_OBJECTS:$(B)/%.o=%.c) \
    rig/tests/stream-builder.c rig/tests/fuzz-stream.c
FUZZ_FLAGS := -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined

.PHONY: fuzz-stream
$(FUZZ_DIR)/fuzz-stream: $(FUZZ_SOURCES) $(wildcard rig/*/*.h)
	$(Q)command -v $(FUZZ_CC) >/dev/null || \
	    { echo "fuzz-stream needs clang: apt-get install clang"; exit 1; }
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(filter -D% -I% -iquote rig rig/% \
	    guest-agent guest-agent/include,$(RIG_CFLAGS)) -o $@ $(FUZZ_SOURCES) $(RIG_LIBS)

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
FUZZ_PARSERS := pe inf plan

FUZZ_pe := rig/driver/driver-image.c rig/driver/driver-ndis.c \
    rig/driver/exports.c rig/driver/pe-check.c \
    guest-agent/ndis/pe.c
FUZZ_inf := $(wildcard guest-agent/agent/inf*.c) guest-agent/agent/registry.c \
    guest-agent/agent/windows-version.c
FUZZ_plan := guest-agent/agent/plan.c guest-agent/agent/plan-step.c \
    guest-agent/linux/pci.c

# The longest inputs, in bytes: above those of our own drivers.
FUZZ_LENGTH_pe := 131072
FUZZ_LENGTH_inf := 16384
FUZZ_LENGTH_plan := 8192

# Our own drivers, without symbols, and their defects; plans of earlier runs.
FUZZ_SEEDS_pe = $(PROBE_SYS) $(wildcard build/drivers/*/*.sys)
FUZZ_SEEDS_inf = $(wildcard build/drivers/*/*.inf)
FUZZ_SEEDS_plan = rig/tests/fuzz-plan.ini \
    $(wildcard results/runs/*/vm-*/plan.ini)

define fuzz_parser
$(FUZZ_DIR)/fuzz-$(1): rig/tests/fuzz-$(1).c $(FUZZ_$(1))
	$$(Q)command -v $(FUZZ_CC) >/dev/null || \
	    { echo "fuzz-parsers needs clang: apt-get install clang"; exit 1; }
	$$(Q)mkdir -p $$(@D)
	$$(Q)echo "  CC    $$@"
	$$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $$(filter -I% -iquote rig rig/% \
	    guest-agent guest-agent/include,$$(RIG_CFLAGS)) -o $$@ $$^ $$(RIG_LIBS)

.PHONY: fuzz-$(1)
fuzz-$(1): $(FUZZ_DIR)/fuzz-$(1) drivers $(PROBE_SYS)
	$$(Q)mkdir -p $(FUZZ_DIR)/$(1)
	$$(Q)for f in $$(FUZZ_SEEDS_$(1)); do \
	    to=$(FUZZ_DIR)/$(1)/seed-$$$$(echo $$$$f | tr / -); \
	    strip -o $$$$to $$$$f 2>/dev/null || cp $$$$f $$$$to; done; true
	$$(Q)$$< -runs=$(RUNS) -max_len=$(FUZZ_LENGTH_$(1)) -timeout=20 \
	    -rss_limit_mb=4096 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZ_DIR)/$(1)- $(FUZZ_DIR)/$(1)
endef
$(foreach parser,$(FUZZ_PARSERS),$(eval $(call fuzz_parser,$(parser))))

.PHONY: fuzz-parsers
fuzz-parsers: $(FUZZ_PARSERS:%=fuzz-%)

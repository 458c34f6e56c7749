# `make fuzz-stream`: the monitor against libFuzzer, with clang's ASan and
# UBSan. FUZZ_SECONDS limits it; what it finds stays in build/fuzz/corpus.

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_DIR := build/fuzz
FUZZ_SOURCES := $(filter-out rig/main.c,$(wildcard rig/*.c)) \
    rig/tests/stream-builder.c rig/tests/fuzz-stream.c
FUZZ_FLAGS := -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined

.PHONY: fuzz-stream
$(FUZZ_DIR)/fuzz-stream: $(FUZZ_SOURCES) $(wildcard rig/*.h)
	$(Q)command -v $(FUZZ_CC) >/dev/null || \
	    { echo "fuzz-stream needs clang: apt-get install clang"; exit 1; }
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(filter -D% -I% -iquote rig guest-agent, \
	    $(RIG_CFLAGS)) -o $@ $(FUZZ_SOURCES) $(RIG_LIBS)

# Streams of earlier runs are the best beginning.
fuzz-stream: $(FUZZ_DIR)/fuzz-stream
	$(Q)mkdir -p $(FUZZ_DIR)/corpus
	$(Q)for f in results/runs/*/vm-*/events.bin; do \
	    test -f $$f && head -c 16384 $$f > \
	    $(FUZZ_DIR)/corpus/$$(echo $$f | tr / -); done; true
	$(Q)RIG_HOME=$(CURDIR) $< -max_total_time=$(FUZZ_SECONDS) \
	    -max_len=16384 -timeout=20 -artifact_prefix=$(FUZZ_DIR)/ \
	    $(FUZZ_DIR)/corpus

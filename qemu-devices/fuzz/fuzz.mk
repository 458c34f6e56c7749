# `make fuzz`: libFuzzer in QEMU against our devices, under ASan and UBSan.
#
# generic: QEMU's own fuzzer, which finds accesses to rig-nic by itself; rig:
# ours (rig-fuzz.c), for rig-nic and rig-tap, beginning with what the qtests do.
#
# Variables: SECONDS=<of each of the two, which run side by side; 60>
# FUZZ_CC=<clang>. What has been found is in build/fuzz/*/crash-...;
# `make fuzz-again INPUT=build/fuzz/rig/crash-...` runs it once more.

SECONDS ?= 60
FUZZ_CC ?= clang
DEVICE_FUZZ := build/fuzz
FUZZ_BUILD := $(DEVICE_FUZZ)/qemu
FUZZ_BIN := $(FUZZ_BUILD)/qemu-fuzz-x86_64
# Only `make fuzz` needs these.
FUZZ_DEPS := clang libclang-rt-dev llvm

FUZZ_CONFIGURE := $(filter-out --disable-debug-info, \
    $(QEMU_CONFIGURE)) --enable-fuzzing --enable-asan --enable-ubsan \
    --extra-cflags="-O1 -gline-tables-only" --cc="$(FUZZ_CC)"
FUZZ_NINJA := $(QEMU_ENV) flock $(FUZZ_BUILD)/lock ninja -C $(FUZZ_BUILD)

$(FUZZ_BUILD)/config.status: $(QEMU_SOURCE)/stamp qemu-devices/fuzz/fuzz.mk \
    qemu-devices/fuzz/instrumentation
	$(Q)command -v $(firstword $(filter-out ccache,$(FUZZ_CC))) > /dev/null || \
	    { echo "fuzz needs clang: apt-get install $(FUZZ_DEPS)" >&2; exit 1; }
	$(Q)qemu-devices/apply-overlay $(QEMU_SOURCE)
	$(Q)mkdir -p $(FUZZ_BUILD)
	$(Q)echo "  CONF  $(FUZZ_BUILD)"
	$(Q)cd $(FUZZ_BUILD) && $(QEMU_ENV) \
	    $(CURDIR)/$(QEMU_SOURCE)/qemu/configure $(FUZZ_CONFIGURE) \
	    > configure.log 2>&1 || { grep -B 5 ERROR configure.log >&2; \
	    echo "configure failed; see $(FUZZ_BUILD)/configure.log" >&2; exit 1; }
	$(Q)cp qemu-devices/fuzz/instrumentation $(FUZZ_BUILD)/instrumentation-filter
	$(Q)touch $@

# From scratch this takes a quarter of an hour on two cores.
$(FUZZ_BIN): $(FUZZ_BUILD)/config.status $(QEMU_OURS) $(QTEST_SOURCES) \
    $(wildcard qemu-devices/fuzz/*.c)
	$(Q)qemu-devices/apply-overlay $(QEMU_SOURCE)
	$(Q)echo "  QEMU  $@"
	$(Q)quiet=--quiet; [ ! -t 1 ] || quiet=; \
	    NINJA_STATUS='  QEMU  %p of %t steps, %es: ' \
	    $(FUZZ_NINJA) $$quiet qemu-fuzz-x86_64
	$(Q)mkdir -p $(FUZZ_BUILD)/qemu-bundle/usr/share
	$(Q)ln -sfn $(FIRMWARE_DIRS) $(FUZZ_BUILD)/qemu-bundle/usr/share/
	$(Q)touch $@

# What the qtests do, as inputs.
$(DEVICE_FUZZ)/seeds/stamp: $(QTEST_BINS) qemu-devices/fuzz/make-seeds
	$(Q)echo "  SEEDS $(@D)"
	$(Q)qemu-devices/fuzz/record-seeds $(QEMU_BIN) $(@D) \
	    $(filter-out %-order-test,$(QTEST_BINS))
	$(Q)touch $@

# The qtests once more, with a QEMU under ASan and UBSan.
.PHONY: check-qtest-sanitize
check-qtest-sanitize: $(FUZZ_BIN) $(QTEST_BINS) $(ORDER_GUEST)
	$(Q)$(FUZZ_NINJA) --quiet qemu-system-x86_64
	$(Q)LIMIT=1800 ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1 \
	    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	    RIG_ORDER_EVENTS=30000 qemu-devices/run-qtests \
	    $(FUZZ_BUILD)/qemu-system-x86_64 $(QTEST_BINS)

.PHONY: fuzz fuzz-again
fuzz: $(FUZZ_BIN) $(DEVICE_FUZZ)/seeds/stamp
	$(Q)qemu-devices/fuzz/run-fuzz $(FUZZ_BIN) $(DEVICE_FUZZ) $(SECONDS)

fuzz-again: $(FUZZ_BIN)
	$(Q)qemu-devices/fuzz/run-fuzz $(FUZZ_BIN) $(DEVICE_FUZZ) '$(INPUT)'

# Benchmarks: figures that are measured, never typed in.
#
# A benchmark NAME is one file here: NAME.sh, run with sh, or NAME.c, linked
# with the library of rig. It is run from the top directory once everything is
# built, says on stderr what it is doing, and prints one line for each figure:
#
#   name <tab> value <tab> unit <tab> ratio <tab> goal
#
# Both value and ratio are decimal numbers; ratio is "-" when nothing was
# measured beside it in the same run. The goal is "value" or "ratio", ">=" or
# "<=", and a number, or "-". rig/bench/table turns the lines of all benchmarks
# into one table and says which goals were met.

BENCH_SCRIPTS := $(patsubst rig/bench/%.sh,%,$(wildcard rig/bench/*.sh))
BENCH_PROGRAMS := $(patsubst rig/bench/%.c,%,$(wildcard rig/bench/*.c))
BENCHES := $(sort $(BENCH_SCRIPTS) $(BENCH_PROGRAMS))

$(BENCH_PROGRAMS:%=$(B)/bench/%): $(B)/bench/%: $(B)/rig/bench/%.o \
    $(B)/rig/librig.a
	$(Q)mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS)

-include $(BENCH_PROGRAMS:%=$(B)/rig/bench/%.d)

bench_command = $(if $(filter $(1),$(BENCH_SCRIPTS)),sh rig/bench/$(1).sh, \
    $(B)/bench/$(1))

.PHONY: bench $(BENCHES:%=bench-%)
bench: built bench-built $(BENCH_PROGRAMS:%=$(B)/bench/%)
	$(Q)rig/bench/table $(foreach b,$(BENCHES),'$(call bench_command,$(b))')

$(BENCHES:%=bench-%): bench-%: built bench-built \
    $(BENCH_PROGRAMS:%=$(B)/bench/%)
	$(Q)rig/bench/table '$(call bench_command,$*)'

# What benchmarks need beyond "make all" hangs on this.
.PHONY: bench-built
bench-built:

.PHONY: check-units-bench
check-units: check-units-bench
check-units-bench:
	$(Q)echo "  TEST  rig/bench/test-table"
	$(Q)rig/bench/test-table

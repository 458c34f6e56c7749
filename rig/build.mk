# The host program build/rig/rig and its units: all of RIG_ROOMS is in a
# library that main.c and each rig/tests/test-*.c are linked with.
# See the top Makefile for the conventions.
#
# base      files, XML, names, paths and progress, for every room
# scenario  scenario files: read, check, vary, write as the guest's plan
# driver    what is known of a .sys and its INF before it runs
# machine   one VM: domain, processes, root file system, tap, recorder
# stream    the record stream of the tap, and printing it
# rules     rule files and the engine that runs them
# monitor   from a stream to findings and verdicts
# bisect    the smallest failing plan, the first failing build
# sweep     every fault point of a driver, one after the other
# results   run.xml, report, detection matrix
# history   every run by scenario: what failed since when, and what changed
# agent     asks an agent in a guest: agent-protocol.h
# reproduce bundles of failures, and running them again
# windows   Windows guests: images, machine, runner, calibration
# run       `rig run`: machines one after the other, and `rig doctor`
# nightly   `rig nightly`: runs side by side from a suite; status, merge, attach

DEPS += libglib2.0-dev libvirt-dev libvirt-daemon-driver-qemu \
        libvirt-daemon-system libxml2-dev libxslt1-dev libsqlite3-dev \
        libpcap-dev libarchive-dev libjson-glib-dev man-db qemu-utils
CHECK_DEPS += check cpio gdb

RIG_PACKAGES := glib-2.0 gio-2.0 gio-unix-2.0 libvirt libvirt-qemu \
    libxml-2.0 libxslt libexslt sqlite3 libpcap json-glib-1.0 libarchive
RIG_ROOMS := base scenario driver machine stream rules monitor sweep results \
    history agent windows run nightly reproduce bisect
RIG_CFLAGS = $(CFLAGS) -D_GNU_SOURCE -iquote rig \
    $(RIG_ROOMS:%=-iquote rig/%) -iquote guest-agent \
    -iquote guest-agent/include -Iqemu-devices/include \
    $(shell pkg-config --cflags $(RIG_PACKAGES))
RIG_LIBS = $(shell pkg-config --libs $(RIG_PACKAGES)) -lm

RIG_SOURCES := $(wildcard $(RIG_ROOMS:%=rig/%/*.c))
RIG_OBJECTS := $(RIG_SOURCES:%.c=$(B)/%.o)
# The guest's own parsers: what they refuse there is refused here.
RIG_GUEST_OBJECTS := $(patsubst %.c,$(B)/%.o, \
    $(wildcard guest-agent/agent/inf*.c) guest-agent/agent/registry.c \
    guest-agent/agent/windows-version.c guest-agent/linux/pci.c \
    guest-agent/ndis/pe.c $(AGENT_PROTOCOL))
RIG_UNITS := $(patsubst rig/%.c,$(B)/rig/%,$(wildcard rig/tests/test-*.c))
RIG_UNIT_HELPERS := $(patsubst rig/%.c,$(B)/rig/%.o,$(filter-out \
    rig/tests/test-%.c rig/tests/fuzz-%.c,$(wildcard rig/tests/*.c)))

.PHONY: rig-program check-units-rig
all: rig-program
rig-program: $(B)/rig/rig

$(B)/rig/%.o: rig/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(RIG_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/rig/librig.a: $(RIG_OBJECTS) $(RIG_GUEST_OBJECTS)
	$(Q)echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/rig/rig: $(B)/rig/main.o $(B)/rig/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS)

$(RIG_UNITS): %: %.o $(RIG_UNIT_HELPERS) $(B)/rig/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) \
	    $(shell pkg-config --libs check)

# Real drivers to change.
$(B)/rig/tests/test-instrument.o: RIG_CFLAGS += -DBUILD_DIR='"$(B)"'
$(B)/rig/tests/test-instrument: | drivers $(SHIM_SYS)

# A real driver to look at.
$(B)/rig/tests/test-driver.o: RIG_CFLAGS += -DPROBE_SYS='"$(PROBE_SYS)"'
$(B)/rig/tests/test-driver: | $(PROBE_SYS)

# Every command's manual page, held against what the command says of itself,
# and what it does with options and with output that gets nowhere.
$(B)/rig/tests/test-manual.o $(B)/rig/tests/test-options.o: \
    RIG_CFLAGS += -DRIG_PROGRAM='"$(B)/rig/rig"'
$(B)/rig/tests/test-manual $(B)/rig/tests/test-options: | $(B)/rig/rig

# Tests find the schemas and rules through RIG_HOME.
check-units: check-units-rig
check-units-rig: $(RIG_UNITS)
	$(Q)for t in $^; do \
	    echo "  TEST  $$t"; RIG_HOME=$(CURDIR) $$t || exit 1; done

-include $(RIG_OBJECTS:.o=.d) $(RIG_GUEST_OBJECTS:.o=.d) $(B)/rig/main.d $(RIG_UNITS:=.d) \
    $(RIG_UNIT_HELPERS:.o=.d)

include rig/tests/vm/vm.mk
include rig/tests/agent/agent.mk
include rig/tests/vm/windows.mk
include rig/tests/fuzz.mk
include rig/bench/bench.mk

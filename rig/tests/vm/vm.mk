# VM tests: the rig as a user runs it, with real drivers in real VMs.
# Drivers that misbehave: $(B)/tests/vm/<name>/rignic.sys, with rignic's INF.

VM_TESTS := $(B)/tests/vm
VM_MISBEHAVE := crash-in-init crash-in-halt loop-in-init loop-in-halt \
    bugcheck-in-init unknown-import fail-driver-entry fast-fail stop-system \
    loop-at-dispatch loop-in-dpc wait-for-ever lock-twice stack-overflow \
    jump-to-null write-to-code execute-data divide-by-zero halt-processor \
    free-what-is-not leave-process leave-thread pause-for-ever oid-for-ever \
    touch-in-d3 oid-till-cancel hang-once remove-itself kill-agent sines

$(VM_TESTS)/%/rignic.sys: rig/tests/vm/misbehave.c rig/tests/vm/vm.mk
	$(Q)echo "  MINGW $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(DRIVER_CPPFLAGS) $(RIGNIC_CPPFLAGS) \
	    $(DRIVER_CFLAGS) $(DRIVER_LDFLAGS) \
	    -DMISBEHAVE=`echo $* | tr a-z- A-Z_` -o $@ $< $(DRIVER_LIBS)

$(VM_TESTS)/%/rignic.inf: $(RIGNIC_DIR)/rignic.inf
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

$(VM_TESTS)/%-test: rig/tests/vm/%-test.c rig/tests/vm/run-rig.c \
    rig/tests/vm/run-rig.h
	$(Q)echo "  CC    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RIG_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) \
	    $(shell pkg-config --libs glib-2.0 gio-2.0 libxml-2.0 check)

# A wall clock that jumps, for LD_PRELOAD.
$(VM_TESTS)/clock-jump.so: rig/tests/vm/clock-jump.c
	$(Q)echo "  CC    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -fPIC -o $@ $<

.PHONY: check-vm-rig
.SECONDARY: $(VM_MISBEHAVE:%=$(VM_TESTS)/%/rignic.sys) \
    $(VM_MISBEHAVE:%=$(VM_TESTS)/%/rignic.inf)
check-vm: check-vm-rig
check-vm-rig: all $(VM_TESTS)/vm-test $(VM_TESTS)/lost-test \
    $(VM_TESTS)/sweep-test $(VM_TESTS)/bisect-test \
    $(VM_TESTS)/nightly-test \
    $(VM_TESTS)/reproduce-test $(VM_TESTS)/snapshot-test \
    $(VM_MISBEHAVE:%=$(VM_TESTS)/%/rignic.sys) \
    $(VM_MISBEHAVE:%=$(VM_TESTS)/%/rignic.inf)
	$(Q)echo "  TEST  $(VM_TESTS)/vm-test"
	$(Q)RIG_HOME=$(CURDIR) RIG_DEMO='$(DEMO_FILES)' $(VM_TESTS)/vm-test
	$(Q)echo "  TEST  $(VM_TESTS)/lost-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/lost-test
	$(Q)echo "  TEST  $(VM_TESTS)/sweep-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/sweep-test
	$(Q)echo "  TEST  $(VM_TESTS)/bisect-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/bisect-test
	$(Q)echo "  TEST  $(VM_TESTS)/nightly-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/nightly-test
	$(Q)echo "  TEST  $(VM_TESTS)/reproduce-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/reproduce-test
	$(Q)echo "  TEST  $(VM_TESTS)/snapshot-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/snapshot-test

# The bar: N reruns of a failure, each with the identical event hash, whatever
# else the machine does. HOST_CPU=Nehalem: on that processor, with QEMU itself
# emulated; such a rerun takes some 20 times as long. The bundle of sines reruns
# what came before it in the same machine, too.
N ?= 100
HOST_CPU ?=
HOST_CPU_HOME := $(HOST_CPU:%=$(VM_TESTS)/host-cpu/%)
ifneq ($(HOST_CPU),)
CHECK_DEPS += qemu-user
endif
.PHONY: check-reproduce
check-reproduce: all $(VM_TESTS)/sines/rignic.sys $(VM_TESTS)/sines/rignic.inf
	$(Q)$(if $(HOST_CPU),rig/tests/vm/host-cpu $(HOST_CPU) $(HOST_CPU_HOME))
	$(Q)rm -rf $(VM_TESTS)/reproduce
	$(Q)$(B)/rig/rig run -q --results $(VM_TESTS)/reproduce \
	    scenarios/s01-attributes-fail-bare-return.xml rig/tests/vm/sines.xml
	$(Q)$(if $(HOST_CPU),RIG_HOME=$(HOST_CPU_HOME)) $(B)/rig/rig reproduce \
	    --results $(VM_TESTS)/reproduce --times $(N) \
	    $(VM_TESTS)/reproduce/runs/*/bundles/sines.tar.zst

# The same for a recording.
.PHONY: check-replay
check-replay: all
	$(Q)rm -rf $(VM_TESTS)/replay
	$(Q)$(B)/rig/rig run -q --record --results $(VM_TESTS)/replay \
	    scenarios/s01-attributes-fail-bare-return.xml
	$(Q)$(B)/rig/rig reproduce --replay --results $(VM_TESTS)/replay \
	    --times $(N) $(VM_TESTS)/replay/runs/*/bundles/*.tar.zst

# Linux's own drivers, each against rig-tap, by their own scenarios.
.PHONY: check-vm-linux
check-vm: check-vm-linux
check-vm-linux: all guest-linux
	$(Q)echo "  RUN   scenarios/linux-*.xml"
	$(Q)$(B)/rig/rig run -q --results $(VM_TESTS)/results \
	    $(sort $(wildcard scenarios/linux-*.xml))

# Kills, full disks, jumping clocks, Ctrl-C: nothing is lost.
.PHONY: check-nothing-lost
check-vm: check-nothing-lost
check-nothing-lost: all $(VM_TESTS)/nothing-lost-test \
    $(VM_TESTS)/clock-jump.so $(VM_TESTS)/kill-agent/rignic.sys \
    $(VM_TESTS)/kill-agent/rignic.inf
	$(Q)echo "  TEST  $(VM_TESTS)/nothing-lost-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/nothing-lost-test

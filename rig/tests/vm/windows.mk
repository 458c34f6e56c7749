# Windows guests, without Windows: units, and machines in which a Linux with the
# agent stands in for it (windows-test.c). agent.exe and the shim add theirs:
# check-windows-agent, check-vm-agent-*, check-windows-packages, -witnesses.

CHECK_DEPS += qemu-utils xorriso

STAND_IN := $(VM_TESTS)/stand-in.cpio

$(VM_TESTS)/stand-in: rig/tests/vm/stand-in.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -static -o $@ $<

# The guest of Linux's own drivers, with another PID 1 behind it.
$(STAND_IN): $(VM_TESTS)/stand-in $(RIG_AGENT) $(GUEST_LINUX)/initramfs.cpio
	$(Q)echo "  CPIO  $@"
	$(Q)rm -rf $@.root && mkdir -p $@.root
	$(Q)cp $(VM_TESTS)/stand-in $@.root/init
	$(Q)cp $(RIG_AGENT) $@.root/rig-agent
	$(Q)(cat $(GUEST_LINUX)/initramfs.cpio; cd $@.root && \
	    printf 'init\nrig-agent\n' | cpio -o -H newc --quiet) > $@.new
	$(Q)mv $@.new $@

# Cases of windows-test.c. Most of them wait for a guest, or for the time that a
# protocol allows: so they go on side by side, more than there are processors.
WINDOWS_CASES := dump restart shutdown sleep snapshots at-connect at-start \
    bug-check pvpanic steps
WINDOWS_AT_ONCE = $(shell expr 2 '*' $(JOBS))
WINDOWS_CHECKS := check-windows-agent check-vm-agent-serial \
    check-vm-agent-virtio $(WINDOWS_CASES:%=check-windows-%) \
    check-windows-witnesses check-windows-packages check-windows-units

.PHONY: check-windows check-windows-at-once check-windows-built \
    check-windows-units
check-windows: built
	+$(Q)$(MAKE) --no-print-directory -j$(JOBS) check-windows-built
	+$(Q)$(MAKE) --no-print-directory -j$(WINDOWS_AT_ONCE) \
	    --output-sync=target check-windows-at-once
check-windows-at-once: $(WINDOWS_CHECKS)
check-windows-built: all guest-linux guest-rig-agent sign shim drivers \
    $(STAND_IN) $(VM_TESTS)/windows-test $(B)/rig/tests/test-windows \
    $(B)/rig/tests/test-guest-dump $(AGENT_TEST) $(WINE_PREFIX)/ready

check-windows-units: check-windows-built
	$(Q)for t in test-windows test-guest-dump; do \
	    echo "  TEST  $(B)/rig/tests/$$t"; \
	    RIG_HOME=$(CURDIR) $(B)/rig/tests/$$t || exit 1; done

.PHONY: $(WINDOWS_CASES:%=check-windows-%)
$(WINDOWS_CASES:%=check-windows-%): check-windows-%: check-windows-built
	$(Q)echo "  TEST  $(VM_TESTS)/windows-test $*"
	$(Q)RIG_HOME=$(CURDIR) CK_RUN_CASE=$* $(VM_TESTS)/windows-test

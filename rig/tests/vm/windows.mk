# Windows guests, without Windows: units, and machines in which a Linux with the
# agent stands in for it (windows-test.c). agent.exe and the shim add theirs:
# check-windows-agent, check-windows-shim.

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

.PHONY: check-windows check-windows-host
check-windows: check-windows-host check-windows-agent check-vm-agent \
    check-windows-shim
check-windows-host: all guest-linux $(STAND_IN) $(VM_TESTS)/windows-test \
    $(B)/rig/tests/test-windows
	$(Q)echo "  TEST  $(B)/rig/tests/test-windows"
	$(Q)RIG_HOME=$(CURDIR) $(B)/rig/tests/test-windows
	$(Q)echo "  TEST  $(VM_TESTS)/windows-test"
	$(Q)RIG_HOME=$(CURDIR) $(VM_TESTS)/windows-test

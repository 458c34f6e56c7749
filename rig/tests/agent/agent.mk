# `make check-agent`: one table of tests for every agent and every link. As a
# process here (a unit), under Wine (check-windows-agent), and in virtual
# machines over isa-serial and virtio-serial (check-vm-agent).

WINE ?= $(firstword $(wildcard /usr/lib/wine/wine64 /usr/lib/wine/wine) wine)
WINE_PREFIX := build/wine
CHECK_DEPS += wine64 wine

AGENT_TEST := $(B)/rig/tests/agent/agent-test
AGENT_TEST_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard rig/tests/agent/*.c))
$(AGENT_TEST_OBJECTS): RIG_CFLAGS += -DRIG_AGENT='"$(CURDIR)/$(RIG_AGENT)"' \
    -DWINE='"$(WINE)"' -DWINE_PREFIX='"$(CURDIR)/$(WINE_PREFIX)"' \
    -DWINDOWS_AGENT='"$(CURDIR)/$(WINDOWS_AGENT)"' \
    -DQEMU='"$(CURDIR)/$(QEMU_BIN)"' \
    -DVM_KERNEL='"$(CURDIR)/$(GUEST_AGENT)/vmlinuz"' \
    -DVM_INITRAMFS='"$(CURDIR)/$(GUEST_AGENT)/initramfs.cpio"'

$(AGENT_TEST): $(AGENT_TEST_OBJECTS) $(B)/rig/tests/run-suite.o \
    $(B)/rig/tests/dump-builder.o $(B)/rig/librig.a
	$(Q)echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RIG_LIBS) \
	    $(shell pkg-config --libs check) -lutil

-include $(AGENT_TEST_OBJECTS:.o=.d)

.PHONY: check-units-agent check-windows-agent check-vm-agent check-agent
check-units: check-units-agent
check-units-agent: $(AGENT_TEST) $(RIG_AGENT)
	$(Q)echo "  TEST  $(AGENT_TEST) local"
	$(Q)$(AGENT_TEST) local

# A Wine of its own, made once. It needs no screen.
$(WINE_PREFIX)/ready:
	$(Q)echo "  WINE  $(WINE_PREFIX)"
	$(Q)rm -rf $(WINE_PREFIX)
	$(Q)mkdir -p $(WINE_PREFIX)
	$(Q)env -u DISPLAY WINEPREFIX=$(CURDIR)/$(WINE_PREFIX) WINEDEBUG=-all \
	    WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe= \
	    timeout 300 $(WINE) wineboot -i >$(WINE_PREFIX)/log 2>&1 || \
	    { cat $(WINE_PREFIX)/log; exit 1; }
	$(Q)WINEPREFIX=$(CURDIR)/$(WINE_PREFIX) timeout 60 wineserver -w
	$(Q)touch $@

check-windows-agent: $(AGENT_TEST) $(WINDOWS_AGENT) $(WINE_PREFIX)/ready
	$(Q)echo "  TEST  $(AGENT_TEST) wine"
	$(Q)$(AGENT_TEST) wine

.PHONY: check-vm-agent-serial check-vm-agent-virtio
check-vm-agent: check-vm-agent-serial check-vm-agent-virtio
check-vm-agent-serial check-vm-agent-virtio: check-vm-agent-%: $(AGENT_TEST) \
    $(QEMU_BIN) guest-rig-agent
	$(Q)echo "  TEST  $(AGENT_TEST) vm-$*"
	$(Q)$(AGENT_TEST) vm-$*

check-agent: check-units-agent check-windows-agent check-vm-agent

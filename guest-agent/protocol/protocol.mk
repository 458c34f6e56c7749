# The agent that is talked to (agent-protocol.h): its core, its Linux half as a
# program, and what both sides of the conversation need.

# Of use to both sides.
AGENT_PROTOCOL := $(addprefix guest-agent/protocol/,crc32c.c fields.c frame.c \
    names.c platform-posix.c)

RIG_AGENT := $(GUEST)/rig-agent
RIG_AGENT_SOURCES := $(filter-out %-windows.c, \
    $(wildcard guest-agent/protocol/*.c guest-agent/posix/*.c)) \
    $(addprefix guest-agent/linux/,netdev.c pci.c system.c)
RIG_AGENT_OBJECTS := $(patsubst guest-agent/%,$(AGENT_OBJ)/%.o, \
    $(RIG_AGENT_SOURCES))

$(AGENT_OBJ)/protocol/%.o $(AGENT_OBJ)/posix/%.o: AGENT_CFLAGS += -D_GNU_SOURCE

$(RIG_AGENT): $(RIG_AGENT_OBJECTS)
	$(Q)mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) -static -no-pie -Wl,--no-warnings -o $@ $^ \
	    $(shell pkg-config --static --libs glib-2.0)

-include $(RIG_AGENT_OBJECTS:.o=.d)

# A guest that has nothing but the agent: to try it out in a real machine, over
# a COM port and over a virtio-serial port (rig/tests/agent).
GUEST_AGENT := $(GUEST)/rig-agent-guest
GUEST_AGENT_KERNEL := $(GUEST)/rig-agent-kernel
GUEST_AGENT_MODULES := $(addprefix agent:,virtio_ring virtio \
    virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover \
    net_failover virtio_net virtio_console)

$(GUEST_AGENT_KERNEL)/version: guest-agent/fetch-kernel
	$(Q)rm -f $@
	$(Q)echo "  FETCH the kernel of the agent's guest"
	$(Q)guest-agent/fetch-kernel $(GUEST_AGENT_KERNEL) \
	    linux-image-cloud-amd64 $(GUEST_AGENT_MODULES)

.PHONY: guest-rig-agent
guest-rig-agent: $(GUEST_AGENT)/vmlinuz $(GUEST_AGENT)/initramfs.cpio

$(GUEST_AGENT)/vmlinuz: $(GUEST_AGENT_KERNEL)/version
	$(Q)mkdir -p $(@D)
	$(Q)cp $(GUEST_AGENT_KERNEL)/vmlinuz $@

$(GUEST_AGENT)/initramfs.cpio: $(RIG_AGENT) $(GUEST_AGENT_KERNEL)/version
	$(Q)mkdir -p $(@D)
	$(call initramfs,$(GUEST_AGENT_KERNEL),$(RIG_AGENT))

# The guests: kernel, initramfs with the agent as PID 1, kernel command line.
# See the top Makefile for the conventions.
#
# The agent is a static program without sanitizers, whatever B is; kernels are
# fetched once. There are two guests: the everyday one, which runs .sys drivers
# on Debian's cloud kernel, and the one with Linux's own network drivers, which
# that kernel lacks (make guest-linux; tests and benchmarks ask for it).

GUEST := build/guest
GUEST_KERNEL := $(GUEST)/kernel
GUEST_LINUX := $(GUEST)/linux
GUEST_LINUX_KERNEL := $(GUEST)/linux-kernel
AGENT_OBJ := $(GUEST)/obj
AGENT := $(GUEST)/agent

DEPS += libglib2.0-dev libpcre2-dev cpio lz4 xz-utils binutils linux-libc-dev
CHECK_DEPS += check

# Quoted includes only: <linux/vfio.h> is the kernel's, "linux/vfio.h" ours.
AGENT_INCLUDES := -iquote guest-agent -iquote guest-agent/include \
    -iquote qemu-devices/include
GLIB_CFLAGS = $(shell pkg-config --cflags glib-2.0)
GLIB_LIBS = $(shell pkg-config --libs glib-2.0)
AGENT_CFLAGS = $(filter-out $(SAN),$(CFLAGS)) -fno-pie $(AGENT_INCLUDES) \
    $(GLIB_CFLAGS)

AGENT_SOURCES := $(wildcard guest-agent/agent/*.c guest-agent/linux/*.c \
    guest-agent/ndis/*.c guest-agent/ndis/*.S)
AGENT_OBJECTS := $(patsubst guest-agent/%,$(AGENT_OBJ)/%.o,$(AGENT_SOURCES))

.PHONY: guest guest-kernel-current
all: guest
guest: $(GUEST)/exports $(GUEST)/imports $(GUEST)/callbacks
guest: $(GUEST)/vmlinuz $(GUEST)/initramfs.cpio $(GUEST)/cmdline \
    $(GUEST)/kernel-version

$(AGENT_OBJ)/%.c.o: guest-agent/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $<"
	$(Q)$(CC) $(AGENT_CFLAGS) -MMD -MP -c -o $@ $<

$(AGENT_OBJ)/%.S.o: guest-agent/%.S
	$(Q)mkdir -p $(@D)
	$(Q)echo "  AS    $<"
	$(Q)$(CC) $(AGENT_CFLAGS) -MMD -MP -c -o $@ $<

# GLib's static library could look up users and hosts, which glibc warns about
# in a static program; nothing here asks it to.
$(AGENT): $(AGENT_OBJECTS)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) -static -no-pie -Wl,--no-warnings -o $@ $^ \
	    $(shell pkg-config --static --libs glib-2.0)

-include $(AGENT_OBJECTS:.o=.d)

# What rules can be about: rig lint compares.
$(GUEST)/exports $(GUEST)/imports $(GUEST)/callbacks: $(GUEST)/%: $(AGENT)
	$(Q)$(AGENT) --$* > $@

# VFIO for PCI and what it needs.
VFIO_MODULES := $(addprefix .:,irqbypass iommufd vfio vfio_virqfd \
    vfio_iommu_type1 vfio-pci-core vfio-pci)
# A directory for each driver that a scenario can name, and one for igb's VFs.
LINUX_MODULES := $(addprefix igb:,dca i2c-algo-bit igb) igbvf:igbvf \
    e1000e:e1000e vmxnet3:vmxnet3 $(addprefix virtio_net:,virtio_ring \
    virtio virtio_pci_legacy_dev virtio_pci_modern_dev failover \
    net_failover virtio_pci virtio_net)

# fetch-kernel does nothing when there is a kernel.
$(GUEST_KERNEL)/version: guest-agent/fetch-kernel
	$(Q)rm -f $@
	$(Q)echo "  FETCH the guest's kernel"
	$(Q)guest-agent/fetch-kernel $(GUEST_KERNEL) linux-image-cloud-amd64 \
	    $(VFIO_MODULES)

$(GUEST_LINUX_KERNEL)/version: guest-agent/fetch-kernel
	$(Q)rm -f $@
	$(Q)echo "  FETCH the kernel with Linux's network drivers"
	$(Q)guest-agent/fetch-kernel $(GUEST_LINUX_KERNEL) linux-image-amd64 \
	    $(VFIO_MODULES) $(LINUX_MODULES)

# An ELF file in spite of its name: QEMU takes both (see fetch-kernel).
$(GUEST)/vmlinuz: $(GUEST_KERNEL)/version
	$(Q)cp $(GUEST_KERNEL)/vmlinuz $@

$(GUEST)/kernel-version: $(GUEST_KERNEL)/version
	$(Q)cp $< $@

.PHONY: guest-linux
guest-linux: $(GUEST_LINUX)/vmlinuz $(GUEST_LINUX)/initramfs.cpio \
    $(GUEST_LINUX)/cmdline $(GUEST_LINUX)/kernel-version

$(GUEST_LINUX)/vmlinuz: $(GUEST_LINUX_KERNEL)/version
	$(Q)mkdir -p $(@D)
	$(Q)cp $(GUEST_LINUX_KERNEL)/vmlinuz $@

$(GUEST_LINUX)/kernel-version: $(GUEST_LINUX_KERNEL)/version
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

# The one line that the kernel gets. Besides the console and the IOMMU:
#   panic=-1              a panic ends the VM (-no-reboot) instead of hanging it
#   nokaslr               the same addresses in every run
#   hugepages=9           16 MiB of DMA memory for the agent, and its text
#   the rest              less work at start-up, 40 % of its processor time:
#     mitigations, rodata, init_on_alloc, apparmor, audit, lsm,
#     hardened_usercopy: the guest has no user to be protected from; psi,
#     cgroup_disable, nopat: nothing to account for at each fork, fault and
#     sleep; clearcpuid: under -icount QEMU runs string
#     instructions one step at a time, so no REP MOVS and STOS; nolapic_timer,
#     no_timer_check, tsc: no calibration loops; cryptomgr.notests and
#     initcall_blacklist: self-tests, tracing, certificates, BPF types.
$(GUEST)/cmdline: guest-agent/cmdline
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

# Besides, where Linux's drivers are at work:
#   ipv6.disable=1        no frames of the kernel's own when a link comes up
#   iomem=relaxed         the agent may read the MSI-X table of a bound function
$(GUEST_LINUX)/cmdline: guest-agent/cmdline
	$(Q)mkdir -p $(@D)
	$(Q)sed 's/$$/ ipv6.disable=1 iomem=relaxed/' $< > $@

# $(call initramfs,kernel directory,init): byte for byte the same from the same
# inputs; stripped, because it is read by the guest at every start. A plan may
# be appended: the size is a multiple of 4.
define initramfs
	$(Q)echo "  CPIO  $@"
	$(Q)rm -rf $(@D)/root
	$(Q)mkdir -p $(@D)/root/dev $(@D)/root/proc $(@D)/root/sys
	$(Q)strip -o $(@D)/root/init $(2)
	$(Q)cp -R $(1)/modules $(@D)/root/modules
	$(Q)find $(@D)/root -exec touch -h -d @0 {} +
	$(Q)(cd $(@D)/root && find . | LC_ALL=C sort | \
	    cpio -o -H newc --reproducible -R 0:0 --quiet) > $@
endef

$(GUEST)/initramfs.cpio: $(AGENT) $(GUEST_KERNEL)/version
	$(call initramfs,$(GUEST_KERNEL),$(AGENT))

$(GUEST_LINUX)/initramfs.cpio: $(AGENT) $(GUEST_LINUX_KERNEL)/version
	$(call initramfs,$(GUEST_LINUX_KERNEL),$(AGENT))

# --- units ------------------------------------------------------------------

AGENT_UNITS := inf registry plan marker watchdog interrupts sweep
AGENT_UNIT_BINS := $(AGENT_UNITS:%=$(B)/guest-agent/test-%)
AGENT_UNIT_FLAGS = $(CFLAGS) $(AGENT_INCLUDES) $(GLIB_CFLAGS) \
    $(shell pkg-config --cflags check)

$(B)/guest-agent/%.o: guest-agent/%.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(AGENT_UNIT_FLAGS) -MMD -MP -c -o $@ $<

UNIT_inf := $(patsubst guest-agent/%.c,%.o, \
    $(wildcard guest-agent/agent/inf*.c)) agent/registry.o \
    agent/windows-version.o
UNIT_registry := agent/registry.o
UNIT_plan := agent/plan.o agent/plan-step.o linux/pci.o
UNIT_sweep := agent/sweep.o agent/plan.o agent/plan-step.o linux/pci.o
UNIT_marker := agent/marker.o linux/pci.o
UNIT_watchdog := agent/watchdog.o
UNIT_interrupts := linux/interrupts.o linux/pci.o

define agent_unit
$(B)/guest-agent/test-$(1): $(B)/guest-agent/tests/test-$(1).o \
    $(UNIT_$(1):%=$(B)/guest-agent/%)
	$$(Q)echo "  LD    $$@"
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(shell pkg-config --libs check) \
	    $$(GLIB_LIBS)
-include $(B)/guest-agent/tests/test-$(1).d \
    $(patsubst %.o,$(B)/guest-agent/%.d,$(UNIT_$(1)))
endef
$(foreach unit,$(AGENT_UNITS),$(eval $(call agent_unit,$(unit))))

.PHONY: check-units-guest-agent
check-units: check-units-guest-agent
check-units-guest-agent: $(AGENT_UNIT_BINS)
	$(Q)for t in $^; do echo "  TEST  $$t"; $$t || exit 1; done

include guest-agent/protocol/protocol.mk
include guest-agent/windows/windows.mk
include guest-agent/windows/shim/shim.mk
include guest-agent/windows/sign.mk
include guest-agent/ndis/tests.mk
include guest-agent/bench/bench.mk
include guest-agent/nested/nested.mk

# A physical function under watch, as far as a machine without an IOMMU can show
# it: in a guest with an emulated IOMMU, QEMU has that guest's igb through
# vfio-pci, rig-tap watches it, and Linux's own driver serves it in the inner
# guest. Two QEMUs, one inside the other, both TCG: this takes minutes, and the
# inner guest is so much slower than the NIC that messages merge before it takes
# them. So the counts may be inconclusive (3); all else has to agree.

GUEST_NESTED := $(GUEST)/nested
NESTED_FIRMWARE := /usr/share/seabios/bios-256k.bin \
    $(addprefix /usr/share/qemu/,kvmvapic.bin pvh.bin linuxboot_dma.bin)

guest: $(GUEST_NESTED)/init

$(GUEST_NESTED)/init: $(AGENT_OBJ)/nested/init.c.o $(AGENT_LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) -static -no-pie -Wl,--no-warnings -o $@ $^ \
	    $(shell pkg-config --static --libs glib-2.0)

-include $(AGENT_OBJ)/nested/init.c.d

# The inner guest's plan stands behind its initramfs.
$(GUEST_NESTED)/initrd: $(GUEST_LINUX)/initramfs.cpio \
    guest-agent/nested/plan.ini
	$(Q)rm -rf $(@D)/plan
	$(Q)mkdir -p $(@D)/plan/plan
	$(Q)cp guest-agent/nested/plan.ini $(@D)/plan/plan/
	$(Q)(cd $(@D)/plan && find . | LC_ALL=C sort | \
	    cpio -o -H newc --reproducible -R 0:0 --quiet) | cat $< - > $@

$(GUEST_NESTED)/initramfs.cpio: $(GUEST_NESTED)/init $(GUEST_NESTED)/initrd \
    $(GUEST_LINUX)/vmlinuz $(GUEST_LINUX)/cmdline $(QEMU_BIN)
	$(Q)echo "  CPIO  $@"
	$(Q)rm -rf $(@D)/root
	$(Q)mkdir -p $(@D)/root/nested/lib $(@D)/root/nested/firmware
	$(Q)strip -o $(@D)/root/init $(GUEST_NESTED)/init
	$(Q)strip -o $(@D)/root/nested/qemu-system-x86_64 $(QEMU_BIN)
	$(Q)cp -L $$(ldd $(QEMU_BIN) | grep -o '/lib[^ ]*') $(@D)/root/nested/lib/
	$(Q)cp -L $(NESTED_FIRMWARE) $(@D)/root/nested/firmware/
	$(Q)cp $(filter %/initrd %/vmlinuz %/cmdline,$^) $(@D)/root/nested/
	$(Q)(cd $(@D)/root && find . | LC_ALL=C sort | \
	    cpio -o -H newc --reproducible -R 0:0 --quiet) | \
	    cat $(GUEST_LINUX)/initramfs.cpio - > $@

.PHONY: check-vfio
check-vfio: built guest-linux $(GUEST_NESTED)/initramfs.cpio
	$(Q)echo "  TEST  vfio-pci in a nested machine; takes minutes"
	$(Q)guest-agent/nested/run $(QEMU_BIN) $(GUEST_LINUX) $(GUEST_NESTED)
	$(Q)$(RIG) judge $(GUEST_NESTED)/out/events.bin || [ $$? -eq 3 ]

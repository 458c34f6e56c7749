# The guest of the data-plane benchmark: the guest with Linux's own drivers,
# PID 1 is the benchmark, the sample miniport is in the initramfs.

GUEST_BENCH := $(GUEST)/bench

# All of the agent but its main program, and the protocol driver of its NDIS
# host, in whose place the benchmark's stands.
AGENT_LIBRARY := $(AGENT_OBJ)/agent.a
BENCH_OBJECTS := $(patsubst guest-agent/%,$(AGENT_OBJ)/%.o, \
    $(wildcard guest-agent/bench/*.c))

$(AGENT_LIBRARY): $(filter-out %/agent/main.c.o %/ndis/traffic.c.o, \
    $(AGENT_OBJECTS))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(GUEST_BENCH)/init: $(BENCH_OBJECTS) $(AGENT_LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) -static -no-pie -Wl,--no-warnings -o $@ $^ \
	    $(shell pkg-config --static --libs glib-2.0)

-include $(BENCH_OBJECTS:.o=.d)

# What is appended to the other guest's initramfs: later files replace earlier
# ones of the same name.
$(GUEST_BENCH)/initramfs.cpio: $(GUEST_BENCH)/init \
    $(GUEST_LINUX)/initramfs.cpio $(B)/drivers/clean/rignic.sys \
    $(B)/drivers/clean/rignic.inf
	$(Q)echo "  CPIO  $@"
	$(Q)rm -rf $(@D)/root
	$(Q)mkdir -p $(@D)/root/bench
	$(Q)strip -o $(@D)/root/init $<
	$(Q)cp $(filter %.sys %.inf,$^) $(@D)/root/bench/
	$(Q)(cd $(@D)/root && find . | LC_ALL=C sort | \
	    cpio -o -H newc --reproducible -R 0:0 --quiet) | \
	    cat $(GUEST_LINUX)/initramfs.cpio - > $@

# Compiled with everything else, so that it keeps up with what it is made of.
guest: $(GUEST_BENCH)/init

bench-built: guest-linux $(GUEST_BENCH)/initramfs.cpio

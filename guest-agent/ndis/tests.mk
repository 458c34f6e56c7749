# The NDIS host's unit tests; included by guest-agent/build.mk.
#
# test-host, test-exports and test-arena link the whole host, with a recorder
# for markers. The former two run code at fixed addresses, in the range that
# AddressSanitizer has for itself, so they are left out of the sanitizer pass.

PROBE_SYS := $(B)/guest-agent/probe.sys
NDIS_OBJECTS := $(patsubst guest-agent/%.c,%.o,$(wildcard guest-agent/ndis/*.c)) \
    $(patsubst guest-agent/%.c,%.o,$(wildcard guest-agent/linux/vfio*.c)) \
    linux/pci.o agent/registry.o agent/windows-version.o tests/recorder.o

UNIT_pe := ndis/pe.o
UNIT_emulate := ndis/emulate.o
UNIT_format := ndis/format.o
UNIT_stack := ndis/stack.o ndis/pe.o
UNIT_arena := $(NDIS_OBJECTS)
UNIT_absent := $(NDIS_OBJECTS)
UNIT_life := $(NDIS_OBJECTS)
UNIT_host := $(NDIS_OBJECTS)
UNIT_host-shim := $(NDIS_OBJECTS)
UNIT_shim := $(NDIS_OBJECTS)
UNIT_exports := $(NDIS_OBJECTS) tests/export-cases.o

NDIS_UNITS := pe emulate format stack arena \
    $(if $(filter 1,$(SANITIZE)),,absent life host host-shim shim \
    exports)

$(foreach unit,$(NDIS_UNITS),$(eval $(call agent_unit,$(unit))))

$(B)/guest-agent/tests/test-pe.o $(B)/guest-agent/tests/test-life.o \
    $(B)/guest-agent/tests/test-host.o: \
    AGENT_UNIT_FLAGS += -DPROBE_SYS='"$(PROBE_SYS)"'

# The same tests with the same driver, instrumented, beside rigshim.sys.
SHIM_PROBE_SYS := $(B)/guest-agent/shim/probe.sys
$(B)/guest-agent/tests/test-shim.o $(B)/guest-agent/tests/test-host-shim.o: \
    AGENT_UNIT_FLAGS += -DPROBE_SYS='"$(SHIM_PROBE_SYS)"'

$(B)/guest-agent/tests/test-host-shim.o: guest-agent/tests/test-host.c
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)$(CC) $(AGENT_UNIT_FLAGS) -MMD -MP -c -o $@ $<

$(SHIM_PROBE_SYS): $(PROBE_SYS) $(B)/rig/rig $(SHIM_SYS)
	$(Q)mkdir -p $(@D)
	$(Q)cp $(SHIM_SYS) $(@D)/
	$(Q)$(B)/rig/rig driver instrument $< -o $@ > /dev/null

# With relocations (it has absolute pointers) and no C library.
$(PROBE_SYS): guest-agent/tests/probe.c guest-agent/tests/probe.h \
    $(wildcard guest-agent/ndis/include/*.h)
	$(Q)echo "  MINGW $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(DRIVER_CPPFLAGS) $(RIGNIC_CPPFLAGS) \
	    $(DRIVER_CFLAGS) $(DRIVER_LDFLAGS) \
	    -o $@ $< $(DRIVER_LIBS)

.PHONY: check-units-ndis
check-units: check-units-ndis
check-units-ndis: $(NDIS_UNITS:%=$(B)/guest-agent/test-%) $(PROBE_SYS) \
    $(if $(filter 1,$(SANITIZE)),,$(SHIM_PROBE_SYS))
	$(Q)for t in $(filter-out %.sys,$^); do echo "  TEST  $$t"; \
	    $$t || exit 1; done

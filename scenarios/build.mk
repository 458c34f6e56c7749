# scenarios: the target miniports and their variants, as real x64 .sys files.
#
# $(B)/drivers/<variant>/rignic.sys with its .inf and .map, and beside it, where
# the second miniport has that variant, lineio.sys. Only the files in
# RIGNIC_SEEDED and LINEIO_SEEDED know about defects; the others are compiled
# once for all.

DEPS += gcc-mingw-w64-x86-64
CHECK_DEPS += libglib2.0-dev check

MINGW_CC ?= x86_64-w64-mingw32-gcc
MINGW_WINDRES ?= x86_64-w64-mingw32-windres

RIGNIC_DIR := scenarios/drivers/rignic
RIGNIC_SEEDED := adapter driver interrupt
RIGNIC_COMMON := attributes config dma hw oid rx state tx
RIGNIC_SEEDS := s01 s02 s03 s04 s05 s06 s07 s08 s09 s10 s11 s12 s13 s14 s15 \
    s16 s17 s18 s19 s20 s21 s22 s23 s24
RIGNIC_STYLES := c04 c05 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20
# Drivers of `rig calibrate`: never registers; fails, and fails with a leak; the
# same after a resume; and one that NDIS cannot finish to initialize.
RIGNIC_CALIBRATION := never fails fails-leaking resume-leaking unfinished
RIGNIC_VARIANTS := clean $(RIGNIC_STYLES) $(RIGNIC_SEEDS) $(RIGNIC_CALIBRATION)

# The correct driver in other styles.
RIGNIC_DEFINE_c04 := -DRIGNIC_STYLE=STYLE_TABLE
RIGNIC_DEFINE_c05 := -DRIGNIC_STYLE=STYLE_DEREGISTER_FIRST
RIGNIC_DEFINE_c11 := -DRIGNIC_STYLE=STYLE_HALT
RIGNIC_DEFINE_c12 := -DRIGNIC_STYLE=STYLE_COUNTERS
RIGNIC_DEFINE_c13 := -DRIGNIC_STYLE=STYLE_FEWER
RIGNIC_DEFINE_c14 := -DRIGNIC_STYLE=STYLE_RETRY
RIGNIC_DEFINE_c15 := -DRIGNIC_STYLE=STYLE_STRICT
RIGNIC_DEFINE_c16 := -DRIGNIC_STYLE=STYLE_EARLY
RIGNIC_DEFINE_c17 := -DRIGNIC_STYLE=STYLE_SYNCHRONIZE
RIGNIC_DEFINE_c18 := -DRIGNIC_STYLE=STYLE_HANDLES
RIGNIC_DEFINE_c19 := -DRIGNIC_STYLE=STYLE_ENTRY
RIGNIC_DEFINE_c20 := -DRIGNIC_STYLE=STYLE_REREAD
RIGNIC_DEFINE_never := -DRIGNIC_STYLE=STYLE_NEVER
RIGNIC_DEFINE_fails := -DRIGNIC_FAILS=FAILS_ALWAYS
RIGNIC_DEFINE_fails-leaking := -DRIGNIC_FAILS=FAILS_ALWAYS \
    -DRIGNIC_DEFECT=SEED_S01
RIGNIC_DEFINE_resume-leaking := -DRIGNIC_FAILS=FAILS_RESUMED \
    -DRIGNIC_DEFECT=SEED_S10
RIGNIC_DEFINE_unfinished := -DRIGNIC_FAILS=FAILS_UNFINISHED \
    -DRIGNIC_DEFECT=SEED_S09
# One seeded defect each: s01 is SEED_S01.
$(foreach s,$(RIGNIC_SEEDS),$(eval RIGNIC_DEFINE_$(s) := \
    -DRIGNIC_DEFECT=SEED_$(subst s,S,$(s))))

LINEIO_DIR := scenarios/drivers/lineio
LINEIO_SEEDED := line port
LINEIO_COMMON := attributes card entry frames requests
LINEIO_SEEDS := s01 s02 s04 s05 s06 s07 s08 s12 s14 s15 s18 s20 s21 s22
LINEIO_VARIANTS := clean $(LINEIO_SEEDS)
$(foreach s,$(LINEIO_SEEDS),$(eval LINEIO_DEFINE_$(s) := \
    -DLINEIO_DEFECT=SEED_$(subst s,S,$(s))))

DRIVER_CPPFLAGS := -Iguest-agent/ndis/include -Iqemu-devices/include \
    -D_AMD64_ -D_WIN64 -DNDIS_MINIPORT_DRIVER=1
RIGNIC_CPPFLAGS := -DNDIS630_MINIPORT=1 -D_WIN32_WINNT=0x0602 \
    -DNTDDI_VERSION=0x06020000
LINEIO_CPPFLAGS := -DNDIS620_MINIPORT=1 -D_WIN32_WINNT=0x0601 \
    -DNTDDI_VERSION=0x06010000
# -fno-strict-aliasing: driver source is written for a compiler without it.
DRIVER_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Wundef -Werror=undef \
    -ffreestanding -fno-builtin -fno-strict-aliasing -fno-stack-protector \
    -fno-ident -mno-red-zone
DRIVER_LDFLAGS := -nostdlib -Wl,--subsystem,native:6.2 \
    -Wl,--entry,DriverEntry -Wl,--image-base,0x140000000 \
    -Wl,--dynamicbase -Wl,--nxcompat -Wl,--high-entropy-va \
    -Wl,--no-insert-timestamp
DRIVER_LIBS := -lndis -lntoskrnl -lhal

$(B)/drivers/obj/mem.o: scenarios/drivers/mem.c
	$(Q)echo "  MINGW $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(DRIVER_CFLAGS) -fno-tree-loop-distribute-patterns \
	    -MMD -MP -c $< -o $@

# $(call driver,NAME,name): one miniport and all its variants.
define driver
$(B)/drivers/obj/$(2)/common/%.o: $($(1)_DIR)/%.c
	$$(Q)echo "  MINGW $$@"
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(MINGW_CC) $$(DRIVER_CPPFLAGS) $$($(1)_CPPFLAGS) \
	    $$(DRIVER_CFLAGS) -MMD -MP -c $$< -o $$@

$(B)/drivers/obj/$(2)/$(2).res.o: $($(1)_DIR)/$(2).rc
	$$(Q)echo "  RC    $$@"
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(MINGW_WINDRES) -O coff $$< $$@

$(1)_SHARED_OBJS := $($(1)_COMMON:%=$(B)/drivers/obj/$(2)/common/%.o) \
    $(B)/drivers/obj/mem.o $(B)/drivers/obj/$(2)/$(2).res.o
$(1)_INFS := $$(notdir $$(wildcard $($(1)_DIR)/*.inf))
$$(foreach v,$$($(1)_VARIANTS),$$(eval $$(call driver_variant,$(1),$(2),$$(v))))
endef

# $(call driver_variant,NAME,name,variant)
define driver_variant
$(B)/drivers/obj/$(2)/$(3)/%.o: $($(1)_DIR)/%.c scenarios/build.mk
	$$(Q)echo "  MINGW $$@"
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(MINGW_CC) $$(DRIVER_CPPFLAGS) $$($(1)_CPPFLAGS) \
	    $$($(1)_DEFINE_$(3)) $$(DRIVER_CFLAGS) -MMD -MP -c $$< -o $$@

$(B)/drivers/$(3)/$(2).sys: \
    $($(1)_SEEDED:%=$(B)/drivers/obj/$(2)/$(3)/%.o) $($(1)_SHARED_OBJS)
	$$(Q)echo "  LINK  $$@"
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(MINGW_CC) $$(DRIVER_LDFLAGS) -Wl,-Map,$$(@:.sys=.map) -o $$@ \
	    $$^ $$(DRIVER_LIBS)

$($(1)_INFS:%=$(B)/drivers/$(3)/%): $(B)/drivers/$(3)/%.inf: $($(1)_DIR)/%.inf
	$$(Q)mkdir -p $$(@D)
	$$(Q)cp $$< $$@

drivers: $(B)/drivers/$(3)/$(2).sys $($(1)_INFS:%=$(B)/drivers/$(3)/%)
endef
$(eval $(call driver,RIGNIC,rignic))
$(eval $(call driver,LINEIO,lineio))

# --- tests ---------------------------------------------------------------------
NDIS_LAYOUT := guest-agent/tests/ndis-layout.c
NDIS_LAYOUT_FLAGS := -std=gnu11 -Wall -Wextra -Iguest-agent/ndis/include -MMD -MP

$(B)/scenarios/ndis-layout.gcc.o: $(NDIS_LAYOUT)
	$(Q)echo "  CC    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(NDIS_LAYOUT_FLAGS) -c $< -o $@

$(B)/scenarios/ndis-layout.mingw.o: $(NDIS_LAYOUT)
	$(Q)echo "  MINGW $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(NDIS_LAYOUT_FLAGS) -ffreestanding -c $< -o $@

$(B)/scenarios/test-drivers: scenarios/tests/test-drivers.c
	$(Q)echo "  CC    $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $$(pkg-config --cflags glib-2.0 check) -MMD -MP \
	    $< -o $@ $(LDFLAGS) $$(pkg-config --libs glib-2.0 check)

# Recall and false alarms; CYCLES=N: over at least N clean cycles.
CYCLES ?= 0
.PHONY: check-detection
check-detection: all
	$(Q)scenarios/check-detection $(B)/rig/rig $(B)/detection $(CYCLES)

# The smallest plan of every seeded defect; minutes.
.PHONY: check-bisect
check-bisect: all
	$(Q)scenarios/check-bisect $(B)/rig/rig $(B)/bisect

.PHONY: drivers check-units-drivers
all: drivers
check-units: check-units-drivers
check-units-drivers: drivers $(B)/scenarios/test-drivers \
    $(B)/scenarios/ndis-layout.gcc.o $(B)/scenarios/ndis-layout.mingw.o
	$(Q)$(B)/scenarios/test-drivers $(B)/drivers

-include $(wildcard $(B)/drivers/obj/*/*/*.d $(B)/drivers/obj/*.d \
    $(B)/scenarios/*.d)

# rigshim.sys: build/windows/rigshim/rigshim.sys, with its INF and its map.
# See the top Makefile for the conventions; compiled like the sample drivers.

SHIM_DIR := guest-agent/windows/shim
SHIM_OUT := $(B)/windows/rigshim
SHIM_OBJECTS := $(patsubst $(SHIM_DIR)/%.c,$(SHIM_OUT)/obj/%.o, \
    $(wildcard $(SHIM_DIR)/*.c))
SHIM_SYS := $(SHIM_OUT)/rigshim.sys
SHIM_CPPFLAGS = $(DRIVER_CPPFLAGS) $(RIGNIC_CPPFLAGS) -Iguest-agent/include

.PHONY: shim
all: shim
shim: $(SHIM_SYS) $(SHIM_OUT)/rigshim.inf

$(SHIM_OUT)/obj/%.o: $(SHIM_DIR)/%.c
	$(Q)echo "  MINGW $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(SHIM_CPPFLAGS) $(DRIVER_CFLAGS) -MMD -MP -c $< -o $@

$(SHIM_OUT)/obj/rigshim.def: $(SHIM_DIR)/rigshim.def.h \
    guest-agent/include/rigshim.h
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(SHIM_CPPFLAGS) -E -P -xc $< | \
	    sed '1,/^SHIM_DEFINITION/d' > $@

$(SHIM_OUT)/obj/rigshim.res.o: $(SHIM_DIR)/rigshim.rc
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_WINDRES) -O coff $< $@

# With relocations, for its tables; the .def file says what it exports.
$(SHIM_SYS): $(SHIM_OBJECTS) $(SHIM_OUT)/obj/rigshim.res.o \
    $(B)/drivers/obj/mem.o $(SHIM_OUT)/obj/rigshim.def
	$(Q)echo "  LINK  $@"
	$(Q)$(MINGW_CC) $(DRIVER_LDFLAGS) -Wl,--wdmdriver \
	    -Wl,-Map,$(@:.sys=.map) -o $@ $^ $(DRIVER_LIBS)

$(SHIM_OUT)/rigshim.inf: $(SHIM_DIR)/rigshim.inf
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

-include $(SHIM_OBJECTS:.o=.d)

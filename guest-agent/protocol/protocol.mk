# The agent that is talked to (agent-protocol.h): its core, its Linux half as a
# program, and what both sides of the conversation need.

# Of use to both sides.
AGENT_PROTOCOL := $(addprefix guest-agent/protocol/,crc32c.c fields.c frame.c \
    names.c platform-posix.c)

RIG_AGENT := $(GUEST)/rig-agent
RIG_AGENT_SOURCES := $(filter-out %-windows.c, \
    $(wildcard guest-agent/protocol/*.c guest-agent/posix/*.c)) \
    guest-agent/linux/pci.c guest-agent/linux/system.c
RIG_AGENT_OBJECTS := $(patsubst guest-agent/%,$(AGENT_OBJ)/%.o, \
    $(RIG_AGENT_SOURCES))

$(AGENT_OBJ)/protocol/%.o $(AGENT_OBJ)/posix/%.o: AGENT_CFLAGS += -D_GNU_SOURCE

$(RIG_AGENT): $(RIG_AGENT_OBJECTS)
	$(Q)mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(CC) -static -no-pie -Wl,--no-warnings -o $@ $^ \
	    $(shell pkg-config --static --libs glib-2.0)

-include $(RIG_AGENT_OBJECTS:.o=.d)

# agent.exe: the agent that is talked to, for Windows. Static: it needs nothing
# but Windows itself.

WINDOWS_AGENT := $(GUEST)/windows/agent.exe
WINDOWS_AGENT_OBJ := $(GUEST)/windows/obj
WINDOWS_AGENT_SOURCES := $(filter-out %-posix.c, \
    $(wildcard guest-agent/protocol/*.c guest-agent/windows/*.c))
WINDOWS_AGENT_OBJECTS := $(patsubst guest-agent/%.c, \
    $(WINDOWS_AGENT_OBJ)/%.o,$(WINDOWS_AGENT_SOURCES))
# Windows 8.1 is the oldest that it is for; what is newer it looks up.
WINDOWS_AGENT_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -municode \
    -D_WIN32_WINNT=0x0603 -DWIN32_LEAN_AND_MEAN -DUNICODE -D_UNICODE -D__USE_MINGW_ANSI_STDIO=1 \
    -iquote guest-agent -iquote guest-agent/include -Iqemu-devices/include
WINDOWS_AGENT_LIBS := -lbcrypt -ladvapi32 -lws2_32

DEPS += gcc-mingw-w64-x86-64

.PHONY: windows-agent
all: windows-agent
windows-agent: $(WINDOWS_AGENT)

$(WINDOWS_AGENT_OBJ)/%.o: guest-agent/%.c
	$(Q)echo "  MINGW $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(MINGW_CC) $(WINDOWS_AGENT_CFLAGS) -MMD -MP -c $< -o $@

$(WINDOWS_AGENT): $(WINDOWS_AGENT_OBJECTS)
	$(Q)echo "  LINK  $@"
	$(Q)$(MINGW_CC) -municode -static -Wl,--no-insert-timestamp \
	    -Wl,--nxcompat -Wl,--dynamicbase -o $@ $^ $(WINDOWS_AGENT_LIBS)

-include $(WINDOWS_AGENT_OBJECTS:.o=.d)

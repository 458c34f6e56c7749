# SPDX-License-Identifier: GPL-2.0-or-later
# The rig: `make deps demo` shows it at work, `make deps check` tests it.
# Each directory has a build.mk with its own rules; `make help` lists targets.

# --- variables a user may set ------------------------------------------------
V ?= 0
SANITIZE ?= 0
CC ?= gcc
CFLAGS ?= -O2 -g

Q := $(if $(filter 1,$(V)),,@)

ifeq ($(SANITIZE),1)
B := build/sanitize
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
       -fno-omit-frame-pointer
else
B := build
SAN :=
endif

CFLAGS += -std=gnu11 -Wall -Wextra $(SAN)
LDFLAGS += $(SAN)

ifneq ($(filter deps,$(MAKECMDGOALS)),)
# `make deps X Y`: install first, then let a new make, which sees what was
# installed, do the rest.
rest := $(filter-out deps,$(MAKECMDGOALS))
# What only tests need is left out where no test is asked for.
without := $(if $(rest),$(if $(filter check%,$(rest)),,WITHOUT_CHECK=1)) \
    $(if $(filter fuzz%,$(rest)),WITH_FUZZ=1)
.PHONY: deps $(rest)
deps:
	+$(Q)$(MAKE) --no-print-directory install-deps $(without)
ifneq ($(rest),)
$(firstword $(rest)): deps
	+$(Q)$(MAKE) --no-print-directory $(rest)
$(wordlist 2,$(words $(rest)),$(rest)): $(firstword $(rest))
	@:
endif
else

# Check's limit for a test that hangs, in seconds: a busy machine needs more
# than its 4.
export CK_DEFAULT_TIMEOUT ?= 60

DEPS := make gcc libc6-dev pkg-config
CHECK_DEPS :=

all:
.PHONY: all install-deps demo soak check check-units check-qtest check-vm \
        check-html check-sanitize clean help
.DELETE_ON_ERROR:
.SUFFIXES:

include qemu-devices/build.mk
include scenarios/build.mk
include guest-agent/build.mk
include results/build.mk
include rig/build.mk

# --- the two commands of the README -----------------------------------------
RIG := build/rig/rig
CHECKS := check-units check-sanitize check-qtest check-html check-vm \
    check-windows check-detection

# Compiling uses every core; tests and runs come one after the other.
JOBS := $(shell nproc)
.PHONY: built
built:
	+$(Q)$(MAKE) --no-print-directory -j$(JOBS) all

# A few of each kind, on three machines.
DEMO := s01 s06 s07 s09 s15 s20 c01 c02 c04 c05 c06 c08 c23 c42
DEMO_FILES = $(foreach s,$(DEMO),$(firstword $(sort \
    $(wildcard scenarios/$(s)-*.xml))))
demo: built
	$(Q)$(RIG) run $(DEMO_FILES)

check: built
	+$(Q)for t in $(CHECKS); do \
	    $(MAKE) --no-print-directory $$t || exit 1; done
	@echo "check: all passed"

# The units once more, with AddressSanitizer and UBSan.
check-sanitize:
	+$(Q)$(MAKE) --no-print-directory -j$(JOBS) SANITIZE=1 check-units

# One VM, 1,000 init-halt cycles.
soak: built
	$(Q)$(RIG) run scenarios/soak-1000.xml

clean:
	rm -rf build

help:
	@echo "make deps         install the Debian packages that are needed"
	@echo "make              build QEMU, the guest, the drivers and rig"
	@echo "make demo         run the demo scenarios in real VMs"
	@echo "make check        all tests: units, sanitizers, qtest, HTML, VMs"
	@echo "make check-units  | check-sanitize | check-qtest | check-html | check-vm"
	@echo "make check-detection  all seeded defects and clean controls: recall, false"
	@echo "                  alarms; CYCLES=100000: and so many clean cycles (an hour)"
	@echo "make check-nothing-lost  kills, full disks, Ctrl-C: nothing is lost"
	@echo "make check-bisect every seeded defect has a plan of three steps; minutes"
	@echo "make check-windows  all that is proven of Windows guests without Windows"
	@echo "make check-agent  the agent of guests: as a process, under Wine, in VMs"
	@echo "make coverage     lines and branches of our devices that qtests reach"
	@echo "make check-exactness  the tap loses and swaps none of 10^7 events"
	@echo "make fuzz-parsers libFuzzer against PE loader, INF parser, plans, XML; RUNS="
	@echo "make check-qtest-sanitize  qtests with QEMU under ASan and UBSan"
	@echo "make fuzz         libFuzzer in QEMU against our devices; SECONDS=60"
	@echo "make check-vfio   rig-tap on a function passed through; minutes"
	@echo "make golden       write JUnit and SARIF of the golden runs again, to be read"
	@echo "make bench        all benchmarks, as ratios measured in one run"
	@echo "make bench-NAME   one of: $(BENCHES)"
	@echo "make check-reproduce  N=100 reruns of a failure, each event for event the same;"
	@echo "                  HOST_CPU=Nehalem N=3: on that processor, emulated"
	@echo "make check-replay     the same for replays of a recording"
	@echo "make sign         driver packages for Windows, signed with a test key"
	@echo "make soak         1,000 init-halt cycles in one VM"
	@echo "make screenshots  the pictures of the README, from the newest run"
	@echo "make clean        remove build/ (results/ is kept)"
	@echo "Variables: V=1 SANITIZE=1 QEMU_SRC=<tree or tarball> CC= CFLAGS="

# --- packages ---------------------------------------------------------------
APT_INSTALL := apt-get install -y -q --no-install-recommends
install-deps:
	$(Q)missing=; \
	for p in $(sort $(DEPS) $(if $(WITHOUT_CHECK),,$(CHECK_DEPS)) \
	    $(if $(WITH_FUZZ),$(FUZZ_DEPS))); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" \
	    = installed ] || missing="$$missing $$p"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "deps: installing Debian packages:$$missing"; \
	sudo=; \
	if [ "$$(id -u)" -ne 0 ]; then \
	  sudo=sudo; \
	  command -v sudo >/dev/null || { \
	    echo "deps: run this as root, or install sudo" >&2; exit 1; }; \
	fi; \
	$$sudo apt-get update -q && \
	$$sudo env DEBIAN_FRONTEND=noninteractive $(APT_INSTALL) $$missing

endif

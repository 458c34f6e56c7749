# QEMU 10.0 with our devices: fetch the source, lay ours over it, build, qtest.
# See the top Makefile for the conventions.
#
# Variables: QEMU_SRC=<tree or tarball> instead of Debian's source;
# DEBIAN_MIRROR=<URL> to fetch it from another mirror than apt's.

# A sanitizer pass of the host code (B differs) uses the same QEMU.
QEMU_SOURCE := build/qemu-source
QEMU_BUILD := build/qemu
QEMU_BIN := $(QEMU_BUILD)/qemu-system-x86_64

DEPS += ninja-build python3-venv libglib2.0-dev patch xz-utils \
        debian-archive-keyring seabios qemu-system-data

# What of ours goes into the binary, and the tests beside it.
QEMU_OURS := $(wildcard qemu-devices/hw/*/* qemu-devices/patches/*.patch \
    qemu-devices/include/*/*.h qemu-devices/include/*/*/*.h) \
    qemu-devices/configs/rig.mak qemu-devices/apply-overlay
QTEST_SOURCES := $(wildcard qemu-devices/tests/*.[ch])
QTESTS := $(patsubst %.c,%,$(notdir $(wildcard qemu-devices/tests/*-test.c)))
QTEST_BINS := $(QTESTS:%=$(QEMU_BUILD)/tests/qtest/%)

# Meson that was fetched comes first; Debian's own Python, whatever is in PATH.
QEMU_ENV := env PATH=$(CURDIR)/$(QEMU_SOURCE)/meson/usr/bin:/usr/bin:/bin \
    PYTHONPATH=$(CURDIR)/$(QEMU_SOURCE)/meson/usr/lib/python3/dist-packages

# libvirt gives no -L, so QEMU must find the firmware of Debian's packages
# qemu-system-data and seabios by itself. Run from its build directory, it
# looks for them below qemu-bundle there.
FIRMWARE_DIRS := /usr/share/qemu /usr/share/seabios

QEMU_CONFIGURE := --target-list=x86_64-softmmu \
    --without-default-features --without-default-devices \
    --with-devices-x86_64=rig --enable-tcg --enable-kvm \
    --enable-trace-backends=log --python=/usr/bin/python3 \
    --disable-download --disable-install-blobs --disable-debug-info \
    --firmwarepath=$(subst $(eval) ,:,$(FIRMWARE_DIRS))

# Two makes at a time wait for each other.
QEMU_NINJA := $(QEMU_ENV) flock $(QEMU_BUILD)/lock ninja -C $(QEMU_BUILD)

# $(call qemu_ninja,targets): on a terminal one moving line, else only errors
# and warnings about our files.
define qemu_ninja
if [ -t 1 ]; then \
    NINJA_STATUS='  QEMU  %p of %t steps, %es: ' \
        $(QEMU_NINJA) $(1); \
else \
    $(QEMU_NINJA) $(1) > $(QEMU_BUILD)/ninja.log 2>&1 || \
        { grep -A 20 -m 1 FAILED $(QEMU_BUILD)/ninja.log || \
          tail -n 20 $(QEMU_BUILD)/ninja.log; exit 1; } >&2; \
    grep -A 4 'rig-.* warning:' $(QEMU_BUILD)/ninja.log >&2 || :; \
fi
endef

.PHONY: qemu qtests qemu-source-current
all: qemu
qemu: $(QEMU_BIN)
qtests: $(QTEST_BINS)

# fetch-source does nothing when what is there is what is asked for.
qemu-source-current:
	$(Q)QEMU_SRC='$(QEMU_SRC)' DEBIAN_MIRROR='$(DEBIAN_MIRROR)' \
	    qemu-devices/fetch-source $(QEMU_SOURCE)

$(QEMU_SOURCE)/stamp: qemu-source-current ;

# Changes only when the options do.
$(QEMU_BUILD)/rig-options: qemu-source-current
	$(Q)mkdir -p $(QEMU_BUILD)
	$(Q)echo '$(QEMU_CONFIGURE)' | cmp -s - $@ || \
	    echo '$(QEMU_CONFIGURE)' > $@

$(QEMU_BUILD)/config.status: $(QEMU_SOURCE)/stamp $(QEMU_BUILD)/rig-options
	$(Q)qemu-devices/apply-overlay $(QEMU_SOURCE)
	$(Q)echo "  CONF  $(QEMU_BUILD) (QEMU `cat $(QEMU_SOURCE)/stamp`)"
	$(Q)cd $(QEMU_BUILD) && $(QEMU_ENV) \
	    $(CURDIR)/$(QEMU_SOURCE)/qemu/configure $(QEMU_CONFIGURE) \
	    > configure.log 2>&1 || { grep -B 5 ERROR configure.log >&2; \
	    echo "configure failed; see $(QEMU_BUILD)/configure.log" >&2; exit 1; }
	$(Q)touch $@

$(QEMU_BIN): $(QEMU_BUILD)/config.status $(QEMU_OURS)
	$(Q)qemu-devices/apply-overlay $(QEMU_SOURCE)
	$(Q)echo "  QEMU  $@"
	$(Q)$(call qemu_ninja,qemu-system-x86_64)
	$(Q)mkdir -p $(QEMU_BUILD)/qemu-bundle/usr/share
	$(Q)ln -sfn $(FIRMWARE_DIRS) $(QEMU_BUILD)/qemu-bundle/usr/share/
	$(Q)touch $@

$(QTEST_BINS) &: $(QEMU_BIN) $(QTEST_SOURCES)
	$(Q)qemu-devices/apply-overlay $(QEMU_SOURCE)
	$(Q)echo "  QEMU  qtests: $(QTESTS)"
	$(Q)$(call qemu_ninja,$(QTESTS:%=tests/qtest/%))
	$(Q)touch $(QTEST_BINS)

# Guest code of the test of the tap's order, a firmware of its own.
ORDER_GUEST := $(QEMU_BUILD)/order-guest.bin
ORDER_SOURCES := $(wildcard qemu-devices/tests/guest/*.[Sc])
ORDER_CFLAGS := -m32 -std=gnu11 -Wall -Wextra -O2 -ffreestanding -fno-pic \
    -fno-stack-protector -fcf-protection=none -mgeneral-regs-only \
    -fno-asynchronous-unwind-tables -Iqemu-devices/include
ORDER_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none \
    -Wl,-z,noexecstack -Wl,-T,qemu-devices/tests/guest/order.ld
export RIG_ORDER_GUEST := $(CURDIR)/$(ORDER_GUEST)

$(ORDER_GUEST): $(ORDER_SOURCES) qemu-devices/tests/guest/order.ld \
    qemu-devices/tests/rig-order.h $(wildcard qemu-devices/include/rig/*.h) \
    | $(QEMU_BIN)
	$(Q)echo "  GUEST $@"
	$(Q)$(CC) $(ORDER_CFLAGS) $(ORDER_LDFLAGS) -o $@.elf $(ORDER_SOURCES)
	$(Q)objcopy -O binary $@.elf $@

check-qtest: $(QTEST_BINS) $(ORDER_GUEST)
	$(Q)qemu-devices/run-qtests $(QEMU_BIN) $(QTEST_BINS)

# The tap loses and swaps nothing, at full size: 10^7 events per test.
EVENTS ?= 10000000
.PHONY: check-exactness
check-exactness: $(QTEST_BINS) $(ORDER_GUEST)
	$(Q)LIMIT=3600 RIG_ORDER_EVENTS=$(EVENTS) qemu-devices/run-qtests \
	    $(QEMU_BIN) $(QEMU_BUILD)/tests/qtest/rig-tap-order-test
	$(Q)grep -h 'vCPUs:' $(QEMU_BUILD)/tests/qtest/rig-tap-order-test.log

# How much of our devices the qtests reach, by gcov.
COVERED := $(patsubst qemu-devices/%,%,$(wildcard \
    qemu-devices/hw/net/rig-*.c qemu-devices/hw/misc/rig-*.c \
    qemu-devices/hw/pci/*.c))
.PHONY: coverage
coverage: $(QTEST_BINS) $(ORDER_GUEST)
	$(Q)$(QEMU_ENV) qemu-devices/measure-coverage $(QEMU_BUILD) \
	    build/coverage $(COVERED) -- $(QTEST_BINS)

include qemu-devices/fuzz/fuzz.mk

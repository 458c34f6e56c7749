# `make sign`: the driver packages as Windows takes them, in
# build/windows/packages/NAME: rigshim, rignic, and rignic-instrumented, which
# marks what it does through rigshim.sys. See the top Makefile for the conventions.
#
# Images are signed, then a catalogue is made of each package and signed, all
# with a test certificate that is made once and never leaves build/:
# build/windows/rig-test.cer is what a guest has to trust. SIGN_KEY= and
# SIGN_CERT= (PEM) name others.

CHECK_DEPS += osslsigncode openssl

SIGN_DIR := build/windows
SIGN_OWN_KEY := $(SIGN_DIR)/rig-test.key
SIGN_OWN_CERT := $(SIGN_DIR)/rig-test.pem
SIGN_KEY ?= $(SIGN_OWN_KEY)
SIGN_CERT ?= $(SIGN_OWN_CERT)
SIGN_PACKAGES := $(SIGN_DIR)/packages
SIGN := osslsigncode sign -h sha256 -certs $(SIGN_CERT) -key $(SIGN_KEY)

.PHONY: sign check-windows-shim check-windows-packages check-windows-witnesses
sign: $(SIGN_PACKAGES)/rigshim/rigshim.cat $(SIGN_PACKAGES)/rignic/rignic.cat \
    $(SIGN_PACKAGES)/rignic-instrumented/rignic.cat $(SIGN_DIR)/rig-test.cer

# A key that others can read is none.
$(SIGN_OWN_CERT):
	$(Q)mkdir -p $(@D)
	$(Q)echo "  CERT  $@"
	$(Q)(umask 077 && openssl req -x509 -newkey rsa:3072 -sha256 -nodes \
	    -keyout $(SIGN_OWN_KEY) -out $@ -days 3650 \
	    -subj "/CN=rig test certificate" \
	    -addext basicConstraints=critical,CA:FALSE \
	    -addext keyUsage=critical,digitalSignature \
	    -addext extendedKeyUsage=codeSigning 2>/dev/null)

$(SIGN_DIR)/rig-test.cer: $(SIGN_CERT)
	$(Q)openssl x509 -in $< -outform DER -out $@

# $(call sign_package,directory,name,image,INF)
define sign_package
$(SIGN_PACKAGES)/$(1)/$(2).cat: $(3) $(4) $(SIGN_CERT) build/rig/rig
	$$(Q)echo "  SIGN  $$(@D)"
	$$(Q)rm -rf $$(@D) && mkdir -p $$(@D)
	$$(Q)$(SIGN) -in $(3) -out $$(@D)/$(2).sys >/dev/null
	$$(Q)cp $(4) $$(@D)/$(2).inf
	$$(Q)build/rig/rig driver catalog $$(@D)/$(2).inf $$(@D)/$(2).sys \
	    >/dev/null
	$$(Q)mv $$@ $$@.unsigned
	$$(Q)$(SIGN) -in $$@.unsigned -out $$@ >/dev/null
	$$(Q)rm $$@.unsigned
endef
$(eval $(call sign_package,rigshim,rigshim,build/windows/rigshim/rigshim.sys, \
    $(SHIM_DIR)/rigshim.inf))
$(eval $(call sign_package,rignic,rignic,build/drivers/clean/rignic.sys, \
    scenarios/drivers/rignic/rignic.inf))
$(eval $(call sign_package,rignic-instrumented,rignic, \
    build/windows/instrumented/rignic.sys, \
    scenarios/drivers/rignic/rignic.inf))

# What `rig calibrate` installs in a Windows image, all of it instrumented.
SIGN_CALIBRATE := clean s06 $(RIGNIC_CALIBRATION)
sign: $(SIGN_CALIBRATE:%=$(SIGN_PACKAGES)/calibrate/%/rignic.cat)
$(foreach v,$(SIGN_CALIBRATE),$(eval $(call sign_package,calibrate/$(v),rignic, \
    build/windows/instrumented/$(v)/rignic.sys, \
    scenarios/drivers/rignic/rignic.inf)))

build/windows/instrumented/%/rignic.sys: build/drivers/%/rignic.sys \
    build/rig/rig
	$(Q)mkdir -p $(@D)
	$(Q)build/rig/rig driver instrument $< -o $@ >/dev/null

build/windows/instrumented/rignic.sys: build/drivers/clean/rignic.sys \
    build/rig/rig
	$(Q)mkdir -p $(@D)
	$(Q)build/rig/rig driver instrument $< -o $@ >/dev/null

# Signatures, catalogues and INFs by the tools that there are; an instrumented
# driver in a VM, its verdicts by either witness.
check-windows-shim: check-windows-packages check-windows-witnesses
check-windows-packages: sign shim drivers
	$(Q)guest-agent/windows/shim/check-packages $(SIGN_PACKAGES) \
	    $(SIGN_CERT) build/rig/rig $(SIGN_CALIBRATE)
check-windows-witnesses: sign shim guest drivers
	$(Q)guest-agent/windows/shim/check-witnesses build/rig/rig

<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The history of a scenario of run.xml, where the run has its history
     (results/index.rng) as its last element: by run and key. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:key name="history" match="history/scenario"
           use="concat(../@run, ' ', @key)"/>
  <xsl:key name="flaky" match="history/scenario[@flaky = 'yes']"
           use="concat(../@run, ' ', @key)"/>
</xsl:stylesheet>

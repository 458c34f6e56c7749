<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The machines of a run, and what it was run with. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <!-- ============================================== machines, environment -->

  <xsl:template name="machines">
    <section aria-labelledby="machines">
      <h2 id="machines">Machines</h2>
      <xsl:choose>
        <xsl:when test="machine">
          <xsl:apply-templates select="machine[position() &lt;= 200]"/>
          <xsl:call-template name="and-more">
            <xsl:with-param name="all" select="count(machine)"/>
            <xsl:with-param name="shown" select="200"/>
          </xsl:call-template>
        </xsl:when>
        <xsl:otherwise><p>No machine was started.</p></xsl:otherwise>
      </xsl:choose>
    </section>
  </xsl:template>

  <xsl:template match="machine">
    <div class="card" id="m{@number}">
      <h3>
        <xsl:value-of select="concat('Machine ', @number, ' ')"/>
        <span class="tag ok-{number(@outcome = 'ok')}">
          <xsl:value-of select="translate(@outcome, '-', ' ')"/>
        </span>
      </h3>
      <xsl:if test="@detail"><p><xsl:value-of select="@detail"/></p></xsl:if>
      <p class="determinism c-{@compared}">
        <xsl:choose>
          <xsl:when test="@compared = 'same'">
            <xsl:text>Deterministic: the event stream is identical, event for
              event, to that of run </xsl:text>
            <xsl:value-of select="@compared-run"/>
            <xsl:text>, which had the same inputs.</xsl:text>
          </xsl:when>
          <xsl:when test="@compared = 'different'">
            <strong>Not deterministic: </strong>
            <xsl:text>the event stream differs from that of run </xsl:text>
            <xsl:value-of select="@compared-run"/>
            <xsl:if test="@different-at">
              <xsl:text> from event </xsl:text>
              <xsl:value-of select="@different-at"/>
              <xsl:text> on</xsl:text>
            </xsl:if>
            <xsl:text>, although the inputs are the same.</xsl:text>
          </xsl:when>
          <xsl:when test="@compared = 'first'">First run with these inputs:
            there is none to compare its event stream with.</xsl:when>
          <xsl:otherwise>The event stream was not compared with another
            run.</xsl:otherwise>
        </xsl:choose>
      </p>
      <dl class="facts">
        <xsl:call-template name="fact">
          <xsl:with-param name="name">NIC</xsl:with-param>
          <xsl:with-param name="value" select="@nic"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">MSI-X vectors</xsl:with-param>
          <xsl:with-param name="value" select="@vectors"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Queue pairs</xsl:with-param>
          <xsl:with-param name="value" select="@queues"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">MSI-X profile</xsl:with-param>
          <xsl:with-param name="value" select="@msix-profile"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Guard pages</xsl:with-param>
          <xsl:with-param name="value" select="@guard-pages"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Boot, host time</xsl:with-param>
          <xsl:with-param name="value" select="@boot-ms"/>
          <xsl:with-param name="unit"> ms</xsl:with-param>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Total, host time</xsl:with-param>
          <xsl:with-param name="value" select="@total-ms"/>
          <xsl:with-param name="unit"> ms</xsl:with-param>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Events</xsl:with-param>
          <xsl:with-param name="value" select="@events"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Events lost</xsl:with-param>
          <xsl:with-param name="value" select="@lost"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Stream closed by the guest</xsl:with-param>
          <xsl:with-param name="value" select="@ended"/>
        </xsl:call-template>
        <div>
          <dt>Files</dt>
          <dd><a href="./{@dir}/"><xsl:value-of select="@dir"/></a></dd>
        </div>
        <xsl:call-template name="hash">
          <xsl:with-param name="name">Inputs, SHA-256</xsl:with-param>
          <xsl:with-param name="value" select="@inputs"/>
        </xsl:call-template>
        <xsl:call-template name="hash">
          <xsl:with-param name="name">Event stream, SHA-256</xsl:with-param>
          <xsl:with-param name="value" select="@stream"/>
        </xsl:call-template>
      </dl>
    </div>
  </xsl:template>

  <xsl:template name="environment">
    <section aria-labelledby="environment">
      <h2 id="environment">Environment and artifacts</h2>
      <div class="card">
        <dl class="facts">
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Host</xsl:with-param>
            <xsl:with-param name="value" select="environment/@os"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Host processors</xsl:with-param>
            <xsl:with-param name="value" select="environment/@cpus"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">libvirt</xsl:with-param>
            <xsl:with-param name="value" select="environment/@libvirt"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">QEMU</xsl:with-param>
            <xsl:with-param name="value" select="environment/@qemu"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Accelerator</xsl:with-param>
            <xsl:with-param name="value" select="environment/@accel"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Guest kernel</xsl:with-param>
            <xsl:with-param name="value" select="environment/@kernel"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">rig</xsl:with-param>
            <xsl:with-param name="value" select="@rig"/>
          </xsl:call-template>
          <xsl:for-each select="artifact[position() &lt;= 500]">
            <xsl:call-template name="hash">
              <xsl:with-param name="name" select="concat(@name, ', SHA-256')"/>
              <xsl:with-param name="value" select="@sha256"/>
            </xsl:call-template>
          </xsl:for-each>
        </dl>
      </div>
    </section>
  </xsl:template>
</xsl:stylesheet>

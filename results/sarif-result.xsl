<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- One result of the SARIF log (3.27): of a finding, or of a scenario whose
     verdict nobody expected or that could not be judged. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:template match="finding">
    <xsl:text>{</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">ruleId</xsl:with-param>
      <xsl:with-param name="value" select="@rule"/>
    </xsl:call-template>
    <xsl:choose>
      <xsl:when test="@verdict != 'violation'">
        <xsl:text>,"kind":"open","level":"none"</xsl:text>
      </xsl:when>
      <xsl:when test="../@as-expected = 'yes' and
                      ../@expected = 'violation'">
        <xsl:text>,"kind":"fail","level":"note"</xsl:text>
      </xsl:when>
      <xsl:otherwise>,"kind":"fail","level":"error"</xsl:otherwise>
    </xsl:choose>
    <xsl:call-template name="message">
      <xsl:with-param name="text" select="sentence"/>
    </xsl:call-template>
    <xsl:call-template name="locations">
      <xsl:with-param name="scenario" select=".."/>
      <xsl:with-param name="line" select="(@line | ../@line)[last()]"/>
      <xsl:with-param name="function" select="@boundary"/>
      <xsl:with-param name="proofs" select="proof"/>
    </xsl:call-template>
    <xsl:call-template name="fingerprints">
      <xsl:with-param name="site"
                      select="concat(@rule, '|', @id, '|', ../driver/@sys,
                                     ../driver/@linux, '|', @boundary, '|',
                                     @class)"/>
    </xsl:call-template>
    <xsl:if test="proof"><xsl:call-template name="code-flow"/></xsl:if>
    <xsl:call-template name="properties">
      <xsl:with-param name="scenario" select=".."/>
    </xsl:call-template>
    <xsl:text>}</xsl:text>
  </xsl:template>

  <xsl:template match="scenario">
    <xsl:text>{"ruleId":"rig.verdict"</xsl:text>
    <xsl:choose>
      <xsl:when test="@verdict = 'pass'">
        <xsl:text>,"kind":"fail","level":"error"</xsl:text>
      </xsl:when>
      <xsl:when test="@verdict = 'skipped'">
        <xsl:text>,"kind":"notApplicable","level":"none"</xsl:text>
      </xsl:when>
      <xsl:otherwise>,"kind":"open","level":"none"</xsl:otherwise>
    </xsl:choose>
    <xsl:call-template name="message">
      <xsl:with-param name="text"
                      select="concat('expected ', @expected, ', got ', @verdict,
                                     ': ', sentence)"/>
    </xsl:call-template>
    <xsl:call-template name="locations">
      <xsl:with-param name="scenario" select="."/>
      <xsl:with-param name="line" select="@line"/>
    </xsl:call-template>
    <xsl:call-template name="fingerprints">
      <xsl:with-param name="site"
                      select="concat('rig.verdict|', @verdict, '|',
                                     driver/@sys, driver/@linux, '|', @name)"/>
    </xsl:call-template>
    <xsl:call-template name="properties">
      <xsl:with-param name="scenario" select="."/>
    </xsl:call-template>
    <xsl:text>}</xsl:text>
  </xsl:template>

  <xsl:template name="message">
    <xsl:param name="text"/>
    <xsl:text>,"message":{</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">text</xsl:with-param>
      <xsl:with-param name="value">
        <xsl:value-of select="$text"/>
        <xsl:if test="string($text) = ''">no text</xsl:if>
      </xsl:with-param>
    </xsl:call-template>
    <xsl:text>}</xsl:text>
  </xsl:template>

  <!-- The line of the scenario that has it happen, which is text that a reviewer
       can be shown; and the driver, at the call site that the proof names. -->
  <xsl:template name="locations">
    <xsl:param name="scenario"/>
    <xsl:param name="line"/>
    <xsl:param name="function"/>
    <xsl:param name="proofs" select="/.."/>
    <xsl:text>,"locations":[{</xsl:text>
    <xsl:call-template name="in-file">
      <xsl:with-param name="file" select="$scenario/@file"/>
      <xsl:with-param name="line" select="$line"/>
    </xsl:call-template>
    <xsl:if test="$function">
      <xsl:text>,"logicalLocations":[{"kind":"function",</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">name</xsl:with-param>
        <xsl:with-param name="value" select="$function"/>
      </xsl:call-template>
      <xsl:text>,</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">fullyQualifiedName</xsl:with-param>
        <xsl:with-param name="value">
          <xsl:value-of select="concat($scenario/driver/@sys, '!', $function)"/>
        </xsl:with-param>
      </xsl:call-template>
      <xsl:text>}]</xsl:text>
    </xsl:if>
    <xsl:text>}]</xsl:text>
    <xsl:if test="$scenario/driver">
      <xsl:text>,"relatedLocations":[{</xsl:text>
      <xsl:call-template name="in-driver">
        <xsl:with-param name="driver" select="$scenario/driver"/>
        <xsl:with-param name="proofs" select="$proofs"/>
      </xsl:call-template>
      <xsl:text>,"message":{"text":"the driver"}}]</xsl:text>
    </xsl:if>
  </xsl:template>

  <!-- 3.30: a region is a line; without one, the file is meant. -->
  <xsl:template name="in-file">
    <xsl:param name="file"/>
    <xsl:param name="line"/>
    <xsl:text>"physicalLocation":{"artifactLocation":{</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">uri</xsl:with-param>
      <xsl:with-param name="value">
        <xsl:call-template name="uri">
          <xsl:with-param name="text" select="$file"/>
        </xsl:call-template>
      </xsl:with-param>
    </xsl:call-template>
    <xsl:text>}</xsl:text>
    <xsl:if test="$line">
      <xsl:text>,"region":{"startLine":</xsl:text>
      <xsl:value-of select="$line"/>
      <xsl:text>}</xsl:text>
    </xsl:if>
    <xsl:text>}</xsl:text>
  </xsl:template>

  <!-- 3.32: "called from x.sys+0x1b9a" is an address relative to the image. -->
  <xsl:template name="in-driver">
    <xsl:param name="driver"/>
    <xsl:param name="proofs"/>
    <xsl:variable name="file" select="string($driver/@sys | $driver/@linux)"/>
    <xsl:variable name="mark" select="concat($file, '+0x')"/>
    <xsl:variable name="after"
                  select="concat(substring-after($proofs[contains(., $mark)][1],
                                                 $mark), '!')"/>
    <xsl:variable name="not-hex"
                  select="translate($after, '0123456789abcdefABCDEF', '')"/>
    <xsl:variable name="rva"
                  select="substring-before($after, substring($not-hex, 1, 1))"/>
    <xsl:text>"physicalLocation":{"artifactLocation":{</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">uri</xsl:with-param>
      <xsl:with-param name="value">
        <xsl:call-template name="uri">
          <xsl:with-param name="text" select="$file"/>
        </xsl:call-template>
      </xsl:with-param>
    </xsl:call-template>
    <xsl:text>}</xsl:text>
    <xsl:if test="$rva != '' and string-length($rva) &lt;= 8">
      <xsl:text>,"address":{"kind":"instruction","relativeAddress":</xsl:text>
      <xsl:call-template name="from-hex">
        <xsl:with-param name="digits" select="$rva"/>
      </xsl:call-template>
      <xsl:text>,</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">fullyQualifiedName</xsl:with-param>
        <xsl:with-param name="value" select="concat($mark, $rva)"/>
      </xsl:call-template>
      <xsl:text>}</xsl:text>
    </xsl:if>
    <xsl:text>}</xsl:text>
  </xsl:template>

  <!-- 3.27.17: the same for the same thing in every run. -->
  <xsl:template name="fingerprints">
    <xsl:param name="site"/>
    <xsl:text>,"partialFingerprints":{</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">rigSite/v1</xsl:with-param>
      <xsl:with-param name="value" select="$site"/>
    </xsl:call-template>
    <xsl:text>}</xsl:text>
  </xsl:template>

  <!-- 3.36: the events that prove it, in their order. -->
  <xsl:template name="code-flow">
    <xsl:text>,"codeFlows":[{"threadFlows":[{"locations":[</xsl:text>
    <xsl:for-each select="proof[position() &lt;= 200]">
      <xsl:if test="position() &gt; 1">,</xsl:if>
      <xsl:text>{"location":{</xsl:text>
      <xsl:call-template name="in-flow"/>
      <xsl:text>,"message":{</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">text</xsl:with-param>
        <xsl:with-param name="value"
                        select="concat('event ', @event, ': ', .)"/>
      </xsl:call-template>
      <xsl:text>}},"executionOrder":</xsl:text>
      <xsl:value-of select="position()"/>
      <xsl:text>,"properties":{</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">event</xsl:with-param>
        <xsl:with-param name="value" select="@event"/>
      </xsl:call-template>
      <xsl:if test="@ns">
        <xsl:text>,</xsl:text>
        <xsl:call-template name="pair">
          <xsl:with-param name="name">virtualTimeNs</xsl:with-param>
          <xsl:with-param name="value" select="@ns"/>
        </xsl:call-template>
      </xsl:if>
      <xsl:text>}}</xsl:text>
    </xsl:for-each>
    <xsl:text>]}]}]</xsl:text>
  </xsl:template>

  <xsl:template name="in-flow">
    <xsl:choose>
      <xsl:when test="../../driver">
        <xsl:call-template name="in-driver">
          <xsl:with-param name="driver" select="../../driver"/>
          <xsl:with-param name="proofs" select="."/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="in-file">
          <xsl:with-param name="file" select="../../@file"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- What SARIF has no word for; and a known issue as a suppression (3.35). -->
  <xsl:template name="properties">
    <xsl:param name="scenario"/>
    <xsl:if test="$scenario/known[@covers = 'all'] and
                  $scenario/@as-expected = 'no'">
      <xsl:text>,"suppressions":[</xsl:text>
      <xsl:for-each select="$scenario/known">
        <xsl:if test="position() &gt; 1">,</xsl:if>
        <xsl:text>{"kind":"external","status":"accepted",</xsl:text>
        <xsl:call-template name="pair">
          <xsl:with-param name="name">justification</xsl:with-param>
          <xsl:with-param name="value"
                          select="concat('known issue ', @id, ': ',
                                         normalize-space(.), ' (', @link,
                                         '), until ', @expires)"/>
        </xsl:call-template>
        <xsl:text>}</xsl:text>
      </xsl:for-each>
      <xsl:text>]</xsl:text>
    </xsl:if>
    <xsl:text>,"properties":{</xsl:text>
    <xsl:for-each select="$scenario/@name | $scenario/@verdict |
                          $scenario/@expected | $scenario/@as-expected |
                          $scenario/@bundle | self::finding/@level |
                          self::finding/@class | self::finding/@witness |
                          self::finding/@cycle | self::finding/@event |
                          $scenario/reproduce |
                          key('machine', concat(generate-id(
                            $scenario/..), ' ', $scenario/@machine))/@nic">
      <xsl:if test="position() &gt; 1">,</xsl:if>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">
          <xsl:choose>
            <xsl:when test="name() = 'name'">scenario</xsl:when>
            <xsl:when test="name() = 'verdict' and
                            generate-id(..) != generate-id($scenario)">
              <xsl:text>findingVerdict</xsl:text>
            </xsl:when>
            <xsl:otherwise><xsl:value-of select="name()"/></xsl:otherwise>
          </xsl:choose>
        </xsl:with-param>
        <xsl:with-param name="value" select="."/>
      </xsl:call-template>
    </xsl:for-each>
    <xsl:text>}</xsl:text>
  </xsl:template>
</xsl:stylesheet>

<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- run.xml, or several within <runs>, to SARIF 2.1.0 (OASIS Static Analysis
     Results Interchange Format), which code review tools read.

     A finding is a result; "error" where nobody expected it, "note" where the
     scenario asks for it. What could not be judged is of kind "open", a
     scenario that was not run "notApplicable", one that broke a notification
     of the tool; a pass has no result. Fingerprints are of rule, driver and
     site, never of a run. Numbers of the sections are those of the standard. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:import href="sarif-json.xsl"/>
  <xsl:include href="sarif-result.xsl"/>
  <xsl:include href="history-keys.xsl"/>
  <xsl:output method="text" encoding="UTF-8"/>

  <!-- Of one run: more are left out, and said to be. -->
  <xsl:variable name="max-results" select="5000"/>

  <xsl:key name="machine" match="run/machine"
           use="concat(generate-id(..), ' ', @number)"/>
  <xsl:key name="rule" match="run/scenario/finding/@rule | run/rule/@name"
           use="concat(generate-id(ancestor::run), ' ', .)"/>
  <xsl:key name="driver" match="run/scenario/driver"
           use="concat(generate-id(ancestor::run), ' ', @sys, @linux)"/>

  <xsl:template match="/">
    <xsl:text>{"$schema":"https://json.schemastore.org/sarif-2.1.0.json",</xsl:text>
    <xsl:text>"version":"2.1.0","runs":[</xsl:text>
    <xsl:for-each select="/run | /runs/run">
      <xsl:if test="position() &gt; 1">,</xsl:if>
      <xsl:apply-templates select="."/>
    </xsl:for-each>
    <xsl:text>]}&#10;</xsl:text>
  </xsl:template>

  <xsl:template match="run">
    <xsl:text>{"tool":{"driver":{"name":"rig",</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">version</xsl:with-param>
      <xsl:with-param name="value" select="@rig"/>
    </xsl:call-template>
    <xsl:text>,"rules":[</xsl:text>
    <xsl:call-template name="rules"/>
    <xsl:text>]}},</xsl:text>
    <xsl:call-template name="invocation"/>
    <xsl:text>,"automationDetails":{</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">id</xsl:with-param>
      <xsl:with-param name="value" select="concat('rig/', @id)"/>
    </xsl:call-template>
    <xsl:text>},"columnKind":"unicodeCodePoints","artifacts":[</xsl:text>
    <xsl:call-template name="artifacts"/>
    <xsl:text>],"results":[</xsl:text>
    <xsl:for-each select="(scenario/finding |
                           scenario[@verdict = 'inconclusive' or
                                    @verdict = 'skipped' or
                                    (@as-expected = 'no' and
                                     @verdict = 'pass')])
                          [position() &lt;= $max-results]">
      <xsl:if test="position() &gt; 1">,&#10;</xsl:if>
      <xsl:apply-templates select="."/>
    </xsl:for-each>
    <xsl:text>]}</xsl:text>
  </xsl:template>

  <!-- 3.49: every rule once, and one of our own for what is no finding. -->
  <xsl:template name="rules">
    <xsl:for-each select="(rule/@name | scenario/finding/@rule)
                          [generate-id(.) = generate-id(key('rule',
                           concat(generate-id(ancestor::run), ' ', .))[1])]">
      <xsl:sort select="."/>
      <xsl:variable name="rule" select="parent::rule"/>
      <xsl:text>{</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">id</xsl:with-param>
        <xsl:with-param name="value" select="."/>
      </xsl:call-template>
      <xsl:text>,"shortDescription":{</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">text</xsl:with-param>
        <xsl:with-param name="value">
          <xsl:choose>
            <xsl:when test="$rule/@title">
              <xsl:value-of select="normalize-space($rule/@title)"/>
            </xsl:when>
            <xsl:otherwise><xsl:value-of select="."/></xsl:otherwise>
          </xsl:choose>
        </xsl:with-param>
      </xsl:call-template>
      <xsl:text>},"defaultConfiguration":{"level":"error"}</xsl:text>
      <xsl:if test="starts-with($rule/@page, 'http')">
        <xsl:text>,</xsl:text>
        <xsl:call-template name="pair">
          <xsl:with-param name="name">helpUri</xsl:with-param>
          <xsl:with-param name="value">
            <xsl:call-template name="uri">
              <xsl:with-param name="text" select="$rule/@page"/>
            </xsl:call-template>
          </xsl:with-param>
        </xsl:call-template>
      </xsl:if>
      <xsl:text>},&#10;</xsl:text>
    </xsl:for-each>
    <xsl:text>{"id":"rig.verdict","shortDescription":{"text":"The scenario </xsl:text>
    <xsl:text>comes to the verdict that it expects"}}</xsl:text>
  </xsl:template>

  <!-- 3.20; exit codes are those of rig(1). -->
  <xsl:template name="invocation">
    <xsl:variable name="odd" select="scenario[@as-expected = 'no']
                                             [not(known[@covers = 'all'])]"/>
    <xsl:text>"invocations":[{"executionSuccessful":</xsl:text>
    <xsl:value-of select="boolean(@complete = 'yes' and
                          not(scenario[@verdict = 'broken' and
                                       @as-expected = 'no']))"/>
    <xsl:text>,</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">commandLine</xsl:with-param>
      <xsl:with-param name="value" select="@command"/>
    </xsl:call-template>
    <xsl:text>,</xsl:text>
    <xsl:call-template name="pair">
      <xsl:with-param name="name">startTimeUtc</xsl:with-param>
      <xsl:with-param name="value" select="@started"/>
    </xsl:call-template>
    <xsl:if test="@finished">
      <xsl:text>,</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">endTimeUtc</xsl:with-param>
        <xsl:with-param name="value" select="@finished"/>
      </xsl:call-template>
    </xsl:if>
    <xsl:text>,"exitCode":</xsl:text>
    <xsl:choose>
      <xsl:when test="@complete = 'no'">130</xsl:when>
      <xsl:when test="$odd[@verdict = 'violation' or
                           @verdict = 'pass']">1</xsl:when>
      <xsl:when test="$odd">3</xsl:when>
      <xsl:otherwise>0</xsl:otherwise>
    </xsl:choose>
    <xsl:text>,"toolExecutionNotifications":[</xsl:text>
    <xsl:for-each select="scenario[@verdict = 'broken']
                                  [position() &lt;= $max-results]">
      <xsl:if test="position() &gt; 1">,</xsl:if>
      <xsl:text>{"level":"error","message":{</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">text</xsl:with-param>
        <xsl:with-param name="value" select="concat(@name, ': ', sentence)"/>
      </xsl:call-template>
      <xsl:text>}}</xsl:text>
    </xsl:for-each>
    <xsl:text>]}]</xsl:text>
  </xsl:template>

  <!-- 3.24: the drivers, which results name by their index. -->
  <xsl:template name="artifacts">
    <xsl:for-each select="scenario/driver[generate-id(.) = generate-id(
                          key('driver', concat(generate-id(ancestor::run), ' ',
                                               @sys, @linux))[1])]">
      <xsl:if test="position() &gt; 1">,</xsl:if>
      <xsl:text>{"location":{</xsl:text>
      <xsl:call-template name="pair">
        <xsl:with-param name="name">uri</xsl:with-param>
        <xsl:with-param name="value">
          <xsl:call-template name="uri">
            <xsl:with-param name="text" select="@sys | @linux"/>
          </xsl:call-template>
        </xsl:with-param>
      </xsl:call-template>
      <xsl:text>},"roles":["analysisTarget"]</xsl:text>
      <xsl:if test="@sha256">
        <xsl:text>,"hashes":{</xsl:text>
        <xsl:call-template name="pair">
          <xsl:with-param name="name">sha-256</xsl:with-param>
          <xsl:with-param name="value" select="@sha256"/>
        </xsl:call-template>
        <xsl:text>}</xsl:text>
      </xsl:if>
      <xsl:text>}</xsl:text>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>

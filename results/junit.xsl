<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- run.xml, or several within <runs>, to JUnit XML as Maven Surefire writes it
     (surefire-test-report.xsd, with flakyFailure), which CI systems read.

     A run is a test suite, a scenario a test case. What came as expected has
     passed, whatever its verdict. Else: a violation, or one that was expected
     and not found, is a failure; broken an error; inconclusive and skipped
     are skipped, with their reason, as nothing was judged. A known issue is
     skipped with its reason: it does not fail the suite. A pass of what is
     flaky carries a flakyFailure. tests/junit.rng is its schema. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:output method="xml" encoding="UTF-8" indent="yes"/>

  <xsl:key name="machine" match="run/machine"
           use="concat(generate-id(..), ' ', @number)"/>
  <xsl:key name="on-machine" match="run/scenario"
           use="concat(generate-id(..), ' ', @machine)"/>

  <xsl:include href="history-keys.xsl"/>

  <xsl:variable name="odd" select="//run/scenario[@as-expected = 'no']"/>
  <xsl:variable name="new"
                select="$odd[not(known[@covers = 'all'])]"/>
  <xsl:variable name="failures"
                select="count($new[@verdict = 'violation' or
                                   @verdict = 'pass'])"/>
  <xsl:variable name="errors" select="count($new[@verdict = 'broken'])"/>

  <xsl:template match="/">
    <testsuites name="rig" tests="{count(//run/scenario)}"
                failures="{$failures}" errors="{$errors}"
                skipped="{count($odd) - $failures - $errors}">
      <xsl:apply-templates select="/run | /runs/run"/>
    </testsuites>
  </xsl:template>

  <xsl:template match="run">
    <xsl:variable name="odd-here" select="scenario[@as-expected = 'no']"/>
    <xsl:variable name="new-here"
                  select="$odd-here[not(known[@covers = 'all'])]"/>
    <xsl:variable name="failed"
                  select="count($new-here[@verdict = 'violation' or
                                          @verdict = 'pass'])"/>
    <xsl:variable name="broken"
                  select="count($new-here[@verdict = 'broken'])"/>
    <testsuite name="rig run {@id}" tests="{count(scenario)}"
               failures="{$failed}" errors="{$broken}"
               skipped="{count($odd-here) - $failed - $broken}"
               timestamp="{substring-before(concat(@started, 'Z'), 'Z')}">
      <xsl:attribute name="time">
        <xsl:value-of select="format-number(sum(machine/@total-ms) div 1000,
                                            '0.000')"/>
      </xsl:attribute>
      <properties>
        <xsl:for-each select="@id | @rig | @command | @complete | @night |
                              @job | @shard | environment/@*">
          <property name="rig.{name()}" value="{.}"/>
        </xsl:for-each>
        <xsl:for-each select="artifact">
          <property name="rig.sha256.{@name}" value="{@sha256}"/>
        </xsl:for-each>
      </properties>
      <xsl:apply-templates select="scenario"/>
      <xsl:if test="@complete = 'no'">
        <system-err>The run did not come to its end.</system-err>
      </xsl:if>
    </testsuite>
  </xsl:template>

  <xsl:template match="scenario">
    <xsl:variable name="machine"
                  select="key('machine', concat(generate-id(..), ' ',
                                                @machine))"/>
    <xsl:variable name="flaky"
                  select="key('flaky', concat(../@id, ' ', @key))"/>
    <testcase name="{@name}" file="{@file}">
      <xsl:attribute name="classname">
        <xsl:text>rig</xsl:text>
        <xsl:if test="$machine/@nic">
          <xsl:value-of select="concat('.', $machine/@nic)"/>
        </xsl:if>
        <xsl:if test="driver">
          <xsl:value-of select="concat('.', translate(driver/@sys |
                                       driver/@linux, '.', '_'))"/>
        </xsl:if>
      </xsl:attribute>
      <xsl:attribute name="time">
        <xsl:call-template name="seconds">
          <xsl:with-param name="machine" select="$machine"/>
        </xsl:call-template>
      </xsl:attribute>
      <properties>
        <xsl:for-each select="@verdict | @expected | @seed | @bundle |
                              driver/@sha256">
          <property name="{name()}" value="{.}"/>
        </xsl:for-each>
        <xsl:for-each select="known">
          <property name="known-issue" value="{@id}"/>
        </xsl:for-each>
        <xsl:for-each select="$flaky/ratio">
          <property name="flaky" value="{@bad} of the last {@counted} bad"/>
        </xsl:for-each>
      </properties>
      <xsl:call-template name="outcome">
        <xsl:with-param name="flaky" select="$flaky"/>
      </xsl:call-template>
      <xsl:call-template name="output"/>
    </testcase>
  </xsl:template>

  <!-- Host time of its own, or of a machine that it had alone, or the virtual
       time of its cycles. -->
  <xsl:template name="seconds">
    <xsl:param name="machine"/>
    <xsl:choose>
      <xsl:when test="@ms">
        <xsl:value-of select="format-number(@ms div 1000, '0.000')"/>
      </xsl:when>
      <xsl:when test="$machine/@total-ms and count(key('on-machine',
                      concat(generate-id(..), ' ', @machine))) = 1">
        <xsl:value-of select="format-number($machine/@total-ms div 1000,
                                            '0.000')"/>
      </xsl:when>
      <xsl:when test="cycle[1]/@ns-from and cycle[last()]/@ns-to">
        <xsl:value-of select="format-number((cycle[last()]/@ns-to -
                              cycle[1]/@ns-from) div 1000000000, '0.000')"/>
      </xsl:when>
      <xsl:otherwise>0.000</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="outcome">
    <xsl:param name="flaky"/>
    <xsl:choose>
      <xsl:when test="@as-expected = 'yes' and $flaky">
        <flakyFailure type="flaky" message="with the same inputs it has come to another verdict, too: {
                      $flaky/ratio/@bad} of the last {
                      $flaky/ratio/@counted} results were bad"/>
      </xsl:when>
      <xsl:when test="@as-expected = 'yes'"/>
      <xsl:when test="known[@covers = 'all']">
        <skipped message="known issue {known/@id}, {normalize-space(known)
                          } ({known/@link}), until {known/@expires}; {@verdict
                          }: {sentence}"/>
      </xsl:when>
      <xsl:when test="@verdict = 'violation'">
        <failure message="{sentence}">
          <xsl:attribute name="type">
            <xsl:choose>
              <xsl:when test="finding">
                <xsl:value-of select="concat(finding[1]/@rule, '/',
                                             finding[1]/@id)"/>
              </xsl:when>
              <xsl:otherwise>violation</xsl:otherwise>
            </xsl:choose>
          </xsl:attribute>
          <xsl:call-template name="findings"/>
        </failure>
      </xsl:when>
      <xsl:when test="@verdict = 'pass'">
        <failure type="not-found" message="expected {@expected}, got pass">
          <xsl:value-of select="sentence"/>
        </failure>
      </xsl:when>
      <xsl:when test="@verdict = 'broken'">
        <error type="broken" message="{sentence}">
          <xsl:value-of select="sentence"/>
        </error>
      </xsl:when>
      <xsl:otherwise>
        <skipped message="{@verdict}: {sentence}"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="findings">
    <xsl:for-each select="finding[position() &lt;= 20]">
      <xsl:value-of select="concat(@rule, ' ', @level, ' ', @id, ', class ',
                                   @class, ', at ', @boundary, ', cycle ',
                                   @cycle, ', event ', @event, ': ', sentence,
                                   '&#10;')"/>
      <xsl:for-each select="proof[position() &lt;= 40]">
        <xsl:value-of select="concat('  event ', @event, ': ', ., '&#10;')"/>
      </xsl:for-each>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="output">
    <system-out>
      <xsl:value-of select="concat(@verdict, ' (expected ', @expected, '): ',
                                   sentence, '&#10;')"/>
      <xsl:if test="reproduce">
        <xsl:value-of select="concat('again: ', reproduce, '&#10;')"/>
      </xsl:if>
      <xsl:if test="@bundle">
        <xsl:value-of select="concat('bundle: ', @bundle, '&#10;')"/>
      </xsl:if>
    </system-out>
  </xsl:template>
</xsl:stylesheet>

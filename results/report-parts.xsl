<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- Small pieces that every part of the page uses: badges, facts, numbers. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:template match="@verdict | @expected" mode="badge">
    <span class="badge v-{.}">
      <svg class="icon" aria-hidden="true" viewBox="0 0 16 16">
        <use href="#i-{.}"/>
      </svg>
      <xsl:value-of select="."/>
    </span>
  </xsl:template>

  <!-- The same in a list: its sign is the style sheet's, as ten thousand
       drawings are slow. -->
  <xsl:template match="@verdict" mode="mark">
    <span class="badge mark v-{.}"><xsl:value-of select="."/></span>
  </xsl:template>

  <!-- The expected verdict of the current scenario, and whether it came. -->
  <xsl:template name="as-expected">
    <small class="expected x-{@as-expected}">
      <xsl:choose>
        <xsl:when test="@as-expected = 'yes'">as expected</xsl:when>
        <xsl:when test="@expected = @verdict">other level or
          class</xsl:when>
        <xsl:otherwise>
          <xsl:value-of select="concat('expected ', @expected)"/>
        </xsl:otherwise>
      </xsl:choose>
    </small>
  </xsl:template>

  <xsl:template name="verdict-word">
    <xsl:param name="verdict"/>
    <xsl:value-of select="concat(translate(substring($verdict, 1, 1),
                                           'pvbis', 'PVBIS'),
                                 substring($verdict, 2))"/>
  </xsl:template>

  <!-- One row of a definition list; nothing when the value is not known. -->
  <xsl:template name="fact">
    <xsl:param name="name"/>
    <xsl:param name="value"/>
    <xsl:param name="unit"/>
    <xsl:if test="string($value) != ''">
      <div>
        <dt><xsl:value-of select="$name"/></dt>
        <dd><xsl:value-of select="concat($value, $unit)"/></dd>
      </div>
    </xsl:if>
  </xsl:template>

  <xsl:template name="hash">
    <xsl:param name="name"/>
    <xsl:param name="value"/>
    <xsl:if test="string($value) != ''">
      <div class="wide">
        <dt><xsl:value-of select="$name"/></dt>
        <dd><code class="hash"><xsl:value-of select="$value"/></code></dd>
      </div>
    </xsl:if>
  </xsl:template>

  <!-- What a cap on the page's size has left out. -->
  <xsl:template name="and-more">
    <xsl:param name="all"/>
    <xsl:param name="shown"/>
    <xsl:if test="$all &gt; $shown">
      <p class="more">
        <xsl:value-of select="concat('The first ', $shown, ' of ', $all,
                                     ' are shown; all are in ')"/>
        <a href="./run.xml">run.xml</a>.
      </p>
    </xsl:if>
  </xsl:template>

  <!-- 2026-11-23T08:15:00Z to 2026-11-23 08:15:00 -->
  <xsl:template name="utc">
    <xsl:param name="time"/>
    <xsl:value-of select="translate($time, 'TZ', ' ')"/>
  </xsl:template>

  <!-- Nanoseconds to milliseconds with three decimals. -->
  <xsl:template name="ms">
    <xsl:param name="ns"/>
    <xsl:if test="string($ns) != ''">
      <xsl:value-of select="format-number($ns div 1000000, '#,##0.000')"/>
      <xsl:text> ms</xsl:text>
    </xsl:if>
  </xsl:template>

  <!-- A guest duration from two virtual times, when both are known. -->
  <xsl:template name="duration">
    <xsl:param name="from"/>
    <xsl:param name="to"/>
    <xsl:if test="$from and $to and $to &gt;= $from">
      <xsl:call-template name="ms">
        <xsl:with-param name="ns" select="$to - $from"/>
      </xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- Drawn once, used everywhere: verdict icons, lane patterns and the marks
       of the timeline. -->
  <xsl:template name="symbols">
    <svg class="symbols" width="0" height="0" aria-hidden="true"
         focusable="false">
      <defs>
        <symbol id="i-pass" viewBox="0 0 16 16">
          <path class="stroke" d="M3 8.5l3.2 3.5L13 4.5"/>
        </symbol>
        <symbol id="i-violation" viewBox="0 0 16 16">
          <path class="stroke" d="M4 4l8 8M12 4l-8 8"/>
        </symbol>
        <symbol id="i-broken" viewBox="0 0 16 16">
          <path class="stroke" d="M8 2.5v7M8 12.2v1.2"/>
        </symbol>
        <symbol id="i-inconclusive" viewBox="0 0 16 16">
          <path class="stroke"
                d="M5 5.8C5 2 11 2 11 5.6c0 2.2-3 2.1-3 4.3M8 12.4v1"/>
        </symbol>
        <symbol id="i-skipped" viewBox="0 0 16 16">
          <path class="stroke" d="M3 4l5 4-5 4M8 4l5 4-5 4"/>
        </symbol>
        <symbol id="i-good" viewBox="0 0 16 16">
          <path class="stroke" d="M3 8.5l3.2 3.5L13 4.5"/>
        </symbol>
        <symbol id="i-bad" viewBox="0 0 16 16">
          <path class="stroke" d="M4 4l8 8M12 4l-8 8"/>
        </symbol>
        <symbol id="i-unsure" viewBox="0 0 16 16">
          <path class="stroke" d="M8 2.5v7M8 12.2v1.2"/>
        </symbol>
        <pattern id="p-masked" width="5" height="5"
                 patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-ground" width="5" height="5"/>
          <rect class="hatch" width="1.6" height="5"/>
        </pattern>
        <path id="g-register" d="M0-6L5 3H-5Z"/>
        <path id="g-deregister" d="M0 5L5-4H-5Z"/>
        <path id="g-fault" d="M2-8L-5 1.2H-.6L-2 8L5-1.6H.6Z"/>
        <path id="g-sent" d="M-1.2-6H1.2V4H-1.2Z"/>
        <path id="g-pended" d="M0-5L4-1L0 3L-4-1Z"/>
        <path id="g-dropped" d="M-3.5-4.5L3.5 2.5M3.5-4.5L-3.5 2.5"/>
        <use id="g-disabled" href="#g-dropped"/>
      </defs>
    </svg>
  </xsl:template>
</xsl:stylesheet>

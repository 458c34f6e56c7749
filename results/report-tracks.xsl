<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- What is on the timeline: callbacks, API calls, vectors and interrupts. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <!-- ==================================================== phases and calls -->

  <xsl:template match="phase">
    <xsl:param name="cw"/>
    <xsl:param name="y"/>
    <xsl:param name="y-threads"/>
    <xsl:variable name="other" select="@thread &gt; 0"/>
    <xsl:variable name="w" select="(@to - @from) * $cw"/>
    <xsl:variable name="x" select="$gutter + @from * $cw"/>
    <xsl:variable name="top"
                  select="$y-threads * $other +
                          ($y + @depth * $phase-row) * not($other)"/>
    <g>
      <xsl:attribute name="class">
        <xsl:text>phase</xsl:text>
        <xsl:if test="$other"> other</xsl:if>
        <xsl:if test="@depth mod 2 = 1"> inner</xsl:if>
        <xsl:if test="not(@event-to)"> open</xsl:if>
        <xsl:if test="not($other) and string-length(@status) = 10 and
                      (starts-with(@status, '0xC') or
                       starts-with(@status, '0xc'))"> failed</xsl:if>
      </xsl:attribute>
      <xsl:if test="not($other)">
        <xsl:attribute name="data-name">
          <xsl:value-of select="@name"/>
        </xsl:attribute>
      </xsl:if>
      <xsl:call-template name="row-id">
        <xsl:with-param name="name">data-row</xsl:with-param>
      </xsl:call-template>
      <title><xsl:call-template name="about"/></title>
      <rect x="{$x + .5}" y="{$top + .5}" width="{$w - 1 + 1 * ($w &lt;= 1)}"
            height="{18 - 8 * $other}" rx="2"/>
      <xsl:if test="not($other)">
        <text x="{$x + 6}" y="{$top + 13.5}">
          <xsl:call-template name="name-within">
            <xsl:with-param name="room" select="floor(($w - 10) div $char)"/>
          </xsl:call-template>
        </text>
      </xsl:if>
    </g>
  </xsl:template>

  <!-- As much of a callback's name as fits into $room characters. -->
  <xsl:template name="name-within">
    <xsl:param name="room"/>
    <xsl:variable name="bare" select="substring-after(@name, 'Miniport')"/>
    <xsl:choose>
      <xsl:when test="string-length(@name) &lt;= $room">
        <xsl:value-of select="@name"/>
      </xsl:when>
      <xsl:when test="$bare and string-length($bare) &lt;= $room">
        <xsl:value-of select="$bare"/>
      </xsl:when>
      <xsl:when test="@depth &gt; 0 and $room &gt; 5">
        <xsl:call-template name="short"><xsl:with-param name="text"
          select="@name"/><xsl:with-param name="max" select="$room"/>
        </xsl:call-template>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="call">
    <xsl:param name="cw"/>
    <xsl:param name="y"/>
    <xsl:variable name="x" select="$gutter + @from * $cw"/>
    <xsl:variable name="w" select="(@to - @from) * $cw"/>
    <g class="call k-{@kind}" data-at="{@from}" data-name="{@name}">
      <xsl:call-template name="row-id">
        <xsl:with-param name="name">data-row</xsl:with-param>
      </xsl:call-template>
      <title><xsl:call-template name="about"/></title>
      <rect x="{$x + 1}" y="{$y - 4}" width="{$w - 2 + 2 * ($w &lt;= 2)}"
            height="8" rx="1"/>
      <xsl:if test="@kind != 'other'">
        <use href="#g-{@kind}" x="{$x + $cw div 2}" y="{$y}"/>
      </xsl:if>
    </g>
  </xsl:template>

  <!-- What a phase or a call was, in one line. -->
  <xsl:template name="about">
    <xsl:if test="@kind = 'fault'">Injected fault, call not made: </xsl:if>
    <xsl:value-of select="@name"/>
    <xsl:if test="@caller">
      <xsl:value-of select="concat(', called from ',
                                   ../../../driver/@sys, '+', @caller)"/>
    </xsl:if>
    <xsl:if test="@status">
      <xsl:value-of select="concat(', returned ', @status)"/>
    </xsl:if>
    <xsl:if test="@event-from">
      <xsl:text>, event </xsl:text>
      <xsl:call-template name="events"/>
    </xsl:if>
    <xsl:if test="self::phase and not(@event-to)">, never returned</xsl:if>
    <xsl:if test="@ns-from and @ns-to">
      <xsl:text>, took </xsl:text>
      <xsl:call-template name="guest-time"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="short">
    <xsl:param name="text"/>
    <xsl:param name="max"/>
    <xsl:choose>
      <xsl:when test="string-length($text) &gt; $max">
        <xsl:value-of select="concat(substring($text, 1, $max - 1), '…')"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- =============================================================== lanes -->

  <xsl:template name="lane-name">
    <xsl:choose>
      <xsl:when test="@vector = 'intx'">INTx</xsl:when>
      <xsl:otherwise>vector <xsl:value-of select="@vector"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="lane">
    <xsl:param name="cw"/>
    <xsl:param name="y"/>
    <xsl:param name="row"/>
    <xsl:variable name="name-text">
      <xsl:call-template name="lane-name"/>
    </xsl:variable>
    <xsl:variable name="name" select="string($name-text)"/>
    <g class="lane" data-vector="{@vector}">
      <xsl:for-each select="span[position() &lt;= $max-in-lane]">
        <g class="span st-{@state}" data-from="{@from}" data-to="{@to}">
          <title>
            <xsl:value-of select="concat($name, ' ', @state)"/>
            <xsl:if test="@event">
              <xsl:value-of select="concat(' from event ', @event, ' on')"/>
            </xsl:if>
          </title>
          <rect x="{$gutter + @from * $cw}" width="{(@to - @from) * $cw}">
            <xsl:attribute name="y">
              <xsl:value-of select="$y + 3 + ($row div 2 - 4) *
                                    number(@state = 'disabled')"/>
            </xsl:attribute>
            <xsl:attribute name="height">
              <xsl:value-of select="($row - 6) - ($row - 8) *
                                    number(@state = 'disabled')"/>
            </xsl:attribute>
          </rect>
        </g>
      </xsl:for-each>
      <xsl:for-each select="raised[position() &lt;= $max-in-lane]">
        <xsl:apply-templates select=".">
          <xsl:with-param name="x" select="$gutter + (@at + .5) * $cw"/>
          <xsl:with-param name="y" select="$y + $row div 2"/>
          <xsl:with-param name="name" select="$name"/>
          <xsl:with-param name="room"
                          select="(following-sibling::raised[1]/@at - @at) * $cw"/>
        </xsl:apply-templates>
      </xsl:for-each>
    </g>
  </xsl:template>

  <!-- Interrupts. $room, to the next one, is NaN after the last. -->
  <xsl:template match="raised">
    <xsl:param name="x"/>
    <xsl:param name="y"/>
    <xsl:param name="name"/>
    <xsl:param name="room"/>
    <g class="raised o-{@outcome}" data-at="{@at}">
      <title>
        <xsl:value-of select="concat($name, ': ', @count, ' interrupt')"/>
        <xsl:if test="@count != 1">s</xsl:if>
        <xsl:choose>
          <xsl:when test="@outcome = 'sent'">, message sent</xsl:when>
          <xsl:when test="@outcome = 'pended'">, masked: pending bit set</xsl:when>
          <xsl:when test="@outcome = 'dropped'">, dropped: vector not in
            use</xsl:when>
          <xsl:otherwise>, not sent: MSI-X disabled</xsl:otherwise>
        </xsl:choose>
        <xsl:if test="@event">
          <xsl:value-of select="concat(', event ', @event)"/>
        </xsl:if>
      </title>
      <use href="#g-{@outcome}" x="{$x}" y="{$y + 1}"/>
      <xsl:if test="@count &gt; 1 and
                    not($room &lt; string-length(@count) * 5.5 + 9)">
        <text x="{$x + 4}" y="{$y + 3.5}"><xsl:value-of select="@count"/></text>
      </xsl:if>
    </g>
  </xsl:template>
</xsl:stylesheet>

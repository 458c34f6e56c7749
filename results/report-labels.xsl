<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The labels of a timeline: names of calls and short phases, the marks of
     findings, and pins of the events that these cite.

     Labels must not run into each other. XSLT has no variables to change, so
     "place" walks the sorted labels recursively and carries the right end of
     every row along; a label that fits in no row is left to its tooltip. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:lx="http://xmlsoft.org/XSLT/namespace"
                exclude-result-prefixes="lx">

  <!-- ============================================================== labels -->

  <!-- Draw sorted labels in up to $rows rows without overlap. $e1..$e4 are the
       right ends of the rows so far. A label: x, w(idth), text, title, side
       (which side of x the text starts or ends) and to (where its leader
       ends; a pin's leader goes up to $to). -->
  <xsl:template name="place">
    <xsl:param name="labels"/>
    <xsl:param name="kind"/>
    <xsl:param name="y"/>
    <xsl:param name="to"/>
    <xsl:param name="id"/>
    <xsl:param name="rows"/>
    <xsl:param name="e1" select="0"/>
    <xsl:param name="e2" select="0"/>
    <xsl:param name="e3" select="0"/>
    <xsl:param name="e4" select="0"/>
    <xsl:variable name="label" select="$labels[1]"/>
    <xsl:if test="$label">
      <xsl:variable name="start"
                    select="$label/@x - $label/@w * number($label/@side = 'end')"/>
      <xsl:variable name="row"
                    select="($start &gt;= $e1) +
                            2 * ($start &lt; $e1 and $start &gt;= $e2 and
                                 $rows &gt; 1) +
                            3 * ($start &lt; $e1 and $start &lt; $e2 and
                                 $start &gt;= $e3 and $rows &gt; 2) +
                            4 * ($start &lt; $e1 and $start &lt; $e2 and
                                 $start &lt; $e3 and $start &gt;= $e4 and
                                 $rows &gt; 3)"/>
      <xsl:variable name="end" select="$start + $label/@w + 6"/>
      <xsl:choose>
        <xsl:when test="$kind = 'pin'">
          <xsl:apply-templates select="$label" mode="pin">
            <xsl:with-param name="row" select="$row"/>
            <xsl:with-param name="y" select="$y"/>
            <xsl:with-param name="to" select="$to"/>
            <xsl:with-param name="id" select="$id"/>
            <xsl:with-param name="start" select="$start"/>
          </xsl:apply-templates>
        </xsl:when>
        <xsl:when test="$row &gt; 0">
          <xsl:apply-templates select="$label" mode="label">
            <xsl:with-param name="y" select="$y + $row * $label-row - 4"/>
          </xsl:apply-templates>
        </xsl:when>
      </xsl:choose>
      <xsl:call-template name="place">
        <xsl:with-param name="labels" select="$labels[position() &gt; 1]"/>
        <xsl:with-param name="kind" select="$kind"/>
        <xsl:with-param name="y" select="$y"/>
        <xsl:with-param name="to" select="$to"/>
        <xsl:with-param name="id" select="$id"/>
        <xsl:with-param name="rows" select="$rows"/>
        <xsl:with-param name="e1"
                        select="$e1 + ($end - $e1) * number($row = 1)"/>
        <xsl:with-param name="e2"
                        select="$e2 + ($end - $e2) * number($row = 2)"/>
        <xsl:with-param name="e3"
                        select="$e3 + ($end - $e3) * number($row = 3)"/>
        <xsl:with-param name="e4"
                        select="$e4 + ($end - $e4) * number($row = 4)"/>
      </xsl:call-template>
    </xsl:if>
  </xsl:template>

  <xsl:template match="l" mode="label">
    <xsl:param name="y"/>
    <g class="label {@class}">
      <title><xsl:value-of select="@title"/></title>
      <path class="leader" d="M{@x} {$y + 3}V{@to}"/>
      <text y="{$y}">
        <xsl:attribute name="x">
          <xsl:value-of select="@x - 1 + 2 * number(@side = 'end')"/>
        </xsl:attribute>
        <xsl:if test="@side = 'end'">
          <xsl:attribute name="text-anchor">end</xsl:attribute>
        </xsl:if>
        <xsl:value-of select="@text"/>
      </text>
    </g>
  </xsl:template>

  <!-- A pin is the target of the proof table's links: it is always drawn,
       without its number where there is no room. -->
  <xsl:template match="l" mode="pin">
    <xsl:param name="row"/>
    <xsl:param name="y"/>
    <xsl:param name="to"/>
    <xsl:param name="id"/>
    <xsl:param name="start"/>
    <xsl:variable name="top" select="$y + ($row - number($row &gt; 0)) * $pin-row"/>
    <g class="pin" id="{$id}e{@text}">
      <title><xsl:value-of select="@title"/></title>
      <path class="leader" d="M{@x} {$to}V{$top + 1}"/>
      <circle class="dot" cx="{@x}" cy="{$top}" r="2.5"/>
      <xsl:if test="$row &gt; 0">
        <a href="#{@row}" aria-label="Event {@text}, its row in the proof">
          <rect x="{$start}" y="{$top}" width="{@w}" height="{$pin-row - 3}"
                rx="3"/>
          <text x="{$start + @w div 2}" y="{$top + 11}" text-anchor="middle">
            <xsl:value-of select="@text"/>
          </text>
        </a>
      </xsl:if>
    </g>
  </xsl:template>

  <!-- Names above the graph: the phases too short for theirs, each name
       once, and below them the calls that matter. -->
  <xsl:template name="labels">
    <xsl:param name="cw"/>
    <xsl:param name="y"/>
    <xsl:param name="y-phases"/>
    <xsl:param name="y-calls"/>
    <xsl:param name="width"/>
    <xsl:variable name="phases">
      <xsl:for-each select="phase[@depth = 0 and not(@thread &gt; 0)]
                            [not(@name = preceding-sibling::phase/@name)]
                            [(@to - @from) * $cw &lt; $char * (string-length(
                             @name) - 8 * starts-with(@name, 'Miniport')) + 10]
                            [position() &lt;= 60]">
        <xsl:sort select="@from" data-type="number"/>
        <xsl:apply-templates select="." mode="label">
          <xsl:with-param name="cw" select="$cw"/>
          <xsl:with-param name="to" select="$y-phases"/>
          <xsl:with-param name="width" select="$width"/>
        </xsl:apply-templates>
      </xsl:for-each>
    </xsl:variable>
    <xsl:variable name="calls">
      <xsl:for-each select="call[@kind != 'other'][position() &lt;= 60]">
        <xsl:sort select="@from" data-type="number"/>
        <xsl:apply-templates select="." mode="label">
          <xsl:with-param name="cw" select="$cw"/>
          <xsl:with-param name="to" select="$y-calls + 4"/>
          <xsl:with-param name="width" select="$width"/>
        </xsl:apply-templates>
      </xsl:for-each>
    </xsl:variable>
    <xsl:call-template name="place">
      <xsl:with-param name="labels" select="lx:node-set($phases)/l"/>
      <xsl:with-param name="y" select="$y"/>
      <xsl:with-param name="rows" select="2"/>
    </xsl:call-template>
    <xsl:call-template name="place">
      <xsl:with-param name="labels" select="lx:node-set($calls)/l"/>
      <xsl:with-param name="y" select="$y + 2 * $label-row"/>
      <xsl:with-param name="rows" select="2"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="phase | call" mode="label">
    <xsl:param name="cw"/>
    <xsl:param name="to"/>
    <xsl:param name="width"/>
    <xsl:variable name="text">
      <xsl:if test="@kind = 'fault'">fault: </xsl:if>
      <xsl:call-template name="short"><xsl:with-param name="text"
        select="@name"/><xsl:with-param name="max" select="40"/>
      </xsl:call-template>
    </xsl:variable>
    <xsl:variable name="x" select="$gutter + (@from + .5) * $cw"/>
    <xsl:variable name="w" select="string-length($text) *
                                   ($char + .5 * count(self::call)) + 4"/>
    <l x="{$x}" w="{$w}" text="{$text}" to="{$to}"
       class="l-{name()} k-{@kind}">
      <xsl:attribute name="title">
        <xsl:call-template name="about"/>
      </xsl:attribute>
      <xsl:attribute name="side">
        <xsl:choose>
          <xsl:when test="$x + $w &gt; $width">end</xsl:when>
          <xsl:otherwise>start</xsl:otherwise>
        </xsl:choose>
      </xsl:attribute>
    </l>
  </xsl:template>

  <!-- The vertical lines where findings became true, labels on top. Marks of
       one column share a line and a label. -->
  <xsl:template name="marks">
    <xsl:param name="cw"/>
    <xsl:param name="bottom"/>
    <xsl:param name="width"/>
    <xsl:variable name="found">
      <xsl:for-each select="mark[position() &lt;= 60]
                            [not(@at = preceding-sibling::mark/@at)]">
        <xsl:sort select="@at" data-type="number"/>
        <xsl:variable name="x" select="$gutter + (@at + .5) * $cw"/>
        <xsl:variable name="text">
          <xsl:for-each select="../mark[@at = current()/@at]
                                [position() &lt;= 4]">
            <xsl:if test="position() &gt; 1">, </xsl:if>
            <xsl:call-template name="short"><xsl:with-param name="text"
              select="@label"/><xsl:with-param name="max" select="60"/>
            </xsl:call-template>
          </xsl:for-each>
          <xsl:value-of select="concat(' (event ', @event, ')')"/>
        </xsl:variable>
        <xsl:variable name="w" select="string-length($text) * ($char + .6) + 6"/>
        <l x="{$x}" w="{$w}" text="{$text}" to="{$bottom}" class="mark">
          <xsl:attribute name="title">
            <xsl:for-each select="../mark[@at = current()/@at]">
              <xsl:if test="position() &gt; 1">; </xsl:if>
              <xsl:value-of select="concat('Finding ', @finding, ', event ',
                                           @event, ': ', @label)"/>
            </xsl:for-each>
          </xsl:attribute>
          <xsl:attribute name="side">
            <xsl:choose>
              <xsl:when test="$x + $w &gt; $width">end</xsl:when>
              <xsl:otherwise>start</xsl:otherwise>
            </xsl:choose>
          </xsl:attribute>
        </l>
      </xsl:for-each>
    </xsl:variable>
    <!-- Lines first: they stand even where a label finds no room. -->
    <xsl:for-each select="lx:node-set($found)/l">
      <path class="mark-line" data-mark="{@x}" d="M{@x} 4V{@to}">
        <title><xsl:value-of select="@title"/></title>
      </path>
    </xsl:for-each>
    <xsl:call-template name="place">
      <xsl:with-param name="labels" select="lx:node-set($found)/l"/>
      <xsl:with-param name="y" select="2"/>
      <xsl:with-param name="rows" select="2"/>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>

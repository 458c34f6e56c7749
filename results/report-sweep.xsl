<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The fault map of a sweep: totals, one cell for each point, and what is not
     clean with the command that has it strike again. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <!-- Cells drawn of one sweep, and rows of what is not clean. -->
  <xsl:variable name="max-cells" select="4000"/>
  <xsl:variable name="max-unclean" select="100"/>

  <!-- Points by sweep and step: what stands before the colon. -->
  <xsl:key name="by-step" match="sweep/point"
           use="concat(generate-id(..), ' ', substring-before(@text, ':'))"/>

  <xsl:template match="sweep">
    <xsl:variable name="id" select="concat('s', ../@number, 'map')"/>
    <xsl:variable name="unclean" select="point[@again]"/>
    <section class="sweep" id="{$id}" aria-labelledby="{$id}-h">
      <h4 id="{$id}-h">Fault map</h4>
      <p>
        <xsl:value-of select="concat(@cycles, ' of ', @known, ' cycles; ',
                              @reached, ' calls that may fail were reached, ',
                              @untried, ' points were not tried. ')"/>
        <xsl:choose>
          <xsl:when test="@findings = 0">All that was tried is clean.</xsl:when>
          <xsl:otherwise>
            <strong>
              <xsl:value-of select="concat(@findings, ' not clean.')"/>
            </strong>
          </xsl:otherwise>
        </xsl:choose>
      </p>
      <xsl:call-template name="sweep-totals"/>
      <xsl:call-template name="sweep-cells"/>
      <xsl:if test="$unclean">
        <xsl:call-template name="sweep-rows">
          <xsl:with-param name="caption">Not clean with one fault</xsl:with-param>
          <xsl:with-param name="rows" select="$unclean"/>
        </xsl:call-template>
      </xsl:if>
      <xsl:if test="pair">
        <xsl:call-template name="sweep-rows">
          <xsl:with-param name="caption">Found by k=2, not by k=1: neither fault
          does it alone</xsl:with-param>
          <xsl:with-param name="rows" select="pair"/>
        </xsl:call-template>
      </xsl:if>
      <xsl:if test="@pairs-explained &gt; 0">
        <p class="more">
          <xsl:value-of select="concat(@pairs-explained, ' more pairs are not ',
                                'clean, but no more than one of their faults ',
                                'alone.')"/>
        </p>
      </xsl:if>
      <xsl:if test="@pairs-omitted &gt; 0">
        <p class="more">
          <xsl:value-of select="concat(@pairs-omitted, ' more pairs were found ',
                                'and not kept.')"/>
        </p>
      </xsl:if>
    </section>
  </xsl:template>

  <xsl:template name="outcome-words">
    <xsl:param name="name"/>
    <xsl:choose>
      <xsl:when test="$name = 'success'">success in spite of it</xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="translate($name, '-', ' ')"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="sweep-totals">
    <div class="scroll" tabindex="0" role="region" aria-label="Outcomes">
      <table>
        <caption>Outcomes</caption>
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col" class="num">No fault</th>
            <th scope="col" class="num">One fault</th>
            <xsl:if test="@k &gt; 1">
              <th scope="col" class="num">Two faults</th>
            </xsl:if>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="outcome[@lives + @single + @pairs &gt; 0]">
            <tr>
              <th scope="row">
                <span class="cell m-{@name}" aria-hidden="true"></span>
                <xsl:text> </xsl:text>
                <xsl:call-template name="outcome-words">
                  <xsl:with-param name="name" select="@name"/>
                </xsl:call-template>
              </th>
              <td class="num"><xsl:value-of select="@lives"/></td>
              <td class="num"><xsl:value-of select="@single"/></td>
              <xsl:if test="../@k &gt; 1">
                <td class="num"><xsl:value-of select="@pairs"/></td>
              </xsl:if>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
  </xsl:template>

  <!-- One row of cells for each step, in the order of the driver's life. -->
  <xsl:template name="sweep-cells">
    <xsl:variable name="sweep" select="generate-id(.)"/>
    <div class="map" role="group" aria-label="Points by step">
      <xsl:for-each select="point[generate-id(.) = generate-id(key('by-step',
                            concat($sweep, ' ',
                                   substring-before(@text, ':')))[1])]">
        <xsl:variable name="step" select="substring-before(@text, ':')"/>
        <xsl:variable name="points"
                      select="key('by-step', concat($sweep, ' ', $step))"/>
        <div class="map-row">
          <span class="map-step">
            <xsl:value-of select="concat($step, ' ')"/>
            <small>
              <xsl:value-of select="concat(count($points[@again]), ' of ',
                                           count($points))"/>
            </small>
          </span>
          <span class="cells">
            <xsl:for-each select="$points[position() &lt;= $max-cells]">
              <span class="cell m-{@outcome}">
                <xsl:attribute name="title">
                  <xsl:value-of select="concat(@text, ': ')"/>
                  <xsl:call-template name="outcome-words">
                    <xsl:with-param name="name" select="@outcome"/>
                  </xsl:call-template>
                  <xsl:if test="@class">
                    <xsl:value-of select="concat(' ', @class)"/>
                  </xsl:if>
                  <xsl:if test="@unclean-pairs &gt; 0">
                    <xsl:value-of select="concat(', ', @unclean-pairs, ' of ',
                                          @pairs, ' pairs not clean')"/>
                  </xsl:if>
                </xsl:attribute>
                <xsl:if test="@unclean-pairs &gt; 0">
                  <xsl:text>2</xsl:text>
                </xsl:if>
              </span>
            </xsl:for-each>
          </span>
        </div>
      </xsl:for-each>
    </div>
  </xsl:template>

  <xsl:template name="sweep-rows">
    <xsl:param name="caption"/>
    <xsl:param name="rows"/>
    <div class="scroll" tabindex="0" role="region"
         aria-label="{normalize-space($caption)}">
      <table>
        <caption><xsl:value-of select="normalize-space($caption)"/></caption>
        <thead>
          <tr>
            <th scope="col">Faults</th>
            <th scope="col">Outcome</th>
            <th scope="col">Level</th>
            <th scope="col">Class</th>
            <th scope="col" class="num">Cycle</th>
            <th scope="col">What happened, and how to see it again</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="$rows[position() &lt;= $max-unclean]">
            <tr>
              <th scope="row" class="what">
                <code>
                  <xsl:value-of select="concat(@text, @first)"/>
                  <xsl:if test="@second">
                    <xsl:value-of select="concat(' + ', @second)"/>
                  </xsl:if>
                </code>
              </th>
              <td>
                <span class="cell m-{@outcome}" aria-hidden="true"></span>
                <xsl:text> </xsl:text>
                <xsl:call-template name="outcome-words">
                  <xsl:with-param name="name" select="@outcome"/>
                </xsl:call-template>
              </td>
              <td><xsl:value-of select="@level"/></td>
              <td><xsl:value-of select="@class"/></td>
              <td class="num"><xsl:value-of select="@cycle"/></td>
              <td class="what">
                <xsl:value-of select="."/>
                <br/>
                <code class="again"><xsl:value-of select="@again"/></code>
              </td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count($rows)"/>
      <xsl:with-param name="shown" select="$max-unclean"/>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>

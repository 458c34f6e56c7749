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

  <!-- Points by what they fail: one row of the heat map. A call of one step
       is one site, from wherever the driver makes it. -->
  <xsl:key name="by-site" match="sweep/point"
           use="concat(generate-id(..), ' ', substring-before(@text, ':'), ' ',
                       @kind, ' ', @name)"/>
  <xsl:key name="by-outcome" match="sweep/point"
           use="concat(generate-id(..), ' ', substring-before(@text, ':'), ' ',
                       @kind, ' ', @name, ' ', @outcome)"/>
  <xsl:key name="of-outcome" match="sweep/point"
           use="concat(generate-id(..), ' ', @outcome)"/>
  <xsl:variable name="max-sites" select="400"/>

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
      <xsl:call-template name="sweep-heat"/>
      <details class="as-table">
        <summary>Every point, one cell each, by step</summary>
        <xsl:call-template name="sweep-cells"/>
      </details>
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
      <table class="totals">
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

  <!-- Sites down, outcomes across; what is not clean comes first. A cell
       says its number, and is as strong as its share of the site. -->
  <xsl:template name="sweep-heat">
    <xsl:variable name="sweep" select="generate-id(.)"/>
    <xsl:variable name="columns"
                  select="outcome[key('of-outcome', concat($sweep, ' ', @name))]
                          /@name"/>
    <xsl:variable name="untried"
                  select="key('of-outcome', concat($sweep, ' not-tried'))"/>
    <xsl:variable name="sites"
                  select="point[generate-id(.) = generate-id(key('by-site',
                          concat($sweep, ' ', substring-before(@text, ':'), ' ',
                                 @kind, ' ', @name))[1])]"/>
    <div class="scroll" tabindex="0" role="region" aria-label="Heat map">
      <table class="heat">
        <caption>Points of each site by outcome; the darker, the larger its
        share of the site</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">What was failed</th>
            <th scope="col" class="num">Points</th>
            <xsl:for-each select="$columns">
              <th scope="col" class="num">
                <span class="cell m-{.}" aria-hidden="true"></span>
                <xsl:text> </xsl:text>
                <xsl:call-template name="outcome-words">
                  <xsl:with-param name="name" select="."/>
                </xsl:call-template>
              </th>
            </xsl:for-each>
            <xsl:if test="$untried">
              <th scope="col" class="num">not tried</th>
            </xsl:if>
            <xsl:if test="@k &gt; 1">
              <th scope="col" class="num">pairs not clean</th>
            </xsl:if>
          </tr>
        </thead>
        <tbody>
          <!-- Leaks come behind what is worse. -->
          <xsl:for-each select="$sites">
            <xsl:sort select="count(key('by-site', concat($sweep, ' ',
                              substring-before(@text, ':'), ' ', @kind, ' ',
                              @name))[@again][@outcome != 'leak']) &gt; 0"
                      order="descending"/>
            <xsl:sort select="count(key('by-site', concat($sweep, ' ',
                              substring-before(@text, ':'), ' ', @kind, ' ',
                              @name))[@again]) &gt; 0" order="descending"/>
            <xsl:if test="position() &lt;= $max-sites">
              <xsl:call-template name="sweep-site">
                <xsl:with-param name="sweep" select="$sweep"/>
                <xsl:with-param name="columns" select="$columns"/>
                <xsl:with-param name="untried" select="boolean($untried)"/>
              </xsl:call-template>
            </xsl:if>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count($sites)"/>
      <xsl:with-param name="shown" select="$max-sites"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="sweep-site">
    <xsl:param name="sweep"/>
    <xsl:param name="columns"/>
    <xsl:param name="untried"/>
    <xsl:variable name="step" select="substring-before(@text, ':')"/>
    <xsl:variable name="site"
                  select="concat($sweep, ' ', $step, ' ', @kind, ' ', @name)"/>
    <xsl:variable name="all" select="count(key('by-site', $site))"/>
    <tr>
      <td><xsl:value-of select="$step"/></td>
      <th scope="row">
        <code><xsl:value-of select="@name"/></code>
        <xsl:if test="(@kind = 'device' or @kind = 'resource') and
                      @kind != $step">
          <small><xsl:value-of select="concat(' ', @kind)"/></small>
        </xsl:if>
      </th>
      <td class="num"><xsl:value-of select="$all"/></td>
      <xsl:for-each select="$columns">
        <xsl:call-template name="sweep-share">
          <xsl:with-param name="outcome" select="string(.)"/>
          <xsl:with-param name="all" select="$all"/>
          <xsl:with-param name="n" select="count(key('by-outcome',
                                           concat($site, ' ', .)))"/>
        </xsl:call-template>
      </xsl:for-each>
      <xsl:if test="$untried">
        <xsl:call-template name="sweep-share">
          <xsl:with-param name="outcome">not-tried</xsl:with-param>
          <xsl:with-param name="all" select="$all"/>
          <xsl:with-param name="n" select="count(key('by-outcome',
                                           concat($site, ' not-tried')))"/>
        </xsl:call-template>
      </xsl:if>
      <xsl:if test="../@k &gt; 1">
        <xsl:call-template name="sweep-share">
          <xsl:with-param name="outcome">violation</xsl:with-param>
          <xsl:with-param name="all"
                          select="sum(key('by-site', $site)/@pairs)"/>
          <xsl:with-param name="n"
                          select="sum(key('by-site', $site)/@unclean-pairs)"/>
        </xsl:call-template>
      </xsl:if>
    </tr>
  </xsl:template>

  <!-- Four strengths: up to a quarter, half, three quarters, all of it. -->
  <xsl:template name="sweep-share">
    <xsl:param name="outcome"/>
    <xsl:param name="all"/>
    <xsl:param name="n"/>
    <td class="num">
      <xsl:if test="$n &gt; 0">
        <xsl:attribute name="class">
          <xsl:value-of select="concat('num h-', ceiling(4 * $n div $all),
                                       ' t-', $outcome)"/>
        </xsl:attribute>
        <xsl:value-of select="$n"/>
        <span class="of"><xsl:value-of select="concat(' of ', $all)"/></span>
      </xsl:if>
    </td>
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
          <xsl:for-each select="$rows">
            <xsl:sort select="@outcome = 'leak'"/>
            <xsl:if test="position() &lt;= $max-unclean">
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
            </xsl:if>
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

<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The list of all scenarios in the index, worst class first. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:key name="nic" match="/index/scenario/@nic" use="."/>
  <xsl:key name="driver" match="/index/scenario/@driver" use="."/>
  <xsl:key name="rule" match="/index/scenario/@rule" use="."/>

  <xsl:template name="all-scenarios">
    <section aria-labelledby="all">
      <h2 id="all">Scenarios</h2>
      <form class="filters" id="filters" hidden="hidden" role="search"
            aria-label="Filter the scenarios">
        <xsl:call-template name="filter-select">
          <xsl:with-param name="name">rule</xsl:with-param>
          <xsl:with-param name="label">Rule broken</xsl:with-param>
          <xsl:with-param name="values" select="scenario/@rule[
              generate-id(.) = generate-id(key('rule', .)[1])]"/>
        </xsl:call-template>
        <xsl:call-template name="filter-select">
          <xsl:with-param name="name">driver</xsl:with-param>
          <xsl:with-param name="label">Driver</xsl:with-param>
          <xsl:with-param name="values" select="scenario/@driver[
              generate-id(.) = generate-id(key('driver', .)[1])]"/>
        </xsl:call-template>
        <xsl:call-template name="filter-select">
          <xsl:with-param name="name">nic</xsl:with-param>
          <xsl:with-param name="label">NIC</xsl:with-param>
          <xsl:with-param name="values" select="scenario/@nic[
              generate-id(.) = generate-id(key('nic', .)[1])]"/>
        </xsl:call-template>
        <xsl:call-template name="filter-end">
          <xsl:with-param name="things">scenarios</xsl:with-param>
        </xsl:call-template>
      </form>
      <table class="list rows index" role="table" aria-labelledby="all">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col" data-sort="rank">Class</th>
            <th role="columnheader" scope="col" data-sort="text">Scenario</th>
            <th role="columnheader" scope="col" data-sort="text">Driver</th>
            <th role="columnheader" scope="col" data-sort="text">NIC</th>
            <th role="columnheader" scope="col">Last results</th>
            <th role="columnheader" scope="col" data-sort="number">Bad</th>
            <th role="columnheader" scope="col" class="num"
                data-sort="number">Time</th>
          </tr>
        </thead>
        <tbody role="rowgroup" id="rows">
          <xsl:for-each select="scenario">
            <xsl:sort select="(@class = 'newly-failing') * 1 +
                              (@class = 'failing') * 2 +
                              (@class = 'flaky') * 3 + (@class = 'known') * 4 +
                              (@class = 'newly-passing') * 5 +
                              (@class = 'passing') * 6 +
                              (@class = 'never-judged') * 7"
                      data-type="number"/>
            <xsl:call-template name="index-row">
              <xsl:with-param name="rank" select="position()"/>
            </xsl:call-template>
          </xsl:for-each>
        </tbody>
      </table>
      <p class="none">No scenario is like that.</p>
    </section>
  </xsl:template>

  <xsl:template name="index-row">
    <xsl:param name="rank"/>
    <tr role="row" class="item v-{@class}" data-rank="{$rank}"
        data-driver="{@driver}" data-nic="{@nic}" data-rule="{@rule}">
      <td role="cell">
        <xsl:apply-templates select="@class" mode="class"/>
        <xsl:if test="@flaky = 'yes' and @class != 'flaky'">
          <span class="class k-flaky">flaky</span>
        </xsl:if>
      </td>
      <th role="rowheader" scope="row">
        <xsl:call-template name="scenario-link"/>
        <small><xsl:value-of select="@title"/></small>
      </th>
      <td role="cell"><xsl:value-of select="@driver"/></td>
      <td role="cell" title="{@key}"><xsl:value-of select="@nic"/></td>
      <td role="cell">
        <xsl:apply-templates select="strip"/>
        <xsl:if test="@class = 'known'">
          <small>
            <xsl:value-of select="concat('known issue ',
                                         strip/cell[@good][last()]/@known)"/>
          </small>
        </xsl:if>
        <xsl:if test="since">
          <small><xsl:apply-templates select="since"/></small>
        </xsl:if>
        <xsl:if test="point"><xsl:call-template name="points-of"/></xsl:if>
      </td>
      <td role="cell" data-value="{sum(ratio/@percent)}">
        <xsl:apply-templates select="ratio"/>
      </td>
      <td role="cell" class="num" data-value="{@ms}">
        <xsl:value-of select="concat(format-number(@ms div 1000, '#,##0.0'),
                                     ' s')"/>
      </td>
    </tr>
  </xsl:template>

  <!-- The fault points of a sweep that were bad, or are flaky. -->
  <xsl:template name="points-of">
    <details class="as-table">
      <summary>
        <xsl:value-of select="concat(count(point) +
                              sum(points-omitted/@count), ' fault point')"/>
        <xsl:if test="count(point) + sum(points-omitted/@count) != 1">s</xsl:if>
      </summary>
      <ul class="named">
        <xsl:for-each select="point">
          <li>
            <code><xsl:value-of select="@text"/></code>
            <xsl:text> </xsl:text>
            <xsl:apply-templates select="@class" mode="class"/>
            <xsl:apply-templates select="strip"/>
            <xsl:if test="since">
              <small><xsl:apply-templates select="since"/></small>
            </xsl:if>
          </li>
        </xsl:for-each>
        <xsl:if test="points-omitted">
          <li>
            <xsl:value-of select="concat('and ', points-omitted/@count,
                                         ' more')"/>
          </li>
        </xsl:if>
      </ul>
    </details>
  </xsl:template>
</xsl:stylesheet>

<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The list of a run: one row for each scenario, its filters, what is worst
     first. Rows are grids of their own, not a table's layout, so that a
     browser lays out only those that are on the screen; their roles are
     written out since the display takes them away. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:key name="machine" match="/run/machine" use="@number"/>
  <xsl:key name="nic" match="/run/machine/@nic" use="."/>
  <xsl:key name="driver" match="/run/scenario/driver/@sys |
                                /run/scenario/driver/@linux" use="."/>
  <xsl:key name="rule" match="/run/scenario/finding/@rule" use="."/>

  <!-- Host time of a scenario: its own, or that of a machine it had alone. -->
  <xsl:key name="on-machine" match="/run/scenario" use="@machine"/>

  <xsl:template name="scenario-ms">
    <xsl:choose>
      <xsl:when test="@ms"><xsl:value-of select="@ms"/></xsl:when>
      <xsl:when test="count(key('on-machine', @machine)) = 1">
        <xsl:value-of select="key('machine', @machine)/@total-ms"/>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- Virtual time from the first to the last cycle that is written out. -->
  <xsl:template name="scenario-ns">
    <xsl:if test="cycle[1]/@ns-from and cycle[last()]/@ns-to">
      <xsl:value-of select="cycle[last()]/@ns-to - cycle[1]/@ns-from"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="scenario-list">
    <xsl:if test="count(scenario) &gt; 1">
      <section aria-labelledby="list">
        <h2 id="list" class="quiet">At a glance</h2>
        <xsl:call-template name="scenario-filters"/>
        <table class="list rows" role="table" aria-labelledby="list">
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col" class="num"
                  data-sort="number">#</th>
              <th role="columnheader" scope="col" data-sort="rank">Verdict</th>
              <th role="columnheader" scope="col" data-sort="text">Scenario</th>
              <th role="columnheader" scope="col" data-sort="text">Driver</th>
              <th role="columnheader" scope="col" data-sort="text">NIC</th>
              <th role="columnheader" scope="col" class="num"
                  data-sort="number">Time</th>
              <th role="columnheader" scope="col">What happened</th>
            </tr>
          </thead>
          <tbody role="rowgroup" id="rows">
            <xsl:for-each select="scenario">
              <xsl:sort select="10 * (@as-expected = 'yes') +
                                (@as-expected = 'no') * ((@verdict = 'pass') +
                                  2 * (@verdict = 'broken') +
                                  3 * (@verdict = 'inconclusive' or
                                       @verdict = 'skipped')) +
                                (@as-expected = 'yes') *
                                  ((@verdict != 'violation') +
                                   (@verdict = 'pass'))"
                        data-type="number"/>
              <xsl:call-template name="scenario-row">
                <xsl:with-param name="rank" select="position()"/>
              </xsl:call-template>
            </xsl:for-each>
          </tbody>
        </table>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="scenario-filters">
    <form class="filters" id="filters" hidden="hidden" role="search"
          aria-label="Filter the scenarios">
      <xsl:call-template name="filter-select">
        <xsl:with-param name="name">rule</xsl:with-param>
        <xsl:with-param name="label">Rule broken</xsl:with-param>
        <xsl:with-param name="values" select="scenario/finding/@rule[
            generate-id(.) = generate-id(key('rule', .)[1])]"/>
      </xsl:call-template>
      <xsl:call-template name="filter-select">
        <xsl:with-param name="name">driver</xsl:with-param>
        <xsl:with-param name="label">Driver</xsl:with-param>
        <xsl:with-param name="values" select="scenario/driver/@*[
            generate-id(.) = generate-id(key('driver', .)[1])]"/>
      </xsl:call-template>
      <xsl:call-template name="filter-select">
        <xsl:with-param name="name">nic</xsl:with-param>
        <xsl:with-param name="label">NIC</xsl:with-param>
        <xsl:with-param name="values" select="machine/@nic[
            generate-id(.) = generate-id(key('nic', .)[1])]"/>
      </xsl:call-template>
      <xsl:call-template name="filter-end">
        <xsl:with-param name="things">scenarios</xsl:with-param>
      </xsl:call-template>
    </form>
  </xsl:template>

  <!-- What the filters of a row or a card look at. Rules stand between
       bars, as there may be several. -->
  <xsl:template name="filter-data">
    <xsl:attribute name="data-verdict">
      <xsl:value-of select="@verdict"/>
    </xsl:attribute>
    <xsl:attribute name="data-driver">
      <xsl:value-of select="driver/@sys | driver/@linux"/>
    </xsl:attribute>
    <xsl:attribute name="data-nic">
      <xsl:value-of select="key('machine', @machine)/@nic"/>
    </xsl:attribute>
    <xsl:if test="finding">
      <xsl:attribute name="data-rule">
        <xsl:text>|</xsl:text>
        <xsl:for-each select="finding[not(@rule =
                              preceding-sibling::finding/@rule)]">
          <xsl:value-of select="concat(@rule, '|')"/>
        </xsl:for-each>
      </xsl:attribute>
    </xsl:if>
  </xsl:template>

  <xsl:template name="scenario-row">
    <xsl:param name="rank"/>
    <xsl:variable name="ms"><xsl:call-template name="scenario-ms"/></xsl:variable>
    <xsl:variable name="ns"><xsl:call-template name="scenario-ns"/></xsl:variable>
    <tr role="row" class="item v-{@verdict} x-{@as-expected}"
        data-rank="{$rank}" data-of="{@number}">
      <xsl:call-template name="filter-data"/>
      <td role="cell" class="num"><xsl:value-of select="@number"/></td>
      <td role="cell">
        <xsl:apply-templates select="@verdict" mode="mark"/>
        <xsl:call-template name="as-expected"/>
        <xsl:call-template name="known-of"/>
      </td>
      <th role="rowheader" scope="row">
        <xsl:choose>
          <xsl:when test="$rank &lt;= $max-scenarios">
            <a href="#s{@number}"><xsl:value-of select="@name"/></a>
          </xsl:when>
          <xsl:otherwise><xsl:value-of select="@name"/></xsl:otherwise>
        </xsl:choose>
        <xsl:call-template name="strip-of"/>
      </th>
      <td role="cell"><xsl:value-of select="driver/@sys | driver/@linux"/></td>
      <td role="cell">
        <xsl:value-of select="key('machine', @machine)/@nic"/>
      </td>
      <td role="cell" class="num">
        <xsl:choose>
          <xsl:when test="$ms != ''">
            <xsl:attribute name="data-value">
              <xsl:value-of select="$ms * 1000000"/>
            </xsl:attribute>
            <xsl:value-of select="concat(format-number($ms div 1000,
                                                       '#,##0.0'), ' s')"/>
          </xsl:when>
          <xsl:when test="$ns != ''">
            <xsl:attribute name="data-value">
              <xsl:value-of select="format-number($ns, '0')"/>
            </xsl:attribute>
            <xsl:attribute name="title">Virtual time: its machine ran other
            scenarios, too</xsl:attribute>
            <xsl:value-of select="concat(format-number($ns div 1000000000,
                                                       '#,##0.0'), ' s')"/>
            <small> guest</small>
          </xsl:when>
        </xsl:choose>
      </td>
      <td role="cell" class="what"><xsl:value-of select="sentence"/></td>
    </tr>
  </xsl:template>

</xsl:stylesheet>

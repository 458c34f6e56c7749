<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- Two runs, <diff><run/><run/></diff>, side by side: what fails now, what no
     longer does, findings that came and went, what is different around them,
     and durations. The first run is A, what is compared with; the second B.

     Scenarios are the same by their key (rig_history_key()), else by name;
     findings by rule, level, id, class and callback. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:import href="report-parts.xsl"/>
  <xsl:include href="page.xsl"/>
  <xsl:include href="diff-parts.xsl"/>
  <xsl:output method="html" encoding="UTF-8" indent="no"
              doctype-system="about:legacy-compat"/>

  <xsl:variable name="a" select="/diff/run[1]"/>
  <xsl:variable name="b" select="/diff/run[2]"/>

  <!-- 1 or 2, the run, and the scenario's key. -->
  <xsl:key name="scenario" match="/diff/run/scenario"
           use="concat(count(../preceding-sibling::run), ' ', @key,
                       substring(@name, 1, 256 * not(@key)))"/>
  <xsl:key name="machine" match="/diff/run/machine"
           use="concat(count(../preceding-sibling::run), ' ', @number)"/>
  <xsl:key name="finding" match="/diff/run/scenario/finding"
           use="concat(generate-id(..), ' ', @rule, ' ', @level, ' ', @id, ' ',
                       @class, ' ', @boundary)"/>

  <!-- How each scenario of B stands to A, by letters: F newly failing, P newly
       passing, V another verdict, N only in B, = the same. -->
  <xsl:template name="state">
    <xsl:param name="old"/>
    <xsl:choose>
      <xsl:when test="not($old)">N</xsl:when>
      <xsl:when test="@as-expected = 'no' and
                      $old/@as-expected = 'yes'">F</xsl:when>
      <xsl:when test="@as-expected = 'yes' and
                      $old/@as-expected = 'no'">P</xsl:when>
      <xsl:when test="@verdict != $old/@verdict">V</xsl:when>
      <xsl:otherwise>=</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/diff">
    <html lang="en">
      <xsl:call-template name="head">
        <xsl:with-param name="title"
                        select="concat('rig: ', $a/@id, ' and ', $b/@id)"/>
        <xsl:with-param name="rig" select="$b/@rig"/>
      </xsl:call-template>
      <body>
        <a class="skip" href="#list">Skip to the scenarios</a>
        <xsl:call-template name="symbols"/>
        <div class="page">
          <header class="top">
            <div class="bar">
              <p class="kicker">rig · two runs side by side</p>
              <xsl:call-template name="theme-switch"/>
            </div>
            <h1><xsl:call-template name="diff-headline"/></h1>
            <xsl:call-template name="both-runs"/>
          </header>
          <main>
            <xsl:call-template name="diff-list"/>
            <xsl:call-template name="diff-findings"/>
            <xsl:call-template name="diff-around"/>
            <xsl:call-template name="diff-machines"/>
          </main>
          <footer>
            <p>Made by <code>rig report --diff</code> from both
            <code>run.xml</code>.</p>
          </footer>
        </div>
        <xsl:call-template name="scripts"/>
      </body>
    </html>
  </xsl:template>

  <xsl:variable name="worse"
                select="$b/scenario[@as-expected = 'no'][key('scenario',
                        concat('0 ', @key, substring(@name, 1, 256 *
                        not(@key))))/@as-expected = 'yes']"/>
  <xsl:variable name="better"
                select="$b/scenario[@as-expected = 'yes'][key('scenario',
                        concat('0 ', @key, substring(@name, 1, 256 *
                        not(@key))))/@as-expected = 'no']"/>
  <xsl:variable name="gone"
                select="$a/scenario[not(key('scenario', concat('1 ', @key,
                        substring(@name, 1, 256 * not(@key)))))]"/>
  <xsl:variable name="added"
                select="$b/scenario[not(key('scenario', concat('0 ', @key,
                        substring(@name, 1, 256 * not(@key)))))]"/>

  <xsl:template name="diff-headline">
    <xsl:choose>
      <xsl:when test="$worse or $better">
        <xsl:value-of select="concat(count($worse), ' newly failing, ',
                                     count($better), ' newly passing')"/>
      </xsl:when>
      <xsl:otherwise>Nothing newly failing, nothing newly passing</xsl:otherwise>
    </xsl:choose>
    <xsl:if test="$added">
      <xsl:value-of select="concat(', ', count($added), ' only in B')"/>
    </xsl:if>
    <xsl:if test="$gone">
      <xsl:value-of select="concat(', ', count($gone), ' only in A')"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="both-runs">
    <div class="scroll" tabindex="0" role="region" aria-label="Both runs">
    <table class="both">
      <thead>
        <tr>
          <th scope="col"><span class="hidden">Side</span></th>
          <th scope="col">Run</th><th scope="col">Started, UTC</th>
          <th scope="col" class="num">Scenarios</th>
          <th scope="col" class="num">As expected</th>
          <th scope="col">Command</th>
        </tr>
      </thead>
      <tbody>
        <xsl:for-each select="$a | $b">
          <tr>
            <th scope="row">
              <xsl:value-of select="substring('AB', position(), 1)"/>
            </th>
            <td>
              <xsl:value-of select="@id"/>
              <xsl:if test="@complete = 'no'">
                <span class="tag ok-0">not complete</span>
              </xsl:if>
            </td>
            <td>
              <xsl:call-template name="utc">
                <xsl:with-param name="time" select="@started"/>
              </xsl:call-template>
            </td>
            <td class="num"><xsl:value-of select="summary/@scenarios"/></td>
            <td class="num"><xsl:value-of select="summary/@as-expected"/></td>
            <td class="what"><code><xsl:value-of select="@command"/></code></td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
    </div>
  </xsl:template>

  <!-- ============================================================ scenarios -->

  <xsl:template name="diff-list">
    <section aria-labelledby="list">
      <h2 id="list">Scenarios <small>what changed first</small></h2>
      <form class="filters" id="filters" hidden="hidden" role="search"
            aria-label="Filter the scenarios">
        <label>
          <span>Change</span>
          <select name="state">
            <option value="">any</option>
            <option value="F">newly failing</option>
            <option value="P">newly passing</option>
            <option value="V">another verdict</option>
            <option value="N">only in B</option>
            <option value="G">only in A</option>
            <option value="=">the same</option>
          </select>
        </label>
        <xsl:call-template name="filter-end">
          <xsl:with-param name="things">scenarios</xsl:with-param>
        </xsl:call-template>
      </form>
      <table class="list rows diff" role="table" aria-labelledby="list">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col" data-sort="rank">Change</th>
            <th role="columnheader" scope="col" data-sort="text">Scenario</th>
            <th role="columnheader" scope="col" data-sort="text">A</th>
            <th role="columnheader" scope="col" data-sort="text">B</th>
            <th role="columnheader" scope="col" class="num"
                data-sort="number">Time A</th>
            <th role="columnheader" scope="col" class="num"
                data-sort="number">Time B</th>
            <th role="columnheader" scope="col">What happened in B</th>
          </tr>
        </thead>
        <tbody role="rowgroup" id="rows">
          <xsl:for-each select="$b/scenario | $gone">
            <xsl:sort select="1 - (@as-expected = 'no' and key('scenario',
                              concat('0 ', @key, substring(@name, 1, 256 *
                              not(@key))))/@as-expected = 'yes')"
                      data-type="number"/>
            <xsl:sort select="1 - (@as-expected = 'yes' and key('scenario',
                              concat('0 ', @key, substring(@name, 1, 256 *
                              not(@key))))/@as-expected = 'no')"
                      data-type="number"/>
            <xsl:sort select="number(@verdict = key('scenario', concat('0 ',
                              @key, substring(@name, 1, 256 * not(@key))))
                              /@verdict)" data-type="number"/>
            <xsl:call-template name="diff-row">
              <xsl:with-param name="rank" select="position()"/>
            </xsl:call-template>
          </xsl:for-each>
        </tbody>
      </table>
    </section>
  </xsl:template>

  <xsl:template name="diff-row">
    <xsl:param name="rank"/>
    <xsl:variable name="key"
                  select="concat(@key, substring(@name, 1, 256 * not(@key)))"/>
    <xsl:variable name="old" select="key('scenario', concat('0 ', $key))[1]"/>
    <xsl:variable name="new" select="key('scenario', concat('1 ', $key))[1]"/>
    <xsl:variable name="state">
      <xsl:choose>
        <xsl:when test="not($new)">G</xsl:when>
        <xsl:otherwise>
          <xsl:for-each select="$new">
            <xsl:call-template name="state">
              <xsl:with-param name="old" select="$old"/>
            </xsl:call-template>
          </xsl:for-each>
        </xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <tr role="row" class="item" data-rank="{$rank}" data-state="{$state}">
      <td role="cell">
        <xsl:call-template name="state-words">
          <xsl:with-param name="state" select="string($state)"/>
        </xsl:call-template>
      </td>
      <th role="rowheader" scope="row">
        <xsl:value-of select="@name"/>
        <small><xsl:value-of select="title"/></small>
      </th>
      <td role="cell">
        <xsl:apply-templates select="$old/@verdict" mode="badge"/>
        <xsl:for-each select="$old">
          <xsl:call-template name="as-expected"/>
        </xsl:for-each>
      </td>
      <td role="cell">
        <xsl:apply-templates select="$new/@verdict" mode="badge"/>
        <xsl:for-each select="$new">
          <xsl:call-template name="as-expected"/>
        </xsl:for-each>
      </td>
      <xsl:call-template name="diff-time">
        <xsl:with-param name="of" select="$old"/>
      </xsl:call-template>
      <xsl:call-template name="diff-time">
        <xsl:with-param name="of" select="$new"/>
      </xsl:call-template>
      <td role="cell" class="what"><xsl:value-of select="$new/sentence"/></td>
    </tr>
  </xsl:template>

  <!-- Virtual time: that of the host is of the machine and its load. -->
  <xsl:template name="diff-time">
    <xsl:param name="of"/>
    <xsl:variable name="from" select="$of/cycle[1]/@ns-from"/>
    <xsl:variable name="to" select="$of/cycle[last()]/@ns-to"/>
    <td role="cell" class="num">
      <xsl:if test="$from and $to">
        <xsl:attribute name="data-value">
          <xsl:value-of select="format-number($to - $from, '0')"/>
        </xsl:attribute>
        <xsl:call-template name="ms">
          <xsl:with-param name="ns" select="$to - $from"/>
        </xsl:call-template>
      </xsl:if>
    </td>
  </xsl:template>

  <xsl:template name="state-words">
    <xsl:param name="state"/>
    <xsl:choose>
      <xsl:when test="$state = 'F'">
        <span class="class k-newly-failing">newly failing</span>
      </xsl:when>
      <xsl:when test="$state = 'P'">
        <span class="class k-newly-passing">newly passing</span>
      </xsl:when>
      <xsl:when test="$state = 'V'">
        <span class="class k-flaky">another verdict</span>
      </xsl:when>
      <xsl:when test="$state = 'N'">only in B</xsl:when>
      <xsl:when test="$state = 'G'">only in A</xsl:when>
      <xsl:otherwise><span class="quiet">the same</span></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>

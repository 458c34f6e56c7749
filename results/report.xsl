<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- run.xml to one self-contained HTML page: the frame, the summary and the
     list of scenarios.

     The page works without script, without network and from a file: the
     verdict filter is a row of radio buttons whose state the style sheet
     reads, a scenario folds by <details>. Scripts add the other filters, the
     order of the list and the zoom of the timeline. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:import href="report-parts.xsl"/>
  <xsl:include href="page.xsl"/>
  <xsl:include href="strip.xsl"/>
  <xsl:include href="report-list.xsl"/>
  <xsl:include href="report-scenario.xsl"/>
  <xsl:include href="report-timeline.xsl"/>
  <xsl:include href="report-labels.xsl"/>
  <xsl:include href="report-tracks.xsl"/>
  <xsl:include href="report-sweep.xsl"/>
  <xsl:include href="report-machines.xsl"/>

  <xsl:output method="html" encoding="UTF-8" indent="no"
              doctype-system="about:legacy-compat"/>

  <!-- Scenarios written out in full; the rest keep their row in the list. -->
  <xsl:variable name="max-scenarios"
                select="400 - 340 * (count(/run/scenario) &gt; 1000)"/>

  <!-- good: all as expected. bad: something was found, or missed.
       unsure: the rig could not tell. -->
  <xsl:variable name="unexpected" select="/run/scenario[@as-expected = 'no']"/>
  <xsl:variable name="overall">
    <xsl:choose>
      <xsl:when test="/run/@complete = 'no' or not(/run/scenario)">unsure</xsl:when>
      <xsl:when test="not($unexpected)">good</xsl:when>
      <xsl:when test="$unexpected[@verdict = 'violation' or
                                  @verdict = 'pass']">bad</xsl:when>
      <xsl:otherwise>unsure</xsl:otherwise>
    </xsl:choose>
  </xsl:variable>

  <xsl:template match="/run">
    <xsl:variable name="headline">
      <xsl:call-template name="headline"/>
    </xsl:variable>
    <html lang="en">
      <xsl:call-template name="head">
        <xsl:with-param name="title"
                        select="concat($headline, ' · rig run ', @id)"/>
        <xsl:with-param name="rig" select="@rig"/>
      </xsl:call-template>
      <body>
        <a class="skip" href="#scenarios">Skip to the scenarios</a>
        <xsl:call-template name="symbols"/>
        <div class="page">
          <xsl:call-template name="filter-state"/>
          <xsl:call-template name="page-header"/>
          <main>
            <xsl:apply-templates select="summary"/>
            <xsl:call-template name="scenario-list"/>
            <xsl:call-template name="scenarios"/>
            <xsl:call-template name="known-issues"/>
            <xsl:call-template name="machines"/>
            <xsl:call-template name="environment"/>
          </main>
          <footer>
            <p>Made by rig <xsl:value-of select="@rig"/> from <code>run.xml</code>;
            event numbers are sequence numbers in each machine's
            <code>events.bin</code>, times are QEMU virtual time. Build this
            page again with <code>rig report</code>; beside it are
            <a href="./junit.xml">junit.xml</a> and
            <a href="./results.sarif">results.sarif</a>.</p>
          </footer>
        </div>
        <xsl:call-template name="scripts"/>
      </body>
    </html>
  </xsl:template>

  <!-- In full: what is worst first, up to $max-scenarios; the rest have
       their row in the list. -->
  <xsl:template name="scenarios">
    <section aria-labelledby="scenarios" class="scenarios">
      <div class="bar">
        <h2 id="scenarios">Scenarios</h2>
        <span class="tools" id="tools" hidden="hidden">
          <button type="button" id="open-all">Open all</button>
          <button type="button" id="close-all">Close all</button>
        </span>
      </div>
      <xsl:for-each select="scenario">
        <xsl:sort select="10 * (@as-expected = 'yes') +
                          (@as-expected = 'no') * ((@verdict = 'pass') +
                            2 * (@verdict = 'broken') +
                            3 * (@verdict = 'inconclusive' or
                                 @verdict = 'skipped')) +
                          (@as-expected = 'yes') *
                            ((@verdict != 'violation') + (@verdict = 'pass'))"
                  data-type="number"/>
        <xsl:if test="position() &lt;= $max-scenarios">
          <xsl:apply-templates select="."/>
        </xsl:if>
      </xsl:for-each>
      <xsl:call-template name="and-more">
        <xsl:with-param name="all" select="count(scenario)"/>
        <xsl:with-param name="shown" select="$max-scenarios"/>
      </xsl:call-template>
      <p class="none">No scenario has this verdict.</p>
    </section>
  </xsl:template>

  <!-- ===================================================== header, filter -->

  <!-- The verdict on the whole run, in a few words. -->
  <xsl:template name="headline">
    <xsl:variable name="all" select="count(/run/scenario)"/>
    <xsl:variable name="odd" select="count($unexpected)"/>
    <xsl:choose>
      <xsl:when test="/run/@complete = 'no'">Interrupted run</xsl:when>
      <xsl:when test="$all = 0">Nothing was run</xsl:when>
      <xsl:when test="$all = 1">
        <xsl:call-template name="verdict-word">
          <xsl:with-param name="verdict" select="/run/scenario/@verdict"/>
        </xsl:call-template>
        <xsl:choose>
          <xsl:when test="$odd = 0">, as expected</xsl:when>
          <xsl:otherwise>, not as expected</xsl:otherwise>
        </xsl:choose>
      </xsl:when>
      <xsl:when test="$odd = 0">
        <xsl:value-of select="concat('All ', $all, ' scenarios as expected')"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="concat($odd, ' of ', $all,
                                     ' scenarios not as expected')"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="page-header">
    <header class="top o-{$overall}">
      <div class="bar">
        <p class="kicker">rig · run <xsl:value-of select="concat(' ', @id)"/></p>
        <xsl:call-template name="theme-switch"/>
      </div>
      <h1>
        <svg class="icon big" aria-hidden="true" viewBox="0 0 16 16">
          <use href="#i-{$overall}"/>
        </svg>
        <span><xsl:call-template name="headline"/></span>
      </h1>
      <xsl:choose>
        <xsl:when test="@complete = 'no'">
          <p class="lead">The run did not come to its end: this is what had been
          written by then.</p>
        </xsl:when>
        <xsl:when test="count(scenario) = 1">
          <p class="lead"><xsl:value-of select="scenario/sentence"/></p>
        </xsl:when>
        <xsl:when test="$unexpected">
          <ul class="lead">
            <xsl:for-each select="$unexpected">
              <xsl:sort select="count(known)" data-type="number"/>
              <xsl:if test="position() &lt;= 5">
              <li>
                <a href="#s{@number}"><xsl:value-of select="@name"/></a>
                <xsl:text>: expected </xsl:text>
                <xsl:value-of select="@expected"/>
                <xsl:text>, got </xsl:text>
                <strong><xsl:value-of select="@verdict"/></strong>
                <xsl:text> </xsl:text>
                <xsl:call-template name="known-of"/>
                <small><xsl:value-of select="sentence"/></small>
              </li>
              </xsl:if>
            </xsl:for-each>
            <xsl:if test="count($unexpected) &gt; 5">
              <li>and <xsl:value-of select="count($unexpected) - 5"/> more</li>
            </xsl:if>
          </ul>
        </xsl:when>
      </xsl:choose>
      <p class="when">
        <time datetime="{@started}"><xsl:call-template name="utc">
          <xsl:with-param name="time" select="@started"/>
        </xsl:call-template></time>
        <xsl:if test="@finished">
          <xsl:text> to </xsl:text>
          <time datetime="{@finished}"><xsl:call-template name="utc">
            <xsl:with-param name="time" select="@finished"/>
          </xsl:call-template></time>
        </xsl:if>
        <xsl:text> UTC</xsl:text>
        <xsl:for-each select="environment/@os | environment/@accel |
                              environment/@kernel">
          <xsl:value-of select="concat(' · ', .)"/>
        </xsl:for-each>
        <xsl:if test="environment/@qemu">
          <xsl:value-of select="concat(' · QEMU ', environment/@qemu)"/>
        </xsl:if>
        <br/>
        <code><xsl:value-of select="@command"/></code>
      </p>
    </header>
  </xsl:template>

  <!-- Radio buttons come first so that style.css can reach what they filter;
       their labels are the tiles of the summary. -->
  <xsl:template name="filter-state">
    <input type="radio" name="filter" id="f-all" class="filter"
           checked="checked" aria-label="Show all scenarios"/>
    <input type="radio" name="filter" id="f-odd" class="filter"
           aria-label="Show what is not as expected"/>
    <xsl:for-each select="summary/@violation | summary/@broken |
                          summary/@inconclusive | summary/@skipped |
                          summary/@pass">
      <input type="radio" name="filter" id="f-{name()}" class="filter"
             aria-label="Show {name()}"/>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="summary">
    <section aria-labelledby="summary">
      <h2 id="summary" class="quiet">Summary <small>choose a tile to see only its
        scenarios</small></h2>
      <div class="tiles">
        <label class="tile" for="f-all">
          <b><xsl:value-of select="@scenarios"/></b>
          <span>scenarios</span>
        </label>
        <label class="tile t-odd" for="f-odd">
          <xsl:if test="@as-expected = @scenarios">
            <xsl:attribute name="class">tile t-odd zero</xsl:attribute>
          </xsl:if>
          <b><xsl:value-of select="@scenarios - @as-expected"/></b>
          <span>not as expected</span>
        </label>
        <xsl:for-each select="@violation | @broken | @inconclusive | @skipped |
                              @pass">
          <label class="tile v-{name()}" for="f-{name()}">
            <xsl:if test=". = 0">
              <xsl:attribute name="class">
                <xsl:value-of select="concat('tile zero v-', name())"/>
              </xsl:attribute>
            </xsl:if>
            <b><xsl:value-of select="."/></b>
            <span>
              <svg class="icon" aria-hidden="true" viewBox="0 0 16 16">
                <use href="#i-{name()}"/>
              </svg>
              <xsl:value-of select="name()"/>
            </span>
          </label>
        </xsl:for-each>
      </div>
      <xsl:if test="@seeded &gt; 0 or @controls &gt; 0">
        <dl class="score">
          <xsl:if test="@seeded &gt; 0">
            <div class="ok-{number(@seeded = @seeded-found)}">
              <dt>Seeded defects found</dt>
              <dd>
                <b><xsl:value-of select="@seeded-found"/></b> of
                <xsl:value-of select="concat(' ', @seeded)"/>
              </dd>
            </div>
          </xsl:if>
          <xsl:if test="@controls &gt; 0">
            <div class="ok-{number(@false-alarms = 0)}">
              <dt>False alarms on clean controls</dt>
              <dd>
                <b><xsl:value-of select="@false-alarms"/></b> of
                <xsl:value-of select="concat(' ', @controls)"/>
              </dd>
            </div>
          </xsl:if>
        </dl>
      </xsl:if>
    </section>
  </xsl:template>
</xsl:stylesheet>

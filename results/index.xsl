<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- index.xml (index.rng) to the page over all nights and runs: what needs a
     look first, then the trend, all scenarios with their strips, the slowest,
     and the runs. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:import href="report-parts.xsl"/>
  <xsl:include href="page.xsl"/>
  <xsl:include href="strip.xsl"/>
  <xsl:include href="index-trend.xsl"/>
  <xsl:include href="index-list.xsl"/>

  <xsl:output method="html" encoding="UTF-8" indent="no"
              doctype-system="about:legacy-compat"/>

  <xsl:variable name="max-runs" select="500"/>
  <xsl:variable name="max-named" select="12"/>

  <xsl:template match="/index">
    <xsl:variable name="headline">
      <xsl:call-template name="index-headline"/>
    </xsl:variable>
    <html lang="en">
      <xsl:call-template name="head">
        <xsl:with-param name="title"
                        select="concat($headline, ' · rig results')"/>
        <xsl:with-param name="rig">index</xsl:with-param>
      </xsl:call-template>
      <body>
        <a class="skip" href="#main">Skip to the results</a>
        <xsl:call-template name="symbols"/>
        <div class="page">
          <xsl:if test="scenario">
            <xsl:call-template name="class-state"/>
          </xsl:if>
          <header class="top">
            <div class="bar">
              <p class="kicker">rig · results of all runs and nights</p>
              <xsl:call-template name="theme-switch"/>
            </div>
            <xsl:call-template name="index-title">
              <xsl:with-param name="headline" select="$headline"/>
            </xsl:call-template>
            <xsl:call-template name="newest"/>
          </header>
          <main id="main">
            <xsl:choose>
              <xsl:when test="run or scenario">
                <xsl:call-template name="class-tiles"/>
                <xsl:call-template name="attention"/>
                <xsl:call-template name="trend"/>
                <xsl:call-template name="all-scenarios"/>
                <xsl:call-template name="slowest"/>
                <xsl:call-template name="all-runs"/>
                <xsl:call-template name="how-to-read"/>
              </xsl:when>
              <xsl:otherwise>
                <xsl:call-template name="nothing-yet"/>
              </xsl:otherwise>
            </xsl:choose>
          </main>
          <footer>
            <p>Made from <code>index.xml</code>, a pure function of the run
            directories. Build it again with <code>rig report
            --index</code>.</p>
          </footer>
        </div>
        <xsl:call-template name="scripts"/>
      </body>
    </html>
  </xsl:template>

  <!-- ============================================================= header -->

  <xsl:template name="index-headline">
    <xsl:variable name="s" select="summary"/>
    <xsl:choose>
      <xsl:when test="not(run or scenario)">No run yet</xsl:when>
      <xsl:when test="$s/@newly-failing &gt; 0">
        <xsl:value-of select="concat($s/@newly-failing, ' newly failing')"/>
        <xsl:if test="$s/@failing &gt; 0">
          <xsl:value-of select="concat(', ', $s/@failing, ' still failing')"/>
        </xsl:if>
        <xsl:value-of select="concat(', of ', $s/@scenarios, ' scenarios')"/>
      </xsl:when>
      <xsl:when test="$s/@failing &gt; 0">
        <xsl:value-of select="concat('Nothing new: ', $s/@failing, ' of ',
                                     $s/@scenarios, ' scenarios still failing')"/>
      </xsl:when>
      <xsl:when test="$s/@flaky + $s/@known &gt; 0">
        <xsl:value-of select="concat('Nothing failing, ', $s/@flaky + $s/@known,
                                     ' flaky or known, of ', $s/@scenarios,
                                     ' scenarios')"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="concat('All ', $s/@scenarios,
                                     ' scenarios as expected')"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="index-title">
    <xsl:param name="headline"/>
    <xsl:variable name="s" select="summary"/>
    <xsl:variable name="state">
      <xsl:choose>
        <xsl:when test="not(scenario)"/>
        <xsl:when test="$s/@newly-failing + $s/@failing &gt; 0">bad</xsl:when>
        <xsl:when test="$s/@flaky + $s/@known &gt; 0">unsure</xsl:when>
        <xsl:otherwise>good</xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <h1 class="o-{$state}">
      <xsl:if test="$state != ''">
        <svg class="icon big" aria-hidden="true" viewBox="0 0 16 16">
          <use href="#i-{$state}"/>
        </svg>
      </xsl:if>
      <span><xsl:value-of select="$headline"/></span>
    </h1>
  </xsl:template>

  <xsl:template name="newest">
    <xsl:choose>
      <xsl:when test="night">
        <p class="when">
          <xsl:text>Newest night </xsl:text>
          <a href="#n1"><xsl:value-of select="night[1]/@id"/></a>
          <xsl:if test="night[1]/@started">
            <xsl:value-of select="concat(' (', translate(substring(
              night[1]/@started, 1, 16), 'T', ' '), ' UTC)')"/>
          </xsl:if>
          <xsl:choose>
            <xsl:when test="night[1]/@complete = 'no'">
              <xsl:text>: </xsl:text>
              <strong>not complete</strong>
              <xsl:text>, under way or interrupted</xsl:text>
            </xsl:when>
            <xsl:otherwise>
              <xsl:value-of select="concat(': ', night[1]/@as-expected, ' of ',
                night[1]/@results, ' results as expected')"/>
              <xsl:if test="night[1]/@skipped &gt; 0">
                <xsl:value-of select="concat(', ', night[1]/@skipped,
                                             ' skipped')"/>
              </xsl:if>
            </xsl:otherwise>
          </xsl:choose>
          <xsl:if test="night[1]/@title">
            <xsl:value-of select="concat(' · ', night[1]/@title)"/>
          </xsl:if>
          <xsl:value-of select="concat(' · ', count(night), ' night')"/>
          <xsl:if test="count(night) != 1">s</xsl:if>
          <xsl:value-of select="concat(', ', count(run), ' run')"/>
          <xsl:if test="count(run) != 1">s</xsl:if>
        </p>
      </xsl:when>
      <xsl:when test="run">
        <p class="when">
          <xsl:text>Newest run </xsl:text>
          <a href="./runs/{run[1]/@id}/index.html">
            <xsl:value-of select="run[1]/@id"/>
          </a>
          <xsl:value-of select="concat(' · ', count(run), ' run')"/>
          <xsl:if test="count(run) != 1">s</xsl:if>
          <xsl:text>, no night yet</xsl:text>
        </p>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- The classes, and what they mean, worst first. -->
  <xsl:template name="class-state">
    <input type="radio" name="filter" id="f-all" class="filter"
           checked="checked" aria-label="Show all scenarios"/>
    <xsl:for-each select="summary/@newly-failing | summary/@failing |
                          summary/@known | summary/@flaky |
                          summary/@newly-passing | summary/@passing |
                          summary/@never-judged">
      <input type="radio" name="filter" id="f-{name()}" class="filter"
             aria-label="Show {translate(name(), '-', ' ')}"/>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="class-meaning">
    <xsl:param name="class"/>
    <xsl:choose>
      <xsl:when test="$class = 'newly-failing'">bad now, good the time
        before</xsl:when>
      <xsl:when test="$class = 'failing'">bad, as the time before</xsl:when>
      <xsl:when test="$class = 'known'">bad, and in the list of known
        issues</xsl:when>
      <xsl:when test="$class = 'flaky'">good now, but the same inputs gave
        another verdict</xsl:when>
      <xsl:when test="$class = 'newly-passing'">good now, bad the time
        before</xsl:when>
      <xsl:when test="$class = 'passing'">good, as the time before</xsl:when>
      <xsl:otherwise>no result that counts</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="class-tiles">
    <section aria-labelledby="summary">
      <h2 id="summary" class="quiet">Scenarios by class <small>choose a tile to
        see only these in the list</small></h2>
      <div class="tiles">
        <label class="tile" for="f-all">
          <b><xsl:value-of select="summary/@scenarios"/></b>
          <span>scenarios</span>
        </label>
        <xsl:for-each select="summary/@newly-failing | summary/@failing |
                              summary/@known | summary/@flaky |
                              summary/@newly-passing | summary/@passing |
                              summary/@never-judged">
          <label class="tile" for="f-{name()}">
            <xsl:if test=". = 0">
              <xsl:attribute name="class">tile zero</xsl:attribute>
            </xsl:if>
            <b class="k-{name()}-n"><xsl:value-of select="."/></b>
            <span><xsl:value-of select="translate(name(), '-', ' ')"/></span>
            <small>
              <xsl:call-template name="class-meaning">
                <xsl:with-param name="class" select="name()"/>
              </xsl:call-template>
            </small>
          </label>
        </xsl:for-each>
      </div>
    </section>
  </xsl:template>

  <!-- ==================================================== what needs a look -->

  <xsl:template name="attention">
    <xsl:if test="scenario[@class = 'newly-failing' or @class = 'failing' or
                           @class = 'flaky' or @class = 'newly-passing']">
      <section aria-labelledby="new">
        <h2 id="new">What needs a look</h2>
        <xsl:call-template name="named">
          <xsl:with-param name="title">Newly failing</xsl:with-param>
          <xsl:with-param name="rows"
                          select="scenario[@class = 'newly-failing']"/>
        </xsl:call-template>
        <xsl:call-template name="named">
          <xsl:with-param name="title">Still failing</xsl:with-param>
          <xsl:with-param name="rows" select="scenario[@class = 'failing']"/>
        </xsl:call-template>
        <div class="pair">
          <xsl:call-template name="named">
            <xsl:with-param name="title">Flaky</xsl:with-param>
            <xsl:with-param name="rows" select="scenario[@class = 'flaky']"/>
          </xsl:call-template>
          <xsl:call-template name="named">
            <xsl:with-param name="title">Newly passing</xsl:with-param>
            <xsl:with-param name="rows"
                            select="scenario[@class = 'newly-passing']"/>
          </xsl:call-template>
        </div>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="named">
    <xsl:param name="title"/>
    <xsl:param name="rows"/>
    <xsl:if test="$rows">
      <div class="card">
        <h3><xsl:value-of select="concat($title, ': ', count($rows))"/></h3>
        <ul class="named">
          <xsl:for-each select="$rows[position() &lt;= $max-named]">
            <li>
              <p class="named-head">
                <xsl:if test="why">
                  <xsl:apply-templates select="@verdict" mode="badge"/>
                </xsl:if>
                <xsl:call-template name="scenario-link"/>
                <xsl:apply-templates select="strip"/>
                <small><xsl:value-of select="@title"/></small>
              </p>
              <xsl:apply-templates select="why"/>
              <xsl:if test="since">
                <p><small><xsl:apply-templates select="since"/></small></p>
              </xsl:if>
            </li>
          </xsl:for-each>
          <xsl:if test="count($rows) &gt; $max-named">
            <li>
              <xsl:value-of select="concat('and ', count($rows) - $max-named,
                                           ' more in the list below')"/>
            </li>
          </xsl:if>
        </ul>
      </div>
    </xsl:if>
  </xsl:template>

  <!-- What happened, and what to run now. -->
  <xsl:template match="why">
    <p><xsl:value-of select="."/></p>
    <xsl:choose>
      <xsl:when test="@bundle and starts-with(@again, 'rig reproduce ')">
        <xsl:call-template name="command">
          <xsl:with-param name="label">Command that reproduces it</xsl:with-param>
          <xsl:with-param name="before">rig reproduce </xsl:with-param>
          <xsl:with-param name="here">results/</xsl:with-param>
          <xsl:with-param name="after"
                          select="concat('runs/', @run, '/', @bundle)"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:when test="@again">
        <xsl:call-template name="command">
          <xsl:with-param name="label">Command that runs it again</xsl:with-param>
          <xsl:with-param name="before" select="string(@again)"/>
        </xsl:call-template>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- Into the page of its newest run that is counted, filtered to it. -->
  <xsl:template name="scenario-link">
    <xsl:variable name="cell" select="strip/cell[@good][last()]"/>
    <xsl:variable name="any" select="strip/cell[last()]"/>
    <xsl:choose>
      <xsl:when test="$cell">
        <a href="./runs/{$cell/@run}/index.html#q={translate(@name, ' ', '+')}">
          <xsl:value-of select="@name"/>
        </a>
      </xsl:when>
      <xsl:when test="$any">
        <a href="./runs/{$any/@run}/index.html">
          <xsl:value-of select="@name"/>
        </a>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="@name"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- ============================================ slowest, runs, how to read -->

  <xsl:template name="slowest">
    <xsl:variable name="slow">
      <xsl:for-each select="scenario">
        <xsl:sort select="@ms" data-type="number" order="descending"/>
        <xsl:if test="position() = 1"><xsl:value-of select="@ms"/></xsl:if>
      </xsl:for-each>
    </xsl:variable>
    <xsl:if test="$slow &gt; 0">
      <section aria-labelledby="slowest">
        <h2 id="slowest">Slowest <small>wall time of the newest result, boot
          included</small></h2>
        <table class="slow card">
          <thead>
            <tr>
              <th scope="col">Scenario</th>
              <th scope="col">NIC</th>
              <th scope="col" class="num">Time</th>
              <th scope="col"><span class="hidden">Share of the slowest</span></th>
            </tr>
          </thead>
          <tbody>
            <xsl:for-each select="scenario">
              <xsl:sort select="@ms" data-type="number" order="descending"/>
              <xsl:if test="position() &lt;= 10">
                <tr>
                  <th scope="row"><xsl:call-template name="scenario-link"/></th>
                  <td><xsl:value-of select="@nic"/></td>
                  <td class="num">
                    <xsl:value-of select="concat(format-number(@ms div 1000,
                                                 '#,##0.0'), ' s')"/>
                  </td>
                  <td>
                    <svg class="share" width="240" height="10" aria-hidden="true"
                         viewBox="0 0 240 10">
                      <rect class="share-bar" height="10" rx="2"
                            width="{round(240 * @ms div $slow)}"/>
                    </svg>
                  </td>
                </tr>
              </xsl:if>
            </xsl:for-each>
          </tbody>
        </table>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="all-runs">
    <section aria-labelledby="runs">
      <h2 id="runs">Runs <small>newest first</small></h2>
      <div class="card scroll" tabindex="0" role="region" aria-label="Runs">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Night, job</th>
              <th scope="col" class="num">Results</th>
              <th scope="col" class="num">As expected</th>
              <th scope="col" class="num">Newly failing</th>
              <th scope="col" class="num">Newly passing</th>
              <th scope="col" class="num">Machine time</th>
              <th scope="col">Command</th>
            </tr>
          </thead>
          <tbody>
            <xsl:for-each select="run[position() &lt;= $max-runs]">
              <tr>
                <th scope="row">
                  <a href="./runs/{@id}/index.html">
                    <xsl:value-of select="@id"/>
                  </a>
                  <xsl:choose>
                    <xsl:when test="@damaged">
                      <span class="tag ok-0">damaged</span>
                    </xsl:when>
                    <xsl:when test="@complete = 'no'">
                      <span class="tag ok-0">not complete</span>
                    </xsl:when>
                  </xsl:choose>
                </th>
                <td>
                  <xsl:value-of select="@night"/>
                  <xsl:if test="@job">
                    <xsl:value-of select="concat(', ', @job)"/>
                  </xsl:if>
                  <xsl:if test="@shard">
                    <xsl:value-of select="concat(', shard ', @shard)"/>
                  </xsl:if>
                </td>
                <td class="num"><xsl:value-of select="@results"/></td>
                <td class="num"><xsl:value-of select="@as-expected"/></td>
                <td class="num n-{number(@newly-failing &gt; 0)}">
                  <xsl:value-of select="@newly-failing"/>
                </td>
                <td class="num"><xsl:value-of select="@newly-passing"/></td>
                <td class="num">
                  <xsl:value-of select="concat(format-number(@ms div 1000,
                                               '#,##0.0'), ' s')"/>
                </td>
                <td class="what"><code><xsl:value-of select="@command"/></code></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
      <xsl:if test="count(run) &gt; $max-runs">
        <p class="more">
          <xsl:value-of select="concat('The newest ', $max-runs, ' of ',
                                       count(run), ' are shown; all are in ')"/>
          <a href="./index.xml">index.xml</a>.
        </p>
      </xsl:if>
    </section>
  </xsl:template>

  <xsl:template name="how-to-read">
    <section aria-labelledby="read">
      <h2 id="read">How to read this</h2>
      <div class="card reading">
        <p>A <b>scenario</b> takes a driver through its life on an emulated NIC
        and says which verdict it expects. A result is <b>good</b> when that
        verdict came: the violation of a seeded defect is good. Every other one
        is <b>bad</b>; what was skipped does not count.</p>
        <p>A <b>strip</b> shows the last
        <xsl:value-of select="concat(' ', @window, ' ')"/> results of a scenario,
        oldest on the left: a low green cell is good, a tall red one bad, a tall
        brown one broken or inconclusive, a hollow one a known issue, a flat
        grey one not counted. A dot marks results that differ although not one
        byte of their inputs did: the scenario is <b>flaky</b>, and a pass of it
        proves little. Each cell leads to its run.</p>
        <p>The <b>ratio</b> is of bad to counted results, with the interval in
        which the true one lies with 95 %.</p>
      </div>
    </section>
  </xsl:template>

  <xsl:template name="nothing-yet">
    <section class="card reading" aria-labelledby="begin">
      <h2 id="begin">Begin here</h2>
      <p>This page fills itself: each run adds its results when it ends.</p>
      <xsl:call-template name="command">
        <xsl:with-param name="label">See that everything is there</xsl:with-param>
        <xsl:with-param name="before">rig doctor</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="command">
        <xsl:with-param name="label">Run the scenarios once</xsl:with-param>
        <xsl:with-param name="before">rig run scenarios</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="command">
        <xsl:with-param name="label">Run a suite every night</xsl:with-param>
        <xsl:with-param name="before">rig nightly SUITE.xml</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="command">
        <xsl:with-param name="label">Build this page again</xsl:with-param>
        <xsl:with-param name="before">rig report --index</xsl:with-param>
      </xsl:call-template>
    </section>
  </xsl:template>
</xsl:stylesheet>

<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- run.xml to one self-contained HTML page: the frame, summary and machines.

     The page works without script, without network and from a file: the
     filter is a row of radio buttons whose state the style sheet reads, a
     scenario folds by <details>. Text of the guest is hostile; every string
     goes through value-of or an attribute value template, which escape it, and
     the Content-Security-Policy admits our one style sheet and script only, by
     their hashes. Ids in the page are made of numbers, never of names. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:import href="report-parts.xsl"/>
  <xsl:include href="report-scenario.xsl"/>
  <xsl:include href="report-timeline.xsl"/>
  <xsl:include href="report-tracks.xsl"/>
  <xsl:include href="report-sweep.xsl"/>

  <!-- The text of style.css and report.js, and their hashes for the CSP. -->
  <xsl:param name="style"/>
  <xsl:param name="style-hash"/>
  <xsl:param name="script"/>
  <xsl:param name="script-hash"/>

  <xsl:output method="html" encoding="UTF-8" indent="no"
              doctype-system="about:legacy-compat"/>

  <!-- Scenarios written out in full; the rest keep their row in the list. -->
  <xsl:variable name="max-scenarios" select="400"/>

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
    <html lang="en">
      <head>
        <meta http-equiv="Content-Security-Policy"
              content="default-src 'none'; img-src data:; style-src '{
                       $style-hash}'; script-src '{$script-hash
                       }'; base-uri 'none'; form-action 'none'"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="generator" content="rig {@rig}"/>
        <title>
          <xsl:call-template name="headline"/>
          <xsl:text> · rig run </xsl:text>
          <xsl:value-of select="@id"/>
        </title>
        <link rel="icon" href="data:,"/>
        <style><xsl:value-of select="$style"/></style>
      </head>
      <body>
        <a class="skip" href="#scenarios">Skip to the scenarios</a>
        <xsl:call-template name="symbols"/>
        <div class="page">
          <xsl:call-template name="filter-state"/>
          <xsl:call-template name="page-header"/>
          <main>
            <xsl:apply-templates select="summary"/>
            <xsl:call-template name="scenario-list"/>
            <section aria-labelledby="scenarios" class="scenarios">
              <div class="bar">
                <h2 id="scenarios">Scenarios</h2>
                <span class="tools" id="tools" hidden="hidden">
                  <button type="button" id="open-all">Open all</button>
                  <button type="button" id="close-all">Close all</button>
                </span>
              </div>
              <xsl:apply-templates mode="in-order"
                                   select="$unexpected[@verdict = 'violation']"/>
              <xsl:apply-templates mode="in-order"
                                   select="$unexpected[@verdict = 'pass']"/>
              <xsl:apply-templates mode="in-order"
                                   select="$unexpected[@verdict = 'broken']"/>
              <xsl:apply-templates mode="in-order"
                                   select="$unexpected[@verdict = 'inconclusive'
                                           or @verdict = 'skipped']"/>
              <xsl:apply-templates mode="in-order"
                                   select="scenario[@as-expected = 'yes' and
                                           @verdict = 'violation']"/>
              <xsl:apply-templates mode="in-order"
                                   select="scenario[@as-expected = 'yes' and
                                           @verdict != 'violation' and
                                           @verdict != 'pass']"/>
              <xsl:apply-templates mode="in-order"
                                   select="scenario[@as-expected = 'yes' and
                                           @verdict = 'pass']"/>
              <p class="none">No scenario has this verdict.</p>
            </section>
            <xsl:call-template name="machines"/>
            <xsl:call-template name="environment"/>
          </main>
          <footer>
            <p>Made by rig <xsl:value-of select="@rig"/> from <code>run.xml</code>;
            event numbers are sequence numbers in each machine's
            <code>events.bin</code>, times are QEMU virtual time. Build this
            page again with <code>rig report</code>.</p>
          </footer>
        </div>
        <script><xsl:value-of select="$script"/></script>
      </body>
    </html>
  </xsl:template>

  <xsl:template match="scenario" mode="in-order">
    <xsl:if test="@as-expected = 'no' or
                  count(preceding-sibling::scenario) &lt; $max-scenarios">
      <xsl:apply-templates select="."/>
    </xsl:if>
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
      <p class="kicker">rig · Init_DeRegisterInterrupt · run
        <xsl:value-of select="concat(' ', @id)"/></p>
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
            <xsl:for-each select="$unexpected[position() &lt;= 5]">
              <li>
                <a href="#s{@number}"><xsl:value-of select="@name"/></a>
                <xsl:text>: expected </xsl:text>
                <xsl:value-of select="@expected"/>
                <xsl:text>, got </xsl:text>
                <strong><xsl:value-of select="@verdict"/></strong>
              </li>
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
        <xsl:text> UTC · </xsl:text>
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

  <!-- One row per scenario, in the order of the run. -->
  <xsl:template name="scenario-list">
    <xsl:if test="count(scenario) &gt; 1">
      <section aria-labelledby="list">
        <h2 id="list" class="quiet">At a glance</h2>
        <div class="scroll" tabindex="0" role="region"
             aria-label="All scenarios, one row each">
          <table class="list">
            <thead>
              <tr>
                <th scope="col" class="num">#</th>
                <th scope="col">Scenario</th>
                <th scope="col">Verdict</th>
                <th scope="col">Expected</th>
                <th scope="col">What happened</th>
              </tr>
            </thead>
            <tbody>
              <xsl:for-each select="scenario">
                <tr class="item v-{@verdict} x-{@as-expected}">
                  <td class="num"><xsl:value-of select="@number"/></td>
                  <th scope="row">
                    <a href="#s{@number}"><xsl:value-of select="@name"/></a>
                  </th>
                  <td><xsl:apply-templates select="@verdict" mode="badge"/></td>
                  <td><xsl:call-template name="as-expected"/></td>
                  <td class="what"><xsl:value-of select="sentence"/></td>
                </tr>
              </xsl:for-each>
            </tbody>
          </table>
        </div>
      </section>
    </xsl:if>
  </xsl:template>

  <!-- ============================================== machines, environment -->

  <xsl:template name="machines">
    <section aria-labelledby="machines">
      <h2 id="machines">Machines</h2>
      <xsl:choose>
        <xsl:when test="machine">
          <xsl:apply-templates select="machine[position() &lt;= 200]"/>
          <xsl:call-template name="and-more">
            <xsl:with-param name="all" select="count(machine)"/>
            <xsl:with-param name="shown" select="200"/>
          </xsl:call-template>
        </xsl:when>
        <xsl:otherwise><p>No machine was started.</p></xsl:otherwise>
      </xsl:choose>
    </section>
  </xsl:template>

  <xsl:template match="machine">
    <div class="card" id="m{@number}">
      <h3>
        <xsl:value-of select="concat('Machine ', @number, ' ')"/>
        <span class="tag ok-{number(@outcome = 'ok')}">
          <xsl:value-of select="translate(@outcome, '-', ' ')"/>
        </span>
      </h3>
      <xsl:if test="@detail"><p><xsl:value-of select="@detail"/></p></xsl:if>
      <p class="determinism c-{@compared}">
        <xsl:choose>
          <xsl:when test="@compared = 'same'">
            <xsl:text>Deterministic: the event stream is identical, event for
              event, to that of run </xsl:text>
            <xsl:value-of select="@compared-run"/>
            <xsl:text>, which had the same inputs.</xsl:text>
          </xsl:when>
          <xsl:when test="@compared = 'different'">
            <strong>Not deterministic: </strong>
            <xsl:text>the event stream differs from that of run </xsl:text>
            <xsl:value-of select="@compared-run"/>
            <xsl:if test="@different-at">
              <xsl:text> from event </xsl:text>
              <xsl:value-of select="@different-at"/>
              <xsl:text> on</xsl:text>
            </xsl:if>
            <xsl:text>, although the inputs are the same.</xsl:text>
          </xsl:when>
          <xsl:when test="@compared = 'first'">First run with these inputs:
            there is none to compare its event stream with.</xsl:when>
          <xsl:otherwise>The event stream was not compared with another
            run.</xsl:otherwise>
        </xsl:choose>
      </p>
      <dl class="facts">
        <xsl:call-template name="fact">
          <xsl:with-param name="name">NIC</xsl:with-param>
          <xsl:with-param name="value" select="@nic"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">MSI-X vectors</xsl:with-param>
          <xsl:with-param name="value" select="@vectors"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Queue pairs</xsl:with-param>
          <xsl:with-param name="value" select="@queues"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">MSI-X profile</xsl:with-param>
          <xsl:with-param name="value" select="@msix-profile"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Guard pages</xsl:with-param>
          <xsl:with-param name="value" select="@guard-pages"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Boot, host time</xsl:with-param>
          <xsl:with-param name="value" select="@boot-ms"/>
          <xsl:with-param name="unit"> ms</xsl:with-param>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Total, host time</xsl:with-param>
          <xsl:with-param name="value" select="@total-ms"/>
          <xsl:with-param name="unit"> ms</xsl:with-param>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Events</xsl:with-param>
          <xsl:with-param name="value" select="@events"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Events lost</xsl:with-param>
          <xsl:with-param name="value" select="@lost"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Stream closed by the guest</xsl:with-param>
          <xsl:with-param name="value" select="@ended"/>
        </xsl:call-template>
        <div>
          <dt>Files</dt>
          <dd><a href="./{@dir}/"><xsl:value-of select="@dir"/></a></dd>
        </div>
        <xsl:call-template name="hash">
          <xsl:with-param name="name">Inputs, SHA-256</xsl:with-param>
          <xsl:with-param name="value" select="@inputs"/>
        </xsl:call-template>
        <xsl:call-template name="hash">
          <xsl:with-param name="name">Event stream, SHA-256</xsl:with-param>
          <xsl:with-param name="value" select="@stream"/>
        </xsl:call-template>
      </dl>
    </div>
  </xsl:template>

  <xsl:template name="environment">
    <section aria-labelledby="environment">
      <h2 id="environment">Environment and artifacts</h2>
      <div class="card">
        <dl class="facts">
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Host</xsl:with-param>
            <xsl:with-param name="value" select="environment/@os"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Host processors</xsl:with-param>
            <xsl:with-param name="value" select="environment/@cpus"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">libvirt</xsl:with-param>
            <xsl:with-param name="value" select="environment/@libvirt"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">QEMU</xsl:with-param>
            <xsl:with-param name="value" select="environment/@qemu"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Accelerator</xsl:with-param>
            <xsl:with-param name="value" select="environment/@accel"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">Guest kernel</xsl:with-param>
            <xsl:with-param name="value" select="environment/@kernel"/>
          </xsl:call-template>
          <xsl:call-template name="fact">
            <xsl:with-param name="name">rig</xsl:with-param>
            <xsl:with-param name="value" select="@rig"/>
          </xsl:call-template>
          <xsl:for-each select="artifact[position() &lt;= 500]">
            <xsl:call-template name="hash">
              <xsl:with-param name="name" select="concat(@name, ', SHA-256')"/>
              <xsl:with-param name="value" select="@sha256"/>
            </xsl:call-template>
          </xsl:for-each>
        </dl>
      </div>
    </section>
  </xsl:template>
</xsl:stylesheet>

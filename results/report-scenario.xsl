<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- One scenario of the report: verdict, findings with proof, its cycles. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <!-- Caps that keep the page of a long run small; run.xml has it all. -->
  <xsl:variable name="max-findings" select="20"/>
  <xsl:variable name="max-proofs" select="40"/>
  <xsl:variable name="max-cycles" select="8"/> <!-- in full -->
  <xsl:variable name="max-cycle-rows" select="200"/>
  <xsl:variable name="max-rows" select="200"/>

  <xsl:template match="scenario">
    <xsl:variable name="ms"><xsl:call-template name="scenario-ms"/></xsl:variable>
    <xsl:variable name="ns"><xsl:call-template name="scenario-ns"/></xsl:variable>
    <article id="s{@number}" class="scenario card v-{@verdict} x-{@as-expected}"
             aria-labelledby="s{@number}-h">
      <details>
        <xsl:if test="@as-expected = 'no' or count(../scenario) &lt;= 3 or
                      (not($unexpected) and @verdict = 'violation' and
                       not(preceding-sibling::scenario[@verdict =
                                                       'violation']))">
          <xsl:attribute name="open">open</xsl:attribute>
        </xsl:if>
        <summary>
          <xsl:apply-templates select="@verdict" mode="badge"/>
          <h3 id="s{@number}-h"><xsl:value-of select="title"/></h3>
          <span class="sub">
            <xsl:call-template name="known-of"/>
            <code><xsl:value-of select="@name"/></code>
            <xsl:if test="@seed">
              <span class="tag">seed <xsl:value-of select="@seed"/></span>
            </xsl:if>
            <xsl:if test="@control = 'yes'">
              <span class="tag">clean control</span>
            </xsl:if>
            <span class="tag ok-{number(@as-expected = 'yes')}">
              <xsl:text>expected </xsl:text>
              <xsl:value-of select="@expected"/>
              <xsl:text>, got </xsl:text>
              <xsl:value-of select="@verdict"/>
            </span>
            <xsl:for-each select="driver/@sys | driver/@linux |
                                  key('machine', @machine)/@nic">
              <span><xsl:value-of select="."/></span>
            </xsl:for-each>
            <xsl:if test="$ms != ''">
              <span>
                <xsl:value-of select="concat(format-number($ms div 1000,
                                             '#,##0.0'), ' s')"/>
              </span>
            </xsl:if>
            <xsl:if test="$ns != ''">
              <span>
                <xsl:value-of select="concat(format-number($ns div 1000000,
                                      '#,##0.0'), ' ms of guest time')"/>
              </span>
            </xsl:if>
          </span>
          <p class="sentence"><xsl:value-of select="sentence"/></p>
        </summary>
        <div class="body">
          <xsl:if test="normalize-space(description) != ''">
            <p class="description"><xsl:value-of select="description"/></p>
          </xsl:if>
          <xsl:apply-templates select="known" mode="full"/>
          <xsl:apply-templates select="reproduce"/>
          <xsl:call-template name="history-of"/>
          <xsl:apply-templates select="sweep"/>
          <xsl:apply-templates select="finding[position() &lt;= $max-findings]"/>
          <xsl:call-template name="and-more">
            <xsl:with-param name="all" select="count(finding)"/>
            <xsl:with-param name="shown" select="$max-findings"/>
          </xsl:call-template>
          <xsl:call-template name="cycles"/>
          <div class="pair">
            <xsl:call-template name="scenario-facts"/>
            <xsl:apply-templates select="frames"/>
          </div>
        </div>
      </details>
    </article>
  </xsl:template>

  <!-- =========================================================== findings -->

  <xsl:template match="finding">
    <xsl:variable name="id" select="concat('s', ../@number, 'f', @number)"/>
    <section class="finding v-{@verdict}" id="{$id}" aria-labelledby="{$id}-h">
      <h4 id="{$id}-h">
        <xsl:value-of select="concat('Finding ', @number, ': ',
                                     translate(@id, '-', ' '))"/>
      </h4>
      <p class="chips">
        <span class="tag"><xsl:value-of select="@rule"/></span>
        <span class="tag">level <xsl:value-of select="@level"/></span>
        <xsl:choose>
          <xsl:when test="starts-with(@class, '0x')">
            <span class="tag"
                  title="First parameter of Windows bug check 0x7C for it">
              <xsl:value-of select="concat('bug check 0x7C, ', @class)"/>
            </span>
          </xsl:when>
          <xsl:when test="@class != 'none'">
            <span class="tag">
              <xsl:value-of select="translate(@class, '-', ' ')"/>
            </span>
          </xsl:when>
        </xsl:choose>
        <span class="tag">
          <xsl:choose>
            <xsl:when test="@witness = 'api+device'">witnesses: API calls and
              device</xsl:when>
            <xsl:when test="@witness = 'api'">witness: API calls only</xsl:when>
            <xsl:when test="@witness = 'shim+device'">witnesses: rigshim.sys and
              device</xsl:when>
            <xsl:when test="@witness = 'shim'">witness: rigshim.sys only</xsl:when>
            <xsl:when test="@witness = 'system'">witness: Windows' bug
              check</xsl:when>
            <xsl:otherwise>witness: device only</xsl:otherwise>
          </xsl:choose>
        </span>
        <span class="tag">
          <xsl:value-of select="concat('judged at ', @boundary, ', cycle ',
                                       @cycle, ', event ', @event)"/>
        </span>
      </p>
      <p><xsl:value-of select="sentence"/></p>
      <!-- There may be many leaks, and their sentences say it all. -->
      <xsl:choose>
        <xsl:when test="proof and @level = 'leak'">
          <details class="as-table">
            <summary>
              <xsl:value-of select="concat('Proof: ', count(proof), ' event')"/>
              <xsl:if test="count(proof) != 1">s</xsl:if>
            </summary>
            <xsl:call-template name="proofs"/>
          </details>
        </xsl:when>
        <xsl:when test="proof">
          <xsl:call-template name="proofs"/>
        </xsl:when>
      </xsl:choose>
    </section>
  </xsl:template>

  <xsl:template name="proofs">
    <xsl:variable name="cycle" select="../cycle[@number = current()/@cycle]"/>
    <xsl:variable name="shown"
                  select="(../cycle[count(../cycle) &lt;= $max-cycles] |
                          ../cycle[1] | ../cycle[@verdict != 'pass'])
                          [position() &lt;= $max-cycles]"/>
    <xsl:variable name="drawn"
                  select="$cycle/timeline and
                          count($cycle | $shown) = count($shown)"/>
    <div class="scroll" tabindex="0" role="region"
         aria-label="Proof of finding {@number}">
      <table class="proof">
        <caption>Proof</caption>
        <thead>
          <tr>
            <th scope="col" class="num">Event</th>
            <th scope="col" class="num">Virtual time</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="proof[position() &lt;= $max-proofs]">
            <tr id="s{../../@number}f{../@number}p{position()}">
              <th scope="row" class="num">
                <xsl:choose>
                  <xsl:when test="$drawn">
                    <a href="#s{../../@number}c{../@cycle}e{@event}"
                       title="Show it in the timeline">
                      <xsl:value-of select="@event"/>
                    </a>
                  </xsl:when>
                  <xsl:otherwise>
                    <xsl:value-of select="@event"/>
                  </xsl:otherwise>
                </xsl:choose>
              </th>
              <td class="num">
                <xsl:call-template name="ms">
                  <xsl:with-param name="ns" select="@ns"/>
                </xsl:call-template>
              </td>
              <td><xsl:value-of select="."/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count(proof)"/>
      <xsl:with-param name="shown" select="$max-proofs"/>
    </xsl:call-template>
  </xsl:template>

  <!-- ============================================================= cycles -->

  <!-- In full: all of a few cycles; of many the first and those that did not
       pass. The rest have a row in the table. -->
  <xsl:template name="cycles">
    <xsl:variable name="shown"
                  select="(cycle[count(../cycle) &lt;= $max-cycles] |
                          cycle[1] | cycle[@verdict != 'pass'])
                          [position() &lt;= $max-cycles]"/>
    <xsl:if test="count(cycle) &gt; 1 or omitted">
      <xsl:call-template name="cycle-table">
        <xsl:with-param name="shown" select="$shown"/>
      </xsl:call-template>
    </xsl:if>
    <xsl:apply-templates select="$shown"/>
  </xsl:template>

  <xsl:template name="cycle-table">
    <xsl:param name="shown"/>
    <div class="scroll" tabindex="0" role="region" aria-label="Cycles">
      <table>
        <caption>Cycles</caption>
        <thead>
          <tr>
            <th scope="col" class="num">Cycle</th>
            <th scope="col">Verdict</th>
            <th scope="col">End</th>
            <th scope="col" class="num">Events</th>
            <th scope="col" class="num">Guest time</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="cycle[position() &lt;= $max-cycle-rows]">
            <tr>
              <th scope="row" class="num">
                <xsl:choose>
                  <xsl:when test="count(. | $shown) = count($shown)">
                    <a href="#s{../@number}c{@number}">
                      <xsl:value-of select="@number"/>
                    </a>
                  </xsl:when>
                  <xsl:otherwise>
                    <xsl:value-of select="@number"/>
                  </xsl:otherwise>
                </xsl:choose>
              </th>
              <td><xsl:apply-templates select="@verdict" mode="badge"/></td>
              <td><xsl:value-of select="@end"/></td>
              <td class="num"><xsl:call-template name="events"/></td>
              <td class="num"><xsl:call-template name="guest-time"/></td>
              <td class="what"><xsl:value-of select="@reason"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count(cycle)"/>
      <xsl:with-param name="shown" select="$max-cycle-rows"/>
    </xsl:call-template>
    <xsl:if test="omitted/@cycles &gt; 0">
      <p class="more">
        <xsl:value-of select="concat(omitted/@cycles, ' more of ', @cycles,
                                     ' cycles passed and look like the first',
                                     ' one.')"/>
      </p>
    </xsl:if>
  </xsl:template>

  <xsl:template match="cycle">
    <xsl:variable name="id" select="concat('s', ../@number, 'c', @number)"/>
    <section class="cycle" id="{$id}" aria-labelledby="{$id}-h">
      <h4 id="{$id}-h">
        <xsl:choose>
          <xsl:when test="count(../cycle) &gt; 1 or ../omitted">
            <xsl:value-of select="concat('Cycle ', @number, ' ')"/>
            <xsl:apply-templates select="@verdict" mode="badge"/>
          </xsl:when>
          <xsl:otherwise>What happened, in order</xsl:otherwise>
        </xsl:choose>
      </h4>
      <xsl:if test="@reason and not(@reason = ../sentence or
                                    @reason = ../finding/sentence)">
        <p><xsl:value-of select="@reason"/></p>
      </xsl:if>
      <xsl:apply-templates select="timeline"/>
      <div class="pair">
        <xsl:if test="step"><xsl:call-template name="steps"/></xsl:if>
        <xsl:if test="fault"><xsl:call-template name="faults"/></xsl:if>
        <xsl:if test="device-fault">
          <xsl:call-template name="device-faults"/>
        </xsl:if>
      </div>
      <xsl:if test="evidence"><xsl:call-template name="evidence"/></xsl:if>
      <xsl:if test="not(*)">
        <p class="more">No step of this cycle was recorded.</p>
      </xsl:if>
    </section>
  </xsl:template>

  <xsl:template name="events">
    <xsl:if test="@event-from">
      <xsl:value-of select="@event-from"/>
      <xsl:choose>
        <xsl:when test="not(@event-to)"> …</xsl:when>
        <xsl:when test="@event-to != @event-from">
          <xsl:value-of select="concat('–', @event-to)"/>
        </xsl:when>
      </xsl:choose>
    </xsl:if>
  </xsl:template>

  <xsl:template name="guest-time">
    <xsl:call-template name="duration">
      <xsl:with-param name="from" select="@ns-from"/>
      <xsl:with-param name="to" select="@ns-to"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="steps">
    <div class="scroll" tabindex="0" role="region" aria-label="Steps">
      <table>
        <caption>Steps</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Result</th>
            <th scope="col">Status</th>
            <th scope="col" class="num">Guest time</th>
            <th scope="col" class="num">Events</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="step[position() &lt;= $max-rows]">
            <tr class="r-{@result}">
              <th scope="row"><xsl:value-of select="@name"/></th>
              <td>
                <xsl:value-of select="@result"/>
                <xsl:if test="@detail">
                  <xsl:text>: </xsl:text>
                  <xsl:value-of select="@detail"/>
                </xsl:if>
              </td>
              <td><code><xsl:value-of select="@status"/></code></td>
              <td class="num"><xsl:call-template name="guest-time"/></td>
              <td class="num"><xsl:call-template name="events"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count(step)"/>
      <xsl:with-param name="shown" select="$max-rows"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="faults">
    <div class="scroll" tabindex="0" role="region" aria-label="Injected faults">
      <table>
        <caption>Injected faults: the call was not made</caption>
        <thead>
          <tr>
            <th scope="col">API</th>
            <th scope="col" class="num">Occurrence</th>
            <th scope="col">Returned</th>
            <th scope="col">Call site</th>
            <th scope="col" class="num">Event</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="fault[position() &lt;= $max-rows]">
            <tr>
              <th scope="row">
                <svg class="icon fault" aria-hidden="true"
                     viewBox="-8 -9 16 18"><use href="#g-fault"/></svg>
                <code><xsl:value-of select="@api"/></code>
              </th>
              <td class="num"><xsl:value-of select="@occurrence"/></td>
              <td><code><xsl:value-of select="@status"/></code></td>
              <td>
                <code>
                  <xsl:if test="@caller">
                    <xsl:value-of select="concat(../../driver/@sys, '+',
                                                 @caller)"/>
                  </xsl:if>
                </code>
              </td>
              <td class="num"><xsl:value-of select="@event"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count(fault)"/>
      <xsl:with-param name="shown" select="$max-rows"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="device-faults">
    <div class="scroll" tabindex="0" role="region" aria-label="Device faults">
      <table>
        <caption>Device faults that struck</caption>
        <thead>
          <tr>
            <th scope="col">Fault</th>
            <th scope="col" class="num">Event</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="device-fault[position() &lt;= $max-rows]">
            <tr>
              <th scope="row"><code><xsl:value-of select="@name"/></code></th>
              <td class="num"><xsl:value-of select="@event"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count(device-fault)"/>
      <xsl:with-param name="shown" select="$max-rows"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template name="evidence">
    <div class="scroll" tabindex="0" role="region" aria-label="MSI-X evidence">
      <table class="evidence">
        <caption>MSI-X state at each boundary, vectors counted</caption>
        <thead>
          <tr>
            <th scope="col">Boundary</th>
            <th scope="col" class="num">Event</th>
            <th scope="col" class="num">Interrupts registered</th>
            <th scope="col">MSI-X Enable</th>
            <th scope="col">Function Mask</th>
            <th scope="col" class="num">Armed</th>
            <th scope="col" class="num">Masked</th>
            <th scope="col" class="num">Programmed</th>
            <th scope="col" class="num">Pending</th>
            <th scope="col" class="num">Raised since last</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="evidence[position() &lt;= $max-rows]">
            <tr>
              <th scope="row"><xsl:value-of select="@boundary"/></th>
              <td class="num"><xsl:value-of select="@event"/></td>
              <td class="num n-{number(@registered &gt; 0)}">
                <xsl:value-of select="@registered"/>
              </td>
              <td><xsl:value-of select="@enabled"/></td>
              <td><xsl:value-of select="@function-masked"/></td>
              <td class="num n-{number(@armed &gt; 0)}">
                <xsl:value-of select="@armed"/>
              </td>
              <td class="num"><xsl:value-of select="@masked"/></td>
              <td class="num"><xsl:value-of select="@programmed"/></td>
              <td class="num"><xsl:value-of select="@pending"/></td>
              <td class="num"><xsl:value-of select="@raised"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:call-template name="and-more">
      <xsl:with-param name="all" select="count(evidence)"/>
      <xsl:with-param name="shown" select="$max-rows"/>
    </xsl:call-template>
  </xsl:template>

  <!-- ============================================= driver, frames, command -->

  <xsl:template name="scenario-facts">
    <section class="box">
      <h4>Driver and scenario</h4>
      <dl class="facts">
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Driver</xsl:with-param>
          <xsl:with-param name="value"
              select="driver/@sys | driver/@linux"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">INF</xsl:with-param>
          <xsl:with-param name="value" select="driver/@inf"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Service</xsl:with-param>
          <xsl:with-param name="value" select="driver/@service"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Provider</xsl:with-param>
          <xsl:with-param name="value" select="driver/@provider"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Version</xsl:with-param>
          <xsl:with-param name="value" select="driver/@version"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Model</xsl:with-param>
          <xsl:with-param name="value" select="driver/@model"/>
        </xsl:call-template>
        <xsl:call-template name="hash">
          <xsl:with-param name="name">Driver, SHA-256</xsl:with-param>
          <xsl:with-param name="value" select="driver/@sha256"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Scenario</xsl:with-param>
          <xsl:with-param name="value" select="@file"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Cycles</xsl:with-param>
          <xsl:with-param name="value" select="@cycles"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Expected level</xsl:with-param>
          <xsl:with-param name="value" select="expect/@level"/>
        </xsl:call-template>
        <xsl:call-template name="fact">
          <xsl:with-param name="name">Expected class</xsl:with-param>
          <xsl:with-param name="value" select="expect/@class"/>
        </xsl:call-template>
        <xsl:if test="@machine">
          <div>
            <dt>Machine</dt>
            <dd><a href="#m{@machine}"><xsl:value-of select="@machine"/></a></dd>
          </div>
        </xsl:if>
      </dl>
    </section>
  </xsl:template>

  <xsl:template match="frames">
    <section class="box frames">
      <h4>Frames, checked byte for byte</h4>
      <ol class="flow">
        <li><b><xsl:value-of select="@sent"/></b> sent by the driver</li>
        <li>
          <b><xsl:value-of select="@crossed"/></b> crossed the netdev, <xsl:value-of
            select="format-number(@bytes, '#,##0')"/> bytes
          <xsl:if test="@file">
            <xsl:text> in </xsl:text>
            <a href="./{@file}"><xsl:value-of select="@file"/></a>
          </xsl:if>
        </li>
        <li><b><xsl:value-of select="@returned"/></b> returned by the peer</li>
        <li><b><xsl:value-of select="@received"/></b> received by the driver</li>
      </ol>
      <p class="ok-{number(@wrong = 0 and @missing = 0)}">
        <xsl:choose>
          <xsl:when test="@wrong = 0 and @missing = 0">All came through
            unchanged.</xsl:when>
          <xsl:otherwise>
            <strong>
              <xsl:value-of select="concat(@wrong, ' wrong, ', @missing,
                                           ' missing.')"/>
            </strong>
          </xsl:otherwise>
        </xsl:choose>
      </p>
    </section>
  </xsl:template>

  <!-- A bundle reproduces what happened and compares; the command line runs
       the scenario once more. -->
  <xsl:template match="reproduce">
    <section class="reproduce">
      <xsl:choose>
        <xsl:when test="../@bundle and starts-with(., 'rig reproduce ')">
          <h4>Reproduce <small>the same events again, compared one by one;
            <code>--gdb</code> stops at the one that violates</small></h4>
          <xsl:call-template name="command">
            <xsl:with-param name="label">Command that reproduces it</xsl:with-param>
            <xsl:with-param name="before">rig reproduce </xsl:with-param>
            <xsl:with-param name="here"
                            select="concat('results/runs/', /run/@id, '/')"/>
            <xsl:with-param name="after" select="../@bundle"/>
          </xsl:call-template>
        </xsl:when>
        <xsl:otherwise>
          <h4>Run it again</h4>
          <xsl:call-template name="command">
            <xsl:with-param name="label">Command that runs it
              again</xsl:with-param>
            <xsl:with-param name="before" select="string(.)"/>
          </xsl:call-template>
        </xsl:otherwise>
      </xsl:choose>
    </section>
  </xsl:template>
</xsl:stylesheet>

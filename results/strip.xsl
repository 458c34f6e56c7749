<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- History (results/index.rng): the strip of a scenario's last results, its
     ratio, its class, and what changed since it was last good. The page of a
     run has the history of its own scenarios in <history>, by their keys. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:include href="history-keys.xsl"/>

  <!-- Where the runs are, seen from the page. -->
  <xsl:param name="runs-dir">
    <xsl:if test="/index">./runs/</xsl:if>
    <xsl:if test="not(/index)">../</xsl:if>
  </xsl:param>

  <!-- One cell for each result, oldest first: shape and colour say what it
       was. It is an image to assistive technology, described as a whole; the
       cells are links that the mouse can follow. -->
  <xsl:template match="strip">
    <span class="strip-line">
      <svg class="strip-svg" role="img" height="14"
           width="{count(cell) * 9}" viewBox="0 0 {count(cell) * 9} 14">
        <xsl:attribute name="aria-label">
          <xsl:call-template name="strip-words"/>
        </xsl:attribute>
        <xsl:for-each select="cell">
          <xsl:variable name="x" select="(position() - 1) * 9"/>
          <a href="{$runs-dir}{@run}/index.html" tabindex="-1">
            <title><xsl:call-template name="cell-words"/></title>
            <rect class="hit" x="{$x}" width="9" height="14"/>
            <xsl:choose>
              <xsl:when test="not(@good)">
                <rect class="c-none" x="{$x + .5}" y="6" width="7" height="2"/>
              </xsl:when>
              <xsl:when test="@good = 'yes'">
                <rect class="c-good" x="{$x + .5}" y="5" width="7" height="8"
                      rx="1"/>
              </xsl:when>
              <xsl:otherwise>
                <rect x="{$x + .5}" y="1" width="7" height="12" rx="1">
                  <xsl:attribute name="class">
                    <xsl:text>c-bad</xsl:text>
                    <xsl:if test="@known"> c-known</xsl:if>
                    <xsl:if test="@verdict = 'broken' or
                                  @verdict = 'inconclusive' or
                                  @outcome = 'broken' or
                                  @outcome = 'inconclusive'"> c-unsure</xsl:if>
                  </xsl:attribute>
                </rect>
              </xsl:otherwise>
            </xsl:choose>
            <xsl:if test="@flaky">
              <circle class="c-flaky" cx="{$x + 4}" cy="9" r="1.6"/>
            </xsl:if>
          </a>
        </xsl:for-each>
      </svg>
    </span>
  </xsl:template>

  <xsl:template name="cell-words">
    <xsl:value-of select="concat(@verdict, @outcome)"/>
    <xsl:choose>
      <xsl:when test="not(@good)">, not counted</xsl:when>
      <xsl:when test="@good = 'yes'">, as expected</xsl:when>
      <xsl:otherwise>, not as expected</xsl:otherwise>
    </xsl:choose>
    <xsl:if test="@known">
      <xsl:value-of select="concat(', known issue ', @known)"/>
    </xsl:if>
    <xsl:if test="@flaky">, another run with the same inputs differs</xsl:if>
    <xsl:if test="@interrupted">, interrupted run</xsl:if>
    <xsl:value-of select="concat(' · run ', @run)"/>
  </xsl:template>

  <xsl:template name="strip-words">
    <xsl:value-of select="concat('Last ', count(cell), ' results, oldest ',
                                 'first:')"/>
    <xsl:for-each select="cell">
      <xsl:text> </xsl:text>
      <xsl:choose>
        <xsl:when test="not(@good)">not counted</xsl:when>
        <xsl:when test="@good = 'yes'">good</xsl:when>
        <xsl:otherwise>bad</xsl:otherwise>
      </xsl:choose>
      <xsl:choose>
        <xsl:when test="position() != last()">,</xsl:when>
        <xsl:otherwise>.</xsl:otherwise>
      </xsl:choose>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="class-words">
    <xsl:param name="class"/>
    <xsl:value-of select="translate($class, '-', ' ')"/>
  </xsl:template>

  <xsl:template match="@class" mode="class">
    <span class="class k-{.}">
      <xsl:call-template name="class-words">
        <xsl:with-param name="class" select="."/>
      </xsl:call-template>
    </span>
  </xsl:template>

  <xsl:template match="ratio">
    <span title="95 % interval of the ratio of bad results (Wilson): {@low} to {
                 @high} %">
      <xsl:value-of select="concat(@bad, ' of ', @counted, ' bad')"/>
      <!-- Of fewer, the interval is nearly everything. -->
      <xsl:if test="@counted &gt;= 5">
        <small>
          <xsl:value-of select="concat(' ', @percent, ' % (', @low, '–', @high,
                                       ')')"/>
        </small>
      </xsl:if>
    </span>
  </xsl:template>

  <!-- What had changed when it went bad. -->
  <xsl:template match="since">
    <span class="since">
      <xsl:text>bad since </xsl:text>
      <a href="{$runs-dir}{@first-bad}/index.html">
        <xsl:value-of select="@first-bad"/>
      </a>
      <xsl:choose>
        <xsl:when test="@last-good">
          <xsl:text>, last good </xsl:text>
          <a href="{$runs-dir}{@last-good}/index.html">
            <xsl:value-of select="@last-good"/>
          </a>
        </xsl:when>
        <xsl:otherwise>, never good</xsl:otherwise>
      </xsl:choose>
      <xsl:choose>
        <xsl:when test="change">
          <xsl:text>; changed: </xsl:text>
          <xsl:for-each select="change">
            <xsl:if test="position() &gt; 1">, </xsl:if>
            <xsl:value-of select="concat(@what, ' ')"/>
            <code><xsl:value-of select="@from"/></code>
            <xsl:text> → </xsl:text>
            <code><xsl:value-of select="@to"/></code>
          </xsl:for-each>
        </xsl:when>
        <xsl:when test="@same-inputs = 'yes'">; not one input had
          changed</xsl:when>
      </xsl:choose>
    </span>
  </xsl:template>

  <!-- ========================================== of a scenario of run.xml -->

  <xsl:template name="strip-of">
    <xsl:for-each select="key('history', concat(../@id, ' ', @key))[1]">
      <xsl:apply-templates select="strip[cell[2]]"/>
    </xsl:for-each>
  </xsl:template>

  <!-- Beside the verdict: a known issue, that it is flaky, that it is new. -->
  <xsl:template name="known-of">
    <xsl:for-each select="known">
      <span class="class k-known">
        <xsl:attribute name="title">
          <xsl:value-of select="concat('Covers ', @findings, ' of ', @of,
                                ' failures until ', @expires, ': ',
                                normalize-space(.))"/>
        </xsl:attribute>
        <xsl:value-of select="concat('known: ', @id)"/>
      </span>
    </xsl:for-each>
    <xsl:for-each select="key('history', concat(../@id, ' ', @key))[1]">
      <xsl:if test="@flaky = 'yes'">
        <span class="class k-flaky">flaky</span>
      </xsl:if>
      <xsl:if test="@class = 'newly-failing' or @class = 'newly-passing'">
        <xsl:apply-templates select="@class" mode="class"/>
      </xsl:if>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="known" mode="full">
    <p class="known-issue">
      <b>
        <xsl:text>Known issue </xsl:text>
        <xsl:call-template name="known-link"/>
      </b>
      <xsl:value-of select="concat(': ', normalize-space(.), ' It covers ',
                                   @findings, ' of ', @of, ' failures, until ',
                                   @expires, '; the verdict stands.')"/>
    </p>
  </xsl:template>

  <!-- Only what leads to a web page is a link. -->
  <xsl:template name="known-link">
    <xsl:choose>
      <xsl:when test="starts-with(@link, 'https://') or
                      starts-with(@link, 'http://')">
        <a href="{@link}" rel="noreferrer"><xsl:value-of select="@id"/></a>
      </xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="@id"/>
        <xsl:if test="@link != ''">
          <xsl:value-of select="concat(' (', @link, ')')"/>
        </xsl:if>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- All that the run was given; what needs a hand comes first. -->
  <xsl:template name="known-issues">
    <xsl:if test="known-issue">
      <section aria-labelledby="known">
        <h2 id="known">Known issues</h2>
        <div class="card scroll" tabindex="0" role="region"
             aria-label="Known issues">
          <table>
            <thead>
              <tr>
                <th scope="col">Issue</th>
                <th scope="col">State</th>
                <th scope="col">Until</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              <xsl:for-each select="known-issue">
                <xsl:sort select="(@state = 'struck') + 2 *
                                  (@state = 'untried')" data-type="number"/>
                <tr>
                  <th scope="row"><xsl:call-template name="known-link"/></th>
                  <td>
                    <xsl:choose>
                      <xsl:when test="@state = 'stopped'">
                        <strong>stopped failing</strong>: remove it</xsl:when>
                      <xsl:when test="@state = 'expired'">
                        <strong>expired</strong>: without effect</xsl:when>
                      <xsl:when test="@state = 'struck'">covers a failure of
                        this run</xsl:when>
                      <xsl:otherwise>not tried by this run</xsl:otherwise>
                    </xsl:choose>
                  </td>
                  <td><xsl:value-of select="@expires"/></td>
                  <td class="what">
                    <xsl:value-of select="normalize-space(.)"/>
                    <small>
                      <xsl:value-of select="concat(' ', @file, ':', @line)"/>
                    </small>
                  </td>
                </tr>
              </xsl:for-each>
            </tbody>
          </table>
        </div>
      </section>
    </xsl:if>
  </xsl:template>

  <xsl:template name="history-of">
    <xsl:for-each select="key('history', concat(../@id, ' ', @key))[1]">
      <section class="box history">
        <h4>History</h4>
        <p>
          <xsl:apply-templates select="strip"/>
          <xsl:text> </xsl:text>
          <xsl:apply-templates select="ratio"/>
        </p>
        <xsl:if test="since">
          <p class="more"><xsl:apply-templates select="since"/></p>
        </xsl:if>
      </section>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>

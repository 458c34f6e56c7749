<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The trend over the nights: bars of what was bad, each with its number,
     above bars of how many results there were, oldest on the left; and the
     same as a table. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:variable name="max-nights" select="60"/>
  <xsl:variable name="trend-width" select="1160"/>
  <xsl:variable name="trend-left" select="96"/>
  <!-- Heights of the two bands. -->
  <xsl:variable name="bad-height" select="110"/>
  <xsl:variable name="all-height" select="44"/>

  <xsl:template name="trend">
    <xsl:variable name="shown" select="night[position() &lt;= $max-nights]"/>
    <section aria-labelledby="trend">
      <h2 id="trend">Nights</h2>
      <xsl:choose>
        <xsl:when test="night">
          <div class="card">
            <xsl:if test="count($shown) &gt; 1">
              <xsl:call-template name="trend-chart">
                <xsl:with-param name="shown" select="$shown"/>
              </xsl:call-template>
            </xsl:if>
            <xsl:call-template name="night-table"/>
          </div>
        </xsl:when>
        <xsl:otherwise>
          <p class="more">No night yet: <code>rig nightly SUITE.xml</code> runs
          a suite and adds one; rig-nightly(1) has a systemd timer for
          it.</p>
        </xsl:otherwise>
      </xsl:choose>
    </section>
  </xsl:template>

  <xsl:template name="largest-bad">
    <xsl:param name="of"/>
    <xsl:for-each select="$of">
      <xsl:sort select="@results - @as-expected - @skipped" data-type="number"
                order="descending"/>
      <xsl:if test="position() = 1">
        <xsl:value-of select="@results - @as-expected - @skipped"/>
      </xsl:if>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="largest">
    <xsl:param name="of"/>
    <xsl:for-each select="$of">
      <xsl:sort select="@results" data-type="number" order="descending"/>
      <xsl:if test="position() = 1"><xsl:value-of select="@results"/></xsl:if>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="trend-chart">
    <xsl:param name="shown"/>
    <xsl:variable name="bad-text">
      <xsl:call-template name="largest-bad">
        <xsl:with-param name="of" select="$shown"/>
      </xsl:call-template>
    </xsl:variable>
    <xsl:variable name="all-text">
      <xsl:call-template name="largest">
        <xsl:with-param name="of" select="$shown"/>
      </xsl:call-template>
    </xsl:variable>
    <xsl:variable name="bad" select="$bad-text + ($bad-text &lt; 1)"/>
    <xsl:variable name="all" select="$all-text + ($all-text &lt; 1)"/>
    <xsl:variable name="room" select="($trend-width - $trend-left) div
                                      count($shown)"/>
    <!-- Few nights make no walls. -->
    <xsl:variable name="step" select="60 * ($room &gt; 60) +
                                      $room * not($room &gt; 60)"/>
    <xsl:variable name="width" select="$trend-left + $step * count($shown)"/>
    <xsl:variable name="base" select="18 + $bad-height"/>
    <xsl:variable name="height" select="$base + 20 + $all-height + 24"/>
    <figure class="trend">
      <div class="scroll" tabindex="0" role="region" aria-label="Trend">
        <svg class="trend-svg" role="img" width="{$width}" height="{$height}"
             viewBox="0 0 {$width} {$height}">
          <xsl:attribute name="aria-label">
            <xsl:value-of select="concat('Results not as expected over the ',
                                  'last ', count($shown), ' nights, oldest ',
                                  'first:')"/>
            <xsl:for-each select="$shown">
              <xsl:sort select="position()" data-type="number"
                        order="descending"/>
              <xsl:value-of select="concat(' ', @results - @as-expected -
                                           @skipped, ' of ', @results, ',')"/>
            </xsl:for-each>
            <xsl:text> all in the table below.</xsl:text>
          </xsl:attribute>
          <text class="band" x="0" y="{$base - $bad-height + 12}">not as</text>
          <text class="band" x="0" y="{$base - $bad-height + 26}">expected</text>
          <text class="band" x="0" y="{$base + 32}">results</text>
          <path class="trend-axis"
                d="M{$trend-left} {$base + .5}H{$width}M{$trend-left} {
                   $base + 20 + $all-height + .5}H{$width}"/>
          <xsl:for-each select="$shown">
            <xsl:sort select="position()" data-type="number"
                      order="descending"/>
            <xsl:call-template name="trend-night">
              <xsl:with-param name="x" select="$trend-left +
                                               (position() - 1) * $step"/>
              <xsl:with-param name="step" select="$step"/>
              <xsl:with-param name="bad" select="$bad"/>
              <xsl:with-param name="all" select="$all"/>
              <xsl:with-param name="base" select="$base"/>
              <xsl:with-param name="named" select="$step &gt; 36 or
                              position() mod ceiling(40 div $step) = 1"/>
              <xsl:with-param name="number" select="last() + 1 - position()"/>
            </xsl:call-template>
          </xsl:for-each>
        </svg>
      </div>
      <figcaption>
        <ul class="legend">
          <li><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="t-new"
            x="6" width="14" height="14"/></svg>newly failing</li>
          <li><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="t-bad"
            x="6" width="14" height="14"/></svg>failing before</li>
          <li><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="t-known"
            x="6.5" y=".5" width="13" height="13"/></svg>known issue</li>
          <li><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="t-all"
            x="6" width="14" height="14"/></svg>all results</li>
          <li><svg viewBox="0 0 26 14" aria-hidden="true"><rect
            class="t-all t-part" x="6.5" y=".5" width="13"
            height="13"/></svg>of a night that is not complete</li>
        </ul>
      </figcaption>
    </figure>
  </xsl:template>

  <!-- Known ones may be newly failing, too: what is drawn adds up. -->
  <xsl:template name="trend-night">
    <xsl:param name="x"/>
    <xsl:param name="step"/>
    <xsl:param name="bad"/>
    <xsl:param name="all"/>
    <xsl:param name="base"/>
    <xsl:param name="named"/>
    <xsl:param name="number"/>
    <xsl:variable name="w" select="$step * .7"/>
    <xsl:variable name="n" select="@results - @as-expected - @skipped"/>
    <xsl:variable name="known" select="@known * (@known &lt;= $n) +
                                       $n * (@known &gt; $n)"/>
    <xsl:variable name="rest" select="$n - $known"/>
    <xsl:variable name="new" select="@newly-failing *
                                     (@newly-failing &lt;= $rest) +
                                     $rest * (@newly-failing &gt; $rest)"/>
    <xsl:variable name="scale" select="$bad-height div $bad"/>
    <xsl:variable name="tall" select="@results * $all-height div $all"/>
    <a href="#n{$number}" aria-label="Night {@id}: {$n} of {@results} not as {
       ''}expected">
      <title>
        <xsl:value-of select="concat('Night ', @id, ': ', $n, ' of ', @results,
                              ' not as expected, ', @newly-failing,
                              ' newly failing, ', @newly-passing,
                              ' newly passing, ', @known, ' known, ', @flaky,
                              ' flaky')"/>
        <xsl:if test="@complete = 'no'">; not complete</xsl:if>
      </title>
      <rect class="hit" x="{$x}" width="{$step}" y="0"
            height="{$base + 20 + $all-height + 24}"/>
      <xsl:call-template name="trend-bar">
        <xsl:with-param name="class">t-new</xsl:with-param>
        <xsl:with-param name="x" select="$x"/>
        <xsl:with-param name="w" select="$w"/>
        <xsl:with-param name="y" select="$base - $new * $scale"/>
        <xsl:with-param name="h" select="$new * $scale"/>
      </xsl:call-template>
      <xsl:call-template name="trend-bar">
        <xsl:with-param name="class">t-bad</xsl:with-param>
        <xsl:with-param name="x" select="$x"/>
        <xsl:with-param name="w" select="$w"/>
        <xsl:with-param name="y" select="$base - $rest * $scale"/>
        <xsl:with-param name="h" select="($rest - $new) * $scale"/>
      </xsl:call-template>
      <xsl:call-template name="trend-bar">
        <xsl:with-param name="class">t-known</xsl:with-param>
        <xsl:with-param name="x" select="$x + .5"/>
        <xsl:with-param name="w" select="$w - 1"/>
        <xsl:with-param name="y" select="$base - $n * $scale + .5"/>
        <xsl:with-param name="h" select="$known * $scale - 1"/>
      </xsl:call-template>
      <xsl:if test="$step &gt; 14">
        <text class="trend-n" x="{$x + $w div 2}" text-anchor="middle"
              y="{$base - $n * $scale - 5}"><xsl:value-of select="$n"/></text>
      </xsl:if>
      <xsl:call-template name="trend-bar">
        <xsl:with-param name="class">
          <xsl:text>t-all</xsl:text>
          <xsl:if test="@complete = 'no'"> t-part</xsl:if>
        </xsl:with-param>
        <xsl:with-param name="x" select="$x + .5"/>
        <xsl:with-param name="w" select="$w - 1"/>
        <xsl:with-param name="y" select="$base + 20 + $all-height - $tall"/>
        <xsl:with-param name="h" select="$tall"/>
      </xsl:call-template>
      <xsl:if test="$named">
        <text class="trend-day" x="{$x + $w div 2}" text-anchor="middle"
              y="{$base + 20 + $all-height + 16}">
          <xsl:value-of select="substring(@started, 6, 5)"/>
        </text>
      </xsl:if>
    </a>
  </xsl:template>

  <xsl:template name="trend-bar">
    <xsl:param name="class"/>
    <xsl:param name="x"/>
    <xsl:param name="y"/>
    <xsl:param name="w"/>
    <xsl:param name="h"/>
    <xsl:if test="$h &gt; 0">
      <rect class="{$class}" x="{round($x * 10) div 10}"
            y="{round($y * 10) div 10}" width="{round($w * 10) div 10}"
            height="{round($h * 10) div 10}"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="night-table">
    <div class="scroll" tabindex="0" role="region" aria-label="Nights">
      <table class="nights">
        <thead>
          <tr>
            <th scope="col">Night</th>
            <th scope="col">Suite</th>
            <th scope="col" class="num">Results</th>
            <th scope="col" class="num">As expected</th>
            <th scope="col" class="num">Newly failing</th>
            <th scope="col" class="num">Newly passing</th>
            <th scope="col" class="num">Known</th>
            <th scope="col" class="num">Flaky</th>
            <th scope="col" class="num">Skipped</th>
            <th scope="col" class="num">Jobs</th>
            <th scope="col" class="num">Machine time</th>
          </tr>
        </thead>
        <tbody>
          <xsl:for-each select="night[position() &lt;= 400]">
            <tr id="n{position()}">
              <th scope="row">
                <xsl:value-of select="@id"/>
                <xsl:choose>
                  <xsl:when test="@damaged">
                    <span class="tag ok-0">damaged</span>
                  </xsl:when>
                  <xsl:when test="@complete = 'no'">
                    <span class="tag ok-0">not complete</span>
                  </xsl:when>
                </xsl:choose>
              </th>
              <td><xsl:value-of select="@suite"/></td>
              <td class="num"><xsl:value-of select="@results"/></td>
              <td class="num"><xsl:value-of select="@as-expected"/></td>
              <td class="num n-{number(@newly-failing &gt; 0)}">
                <xsl:value-of select="@newly-failing"/>
              </td>
              <td class="num"><xsl:value-of select="@newly-passing"/></td>
              <td class="num"><xsl:value-of select="@known"/></td>
              <td class="num"><xsl:value-of select="@flaky"/></td>
              <td class="num"><xsl:value-of select="@skipped"/></td>
              <td class="num">
                <xsl:value-of select="@jobs"/>
                <xsl:if test="@skipped-jobs &gt; 0">
                  <small>
                    <xsl:value-of select="concat(' (', @skipped-jobs,
                                                 ' skipped)')"/>
                  </small>
                </xsl:if>
              </td>
              <td class="num">
                <xsl:value-of select="concat(format-number(@ms div 1000,
                                             '#,##0.0'), ' s')"/>
              </td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
  </xsl:template>
</xsl:stylesheet>

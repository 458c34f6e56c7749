<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The timeline of a cycle as inline SVG.

     From top to bottom: labels of marks, labels of calls and short phases, the
     driver's callbacks by depth, its interrupt and DPC callbacks, its API calls,
     one lane per interrupt vector, the events that the findings cite, the axis.
     Across: event order. Column c starts at $gutter + c * $cw.

     The graph is drawn once. On screen the gutter with the row names is laid
     over its left edge so that it stays put while the graph scrolls; on paper
     the graph is cut into strips, which show it through <use>. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:lx="http://xmlsoft.org/XSLT/namespace"
                exclude-result-prefixes="lx">

  <!-- Pixels. -->
  <xsl:variable name="gutter" select="88"/>
  <xsl:variable name="strip" select="1182"/>
  <!-- Strips overlap, so that a label cut off in one is whole in the next. -->
  <xsl:variable name="overlap" select="200"/>
  <xsl:variable name="fill-width" select="1066"/>
  <xsl:variable name="label-row" select="16"/>
  <xsl:variable name="phase-row" select="22"/>
  <xsl:variable name="call-row" select="22"/>
  <xsl:variable name="pin-row" select="17"/>
  <!-- Text, estimated: average character widths of the fonts in style.css. -->
  <xsl:variable name="char" select="6.2"/>
  <xsl:variable name="tick-space" select="92"/>

  <!-- The row of a phase or call, by the event it begins with; of two with
       the same event only the first has one. -->
  <xsl:key name="row" match="timeline/phase | timeline/call"
           use="concat(generate-id(..), ' ', @event-from)"/>

  <xsl:template name="row-id">
    <xsl:param name="name"/>
    <xsl:if test="@event-from and generate-id(.) = generate-id(key('row',
                  concat(generate-id(..), ' ', @event-from))[1])">
      <xsl:attribute name="{$name}">
        <xsl:value-of select="concat('s', ../../../@number, 'c',
                                     ../../@number, 'r', @event-from)"/>
      </xsl:attribute>
    </xsl:if>
  </xsl:template>

  <!-- Caps on what is drawn. -->
  <xsl:variable name="max-lanes" select="64"/>
  <xsl:variable name="max-drawn" select="3000"/>
  <xsl:variable name="max-in-lane" select="1000"/>

  <xsl:template match="timeline">
    <xsl:variable name="id" select="concat('s', ../../@number, 'c', ../@number)"/>
    <!-- Fill the page where the columns allow it, scroll where they do not. -->
    <xsl:variable name="fill" select="$fill-width div @columns"/>
    <xsl:variable name="cw-text">
      <xsl:choose>
        <xsl:when test="$fill &gt; 22">22</xsl:when>
        <xsl:when test="$fill &gt;= 5">
          <xsl:value-of select="floor($fill * 4) div 4"/>
        </xsl:when>
        <xsl:when test="@columns &lt;= 600">5</xsl:when>
        <xsl:otherwise>3</xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <xsl:variable name="cw" select="number($cw-text)"/>
    <xsl:variable name="narrow" select="@columns * $cw &lt; 560"/>
    <xsl:variable name="graph-width"
                  select="620 * $narrow + (@columns * $cw + 28) * not($narrow)"/>
    <xsl:variable name="width" select="$gutter + $graph-width"/>
    <xsl:variable name="lanes" select="lane[position() &lt;= $max-lanes]"/>
    <xsl:variable name="points"><xsl:call-template name="points"/></xsl:variable>
    <xsl:variable name="pins">
      <xsl:call-template name="pins">
        <xsl:with-param name="points" select="lx:node-set($points)/p"/>
        <xsl:with-param name="cw" select="$cw"/>
      </xsl:call-template>
    </xsl:variable>
    <xsl:variable name="depth">
      <xsl:for-each select="phase[not(@thread &gt; 0)]">
        <xsl:sort select="@depth" data-type="number" order="descending"/>
        <xsl:if test="position() = 1">
          <xsl:value-of select="@depth + 1"/>
        </xsl:if>
      </xsl:for-each>
      <xsl:if test="not(phase[not(@thread &gt; 0)])">1</xsl:if>
    </xsl:variable>

    <!-- Heights of the bands, top down. -->
    <xsl:variable name="y-labels"
                  select="4 + $label-row * (1 + number(count(mark) &gt; 1)) *
                          number(count(mark) &gt; 0)"/>
    <xsl:variable name="y-phases" select="$y-labels + 4 * $label-row + 6"/>
    <xsl:variable name="y-threads" select="$y-phases + $phase-row * $depth"/>
    <xsl:variable name="y-calls"
                  select="$y-threads + 2 +
                          14 * number(count(phase[@thread &gt; 0]) &gt; 0)"/>
    <xsl:variable name="y-lanes" select="$y-calls + $call-row + 8"/>
    <xsl:variable name="lane-row"
                  select="22 - 6 * number(count($lanes) &gt; 16)"/>
    <xsl:variable name="y-pins"
                  select="$y-lanes + $lane-row * count($lanes) + 8"/>
    <xsl:variable name="pin-rows">
      <xsl:choose>
        <xsl:when test="lx:node-set($pins)/l[4]">4</xsl:when>
        <xsl:otherwise>
          <xsl:value-of select="count(lx:node-set($pins)/l)"/>
        </xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <xsl:variable name="y-axis"
                  select="$y-pins + $pin-row * $pin-rows + 4"/>
    <xsl:variable name="height" select="$y-axis + 40"/>

    <figure class="timeline">
      <div class="zoom" hidden="hidden" role="group"
           aria-label="Zoom of the timeline of cycle {../@number}">
        <button type="button" data-zoom="out" aria-label="Zoom out"
                title="Zoom out (−)">−</button>
        <button type="button" data-zoom="in" aria-label="Zoom in"
                title="Zoom in (+)">+</button>
        <button type="button" data-zoom="fit" title="All of it (F)">Fit</button>
        <button type="button" data-zoom="reset"
                title="Natural size (0)">Reset</button>
        <output aria-live="polite">100 %</output>
        <small>Ctrl and wheel, or + − 0 F in the graph; drag to move; click a
        call for its row</small>
      </div>
      <div class="scroll graph" tabindex="0" role="region"
           aria-label="Timeline of cycle {../@number}, scrolls sideways">
        <svg class="chart" role="img" width="{$width}" height="{$height}"
             viewBox="0 0 {$width} {$height}"
             data-columns="{@columns}" data-cw="{$cw}" data-x0="{$gutter}">
          <xsl:attribute name="aria-label">
            <xsl:call-template name="in-words"/>
          </xsl:attribute>
          <g id="{$id}-g" class="tl">
            <rect class="ground" x="{$gutter}" width="{$graph-width}"
                  height="{$height}"/>
            <xsl:call-template name="axis">
              <xsl:with-param name="points" select="lx:node-set($points)/p"/>
              <xsl:with-param name="cw" select="$cw"/>
              <xsl:with-param name="y" select="$y-axis"/>
              <xsl:with-param name="top" select="$y-phases"/>
              <xsl:with-param name="width" select="$width"/>
            </xsl:call-template>
            <xsl:call-template name="labels">
              <xsl:with-param name="cw" select="$cw"/>
              <xsl:with-param name="y" select="$y-labels"/>
              <xsl:with-param name="y-phases" select="$y-phases"/>
              <xsl:with-param name="y-calls" select="$y-calls"/>
              <xsl:with-param name="width" select="$width"/>
            </xsl:call-template>
            <xsl:apply-templates select="phase[position() &lt;= $max-drawn]">
              <xsl:with-param name="cw" select="$cw"/>
              <xsl:with-param name="y" select="$y-phases"/>
              <xsl:with-param name="y-threads" select="$y-threads"/>
            </xsl:apply-templates>
            <xsl:apply-templates select="call[position() &lt;= $max-drawn]">
              <xsl:with-param name="cw" select="$cw"/>
              <xsl:with-param name="y" select="$y-calls + $call-row div 2"/>
            </xsl:apply-templates>
            <xsl:for-each select="$lanes">
              <xsl:apply-templates select=".">
                <xsl:with-param name="cw" select="$cw"/>
                <xsl:with-param name="y"
                                select="$y-lanes + (position() - 1) * $lane-row"/>
                <xsl:with-param name="row" select="$lane-row"/>
              </xsl:apply-templates>
            </xsl:for-each>
            <xsl:call-template name="marks">
              <xsl:with-param name="cw" select="$cw"/>
              <xsl:with-param name="bottom" select="$y-axis"/>
              <xsl:with-param name="width" select="$width"/>
            </xsl:call-template>
            <xsl:call-template name="place">
              <xsl:with-param name="labels" select="lx:node-set($pins)/l"/>
              <xsl:with-param name="kind">pin</xsl:with-param>
              <xsl:with-param name="y" select="$y-pins"/>
              <xsl:with-param name="to" select="$y-phases"/>
              <xsl:with-param name="id" select="$id"/>
              <xsl:with-param name="rows" select="4"/>
            </xsl:call-template>
          </g>
          <g id="{$id}-l" class="tl names">
            <rect class="ground" width="{$gutter}" height="{$height}"/>
            <path class="edge" d="M{$gutter - .5} 0V{$height}"/>
            <text x="8" y="{$y-phases + 15}">callbacks</text>
            <xsl:if test="phase[@thread &gt; 0]">
              <text x="8" y="{$y-threads + 10}">ISR, DPC</text>
            </xsl:if>
            <text x="8" y="{$y-calls + 15}">API calls</text>
            <xsl:for-each select="$lanes">
              <text x="8" y="{$y-lanes + (position() - .5) * $lane-row + 4}">
                <xsl:call-template name="lane-name"/>
              </text>
            </xsl:for-each>
            <xsl:if test="lx:node-set($pins)/l">
              <text x="8" y="{$y-pins + 13}">proof</text>
            </xsl:if>
            <text x="8" y="{$y-axis + 17}">event</text>
            <text x="8" y="{$y-axis + 31}">virtual time</text>
          </g>
        </svg>
        <svg class="gutter" aria-hidden="true" width="{$gutter}"
             height="{$height}" viewBox="0 0 {$gutter} {$height}">
          <use href="#{$id}-l"/>
        </svg>
      </div>
      <xsl:call-template name="strips">
        <xsl:with-param name="id" select="$id"/>
        <xsl:with-param name="width" select="$width"/>
        <xsl:with-param name="height" select="$height"/>
      </xsl:call-template>
      <figcaption>
        <xsl:call-template name="legend"/>
        <xsl:call-template name="and-more">
          <xsl:with-param name="all" select="count(lane)"/>
          <xsl:with-param name="shown" select="$max-lanes"/>
        </xsl:call-template>
        <xsl:call-template name="and-more">
          <xsl:with-param name="all" select="count(call)"/>
          <xsl:with-param name="shown" select="$max-drawn"/>
        </xsl:call-template>
      </figcaption>
    </figure>
    <xsl:call-template name="as-table"/>
  </xsl:template>

  <!-- The drawing for those who cannot see it. -->
  <xsl:template name="in-words">
    <xsl:value-of select="concat('Timeline of cycle ', ../@number, ': ',
                  count(phase), ' callbacks, ', count(call), ' API calls, ',
                  count(call[@kind = 'register']), ' registering and ',
                  count(call[@kind = 'deregister']),
                  ' deregistering an interrupt, ',
                  count(call[@kind = 'fault']), ' injected faults, ',
                  count(lane), ' vectors.')"/>
    <xsl:for-each select="mark[position() &lt;= 10]">
      <xsl:value-of select="concat(' At event ', @event, ': ', @label, '.')"/>
    </xsl:for-each>
  </xsl:template>

  <!-- ================================================ columns and events -->

  <!-- Every event whose column is known, in column order: column, event and
       virtual time. A range [from, to) ends with its last event in to - 1. -->
  <xsl:template name="points">
    <xsl:variable name="all">
      <xsl:for-each select="(phase | call)[position() &lt;= $max-drawn]">
        <xsl:if test="@event-from">
          <p c="{@from}" e="{@event-from}">
            <xsl:if test="@ns-from">
              <xsl:attribute name="n">
                <xsl:value-of select="@ns-from"/>
              </xsl:attribute>
            </xsl:if>
          </p>
        </xsl:if>
        <xsl:if test="@event-to and @to &gt; 0">
          <p c="{@to - 1}" e="{@event-to}">
            <xsl:if test="@ns-to">
              <xsl:attribute name="n">
                <xsl:value-of select="@ns-to"/>
              </xsl:attribute>
            </xsl:if>
          </p>
        </xsl:if>
      </xsl:for-each>
      <xsl:for-each select="lane[position() &lt;= $max-lanes]/*[@event]
                            [position() &lt;= $max-in-lane]">
        <p c="{@from | @at}" e="{@event}"/>
      </xsl:for-each>
      <xsl:for-each select="mark">
        <p c="{@at}" e="{@event}"/>
      </xsl:for-each>
    </xsl:variable>
    <xsl:for-each select="lx:node-set($all)/p">
      <xsl:sort select="@c" data-type="number"/>
      <xsl:sort select="@e" data-type="number"/>
      <xsl:copy-of select="."/>
    </xsl:for-each>
  </xsl:template>

  <!-- The events that the findings of this cycle cite, one label each. An
       event without a column of its own stands at that of the last one before
       it: sorted together, the nearest p ahead of a q. -->
  <xsl:template name="pins">
    <xsl:param name="points"/>
    <xsl:param name="cw"/>
    <xsl:variable name="columns" select="@columns"/>
    <xsl:variable name="cited">
      <xsl:for-each select="../../finding[position() &lt;= $max-findings]
                            [@cycle = current()/../@number]
                            /proof[position() &lt;= $max-proofs]">
        <q e="{@event}" r="s{../../@number}f{../@number}p{
              count(preceding-sibling::proof) + 1}">
          <xsl:value-of select="."/>
        </q>
      </xsl:for-each>
    </xsl:variable>
    <xsl:variable name="merged">
      <xsl:if test="lx:node-set($cited)/q">
        <xsl:for-each select="$points | lx:node-set($cited)/q">
          <xsl:sort select="@e" data-type="number"/>
          <xsl:sort select="name()"/>
          <xsl:copy-of select="."/>
        </xsl:for-each>
      </xsl:if>
    </xsl:variable>
    <xsl:for-each select="lx:node-set($merged)/q
                          [not(@e = preceding-sibling::*[1][self::q]/@e)]">
      <xsl:variable name="c"
                    select="sum(preceding-sibling::p[1]/@c)"/>
      <l x="{$gutter + ($c + .5) * $cw}" w="{string-length(@e) * 7 + 12}"
         text="{@e}" row="{@r}" title="Event {@e}: {.}">
        <xsl:attribute name="side">
          <xsl:choose>
            <xsl:when test="$c * 2 &gt; $columns * 1.9">end</xsl:when>
            <xsl:otherwise>start</xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
      </l>
    </xsl:for-each>
  </xsl:template>

  <!-- ================================================================ axis -->

  <xsl:template name="axis">
    <xsl:param name="points"/>
    <xsl:param name="cw"/>
    <xsl:param name="y"/>
    <xsl:param name="top"/>
    <xsl:param name="width"/>
    <g class="axis">
      <path d="M{$gutter} {$y + .5}H{$width}"/>
      <xsl:call-template name="ticks">
        <xsl:with-param name="points" select="$points"/>
        <xsl:with-param name="cw" select="$cw"/>
        <xsl:with-param name="y" select="$y"/>
        <xsl:with-param name="top" select="$top"/>
        <xsl:with-param name="width" select="$width"/>
      </xsl:call-template>
    </g>
  </xsl:template>

  <!-- A tick at the first known event at or after column $min, and so on; one
       whose time is known is worth half a step. -->
  <xsl:template name="ticks">
    <xsl:param name="points"/>
    <xsl:param name="cw"/>
    <xsl:param name="y"/>
    <xsl:param name="top"/>
    <xsl:param name="width"/>
    <xsl:param name="min" select="0"/>
    <xsl:variable name="step" select="$tick-space div $cw"/>
    <xsl:variable name="timed"
                  select="$points[@n and @c &gt;= $min and
                                  @c &lt; $min + $step div 2][1]"/>
    <xsl:variable name="at"
                  select="$timed | $points[not($timed) and @c &gt;= $min][1]"/>
    <xsl:variable name="x" select="$gutter + ($at/@c + .5) * $cw"/>
    <xsl:if test="$at and $x + $tick-space - 12 &lt;= $width">
      <path class="grid" d="M{$x} {$top}V{$y + 6}"/>
      <text x="{$x + 4}" y="{$y + 17}"><xsl:value-of select="$at/@e"/></text>
      <text class="time" x="{$x + 4}" y="{$y + 31}">
        <xsl:call-template name="ms">
          <xsl:with-param name="ns" select="$at/@n"/>
        </xsl:call-template>
      </text>
      <xsl:call-template name="ticks">
        <xsl:with-param name="points" select="$points"/>
        <xsl:with-param name="cw" select="$cw"/>
        <xsl:with-param name="y" select="$y"/>
        <xsl:with-param name="top" select="$top"/>
        <xsl:with-param name="width" select="$width"/>
        <xsl:with-param name="min" select="$at/@c + $step"/>
      </xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- ================================== strips for paper, legend, table -->

  <xsl:template name="strips">
    <xsl:param name="id"/>
    <xsl:param name="width"/>
    <xsl:param name="height"/>
    <xsl:param name="from" select="$gutter"/>
    <xsl:variable name="w" select="$strip - $gutter"/>
    <svg class="strip" aria-hidden="true" viewBox="0 0 {$strip} {$height}">
      <svg x="{$gutter}" width="{$w}" height="{$height}"
           viewBox="{$from} 0 {$w} {$height}"><use href="#{$id}-g"/></svg>
      <use href="#{$id}-l"/>
    </svg>
    <xsl:if test="$from + $w + 24 &lt; $width">
      <xsl:call-template name="strips">
        <xsl:with-param name="id" select="$id"/>
        <xsl:with-param name="width" select="$width"/>
        <xsl:with-param name="height" select="$height"/>
        <xsl:with-param name="from" select="$from + $w - $overlap"/>
      </xsl:call-template>
    </xsl:if>
  </xsl:template>

  <xsl:template name="legend">
    <ul class="legend">
      <li><svg viewBox="0 0 26 14"><g class="span st-armed"><rect y="1"
        width="26" height="12"/></g></svg>armed</li>
      <li><svg viewBox="0 0 26 14"><g class="span st-masked"><rect y="1"
        width="26" height="12"/></g></svg>masked</li>
      <li><svg viewBox="0 0 26 14"><g class="span st-disabled"><rect y="6"
        width="26" height="2"/></g></svg>MSI-X disabled</li>
      <li><svg viewBox="-13 -7 26 14"><g class="span st-armed"><rect x="-13"
        y="-6" width="26" height="12"/></g><g class="raised o-sent"><use
        href="#g-sent" y="1"/></g></svg>interrupts sent, with count</li>
      <li><svg viewBox="-13 -7 26 14"><g class="raised o-pended"><use
        href="#g-pended" y="1"/></g></svg>pending (masked)</li>
      <li><svg viewBox="-13 -7 26 14"><g class="raised o-dropped"><use
        href="#g-dropped" y="1"/></g></svg>dropped or disabled</li>
      <li><svg viewBox="-13 -7 26 14"><g class="call k-register"><use
        href="#g-register"/></g></svg>register</li>
      <li><svg viewBox="-13 -7 26 14"><g class="call k-deregister"><use
        href="#g-deregister"/></g></svg>deregister</li>
      <li><svg viewBox="-13 -8 26 16"><g class="call k-fault"><use
        href="#g-fault"/></g></svg>injected fault</li>
      <xsl:if test="mark">
        <li><svg viewBox="0 0 26 14"><path class="mark-line"
          d="M13 0V14"/></svg>finding</li>
      </xsl:if>
    </ul>
  </xsl:template>

  <xsl:template name="as-table">
    <details class="as-table">
      <summary>Callbacks and API calls as a table</summary>
      <div class="scroll" tabindex="0" role="region"
           aria-label="Callbacks and API calls">
        <table>
          <thead>
            <tr>
              <th scope="col" class="num">Events</th>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Status</th>
              <th scope="col">Call site</th>
              <th scope="col" class="num">At</th>
              <th scope="col" class="num">Took</th>
            </tr>
          </thead>
          <tbody>
            <xsl:for-each select="(phase | call)[position() &lt;= $max-rows]">
              <xsl:sort select="@from" data-type="number"/>
              <tr>
                <xsl:call-template name="row-id">
                  <xsl:with-param name="name">id</xsl:with-param>
                </xsl:call-template>
                <td class="num"><xsl:call-template name="events"/></td>
                <th scope="row"><code><xsl:value-of select="@name"/></code></th>
                <td>
                  <xsl:choose>
                    <xsl:when test="self::phase">callback</xsl:when>
                    <xsl:when test="@kind = 'other'">call</xsl:when>
                    <xsl:otherwise><xsl:value-of select="@kind"/></xsl:otherwise>
                  </xsl:choose>
                </td>
                <td><code><xsl:value-of select="@status"/></code></td>
                <td><code><xsl:value-of select="@caller"/></code></td>
                <td class="num">
                  <xsl:call-template name="ms">
                    <xsl:with-param name="ns" select="@ns-from"/>
                  </xsl:call-template>
                </td>
                <td class="num"><xsl:call-template name="guest-time"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
      <xsl:call-template name="and-more">
        <xsl:with-param name="all" select="count(phase | call)"/>
        <xsl:with-param name="shown" select="$max-rows"/>
      </xsl:call-template>
      <xsl:if test="../@event-from and ../../@machine">
        <p class="more">All of its events, as the machine recorded them:</p>
        <xsl:call-template name="command">
          <xsl:with-param name="label">Command that prints the events of this
          cycle</xsl:with-param>
          <xsl:with-param name="before">rig events </xsl:with-param>
          <xsl:with-param name="here"
                          select="concat('results/runs/', /run/@id, '/')"/>
          <xsl:with-param name="after">
            <xsl:value-of select="concat(key('machine', ../../@machine)/@dir,
                                  '/events.bin --from ', ../@event-from)"/>
            <xsl:if test="../@event-to">
              <xsl:value-of select="concat(' --to ', ../@event-to)"/>
            </xsl:if>
          </xsl:with-param>
        </xsl:call-template>
      </xsl:if>
    </details>
  </xsl:template>
</xsl:stylesheet>

<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- Of two runs: findings that came and went, and what is different around
     them: environment, artifacts, machines. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <xsl:variable name="max-changes" select="500"/>

  <!-- Findings of one that the same scenario of the other has not; scenarios
       that the other has not at all are in the list above. -->
  <xsl:template name="diff-findings">
    <section aria-labelledby="findings">
      <h2 id="findings">Findings</h2>
      <div class="pair">
        <xsl:call-template name="findings-of">
          <xsl:with-param name="title">Only in A: gone</xsl:with-param>
          <xsl:with-param name="run" select="$a"/>
          <xsl:with-param name="other">1</xsl:with-param>
        </xsl:call-template>
        <xsl:call-template name="findings-of">
          <xsl:with-param name="title">Only in B: new</xsl:with-param>
          <xsl:with-param name="run" select="$b"/>
          <xsl:with-param name="other">0</xsl:with-param>
        </xsl:call-template>
      </div>
    </section>
  </xsl:template>

  <xsl:template name="findings-of">
    <xsl:param name="title"/>
    <xsl:param name="run"/>
    <xsl:param name="other"/>
    <xsl:variable name="alone"
                  select="$run/scenario/finding[key('scenario', concat($other,
                          ' ', ../@key, substring(../@name, 1, 256 *
                          not(../@key))))][not(key('finding', concat(
                          generate-id(key('scenario', concat($other, ' ',
                          ../@key, substring(../@name, 1, 256 * not(../@key))))
                          [1]), ' ', @rule, ' ', @level, ' ', @id, ' ', @class,
                          ' ', @boundary)))]"/>
    <div class="card">
      <h3><xsl:value-of select="concat($title, ' (', count($alone), ')')"/></h3>
      <xsl:if test="not($alone)"><p class="more">None.</p></xsl:if>
      <ul class="named">
        <xsl:for-each select="$alone[position() &lt;= $max-changes]">
          <li>
            <b><xsl:value-of select="../@name"/></b>
            <xsl:value-of select="concat(': ', translate(@id, '-', ' '),
                                         ' at ', @boundary, ' (', @rule,
                                         ', level ', @level)"/>
            <xsl:if test="@class != 'none'">
              <xsl:value-of select="concat(', class ', @class)"/>
            </xsl:if>
            <xsl:text>)</xsl:text>
            <br/>
            <small><xsl:value-of select="sentence"/></small>
          </li>
        </xsl:for-each>
      </ul>
      <xsl:if test="count($alone) &gt; $max-changes">
        <p class="more">
          <xsl:value-of select="concat('The first ', $max-changes, ' of ',
                                       count($alone), ' are shown.')"/>
        </p>
      </xsl:if>
    </div>
  </xsl:template>

  <xsl:template name="diff-around">
    <section aria-labelledby="around">
      <h2 id="around">Environment and artifacts <small>what is different is
        marked</small></h2>
      <div class="card scroll" tabindex="0" role="region"
           aria-label="Environment and artifacts">
        <table>
          <thead>
            <tr>
              <th scope="col">What</th><th scope="col">A</th>
              <th scope="col">B</th>
            </tr>
          </thead>
          <tbody>
            <xsl:call-template name="two">
              <xsl:with-param name="name">rig</xsl:with-param>
              <xsl:with-param name="old" select="$a/@rig"/>
              <xsl:with-param name="new" select="$b/@rig"/>
            </xsl:call-template>
            <xsl:for-each select="$b/environment/@*">
              <xsl:call-template name="two">
                <xsl:with-param name="name" select="name()"/>
                <xsl:with-param name="old"
                    select="$a/environment/@*[name() = name(current())]"/>
                <xsl:with-param name="new" select="."/>
              </xsl:call-template>
            </xsl:for-each>
            <xsl:for-each select="$b/artifact">
              <xsl:call-template name="two">
                <xsl:with-param name="name" select="@name"/>
                <xsl:with-param name="old"
                    select="$a/artifact[@name = current()/@name]/@sha256"/>
                <xsl:with-param name="new" select="@sha256"/>
              </xsl:call-template>
            </xsl:for-each>
            <xsl:for-each select="$a/artifact[not(@name = $b/artifact/@name)]">
              <xsl:call-template name="two">
                <xsl:with-param name="name" select="@name"/>
                <xsl:with-param name="old" select="@sha256"/>
                <xsl:with-param name="new" select="/.."/>
              </xsl:call-template>
            </xsl:for-each>
            <xsl:call-template name="drivers"/>
          </tbody>
        </table>
      </div>
    </section>
  </xsl:template>

  <!-- Drivers by scenario, those only that are not the same. -->
  <xsl:template name="drivers">
    <xsl:for-each select="$b/scenario[driver/@sha256][position() &lt;=
                          $max-changes]">
      <xsl:variable name="old"
                    select="key('scenario', concat('0 ', @key, substring(@name,
                            1, 256 * not(@key))))[1]/driver"/>
      <xsl:if test="$old/@sha256 != driver/@sha256">
        <xsl:call-template name="two">
          <xsl:with-param name="name"
                          select="concat(driver/@sys, ' of ', @name)"/>
          <xsl:with-param name="old" select="$old/@sha256"/>
          <xsl:with-param name="new" select="driver/@sha256"/>
        </xsl:call-template>
      </xsl:if>
    </xsl:for-each>
  </xsl:template>

  <xsl:template name="two">
    <xsl:param name="name"/>
    <xsl:param name="old"/>
    <xsl:param name="new"/>
    <tr class="same-{number(string($old) = string($new))}">
      <th scope="row">
        <xsl:value-of select="$name"/>
        <xsl:if test="string($old) != string($new)">
          <span class="tag ok-0">different</span>
        </xsl:if>
      </th>
      <td class="what"><xsl:call-template name="value">
        <xsl:with-param name="of" select="$old"/>
      </xsl:call-template></td>
      <td class="what"><xsl:call-template name="value">
        <xsl:with-param name="of" select="$new"/>
      </xsl:call-template></td>
    </tr>
  </xsl:template>

  <xsl:template name="value">
    <xsl:param name="of"/>
    <xsl:choose>
      <xsl:when test="not($of)">not there</xsl:when>
      <xsl:when test="string-length($of) = 64">
        <code title="{$of}">
          <xsl:value-of select="substring($of, 1, 16)"/>
        </code>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$of"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="diff-machines">
    <section aria-labelledby="machines">
      <h2 id="machines">Machines <small>by their number in the run</small></h2>
      <div class="card scroll" tabindex="0" role="region" aria-label="Machines">
        <table>
          <thead>
            <tr>
              <th scope="col">Machine</th><th scope="col">NIC</th>
              <th scope="col" class="num">Total A</th>
              <th scope="col" class="num">Total B</th>
              <th scope="col" class="num">Events A</th>
              <th scope="col" class="num">Events B</th>
              <th scope="col">Inputs</th><th scope="col">Event stream</th>
            </tr>
          </thead>
          <tbody>
            <xsl:for-each select="$b/machine[position() &lt;= $max-changes]">
              <xsl:variable name="old"
                            select="key('machine', concat('0 ', @number))"/>
              <tr>
                <th scope="row"><xsl:value-of select="@number"/></th>
                <td><xsl:value-of select="@nic"/></td>
                <td class="num"><xsl:value-of select="$old/@total-ms"/> ms</td>
                <td class="num"><xsl:value-of select="@total-ms"/> ms</td>
                <td class="num"><xsl:value-of select="$old/@events"/></td>
                <td class="num"><xsl:value-of select="@events"/></td>
                <td><xsl:call-template name="same-or-not">
                  <xsl:with-param name="old" select="$old/@inputs"/>
                  <xsl:with-param name="new" select="@inputs"/>
                </xsl:call-template></td>
                <td><xsl:call-template name="same-or-not">
                  <xsl:with-param name="old" select="$old/@stream"/>
                  <xsl:with-param name="new" select="@stream"/>
                </xsl:call-template></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
    </section>
  </xsl:template>

  <xsl:template name="same-or-not">
    <xsl:param name="old"/>
    <xsl:param name="new"/>
    <xsl:choose>
      <xsl:when test="not($old) or not($new)">not known</xsl:when>
      <xsl:when test="$old = $new">the same</xsl:when>
      <xsl:otherwise><strong>different</strong></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>

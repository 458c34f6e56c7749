<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- What every page has: its head, the light and dark switch, its scripts.

     Text of the guest is hostile; every string goes through value-of or an
     attribute value template, which escape it, and the Content-Security-Policy
     admits our own style sheet and scripts only, by their hashes. Ids in a
     page are made of numbers, never of names. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <!-- The text of style.css and of the scripts, and their hashes. -->
  <xsl:param name="style"/>
  <xsl:param name="style-hash"/>
  <xsl:param name="page"/>
  <xsl:param name="page-hash"/>
  <xsl:param name="list"/>
  <xsl:param name="list-hash"/>
  <xsl:param name="timeline"/>
  <xsl:param name="timeline-hash"/>

  <xsl:template name="head">
    <xsl:param name="title"/>
    <xsl:param name="rig"/>
    <head>
      <meta http-equiv="Content-Security-Policy"
            content="default-src 'none'; img-src data:; style-src '{
                     $style-hash}'; script-src '{$page-hash}' '{$list-hash
                     }' '{$timeline-hash}'; base-uri 'none'; form-action 'none'"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta name="generator" content="rig {$rig}"/>
      <title><xsl:value-of select="$title"/></title>
      <link rel="icon" href="data:,"/>
      <style><xsl:value-of select="$style"/></style>
      <!-- Here, so that a page never shows in the other colours first. -->
      <script><xsl:value-of select="$page"/></script>
    </head>
  </xsl:template>

  <xsl:template name="scripts">
    <script><xsl:value-of select="$list"/></script>
    <script><xsl:value-of select="$timeline"/></script>
  </xsl:template>

  <xsl:template name="theme-switch">
    <button type="button" id="theme" class="theme" hidden="hidden">
      <svg class="icon" aria-hidden="true" viewBox="0 0 16 16">
        <circle class="stroke" cx="8" cy="8" r="5.5"/>
        <path d="M8 2.5a5.5 5.5 0 0 1 0 11z"/>
      </svg>
      <span>Colours: system</span>
    </button>
  </xsl:template>

  <!-- One select of the filter, unless there is nothing to choose. $values
       are nodes, each value once. -->
  <xsl:template name="filter-select">
    <xsl:param name="name"/>
    <xsl:param name="label"/>
    <xsl:param name="values"/>
    <xsl:if test="count($values) &gt; 1">
      <label>
        <span><xsl:value-of select="$label"/></span>
        <select name="{$name}">
          <option value="">any</option>
          <xsl:for-each select="$values[position() &lt;= 500]">
            <xsl:sort select="."/>
            <option value="{.}"><xsl:value-of select="."/></option>
          </xsl:for-each>
        </select>
      </label>
    </xsl:if>
  </xsl:template>

  <xsl:template name="filter-end">
    <xsl:param name="things"/>
    <label class="grow">
      <span>Text</span>
      <input type="search" name="q" autocomplete="off" spellcheck="false"/>
    </label>
    <button type="reset">Clear</button>
    <output id="shown" role="status" aria-live="polite"
            data-things="{$things}"></output>
  </xsl:template>

  <!-- A command line to copy. $here is what a page opened from a file
       replaces by the directory it is in. -->
  <xsl:template name="command">
    <xsl:param name="label"/>
    <xsl:param name="before"/>
    <xsl:param name="here"/>
    <xsl:param name="after"/>
    <div class="command">
      <pre tabindex="0" aria-label="{$label}"><code>
        <xsl:value-of select="$before"/>
        <xsl:if test="$here">
          <span class="here"><xsl:value-of select="$here"/></span>
        </xsl:if>
        <xsl:value-of select="$after"/>
      </code></pre>
      <button type="button" class="copy" hidden="hidden">
        <xsl:text>Copy</xsl:text>
      </button>
    </div>
  </xsl:template>
</xsl:stylesheet>

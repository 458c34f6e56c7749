<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- JSON by XSLT: strings (RFC 8259, section 7), URI references and numbers.
     XML has no characters below U+0020 but tab, line feed and carriage return,
     and no surrogates; what is above U+FFFF stands as it is, in UTF-8. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

  <!-- "name":"value" -->
  <xsl:template name="pair">
    <xsl:param name="name"/>
    <xsl:param name="value"/>
    <xsl:value-of select="concat('&quot;', $name, '&quot;:&quot;')"/>
    <xsl:call-template name="escape">
      <xsl:with-param name="text" select="string($value)"/>
    </xsl:call-template>
    <xsl:text>"</xsl:text>
  </xsl:template>

  <xsl:variable name="special">\"&#9;&#10;&#13;&#x7f;&#x2028;&#x2029;</xsl:variable>

  <!-- By halves: as deep as the logarithm of the length, whatever the text
       consists of. -->
  <xsl:template name="escape">
    <xsl:param name="text"/>
    <xsl:variable name="half" select="floor(string-length($text) div 2)"/>
    <xsl:choose>
      <xsl:when test="translate($text, $special, '') = $text">
        <xsl:value-of select="$text"/>
      </xsl:when>
      <xsl:when test="$half &gt; 0">
        <xsl:call-template name="escape">
          <xsl:with-param name="text" select="substring($text, 1, $half)"/>
        </xsl:call-template>
        <xsl:call-template name="escape">
          <xsl:with-param name="text" select="substring($text, $half + 1)"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:when test="$text = '\'">\\</xsl:when>
      <xsl:when test="$text = '&quot;'">\"</xsl:when>
      <xsl:when test="$text = '&#9;'">\t</xsl:when>
      <xsl:when test="$text = '&#10;'">\n</xsl:when>
      <xsl:when test="$text = '&#13;'">\r</xsl:when>
      <xsl:when test="$text = '&#x7f;'">\u007f</xsl:when>
      <xsl:when test="$text = '&#x2028;'">\u2028</xsl:when>
      <xsl:otherwise>\u2029</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- A relative reference, or a URI where there is a scheme: what RFC 3986
       does not allow is written as "_", as the text is a name to be read and
       no file that is opened; a colon in front of any slash would be taken
       for a scheme's. -->
  <xsl:variable name="uri-chars">ABCDEFGHIJKLMNOPQRSTUVWXYZ<!--
    -->abcdefghijklmnopqrstuvwxyz0123456789-._~/:?#@!$&amp;'()*+,;=%</xsl:variable>

  <xsl:template name="uri">
    <xsl:param name="text"/>
    <xsl:variable name="rest" select="translate($text, $uri-chars, '')"/>
    <xsl:variable name="clean">
      <xsl:call-template name="uri-clean">
        <xsl:with-param name="text" select="string($text)"/>
        <xsl:with-param name="bad" select="$rest"/>
      </xsl:call-template>
    </xsl:variable>
    <xsl:choose>
      <xsl:when test="starts-with($text, 'http:') or
                      starts-with($text, 'https:')">
        <xsl:value-of select="$clean"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="translate($clean, ':?#%', '____')"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Each kind of bad character at a time; of many kinds, all in one. -->
  <xsl:template name="uri-clean">
    <xsl:param name="text"/>
    <xsl:param name="bad"/>
    <xsl:param name="depth" select="0"/>
    <xsl:choose>
      <xsl:when test="$bad = ''"><xsl:value-of select="$text"/></xsl:when>
      <xsl:when test="$depth = 100">
        <xsl:value-of select="translate($text, $bad, '')"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="uri-clean">
          <xsl:with-param name="text"
                          select="translate($text, substring($bad, 1, 1), '_')"/>
          <xsl:with-param name="bad"
                          select="translate($bad, substring($bad, 1, 1), '')"/>
          <xsl:with-param name="depth" select="$depth + 1"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Hexadecimal digits, without 0x, to a decimal number. -->
  <xsl:template name="from-hex">
    <xsl:param name="digits"/>
    <xsl:param name="value" select="0"/>
    <xsl:choose>
      <xsl:when test="$digits = ''">
        <xsl:value-of select="format-number($value, '0')"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="from-hex">
          <xsl:with-param name="digits" select="substring($digits, 2)"/>
          <xsl:with-param name="value"
                          select="16 * $value + string-length(substring-before(
                            '0123456789abcdef', translate(
                              substring($digits, 1, 1), 'ABCDEF', 'abcdef')))"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>

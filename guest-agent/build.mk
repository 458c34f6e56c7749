# guest-agent: see the top Makefile for the conventions

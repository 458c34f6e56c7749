# results: see the top Makefile for the conventions

# qemu-devices: see the top Makefile for the conventions

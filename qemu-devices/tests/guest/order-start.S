/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From reset, and from the start-up IPI of the second vCPU, to 32-bit code in
 * flat segments. Intel SDM volume 3A, sections 10.1.4 (first instruction) and
 * 10.9.1 (switching to protected mode).
 */
/* All data segments are the flat one. */
        .macro  flat
        movl    $16, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        .endm

        .section .reset, "ax"
        .code16
        .global reset
reset:
        jmp     start16

        .section .start, "ax"
start16:
        cli
        lgdtl   %cs:gdt_pointer_low
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $start32
        .code32
start32:
        flat
        movl    $0x90000, %esp
        call    first_main
stop:
        cli
        hlt
        jmp     stop

second32:
        flat
        movl    $0x80000, %esp
        call    second_main
        jmp     stop

        .balign 8
gdt:
        .quad   0
        .quad   0x00cf9b000000ffff      /* code, 4 GiB */
        .quad   0x00cf93000000ffff      /* data, 4 GiB */
        .global gdt_pointer
gdt_pointer:
        .word   gdt_pointer - gdt - 1
        .long   gdt

/* Copied to a page below 1 MiB, where the second vCPU starts. */
        .section .text
        .code16
        .global trampoline, trampoline_end
trampoline:
        cli
        lgdtl   %cs:(trampoline_gdt - trampoline)
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $second32
trampoline_gdt:
        .word   23
        .long   gdt
trampoline_end:

// Context switch for AArch64 (AAPCS64). Contract: context.h.
    .text

// void weft_switch_context(void** save_sp, void* load_sp)
// Saved frame, from the saved stack pointer up: x19..x28, x29, x30, d8..d15, fpcr (176 bytes).
    .globl  weft_switch_context
    .type   weft_switch_context, %function
    .p2align 5
weft_switch_context:
    .cfi_startproc
    sub     sp, sp, #176
    .cfi_adjust_cfa_offset 176
    stp     x19, x20, [sp, #0]
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x20, 8
    .cfi_rel_offset x21, 16
    .cfi_rel_offset x22, 24
    .cfi_rel_offset x23, 32
    .cfi_rel_offset x24, 40
    .cfi_rel_offset x25, 48
    .cfi_rel_offset x26, 56
    .cfi_rel_offset x27, 64
    .cfi_rel_offset x28, 72
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
#ifndef WEFT_NO_FP_CONTROL
    mrs     x10, fpcr
    str     x10, [sp, #160]
#endif
    mov     x9, sp
    str     x9, [x0]
    mov     sp, x1
#ifndef WEFT_NO_FP_CONTROL
    // Writing the control register stalls the pipeline, and the two contexts' are nearly always the same.
    ldr     x9, [sp, #160]
    cmp     x9, x10
    b.eq    1f
    msr     fpcr, x9
1:
#endif
    ldp     d14, d15, [sp, #144]
    ldp     d12, d13, [sp, #128]
    ldp     d10, d11, [sp, #112]
    ldp     d8, d9, [sp, #96]
    ldp     x29, x30, [sp, #80]
    ldp     x27, x28, [sp, #64]
    ldp     x25, x26, [sp, #48]
    ldp     x23, x24, [sp, #32]
    ldp     x21, x22, [sp, #16]
    ldp     x19, x20, [sp, #0]
    add     sp, sp, #176
    .cfi_adjust_cfa_offset -176
    ret
    .cfi_endproc
    .size weft_switch_context, .-weft_switch_context

// First frame of a context: entry in x19. The unwinder stops here.
    .globl  weft_context_start
    .type   weft_context_start, %function
    .p2align 5
weft_context_start:
    .cfi_startproc
    .cfi_undefined x30
    blr     x19
    brk     #1
    .cfi_endproc
    .size weft_context_start, .-weft_context_start

// void weft_walk_context(void* saved_sp, void (*walk)(void*), void* argument)
// While walk(argument) runs, the unwind rules say that this frame was called from the saved context: they find its
// registers in the saved frame, which x19 points to.
    .globl  weft_walk_context
    .type   weft_walk_context, %function
    .p2align 5
weft_walk_context:
    .cfi_startproc
    stp     x19, x30, [sp, #-16]!
    .cfi_adjust_cfa_offset 16
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x30, 8
    mov     x19, x0
    mov     x0, x2
    .cfi_remember_state
    .cfi_def_cfa x19, 176
    .cfi_offset x19, -176
    .cfi_offset x20, -168
    .cfi_offset x21, -160
    .cfi_offset x22, -152
    .cfi_offset x23, -144
    .cfi_offset x24, -136
    .cfi_offset x25, -128
    .cfi_offset x26, -120
    .cfi_offset x27, -112
    .cfi_offset x28, -104
    .cfi_offset x29, -96
    .cfi_offset x30, -88
    blr     x1
    .cfi_restore_state
    ldp     x19, x30, [sp], #16
    .cfi_adjust_cfa_offset -16
    .cfi_restore x19
    .cfi_restore x30
    ret
    .cfi_endproc
    .size weft_walk_context, .-weft_walk_context

    .section .note.GNU-stack,"",%progbits

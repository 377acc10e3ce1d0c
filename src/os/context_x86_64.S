// Context switch for x86-64 System V. Contract: context.h. A plain `ret` ends the switch: an indirect jump would leave
// the CPU's return-stack predictor wrong for every frame above.
    .text

// void weft_switch_context(void** save_sp, void* load_sp)
// Saved frame, from the saved stack pointer up: mxcsr+x87 word, r15, r14, r13, r12, rbx, rbp, return address.
    .globl  weft_switch_context
    .type   weft_switch_context, @function
    .p2align 5
weft_switch_context:
    .cfi_startproc
    pushq   %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq   %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq   %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq   %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq   %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq   %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    subq    $8, %rsp
    .cfi_adjust_cfa_offset 8
#ifndef WEFT_NO_FP_CONTROL
    stmxcsr (%rsp)
    fnstcw  4(%rsp)
#endif
    movq    %rsp, (%rdi)
#ifndef WEFT_NO_FP_CONTROL
    movl    (%rsp), %eax
    movzwl  4(%rsp), %ecx
#endif
    movq    %rsi, %rsp
    // From here on the other stack; the frame has the same shape, so the unwind rules above still hold.
#ifndef WEFT_NO_FP_CONTROL
    // Loading a control word stalls the pipeline, and the two contexts' words are nearly always the same.
    cmpl    (%rsp), %eax
    je      1f
    ldmxcsr (%rsp)
1:  cmpw    4(%rsp), %cx
    je      2f
    fldcw   4(%rsp)
2:
#endif
    addq    $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq    %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq    %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq    %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq    %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq    %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq    %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    ret
    .cfi_endproc
    .size weft_switch_context, .-weft_switch_context

// First frame of a context: entry in r12. The unwinder stops here.
    .globl  weft_context_start
    .type   weft_context_start, @function
    .p2align 5
weft_context_start:
    .cfi_startproc
    .cfi_undefined %rip
    call    *%r12
    ud2
    .cfi_endproc
    .size weft_context_start, .-weft_context_start

// void weft_walk_context(void* saved_sp, void (*walk)(void*), void* argument)
// While walk(argument) runs, the unwind rules say that this frame was called from the saved context: they find its
// registers in the saved frame, which rbx points to.
    .globl  weft_walk_context
    .type   weft_walk_context, @function
    .p2align 5
weft_walk_context:
    .cfi_startproc
    pushq   %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    movq    %rdi, %rbx
    movq    %rdx, %rdi
    .cfi_remember_state
    .cfi_def_cfa %rbx, 64
    .cfi_offset %rbp, -16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    call    *%rsi
    .cfi_restore_state
    popq    %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    ret
    .cfi_endproc
    .size weft_walk_context, .-weft_walk_context

    .section .note.GNU-stack,"",@progbits

//! System calls without the C library, which keeps `errno` and more in memory of the calling thread: a process that shares its
//! parent's memory would share that thread's, too.

use std::arch::asm;
use std::ffi::{c_int, c_long, c_void};

/// `struct clone_args` of `linux/sched.h`, version 0.
#[repr(C)]
#[derive(Default)]
pub(super) struct CloneArgs {
    pub(super) flags: u64,
    pub(super) pidfd: u64,
    pub(super) child_tid: u64,
    pub(super) parent_tid: u64,
    pub(super) exit_signal: u64,
    pub(super) stack: u64,
    pub(super) stack_size: u64,
    pub(super) tls: u64,
}

/// The first code of a process; it never returns.
pub(super) type Start = unsafe extern "C" fn(*mut c_void) -> c_int;

/// Makes a call: a result, or minus an error number.
///
/// # Safety
/// What the arguments point to must be what the call reads and writes.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn syscall(number: c_long, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result: isize;
    // SAFETY: the kernel's convention: it changes rax, rcx and r11, and what the caller lets it write to.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            out("rcx") _, out("r11") _,
            options(nostack),
        );
    }
    result
}

/// As on the other architecture.
///
/// # Safety
/// As there.
#[cfg(target_arch = "aarch64")]
pub(super) unsafe fn syscall(number: c_long, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result: isize;
    // SAFETY: the kernel's convention: it changes x0, and what the caller lets it write to.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack),
        );
    }
    result
}

/// `clone3(2)` of a process that begins with `start(argument)` on the stack that `arguments` name; its id, or minus an error number.
///
/// # Safety
/// The stack must be unused memory whose end is aligned to 16 bytes, `start` must never return, and all that the process uses
/// must live until it has another memory or is gone.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn clone3(arguments: &CloneArgs, start: Start, argument: *mut c_void) -> isize {
    let result: isize;
    // SAFETY: in the parent as any call. The child comes back from the call with a copy of the registers and an empty stack; it
    // only calls `start`.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, {argument}",
            "call {start}",
            "ud2",
            "2:",
            argument = in(reg) argument,
            start = in(reg) start,
            inlateout("rax") libc::SYS_clone3 as isize => result,
            in("rdi") std::ptr::from_ref(arguments),
            in("rsi") size_of::<CloneArgs>(),
            out("rcx") _, out("r11") _,
        );
    }
    result
}

/// As on the other architecture.
///
/// # Safety
/// As there.
#[cfg(target_arch = "aarch64")]
pub(super) unsafe fn clone3(arguments: &CloneArgs, start: Start, argument: *mut c_void) -> isize {
    let result: isize;
    // SAFETY: as on the other architecture.
    unsafe {
        asm!(
            "svc 0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x0, {argument}",
            "blr {start}",
            "brk 1",
            "2:",
            argument = in(reg) argument,
            start = in(reg) start,
            in("x8") libc::SYS_clone3,
            inlateout("x0") std::ptr::from_ref(arguments) => result,
            in("x1") size_of::<CloneArgs>(),
        );
    }
    result
}

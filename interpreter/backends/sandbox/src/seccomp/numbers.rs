//! A program that answers by the number of the call alone: a binary search over ranges of numbers with one answer.

use libc::{c_long, sock_filter};

/// A number that is higher than that of any call.
const ABOVE_ALL: u32 = 1024;

/// From this number on, and up to the next range.
#[derive(Clone, Copy)]
struct Range {
    first: u32,
    answer: u32,
}

/// The program. Calls of another architecture than this program's end the process: their numbers mean something else.
pub(super) fn program(answer: impl Fn(c_long) -> u32) -> Vec<sock_filter> {
    let mut ranges: Vec<Range> = Vec::new();
    for first in 0..=ABOVE_ALL {
        let answer = answer(c_long::from(first));
        if ranges.last().is_none_or(|range| range.answer != answer) {
            ranges.push(Range { first, answer });
        }
    }
    let mut lines = vec![
        load(ARCHITECTURE_OFFSET),
        jump(libc::BPF_JEQ, AUDIT_ARCHITECTURE, 1, 0),
        answer_with(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER_OFFSET),
    ];
    search(&ranges, &mut lines);
    lines
}

/// Offsets in `struct seccomp_data` (`linux/seccomp.h`).
const NUMBER_OFFSET: u32 = 0;
const ARCHITECTURE_OFFSET: u32 = 4;

/// This architecture's `AUDIT_ARCH_*` (`linux/audit.h`).
#[cfg(target_arch = "x86_64")]
const AUDIT_ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const AUDIT_ARCHITECTURE: u32 = 0xc000_00b7;

fn search(ranges: &[Range], lines: &mut Vec<sock_filter>) {
    let (left, right) = ranges.split_at(ranges.len() / 2);
    match (left, right.first()) {
        ([], Some(only)) => lines.push(answer_with(only.answer)),
        (_, Some(pivot)) => {
            // Past an unconditional jump, whose distance is not limited to 255 lines, into the right half.
            lines.push(jump(libc::BPF_JGE, pivot.first, 0, 1));
            let gap = lines.len();
            lines.push(jump(libc::BPF_JA, 0, 0, 0));
            search(left, lines);
            let distance = (lines.len() - gap - 1) as u32;
            if let Some(line) = lines.get_mut(gap) {
                line.k = distance;
            }
            search(right, lines);
        }
        (_, None) => {}
    }
}

fn load(offset: u32) -> sock_filter {
    line(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

fn answer_with(answer: u32) -> sock_filter {
    line(libc::BPF_RET | libc::BPF_K, answer, 0, 0)
}

fn jump(test: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    line(libc::BPF_JMP | test | libc::BPF_K, k, jt, jf)
}

fn line(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

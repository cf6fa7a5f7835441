//! A program that answers by the number of a call: a binary search over ranges of numbers with one answer.

use libc::{c_long, sock_filter};

/// A number that is higher than that of any call.
const ABOVE_ALL: u32 = 1024;

/// What a call gets by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// This return value.
    Give(u32),
    /// Its arguments decide.
    Ask,
}

/// From this number on, and up to the next range.
#[derive(Clone, Copy)]
struct Range {
    first: u32,
    answer: Answer,
}

/// The program; `tail` is the one that answers where arguments decide. Calls of another architecture than this program's end the
/// process: their numbers mean something else.
pub(super) fn program(answer: impl Fn(c_long) -> Answer, tail: Vec<sock_filter>) -> Vec<sock_filter> {
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
        give(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER_OFFSET),
    ];
    search(&ranges, &mut lines);
    let end = lines.len();
    for (index, line) in lines.iter_mut().enumerate().filter(|(_, line)| leads_to_the_tail(line)) {
        line.k = (end - index - 1) as u32;
    }
    lines.extend(tail);
    lines
}

/// Stands for a jump to the tail until it is known where that is. No jump goes nowhere otherwise.
fn to_the_tail() -> sock_filter {
    jump(libc::BPF_JA, 0, 0, 0)
}

fn leads_to_the_tail(line: &sock_filter) -> bool {
    let mark = to_the_tail();
    (line.code, line.k) == (mark.code, mark.k)
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
        ([], Some(only)) => lines.push(match only.answer {
            Answer::Give(answer) => give(answer),
            Answer::Ask => to_the_tail(),
        }),
        (_, Some(pivot)) => {
            let mut below = Vec::new();
            search(left, &mut below);
            match u8::try_from(below.len()) {
                Ok(distance) => lines.push(jump(libc::BPF_JGE, pivot.first, distance, 0)),
                Err(_) => {
                    // Only an unconditional jump reaches further than 255 lines.
                    lines.push(jump(libc::BPF_JGE, pivot.first, 0, 1));
                    lines.push(jump(libc::BPF_JA, below.len() as u32, 0, 0));
                }
            }
            lines.append(&mut below);
            search(right, lines);
        }
        (_, None) => {}
    }
}

fn load(offset: u32) -> sock_filter {
    line(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

fn give(answer: u32) -> sock_filter {
    line(libc::BPF_RET | libc::BPF_K, answer, 0, 0)
}

fn jump(test: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    line(libc::BPF_JMP | test | libc::BPF_K, k, jt, jf)
}

fn line(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

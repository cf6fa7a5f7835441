//! From the list to programs for the kernel.

use std::collections::BTreeMap;

use libc::{SYS_clone, SYS_clone3, SYS_personality, SYS_socket, c_long, sock_filter};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::allowed::{
    ALWAYS, ARCHITECTURE, Call, NAMESPACE_FLAGS, NEWEST, PERSONALITIES, PRIVILEGED, REFUSED_SOCKETS,
};
use super::numbers::{self, Answer};

/// Whose program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Every step's.
    Ordinary,
    /// A privileged one's.
    Privileged,
}

/// The program that every step gets.
///
/// Numbers are looked up in a tree, for speed: when a program is installed the kernel runs it once for every call there is, to learn
/// which are allowed whatever their arguments, and a chain of 250 comparisons made that the largest part of a step's cost (0.85 ms).
pub(crate) fn compile(rights: Rights) -> Result<Vec<sock_filter>, BackendError> {
    let tail: BpfProgram = refused_arguments()?.try_into()?;
    let same =
        |line: seccompiler::sock_filter| sock_filter { code: line.code, jt: line.jt, jf: line.jf, k: line.k };
    Ok(numbers::program(|call| answer(rights, call), tail.into_iter().map(same).collect()))
}

/// What a call gets by its number.
fn answer(rights: Rights, call: c_long) -> Answer {
    let is_in = |list: &[Call]| list.iter().any(|(_, allowed)| *allowed == call);
    if rights == Rights::Privileged && is_in(PRIVILEGED) {
        return Answer::Give(libc::SECCOMP_RET_ALLOW);
    }
    // Libraries try these and do without when they are told that the kernel has none such: calls that are newer than the list, and
    // `clone3`, whose flags a filter cannot see.
    if call == SYS_clone3 || call > NEWEST {
        Answer::Give(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32)
    } else if [SYS_clone, SYS_personality, SYS_socket].contains(&call) {
        Answer::Ask
    } else if is_in(ALWAYS) || is_in(ARCHITECTURE) {
        Answer::Give(libc::SECCOMP_RET_ALLOW)
    } else {
        Answer::Give(libc::SECCOMP_RET_ERRNO | libc::EPERM as u32)
    }
}

/// Calls that are refused for their first argument.
fn refused_arguments() -> Result<SeccompFilter, BackendError> {
    let flags = (0..u64::BITS).map(|bit| 1 << bit).filter(|flag| NAMESPACE_FLAGS & flag != 0);
    let clone = flags.map(|flag| SeccompRule::new(vec![condition(SeccompCmpOp::MaskedEq(flag), flag)?]));
    let socket =
        REFUSED_SOCKETS.iter().map(|family| SeccompRule::new(vec![condition(SeccompCmpOp::Eq, *family)?]));
    let others =
        PERSONALITIES.iter().map(|value| condition(SeccompCmpOp::Ne, *value)).collect::<Result<_, _>>()?;
    let rules = BTreeMap::from([
        (SYS_clone, clone.collect::<Result<_, _>>()?),
        (SYS_socket, socket.collect::<Result<_, _>>()?),
        (SYS_personality, vec![SeccompRule::new(others)?]),
    ]);
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, std::env::consts::ARCH.try_into()?)
}

/// On the first argument.
fn condition(operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(0, SeccompCmpArgLen::Qword, operator, value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Runs a program as the kernel does, on a call with one argument; the answer.
    fn run(program: &[sock_filter], call: c_long, argument: u64) -> u32 {
        let arch = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7_u32 };
        let words = [call as u32, arch, 0, 0, argument as u32, (argument >> 32) as u32];
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let line = program[at];
            at += 1;
            let take = |holds: bool| if holds { line.jt as usize } else { line.jf as usize };
            match line.code {
                0x20 => accumulator = words[line.k as usize / 4],
                0x54 => accumulator &= line.k,
                0x05 => at += line.k as usize,
                0x15 => at += take(accumulator == line.k),
                0x25 => at += take(accumulator > line.k),
                0x35 => at += take(accumulator >= line.k),
                0x06 => return line.k,
                other => panic!("instruction {other:#x}"),
            }
        }
    }

    fn error(call: c_long, argument: u64) -> Option<i32> {
        let answer = run(&compile(Rights::Ordinary).unwrap(), call, argument);
        (answer != libc::SECCOMP_RET_ALLOW).then_some((answer & 0xffff) as i32)
    }

    #[test]
    fn everyday_calls_are_allowed() {
        for call in [libc::SYS_read, libc::SYS_openat, libc::SYS_execve, libc::SYS_futex, libc::SYS_statx] {
            assert_eq!(error(call, 0), None);
        }
        assert_eq!(error(SYS_clone, (libc::CLONE_VM | libc::CLONE_THREAD) as u64), None);
        assert_eq!(error(SYS_socket, libc::AF_INET as u64), None);
        assert_eq!(error(SYS_personality, 0xffff_ffff), None);
    }

    #[test]
    fn calls_that_reach_the_machine_are_refused() {
        let refused = [
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_bpf,
            libc::SYS_keyctl,
            libc::SYS_reboot,
            libc::SYS_open_by_handle_at,
            libc::SYS_io_uring_setup,
            libc::SYS_perf_event_open,
            libc::SYS_move_mount,
            libc::SYS_pivot_root,
            libc::SYS_userfaultfd,
            libc::SYS_pidfd_getfd,
            libc::SYS_kexec_load,
            libc::SYS_init_module,
            libc::SYS_swapon,
            libc::SYS_settimeofday,
            libc::SYS_fanotify_init,
        ];
        for call in refused {
            assert_eq!(error(call, 0), Some(libc::EPERM), "{call}");
        }
        for flag in [libc::CLONE_NEWUSER, libc::CLONE_NEWNS, libc::CLONE_NEWNET, libc::CLONE_NEWPID] {
            assert_eq!(error(SYS_clone, flag as u32 as u64), Some(libc::EPERM));
        }
        for family in [libc::AF_VSOCK, libc::AF_ALG, libc::AF_CAIF, libc::AF_ISDN] {
            assert_eq!(error(SYS_socket, family as u64), Some(libc::EPERM), "{family}");
        }
        assert_eq!(error(SYS_personality, 0x0040_0000), Some(libc::EPERM));
    }

    #[test]
    fn the_tree_says_what_the_list_says() {
        let program = compile(Rights::Ordinary).unwrap();
        for call in 0..NEWEST + 10 {
            if let Answer::Give(expected) = answer(Rights::Ordinary, call) {
                assert_eq!(run(&program, call, 0), expected, "{call}");
            }
        }
        assert!(program.len() < 300, "{}", program.len());
    }

    #[test]
    fn a_privileged_step_makes_namespaces_and_reaches_the_machine_no_more() {
        let program = compile(Rights::Privileged).unwrap();
        let error = |call, argument| {
            let answer = run(&program, call, argument);
            (answer != libc::SECCOMP_RET_ALLOW).then_some((answer & 0xffff) as i32)
        };
        for call in [libc::SYS_mount, libc::SYS_unshare, SYS_clone3, libc::SYS_setns, libc::SYS_read] {
            assert_eq!(error(call, 0), None, "{call}");
        }
        assert_eq!(error(SYS_clone, libc::CLONE_NEWUSER as u32 as u64), None);
        for call in [libc::SYS_bpf, libc::SYS_keyctl, libc::SYS_reboot, libc::SYS_open_by_handle_at] {
            assert_eq!(error(call, 0), Some(libc::EPERM), "{call}");
        }
        assert_eq!(error(SYS_socket, libc::AF_VSOCK as u64), Some(libc::EPERM));
    }

    #[test]
    fn what_libraries_can_do_without_seems_not_to_exist() {
        assert_eq!(error(SYS_clone3, 0), Some(libc::ENOSYS));
        assert_eq!(error(NEWEST + 1, 0), Some(libc::ENOSYS));
        assert_eq!(error(100_000, 0), Some(libc::ENOSYS));
    }
}

//! A variable that makes keys new and that no command reads.

use std::collections::HashSet;

use pipe_diagnostics::{Diagnostic, Edit};
use pipe_syntax::Span;

use super::frame::{Link, Seen};
use super::item::Operation;
use super::script;
use crate::place::Finding;
use crate::typed::{Expr, ExprKind, Global};

/// Parameters that are another value in each run.
const NEW_EACH_RUN: [&str; 12] = [
    "build_number",
    "build_id",
    "build_time",
    "build_date",
    "build_timestamp",
    "run_id",
    "run_number",
    "run_url",
    "timestamp",
    "job_id",
    "pipeline_id",
    "now",
];

/// Programs whose result follows from their words and files. What others read of the environment is not known: `go build` reads `GOOS`.
const READ_NO_VARIABLES: [&str; 30] = [
    "basename",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cmp",
    "cp",
    "cut",
    "dirname",
    "echo",
    "false",
    "head",
    "install",
    "ln",
    "md5sum",
    "mkdir",
    "mv",
    "printf",
    "rm",
    "rmdir",
    "sha256sum",
    "sha512sum",
    "sleep",
    "tail",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "wc",
];

/// Variables that the C library, the shell or some of these programs read.
const READ_BY_ALL: [&str; 16] = [
    "PATH",
    "HOME",
    "ENV",
    "IFS",
    "TZ",
    "TZDIR",
    "LANG",
    "LANGUAGE",
    "LOCPATH",
    "NLSPATH",
    "POSIXLY_CORRECT",
    "BASHOPTS",
    "SHELLOPTS",
    "VERSION_CONTROL",
    "SIMPLE_BACKUP_SUFFIX",
    "GLIBC_TUNABLES",
];

/// How such variables begin that there are many of.
const READ_BY_ALL_PREFIXES: [&str; 4] = ["LC_", "LD_", "BASH_", "MALLOC_"];

/// The command of a step.
struct Reader {
    /// Texts in which it names variables.
    named: Vec<String>,
    /// It reads no variable that it does not name.
    reads_no_other: bool,
}

impl Reader {
    /// Whether it may read a variable.
    fn names(&self, variable: &str) -> bool {
        self.named.iter().any(|text| text.contains(variable))
    }

    /// Whether it is certain that it does not.
    fn never_reads(&self, variable: &str) -> bool {
        let by_all = READ_BY_ALL.contains(&variable)
            || READ_BY_ALL_PREFIXES.iter().any(|prefix| variable.starts_with(prefix));
        self.reads_no_other && !by_all && !self.names(variable)
    }
}

/// `.env("STAMP", now)` before a step whose command does not name `STAMP`; any parameter before one whose command certainly reads none.
pub(super) fn look(call: &Operation<'_, '_>, found: &mut Vec<Finding>) {
    let (Some(receiver), Some(command)) = (call.arg(0), call.named("command")) else { return };
    // A command that is not plain to see may name anything.
    let Some(named) = script::names(call.frame, command) else { return };
    let programs = script::programs(call.frame, command).unwrap_or_default();
    let reads_none = |program: &String| READ_NO_VARIABLES.contains(&program.as_str());
    let history = receiver.history();
    // Another shell is a program of its own, which may read whatever it likes.
    let own_shell = history.iter().any(|link| &*link.op == "Container.shell");
    let reads_no_other = !own_shell && !programs.is_empty() && programs.iter().all(reads_none);
    let mut reader = Reader { named, reads_no_other };
    for link in history {
        match &*link.op {
            "Container.env" | "Container.envs" => {
                for (name, value) in link.variables() {
                    variable(&link, &name, &value, &reader, found);
                }
            }
            // The steps before this one: a later one may read what they wrote, but each is asked for itself.
            "Container.run" | "Container.check" => return,
            "Container.user" | "Container.workdir" => {
                // `$NAME` in a folder or a user is no variable of the shell, but may be written by hand.
                reader.named.extend(link.args.iter().flatten().filter_map(|arg| link.frame.see(arg).text()));
            }
            _ => {}
        }
    }
}

fn variable(link: &Link<'_>, name: &Seen<'_>, value: &Seen<'_>, reader: &Reader, found: &mut Vec<Finding>) {
    let Some(variable) = name.text() else { return };
    if reader.names(&variable) {
        return;
    }
    let db = link.frame.db;
    let place = value.frame.node.place(db, value.expr.span);
    if !is_new(value, &mut Trail::default()) {
        if reader.never_reads(&variable) && is_given(value, &mut Trail::default()) {
            let message =
                format!("the command of the next step does not read `{variable}`, which is a parameter's");
            let warning = Diagnostic::warning("widens-key", message, place)
                .role("makes the key of every step that follows another one");
            found.push(warning.help("set it behind the steps that do not read it, or remove it"));
        }
        return;
    }
    let message = format!(
        "`{variable}` is another value in each run, and the command of the next step does not name it"
    );
    let warning = Diagnostic::warning("widens-key", message, place)
        .role("makes the key of every step that follows a new one")
        .help("`volatile_env` gives it to the steps without running them again; or set it behind them");
    // `.env(`, which ends where the name begins.
    let edit = (&*link.op == "Container.env").then(|| {
        let end = link.args.get(1)?.as_ref()?.span.start;
        let start = end.checked_sub("env(".len() as u32)?;
        Some(Edit {
            place: link.frame.node.place(db, Span { start, end: end - 1 }),
            text: "volatile_env".to_owned(),
        })
    });
    found.push(match edit.flatten() {
        Some(edit) => warning.suggestion("write `volatile_env`", vec![edit]),
        None => warning,
    });
}

/// Where a look behind names has been: a name that is used often is looked behind once, and only so many in a row.
#[derive(Default)]
struct Trail {
    seen: HashSet<*const Expr>,
    depth: usize,
}

impl Trail {
    const LONGEST: usize = 20;

    /// Asks of what is behind a name, unless that was asked before.
    fn follow(&mut self, behind: &Seen<'_>, ask: impl FnOnce(&mut Trail) -> bool) -> bool {
        if self.depth == Trail::LONGEST || !self.seen.insert(std::ptr::from_ref(behind.expr)) {
            return false;
        }
        self.depth += 1;
        let found = ask(self);
        self.depth -= 1;
        found
    }
}

/// Whether a value is another one in each run.
fn is_new(value: &Seen<'_>, trail: &mut Trail) -> bool {
    let mut new = false;
    value.expr.walk(&mut |expr| {
        new = new
            || match &expr.kind {
                ExprKind::Let(global) => is_clock(global),
                ExprKind::Param(global) if is_named(&global.name) => true,
                ExprKind::Local(id) if value.frame.local(*id).is_some_and(is_named) => true,
                ExprKind::Local(_) | ExprKind::Param(_) => {
                    let behind = value.frame.see(expr).behind();
                    !std::ptr::eq(behind.expr, expr) && trail.follow(&behind, |trail| is_new(&behind, trail))
                }
                _ => false,
            };
    });
    new
}

/// Whether a value is made of a parameter.
fn is_given(value: &Seen<'_>, trail: &mut Trail) -> bool {
    let mut given = false;
    value.expr.walk(&mut |expr| {
        given = given
            || match &expr.kind {
                ExprKind::Param(_) => true,
                ExprKind::Local(_) => {
                    let behind = value.frame.see(expr).behind();
                    // Behind a parameter stands nothing: nobody knows who calls.
                    std::ptr::eq(behind.expr, expr) || trail.follow(&behind, |trail| is_given(&behind, trail))
                }
                _ => false,
            };
    });
    given
}

fn is_clock(global: &Global) -> bool {
    &*global.module.0 == "std/host" && &*global.name == "now"
}

fn is_named(name: &str) -> bool {
    NEW_EACH_RUN.contains(&name)
}

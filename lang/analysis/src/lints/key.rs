//! A variable that makes keys new and that no command reads.

use pipe_diagnostics::{Diagnostic, Edit};
use pipe_syntax::Span;

use super::frame::{Link, Seen};
use super::item::Operation;
use super::script;
use crate::place::Finding;
use crate::typed::{ExprKind, Global};

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
/// Variables that the C library, the shell or all of them read.
const READ_BY_ALL: [&str; 6] = ["PATH", "HOME", "TZ", "LANG", "LANGUAGE", "POSIXLY_CORRECT"];

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
        let by_all =
            READ_BY_ALL.contains(&variable) || variable.starts_with("LC_") || variable.starts_with("LD_");
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
    let reads_no_other = !programs.is_empty() && programs.iter().all(reads_none);
    let mut reader = Reader { named, reads_no_other };
    for link in receiver.history() {
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
    if !is_new(value, 20) {
        if is_given(value, 20) && reader.never_reads(&variable) {
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

/// Whether a value is another one in each run.
fn is_new(value: &Seen<'_>, steps: usize) -> bool {
    if steps == 0 {
        return false;
    }
    let mut new = false;
    value.expr.walk(&mut |expr| {
        new = new
            || match &expr.kind {
                ExprKind::Let(global) => is_clock(global),
                ExprKind::Param(global) if is_named(&global.name) => true,
                ExprKind::Local(id) if value.frame.local(*id).is_some_and(is_named) => true,
                ExprKind::Local(_) | ExprKind::Param(_) => {
                    let seen = value.frame.see(expr);
                    let behind = seen.clone().behind();
                    !std::ptr::eq(behind.expr, expr) && is_new(&behind, steps - 1)
                }
                _ => false,
            };
    });
    new
}

/// Whether a value is made of a parameter.
fn is_given(value: &Seen<'_>, steps: usize) -> bool {
    let mut given = false;
    value.expr.walk(&mut |expr| {
        given = given
            || match &expr.kind {
                ExprKind::Param(_) => true,
                ExprKind::Local(_) => {
                    let behind = value.frame.see(expr).behind();
                    // Behind a parameter stands nothing: nobody knows who calls.
                    std::ptr::eq(behind.expr, expr) || steps > 0 && is_given(&behind, steps - 1)
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

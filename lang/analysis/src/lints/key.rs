//! A variable that makes every key new and that no command names.

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

/// `.env("STAMP", now)` before a step whose command does not name `STAMP`.
pub(super) fn look(call: &Operation<'_, '_>, found: &mut Vec<Finding>) {
    let (Some(receiver), Some(command)) = (call.arg(0), call.named("command")) else { return };
    // A command that is not plain to see may name anything.
    let Some(mut named) = script::names(call.frame, command) else { return };
    for link in receiver.history() {
        match &*link.op {
            "Container.env" => {
                if let (Some(Some(name)), Some(Some(value))) = (link.args.get(1), link.args.get(2)) {
                    variable(&link, &link.frame.see(name), &link.frame.see(value), &named, found);
                }
            }
            // The steps before this one: a later one may read what they wrote, but each is asked for itself.
            "Container.run" | "Container.check" => return,
            "Container.envs" => {
                let Some(Some(map)) = link.args.get(1) else { continue };
                let map = link.frame.see(map).behind();
                let ExprKind::Map(entries) = &map.expr.kind else { continue };
                for (name, value) in entries {
                    variable(&link, &map.frame.see(name), &map.frame.see(value), &named, found);
                }
            }
            "Container.user" | "Container.workdir" => {
                // `$NAME` in a folder or a user is no variable of the shell, but may be written by hand.
                named.extend(link.args.iter().flatten().filter_map(|arg| link.frame.see(arg).text()));
            }
            _ => {}
        }
    }
}

fn variable(link: &Link<'_>, name: &Seen<'_>, value: &Seen<'_>, named: &[String], found: &mut Vec<Finding>) {
    let Some(variable) = name.text() else { return };
    if named.iter().any(|text| text.contains(&variable)) || !is_new(value, 20) {
        return;
    }
    let db = link.frame.db;
    let place = value.frame.node.place(db, value.expr.span);
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

fn is_clock(global: &Global) -> bool {
    &*global.module.0 == "std/host" && &*global.name == "now"
}

fn is_named(name: &str) -> bool {
    NEW_EACH_RUN.contains(&name)
}

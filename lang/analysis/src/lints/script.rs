//! Scripts: what their text tells, at its place in the program.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, Edit};
use pipe_shell::{Call, Facts};
use pipe_syntax::Span;
use pipe_syntax::ast::{HolePosition, ScriptLit, ScriptPart, Shell};

use super::frame::{Frame, Seen};
use super::item::Operation;
use crate::checks::for_each_script;
use crate::db::{Db, ItemNode};
use crate::place::Finding;
use crate::typed::{Expr, ExprKind, ScriptPiece};

/// The text of a script as the shell gets it. Scripts of the same text are read once.
#[salsa::interned(debug)]
struct ScriptText<'db> {
    text: Arc<str>,
}

/// What the text of a script tells.
#[salsa::tracked]
fn script_facts<'db>(db: &'db dyn Db, script: ScriptText<'db>) -> Facts {
    pipe_shell::facts(script.text(db))
}

/// A script as the shell gets it, and where each of its parts begins.
fn text(parts: &[ScriptPiece]) -> (String, Vec<usize>) {
    let (mut text, mut starts) = (String::new(), Vec::with_capacity(parts.len()));
    let mut holes = 0;
    for part in parts {
        starts.push(text.len());
        match part {
            ScriptPiece::Fixed(fixed) => text.push_str(fixed),
            ScriptPiece::Hole { position, .. } => {
                holes += 1;
                text.push_str(&match position {
                    HolePosition::Word { .. } => format!("\"$PIPE_{holes}\""),
                    _ => format!("${{PIPE_{holes}}}"),
                });
            }
        }
    }
    (text, starts)
}

fn facts<'db>(db: &'db dyn Db, text: &str) -> &'db Facts {
    script_facts(db, ScriptText::new(db, Arc::from(text)))
}

/// The shell that reads a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Sh,
    Bash,
    /// `.shell(["python3", "-c"])`, or one that is not plain to see.
    Other,
}

/// What is known about the container that runs a script.
struct Around {
    script: Span,
    reader: Reader,
    variables: BTreeSet<String>,
}

/// The scripts of a body.
pub(super) struct Scripts<'db> {
    db: &'db dyn Db,
    node: ItemNode<'db>,
    scripts: Vec<&'db Expr>,
    around: Vec<Around>,
}

impl<'db> Scripts<'db> {
    pub(super) fn new(db: &'db dyn Db, node: ItemNode<'db>) -> Scripts<'db> {
        Scripts { db, node, scripts: Vec::new(), around: Vec::new() }
    }

    pub(super) fn meet(&mut self, expr: &'db Expr) {
        if matches!(expr.kind, ExprKind::Script { .. }) {
            self.scripts.push(expr);
        }
    }

    /// Notes which container runs the scripts of a call.
    pub(super) fn called(&mut self, call: &Operation<'_, 'db>) {
        let Some(receiver) = call.arg(0) else { return };
        for command in ["command", "ready"].iter().filter_map(|name| call.named(name)).map(unwrapped) {
            if matches!(command.kind, ExprKind::Script { .. }) {
                self.around.push(around(command.span, &receiver));
            }
        }
    }

    /// Says what is wrong with them.
    pub(super) fn finish(self, found: &mut Vec<Finding>) {
        if self.scripts.is_empty() {
            return;
        }
        let mut literals: Vec<&ScriptLit> = Vec::new();
        for_each_script(self.node.tree(self.db), &mut |script| literals.push(script));
        for expr in &self.scripts {
            let ExprKind::Script { shell, parts } = &expr.kind else { continue };
            let Some(literal) = literals.iter().find(|literal| literal.span == expr.span) else { continue };
            let around = self.around.iter().find(|around| around.script == expr.span);
            let reader = match shell {
                Shell::Bash => Reader::Bash,
                Shell::Sh => around.map_or(Reader::Sh, |around| around.reader),
            };
            if reader == Reader::Other {
                continue;
            }
            let (text, starts) = text(parts);
            let script =
                Script { db: self.db, node: self.node, literal, starts, facts: facts(self.db, &text) };
            script.say(reader, around, found);
        }
    }
}

fn around<'db>(script: Span, container: &Seen<'db>) -> Around {
    let mut around = Around { script, reader: Reader::Sh, variables: BTreeSet::new() };
    let mut shell_known = false;
    for link in container.history() {
        around.variables.extend(link.variables().iter().filter_map(|(name, _)| name.text()));
        match &*link.op {
            "Container.ssh_agent" => {
                around.variables.insert("SSH_AUTH_SOCK".to_owned());
            }
            "Container.shell" if !shell_known => {
                shell_known = true;
                let words =
                    link.args.get(1).and_then(Option::as_ref).and_then(|arg| link.frame.see(arg).words());
                let first = words.and_then(|words| words.into_iter().next().flatten());
                around.reader = reader(first.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }
    around
}

fn reader(program: &str) -> Reader {
    match program.rsplit('/').next().unwrap_or_default() {
        "sh" | "dash" | "ash" => Reader::Sh,
        "bash" | "zsh" | "ksh" => Reader::Bash,
        _ => Reader::Other,
    }
}

fn unwrapped(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Convert { expr, .. } | ExprKind::Some(expr) => unwrapped(expr),
        _ => expr,
    }
}

struct Script<'a, 'db> {
    db: &'db dyn Db,
    node: ItemNode<'db>,
    literal: &'a ScriptLit,
    starts: Vec<usize>,
    facts: &'db Facts,
}

impl Script<'_, '_> {
    fn say(&self, reader: Reader, around: Option<&Around>, found: &mut Vec<Finding>) {
        if let Some(error) = &self.facts.error {
            // Its level says that it is an error.
            let wrong = self.warning("shell-syntax", error.message.clone(), &error.place);
            found.push(wrong.help("the step would end here before it runs anything"));
        }
        if reader == Reader::Sh {
            self.bash_only(found);
        }
        for place in &self.facts.downloads {
            found.push(downloads(self.warning("download-into-shell", DOWNLOADS, place)));
        }
        if let Some(around) = around.filter(|_| self.facts.error.is_none() && !self.facts.opaque) {
            self.unset(&around.variables, found);
        }
    }

    /// Each construct once: the first tells enough, and `bash` mends all.
    fn bash_only(&self, found: &mut Vec<Finding>) {
        let mut said: Vec<&str> = Vec::new();
        for bash in &self.facts.bash_only {
            if said.contains(&bash.what) && bash.portable.is_none() {
                continue;
            }
            said.push(bash.what);
            let message = format!("this is a script for `sh`, and only bash has {}", bash.what);
            let warning = self.warning("bash-in-sh", message, &bash.place);
            found.push(match &bash.portable {
                Some(portable) => {
                    let place = self.node.place(self.db, self.span(&portable.place));
                    let title = match portable.text {
                        "" => "leave it out".to_owned(),
                        text => format!("write `{text}`"),
                    };
                    warning.help("every shell reads it without").fix(title, place, portable.text)
                }
                None => {
                    let start = self.literal.span.start;
                    let place = self.node.place(self.db, Span { start, end: start + 2 });
                    let edit = Edit { place, text: "bash".to_owned() };
                    let warning =
                        warning.help("write `bash\"…\"` where the image has bash, or what every shell reads");
                    warning.suggestion("make it a script for `bash`", vec![edit])
                }
            });
        }
    }

    /// Variables that nothing sets and whose name is nearly that of one that is.
    fn unset(&self, variables: &BTreeSet<String>, found: &mut Vec<Finding>) {
        let usual = pipe_shell::usual_variables();
        let known = |name: &str| {
            self.facts.set.contains(name)
                || variables.contains(name)
                || usual.contains(&name)
                || name.starts_with("PIPE_")
        };
        let mut said: BTreeSet<&str> = BTreeSet::new();
        for read in &self.facts.read {
            if known(&read.name) || !said.insert(&read.name) {
                continue;
            }
            let sets = self.facts.set.iter().chain(variables).map(String::as_str);
            let Some(meant) = pipe_shell::mistyped(&read.name, sets.chain(usual.iter().copied())) else {
                continue;
            };
            let message = format!("nothing sets the variable `{}`", read.name);
            let edit =
                Edit { place: self.node.place(self.db, self.span(&read.place)), text: meant.to_owned() };
            let warning = self.warning("unset-variable", message, &read.place);
            found.push(
                warning
                    .help(format!("did you mean `{meant}`?"))
                    .suggestion(format!("write `{meant}`"), vec![edit]),
            );
        }
    }

    fn warning(&self, code: &'static str, message: impl Into<String>, place: &Range<usize>) -> Finding {
        Diagnostic::warning(code, message, self.node.place(self.db, self.span(place)))
    }

    /// The source of a range of the text that the shell gets.
    fn span(&self, range: &Range<usize>) -> Span {
        source(self.literal, &self.starts, range)
    }
}

fn source(literal: &ScriptLit, starts: &[usize], range: &Range<usize>) -> Span {
    let at = |offset: usize, end: bool| {
        // The end of a range belongs to the part it ends, not to the one that begins there.
        let index = starts
            .partition_point(|start| if end { *start < offset } else { *start <= offset })
            .saturating_sub(1);
        let (Some(part), Some(start)) = (literal.parts.get(index), starts.get(index)) else {
            return literal.span;
        };
        match part {
            ScriptPart::Hole { span, .. } => *span,
            ScriptPart::Text(text) => {
                let cooked = (offset - start).min(text.cooked.len());
                let start =
                    if end { text.cooked.floor_char_boundary(cooked.saturating_sub(1)) } else { cooked };
                text.source(start..cooked.max(start))
            }
        }
    };
    let start = at(range.start, false).start;
    let end = if range.is_empty() { start } else { at(range.end, true).end };
    Span { start, end: end.max(start) }
}

const DOWNLOADS: &str = "what is downloaded here is run at once, whatever it is today";

fn downloads(warning: Finding) -> Finding {
    warning
        .help("`http(url, sha256: \"…\")` gives a file with its content checked: `.copy` it in and run that")
}

/// `.run(["sh", "-c", "curl … | sh"])`.
pub(super) fn look_at_words(call: &Operation<'_, '_>, found: &mut Vec<Finding>) {
    let Some(command) = call.named("command") else { return };
    let Some(words) = call.frame.see(command).words() else { return };
    if !pipe_shell::called(&words).downloads.is_empty() {
        found.push(downloads(Diagnostic::warning("download-into-shell", DOWNLOADS, call.place(command))));
    }
}

/// The first of the commands that a command consists of that is `wanted`, as far as they are constant, with its place.
pub(super) fn find_call<'db, T>(
    frame: &Frame<'db>,
    command: &'db Expr,
    wanted: impl Fn(&[Option<String>]) -> Option<T>,
) -> Option<(T, Span)> {
    let here = unwrapped(command);
    let seen = frame.see(command).behind();
    let ExprKind::Script { parts, .. } = &seen.expr.kind else {
        let called = pipe_shell::called(&seen.words()?);
        return Some((called.commands.iter().find_map(|call| wanted(&call.words))?, command.span));
    };
    let (text, starts) = text(parts);
    let mut commands = facts(frame.db, &text).commands.iter();
    let (found, place) = commands.find_map(|call| Some((wanted(&call.words)?, &call.place)))?;
    // The item's tree is gone through only for what was found.
    let mut literal = None;
    if std::ptr::eq(here, seen.expr) {
        for_each_script(frame.node.tree(frame.db), &mut |script| {
            if script.span == here.span {
                literal = Some(script);
            }
        });
    }
    Some((found, literal.map_or(command.span, |literal| source(literal, &starts, place))))
}

/// The programs that a command runs. `None` when they are not plain to see.
pub(super) fn programs<'db>(frame: &Frame<'db>, command: &'db Expr) -> Option<Vec<String>> {
    let seen = frame.see(command).behind();
    let first = |call: &Call| {
        let name = call.words.first()?.as_deref()?;
        Some(name.rsplit('/').next().unwrap_or(name).to_owned())
    };
    if let ExprKind::Script { parts, .. } = &seen.expr.kind {
        let facts = facts(frame.db, &text(parts).0);
        let plain = facts.error.is_none() && !facts.opaque;
        return plain.then(|| facts.commands.iter().map(first).collect()).flatten();
    }
    pipe_shell::called(&seen.words()?).commands.iter().map(first).collect()
}

/// Texts in which a command names the variables that it reads. `None` when they are not plain to see.
pub(super) fn names<'db>(frame: &Frame<'db>, command: &'db Expr) -> Option<Vec<String>> {
    let seen = frame.see(command).behind();
    if let ExprKind::Script { parts, .. } = &seen.expr.kind {
        let facts = facts(frame.db, &text(parts).0);
        let all = facts.error.is_none() && !facts.opaque;
        return all.then(|| {
            facts.named.iter().cloned().chain(facts.commands.iter().flat_map(Call::texts)).collect()
        });
    }
    Some(seen.words()?.into_iter().flatten().collect())
}

//! What is not written and worth knowing: types, names of arguments, effects, what of it is cached.

use std::collections::HashMap;

use pipe_analysis::inspect::{CallSpan, DeclarationKind as Kind, Inspection, Meaning, Snapshot};
use pipe_analysis::typed::Type;
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;
use pipe_syntax::ast::{
    Arg, Binder, BinderKind, Block, Clause, Expr, ExprKind, Item, ItemKind, StatementKind,
};

use crate::Shown;
use crate::tree::{Node, for_each_node};

/// Something that is not written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InlayHint {
    /// Where it would stand.
    pub offset: u32,
    /// Its text.
    pub label: String,
    /// What it is.
    pub kind: InlayKind,
    /// What it means, in a sentence.
    pub tooltip: Option<String>,
}

/// Kinds of [`InlayHint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InlayKind {
    /// The type of a local, `: T`; it can be written there.
    Type,
    /// The name of a parameter, `name:`; it can be written there.
    Parameter,
    /// What running an action does.
    Effect,
    /// What would become of the steps of a line.
    CacheState,
}

/// How long a type may be, in characters.
const LONGEST: usize = 40;

/// What is not written in a range of a file, in its order; with results, what of it is cached.
pub fn inlay_hints(snapshot: &Snapshot, file: &str, range: Span, shown: Option<Shown<'_>>) -> Vec<InlayHint> {
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let mut found = Vec::new();
    for item in &tree.module.items {
        let whole = Span { start: item.offset, end: item.offset + item.len };
        if whole.end < range.start || range.end < whole.start {
            continue;
        }
        let Some(inspection) = snapshot.inspect(file, item.offset) else { continue };
        effects(snapshot, file, item, &mut found);
        let hints = Hints::new(&inspection, item.offset);
        for_each_node(item, &mut |node| hints.of_node(node, &mut found));
    }
    if let Some((shown, text)) = shown.zip(snapshot.source(file)) {
        let hint = |(offset, word, tooltip): (u32, &str, Option<String>)| InlayHint {
            offset,
            label: word.to_owned(),
            kind: InlayKind::CacheState,
            tooltip,
        };
        found.extend(shown.at_lines(file, &text).into_iter().map(hint));
    }
    found.retain(|hint| range.start <= hint.offset && hint.offset <= range.end);
    found.sort();
    found.dedup();
    found
}

fn effects(snapshot: &Snapshot, file: &str, item: &Item, found: &mut Vec<InlayHint>) {
    let ItemKind::Function(function) = &*item.kind else { return };
    if !function.action || function.broken {
        return;
    }
    let name = function.name.span.at(item.offset);
    let effects = snapshot.effects(&FileSpan { file: file.into(), start: name.start, end: name.end });
    if !effects.is_empty() {
        let names: Vec<&str> = effects.iter().map(|name| &**name).collect();
        let label = format!("does {}", names.join(", "));
        found.push(InlayHint {
            offset: function.body.span.at(item.offset).start,
            label,
            kind: InlayKind::Effect,
            tooltip: None,
        });
    }
}

/// What is known of an item, by where it stands: an item may have thousands of calls and names.
struct Hints<'a> {
    calls: HashMap<Span, &'a CallSpan>,
    uses: HashMap<Span, &'a Meaning>,
    base: u32,
}

impl Hints<'_> {
    fn new(inspection: &Inspection, base: u32) -> Hints<'_> {
        // The first one counts where several have a place.
        let calls = inspection.calls.iter().rev().map(|call| (call.span, call)).collect();
        let uses = inspection.uses.iter().rev().map(|u| (u.span, &u.meaning)).collect();
        Hints { calls, uses, base }
    }

    fn of_node(&self, node: Node<'_>, found: &mut Vec<InlayHint>) {
        match node {
            Node::Block(block, _) => self.of_block(block, found),
            Node::Expr(e, span) => match &e.kind {
                ExprKind::Lambda { params, .. } => {
                    params
                        .iter()
                        .filter(|param| param.ty.is_none())
                        .for_each(|param| self.binder(&param.binder, found));
                }
                ExprKind::Comprehension { clauses, .. } => {
                    for clause in clauses {
                        if let Clause::For(binder, _) = clause {
                            self.binder(binder, found);
                        }
                    }
                }
                ExprKind::Call { args, .. } => self.arguments(args, span, found),
                ExprKind::Pipe(pipe) => self.arguments(pipe.written_args(), span, found),
                _ => {}
            },
            Node::String(..) | Node::Script(..) => {}
        }
    }

    fn of_block(&self, block: &Block, found: &mut Vec<InlayHint>) {
        for statement in &block.statements {
            if let StatementKind::Let { binder, ty: None, value } = &statement.kind
                && !is_plain(value)
            {
                self.binder(binder, found);
            }
        }
    }

    fn binder(&self, binder: &Binder, found: &mut Vec<InlayHint>) {
        match &binder.kind {
            BinderKind::Name(name) => {
                let span = name.span.at(self.base);
                let local = self.uses.get(&span).map(|meaning| meaning.declaration());
                let ty = local.filter(|local| local.kind == Kind::Local).and_then(|local| local.ty.as_ref());
                if let Some(ty) = ty.filter(|ty| !matches!(ty, Type::Error)) {
                    let label = shortened(&format!(": {ty}"));
                    found.push(InlayHint { offset: span.end, label, kind: InlayKind::Type, tooltip: None });
                }
            }
            BinderKind::Tuple(parts) => parts.iter().for_each(|part| self.binder(part, found)),
            BinderKind::Wildcard | BinderKind::Error => {}
        }
    }

    fn arguments(&self, args: &[Arg], span: Span, found: &mut Vec<InlayHint>) {
        let Some(call) = self.calls.get(&span) else { return };
        let positional = args.iter().take_while(|arg| arg.name.is_none()).enumerate();
        for (i, arg) in positional {
            let Some(parameter) = call.parameters.get(i) else { break };
            // What stands first is usually what the name of the call says.
            let worth = if i == 0 { is_unclear(&arg.value) } else { is_plain(&arg.value) };
            if worth {
                let label = format!("{}:", parameter.name);
                found.push(InlayHint {
                    offset: arg.value.span.at(self.base).start,
                    label,
                    kind: InlayKind::Parameter,
                    tooltip: None,
                });
            }
        }
    }
}

/// A value whose type can be seen.
fn is_plain(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Script(_)
        | ExprKind::Bool(_)
        | ExprKind::None => true,
        ExprKind::Unary { operand, .. } => is_plain(operand),
        _ => false,
    }
}

/// A value that says nothing of what it is for.
fn is_unclear(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Bool(_) | ExprKind::None => true,
        ExprKind::Unary { operand, .. } => is_unclear(operand),
        _ => false,
    }
}

fn shortened(label: &str) -> String {
    match label.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", label.get(..at).unwrap_or_default()),
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    /// The text with its hints in `⟨…⟩`.
    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let fixture = Fixture::new(text);
        let results = fixture.results();
        let shown = Shown { results: &results, now: std::time::UNIX_EPOCH };
        let range = Span::new(0, text.len());
        let hints = inlay_hints(&fixture.snapshot(), "main.pipe", range, Some(shown));
        let mut shown = text.to_owned();
        for hint in hints.iter().rev() {
            shown.insert_str(hint.offset as usize, &format!("⟨{}⟩", hint.label));
        }
        assert_eq!(shown, wanted);
    }

    #[test]
    fn types_of_locals() {
        check(
            "fn f(xs: List[Int]) -> Int {\n  let a = xs.first()\n  let b: Int = 1\n  let c = 1\n  let (d, e) = (xs, a)\n  b + c\n}\n",
            "fn f(xs: List[Int]) -> Int {\n  let a⟨: Int?⟩ = xs.first()\n  let b: Int = 1\n  let c = 1\n  let (d⟨: List[Int]⟩, e⟨: Int?⟩) = (xs, a)\n  b + c\n}\n",
        );
        check(
            "fn f(xs: List[Int]) -> List[Int] { [for x in xs.map(fn(y) => y + 1) => x] }\n",
            "fn f(xs: List[Int]) -> List[Int] { [for x⟨: Int⟩ in xs.map(fn(y⟨: Int⟩) => y + 1) => x] }\n",
        );
    }

    #[test]
    fn names_of_arguments() {
        check(
            "fn g(a: Int, b: Bool, c: String = \"\") -> Int { a }\nfn f() -> Int { g(1, true, \"x\") + g(1, c: \"\", b: false) }\n",
            "fn g(a: Int, b: Bool, c: String = \"\") -> Int { a }\nfn f() -> Int { g(1, ⟨b:⟩true, ⟨c:⟩\"x\") + g(1, c: \"\", b: false) }\n",
        );
    }

    #[test]
    fn effects_of_actions() {
        check(
            "action a(d: Dir) {\n  do b()\n  do d.export(\"x\")\n}\naction b() { do sleep(1s) }\n",
            "action a(d: Dir) ⟨does export, sleep⟩{\n  do b()\n  do d.export(\"x\")\n}\naction b() ⟨does sleep⟩{ do sleep(1s) }\n",
        );
    }

    #[test]
    fn broken_text_has_hints_too() {
        check(
            "fn f( {\nfn g() -> Int { let x = [1]\n  x.len() + \n}\n",
            "fn f( {\nfn g() -> Int { let x⟨: List[Int]⟩ = [1]\n  x.len() + \n}\n",
        );
    }

    #[test]
    fn what_is_cached() {
        check(
            "fn f() -> Container {
  image(\"a\")
    .run([\"x\"])  # first
    .run([\"y\"]).run([\"z\"])
}
fn g() -> Container { image(\"a\").run([\"x\"]) }
#                     ^^^^^^^^^^^^^^^^^^^^^^ cached
fn h() -> Container { image(\"a\").run([\"x\"]).run([\"y\"]) }
#                     ^^^^^^^^^^^^^^^^^^^^^^ cached
#                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unknown
",
            "fn f() -> Container {
  image(\"a\")
    .run([\"x\"])  # first
    .run([\"y\"]).run([\"z\"])
}
fn g() -> Container { image(\"a\").run([\"x\"]) }⟨cached⟩
#                     ^^^^^^^^^^^^^^^^^^^^^^ cached
fn h() -> Container { image(\"a\").run([\"x\"]).run([\"y\"]) }⟨unknown⟩
#                     ^^^^^^^^^^^^^^^^^^^^^^ cached
#                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unknown
",
        );
    }

    #[test]
    fn what_a_state_means_is_told() {
        let fixture = Fixture::new(
            "fn g() -> Container { image(\"a\").run([\"x\"]) }\n#                     ^^^^^^^^^^^^^^^^^^^^^^ runs\n",
        );
        let results = fixture.results();
        let shown = Shown { results: &results, now: std::time::UNIX_EPOCH };
        let hints = inlay_hints(&fixture.snapshot(), "main.pipe", Span::new(0, 60), Some(shown));
        assert_eq!(hints[0].tooltip.as_deref(), Some("Last run: ok, 2.0 s, just now · runs now"));
    }
}

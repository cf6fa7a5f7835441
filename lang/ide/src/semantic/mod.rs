//! What the names of a file are, and what the scripts in it are made of: for colors.

mod shell;

use pipe_analysis::inspect::{DeclarationKind as Kind, Inspection, Meaning, Snapshot};
use pipe_syntax::Span;
use pipe_syntax::ast::ScriptLit;

use crate::at::word_start;
use crate::tree::{Node, for_each_node};

/// A part of the text that has a color of its own. It lies in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SemanticToken {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TokenKind,
    /// It is where the name is declared.
    pub declares: bool,
    /// It belongs to the standard library.
    pub standard: bool,
    /// It is an action: running it changes the world.
    pub effect: bool,
}

/// Kinds of [`SemanticToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum TokenKind {
    Module,
    Type,
    Record,
    Enum,
    Variant,
    Function,
    Operation,
    Field,
    Parameter,
    Variable,
    /// A `param` of the package.
    Param,
    /// A word that a shell knows.
    ShellKeyword,
    /// A program that a script calls.
    ShellCommand,
    ShellVariable,
    ShellString,
    ShellComment,
    ShellOperator,
}

impl TokenKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [TokenKind; 17] = [
        TokenKind::Module,
        TokenKind::Type,
        TokenKind::Record,
        TokenKind::Enum,
        TokenKind::Variant,
        TokenKind::Function,
        TokenKind::Operation,
        TokenKind::Field,
        TokenKind::Parameter,
        TokenKind::Variable,
        TokenKind::Param,
        TokenKind::ShellKeyword,
        TokenKind::ShellCommand,
        TokenKind::ShellVariable,
        TokenKind::ShellString,
        TokenKind::ShellComment,
        TokenKind::ShellOperator,
    ];
}

/// The tokens of a file that begin in a range, in its order, none above another.
pub fn semantic_tokens(snapshot: &Snapshot, file: &str, range: Option<Span>) -> Vec<SemanticToken> {
    let Some(text) = snapshot.source(file) else { return Vec::new() };
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let inside = |span: Span| range.is_none_or(|range| span.start <= range.end && range.start <= span.end);
    let mut found = Vec::new();
    for item in &tree.module.items {
        if !inside(Span { start: item.offset, end: item.offset + item.len }) {
            continue;
        }
        if let Some(inspection) = snapshot.inspect(file, item.offset) {
            names(file, &text, &inspection, &mut found);
        }
        for_each_node(item, &mut |node| {
            if let Node::Script(script, _) = node {
                scripts(script, item.offset, &mut found);
            }
        });
    }
    let mut found: Vec<SemanticToken> = found.into_iter().flat_map(|token| by_line(&text, token)).collect();
    found.retain(|token| inside(token.span));
    found.sort();
    // A name that is written once for two things is colored as the first.
    let mut end = 0;
    found.retain(|token| {
        let free = token.span.start >= end && token.span.end > token.span.start;
        end = if free { token.span.end } else { end };
        free
    });
    found
}

fn names(file: &str, text: &str, inspection: &Inspection, found: &mut Vec<SemanticToken>) {
    // In its body a parameter is a local.
    let parameters: Vec<_> = inspection
        .uses
        .iter()
        .map(|written| written.meaning.declaration())
        .filter(|declaration| declaration.kind == Kind::Parameter)
        .map(|declaration| &declaration.place)
        .collect();
    for written in &inspection.uses {
        let declaration = written.meaning.declaration();
        let Some(kind) = kind(declaration.kind) else { continue };
        let is_parameter = declaration.kind == Kind::Local && parameters.contains(&&declaration.place);
        let kind = if is_parameter { TokenKind::Parameter } else { kind };
        let place = declaration.place.as_ref();
        let declares = place.is_some_and(|place| {
            &*place.file == file && place.start == written.span.start && place.end == written.span.end
        });
        let mut span = written.span;
        // A `use` is marked from its path to its local name: the name has a color.
        if matches!(written.meaning, Meaning::Module(..)) {
            span.start = word_start(text, span.end as usize) as u32;
        }
        found.push(SemanticToken {
            span,
            kind,
            declares,
            standard: place.is_none_or(|place| place.file.starts_with("std/")),
            effect: declaration.kind == Kind::Action || declaration.head.starts_with("action "),
        });
    }
}

fn kind(kind: Kind) -> Option<TokenKind> {
    Some(match kind {
        Kind::Function | Kind::Action => TokenKind::Function,
        Kind::Operation => TokenKind::Operation,
        Kind::Param => TokenKind::Param,
        Kind::Let | Kind::Local => TokenKind::Variable,
        Kind::Record => TokenKind::Record,
        Kind::Opaque => TokenKind::Type,
        Kind::Enum => TokenKind::Enum,
        Kind::Variant => TokenKind::Variant,
        Kind::Field => TokenKind::Field,
        Kind::Parameter => TokenKind::Parameter,
        Kind::Module => TokenKind::Module,
        // Its title is a text.
        Kind::Test => return None,
    })
}

fn scripts(script: &ScriptLit, base: u32, found: &mut Vec<SemanticToken>) {
    for (span, kind) in shell::tokens(script) {
        found.push(SemanticToken {
            span: span.at(base),
            kind,
            declares: false,
            standard: false,
            effect: false,
        });
    }
}

/// The parts of a token, one a line.
fn by_line(text: &str, token: SemanticToken) -> Vec<SemanticToken> {
    let written = text.get(token.span.range()).unwrap_or_default();
    let mut start = token.span.start;
    let mut out = Vec::new();
    for line in written.split_inclusive('\n') {
        let len = line.trim_end_matches(['\n', '\r']).len() as u32;
        let indent = if out.is_empty() { 0 } else { (line.len() - line.trim_start().len()) as u32 };
        out.push(SemanticToken { span: Span { start: start + indent.min(len), end: start + len }, ..token });
        start += line.len() as u32;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    /// The tokens as `text:Kind`, with `!` for what declares.
    #[track_caller]
    fn check(text: &str, wanted: &[&str]) {
        let fixture = Fixture::new(text);
        let found = semantic_tokens(&fixture.snapshot(), "main.pipe", None);
        let source = fixture.snapshot().source("main.pipe").unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|token| {
                let mark = if token.declares { "!" } else { "" };
                format!("{}:{:?}{mark}", &source[token.span.range()], token.kind)
            })
            .collect();
        assert_eq!(shown, wanted);
    }

    #[test]
    fn names() {
        check(
            "param src: Dir = workspace.dir()\nenum E { A }\nfn f(e: E) -> Dir {\n  let d = src.copy(\"/a\", src)\n  match e { A => d }\n}\n",
            &[
                "src:Param!",
                "Dir:Type",
                "workspace:Module",
                "dir:Function",
                "E:Enum!",
                "A:Variant!",
                "f:Function!",
                "e:Parameter!",
                "E:Enum",
                "Dir:Type",
                "d:Variable!",
                "src:Param",
                "copy:Operation",
                "src:Param",
                "e:Parameter",
                "A:Variant",
                "d:Variable",
            ],
        );
    }

    #[test]
    fn the_shell_in_scripts() {
        check(
            "fn f(v: String) -> Check {\n  image(\"a:1\").check(sh\"\"\"\n    # all\n    if [ -n \"$X\" ]; then\n      go build ${{ v }} 'a b' | tee out\n    fi\n  \"\"\")\n}\n",
            &[
                "f:Function!",
                "v:Parameter!",
                "Check:Type",
                "image:Function",
                "check:Operation",
                "# all:ShellComment",
                "if:ShellKeyword",
                "[:ShellCommand",
                "\":ShellString",
                "$X:ShellVariable",
                "\":ShellString",
                ";:ShellOperator",
                "then:ShellKeyword",
                "go:ShellCommand",
                "v:Parameter",
                "'a b':ShellString",
                "|:ShellOperator",
                "tee:ShellCommand",
                "fi:ShellKeyword",
            ],
        );
    }

    #[test]
    fn tokens_lie_apart_in_one_line_each() {
        for text in [
            include_str!("../../../syntax/tests/programs/tour.pipe"),
            include_str!("../../../syntax/tests/programs/node_app.pipe"),
            include_str!("../../../syntax/tests/programs/kubernetes.pipe"),
        ] {
            let fixture = Fixture::new(text);
            let found = semantic_tokens(&fixture.snapshot(), "main.pipe", None);
            assert!(found.len() > 50);
            for pair in found.windows(2) {
                assert!(pair[0].span.end <= pair[1].span.start);
            }
            assert!(found.iter().all(|token| !text[token.span.range()].contains('\n')));
            let half = Span::new(0, text.len() / 2);
            let some = semantic_tokens(&fixture.snapshot(), "main.pipe", Some(half));
            assert!(found.starts_with(&some) && some.len() < found.len());
        }
    }
}

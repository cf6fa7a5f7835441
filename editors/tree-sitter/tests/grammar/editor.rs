//! What an editor does with the grammar: load it, parse, ask for error nodes.

use std::sync::LazyLock;
use tree_sitter::{Language, Node, Parser, Tree};
use tree_sitter_loader::{CompileConfig, Loader};

/// The language, generated and compiled once.
pub(crate) static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let scratch = tempfile::tempdir().expect("a folder");
    pipe_tree_sitter::generate(scratch.path()).expect("the grammar is right");
    let lib = scratch.path().join("lib");
    std::fs::create_dir_all(&lib).expect("a folder");
    Loader::with_parser_lib_path(lib)
        .load_language_at_path(CompileConfig::new(&scratch.path().join("src"), None, None))
        .expect("a C compiler takes the parser")
});

pub(crate) fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&LANGUAGE).expect("the runtime knows the version of the tables");
    parser.parse(text, None).expect("no time limit is set")
}

/// The error nodes of a text, with their places.
pub(crate) fn errors(text: &str) -> Vec<String> {
    let tree = parse(text);
    let mut found = Vec::new();
    gather(tree.root_node(), &mut found);
    found
}

fn gather(node: Node<'_>, found: &mut Vec<String>) {
    if node.is_error() || node.is_missing() {
        let at = node.start_position();
        found.push(format!("{}:{} {}", at.row + 1, at.column + 1, node.to_sexp()));
        return;
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        if child.has_error() || child.is_missing() {
            gather(child, found);
        }
    }
}

/// Every node of a kind, as text.
pub(crate) fn texts<'t>(text: &'t str, kind: &str) -> Vec<&'t str> {
    let tree = parse(text);
    let mut found = Vec::new();
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if node.kind() == kind {
            found.push(&text[node.byte_range()]);
        }
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        open.extend(children.into_iter().rev());
    }
    found
}

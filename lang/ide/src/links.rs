//! Texts that lead somewhere: modules, folders of the package, addresses.

use pipe_syntax::ast::{Expr, ExprKind, ItemKind, Name, StrLit, UsePath};
use pipe_syntax::{Span, parse};

use crate::tree::{Node, for_each_node};

/// A text that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands, without its quotes.
    pub span: Span,
    /// Where it leads.
    pub target: LinkTarget,
}

/// Where a [`Link`] leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// A file, relative to the folder of the file that the link is in.
    Module(String),
    /// A file or folder, relative to the package.
    Package(String),
    /// An address of the web.
    Url(String),
}

/// The texts of a file that lead somewhere, in its order.
pub fn links(text: &str) -> Vec<Link> {
    let module = parse(text).module;
    let mut found = Vec::new();
    for item in &module.items {
        if let ItemKind::Use(tree) = &*item.kind
            && let UsePath::File { path, span } = &tree.path
        {
            found.push(Link { span: inner(span.at(item.offset)), target: LinkTarget::Module(path.clone()) });
        }
        for_each_node(item, &mut |node| found.extend(of_node(node)));
    }
    found.sort_by_key(|link| link.span);
    found
}

fn of_node(node: Node<'_>) -> Option<Link> {
    match node {
        Node::String(string, span) => {
            let url = string
                .constant()
                .filter(|text| text.starts_with("https://") || text.starts_with("http://"))?;
            (!string.triple).then(|| Link { span: inner(span), target: LinkTarget::Url(url) })
        }
        Node::Expr(e, span) => {
            let (path, string) = of_workspace(e)?;
            let base = span.start - e.span.start;
            Some(Link { span: inner(string.span.at(base)), target: LinkTarget::Package(path) })
        }
        _ => None,
    }
}

/// `workspace.dir("src")`, `workspace.file("VERSION")`, `fixture("testdata/x")`.
fn of_workspace(e: &Expr) -> Option<(String, &StrLit)> {
    let ExprKind::Call { callee, args, .. } = &e.kind else { return None };
    let is = |name: &Name, wanted: &[&str]| wanted.contains(&name.text.as_str());
    let leads = match &callee.kind {
        ExprKind::Field { base, name: Some(name), .. } => {
            matches!(&base.kind, ExprKind::Name(module) if is(module, &["workspace"]))
                && is(name, &["dir", "file"])
        }
        ExprKind::Name(name) => is(name, &["fixture"]),
        _ => false,
    };
    let first =
        args.first().filter(|arg| leads && arg.name.as_ref().is_none_or(|name| is(name, &["path"])))?;
    let ExprKind::String(string) = &first.value.kind else { return None };
    string.constant().filter(|path| !path.is_empty()).map(|path| (path, string))
}

/// Without quotes.
fn inner(span: Span) -> Span {
    Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_folders_and_addresses() {
        let text = "\
use \"./lib/deploy.pipe\" as deploy
param src: Dir = workspace.dir(\"src\", exclude: [\"a\"])
fn f() -> File { http(\"https://example.org/a\") }
fn g() -> String { \"https://${1}\" }
";
        let found: Vec<_> =
            links(text).into_iter().map(|l| (text[l.span.range()].to_owned(), l.target)).collect();
        assert_eq!(
            found,
            [
                ("./lib/deploy.pipe".into(), LinkTarget::Module("./lib/deploy.pipe".into())),
                ("src".into(), LinkTarget::Package("src".into())),
                ("https://example.org/a".into(), LinkTarget::Url("https://example.org/a".into())),
            ]
        );
    }
}

//! What is said about the name or the literal at a place.

use pipe_analysis::inspect::Snapshot;
use pipe_analysis::typed::{CheckedKind, Type};
use pipe_syntax::Span;

use crate::at::declared_at;
use crate::render::markdown;
use crate::tree::{Node, path_at};

/// What is said about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// What it is said about.
    pub span: Span,
    /// Markdown.
    pub text: String,
}

/// The signature and the documentation of the name at a place; of an image reference, what it is pinned to.
pub fn hover(snapshot: &Snapshot, file: &str, offset: u32) -> Option<Hover> {
    match declared_at(snapshot, file, offset) {
        Some((span, declaration)) => Some(Hover { span, text: markdown(&declaration) }),
        None => literal(snapshot, file, offset),
    }
}

/// A literal whose type is checked.
fn literal(snapshot: &Snapshot, file: &str, offset: u32) -> Option<Hover> {
    let parsed = snapshot.tree(file)?;
    let Node::String(string, span) = *path_at(&parsed.module, offset).last()? else { return None };
    let inspection = snapshot.inspect(file, offset)?;
    let (_, ty) = inspection.types.iter().find(|(known, _)| *known == span)?;
    let Type::Checked(kind) = ty else { return None };
    let mut text = format!("```pipe\n{kind}\n```");
    if *kind == CheckedKind::ImageRef
        && let Some(image) = string.constant()
        && let Some(digest) = snapshot.pinned(&image)
    {
        text.push_str(&format!("\n\nPinned to `{digest}`."));
    }
    Some(Hover { span, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = hover(&fixture.snapshot(), &file, offset).map(|hover| hover.text);
        assert_eq!(found.as_deref(), Some(wanted));
    }

    #[test]
    fn a_function_with_its_docs() {
        check(
            "## Builds it.\n##\n## Twice.\npub fn build(n: Int = 1 + 1) -> Int { n }\nfn g() -> Int { bu$0ild() }\n",
            "```pipe\npub fn build(n: Int = 1 + 1) -> Int\n```\n\nBuilds it.\n\nTwice.",
        );
    }

    #[test]
    fn an_operation() {
        check(
            "fn f() -> Container { image(\"a\").work$0dir(\"/src\") }\n",
            "```pipe\nfn Container.workdir(path: Path) -> Container\n```\n\nThe working folder of the commands that follow.\n\n```pipe\nexpect scratch().workdir(\"/src\").workdir == \"/src\"\n```",
        );
    }

    #[test]
    fn a_long_signature_is_broken() {
        let fixture = Fixture::new("fn f() -> Container { image(\"a\").c$0opy(\"/a\", dir()) }\n");
        let (file, offset) = fixture.cursor();
        let found = hover(&fixture.snapshot(), &file, offset).unwrap().text;
        assert!(found.contains("fn Container.copy(\n  path: Path,\n  tree: Tree,\n"), "{found}");
        assert!(found.contains("  exclude: List[Glob] = [],\n) -> Container\n```"), "{found}");
    }

    #[test]
    fn a_local_shows_its_type() {
        check("fn f() -> Int { let xs = [1]\n  x$0s.len() }\n", "```pipe\nlet xs: List[Int]\n```");
    }

    #[test]
    fn a_field_with_its_docs() {
        check(
            "record App {\n  ## Its port.\n  port: Port = 80\n}\nfn f(a: App) -> Port { a.po$0rt }\n",
            "```pipe\nApp.port: Port\n```\n\nIts port.",
        );
    }

    #[test]
    fn a_param_in_broken_text() {
        check("param n: Int = 3\nfn broken( {\nfn f() -> Int { $0n + }\n", "```pipe\nparam n: Int = 3\n```");
    }

    #[test]
    fn an_image_shows_its_pin() {
        let fixture = Fixture::new(
            "fn f() -> Container { image(\"alp$0ine:3\") }\n--- pipe.lock\nimage docker.io/library/alpine:3 sha256:123\n",
        );
        let (file, offset) = fixture.cursor();
        let found = hover(&fixture.snapshot(), &file, offset).unwrap();
        assert_eq!(found.text, "```pipe\nImageRef\n```\n\nPinned to `sha256:123`.");
        assert_eq!((found.span.start, found.span.end), (28, 38));
    }
}

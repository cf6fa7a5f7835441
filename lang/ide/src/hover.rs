//! What is said about the name or the literal at a place.

use pipe_analysis::inspect::{CallSpan, Declaration, Snapshot};
use pipe_analysis::typed::{CheckedKind, Type};
use pipe_syntax::Span;

use crate::Shown;
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

/// The signature and the documentation of the name at a place; of an image reference, what it is pinned to. Of an item that can be run,
/// and of a call that makes a step, how that ended and whether it is cached, as far as that is known.
pub fn hover(snapshot: &Snapshot, file: &str, offset: u32, shown: Option<Shown<'_>>) -> Option<Hover> {
    let Some((span, declaration)) = declared_at(snapshot, file, offset) else {
        return literal(snapshot, file, offset);
    };
    let mut text = markdown(&declaration);
    if let Some(result) = shown.and_then(|shown| result(snapshot, file, span, &declaration, shown)) {
        text.push_str(&format!("\n\n{result}"));
    }
    Some(Hover { span, text })
}

/// What is known of the steps of a name: of the item that it is the name of, unless it is called with arguments there, for an item is
/// looked at without any; else of the call that it is the name in.
fn result(
    snapshot: &Snapshot,
    file: &str,
    name: Span,
    declaration: &Declaration,
    shown: Shown<'_>,
) -> Option<String> {
    let place = declaration.place.as_ref();
    let inspection = snapshot.inspect(file, name.start);
    let call = inspection.as_ref().and_then(|known| known.calls.iter().find(|call| call.name == name));
    let is_own = place.is_some_and(|place| &*place.file == file && place.start == name.start);
    let is_plain = match call {
        Some(call) => is_without_arguments(snapshot, file, call),
        None => declaration.parameters.is_none(),
    };
    let item = place.filter(|_| is_own || is_plain).and_then(|place| shown.of_item(place));
    item.or_else(|| shown.of_call(inspection.as_ref()?, file, name))
}

/// Nothing is given to what is called, neither before its name nor behind it.
fn is_without_arguments(snapshot: &Snapshot, file: &str, call: &CallSpan) -> bool {
    let parameters = call.declaration.parameters.as_ref().map_or(0, Vec::len);
    let text = snapshot.source(file).unwrap_or_default();
    let behind = text.get(call.name.end as usize..call.span.end as usize).unwrap_or_default();
    call.parameters.len() == parameters && behind.chars().filter(|c| !c.is_whitespace()).eq("()".chars())
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
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = hover(&fixture.snapshot(), &file, offset, None).map(|hover| hover.text);
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
        let found = hover(&fixture.snapshot(), &file, offset, None).unwrap().text;
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
        let found = hover(&fixture.snapshot(), &file, offset, None).unwrap();
        assert_eq!(found.text, "```pipe\nImageRef\n```\n\nPinned to `sha256:123`.");
        assert_eq!((found.span.start, found.span.end), (28, 38));
    }

    /// What is said last where the cursor is, with results for each mark: the state that stands behind it, for the call or the name of an
    /// item that is marked.
    #[track_caller]
    fn check_result(text: &str, wanted: Option<&str>) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let results = fixture.results();
        let shown = Shown { results: &results, now: UNIX_EPOCH + Duration::from_secs(100) };
        let found = hover(&fixture.snapshot(), &file, offset, Some(shown)).unwrap().text;
        let said = found.split("\n\n").find(|part| part.starts_with("Last run"));
        assert_eq!(said, wanted, "{found}");
    }

    #[test]
    fn the_last_result_of_an_item() {
        let program = "pub fn build() -> Container { image(\"a\").run([\"x\"]) }\n#      ^^^^^ item cached\n";
        let wanted = Some("Last run: ok, 2.0 s, 1 min ago · cached now");
        check_result(&program.replacen("build", "bui$0ld", 1), wanted);
        check_result(&format!("{program}fn other() -> Container {{ bu$0ild() }}\n"), wanted);
    }

    #[test]
    fn the_last_result_of_an_item_is_not_that_of_another_call() {
        let program = "pub fn build(n: Int = 1) -> Container { image(\"a\").run([\"${n}\"]) }
#      ^^^^^ item cached
";
        let wanted = Some("Last run: ok, 2.0 s, 1 min ago · cached now");
        let used = |call: &str| format!("{program}fn other() -> Container {{ {call} }}\n");
        check_result(&used("bu$0ild()"), wanted);
        check_result(&used("bu$0ild(2)"), None);
        check_result(&used("bu$0ild(n: 2)"), None);
        check_result(&used("2 |> bu$0ild()"), None);
    }

    #[test]
    fn the_last_result_of_a_step_in_its_chain() {
        let chain = "pub fn f() -> Container { image(\"a\").FIRST([\"x\"]).SECOND([\"y\"]) }
#                                        ^^^^^ cached
#                                                   ^^^^^ runs
fn g(c: Command) -> Container { image(\"a\").run(c) }
fn h() -> Container { g([\"z\"]).workdir(\"/\") }
#                        ^^^^^ cached
";
        let at = |first, second| chain.replace("FIRST", first).replace("SECOND", second);
        check_result(&at("r$0un", "run"), Some("Last run: ok, 2.0 s, 1 min ago · cached now"));
        check_result(&at("run", "r$0un"), Some("Last run: ok, 2.0 s, 1 min ago · runs now"));
        check_result(&at("run", "run").replacen("image", "im$0age", 1), None);
        check_result(
            &at("run", "run").replace("{ g(", "{ g$0("),
            Some("Last run: ok, 2.0 s, 1 min ago · cached now"),
        );
        check_result(&at("run", "run").replace("workdir", "work$0dir"), None);
    }
}

//! What can be written at a place.

mod context;
mod offer;

use pipe_analysis::inspect::{DeclarationKind, Snapshot};
use pipe_syntax::Span;

use context::Context;

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown and looked for.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What stands behind it: parameters and type.
    pub detail: String,
    /// Markdown about it.
    pub documentation: String,
    /// What is replaced: the word that is being written.
    pub span: Span,
    /// What is inserted; `$0` is where the cursor stays, if it is in there.
    pub insert: String,
    /// What is nearer to the place comes first: smaller.
    pub rank: u8,
}

/// Kinds of [`Completion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A name that is declared somewhere.
    Declared(DeclarationKind),
    /// The name of an argument.
    Argument,
    /// A word of the language.
    Keyword,
}

/// What can be written at a place: behind `.` and `|>` what fits the value before, in a call the names of its arguments, elsewhere
/// the names in scope. Nothing in comments and in the text of literals.
pub fn complete(snapshot: &Snapshot, file: &str, offset: u32) -> Vec<Completion> {
    let Some(text) = snapshot.source(file) else { return Vec::new() };
    let Some(context) = Context::at(&text, offset) else { return Vec::new() };
    offer::offers(snapshot, file, &context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    fn labels(text: &str) -> Vec<String> {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let mut found = complete(&fixture.snapshot(), &file, offset);
        found.sort_by_key(|completion| completion.rank);
        found.into_iter().map(|completion| completion.label).collect()
    }

    /// Names that are offered, and names that are not.
    #[track_caller]
    fn check(text: &str, offered: &[&str], not_offered: &[&str]) {
        let found = labels(text);
        for name in offered {
            assert!(found.iter().any(|label| label == name), "{name} is not in {found:?}");
        }
        for name in not_offered {
            assert!(!found.iter().any(|label| label == name), "{name} is in {found:?}");
        }
    }

    #[test]
    fn operations_and_fields_behind_a_point() {
        check(
            "fn f() -> Container { image(\"alpine\").$0 }\n",
            &["run", "mount", "user"],
            &["image", "f", "glob"],
        );
        check("fn f() -> Container { image(\"alpine\").ru$0 }\n", &["run"], &["image"]);
        check("fn f() -> Container {\n  image(\"alpine\")\n    .$0\n}\n", &["run"], &["image"]);
    }

    #[test]
    fn behind_a_point_in_broken_text() {
        check(
            "fn a( {\nfn f() -> Container { image(\"alpine\").$0\nfn g() -> Int { 1 }\n",
            &["run"],
            &["image"],
        );
        check(
            "fn f() -> Container { let c = image(\"a\")\n  c.$0\n  let d = 1\n  c }\n",
            &["run"],
            &["image"],
        );
        check("fn f() -> Container { image(\"a\").run([\"x\", dir().$0 }\n", &["glob"], &["run"]);
    }

    #[test]
    fn behind_a_point_of_every_kind_of_value() {
        check("record App { name: String }\nfn f(a: App) -> String { a.$0 }\n", &["name", "with"], &["run"]);
        check("fn f(xs: List[Dir]) -> List[Dir] { xs.filter(fn(x) => x.$0) }\n", &["glob"], &["map"]);
        check("fn f(d: Dir?) -> Dir? { d?.$0 }\n", &["glob"], &["run"]);
        check("fn f() -> Dir { workspace.$0 }\n", &["dir"], &["run", "image"]);
        check("enum E { A, B }\nfn f() -> E { E.$0 }\n", &["A", "B", "all"], &["run"]);
        check("fn f() -> String { \"x ${dir().$0}\" }\n", &["glob"], &["run"]);
        check("fn f() -> Check { image(\"a\").check(sh\"echo ${{ dir().$0 }}\") }\n", &["glob"], &["run"]);
    }

    #[test]
    fn functions_behind_the_pipe() {
        let text = "fn one(c: Container) -> Container { c }\nfn two(n: Int) -> Int { n }\n";
        check(&format!("{text}fn f() -> Container {{ image(\"a\") |> $0 }}\n"), &["one"], &["two", "run"]);
        check(&format!("{text}fn f() -> Container {{ image(\"a\") |> o$0 }}\n"), &["one"], &["two", "run"]);
        check(
            "use \"./go.pipe\" as go\nfn f() -> Container { image(\"a\") |> $0 }\n--- go.pipe\npub fn vet(c: Container) -> Container { c }\n",
            &["go.vet"],
            &["run"],
        );
    }

    #[test]
    fn names_in_scope() {
        check(
            "param src: Dir = workspace.dir()\nfn f(count: Int) -> Int {\n  let before = 1\n  $0\n  let after = 2\n  count }\n",
            &["src", "f", "count", "before", "image", "workspace", "let", "match"],
            &["after", "run", "pub"],
        );
        check("fn f() -> List[Int] { [for x in [1] => $0] }\n", &["x"], &[]);
        check("fn f() -> Int { let x = $0 }\n", &["f"], &["x"]);
    }

    #[test]
    fn items_at_the_left_edge() {
        check("fn f() -> Int { 1 }\n\n$0\n", &["pub fn", "test", "record"], &["image", "let x"]);
        check("p$0\n", &["pub fn", "param"], &["image"]);
    }

    #[test]
    fn types_where_one_is_written() {
        check(
            "record App { name: String }\nfn f(a: $0) -> Int { 1 }\n",
            &["App", "Container", "Int", "ImageRef"],
            &["f"],
        );
        check("fn f() -> Con$0\n", &["Container"], &["image"]);
    }

    #[test]
    fn names_of_arguments() {
        let run = "fn f() -> Container { image(\"a\").run([\"true\"], $0) }\n";
        check(run, &["timeout", "network", "f"], &["command", "self"]);
        assert_eq!(labels(run).first().map(String::as_str), Some("name"));
        check("fn f() -> Container { image(\"a\").run([\"true\"], ti$0) }\n", &["timeout"], &[]);
        check(
            "fn f() -> Container { image(\"a\").run([\"true\"], timeout: 5s, $0) }\n",
            &["network"],
            &["timeout"],
        );
        check("fn f() -> Container { image(\"a\").run([\"true\", $0]) }\n", &["f"], &["timeout"]);
        check("fn f() -> Container { image(\"a\").run([\"true\"], $0\n}\n", &["timeout"], &[]);
        check("record App { name: String }\nfn f() -> App { App($0) }\n", &["name"], &[]);
    }

    #[test]
    fn variants_of_the_enum_that_is_wanted() {
        let text = "fn f() -> Container { image(\"a\").run([\"x\"], network: $0) }\n";
        check(text, &["Off", "Host"], &[]);
        assert!(["Default", "Off", "Host"].contains(&labels(text)[0].as_str()));
        check("enum E { One, Two }\nfn f(e: E) -> Int { match e { $0 } }\n", &["One", "Two"], &[]);
        check("enum E { One, Two }\nfn f(e: E) -> Int { match e { One => 1, T$0 } }\n", &["Two"], &[]);
    }

    #[test]
    fn nothing_in_comments_and_texts() {
        for text in
            ["# image$0\n", "fn f() -> String { \"ima$0ge\" }\n", "fn f() -> Int { 1 } # x.$0\n", "## a.$0\n"]
        {
            assert_eq!(labels(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn what_is_inserted() {
        let fixture = Fixture::new("fn f() -> Container { image(\"a\").ru$0 }\n");
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &file, offset);
        let run = found.iter().find(|completion| completion.label == "run").unwrap();
        assert_eq!((run.insert.as_str(), run.span), ("run($0)", Span { start: 33, end: 35 }));
        assert!(run.documentation.contains("Runs a command"), "{}", run.documentation);
        let fixture = Fixture::new("fn f() -> Container { image(\"a\").ru$0([\"x\"]) }\n");
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &file, offset);
        assert!(found.iter().any(|completion| completion.insert == "run"));
    }
}

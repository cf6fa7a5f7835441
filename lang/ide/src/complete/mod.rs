//! What can be written at a place.

mod context;
mod elsewhere;
mod literal;
mod offer;

use pipe_analysis::inspect::{DeclarationKind, Snapshot};
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;

use crate::at::declared_at;
use crate::folder::PackageFolder;
use crate::format::TextEdit;
use crate::render::markdown;
use context::{Context, Position};

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown and looked for.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What stands behind it: parameters and type.
    pub detail: String,
    /// What is said about it.
    pub about: About,
    /// What is replaced: the word that is being written, or the text of a literal up to the cursor.
    pub span: Span,
    /// What is inserted, as a snippet: `$0` is where the cursor stays, `${1:name}` a place to fill, `\\$`, `\\}` and `\\\\` are
    /// characters. [`plain`] gives the text of one.
    pub insert: String,
    /// What changes elsewhere in the file: a `use` that it needs.
    pub elsewhere: Option<TextEdit>,
    /// What is nearer to the place comes first: smaller.
    pub rank: u8,
}

/// What is said about a [`Completion`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing.
    Nothing,
    /// Markdown.
    Text(String),
    /// What [`documentation`] gives for the name that is declared here.
    Declared(FileSpan),
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
    /// Arguments that a call needs, to be filled in.
    Fill,
    /// The text of a literal.
    Value,
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// What can be written at a place: behind `.` and `|>` what fits the value before, in a call the names of its arguments, in a literal
/// that is checked what there is of its kind, elsewhere the names in scope, also of modules that have no `use` yet. Nothing in comments.
pub fn complete(snapshot: &Snapshot, folder: &PackageFolder, file: &str, offset: u32) -> Vec<Completion> {
    let Some(text) = snapshot.source(file) else { return Vec::new() };
    let Some(context) = Context::at(snapshot, file, &text, offset) else { return Vec::new() };
    match &context.position {
        Position::Literal(place) => literal::offers(snapshot, folder, file, &context, *place),
        Position::ModulePath => literal::modules(folder, file, &context),
        _ => {
            let mut found = offer::offers(snapshot, file, &context);
            found.extend(elsewhere::offers(snapshot, folder, file, &context));
            found
        }
    }
}

/// Markdown about the name that is declared at a place.
pub fn documentation(snapshot: &Snapshot, place: &FileSpan) -> Option<String> {
    declared_at(snapshot, &place.file, place.start).map(|(_, declaration)| markdown(&declaration))
}

/// The text of a snippet.
pub fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(_)) => out.extend(rest.next()),
            ('$', Some('{')) => {
                rest.find(|c| *c == ':');
                out.extend(rest.by_ref().take_while(|c| *c != '}'));
            }
            ('$', Some(digit)) if digit.is_ascii_digit() => _ = rest.next(),
            _ => out.push(c),
        }
    }
    out
}

/// A text as a part of a snippet.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    fn labels(text: &str) -> Vec<String> {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let mut found = complete(&fixture.snapshot(), &fixture.folder(), &file, offset);
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
    fn behind_a_point_in_an_unfinished_comprehension() {
        check("fn f(d: Dir) -> List[Path] { [for f in d.$0 }\n", &["glob"], &["run"]);
        check(
            "fn f(d: Dir) -> List[Path] {\n  let a = [for f in d.$0\n}\n\nfn g() -> Int { 1 }\n",
            &["glob"],
            &["run"],
        );
        check(
            "fn f(ps: List[Path]) -> List[Path] { [for p in ps if ps.any(fn(q) => q.$0\n}\n",
            &["starts_with"],
            &["run"],
        );
        check(
            "fn f(ds: List[Dir]) -> List[Dir] {\n  [\n    for d in ds\n    if d.$0\n}\n\nfn g() -> Int { 1 }\n",
            &["glob"],
            &["run"],
        );
    }

    #[test]
    fn behind_a_point_where_a_block_is_missing() {
        for (before, after) in [
            ("let a = if d.", "\n}\n\nfn g() -> Int { 1 }\n"),
            ("if true { 1 } else if d.", "\n}\n"),
            ("let a = [1, if !d.", "\n}\n"),
            ("let a = match d.", "\n}\n"),
            ("match 1 { 1 => if d.", "\n}\n"),
            ("let a = [for x in [1] if d.", "\n}\n"),
        ] {
            check(&format!("fn f(d: Dir) -> Int {{\n  {before}$0{after}"), &["glob"], &["run"]);
        }
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
        for text in [
            "# image$0\n",
            "fn f() -> String { \"ima$0ge\" }\n",
            "fn f() -> Int { 1 } # x.$0\n",
            "## a.$0\n",
            "test \"a$0\" { expect true }\n",
            "fn f() -> Check { image(\"a\").check(sh\"ech$0o\") }\n",
        ] {
            assert_eq!(labels(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn what_is_inserted() {
        let fixture = Fixture::new("fn f() -> Container { image(\"a\").ru$0 }\n");
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &fixture.folder(), &file, offset);
        let run = found.iter().find(|completion| completion.label == "run").unwrap();
        assert_eq!((run.insert.as_str(), run.span), ("run($0)", Span { start: 33, end: 35 }));
        let About::Declared(place) = &run.about else { panic!("{run:?}") };
        assert!(documentation(&fixture.snapshot(), place).unwrap().contains("Runs a command"));
        assert_eq!(plain("a(${1:b}, \\$x$0)"), "a(b, $x)");
        let fixture = Fixture::new("fn f() -> Container { image(\"a\").ru$0([\"x\"]) }\n");
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &fixture.folder(), &file, offset);
        assert!(found.iter().any(|completion| completion.insert == "run"));
    }

    #[test]
    fn images_in_use() {
        let text = "fn f() -> Container { image(\"$0\") }\nfn g() -> Container { image(\"golang:1.23\") }\n--- pipe.lock\nimage docker.io/library/alpine:3 sha256:1\n";
        check(text, &["golang:1.23", "alpine:3"], &["image", ""]);
        check(&text.replace("\"$0\"", "\"gol$0\""), &["golang:1.23"], &[]);
        check(&text.replace("\"$0\") }", "\"gol$0"), &["golang:1.23"], &[]);
        check("fn f() -> ImageRef { \"$0\" }\nfn g() -> Container { image(\"a:1\") }\n", &["a:1"], &[]);
    }

    #[test]
    fn platforms() {
        check(
            "fn f() -> Container { image(\"a\", platform: \"li$0\") }\n",
            &["linux/arm64", "linux/amd64"],
            &["a"],
        );
        check("let ps: List[Platform] = [\"linux/amd64\", \"$0\"]\n", &["linux/arm64"], &[]);
    }

    #[test]
    fn paths_and_globs_of_the_package() {
        let files = "--- go.mod\nx\n--- src/a/x.go\nx\n--- src/b.txt\nx\n--- src/c.go\nx\n--- .git/HEAD\nx\n";
        check(&format!("param s: Dir = workspace.dir(\"$0\")\n{files}"), &["src"], &["go.mod", "main.pipe"]);
        check(&format!("param s: Dir = workspace.dir(\"src/$0\")\n{files}"), &["src/a"], &["src"]);
        check(&format!("param s: File = workspace.file(\"$0\")\n{files}"), &["go.mod", "src"], &[]);
        check(
            &format!("param s: Dir = workspace.dir(exclude: [\"$0\"])\n{files}"),
            &["src/**", "go.mod", "**/*.go", ".git"],
            &[],
        );
    }

    #[test]
    fn paths_in_the_container() {
        check(
            "fn f(d: Dir) -> Container { image(\"a\").mount(\"/src\", d).workdir(\"$0\") }\n",
            &["/src"],
            &[],
        );
    }

    #[test]
    fn names_of_variables_in_use() {
        check(
            "fn f() -> Container { image(\"a\").env(\"GOOS\", \"linux\") }\nfn g() -> Container { image(\"a\").env(\"G$0\", \"\") }\n",
            &["GOOS"],
            &[],
        );
    }

    #[test]
    fn aliases_of_bound_services() {
        check(
            "fn f(s: Service) -> Container { image(\"a\").bind(\"db\", s).env(\"PGHOST\", \"$0\") }\n",
            &["db"],
            &[],
        );
    }

    #[test]
    fn sources_of_secrets() {
        check("param s: Secret = host.secret(\"$0\")\n", &["env:", "file:", "cmd:"], &[]);
    }

    #[test]
    fn modules_to_use() {
        check(
            "use \"./$0\" as d\n--- deploy.pipe\nlet a: Int = 1\n--- lib/x.pipe\nlet b: Int = 1\n",
            &["./deploy.pipe", "./lib/x.pipe"],
            &["./main.pipe"],
        );
    }

    #[test]
    fn a_use_comes_along() {
        let text = "## Docs.\n\n## About f.\nfn f() -> Int { appl$0 }\n--- lib/deploy.pipe\npub fn apply() -> Int { 1 }\nfn hidden() -> Int { 1 }\n";
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &fixture.folder(), &file, offset);
        let apply = found.iter().find(|completion| completion.label == "deploy.apply").unwrap();
        assert_eq!(plain(&apply.insert), "deploy.apply()");
        let edit = apply.elsewhere.as_ref().unwrap();
        assert_eq!(
            (edit.span, edit.text.as_str()),
            (Span::new(10, 10), "use \"./lib/deploy.pipe\" as deploy\n\n")
        );
        assert!(!found.iter().any(|completion| completion.label == "deploy.hidden"));
    }

    #[test]
    fn a_use_follows_the_others() {
        let text = "use \"./a.pipe\" as a\n\nfn f() -> Int { a.n + appl$0 }\n--- a.pipe\npub let n: Int = 1\npub fn apply_again() -> Int { 1 }\n--- b.pipe\npub fn apply() -> Int { 1 }\n";
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &fixture.folder(), &file, offset);
        let apply = found.iter().find(|completion| completion.label == "b.apply").unwrap();
        let edit = apply.elsewhere.as_ref().unwrap();
        assert_eq!((edit.span, edit.text.as_str()), (Span::new(19, 19), "\nuse \"./b.pipe\" as b"));
        // One that has its `use` needs no other, but is offered by its name.
        let apply_again = found.iter().find(|completion| completion.label == "a.apply_again").unwrap();
        assert_eq!(apply_again.elsewhere, None);
    }

    #[test]
    fn what_a_call_needs_is_filled_in() {
        let text = "fn f() -> Container { image(\"a\").mount($0) }\n";
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = complete(&fixture.snapshot(), &fixture.folder(), &file, offset);
        let fill = found.iter().find(|completion| completion.kind == CompletionKind::Fill).unwrap();
        assert_eq!((fill.label.as_str(), fill.insert.as_str()), ("path, tree", "${1:path}, ${2:tree}"));
    }

    #[test]
    fn variants_wherever_their_enum_is_wanted() {
        let e = "enum E { One, Two }\n";
        check(&format!("{e}fn f(e: E) -> Bool {{ e == $0 }}\n"), &["One"], &[]);
        check(&format!("{e}fn f() -> E {{ $0 }}\n"), &["One"], &[]);
        check(&format!("{e}fn f() -> E? {{ if true {{ T$0 }} else {{ none }} }}\n"), &["Two"], &[]);
        assert_eq!(
            labels(&format!("{e}fn z() -> E {{ One }}\nfn f() -> E {{ $0 }}\n"))[..3],
            ["One", "Two", "z"]
        );
    }
}

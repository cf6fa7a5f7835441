//! What is computed again after an edit, and what is not.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pipe_analysis::inspect::{Interrupted, Snapshot};
use pipe_analysis::{Analysis, Edited, PackageRoot, System, Work};
use pipe_diagnostics::Diagnostic;
use support::Files;

/// A checker over files that change, with the queries it executed.
struct Project {
    system: Arc<Files>,
    analysis: Analysis,
    executed: Arc<Mutex<Vec<String>>>,
    verified: Arc<AtomicUsize>,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        Project::with(files, |analysis| analysis)
    }

    /// In an editor.
    fn edited(files: &[(&str, &str)]) -> Project {
        Project::with(files, Analysis::for_editing)
    }

    fn with(files: &[(&str, &str)], kind: fn(Analysis) -> Analysis) -> Project {
        let system = Arc::new(Files::default());
        for (path, text) in files {
            system.write(path, text);
        }
        let executed = Arc::new(Mutex::new(Vec::new()));
        let verified = Arc::new(AtomicUsize::new(0));
        let (log, count) = (executed.clone(), verified.clone());
        let analysis = Analysis::observed(system.clone(), move |work| match work {
            Work::Executed(query) => log.lock().unwrap().push(query),
            Work::Verified => _ = count.fetch_add(1, Ordering::Relaxed),
        });
        let analysis = kind(analysis);
        let mut project = Project { system, analysis, executed, verified };
        let found = project.found();
        assert!(found.is_empty(), "{found:#?}");
        project
    }

    fn found(&mut self) -> Vec<Diagnostic> {
        let root = PackageRoot::of_file(&*self.system, Path::new("main.pipe"));
        self.analysis.check(&root, &[])
    }

    /// Checks, and tells how often a query was executed.
    fn check(&mut self) -> Executed {
        self.executed.lock().unwrap().clear();
        self.found();
        Executed(self.executed.lock().unwrap().clone())
    }

    /// Replaces a text in a file and checks.
    fn edit(&mut self, path: &str, from: &str, to: &str) -> Executed {
        let text = self.system.read(Path::new(path)).unwrap();
        assert!(text.contains(from), "{from:?} is not in {path}");
        self.edit_to(path, &text.replacen(from, to, 1))
    }

    /// Takes a new text of a file and asks what is wrong, as an editor does: what was executed, and how much was found to hold still.
    fn type_in(&mut self, path: &str, from: &str, to: &str) -> (Executed, usize) {
        let text = self.system.read(Path::new(path)).unwrap().replacen(from, to, 1);
        self.system.write(path, &text);
        let path = self.system.canonical(Path::new(path)).unwrap();
        self.executed.lock().unwrap().clear();
        self.verified.store(0, Ordering::Relaxed);
        assert_eq!(self.analysis.edit(&path, &text), Edited::Taken);
        self.analysis.snapshot().diagnostics();
        (Executed(self.executed.lock().unwrap().clone()), self.verified.load(Ordering::Relaxed))
    }

    /// Writes a file and checks.
    fn edit_to(&mut self, path: &str, text: &str) -> Executed {
        self.system.write(path, text);
        self.check()
    }
}

struct Executed(Vec<String>);

impl Executed {
    fn count(&self, query: &str) -> usize {
        self.0.iter().filter(|name| name.starts_with(&format!("{query}("))).count()
    }
}

const MAIN: &str = "\
# A comment.
use \"./lib.pipe\" as lib

## First.
fn first() -> Int { 1 }

fn second(n: Int) -> Int { n + lib.base() }

pub fn third() -> Int { second(first()) }

pub fn fourth() -> Int { second(2) }
";

const LIB: &str = "pub fn base() -> Int { helper() }\nfn helper() -> Int { 10 }\n";

fn project() -> Project {
    Project::new(&[("main.pipe", MAIN), ("lib.pipe", LIB)])
}

#[test]
fn a_second_check_computes_nothing() {
    assert_eq!(project().check().0, Vec::<String>::new());
}

#[test]
fn an_edit_inside_a_body_infers_that_body_only() {
    let mut project = project();
    let executed = project.edit("main.pipe", "{ 1 }", "{ 1 + 1 }");
    assert_eq!(executed.count("parsed"), 1);
    assert_eq!(executed.count("infer"), 1);
}

#[test]
fn a_comment_inside_an_item_infers_nothing() {
    let body = "pub fn f(a: Int) -> Int {\n  let b = a\n  b + 1\n}\npub fn g(a: Int) -> Int {\n  a +\n    missing\n}\n";
    let mut project = Project::new(&[("main.pipe", "")]);
    project.edit_to("main.pipe", body);
    let mut text = body.to_owned();
    for (from, to) in [
        ("= a\n", "= a  # The first.\n"),
        ("# The first.", "# The first one, and more."),
        ("  b + 1\n", "  # An own line.\n\n  b + 1\n"),
        ("b + 1\n}", "b + 1\n  # The last.\n}"),
        ("(a: Int) -> Int {\n  a", "(a: Int) -> Int { # Open.\n  # More.\n  a"),
        ("a +\n", "a + # Sum.\n    # of\n"),
    ] {
        assert!(text.contains(from), "{from:?}");
        text = text.replacen(from, to, 1);
        let executed = project.edit_to("main.pipe", &text);
        let computed =
            (executed.count("signature"), executed.count("infer"), executed.count("module_findings"));
        assert_eq!(computed, (0, 0, 0), "{to:?}: {:?}", executed.0);
        // What is said about it stands where it is now.
        let found = project.found();
        let places: Vec<&str> = found
            .iter()
            .map(|d| &text[d.primary.place.start as usize..d.primary.place.end as usize])
            .collect();
        assert_eq!(places, ["missing"], "{text}");
    }
    let executed = project.edit_to("main.pipe", body);
    assert_eq!((executed.count("signature"), executed.count("infer")), (0, 0), "{:?}", executed.0);
}

#[test]
fn a_comment_between_items_infers_nothing() {
    let mut project = project();
    let executed = project.edit("main.pipe", "# A comment.", "# Another comment, longer than the first one.");
    assert_eq!(executed.count("parsed"), 1);
    assert_eq!(
        (executed.count("signature"), executed.count("infer"), executed.count("module_findings")),
        (0, 0, 0)
    );
}

#[test]
fn documentation_infers_nothing() {
    let mut project = project();
    let executed = project.edit("main.pipe", "## First.", "## The first of them.");
    assert_eq!((executed.count("signature"), executed.count("infer")), (0, 0));
}

#[test]
fn an_edit_of_a_signature_infers_its_function_and_its_callers() {
    let mut project = project();
    let executed = project.edit("main.pipe", "second(n: Int)", "second(n: Int, m: Int = 0)");
    // `second` itself, `third` and `fourth`.
    assert_eq!(executed.count("infer"), 3);
}

#[test]
fn a_body_of_another_module_is_not_looked_at() {
    let mut project = project();
    let executed = project.edit("lib.pipe", "{ 10 }", "{ 11 }");
    assert_eq!((executed.count("parsed"), executed.count("infer")), (1, 1));
}

#[test]
fn a_signature_of_another_module_infers_its_users() {
    let mut project = project();
    let executed = project.edit(
        "lib.pipe",
        "fn base() -> Int { helper() }",
        "fn base(k: Int = 1) -> Int { helper() + k }",
    );
    // `base` in its own module, and `second`, which calls it.
    assert_eq!(executed.count("infer"), 2);
}

#[test]
fn a_new_item_infers_itself_only() {
    let mut project = project();
    let executed = project.edit("main.pipe", "pub fn fourth", "pub fn fifth() -> Int { 5 }\n\npub fn fourth");
    // fifth.
    assert_eq!(executed.count("signature"), 1, "{:?}", executed.0);
    // fifth.
    assert_eq!(executed.count("infer"), 1, "{:?}", executed.0);
    assert_eq!(executed.count("parsed"), 1);
    let executed = project.edit("main.pipe", "pub fn fifth() -> Int { 5 }\n\n", "");
    assert_eq!((executed.count("signature"), executed.count("infer")), (0, 0), "{:?}", executed.0);
}

#[test]
fn a_new_item_infers_who_says_its_name() {
    // `second` has a parameter that the new item's name would hide, `third` calls what comes to hide the prelude's.
    let main = "\
fn first() -> Int { 1 }
fn second(n: Int) -> Int { n }
pub fn third() -> Container { image(\"alpine:3.20\") }
pub fn fourth() -> Int { second(first()) }
";
    let mut project = Project::new(&[("main.pipe", main)]);
    let own = "pub fn image(ref: String) -> Container { host.toolchain(ref) }";
    let executed =
        project.edit_to("main.pipe", &format!("{main}{}", own.replace("host.toolchain(ref)", "fail(ref)")));
    // image, third.
    assert_eq!(executed.count("infer"), 2, "{:?}", executed.0);
    let executed = project.edit("main.pipe", "fn first", "let n = 4\npub fn sixth() -> Int { n }\nfn first");
    // The warning that the parameter hides it is news for `second`.
    // n, second, sixth.
    assert_eq!(executed.count("infer"), 3, "{:?}", executed.0);
}

#[test]
fn a_removed_item_infers_who_said_its_name() {
    let mut project = project();
    let text = MAIN.replace("fn first() -> Int { 1 }\n", "");
    let executed = project.edit_to("main.pipe", &text);
    // third.
    assert_eq!(executed.count("infer"), 1, "{:?}", executed.0);
}

#[test]
fn a_change_of_an_item_that_only_moved_infers_nothing() {
    let mut project = project();
    let first = "pub fn third() -> Int { second(first()) }\n\n";
    let text = MAIN.replace(first, "") + "\n" + first;
    let executed = project.edit_to("main.pipe", &text);
    assert_eq!((executed.count("signature"), executed.count("infer")), (0, 0), "{:?}", executed.0);
}

#[test]
fn a_further_import_infers_nothing_that_was_there() {
    let mut project = project();
    project.system.write("more.pipe", "pub fn more() -> Int { 1 }\n");
    let executed = project.edit(
        "main.pipe",
        "use \"./lib.pipe\" as lib\n",
        "use \"./lib.pipe\" as lib\nuse \"./more.pipe\" as more\npub fn fifth() -> Int { more.more() }\n",
    );
    // fifth, more, more.
    assert_eq!(executed.count("infer"), 3, "{:?}", executed.0);
}

#[test]
fn an_import_that_leads_elsewhere_infers_who_goes_through_it() {
    let mut project = project();
    project.system.write("other.pipe", LIB);
    let executed = project.edit("main.pipe", "\"./lib.pipe\"", "\"./other.pipe\"");
    // base, helper, lib, second.
    assert_eq!(executed.count("infer"), 4, "{:?}", executed.0);
    // Neither a caller of `second` nor anything else of the module.
    // base, helper, lib.
    assert_eq!(executed.count("signature"), 3, "{:?}", executed.0);
}

const PACKAGE: &[(&str, &str)] = &[
    ("pipe.toml", "[package]\nname = \"app\"\n[dependencies]\nshared = { path = \"./shared\" }\n"),
    ("main.pipe", "use shared\npub fn a() -> Int { shared.size() }\npub fn b() -> Int { 1 }\n"),
    ("shared/pipe.toml", "[package]\nname = \"shared\"\n"),
    ("shared/main.pipe", "pub fn size() -> Int { 1 }\npub fn other() -> Int { size() }\n"),
];

#[test]
fn a_change_in_a_package_infers_who_uses_what_changed() {
    let mut project = Project::new(PACKAGE);
    let executed = project.edit("shared/main.pipe", "{ 1 }", "{ 2 }");
    // size.
    assert_eq!(executed.count("infer"), 1, "{:?}", executed.0);
    let executed = project.edit("shared/main.pipe", "pub fn size()", "pub fn size(n: Int = 1)");
    // The parameter is not used, which is no finding.
    // a, other, size.
    assert_eq!(executed.count("infer"), 3, "{:?}", executed.0);
    let executed = project.edit("shared/pipe.toml", "[package]", "# A comment.\n[package]");
    assert_eq!(executed.0, Vec::<String>::new());
}

#[test]
fn a_package_that_comes_from_elsewhere_infers_who_uses_it() {
    let mut project = Project::new(PACKAGE);
    project.system.write("newer/pipe.toml", "[package]\nname = \"shared\"\n");
    project.system.write("newer/main.pipe", "pub fn size() -> Int { 3 }\n");
    let executed = project.edit("pipe.toml", "./shared", "./newer");
    // `size` there, and `a`, which calls it; `b` does not.
    assert_eq!(executed.count("infer"), 2, "{:?}", executed.0);
}

/// Begins a question that has no end of its own.
fn ask_for_ever(snapshot: Snapshot) -> std::thread::JoinHandle<Result<(), Interrupted>> {
    let (begun, waits) = std::sync::mpsc::channel();
    let asked = std::thread::spawn(move || {
        snapshot.ask(|snapshot| {
            begun.send(()).unwrap();
            loop {
                snapshot.diagnostics();
            }
        })
    });
    waits.recv().unwrap();
    asked
}

#[test]
fn an_edit_interrupts_what_is_being_asked() {
    let mut project = project();
    let text = MAIN.replace("{ 1 }", "{ 7 }");
    let snapshot = project.analysis.snapshot();
    let asked = ask_for_ever(snapshot);
    // Returns when the question was given up.
    let executed = project.edit_to("main.pipe", &text);
    // first.
    assert_eq!(executed.count("infer"), 1, "{:?}", executed.0);
    assert_eq!(asked.join().unwrap(), Err(Interrupted::Edited));
}

#[test]
fn a_question_can_be_stopped() {
    let mut project = project();
    let snapshot = project.analysis.snapshot();
    let stopper = snapshot.stopper();
    let asked = ask_for_ever(snapshot);
    stopper.stop();
    assert_eq!(asked.join().unwrap(), Err(Interrupted::Stopped));
    // Others are answered, and what was computed is known.
    assert_eq!(project.analysis.snapshot().ask(|snapshot| snapshot.diagnostics().len()), Ok(0));
    assert_eq!(project.check().0, Vec::<String>::new());
}

/// Ten modules of so many functions, each of which uses the one before it.
fn chain(functions: usize) -> Project {
    let body = |call: &str| {
        (1..functions).fold(format!("pub fn f0() -> Int {{ {call} }}\n"), |text, n| {
            format!("{text}pub fn f{n}() -> Int {{ f{}() + 1 }}\n", n - 1)
        })
    };
    let last = functions - 1;
    let mut files = vec![("m0.pipe".to_owned(), body("1"))];
    for n in 1..10 {
        let uses = format!("use \"./m{}.pipe\" as before\n", n - 1);
        files.push((format!("m{n}.pipe"), format!("{uses}{}", body(&format!("before.f{last}()")))));
    }
    files.push((
        "main.pipe".to_owned(),
        format!("use \"./m9.pipe\" as m\npub fn all() -> Int {{ m.f{last}() }}\n"),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Project::edited(&files)
}

#[test]
fn what_nobody_edits_is_not_looked_at_in_an_editor() {
    let work = |functions: usize| {
        let mut project = chain(functions);
        // The first edit of a file says that it is one that is edited.
        project.type_in("m5.pipe", "f0() + 1", "f0() + 2");
        let (executed, verified) = project.type_in("m5.pipe", "f0() + 2", "f0() + 3");
        assert_eq!(executed.count("infer"), 1, "{:?}", executed.0);
        verified
    };
    let (few, many) = (work(4), work(104));
    // The edited module has a hundred functions more, each a few queries; the other nine have nine hundred.
    assert!(many < few + 1_500, "{few} with 40 functions, {many} with 1040");
}

#[test]
fn an_edit_says_whether_the_program_is_to_be_loaded_again() {
    let mut project = Project::edited(&[("main.pipe", MAIN), ("lib.pipe", LIB)]);
    let path = |name: &str| project.system.canonical(Path::new(name)).unwrap();
    let (main, other) = (path("main.pipe"), Path::new("/nowhere/main.pipe").to_path_buf());
    assert!(project.analysis.has_text(&main, MAIN) && !project.analysis.has_text(&main, LIB));
    assert!(!project.analysis.has(&other));
    assert_eq!(project.analysis.edit(&other, MAIN), Edited::Elsewhere);
    assert_eq!(project.analysis.edit(&main, MAIN), Edited::Taken);
    let comment = format!("# A comment before all.\n{MAIN}");
    assert_eq!(project.analysis.edit(&main, &comment), Edited::Taken);
    let uses = MAIN.replace("as lib", "as library");
    assert_eq!(project.analysis.edit(&main, &uses), Edited::ToLoad);
}

#[test]
fn the_standard_library_is_checked_once_only() {
    let mut project = project();
    let executed = project.edit(
        "main.pipe",
        "{ 1 }",
        "{ first_of([1]) }\nfn first_of(xs: List[Int]) -> Int { xs.first() ?? 0 }",
    );
    let files = executed.0.iter().filter(|name| name.starts_with("parsed(")).count();
    assert_eq!(files, 1);
}

#[test]
fn after_an_edit_everything_is_as_if_it_were_new() {
    let mut project = project();
    project.edit("main.pipe", "## First.", "## Second.");
    project.edit("main.pipe", "fn first() -> Int { 1 }", "fn first() -> Int { 3 }");
    let text = project.system.read(Path::new("main.pipe")).unwrap();
    let (_, fresh) = support::check(&[("main.pipe", &text), ("lib.pipe", LIB)]);
    assert_eq!(project.analysis.program(), fresh.program());
}

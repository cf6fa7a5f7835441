//! What is computed again after an edit, and what is not.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};

use pipe_analysis::{Analysis, PackageRoot, System};
use support::Files;

/// A checker over files that change, with the queries it executed.
struct Project {
    system: Arc<Files>,
    analysis: Analysis,
    executed: Arc<Mutex<Vec<String>>>,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let system = Arc::new(Files::default());
        for (path, text) in files {
            system.write(path, text);
        }
        let executed = Arc::new(Mutex::new(Vec::new()));
        let log = executed.clone();
        let analysis = Analysis::observed(system.clone(), move |query| log.lock().unwrap().push(query));
        let mut project = Project { system, analysis, executed };
        project.check();
        project
    }

    /// Checks, and tells how often a query was executed.
    fn check(&mut self) -> Executed {
        self.executed.lock().unwrap().clear();
        let root = PackageRoot::of_file(&*self.system, Path::new("main.pipe"));
        let found = self.analysis.check(&root, &[]);
        assert!(found.is_empty(), "{found:#?}");
        Executed(self.executed.lock().unwrap().clone())
    }

    /// Replaces a text in a file and checks.
    fn edit(&mut self, path: &str, from: &str, to: &str) -> Executed {
        let text = self.system.read(Path::new(path)).unwrap();
        assert!(text.contains(from), "{from:?} is not in {path}");
        self.system.write(path, &text.replacen(from, to, 1));
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
fn a_new_item_looks_at_its_module_only() {
    let mut project = project();
    let executed = project.edit("main.pipe", "pub fn fourth", "pub fn fifth() -> Int { 5 }\n\npub fn fourth");
    // Every body looks names up, and the names of the module have changed; those of the other module have not.
    assert_eq!((executed.count("signature"), executed.count("infer")), (6, 6), "{:?}", executed.0);
    assert_eq!(executed.count("parsed"), 1);
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

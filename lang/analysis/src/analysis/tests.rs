//! What a change of the standard library computes again. It never changes while a program runs; that it could shows that
//! everything that depends on it says so.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use salsa::Setter;

use super::*;
use crate::MemorySystem;

const MAIN: &str = "\
pub fn a(n: List[Int]) -> Int? { n.first() }
pub fn b(n: List[Int]) -> Int? { n.last() }
pub fn c(n: List[Int]) -> Int? { a(n) }
";

/// Replaces a text in a module of the standard library; how many bodies and signatures of the program and of the library
/// are computed again.
fn after(from: &str, to: &str) -> (usize, usize) {
    let executed = Arc::new(Mutex::new(Vec::new()));
    let log = executed.clone();
    let system = Arc::new(MemorySystem::new().with("main.pipe", MAIN));
    let root = PackageRoot::of_file(&*system, Path::new("main.pipe"));
    let mut analysis = Analysis::observed(system, move |work| {
        if let Work::Executed(query) = work {
            log.lock().unwrap().push(query);
        }
    });
    assert_eq!(analysis.check(&root, &[]), []);
    let modules = StdLibrary::get(&analysis.db).modules(&analysis.db).clone();
    let module = modules.iter().find(|module| module.file(&analysis.db).text(&analysis.db).contains(from));
    let file = module.unwrap().file(&analysis.db);
    let text = file.text(&analysis.db).replacen(from, to, 1);
    file.set_text(&mut analysis.db).to(text.into());
    executed.lock().unwrap().clear();
    analysis.check(&root, &[]);
    let executed = executed.lock().unwrap();
    let count = |query: &str| executed.iter().filter(|name| name.starts_with(query)).count();
    (count("infer("), count("signature("))
}

#[test]
fn who_calls_what_changed_is_inferred() {
    let first = "pub fn first[T](self: List[T]) -> T? { intrinsic }";
    assert_eq!(after(first, &first.replace("List[T])", "List[T], n: Int = 0)")), (1, 1));
}

#[test]
fn what_comes_and_goes_is_news_to_nobody_else() {
    let reverse = "pub fn reverse[T](self: List[T])";
    let more = format!("pub fn backwards[T](self: List[T]) -> List[T] {{ intrinsic }}\n\n{reverse}");
    assert_eq!(after(reverse, &more), (0, 0));
    assert_eq!(after(reverse, &reverse.replace("reverse", "reversed")), (0, 0));
}

#[test]
fn comments_of_the_library_are_no_change() {
    assert_eq!(after("## ", "## More: "), (0, 0));
}

//! The examples in the documentation of the standard library: each is the body of a test, and holds.

use pipe_analysis::standard_library;

use crate::pipeline::{Pipeline, holds};

/// The modules whose every function has an example.
const MODULES: [&str; 4] = ["std/collections", "std/text", "std/numbers", "std/result"];

/// The examples of a module, each with the line of what it belongs to; and how many functions have none.
fn examples(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut found, mut bare) = (Vec::new(), Vec::new());
    let (mut example, mut open): (Option<String>, bool) = (None, false);
    for line in text.lines() {
        match line.strip_prefix("##").map(|line| line.strip_prefix(' ').unwrap_or(line)) {
            Some("```pipe") => (example, open) = (Some(String::new()), true),
            Some("```") => open = false,
            Some(line) if open => example.get_or_insert_default().extend([line, "\n"]),
            Some(_) => {}
            None if line.starts_with("pub ") => match example.take() {
                Some(example) => found.push((line.to_owned(), example)),
                None => bare.push(line.to_owned()),
            },
            None => {}
        }
    }
    (found, bare)
}

#[test]
fn every_example_holds() {
    let mut count = 0;
    for module in MODULES {
        for (what, example) in examples(standard_library(module).unwrap()).0 {
            let mut pipeline = Pipeline::new(&format!("test \"example\" {{\n{example}}}\n"));
            let plan = pipeline.test("example").unwrap_or_else(|e| panic!("{what}: {:#?}", e.diagnostic));
            let holds = holds(&plan);
            assert!(!holds.is_empty() && holds.iter().all(|holds| *holds), "{what}\n{example}");
            count += 1;
        }
    }
    assert!(count > 45, "{count}");
}

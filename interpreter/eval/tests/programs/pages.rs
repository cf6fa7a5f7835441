//! The page of each of the evaluator's diagnostics has an example that gives it.

use std::path::Path;

use crate::dockerfile::with_text;
use crate::pipeline::Pipeline;

const CODES: [&str; 10] = [
    "bad-dockerfile",
    "evaluation-failed",
    "evaluation-limit",
    "internal-error",
    "invalid-value",
    "known-later",
    "no-result",
    "not-there-yet",
    "script-value",
    "secret-command",
];

/// The `pipe` fences of a page.
fn programs(page: &str) -> Vec<&str> {
    page.split("```pipe\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_first_example_of_a_page_gives_its_error_and_the_others_none() {
    for code in CODES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/errors/{code}.md"));
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page.starts_with(&format!("# `{code}`: ")), "{code}");
        let programs = programs(&page);
        // Nobody knows a program that gives it.
        if matches!(code, "internal-error" | "not-there-yet") {
            assert!(programs.is_empty());
            continue;
        }
        let mut pipeline = Pipeline::new(programs[0]);
        let error = match page.split("```dockerfile\n").nth(1).and_then(|rest| rest.split("```").next()) {
            None => pipeline.eval("example()").unwrap_err(),
            Some(text) => with_text(&mut pipeline, "example()", text).unwrap_err(),
        };
        assert_eq!(error.diagnostic.code, code, "{}", error.diagnostic.message);
        for program in &programs[1..] {
            let mut pipeline = Pipeline::new(program);
            for name in program.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next()) {
                pipeline.demand(&format!("{name}()"));
            }
        }
    }
}

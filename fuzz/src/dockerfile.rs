//! Dockerfiles and what they leave out.

use pipe_dockerfile::{Ignore, Pattern, parse};

/// Errors stand in the text; a pattern that was read can be asked.
pub fn run(text: &str) {
    if let Err(errors) = parse(text) {
        assert!(!errors.is_empty());
        for error in errors {
            assert!(text.get(error.span.start as usize..error.span.end as usize).is_some(), "{error:?}");
        }
    }
    if let Ok(ignore) = Ignore::parse(text) {
        for path in ["a", "a/b/c.txt", "node_modules/x", ".git"] {
            ignore.excludes(path);
        }
    }
    let line = text.lines().next().unwrap_or_default();
    if let Ok(pattern) = Pattern::new(line) {
        pattern.matches(line);
        pattern.matches("a/b/c.txt");
    }
}

//! `unsafe` stands in the sandbox only, and each block says why it is sound.

use std::path::Path;

use crate::repository;

const HOME: &str = "interpreter/backends/sandbox";
/// How many lines above an `unsafe` its reason may begin.
const ABOVE: usize = 8;

pub(super) fn check(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for file in repository::with_extension(root, "rs") {
        let text = repository::read(root, &file);
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| uses_unsafe(line)) {
            let place = format!("{}:{}", file.display(), index + 1);
            if !file.starts_with(HOME) {
                problems.push(format!("{place}: `unsafe` outside {HOME}"));
            } else if !has_reason(&lines[index.saturating_sub(ABOVE)..=index]) {
                problems.push(format!("{place}: `unsafe` without a SAFETY comment: {}", line.trim()));
            }
        }
    }
    problems
}

fn uses_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"].iter().any(|form| code.contains(form))
        && !code.contains('"')
}

fn has_reason(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.contains("SAFETY:") || line.contains("# Safety"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_a_comment_is_not_a_block() {
        assert!(uses_unsafe(concat!("let x = unsafe", " { f() };")));
        assert!(!uses_unsafe(concat!("// unsafe", " { f() }")));
        assert!(!uses_unsafe("unsafe_code = \"forbid\""));
    }
}

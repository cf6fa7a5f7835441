//! What a person is told before they have a shell.

use pipe_engine::Visit;

use crate::progress::printable;

/// Why it is their turn, and what they have.
pub(super) fn text(why: &Visit) -> String {
    let name = printable(&why.name, false);
    let place = why.origin.as_ref();
    let place = place.map(|origin| format!(" ({}:{})", printable(&origin.file, false), origin.line));
    let place = place.unwrap_or_default();
    let Some(failed) = &why.failed else {
        return format!(
            "\nbreakpoint in {name}{place}\nThis is a shell in its container. What it changes there is gone when it ends; then the run goes on.\n"
        );
    };
    let mut text = format!("\n{name} failed: {}{place}\n", printable(&failed.reason, false));
    let log = String::from_utf8_lossy(&failed.log_tail);
    let log = log.trim_end_matches('\n');
    if !log.is_empty() {
        text.push_str("The end of its log:\n");
        for line in log.lines() {
            text.push_str(&format!("  {}\n", printable(line, false)));
        }
    }
    text.push_str("This is a shell in what it left. When it ends, the run goes on.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipe_engine::Failed;

    #[test]
    fn nothing_of_a_package_acts_on_the_terminal() {
        let failed = Failed { reason: "exit code 1\u{1b}[2J".into(), log_tail: b"a\x1b]0;t\x07b\n".to_vec() };
        let why = Visit { name: "x\u{1b}[1A".into(), origin: None, failed: Some(failed) };
        let said = text(&why);
        assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "{said:?}");
        assert!(said.starts_with("\nx failed: exit code 1\nThe end of its log:\n  ab\n"), "{said:?}");
    }
}

//! The command that goes on with a run that stopped.

use std::borrow::Cow;
use std::ffi::OsString;

use pipe_engine::{FailureClass, RunReport};

/// The command line once more, for a shell, with what it needs to go on: the run, and the approvals that nobody gave.
pub(crate) fn command(arguments: &[OsString], run: &str, report: &RunReport) -> String {
    let waiting = report.failures.iter().filter(|failure| failure.class == FailureClass::Approval);
    let waiting: Vec<&str> = waiting.map(|failure| &*failure.name).collect();
    render(arguments, run, &waiting)
}

fn render(arguments: &[OsString], run: &str, waiting: &[&str]) -> String {
    let mut words = vec!["pipe".to_owned()];
    words.extend(arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()));
    let resumes = |word: &String| word == "--resume" || word.starts_with("--resume=");
    if !words.iter().any(resumes) {
        words.extend(["--resume".to_owned(), run.to_owned()]);
    }
    for name in waiting {
        words.extend(["--approve".to_owned(), (*name).to_owned()]);
    }
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or(Cow::Borrowed(word)));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_what_was_written_and_what_it_lacks() {
        let words = |text: &str| text.split('|').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            render(&words("/bin/pipe|-C|a b|run|deploy|--app|x"), "12345678", &["go on", "b"]),
            "pipe -C 'a b' run deploy --app x --resume 12345678 --approve 'go on' --approve b"
        );
        assert_eq!(
            render(&words("pipe|run|--resume|12345678|deploy"), "12345678", &[]),
            "pipe run --resume 12345678 deploy"
        );
    }
}

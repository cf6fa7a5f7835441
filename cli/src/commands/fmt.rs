//! `pipe fmt`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan, Sources};
use pipe_syntax::{FormatError, format};

use crate::args::FmtArgs;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::package::source_files;
use crate::rewrite::Change;

/// The name of standard input in diagnostics.
const STDIN: &str = "<standard input>";

/// Formats. A file with syntax errors stays as it is and does not keep the others from being formatted.
///
/// # Errors
/// When a file cannot be read or written, has syntax errors, or would change though it must not.
pub(crate) fn run(
    args: &FmtArgs,
    directory: Option<&Path>,
    environment: &Environment,
    quiet: bool,
) -> Result<(), CliError> {
    if args.stdin {
        return standard_input();
    }
    let files = source_files(environment, directory, &args.paths)?;
    let mut found = Found::default();
    for file in &files {
        let name = file.strip_prefix(&environment.current_dir).unwrap_or(file).display().to_string();
        let text = read(file, &name)?;
        found.add(file, &name, text);
    }
    for change in &found.changes {
        if args.check {
            output::result_line(&change.name)?;
        } else if args.diff {
            output::result(change.difference().as_bytes())?;
        } else {
            change.write()?;
        }
    }
    let dry = args.check || args.diff;
    if !quiet {
        output::notice(&summary(found.changes.len(), files.len(), dry));
    }
    let changes = !found.changes.is_empty();
    found.failure()?;
    if dry && changes { Err(CliError::silent(Exit::Failed)) } else { Ok(()) }
}

/// What formatting some files came to.
#[derive(Default)]
struct Found {
    /// Files that are not in canonical form.
    changes: Vec<Change>,
    errors: Vec<Diagnostic>,
    sources: Sources,
    /// Files that the formatter itself failed on.
    failed: Vec<String>,
}

impl Found {
    fn add(&mut self, file: &Path, name: &str, old: String) {
        match format(&old) {
            Ok(new) if new == old => {}
            Ok(new) => {
                let (file, name) = (file.to_path_buf(), name.to_owned());
                self.changes.push(Change { file, name, old, new });
            }
            Err(FormatError::Syntax(errors)) => {
                let shown: Arc<str> = name.into();
                let place = |span: pipe_syntax::Span| FileSpan {
                    file: shown.clone(),
                    start: span.start,
                    end: span.end,
                };
                self.errors.extend(errors.into_iter().map(|error| error.map(place)));
                self.sources.insert(shown.clone(), old.into());
            }
            Err(FormatError::Changed) => self.failed.push(name.to_owned()),
        }
    }

    /// What was wrong with some of the files.
    fn failure(self) -> Result<(), CliError> {
        if !self.errors.is_empty() {
            return Err(CliError::diagnostics(Exit::Usage, self.errors, Arc::new(self.sources)));
        }
        match self.failed.first() {
            None => Ok(()),
            Some(name) => {
                Err(CliError::machine(format!("{name} is left as it is: {}", FormatError::Changed))
                    .help("this is a mistake of pipe; please report it with the file"))
            }
        }
    }
}

fn standard_input() -> Result<(), CliError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::usage(format!("cannot read standard input: {error}")))?;
    let text = utf8(bytes, STDIN)?;
    let mut found = Found::default();
    found.add(Path::new(STDIN), STDIN, text.clone());
    let formatted = found.changes.pop().map_or(text, |change| change.new);
    found.failure()?;
    output::result(formatted.as_bytes())
}

fn read(file: &Path, name: &str) -> Result<String, CliError> {
    // One byte more than is read tells that there are more, without reading them.
    let most = pipe_syntax::MAX_FILE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| CliError::usage(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 == most {
        let most = pipe_syntax::MAX_FILE_BYTES >> 20;
        return Err(CliError::usage(format!(
            "{name} is too large: a program of more than {most} MiB is not read"
        )));
    }
    utf8(bytes, name)
}

fn utf8(bytes: Vec<u8>, name: &str) -> Result<String, CliError> {
    String::from_utf8(bytes).map_err(|_| CliError::usage(format!("{name} is not UTF-8")))
}

fn summary(changed: usize, files: usize, dry: bool) -> String {
    let plural = if files == 1 { "" } else { "s" };
    match (changed, dry) {
        (0, _) => format!("nothing to format in {files} file{plural}\n"),
        (_, true) => format!("{changed} of {files} file{plural} would change\n"),
        (_, false) => format!("formatted {changed} of {files} file{plural}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_count() {
        assert_eq!(summary(0, 1, true), "nothing to format in 1 file\n");
        assert_eq!(summary(2, 3, true), "2 of 3 files would change\n");
        assert_eq!(summary(1, 1, false), "formatted 1 of 1 file\n");
    }
}

//! `pipe check`.

mod fix;

use std::path::Path;

use pipe_diagnostics::{Diagnostic, Severity, Sources, render};

use crate::args::{CheckArgs, Deny, DiagnosticFormat};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::package::{Checked, check_all};

/// Fixes may make room for others; more rounds than this mean that two of them fight.
const FIX_ROUNDS: usize = 10;

/// Checks and prints what was found. Diagnostics are the result here, so they go to standard output.
pub(crate) fn run(
    args: &CheckArgs,
    directory: Option<&Path>,
    environment: &Environment,
) -> Result<(), CliError> {
    let mut checked = check_all(environment, directory, &args.paths)?;
    if args.fix {
        let mut fixed = 0;
        for _ in 0..FIX_ROUNDS {
            let applied = fix::apply(&checked, &environment.current_dir)?;
            if applied == 0 {
                break;
            }
            fixed += applied;
            checked = check_all(environment, directory, &args.paths)?;
        }
        output::notice(&format!("{fixed} {} applied\n", if fixed == 1 { "fix" } else { "fixes" }));
    }
    let color = environment.stdout_is_terminal && !environment.no_color;
    output::result(text(&checked, args.format, color).as_bytes())?;
    let count = |severity: Severity| checked.diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if matches!(args.format, DiagnosticFormat::Full) {
        output::notice(&summary(errors, warnings, checked.files));
    }
    let denied = args.deny.contains(&Deny::Warnings) && warnings > 0;
    if errors > 0 || denied { Err(CliError::silent(Exit::Failed)) } else { Ok(()) }
}

fn text(checked: &Checked, format: DiagnosticFormat, color: bool) -> String {
    let each = |render: &dyn Fn(&Diagnostic, &Sources) -> String| -> String {
        checked.diagnostics.iter().map(|diagnostic| render(diagnostic, &checked.sources)).collect()
    };
    match format {
        DiagnosticFormat::Full => each(&|diagnostic, sources| render::full(diagnostic, sources, color)),
        DiagnosticFormat::Short => each(&render::short),
        DiagnosticFormat::Json => {
            each(&|diagnostic, sources| format!("{}\n", render::json(diagnostic, sources)))
        }
        DiagnosticFormat::Github => each(&render::github),
        DiagnosticFormat::Sarif => {
            let document =
                render::sarif(&checked.diagnostics, &checked.sources, "pipe", env!("CARGO_PKG_VERSION"));
            format!("{document:#}\n")
        }
    }
}

fn summary(errors: usize, warnings: usize, files: usize) -> String {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let found = [(errors, "error"), (warnings, "warning")];
    let said: Vec<String> = found.iter().filter(|(n, _)| *n > 0).map(|(n, what)| counted(*n, what)).collect();
    let found = if said.is_empty() { "no problems".to_owned() } else { said.join(", ") };
    format!("{found} in {}\n", counted(files, "file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_count() {
        assert_eq!(summary(1, 2, 3), "1 error, 2 warnings in 3 files\n");
        assert_eq!(summary(0, 0, 1), "no problems in 1 file\n");
    }
}

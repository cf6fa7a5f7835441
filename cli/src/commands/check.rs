//! `pipe check`.

mod fix;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pipe_diagnostics::{Diagnostic, Severity, Sources, render};

use crate::args::{CheckArgs, Deny, DiagnosticFormat, GlobalArgs};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::package::{Checked, check_all};
use crate::progress::printable;

/// Checks and prints what was found. Diagnostics are the result here, so they go to standard output.
pub(crate) fn run(args: &CheckArgs, global: &GlobalArgs, environment: &Environment) -> Result<(), CliError> {
    let check = |texts: &BTreeMap<PathBuf, String>| {
        check_all(environment, global.directory.as_deref(), &args.paths, texts)
    };
    let mut checked = check(&BTreeMap::new())?;
    let mut would_change = false;
    if args.fix {
        let fixed = fix::fix(checked, &environment.current_dir, check)?;
        for change in &fixed.changes {
            match args.diff {
                true => output::result(change.difference().as_bytes())?,
                false => change.write()?,
            }
        }
        would_change = args.diff && !fixed.changes.is_empty();
        let kept: String =
            fixed.kept.iter().map(|sentence| format!("{}\n", printable(sentence, false))).collect();
        output::notice(&kept);
        if !global.quiet {
            output::notice(&applied(fixed.applied, fixed.changes.len(), args.diff));
        }
        checked = fixed.checked;
    }
    if !args.diff {
        let color = output::in_color(global, environment);
        output::result(text(&checked, args.format, color).as_bytes())?;
    }
    let count = |severity: Severity| checked.diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if matches!(args.format, DiagnosticFormat::Full) && !global.quiet {
        output::notice(&summary(errors, warnings, checked.files));
    }
    let denied = args.deny.contains(&Deny::Warnings) && warnings > 0;
    // A package that is written for another `pipe` was not checked.
    if checked.diagnostics.iter().any(|found| matches!(found.code, "newer-pipe" | "unknown-edition")) {
        return Err(CliError::silent(Exit::Usage));
    }
    if errors > 0 || denied || would_change { Err(CliError::silent(Exit::Failed)) } else { Ok(()) }
}

fn text(checked: &Checked, format: DiagnosticFormat, color: bool) -> String {
    let each = |render: &dyn Fn(&Diagnostic, &Sources) -> String| -> String {
        checked.diagnostics.iter().map(|diagnostic| render(diagnostic, &checked.sources)).collect()
    };
    match format {
        DiagnosticFormat::Full => {
            let mut full = render::Full::new(&checked.sources, color);
            checked.diagnostics.iter().map(|diagnostic| full.text(diagnostic)).collect()
        }
        DiagnosticFormat::Short => each(&render::short),
        DiagnosticFormat::Json => {
            each(&|diagnostic, sources| format!("{}\n", render::json(diagnostic, sources)))
        }
        DiagnosticFormat::Github => each(&render::github),
        DiagnosticFormat::Sarif => {
            let tool =
                render::Tool { name: "pipe", version: env!("CARGO_PKG_VERSION"), page: super::explain::page };
            let document = render::sarif(&checked.diagnostics, &checked.sources, tool);
            format!("{document:#}\n")
        }
    }
}

fn applied(fixes: usize, files: usize, dry: bool) -> String {
    match (fixes, dry) {
        (0, _) => "nothing to fix\n".to_owned(),
        (_, true) => format!("{} would be applied in {}\n", counted(fixes, "fix"), counted(files, "file")),
        (_, false) => format!("{} applied in {}\n", counted(fixes, "fix"), counted(files, "file")),
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = match what {
        _ if count == 1 => "",
        "fix" => "es",
        _ => "s",
    };
    format!("{count} {what}{plural}")
}

fn summary(errors: usize, warnings: usize, files: usize) -> String {
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
        assert_eq!(applied(1, 1, false), "1 fix applied in 1 file\n");
        assert_eq!(applied(3, 2, true), "3 fixes would be applied in 2 files\n");
    }
}

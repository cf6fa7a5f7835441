//! `pipe doctor`.

use pipe_sandbox::{Finding, Status, probe};

use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::output;

/// Says what the machine offers; exit code 3 when no step could run.
pub(crate) fn run(environment: &Environment) -> Result<(), CliError> {
    let findings = probe(environment.store()?);
    output::result(findings.iter().map(text).collect::<String>().as_bytes())?;
    if findings.iter().any(|finding| finding.status == Status::Missing) {
        return Err(CliError::silent(Exit::Machine));
    }
    Ok(())
}

fn text(finding: &Finding) -> String {
    let status = match finding.status {
        Status::Good => "ok",
        Status::Limited => "limited",
        Status::Missing => "missing",
    };
    let remedy = finding.remedy.as_ref().map(|remedy| format!("         → {remedy}\n")).unwrap_or_default();
    format!("{status:<8} {}: {}\n{remedy}", finding.name, finding.meaning)
}

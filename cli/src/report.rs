//! Says why a command ends, in the form that was asked for.

use pipe_diagnostics::{Diagnostic, Sources, render};

use crate::exit::{CliError, Exit, Report};
use crate::output;
use crate::progress::{Form, Object, Style, printable, workflow_command};

/// Says an error on standard error; gives the exit code.
pub(crate) fn error(error: &CliError, style: Style) -> Exit {
    output::notice(&said(error, style));
    error.exit
}

/// Says what a command does or did, to people who want to know.
pub(crate) fn notice(message: &str, style: Style) {
    if style.quiet {
        return;
    }
    match style.form {
        Form::Json => {
            let lines = message.lines().map(|message| Object::Notice { message }.line());
            output::notice(&lines.collect::<String>());
        }
        _ => output::notice(message),
    }
}

/// Says something that fails nothing.
pub(crate) fn warning(message: &str, style: Style) {
    output::notice(&match style.form {
        Form::Json => Object::Warning { message }.line(),
        _ => format!("warning: {message}\n"),
    });
}

/// An error as it is said to people, for where no terminal is.
pub(crate) fn plain(error: &CliError) -> String {
    said(error, Style::plain())
}

fn said(error: &CliError, style: Style) -> String {
    match &error.report {
        Report::Silent => String::new(),
        Report::Several(errors) => errors.iter().map(|error| said(error, style)).collect(),
        Report::Message { message, help } => text(message, help.as_deref(), style),
        Report::Diagnostics { diagnostics, sources } => {
            let mut full = render::Full::new(sources, style.color);
            diagnostics.iter().map(|diagnostic| one(diagnostic, sources, &mut full, style.form)).collect()
        }
    }
}

fn one(diagnostic: &Diagnostic, sources: &Sources, full: &mut render::Full<'_>, form: Form) -> String {
    match form {
        Form::Json => Object::Diagnostic { diagnostic: &render::json(diagnostic, sources) }.line(),
        Form::Github => {
            format!("{}{}", render::github(diagnostic, sources), full.text(diagnostic))
        }
        Form::Plain | Form::Tty | Form::Gitlab => full.text(diagnostic),
    }
}

fn text(message: &str, help: Option<&str>, style: Style) -> String {
    if style.form == Form::Json {
        return Object::Error { message, help }.line();
    }
    let label = if style.color { "\u{1b}[31;1merror\u{1b}[0m" } else { "error" };
    let message = &shown(message);
    let help = help.map(|help| format!("help: {}\n", shown(help))).unwrap_or_default();
    let annotation = match style.form {
        Form::Github => workflow_command("error", &[], message),
        _ => String::new(),
    };
    format!("{annotation}{label}: {message}\n{help}")
}

/// A message may quote names that a package chose: what acts on a terminal goes. It has lines of its own where clap wrote it.
fn shown(text: &str) -> String {
    text.lines().map(|line| printable(line, false)).collect::<Vec<_>>().join("\n")
}

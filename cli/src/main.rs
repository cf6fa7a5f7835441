//! The pipe command line.
//!
//! **Invariant.** The only crate that prints, reads the environment and `$HOME`, picks a backend, and maps errors to exit codes. What
//! a command means is decided in the crates below; here it is only asked for and shown. Results go to standard output, everything
//! else to standard error.
#![forbid(unsafe_code)]

mod ahead;
mod amount;
mod approval;
mod args;
mod commands;
mod config;
mod console;
mod environment;
mod evaluate;
mod execute;
mod exit;
mod failure;
mod forecast;
mod grants;
mod lock;
mod machine;
mod output;
mod package;
mod packages;
mod progress;
mod prompt;
mod proxies;
mod report;
mod reports;
mod result;
mod resume;
mod rewrite;
mod rounds;
mod secrets;
mod signals;
mod target;
mod upkeep;
mod warned;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use environment::Environment;
use exit::{CliError, Exit};
use package::Package;
use progress::Style;

fn main() -> ExitCode {
    // This program is also the sandbox's supervisor: then the rest of `main` is not for it.
    pipe_sandbox::supervise_if_asked();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => run(&cli, &arguments).into(),
        Err(error) => usage(&error, &arguments).into(),
    }
}

/// Runs the command and says why it ends.
fn run(cli: &Cli, arguments: &[OsString]) -> Exit {
    let events = asks_for_events(arguments);
    let in_form = |style: Style| if events { style.events() } else { style };
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(error) => return report::error(&error, in_form(Style::plain())),
    };
    // Flags may stand behind the targets, where only the package says whose they are.
    let style = in_form(Style::choose(&cli.global, &environment));
    match dispatch(cli, arguments, &environment, style) {
        Ok(()) => Exit::Success,
        Err(error) => report::error(&error, style),
    }
}

fn dispatch(
    cli: &Cli,
    arguments: &[OsString],
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let directory = cli.global.directory.as_deref();
    match &cli.command {
        Command::Cache(args) => commands::cache::run(args, &cli.global, environment),
        Command::Login(args) => commands::login::run(args, environment, cli.global.quiet),
        Command::Logout(args) => commands::login::forget(args, environment, cli.global.quiet),
        Command::Lsp(_) => commands::lsp::run(environment),
        Command::Add(args) => commands::add::run(args, directory, environment, style),
        Command::Update(args) => commands::update::run(args, directory, environment, style),
        Command::Vendor(args) => commands::vendor::run(args, directory, environment, style),
        Command::Doctor => commands::doctor::run(environment),
        Command::Version(args) => commands::version::run(args),
        Command::Check(args) => commands::check::run(args, &cli.global, environment),
        Command::Fmt(args) => commands::fmt::run(args, directory, environment, cli.global.quiet),
        Command::List(args) => {
            let package = Package::load(environment, directory)?;
            commands::list::run(args, &package, environment)
        }
        Command::Plan(args) => commands::plan::run(cli, args, arguments, environment),
        Command::Init(args) => commands::init::run(args, environment),
        Command::Explain(args) => commands::explain::run(args, &cli.global, environment),
        Command::Doc(args) => commands::doc::run(args, &cli.global, directory, environment),
        Command::Completions(args) => commands::completions::run(args),
        Command::Why(args) => commands::why::run(cli, args, arguments, environment),
        Command::Inputs(args) => commands::inputs::run(cli, args, arguments, environment),
        Command::Run(args) => commands::run::run(cli, args, arguments, environment, style),
        Command::Test(args) => {
            let rules = packages::Rules::of_run(&args.execution, style);
            packages::ensure(environment, directory, &rules)?;
            if args.watch {
                return commands::test::watch(args, directory, environment, style);
            }
            let package = Package::load(environment, directory)?;
            commands::test::run(args, &package, environment, style)
        }
    }
}

/// Whether `--progress json` is among arguments that are not, or cannot be, understood as a whole.
fn asks_for_events(arguments: &[OsString]) -> bool {
    let pairs = arguments.iter().zip(arguments.iter().skip(1));
    arguments.iter().any(|word| word == "--progress=json")
        || pairs.into_iter().any(|(flag, form)| flag == "--progress" && form == "json")
}

/// What clap says: help is a result, everything else a mistake.
fn usage(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        if asks_for_events(arguments) {
            let message = text.to_string();
            let message = message.trim_start_matches("error: ").trim_end();
            return report::error(&CliError::usage(message), Style::plain().events());
        }
        output::notice(&text.to_string());
        return Exit::Usage;
    }
    match output::result(text.to_string().as_bytes()) {
        Ok(()) => Exit::Success,
        Err(error) => report::error(&error, Style::plain()),
    }
}

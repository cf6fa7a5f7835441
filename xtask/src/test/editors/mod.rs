//! The files for editors: the extension for VS Code by itself and in a real workbench, and Neovim. They run once, as whoever
//! runs this.

mod node;
mod programs;

use std::path::Path;
use std::process::Command;

use super::outcome::{self, Tally};
use super::setup::is_root;
use super::skips;
use crate::repository;

/// The extension, from the repository's root.
const EXTENSION: &str = "editors/vscode";
/// Its tests in a workbench.
const WORKBENCH: &str = "editors/vscode/tests/workbench";
/// The files for Neovim.
const NEOVIM: &str = "editors/neovim";

/// A suite that can run, or why not: a key of [`skips::FILE`] and the reason.
type Ready = Result<(), Lacking>;

/// What a suite cannot run without.
#[derive(Clone)]
struct Lacking {
    key: &'static str,
    reason: String,
}

/// What can be tested of editors here.
pub(super) struct Editors {
    extension: Ready,
    workbench: Ready,
    neovim: Ready,
}

impl Editors {
    /// Installs what is needed, as far as that goes: as root everything, else what npm can.
    ///
    /// # Errors
    /// As root, when something that can be installed cannot.
    pub(super) fn prepare(end_to_end: bool) -> Result<Editors, String> {
        programs::install(end_to_end)?;
        let extension = after(&programs::node(), node::extension)?;
        let workbench = match &extension {
            Ok(()) if end_to_end => after(&programs::browser(), node::workbench)?,
            other => other.clone(),
        };
        Ok(Editors { extension, workbench, neovim: programs::neovim() })
    }

    /// The tests of the extension that start no editor.
    ///
    /// # Errors
    /// When they cannot be started.
    pub(super) fn unit(&self) -> Result<Tally, String> {
        run(&self.extension, "the extension for VS Code", || Ok(node::npm(EXTENSION, &["test"])))
    }

    /// Those that drive `pipe` through editors; `grammar` makes the tree-sitter parser, `scratch` is a folder for it.
    ///
    /// # Errors
    /// When they cannot be started.
    pub(super) fn end_to_end(&self, pipe: &Path, grammar: &Path, scratch: &Path) -> Result<Tally, String> {
        let mut tally = run(&self.workbench, "VS Code", || {
            let mut command = node::npm(WORKBENCH, &["test"]);
            command.env("PIPE_TEST_BINARY", pipe).env("PIPE_TEST_SCREENSHOTS", node::screenshots());
            Ok(command)
        })?;
        tally += run(&self.neovim, "Neovim", || neovim(pipe, grammar, &scratch.join("neovim")))?;
        Ok(tally)
    }
}

/// What npm makes of programs that are there. Root must be able to; others may lack a network.
fn after(programs: &Ready, make: impl FnOnce() -> Result<(), String>) -> Result<Ready, String> {
    if programs.is_err() {
        return Ok(programs.clone());
    }
    match make() {
        Err(reason) if is_root() => Err(format!("cannot prepare the tests of editors: {reason}")),
        made => Ok(made.map_err(|reason| Lacking { key: "without-node", reason })),
    }
}

/// Runs a suite, or says why not; a skip that the list does not know is a failure.
fn run(
    ready: &Ready,
    title: &str,
    command: impl FnOnce() -> Result<Command, String>,
) -> Result<Tally, String> {
    let Err(Lacking { key, reason }) = ready else { return outcome::run(&mut command()?, title) };
    println!("SKIP {title}: {reason}");
    let known = skips::expected(&repository::read(&repository::root(), Path::new(skips::FILE)), key)?;
    Ok(Tally { skipped: 1, failed: usize::from(known != 1), ..Tally::default() })
}

/// Neovim without a screen, with the files of the repository and the grammar where it looks for one.
fn neovim(pipe: &Path, grammar: &Path, folder: &Path) -> Result<Command, String> {
    let queries = folder.join("queries");
    crate::run::succeed(Command::new(grammar).arg(folder))?;
    let parser = folder.join("parser");
    let make = |folder: &Path| {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
    };
    make(&parser)?;
    let sources = [folder.join("src/parser.c"), folder.join("src/scanner.c")];
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-I"]).arg(folder.join("src")).args(sources);
    crate::run::succeed(compiler.arg("-o").arg(parser.join("pipe.so")))?;
    // Neovim wants the queries below the language's name.
    let named = folder.join("named");
    std::fs::rename(&queries, &named).map_err(|error| error.to_string())?;
    make(&queries)?;
    std::fs::rename(&named, queries.join("pipe")).map_err(|error| error.to_string())?;

    let root = repository::root().join(NEOVIM);
    let mut command = Command::new("nvim");
    command.args(["--headless", "-u", "NONE", "--cmd"]);
    command.arg(format!("set runtimepath^={}", root.display()));
    command.arg("-c").arg(format!("luafile {}", root.join("tests/drive.lua").display()));
    command.current_dir(folder).env("PIPE_TEST_BINARY", pipe).env("PIPE_TEST_GRAMMAR", folder);
    Ok(command)
}

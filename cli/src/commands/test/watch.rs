//! `pipe test --watch`: runs again what a change can have affected, until it is stopped.

mod changes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::typed::Test;

use super::inputs::HostInput;
use super::results::{Ended, Results, counts};
use super::{Setting, fingerprint, junit, selected};
use crate::args::TestArgs;
use crate::environment::Environment;
use crate::exit::{CliError, Exit, Report};
use crate::package::Package;
use crate::progress::{Style, printable};
use crate::{config::Config, output, report};
use changes::Changes;

/// Tells a test apart from the others: its file, its title, and which of those with this title it is.
type Key = (Arc<str>, Arc<str>, usize);

/// What is known of a test that ran.
struct Standing {
    /// Of what it can reach of the program.
    fingerprint: u64,
    inputs: Vec<HostInput>,
    ended: Ended,
}

type Settings = [Option<Vec<u8>>; 2];

/// All that stays from one change to the next.
struct Watch<'a> {
    args: &'a TestArgs,
    directory: Option<&'a Path>,
    environment: &'a Environment,
    style: Style,
    known: BTreeMap<Key, Standing>,
    /// The manifest and the lock when the tests ran: they say what steps may do, and which images they stand on.
    settings: Settings,
    /// The package had mistakes, and they were shown.
    broken: bool,
}

/// Runs the tests, and again those that a change may have affected.
///
/// # Errors
/// When it is interrupted, which is how it ends, or cannot watch.
pub(crate) fn run(
    args: &TestArgs,
    directory: Option<&Path>,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let folder = Package::folder_of(environment, directory)?;
    let mut changes = Changes::watch(&folder, &ignored(args, environment))?;
    let mut watch = Watch {
        args,
        directory,
        environment,
        style,
        known: BTreeMap::new(),
        settings: [None, None],
        broken: false,
    };
    let mut changed = Vec::new();
    loop {
        if let Err(error) = watch.again(&changed, &mut changes) {
            if error.exit == Exit::Interrupted {
                return Err(error);
            }
            // A mistake in the package, or a grant that is missing: the next change may mend it.
            report::error(&error, style);
        }
        changed = changes.next()?;
    }
}

/// What this program writes itself.
fn ignored(args: &TestArgs, environment: &Environment) -> Vec<PathBuf> {
    let store = environment.store().ok().cloned();
    let report = args.junit.as_ref().map(|file| environment.current_dir.join(file));
    store.into_iter().chain(report).collect()
}

impl Watch<'_> {
    /// Runs what the changes may have affected; everything, the first time.
    fn again(&mut self, changed: &[PathBuf], changes: &mut Changes) -> Result<(), CliError> {
        let first = self.known.is_empty();
        let package = match Package::load(self.environment, self.directory) {
            Ok(package) => package,
            Err(error) => {
                if matches!(error.report, Report::Diagnostics { .. }) {
                    self.begin(changed)?;
                    self.broken = true;
                }
                return Err(error);
            }
        };
        let done = self.with(&package, changed, first, changes);
        package.release();
        done
    }

    fn with(
        &mut self,
        package: &Package,
        changed: &[PathBuf],
        first: bool,
        changes: &mut Changes,
    ) -> Result<(), CliError> {
        if settings(package) != self.settings {
            self.known.clear();
        }
        for folder in package.dependencies() {
            changes.add(&folder);
        }
        let was_broken = std::mem::take(&mut self.broken);
        let all = keyed(selected(package, self.args)?);
        let prints: Vec<u64> = all.iter().map(|(_, test)| fingerprint::of(test, package.program())).collect();
        let affected: Vec<usize> = (0..all.len())
            .filter(|index| match (all.get(*index), prints.get(*index)) {
                (Some((key, _)), Some(print)) => self.is_affected(key, *print, changed),
                _ => false,
            })
            .collect();
        let before = self.known.len();
        self.known.retain(|key, _| all.iter().any(|(other, _)| other == key));
        if affected.is_empty() && before == self.known.len() && !first && !was_broken {
            return Ok(());
        }
        if !changed.is_empty() {
            self.begin(changed)?;
        }
        let tests: Vec<Arc<Test>> =
            affected.iter().filter_map(|index| all.get(*index)).map(|(_, test)| test.clone()).collect();
        // What is interrupted or refused is not known any more.
        affected.iter().filter_map(|index| all.get(*index)).for_each(|(key, _)| {
            self.known.remove(key);
        });
        let config = Config::read(self.environment.config.as_deref())?;
        let setting =
            Setting { args: self.args, package, environment: self.environment, config, style: self.style };
        let mut results = Results::new(package, self.style);
        let ran = setting.run(&tests, &mut results)?;
        for ended in results.ended {
            // Tests end in another order than they are written in.
            let at = affected.iter().find(|index| {
                all.get(**index).is_some_and(|(key, test)| ended.is_of(test) && !self.known.contains_key(key))
            });
            let Some(((key, test), print)) = at.and_then(|at| Some((all.get(*at)?, prints.get(*at)?))) else {
                continue;
            };
            let read = ran.inputs.iter().find(|(of, _)| Arc::ptr_eq(of, test));
            let inputs = read.map(|(_, inputs)| inputs.clone()).unwrap_or_default();
            for path in inputs.iter().filter_map(|input| input.outside(package.folder())) {
                changes.add(path);
            }
            self.known.insert(key.clone(), Standing { fingerprint: *print, inputs, ended });
        }
        // A run may have pinned images.
        self.settings = settings(package);
        self.end(package, &all, affected.len())
    }

    fn is_affected(&self, key: &Key, print: u64, changed: &[PathBuf]) -> bool {
        self.known.get(key).is_none_or(|standing| {
            let touched = |input: &HostInput| changed.iter().any(|path| input.is_touched_by(path));
            standing.fingerprint != print || standing.inputs.iter().any(touched)
        })
    }

    /// A screen of its own, and why.
    fn begin(&self, changed: &[PathBuf]) -> Result<(), CliError> {
        let folder = Package::folder_of(self.environment, self.directory)?;
        let shown =
            |path: &PathBuf| printable(&path.strip_prefix(&folder).unwrap_or(path).to_string_lossy(), false);
        let mut names: Vec<String> = changed.iter().take(3).map(shown).collect();
        if changed.len() > names.len() {
            names.push(format!("{} more", changed.len() - names.len()));
        }
        let clear = if self.environment.stdout_is_terminal { "\u{1b}[2J\u{1b}[3J\u{1b}[H" } else { "" };
        output::result_line(&format!("{clear}changed: {}", names.join(", ")))
    }

    /// What of all tests is known now.
    fn end(&self, package: &Package, all: &[(Key, Arc<Test>)], again: usize) -> Result<(), CliError> {
        let standing: Vec<&Ended> =
            all.iter().filter_map(|(key, _)| self.known.get(key)).map(|standing| &standing.ended).collect();
        let kept = standing.len().saturating_sub(again);
        let kept = if kept > 0 { format!("; {kept} of them as before") } else { String::new() };
        let sum = format!("{}{kept}", counts(standing.iter().copied()));
        if let Some(file) = &self.args.junit {
            junit::write(&self.environment.current_dir.join(file), &package.name(), standing)?;
        }
        output::result_line(&sum)
    }
}

fn settings(package: &Package) -> Settings {
    ["pipe.toml", "pipe.lock"].map(|name| std::fs::read(package.folder().join(name)).ok())
}

/// Tests with what tells them apart.
fn keyed(tests: Vec<Arc<Test>>) -> Vec<(Key, Arc<Test>)> {
    let mut seen: BTreeMap<(Arc<str>, Arc<str>), usize> = BTreeMap::new();
    let key = |test: Arc<Test>| {
        let name = (test.origin.file.clone(), test.title.clone());
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        ((name.0, name.1, *count), test)
    };
    tests.into_iter().map(key).collect()
}

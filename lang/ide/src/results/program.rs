//! The program that results are looked for, as whoever evaluates it takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipe_analysis::inspect::Snapshot;
use pipe_analysis::typed;
use pipe_diagnostics::FileSpan;

/// Bytes of the files of a package up to which results are looked for: evaluating takes what checking takes, and nobody waits for this.
const LARGEST: usize = 1 << 20;

/// Items that are looked at in one file at most.
const MANY: usize = 100;

/// A program at one moment, apart from the checker that made it.
#[derive(Clone, Debug)]
pub struct Program {
    /// With the items of the standard library that it needs.
    pub typed: Arc<typed::Program>,
    /// The texts of its files, by the names that places have.
    pub texts: BTreeMap<Arc<str>, Arc<str>>,
    /// Its steps get a network only when they ask for one.
    pub network_off: bool,
    /// What of it can be run as it is.
    pub runnable: Vec<Runnable>,
}

/// An item that can be run as it is: a public function without parameters that must be given, or a public value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runnable {
    /// What it is called in the program.
    pub global: typed::Global,
    /// It is a `let`, not a function.
    pub is_value: bool,
    /// Its name.
    pub place: FileSpan,
}

/// The program, with what of its entry module and of these files can be run; `None` when there is nothing, or it is too large to be
/// evaluated unasked.
pub fn program(snapshot: &Snapshot, files: &BTreeSet<String>) -> Option<Program> {
    let own = snapshot.own_files().filter_map(|file| snapshot.source(file));
    if own.map(|text| text.len()).sum::<usize>() > LARGEST {
        return None;
    }
    let entry = snapshot.entry_file()?.clone();
    let typed = snapshot.program();
    let wanted = |module: &&Arc<typed::Module>| {
        module.in_root_package && (module.file == entry || files.contains(&*module.file))
    };
    let runnable: Vec<Runnable> =
        typed.modules.values().filter(wanted).flat_map(|module| of(module)).collect();
    if runnable.is_empty() {
        return None;
    }
    Some(Program { texts: snapshot.texts(), network_off: snapshot.network_off(), typed, runnable })
}

fn of(module: &typed::Module) -> Vec<Runnable> {
    let functions = module.functions.values().filter(|function| {
        let callable = function.params.iter().all(|param| param.default.is_some());
        function.public && callable && function.type_params.is_empty() && !function.has_errors
    });
    let functions = functions.map(|function| (&function.global, &function.origin, false));
    let values = module.lets.values().filter(|value| value.public && !value.has_errors);
    let values = values.map(|value| (&value.global, &value.origin, true));
    let runnable = |(global, origin, is_value): (&typed::Global, &typed::Origin, bool)| Runnable {
        global: global.clone(),
        is_value,
        place: origin.place(origin.name),
    };
    functions.chain(values).take(MANY).map(runnable).collect()
}

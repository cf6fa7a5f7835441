//! The tables against the standard library.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_analysis::typed::FunctionBody;
use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use pipe_ops::pure::is_pure;

use super::{ENTRIES, Entry, Kind, TABLES};

/// Kind, module and name of all that the standard library declares without a body.
fn declared() -> BTreeSet<(String, String, String)> {
    let system = Arc::new(MemorySystem::new().with("/main.pipe", ""));
    let root = PackageRoot::of_file(&*system, "/main.pipe".as_ref());
    let mut analysis = Analysis::new(system);
    analysis.check(&root, &[]);
    let mut declared = BTreeSet::new();
    for module in analysis.program().modules.values() {
        let mut add = |kind: Kind, name: &str| {
            declared.insert((format!("{kind:?}"), module.id.0.to_string(), name.to_owned()));
        };
        for function in module.functions.values().filter(|function| function.body == FunctionBody::Intrinsic)
        {
            add(Kind::Function, &function.global.name);
        }
        for found in module.lets.values().filter(|found| found.value.is_none()) {
            add(Kind::Let, &found.global.name);
        }
        for record in module.records.values().filter(|record| record.opaque) {
            for field in &record.fields {
                add(Kind::Field, &format!("{}.{}", record.global.name, field.name));
            }
        }
    }
    declared
}

#[test]
fn the_tables_have_what_the_standard_library_declares_and_nothing_else() {
    let declared = declared();
    let entries: BTreeSet<_> = ENTRIES
        .keys()
        .map(|(kind, module, name)| (format!("{kind:?}"), module.to_string(), name.to_string()))
        .collect();
    assert!(declared.len() > 150, "{}", declared.len());
    let missing: Vec<_> = declared.difference(&entries).collect();
    let needless: Vec<_> = entries.difference(&declared).collect();
    assert!(missing.is_empty() && needless.is_empty(), "missing {missing:#?}, needless {needless:#?}");
}

#[test]
fn no_two_rows_have_one_name() {
    let rows: usize = TABLES.iter().map(|(_, _, table)| table.len()).sum();
    assert_eq!(ENTRIES.len(), rows);
}

#[test]
fn pure_entries_are_pure_functions() {
    for (_, _, table) in TABLES {
        for (name, entry) in *table {
            if let Entry::Pure(function) = entry {
                assert!(is_pure(function), "{name}: {function}");
            }
        }
    }
}

//! The incremental database: inputs, and the queries from text to items.

mod inputs;
mod outline;
mod readings;
mod tree;

pub(crate) use inputs::{Imports, PackageFacts, Role, SourceFile, SourceModule, StdLibrary, Workspace};
pub(crate) use readings::{Readings, read_draft};
pub(crate) use tree::{
    ItemNode, imported, in_std, item_of, items, items_of, module_docs, module_of, module_of_file, parsed,
    written,
};

/// What a query needs from the database.
#[salsa::db]
pub(crate) trait Db: salsa::Database {
    /// What was read of the files that are being edited.
    fn readings(&self) -> &Readings;
}

/// The database.
#[salsa::db]
#[derive(Clone, Default)]
pub(crate) struct Database {
    storage: salsa::Storage<Self>,
    readings: Readings,
}

/// Something that the database did to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// A query was executed: its name and key.
    Executed(String),
    /// What a query gave earlier was found to hold still.
    Verified,
}

impl Database {
    /// A database that reports what it does: tests count it.
    pub(crate) fn observed(done: impl Fn(Work) + Send + Sync + 'static) -> Database {
        let callback = move |event: salsa::Event| match event.kind {
            salsa::EventKind::WillExecute { database_key } => {
                done(Work::Executed(format!("{database_key:?}")));
            }
            salsa::EventKind::DidValidateMemoizedValue { .. } => done(Work::Verified),
            _ => {}
        };
        Database { storage: salsa::Storage::new(Some(Box::new(callback))), readings: Readings::default() }
    }
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn readings(&self) -> &Readings {
        &self.readings
    }
}

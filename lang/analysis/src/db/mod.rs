//! The incremental database: inputs, and the queries from text to items.

mod inputs;
mod outline;
mod tree;

pub(crate) use inputs::{Imports, PackageFacts, Role, SourceFile, SourceModule, StdLibrary, Workspace};
pub(crate) use tree::{ItemNode, imported, item_of, items, items_of, module_docs, module_of, parse, parsed};

/// What a query needs from the database.
#[salsa::db]
pub(crate) trait Db: salsa::Database {}

/// The database.
#[salsa::db]
#[derive(Clone, Default)]
pub(crate) struct Database {
    storage: salsa::Storage<Self>,
}

impl Database {
    /// A database that reports each query it executes: tests count them.
    pub(crate) fn observed(executed: impl Fn(String) + Send + Sync + 'static) -> Database {
        let callback = move |event: salsa::Event| {
            if let salsa::EventKind::WillExecute { database_key } = event.kind {
                executed(format!("{database_key:?}"));
            }
        };
        Database { storage: salsa::Storage::new(Some(Box::new(callback))) }
    }
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {}

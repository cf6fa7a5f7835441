//! tar and zip archives, compressed or not.

use pipe_archive::{ArchivedFiles, UnpackFailure, Unpacking, unpack};

use crate::scratch::{LIMITS, with_store};

/// An archive is unpacked or refused for what it holds; the store never fails on it.
pub fn run(data: &[u8]) {
    with_store(|scratch| {
        let file = scratch.file(data);
        for root in [false, true] {
            let how = Unpacking { root, limits: LIMITS };
            refused_or(unpack(&scratch.store, &file, &how, &|| false).map(drop));
        }
        refused_or(ArchivedFiles::open(&scratch.store, &file, &LIMITS, &|| false).map(drop));
    });
}

fn refused_or(result: Result<(), UnpackFailure>) {
    match result {
        Ok(()) | Err(UnpackFailure::Content(_)) => {}
        Err(other) => panic!("{other:?}"),
    }
}

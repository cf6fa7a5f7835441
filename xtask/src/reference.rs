//! The pages of the standard library, written by the test that compares them.

use crate::repository;
use crate::run::{cargo, succeed};

/// Writes them.
pub(crate) fn run() -> Result<(), String> {
    let mut test = cargo();
    test.current_dir(repository::root())
        .args(["test", "-p", "pipe-doc", "--test", "library"])
        .env("UPDATE", "1");
    succeed(&mut test)
}

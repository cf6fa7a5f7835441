//! Sets this machine up and runs every test: the README's second command.
//!
//! As root the end-to-end tests run three times: as root, as a fresh ordinary user, and as one without subordinate ids. As
//! anybody else they run once. The last line is `N passed, N failed`.

mod binaries;
mod editors;
mod identity;
mod images;
mod outcome;
mod pre_commit;
mod setup;
mod skips;

pub(crate) use images::Registry;
pub(crate) use pre_commit::install as pre_commit;
pub(crate) use setup::install;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crate::repository;
use binaries::TestBinary;
use editors::Editors;
use identity::Identity;
use outcome::Tally;
use setup::is_root;

/// Packages whose integration tests drive the built binary.
const END_TO_END: &[&str] = &["pipe"];

pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let (unit, end_to_end) = match args {
        [] => (true, true),
        ["--unit"] => (true, false),
        ["--e2e"] => (false, true),
        ["--editors"] => return in_editors(),
        _ => return Err(format!("cargo xtask test takes --unit, --e2e or --editors, not {args:?}")),
    };
    setup::packages()?;
    // Mostly waiting for the network: beside the build.
    let images = end_to_end.then(|| std::thread::spawn(images::prepare));
    let editors = std::thread::spawn(move || Editors::prepare(end_to_end));
    let built = binaries::build()?;
    let editors =
        editors.join().unwrap_or_else(|_| Err("the thread that prepares editors panicked".to_owned()))?;
    let (driving, others): (Vec<_>, Vec<_>) = built.tests.iter().partition(|test| is_end_to_end(test));
    let mut total = Tally::default();
    if unit {
        for test in others {
            total += outcome::run(&mut test.command(), &test.title())?;
        }
        total += outcome::run(&mut binaries::doc_tests(), "doc tests")?;
        total += editors.unit()?;
    }
    if end_to_end {
        let root = repository::root();
        let mut staged = binaries::stage(&root, &built.pipe, &driving)?;
        staged.images = images.map_or(Ok(None), finished)?;
        staged.pre_commit = wanted("pre-commit", pre_commit::install(&staged.folder))?;
        for identity in identity::all()? {
            let tally = as_identity(&root, &identity, &staged)?;
            total += tally;
        }
        total += editors.end_to_end(&staged.pipe, &built.grammar, &staged.folder)?;
    }
    total.sum()
}

/// Only what drives editors.
fn in_editors() -> Result<(), String> {
    let built = binaries::build()?;
    let editors = Editors::prepare(true)?;
    let staged = binaries::stage(&repository::root(), &built.pipe, &[])?;
    let mut total = editors.unit()?;
    total += editors.end_to_end(&staged.pipe, &built.grammar, &staged.folder)?;
    total.sum()
}

/// Makes the images and prints where they are.
pub(crate) fn images() -> Result<(), String> {
    setup::packages()?;
    images::prepare().map(|storage| println!("{}", storage.display()))
}

/// The images, as far as they can be made: an ordinary user may lack what that needs, and then has fewer tests.
fn finished(images: JoinHandle<Result<PathBuf, String>>) -> Result<Option<PathBuf>, String> {
    wanted(
        "images for tests",
        images.join().unwrap_or_else(|_| Err("the thread that makes them panicked".to_owned())),
    )
}

/// What root must be able to prepare, and an ordinary user may lack.
fn wanted(what: &str, made: Result<PathBuf, String>) -> Result<Option<PathBuf>, String> {
    match made {
        Ok(path) => Ok(Some(path)),
        Err(reason) if is_root() => Err(format!("cannot make {what}: {reason}")),
        Err(reason) => {
            println!("no {what}: {reason}");
            Ok(None)
        }
    }
}

fn is_end_to_end(test: &TestBinary) -> bool {
    test.integration && END_TO_END.contains(&test.package.as_str())
}

/// Runs the end-to-end tests as one kind of user, and compares how many could not run.
fn as_identity(root: &Path, identity: &Identity, staged: &binaries::Staged) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for test in &staged.tests {
        let title = format!("{} as {}", test.display_name(), identity.name);
        tally += outcome::run(&mut identity.command(staged, &test.path), &title)?;
    }
    let skips = repository::read(root, Path::new(skips::FILE));
    let without_images = if staged.images.is_none() { skips::expected(&skips, "without-images")? } else { 0 };
    let without_pre_commit =
        if staged.pre_commit.is_none() { skips::expected(&skips, "without-pre-commit")? } else { 0 };
    let expected = skips::expected(&skips, identity.name)? + without_images + without_pre_commit;
    if tally.skipped != expected {
        println!(
            "FAILED {}: {} tests were skipped, {} says {expected}",
            identity.name,
            tally.skipped,
            skips::FILE
        );
        tally.failed += 1;
    }
    Ok(tally)
}

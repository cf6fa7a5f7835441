//! Images for the end-to-end tests: built on this machine, kept as the storage of Debian's `docker-registry`.
//!
//! Every test that needs one starts a registry of its own over the storage, read-only. The storage is kept between runs, under a name that
//! says what it was made from, outside the checkout: all checkouts share it, and other users can read it.

mod layers;
mod push;
mod recipes;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::setup::is_root;
use crate::run;
pub(crate) use push::Registry;
use push::Variant;

/// The texts that decide what the images are: others, other images.
const SOURCES: &[&str] = &[include_str!("layers.rs"), include_str!("recipes.rs"), layers::POSTGRES];

/// Makes the images, unless they are there; gives the storage of a registry that has them.
pub(super) fn prepare() -> Result<PathBuf, String> {
    let folder = folder()?;
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    // Two runs at once make them once.
    let lock = File::create(folder.join("lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let storage = folder.join(key());
    if !storage.exists() {
        let work = folder.join("work");
        let _ = fs::remove_dir_all(&work);
        build(&work)?;
        fs::rename(work.join("storage"), &storage).map_err(failed)?;
        fs::remove_dir_all(&work).map_err(failed)?;
    }
    Ok(storage)
}

/// Where the storage is kept: where other users can read it, when this is root.
fn folder() -> Result<PathBuf, String> {
    if is_root() {
        return Ok(PathBuf::from("/var/cache/pipe-test-images"));
    }
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")));
    caches.map(|caches| caches.join("pipe-test-images")).ok_or_else(|| "HOME is not set".to_owned())
}

fn key() -> String {
    let mut hasher = DefaultHasher::new();
    (SOURCES, std::env::consts::ARCH).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn build(work: &Path) -> Result<(), String> {
    let storage = work.join("storage");
    fs::create_dir_all(&storage).map_err(|error| format!("{}: {error}", storage.display()))?;
    let registry = Registry::start(work, &storage)?;
    let mut layers = layers::Builder::new(work);
    for image in recipes::all() {
        let own = std::iter::once((push::architecture(), image.layers));
        let others = image.others.iter().copied().filter(|(name, _)| *name != push::architecture());
        let built = own.chain(others).map(|(architecture, names)| {
            let layers = names.iter().map(|layer| layers.get(*layer)).collect::<Result<_, String>>()?;
            Ok(Variant { architecture, layers })
        });
        let built = built.collect::<Result<Vec<_>, String>>()?;
        for name in image.names {
            registry.push(name, &built, &image.config).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    drop(registry);
    run::succeed(Command::new("chmod").args(["-R", "a+rX"]).arg(&storage))
}

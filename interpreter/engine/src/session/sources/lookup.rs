//! What names that a lock pins stand for now: by the same ways as a run, whatever they are pinned to.

use pipe_fetch::{Remote, ResolvedName, Scratch, Shelf};
use pipe_ops::BlobDigest;
use pipe_registry::{Cancel, Files};
use pipe_store::Store;

use super::way::Ways;
use crate::failure::Cause;
use crate::{EngineOptions, FailureClass};

/// Asks servers what names are now.
pub struct Lookup {
    store: Store,
    ways: Ways,
    files: Files,
}

/// Why a name cannot be looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LookupError {
    /// Whose fault it is.
    pub class: FailureClass,
    /// What happened.
    pub reason: String,
    /// What to do, where that is known.
    pub help: Option<String>,
}

impl From<Cause> for LookupError {
    fn from(cause: Cause) -> LookupError {
        LookupError { class: cause.class, reason: cause.reason, help: cause.help }
    }
}

impl Lookup {
    /// By the ways that these options open. Their pins count for nothing.
    pub fn new(store: Store, options: &EngineOptions) -> Lookup {
        let ways = Ways::of(options);
        let files = Files::new(store.clone(), options.images.settings.clone(), ways.granted());
        Lookup { store, ways, files }
    }

    /// The content at a URL. It is fetched, and stays in the store.
    ///
    /// # Errors
    /// When it may not be asked for, or cannot be had.
    pub fn file(&self, url: &str) -> Result<BlobDigest, LookupError> {
        self.ways.check(url, false)?;
        let fetched = self.files.fetch(url, None, &[], &Cancel::default()).map_err(Cause::from)?;
        Ok(fetched.digest)
    }

    /// The commit that a branch or a tag, `URL#REFERENCE`, is. Nothing of it is fetched.
    ///
    /// # Errors
    /// When it may not be asked for, or is not there.
    pub fn commit(&self, name: &str) -> Result<ResolvedName, LookupError> {
        let (url, reference) = super::named(name).ok_or_else(|| {
            Cause::usage(format!("`{name}` in pipe.lock is not of the form `URL#REFERENCE`"))
        })?;
        let scratch = self.scratch()?;
        let folder = scratch.empty("names").map_err(Cause::from)?;
        let remote = Remote::new(self.ways.git(url)?);
        let found = remote.resolve(&folder, url, reference).map_err(Cause::from)?;
        Ok(found.ok_or_else(|| super::no_such_name(url, reference))?)
    }

    fn scratch(&self) -> Result<Scratch, Cause> {
        Ok(Shelf::new(self.store.dir().join("packages")).scratch()?)
    }
}

//! What names that a lock pins stand for now: by the same ways as a run, whatever they are pinned to.

use std::io::Read;

use pipe_fetch::{Remote, ResolvedName, Scratch, Shelf};
use pipe_ops::BlobDigest;
use pipe_registry::{Cancel, Files, FilesError};
use pipe_store::Store;

use super::way::Ways;
use crate::failure::Cause;
use crate::{EngineOptions, FailureClass};

/// Bytes of a file that are looked at for what it is.
const PAGE_BEGIN: u64 = 512;

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
    /// The server wants to know who asks.
    pub needs_secret: bool,
}

impl From<Cause> for LookupError {
    fn from(cause: Cause) -> LookupError {
        LookupError { class: cause.class, reason: cause.reason, help: cause.help, needs_secret: false }
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
        let fetched = self.files.fetch(url, None, &[], &Cancel::default()).map_err(|error| {
            let needs_secret = matches!(error, FilesError::Unauthorized { .. });
            LookupError { needs_secret, ..Cause::from(error).into() }
        })?;
        Ok(fetched.digest)
    }

    /// Whether a file that was fetched is a page for a browser, by its first bytes: what many a server sends to whom it does not know.
    /// One that the store does not have is none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_page(&self, digest: BlobDigest) -> Result<bool, LookupError> {
        let Some(file) = self.files.stored(digest).map_err(Cause::from)? else { return Ok(false) };
        let opened = self.store.open_file(&file).map_err(Cause::from)?;
        let mut begin = Vec::new();
        let read = opened.take(PAGE_BEGIN).read_to_end(&mut begin);
        read.map_err(|error| Cause::machine(format!("cannot read what was fetched: {error}")))?;
        let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&begin).trim_ascii_start();
        let is = |tag: &str| {
            begin.get(..tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()))
        };
        Ok(is("<!doctype html") || is("<html"))
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
        let found = remote.resolve(&folder, url, reference).map_err(|error| {
            let needs_secret = super::checkout::needs_login(&error);
            LookupError { needs_secret, ..Cause::from(error).into() }
        })?;
        Ok(found.ok_or_else(|| super::no_such_name(url, reference))?)
    }

    fn scratch(&self) -> Result<Scratch, Cause> {
        Ok(Shelf::new(self.store.dir().join("packages")).scratch()?)
    }
}

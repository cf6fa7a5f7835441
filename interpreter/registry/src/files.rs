//! Files of web servers.

use std::io::{self, Read, Write};
use std::sync::Arc;

use pipe_ops::{BlobDigest, Digest, StepKey};
use pipe_store::{FileRef, Store, StoreError, Stored};
use sha2::{Digest as _, Sha256};
use ureq::Body;
use ureq::http::Response;
use zeroize::Zeroizing;

use crate::http::{Client, Endpoint, Failure, Granted, Request, Url};
use crate::image::fact_key;
use crate::reference::{parse_digest, show_digest};
use crate::{Cancel, Credentials, Settings};

/// Permission bits of a file that was fetched.
const MODE: u32 = 0o644;
/// Bytes of the largest file.
const LARGEST: u64 = 64 << 30;
/// How often a file is begun anew whose download broke off.
const ATTEMPTS: u32 = 4;

/// Files of web servers, in a store.
pub struct Files {
    store: Store,
    client: Client,
    granted: Granted,
    largest: u64,
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// The file.
    pub file: FileRef,
    /// SHA-256 of its content.
    pub digest: BlobDigest,
}

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The URL cannot be fetched from, whatever is there.
    #[error("{0}")]
    Url(String),
    /// There is no such file.
    #[error("there is no file at {0}")]
    Absent(String),
    /// It is another one than it should be.
    #[error("{url} is not what it should be: its SHA-256 is {found}, and it should be {wanted}")]
    Altered {
        /// Where it is.
        url: String,
        /// What came.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// It could not be fetched.
    #[error("cannot fetch {url}: {reason}")]
    Unreachable {
        /// Where it is.
        url: String,
        /// What happened.
        reason: String,
    },
    /// Its server gives it only to those that it knows.
    #[error("cannot fetch {url}: {reason}")]
    Unauthorized {
        /// Where it is.
        url: String,
        /// What happened.
        reason: String,
    },
    /// Nobody waits for it any more.
    #[error("cancelled")]
    Cancelled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why one attempt came to nothing.
enum Stopped {
    /// It may be tried again.
    Broken(String),
    Error(FilesError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::Error(error.into())
    }
}

impl Files {
    /// Over a store. Addresses that are not public are reached where `granted` says so.
    pub fn new(store: Store, settings: Settings, granted: Granted) -> Files {
        let client = Client::new(settings, Arc::new(Credentials::default()));
        Files { store, client, granted, largest: LARGEST }
    }

    /// With another size of the largest file, in bytes.
    pub fn with_largest(self, largest: u64) -> Files {
        Files { largest, ..self }
    }

    /// The file of this content, if it was fetched before, from wherever.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stored(&self, digest: BlobDigest) -> Result<Option<FileRef>, StoreError> {
        Ok(match self.store.lookup_op(file_key(digest))? {
            Some(Stored::File(file)) => Some(file),
            _ => None,
        })
    }

    /// What was at a URL when it was last fetched without a digest.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_fetched(&self, url: &str) -> Result<Option<BlobDigest>, StoreError> {
        let fact: Option<(String, _)> = self.store.fact(fact_key("url", url))?;
        Ok(fact.and_then(|(text, _)| parse_digest(&text)))
    }

    /// Fetches a file; of a `wanted` content, only that. Headers with their values are for the server that the URL names, and for nobody that it sends
    /// us to.
    ///
    /// # Errors
    /// When it is not there, not what is wanted, too large, or no server gives it.
    pub fn fetch(
        &self,
        url: &str,
        wanted: Option<BlobDigest>,
        headers: &[(String, Zeroizing<String>)],
        cancel: &Cancel,
    ) -> Result<Downloaded, FilesError> {
        let parsed = Url::parse(url).ok_or_else(|| {
            FilesError::Url(format!(
                "`{url}` cannot be fetched: write `https://HOST/PATH`, without a user name"
            ))
        })?;
        if wanted.is_none() && !parsed.is_private() {
            let message = format!(
                "{url}: over plain http anybody could send anything; give its `sha256:`, or use https"
            );
            return Err(FilesError::Url(message));
        }
        if !headers.is_empty() && !parsed.is_private() {
            let message = format!("{url}: over plain http anybody could read the secret; use https");
            return Err(FilesError::Url(message));
        }
        let mut attempt = 1;
        loop {
            match self.attempt(url, &parsed, wanted, headers, cancel) {
                Ok(downloaded) => {
                    let digest = downloaded.digest;
                    self.store.record_op(file_key(digest), &Stored::File(downloaded.file.clone()))?;
                    if wanted.is_none() {
                        self.store.put_fact(fact_key("url", url), &show_digest(digest), &[])?;
                    }
                    return Ok(downloaded);
                }
                Err(Stopped::Error(error)) => return Err(error),
                Err(Stopped::Broken(_)) if cancel.is_cancelled() => return Err(FilesError::Cancelled),
                Err(Stopped::Broken(reason)) if attempt == ATTEMPTS => {
                    let reason = format!("the download broke off: {reason} ({ATTEMPTS} attempts)");
                    return Err(FilesError::Unreachable { url: url.to_owned(), reason });
                }
                Err(Stopped::Broken(_)) => {
                    cancel.sleep(self.client.settings.pause * 3u32.pow(attempt - 1));
                    attempt += 1;
                }
            }
        }
    }

    fn attempt(
        &self,
        shown: &str,
        url: &Url,
        wanted: Option<BlobDigest>,
        headers: &[(String, Zeroizing<String>)],
        cancel: &Cancel,
    ) -> Result<Downloaded, Stopped> {
        let endpoint = Endpoint::named(url, self.granted.clone());
        let request = Request::get(&endpoint, url.clone(), "*/*").confidential(headers);
        let unreachable = |reason: String| FilesError::Unreachable { url: shown.to_owned(), reason };
        let response = self.client.send(&request, cancel).map_err(|failure| match failure {
            Failure::Absent => FilesError::Absent(shown.to_owned()),
            Failure::Cancelled => FilesError::Cancelled,
            failure @ Failure::Unauthorized { .. } => {
                FilesError::Unauthorized { url: shown.to_owned(), reason: failure.shown() }
            }
            other => unreachable(other.shown()),
        });
        let response = response.map_err(Stopped::Error)?;
        let too_large =
            || Stopped::Error(unreachable(format!("it is larger than {} MiB", self.largest >> 20)));
        let announced = length(&response);
        if announced.is_some_and(|length| length > self.largest) {
            return Err(too_large());
        }
        let mut body = response.into_body().into_with_config().limit(self.largest + 1).reader();
        let mut digest = BlobDigest::of(b"");
        let file = self.store.make_file(MODE, |to| {
            let (hash, size) = self.copy(&mut body, to, cancel)?;
            if size > self.largest {
                return Err(too_large());
            }
            if announced.is_some_and(|length| length != size) {
                return Err(Stopped::Broken(format!("it ended after {size} bytes")));
            }
            digest = hash;
            match wanted.filter(|wanted| *wanted != hash) {
                None => Ok(()),
                Some(wanted) => Err(Stopped::Error(FilesError::Altered {
                    url: shown.to_owned(),
                    found: hash.to_string(),
                    wanted: wanted.to_string(),
                })),
            }
        })?;
        Ok(Downloaded { file, digest })
    }

    /// Writes all that comes; its digest and its size.
    fn copy(
        &self,
        from: &mut impl Read,
        to: &mut dyn Write,
        cancel: &Cancel,
    ) -> Result<(BlobDigest, u64), Stopped> {
        let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 128 << 10]);
        loop {
            if cancel.is_cancelled() {
                return Err(Stopped::Error(FilesError::Cancelled));
            }
            let count = match from.read(&mut buffer) {
                Ok(0) => return Ok((BlobDigest(Digest(hash.finalize().into())), size)),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Stopped::Broken(error.to_string())),
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            hash.update(bytes);
            size += count as u64;
            to.write_all(bytes).map_err(|error| StoreError::io("write", self.store.dir(), error))?;
        }
    }
}

/// What a server says that it sends.
fn length(response: &Response<Body>) -> Option<u64> {
    response.headers().get("content-length")?.to_str().ok()?.trim().parse().ok()
}

/// Under which key a file of a content is kept.
fn file_key(digest: BlobDigest) -> StepKey {
    StepKey(fact_key("file", &digest.to_string()))
}

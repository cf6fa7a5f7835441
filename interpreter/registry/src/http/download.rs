//! Downloading a blob: going on after what there is, also of an earlier process.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ureq::BodyReader;
use ureq::http::Response;

use super::client::{ATTEMPTS, Client};
use super::{Endpoint, Failure, Request};
use crate::Cancel;
use crate::manifest::Descriptor;

/// A blob as a stream. What came is kept beside the store until the blob is whole and verified, so that a later download, also
/// another process's, goes on after it.
pub(crate) struct Download<'a> {
    client: &'a Client,
    endpoint: &'a Endpoint,
    blob: &'a Descriptor,
    cancel: &'a Cancel,
    part: Part,
    at: u64,
    body: Option<BodyReader<'static>>,
    failures: u32,
    /// Why it ended, for whoever gets only an [`io::Error`] through a decoder.
    failure: Option<Failure>,
}

/// The file of what came.
struct Part {
    path: PathBuf,
    file: File,
    len: u64,
}

impl<'a> Download<'a> {
    /// Of a blob that an endpoint has. `part` is the file that keeps what came.
    pub(crate) fn new(
        client: &'a Client,
        endpoint: &'a Endpoint,
        blob: &'a Descriptor,
        part: &Path,
        cancel: &'a Cancel,
    ) -> io::Result<Download<'a>> {
        let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(part)?;
        // Whoever prunes the store leaves it alone meanwhile.
        file.lock_shared()?;
        let len = file.metadata()?.len();
        let part = Part { path: part.to_path_buf(), file, len };
        if part.len > blob.size {
            // Not of this blob.
            part.file.set_len(0)?;
        }
        let part = Part { len: part.file.metadata()?.len(), ..part };
        let mut download =
            Download { client, endpoint, blob, cancel, part, at: 0, body: None, failures: 0, failure: None };
        // It is read from its beginning, and then appended to.
        io::Seek::rewind(&mut download.part.file)?;
        Ok(download)
    }

    /// Why reading failed.
    pub(crate) fn failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// What came is not wanted any more: it is whole, or wrong.
    pub(crate) fn forget(&self) {
        let _ = std::fs::remove_file(&self.part.path);
    }

    fn fail(&mut self, failure: Failure) -> io::Error {
        let error = io::Error::other(failure.shown());
        self.failure = Some(failure);
        error
    }

    fn open(&mut self) -> io::Result<()> {
        let url = self.endpoint.at("blobs", &self.blob.digest);
        let mut request = Request::get(self.endpoint, url, "*/*");
        if self.at > 0 {
            request = request.header("Range", format!("bytes={}-", self.at));
        }
        let response = self.client.send(&request, self.cancel).map_err(|failure| self.fail(failure))?;
        let skip = match start_of(&response) {
            // The whole blob, though only a part was wanted.
            None => self.at,
            Some(start) if start <= self.at => self.at - start,
            Some(_) => {
                return Err(self.fail(Failure::Wrong("it sent another part than was asked for".into())));
            }
        };
        // An endless body is cut where the blob has to end.
        let most = self.blob.size.saturating_sub(self.at).saturating_add(skip).saturating_add(1);
        let mut body = response.into_body().into_with_config().limit(most).reader();
        match io::copy(&mut (&mut body).take(skip), &mut io::sink()) {
            Ok(_) => self.body = Some(body),
            Err(error) => self.broken(&error)?,
        }
        Ok(())
    }

    /// A connection broke. What came counts as a success: only standing still is given up.
    fn broken(&mut self, error: &io::Error) -> io::Result<()> {
        self.body = None;
        self.failures += 1;
        if self.failures >= ATTEMPTS {
            let (have, all) = (self.at, self.blob.size);
            return Err(self.fail(Failure::Passing(format!(
                "the download broke off after {have} of {all} bytes: {error} ({ATTEMPTS} attempts)"
            ))));
        }
        self.cancel.sleep(self.client.settings.pause * 3u32.pow(self.failures - 1));
        Ok(())
    }
}

impl Read for Download<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at < self.part.len {
            let count = self.part.file.read(buffer)?;
            if count > 0 {
                self.at += count as u64;
                return Ok(count);
            }
        }
        loop {
            if self.cancel.is_cancelled() {
                return Err(self.fail(Failure::Cancelled));
            }
            if self.at >= self.blob.size || buffer.is_empty() {
                return Ok(0);
            }
            if self.body.is_none() {
                self.open()?;
            }
            let Some(body) = self.body.as_mut() else { continue };
            let most = usize::try_from(self.blob.size - self.at).unwrap_or(usize::MAX).min(buffer.len());
            match body.read(buffer.get_mut(..most).unwrap_or_default()) {
                Ok(0) => self.broken(&io::Error::from(io::ErrorKind::UnexpectedEof))?,
                Ok(count) => {
                    self.part.file.write_all(buffer.get(..count).unwrap_or_default())?;
                    self.at += count as u64;
                    self.failures = 0;
                    return Ok(count);
                }
                Err(error) => self.broken(&error)?,
            }
        }
    }
}

/// The first byte of a partial answer.
fn start_of<B>(response: &Response<B>) -> Option<u64> {
    if response.status() != 206 {
        return None;
    }
    let range = response.headers().get("content-range")?.to_str().ok()?;
    range.trim().strip_prefix("bytes")?.trim_start().split('-').next()?.parse().ok()
}

//! Sending a blob: in one piece, going on after what arrived when the connection breaks, and in smaller pieces where a large one is
//! refused.

use std::fs::File;
use std::time::Duration;

use ureq::Body;
use ureq::http::{Method, Response};

use super::client::{ATTEMPTS, Again, Client, judge};
use super::url::Url;
use super::{Content, Endpoint, Failure, Request};
use crate::Cancel;
use crate::manifest::ACCEPTED;

/// Bytes of a piece, where a registry or what stands before it takes no large ones.
const PIECE: u64 = 32 << 20;

/// What is sent, and where to.
struct Upload<'a> {
    client: &'a Client,
    endpoint: &'a Endpoint,
    /// `sha256:…`
    digest: &'a str,
    file: &'a File,
    size: u64,
    cancel: &'a Cancel,
    /// The most that is sent at once.
    piece: u64,
    failures: u32,
}

/// Why a piece did not arrive.
enum Broken {
    /// The upload goes on where it got to, after this time at least.
    Resume(Option<Duration>, String),
    /// The upload is gone; a new one is begun.
    Restart(String),
    /// It was too large.
    TooLarge,
    For(Failure),
}

/// Sends a blob. `begun` is where it is sent to, if the registry said that already.
pub(crate) fn upload(
    client: &Client,
    endpoint: &Endpoint,
    (digest, size): (&str, u64),
    file: &File,
    begun: Option<Url>,
    cancel: &Cancel,
) -> Result<(), Failure> {
    let mut upload = Upload { client, endpoint, digest, file, size, cancel, piece: u64::MAX, failures: 0 };
    let mut begun = begun;
    loop {
        let to = match begun.take() {
            Some(url) => url,
            None => upload.begin()?,
        };
        match upload.send(to) {
            Ok(()) => return Ok(()),
            Err(Broken::Restart(reason)) => upload.failed(None, &reason)?,
            Err(Broken::Resume(least, reason)) => upload.failed(least, &reason)?,
            Err(Broken::TooLarge) => {
                return Err(Failure::Wrong("it takes no pieces of this size (413 Payload Too Large)".into()));
            }
            Err(Broken::For(failure)) => return Err(failure),
        }
        // Perhaps only the answer was lost.
        if upload.is_there()? {
            return Ok(());
        }
    }
}

impl Upload<'_> {
    fn begin(&self) -> Result<Url, Failure> {
        let url = self.endpoint.at("blobs", "uploads/");
        let request = Request::send(self.endpoint, Method::POST, url.clone(), Content::Bytes(b""));
        let response = self.client.send(&request, self.cancel)?;
        location(&url, &response)
    }

    fn is_there(&self) -> Result<bool, Failure> {
        exists(self.client, self.endpoint, ("blobs", self.digest), self.cancel)
    }

    /// Sends all of it, piece after piece.
    fn send(&mut self, mut to: Url) -> Result<(), Broken> {
        let mut at = 0;
        while at < self.size {
            if self.cancel.is_cancelled() {
                return Err(Broken::For(Failure::Cancelled));
            }
            let len = self.piece.min(self.size - at);
            match self.patch(&to, at, len) {
                Ok(next) => {
                    to = next;
                    at += len;
                    self.failures = 0;
                }
                Err(Broken::TooLarge) if self.piece > PIECE && len > PIECE => {
                    self.piece = PIECE;
                    let (next, arrived) = self.status(&to)?;
                    (to, at) = (next, arrived);
                }
                Err(Broken::Resume(least, reason)) => {
                    self.failed(least, &reason).map_err(Broken::For)?;
                    let (next, arrived) = self.status(&to)?;
                    if arrived > at {
                        self.failures = 0;
                    }
                    (to, at) = (next, arrived);
                }
                Err(other) => return Err(other),
            }
        }
        self.finish(&to)
    }

    fn patch(&self, to: &Url, at: u64, len: u64) -> Result<Url, Broken> {
        let body = Content::Section(self.file, at, len);
        let mut request = Request::send(self.endpoint, Method::PATCH, to.clone(), body)
            .header("Content-Type", "application/octet-stream");
        // Several registries know of no ranges, so one piece that is all goes without.
        if len < self.size {
            request = request.header("Content-Range", format!("{at}-{}", at + len - 1));
        }
        let response = self.client.answer(&request).map_err(broken)?;
        match response.status().as_u16() {
            413 => Err(Broken::TooLarge),
            404 => Err(Broken::Restart("it forgot the upload".into())),
            416 => Err(Broken::Resume(None, "it answered 416 Range Not Satisfiable".into())),
            _ => {
                let response = judge(response).map_err(broken)?;
                location(to, &response).map_err(Broken::For)
            }
        }
    }

    /// Where the upload goes on, and how many bytes arrived.
    fn status(&self, to: &Url) -> Result<(Url, u64), Broken> {
        let request = Request::get(self.endpoint, to.clone(), "*/*");
        let response = match self.client.send(&request, self.cancel) {
            Ok(response) => response,
            Err(Failure::Absent) => return Err(Broken::Restart("it forgot the upload".into())),
            Err(failure) => return Err(Broken::For(failure)),
        };
        let range = response.headers().get("range").and_then(|range| range.to_str().ok());
        let last =
            range.and_then(|range| range.trim_start_matches("bytes=").split_once('-')?.1.parse::<u64>().ok());
        // `0-0` is said of nothing as well as of one byte; sending one again is an error, so it is begun anew.
        match last {
            Some(last) if last > 0 && last < self.size => {
                Ok((location(to, &response).unwrap_or_else(|_| to.clone()), last + 1))
            }
            _ => Err(Broken::Restart("nothing of it arrived".into())),
        }
    }

    fn finish(&self, to: &Url) -> Result<(), Broken> {
        let glue = if to.rest.contains('?') { '&' } else { '?' };
        let url = Url { rest: format!("{}{glue}digest={}", to.rest, self.digest), ..to.clone() };
        let request = Request::send(self.endpoint, Method::PUT, url, Content::Bytes(b""));
        match self.client.send(&request, self.cancel) {
            Ok(_) => Ok(()),
            Err(Failure::Absent) => Err(Broken::Restart("it forgot the upload".into())),
            Err(failure) => Err(Broken::For(failure)),
        }
    }

    /// Counts a failure, and waits; too many without anything that arrived between them are the end.
    fn failed(&mut self, least: Option<Duration>, reason: &str) -> Result<(), Failure> {
        self.failures += 1;
        let settings = &self.client.settings;
        if self.failures >= ATTEMPTS {
            return Err(Failure::Passing(format!("the upload broke off: {reason} ({ATTEMPTS} attempts)")));
        }
        let pause = settings.pause * 3u32.pow(self.failures - 1);
        let wait = least.unwrap_or(pause).max(pause);
        if wait > settings.longest_pause {
            return Err(Failure::Passing(format!("{reason}, and wants to be left alone for {wait:?}")));
        }
        self.cancel.sleep(wait);
        if self.cancel.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }
}

fn broken(again: Again) -> Broken {
    match again {
        Again::After(least, reason) => Broken::Resume(least, reason),
        Again::No(failure) => Broken::For(failure),
    }
}

/// Whether a registry has a blob or a manifest of this name.
pub(crate) fn exists(
    client: &Client,
    endpoint: &Endpoint,
    (kind, name): (&str, &str),
    cancel: &Cancel,
) -> Result<bool, Failure> {
    let request = Request::head(endpoint, endpoint.at(kind, name), ACCEPTED);
    match client.send(&request, cancel) {
        Ok(_) => Ok(true),
        Err(Failure::Absent) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Where a registry says that it goes on.
pub(crate) fn location(asked: &Url, response: &Response<Body>) -> Result<Url, Failure> {
    let location = response.headers().get("location").and_then(|value| value.to_str().ok());
    let url = location.and_then(|location| asked.join(location));
    let url = url.ok_or_else(|| Failure::Wrong("it does not say where the upload goes on".into()))?;
    if asked.is_private() && !url.is_private() {
        let host = &url.host;
        return Err(Failure::Wrong(format!("it wants the upload over plain http ({host})")));
    }
    Ok(url)
}

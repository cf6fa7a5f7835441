//! What is asked of a registry.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use ureq::http::Method;

use zeroize::Zeroizing;

use super::Endpoint;
use super::url::Url;

/// A request that can be sent again as it is.
pub(crate) struct Request<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Headers for the endpoint itself, and for nobody that it sends us to.
    pub(crate) confidential: &'a [(String, Zeroizing<String>)],
    pub(crate) body: Content<'a>,
}

/// What is sent.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// The method has nothing to send.
    None,
    /// These bytes, perhaps none.
    Bytes(&'a [u8]),
    /// A part of a file: where it begins, and its bytes.
    Section(&'a File, u64, u64),
}

impl<'a> Request<'a> {
    /// Asks for something of these media types.
    pub(crate) fn get(endpoint: &'a Endpoint, url: Url, accept: &str) -> Request<'a> {
        Request {
            endpoint,
            method: Method::GET,
            url,
            headers: vec![("Accept", accept.to_owned())],
            confidential: &[],
            body: Content::None,
        }
    }

    /// Asks whether something is there.
    pub(crate) fn head(endpoint: &'a Endpoint, url: Url, accept: &str) -> Request<'a> {
        Request { method: Method::HEAD, ..Request::get(endpoint, url, accept) }
    }

    /// Sends something.
    pub(crate) fn send(endpoint: &'a Endpoint, method: Method, url: Url, body: Content<'a>) -> Request<'a> {
        Request { endpoint, method, url, headers: Vec::new(), confidential: &[], body }
    }

    /// With headers that nobody but the endpoint may see.
    pub(crate) fn confidential(self, confidential: &'a [(String, Zeroizing<String>)]) -> Request<'a> {
        Request { confidential, ..self }
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Request<'a> {
        self.headers.push((name, value.into()));
        self
    }
}

/// A part of a file as a stream, whatever else reads the file.
pub(super) struct Section<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Section<'_> {
    pub(super) fn new(file: &File, at: u64, left: u64) -> Section<'_> {
        Section { file, at, left }
    }
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read_at(buffer.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

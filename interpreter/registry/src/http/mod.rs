//! Speaking with registries: requests, authentication, trying again, going on where a download stopped.

mod challenge;
mod client;
mod download;
mod endpoint;
mod failure;
mod reach;
mod request;
mod token;
mod upload;
mod url;

pub(crate) use client::Client;
pub(crate) use download::Download;
pub(crate) use endpoint::Endpoint;
pub(crate) use failure::Failure;
pub use reach::Granted;
pub(crate) use request::{Content, Request};
pub(crate) use upload::{exists, location, upload};
pub(crate) use url::Url;

//! Trying a login.

use std::sync::Arc;

use super::Images;
use super::stopped::Tried;
use crate::http::{Client, Endpoint, Request};
use crate::{Cancel, Credentials, Login, Reference, RegistryError, Settings};

impl Images {
    /// Whether a registry takes a login.
    ///
    /// # Errors
    /// When it does not, or cannot be reached.
    pub fn try_login(
        registry: &str,
        login: &Login,
        settings: &Settings,
        cancel: &Cancel,
    ) -> Result<(), RegistryError> {
        let reference =
            Reference { registry: registry.to_owned(), repository: String::new(), tag: None, digest: None };
        let credentials = Credentials::only(registry, login.clone());
        let client = Client::new(settings.clone(), Arc::new(credentials));
        let endpoints = Endpoint::all(&reference, settings)?;
        let Some(endpoint) = endpoints.last() else { return Ok(()) };
        let mut url = endpoint.url.clone();
        url.rest = "/v2/".to_owned();
        let request = Request { endpoint, url, accept: "*/*", from: 0 };
        match client.send(&request, cancel) {
            Ok(_) => Ok(()),
            Err(failure) => {
                let mut tried = Tried::new(registry.to_owned());
                tried.failures.push((endpoint.shown(), failure));
                Err(tried.into_error(&reference))
            }
        }
    }
}

//! Trying a login.

use std::sync::Arc;

use super::Images;
use crate::http::{Client, Endpoint, Failure, Request};
use crate::{Cancel, Credentials, ErrorKind, Login, Reference, RegistryError, Settings};

impl Images {
    /// Whether a registry takes a login. `false`: it never asked for one, so the login was not looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when it does not take it; another kind when it cannot be asked.
    pub fn try_login(
        registry: &str,
        login: &Login,
        settings: &Settings,
        cancel: &Cancel,
    ) -> Result<bool, RegistryError> {
        let reference =
            Reference { registry: registry.to_owned(), repository: String::new(), tag: None, digest: None };
        let credentials = Credentials::only(registry, login.clone());
        let client = Client::new(settings.clone(), Arc::new(credentials));
        // Itself: a mirror has a name, and credentials, of its own.
        let endpoint = Endpoint::own(&reference, settings.of(registry))?;
        let mut url = endpoint.url.clone();
        url.rest = "/v2/".to_owned();
        match client.send(&Request::get(&endpoint, url, "*/*"), cancel) {
            Ok(_) => Ok(client.was_asked()),
            Err(failure) => Err(refused(registry, &endpoint, &failure)),
        }
    }
}

fn refused(registry: &str, endpoint: &Endpoint, failure: &Failure) -> RegistryError {
    let (shown, said) = (endpoint.shown(), failure.shown());
    if let Failure::Unauthorized { .. } = failure {
        return RegistryError::new(
            ErrorKind::Refused,
            format!("`{registry}` does not take this login: {shown}: {said}"),
        )
        .help("look at the user name and the password; many registries want an access token in the password's place");
    }
    let error =
        RegistryError::new(ErrorKind::Unreachable, format!("cannot log in to `{registry}`: {shown}: {said}"));
    error.help(format!(
        "a registry without TLS stands in the user configuration: `[registry.\"{registry}\"] plain_http = true`"
    ))
}

//! Why an endpoint was left, and what is said when all were.

use pipe_archive::UnpackFailure;

use crate::http::Failure;

use crate::{ErrorKind, Reference, RegistryError};

/// What asking all endpoints came to.
pub(crate) struct Tried {
    what: String,
    pub(crate) failures: Vec<(String, Failure)>,
}

/// Why one endpoint was left.
pub(crate) enum Stopped {
    /// Another one may do better.
    Here(Failure),
    /// None will.
    Everywhere(RegistryError),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Stopped {
        match failure {
            Failure::Cancelled => Stopped::Everywhere(RegistryError::cancelled()),
            other => Stopped::Here(other),
        }
    }
}

impl From<RegistryError> for Stopped {
    fn from(error: RegistryError) -> Stopped {
        Stopped::Everywhere(error)
    }
}

impl From<pipe_store::StoreError> for Stopped {
    fn from(error: pipe_store::StoreError) -> Stopped {
        Stopped::Everywhere(error.into())
    }
}

pub(crate) fn altered(what: &str, wanted: &str, found: &str) -> Stopped {
    Stopped::Here(Failure::Wrong(format!("{what} {wanted} is not what it should be: it came as {found}")))
}

pub(crate) fn bad_layer(reference: &Reference, digest: &str, failure: UnpackFailure) -> Stopped {
    match failure {
        UnpackFailure::Content(reason) => {
            let message = format!("a layer of {reference} ({digest}) is refused: {reason}");
            Stopped::Everywhere(RegistryError::malformed(message))
        }
        UnpackFailure::Read(error) => Stopped::Here(Failure::Passing(error.to_string())),
        UnpackFailure::Store(error) => Stopped::Everywhere(error.into()),
    }
}

impl Tried {
    pub(crate) fn new(what: String) -> Tried {
        Tried { what, failures: Vec::new() }
    }

    /// What was tried, and which setting helps.
    pub(crate) fn into_error(self, reference: &Reference) -> RegistryError {
        let Tried { what, failures } = self;
        let list: Vec<String> =
            failures.iter().map(|(endpoint, failure)| format!("{endpoint}: {}", failure.shown())).collect();
        let list = list.join("; ");
        let registry = &reference.registry;
        if failures.iter().all(|(_, failure)| matches!(failure, Failure::Absent)) {
            let message = format!("there is no image {what} ({list})");
            return RegistryError::new(ErrorKind::Absent, message)
                .help("look at its name and its tag; private images may need `pipe login`");
        }
        let error = RegistryError::new(ErrorKind::Unreachable, format!("cannot get {what}: {list}"));
        let unauthorized =
            failures.iter().any(|(_, failure)| matches!(failure, Failure::Unauthorized { .. }));
        error.help(if unauthorized {
            format!("log in with `pipe login {registry}`, or give the registry a `credential_helper` in the user configuration")
        } else {
            format!(
                "run again to go on from what is there; a mirror or a registry without TLS stands in the user configuration: \
                 `[registry.\"{registry}\"] mirrors = [\"http://host:port\"]`, `plain_http = true`"
            )
        })
    }
}

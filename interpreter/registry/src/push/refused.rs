//! What is said when something could not be sent.

use crate::http::{Endpoint, Failure};
use crate::{ErrorKind, Reference, RegistryError};

/// What was to be done.
#[derive(Clone, Copy)]
pub(super) enum Doing {
    Push,
    Attach,
}

pub(super) fn refused(doing: Doing, to: &Reference, endpoint: &Endpoint, failure: Failure) -> RegistryError {
    let (doing, login) = match doing {
        Doing::Push => ("push", ", or give `push` an `auth:`"),
        Doing::Attach => ("attach a file to", ""),
    };
    let (registry, shown) = (&to.registry, endpoint.shown());
    let message = format!("cannot {doing} {to}: {shown}: {}", failure.shown());
    match failure {
        Failure::Cancelled => RegistryError::cancelled(),
        Failure::Unauthorized { .. } => RegistryError::new(ErrorKind::Refused, message).help(format!(
            "log in with `pipe login {registry}`{login}; whoever that is must be allowed to write to `{}`",
            to.repository
        )),
        Failure::Absent => {
            let message = format!("cannot {doing} {to}: {shown} has no repository `{}`", to.repository);
            RegistryError::new(ErrorKind::Absent, message)
                .help("look at its name; some registries want a repository to be made before anything is pushed to it")
        }
        Failure::Passing(_) | Failure::Wrong(_) => {
            RegistryError::new(ErrorKind::Unreachable, message).help(format!(
                "run again: what arrived is not sent again; a registry without TLS stands in the user configuration: \
                 `[registry.\"{registry}\"] plain_http = true`"
            ))
        }
    }
}

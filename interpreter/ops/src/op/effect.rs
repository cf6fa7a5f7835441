//! What is done to the world.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Account, Arg, Exec};
use crate::Output;

/// Something that is done to the world, in its place among others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// What people call it.
    pub name: Arc<str>,
    /// What is done.
    pub act: Act,
    /// What has to succeed before: earlier effects, checks that gate it.
    pub after: Vec<Output>,
    /// It is done also when the run is stopped, if what it comes after had begun.
    pub cleanup: bool,
}

/// What is done to the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Run a command that changes the world.
    Perform(Exec),
    /// Write a folder or a file to the host.
    Export {
        /// What is written.
        source: Output,
        /// It is a file rather than a folder.
        is_file: bool,
        /// Where: a path relative to the package.
        path: String,
    },
    /// Wait for so long: a duration.
    Sleep(Arg),
    /// Ask a person, and go on only with a yes: a text.
    Approve(Arg),
    /// Tell a person: a text.
    Notify(Arg),
    /// Run a service until it is stopped, with ports of this machine's loopback that lead to it.
    Up {
        /// The service.
        service: Output,
        /// Ports of this machine, and the service's; the service's own ports when there are none.
        ports: Vec<(u16, u16)>,
    },
    /// Send an image to a registry.
    Push {
        /// The image: an [`ImageDigests`](crate::ImageDigests)' value.
        image: Output,
        /// What it is to be called there: a text.
        reference: Arg,
        /// How the registry knows who sends it; what Docker's configuration holds when `None`.
        auth: Option<Account>,
    },
    /// Put an image into the container engine of this machine.
    Load {
        /// The image: an [`ImageDigests`](crate::ImageDigests)' value.
        image: Output,
        /// What it is to be called there: a text.
        reference: Arg,
    },
    /// Attach a file to an image that is in a registry.
    Attach {
        /// The image's reference: a text.
        image: Arg,
        /// The media type of what is attached: a text.
        media_type: Arg,
        /// The file.
        file: Output,
    },
}

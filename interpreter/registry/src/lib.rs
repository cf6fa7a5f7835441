//! Images from registries and archives, and files of web servers: found, verified and unpacked into the store; and images out of it: assembled,
//! pushed, saved.
//!
//! **Invariant.** Nothing reaches the store under a name before its digest was checked. Reads no environment, never prints;
//! credentials go only to the host they are stored for, and in clear text only to this machine.

mod archived;
mod assemble;
mod cancel;
mod config;
mod credentials;
mod error;
mod fetch;
mod files;
mod http;
mod image;
mod load;
mod manifest;
mod origin;
mod parallel;
mod pins;
mod platform;
mod push;
mod reference;
mod save;
mod settings;

pub use assemble::{ConfigChanges, ImageSpec};
pub use cancel::Cancel;
pub use credentials::{Credentials, Login, LoginError, docker_key};
pub use error::{ErrorKind, RegistryError};
pub use fetch::{Fetched, Images};
pub use files::{Downloaded, Files, FilesError};
pub use http::Granted;
pub use image::Image;
pub use pins::{Pin, PinError, PinKind, Pins};
pub use pipe_archive::Limits;
pub use push::Pushed;
pub use reference::{Reference, ReferenceError, parse_digest, registry_name, show_digest};
pub use save::SavedImage;
pub use settings::{Proxies, RegistrySettings, Settings};

//! How secrets are given to commands and servers.

use serde::{Deserialize, Serialize};

use super::Arg;
use crate::Output;

/// A user of a registry or another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user's name: a text.
    pub username: Arg,
    /// The password: a secret.
    pub password: Output,
}

/// A secret that a web server is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHeader {
    /// The header's name.
    pub name: String,
    /// What stands before the secret in it: `Bearer `.
    pub prefix: String,
    /// The secret.
    pub secret: Output,
}

/// A secret that a command is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretUse {
    /// The secret.
    pub secret: Output,
    /// How it is given.
    pub given: SecretGiven,
    /// It counts by what the command has it as, and not by its value: another value gives the same result.
    pub by_name: bool,
}

/// How a command is given a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretGiven {
    /// In a variable of its environment.
    Env(String),
    /// In a file in memory.
    File {
        /// The absolute path, normalised.
        path: String,
        /// Permission bits.
        mode: u32,
        /// `user[:group]`, by name or number; the command's own user when `None`.
        owner: Option<String>,
    },
    /// As the password for a registry, in a configuration of Docker.
    Login {
        /// The registry.
        registry: String,
        /// The user's name there.
        username: Arg,
    },
}

/// Permission bits of a file with a secret when none are given.
pub const SECRET_MODE: u32 = 0o400;

//! How a server knows who asks: a name and a password for one host, told to `git` where nobody else sees it.

use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

/// A name and a password for one server.
#[derive(Clone)]
pub struct Login {
    /// Scheme, host and port.
    origin: String,
    header: Arc<Zeroizing<String>>,
}

impl Login {
    /// For a server by its scheme, host and port: `https://example.com`.
    pub fn new(origin: &str, username: &str, password: &[u8]) -> Login {
        let pair = Zeroizing::new([username.as_bytes(), b":", password].concat());
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*pair));
        let header = Zeroizing::new(format!("Authorization: Basic {}", encoded.as_str()));
        Login { origin: origin.to_owned(), header: Arc::new(header) }
    }

    /// Gives it to `git` as a setting that holds for the server alone. Settings in the environment are seen by the user and nobody else, arguments by
    /// all.
    pub(crate) fn give(&self, command: &mut Command) {
        command
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("http.{}/.extraHeader", self.origin))
            .env("GIT_CONFIG_VALUE_0", self.header.as_str());
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({}, ***)", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_setting_for_one_server_and_no_argument() {
        let login = Login::new("https://h:1", "me", b"hunter2");
        assert_eq!(format!("{login:?}"), "Login(https://h:1, ***)");
        let mut command = Command::new("git");
        login.give(&mut command);
        assert_eq!(command.get_args().len(), 0);
        let set: Vec<_> = command.get_envs().filter_map(|(_, value)| value?.to_str()).collect();
        assert_eq!(set, ["1", "http.https://h:1/.extraHeader", "Authorization: Basic bWU6aHVudGVyMg=="]);
    }
}

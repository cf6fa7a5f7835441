//! Passwords for registries, as tools read them that know Docker's configuration.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pipe_registry::docker_key;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Secret, SecretBytes};

/// Docker's configuration, as far as it is about logins.
#[derive(Serialize)]
struct Config<'a> {
    auths: BTreeMap<&'a str, Auth>,
}

#[derive(Serialize)]
struct Auth {
    auth: Zeroizing<String>,
}

/// The configuration file with these logins: registry, user, password. Of several for one registry the last counts.
pub(crate) fn docker_config<'a>(logins: impl Iterator<Item = (&'a str, &'a str, &'a Secret)>) -> SecretBytes {
    let auth = |username: &str, password: &Secret| {
        let password = password.bytes().without_line_end();
        let login = Zeroizing::new([username.as_bytes(), b":", password.expose()].concat());
        Auth { auth: Zeroizing::new(BASE64_STANDARD.encode(&*login)) }
    };
    let auths = logins.map(|(registry, username, password)| (docker_key(registry), auth(username, password)));
    let config = Config { auths: auths.collect() };
    let room =
        config.auths.iter().map(|(registry, auth)| 2 * registry.len() + auth.auth.len() + 32).sum::<usize>();
    let mut text = Vec::with_capacity(room + 32);
    // Texts by texts, into memory: nothing of it can fail.
    let _ = serde_json::to_writer(&mut text, &config);
    SecretBytes::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipe_ops::Digest;

    #[test]
    fn it_is_what_docker_writes() {
        let secret = |text: &str| {
            Secret::new("x".into(), SecretBytes::new(text.as_bytes().to_vec()), Digest::of(b""), false)
        };
        let (one, two) = (secret("hunter2\n"), secret("x\"y"));
        let logins = [("ghcr.io", "me", &two), ("docker.io", "me", &one), ("ghcr.io", "you", &one)];
        let config = docker_config(logins.into_iter());
        assert_eq!(
            String::from_utf8_lossy(config.expose()),
            "{\"auths\":{\"ghcr.io\":{\"auth\":\"eW91Omh1bnRlcjI=\"},\
             \"https://index.docker.io/v1/\":{\"auth\":\"bWU6aHVudGVyMg==\"}}}"
        );
    }
}

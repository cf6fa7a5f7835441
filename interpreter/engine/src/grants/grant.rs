//! Grants as they are written: `file:PATH`, `secret:NAME`, `net:host`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::path::written;
use crate::NetworkPlace;

/// Something beyond its own folder that a package is allowed, or asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// `file:PATH`: read this file, or this folder with all below it. Absolute, links followed.
    File(PathBuf),
    /// `env:NAME`: read a variable of the environment, as plain text.
    Env(String),
    /// `secret:NAME`, `secret:file:PATH`: use a secret.
    Secret(SecretPlace),
    /// `net:WHERE`: `host` is the host's own network; else an address, or a range of them, that is not public.
    Net(String),
    /// `export:PATH`: write this file, or this folder and below it. Absolute, links followed.
    Export(PathBuf),
    /// `volume:GROUP`: use the cache volumes that all packages of this group have together.
    Volume(String),
    /// `load`: put images into the local container engine.
    Load,
    /// `ssh-agent`: use the user's SSH agent.
    SshAgent,
    /// `git:HOST`: read the repositories of a host as the user, with the user's keys and passwords.
    Git(String),
    /// `privileged`: run steps with every capability inside their namespaces.
    Privileged,
    /// `short-secrets`: use secrets that are too short to be masked.
    ShortSecrets,
    /// `setting:KEY=VALUE`: a setting of `pipe.toml` that chooses where data comes from or goes to.
    Setting(String),
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretPlace {
    /// A variable of the environment.
    Env(String),
    /// A file. Absolute, links followed.
    File(PathBuf),
    /// What a command prints. Only the user can name one, on the command line or in the configuration.
    Command(String),
}

/// A text is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a grant")]
pub struct GrantError(String);

impl GrantError {
    /// What can be granted, for people.
    pub const KINDS: &str = "`file:PATH`, `env:NAME`, `secret:NAME`, `secret:file:PATH`, `net:host`, `net:ADDRESS`, \
                             `export:PATH`, `git:HOST`, `volume:GROUP`, `load`, `privileged`, `ssh-agent`, `short-secrets` and `setting:KEY=VALUE` can be granted";
}

impl Grant {
    /// Reads a grant. Relative paths start in `base`; `~` is `home`. Nothing is opened.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, base: &Path, home: Option<&Path>) -> Result<Grant, GrantError> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let grant = match (kind, rest) {
            ("load", "") => Grant::Load,
            ("privileged", "") => Grant::Privileged,
            ("ssh-agent", "") => Grant::SshAgent,
            ("short-secrets", "") => Grant::ShortSecrets,
            (_, "") => return Err(GrantError(text.to_owned())),
            ("file", path) => Grant::File(written(path, base, home)),
            ("export", path) => Grant::Export(written(path, base, home)),
            ("env", name) => Grant::Env(name.to_owned()),
            ("git", host) => Grant::Git(host.to_ascii_lowercase()),
            ("volume", group) => Grant::Volume(group.to_owned()),
            ("net", place) => match place.parse::<NetworkPlace>() {
                Ok(_) => Grant::Net(place.to_owned()),
                Err(_) => return Err(GrantError(text.to_owned())),
            },
            ("setting", setting) if setting.contains('=') => Grant::Setting(setting.to_owned()),
            ("secret", source) if !source.contains(':') => Grant::Secret(SecretPlace::Env(source.to_owned())),
            ("secret", source) => match SecretPlace::parse(source, base, home) {
                Some(SecretPlace::Command(_)) | None => return Err(GrantError(text.to_owned())),
                Some(place) => Grant::Secret(place),
            },
            _ => return Err(GrantError(text.to_owned())),
        };
        Ok(grant)
    }

    /// Whether who has this one has `other`, too.
    pub fn covers(&self, other: &Grant) -> bool {
        match (self, other) {
            (Grant::File(granted), Grant::File(asked))
            | (Grant::Export(granted), Grant::Export(asked))
            | (Grant::Secret(SecretPlace::File(granted)), Grant::Secret(SecretPlace::File(asked))) => {
                asked.starts_with(granted)
            }
            (Grant::Net(granted), Grant::Net(asked)) => match (granted.parse(), asked.parse()) {
                (Ok::<NetworkPlace, _>(granted), Ok::<NetworkPlace, _>(asked)) => granted.covers(&asked),
                _ => granted == asked,
            },
            _ => self == other,
        }
    }

    /// The flag that grants it, as a shell takes it.
    pub fn flag(&self) -> String {
        flag_of(std::slice::from_ref(self))
    }

    /// In words, for a person who has to decide.
    pub fn meaning(&self) -> String {
        match self {
            Grant::File(path) => format!("read {}", path.display()),
            Grant::Env(name) => format!("read the environment variable {name}"),
            Grant::Secret(SecretPlace::Env(name)) => {
                format!("use the environment variable {name} as a secret")
            }
            Grant::Secret(SecretPlace::File(path)) => format!("use {} as a secret", path.display()),
            Grant::Secret(SecretPlace::Command(command)) => {
                format!("use what `{command}` prints as a secret")
            }
            Grant::Net(place) if place == "host" => "use the network of this machine itself".to_owned(),
            Grant::Net(place) => format!("connect to {place}"),
            Grant::Export(path) => format!("write {}", path.display()),
            Grant::Volume(group) => {
                format!("share the cache volumes of the group {group} with other packages")
            }
            Grant::Git(host) => format!("read repositories of {host} as you, with your keys and passwords"),
            Grant::Load => "put images into the local container engine".to_owned(),
            Grant::Privileged => {
                "run steps with every capability inside their namespaces: the kernel alone keeps them in"
                    .to_owned()
            }
            Grant::SshAgent => "use your SSH agent".to_owned(),
            Grant::ShortSecrets => {
                "use secrets that are too short to be masked in what steps print".to_owned()
            }
            Grant::Setting(setting) => format!("set {setting}"),
        }
    }
}

/// The flag that grants all of these.
pub(super) fn flag_of(grants: &[Grant]) -> String {
    let list: Vec<String> = grants.iter().map(|grant| grant.to_string().replace(',', "\\,")).collect();
    let list = list.join(",");
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    match list.chars().all(plain) {
        true => format!("--allow {list}"),
        false => format!("--allow '{}'", list.replace('\'', "'\\''")),
    }
}

impl SecretPlace {
    /// Reads `env:NAME`, `file:PATH` or `cmd:COMMAND`; `None` for anything else.
    pub fn parse(source: &str, base: &Path, home: Option<&Path>) -> Option<SecretPlace> {
        match source.split_once(':')? {
            (_, "") => None,
            ("env", name) => Some(SecretPlace::Env(name.to_owned())),
            ("file", path) => Some(SecretPlace::File(written(path, base, home))),
            ("cmd", command) => Some(SecretPlace::Command(command.to_owned())),
            _ => None,
        }
    }
}

/// As [`Grant::parse`] reads it.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grant::File(path) => write!(f, "file:{}", path.display()),
            Grant::Env(name) => write!(f, "env:{name}"),
            Grant::Secret(SecretPlace::Env(name)) => write!(f, "secret:{name}"),
            Grant::Secret(SecretPlace::File(path)) => write!(f, "secret:file:{}", path.display()),
            Grant::Secret(SecretPlace::Command(command)) => write!(f, "secret:cmd:{command}"),
            Grant::Net(place) => write!(f, "net:{place}"),
            Grant::Export(path) => write!(f, "export:{}", path.display()),
            Grant::Volume(group) => write!(f, "volume:{group}"),
            Grant::Git(host) => write!(f, "git:{host}"),
            Grant::Load => f.write_str("load"),
            Grant::Privileged => f.write_str("privileged"),
            Grant::SshAgent => f.write_str("ssh-agent"),
            Grant::ShortSecrets => write!(f, "short-secrets"),
            Grant::Setting(setting) => write!(f, "setting:{setting}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Grant, GrantError> {
        Grant::parse(text, Path::new("/base"), Some(Path::new("/home/me")))
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "file:/a/b",
            "env:HOME",
            "secret:TOKEN",
            "secret:file:/run/secret",
            "net:host",
            "net:10.0.0.0/8",
            "net:[fd00::1]",
            "export:/out",
            "volume:team",
            "load",
            "git:git.corp",
            "privileged",
            "ssh-agent",
            "setting:registry.docker.io.mirrors=http://127.0.0.1:5000",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "file",
            "file:",
            "volume:",
            "secret:",
            "secret:cmd:ls",
            "secret:x:y",
            "load:x",
            "setting:x",
            "magic:x",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn short_forms_mean_the_long_ones() {
        assert_eq!(parse("secret:env:TOKEN"), parse("secret:TOKEN"));
        assert_eq!(parse("secret:file:~/.ssh/id").unwrap().to_string(), "secret:file:/home/me/.ssh/id");
        assert_eq!(parse("file:../x").unwrap(), Grant::File("/x".into()));
        assert_eq!(parse("file:~other/x").unwrap(), Grant::File("/base/~other/x".into()));
    }

    #[test]
    fn a_folder_covers_what_is_below_it_and_nothing_else() {
        let covers = |granted: &str, asked: &str| parse(granted).unwrap().covers(&parse(asked).unwrap());
        assert!(covers("file:/a", "file:/a/b"));
        assert!(!covers("file:/a", "file:/ab"));
        assert!(!covers("file:/a", "secret:file:/a/b"));
        assert!(!covers("file:/a", "export:/a/b"));
        assert!(!covers("env:X", "secret:X"));
        assert!(!covers("net:host", "net:10.0.0.1"));
        assert!(covers("net:10.0.0.0/8", "net:10.0.0.1:443"));
    }

    #[test]
    fn flags_can_be_given_to_a_shell() {
        assert_eq!(parse("env:X").unwrap().flag(), "--allow env:X");
        assert_eq!(parse("file:/a b,c").unwrap().flag(), "--allow 'file:/a b\\,c'");
    }
}

//! Docker's `config.json`. What is not about credentials stays as it is.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{HUB, Login, LoginError, docker_key};

/// Names that tools have kept a registry's credentials under.
fn names(registry: &str) -> Vec<String> {
    let mut names = vec![docker_key(registry).to_owned()];
    let hosts: &[&str] =
        if registry == HUB { &[HUB, "index.docker.io", "registry-1.docker.io"] } else { &[registry] };
    for host in hosts {
        for name in [host.to_string(), format!("https://{host}"), format!("http://{host}")] {
            names.extend([name.clone(), format!("{name}/"), format!("{name}/v1/"), format!("{name}/v2/")]);
        }
    }
    names
}

/// The file.
#[derive(Default)]
pub(super) struct ConfigFile {
    path: PathBuf,
    json: Map<String, Value>,
}

impl ConfigFile {
    /// Reads it; one that is not there is empty.
    pub(super) fn read(path: &Path) -> Result<ConfigFile, LoginError> {
        let wrong = |reason: String| LoginError(format!("cannot read {}: {reason}", path.display()));
        let json = match fs::read(path) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => Map::new(),
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(wrong(error.to_string())),
        };
        Ok(ConfigFile { path: path.to_path_buf(), json })
    }

    /// The helper that knows a registry's credentials.
    pub(super) fn helper(&self, registry: &str) -> Option<String> {
        let helpers = self.json.get("credHelpers").and_then(Value::as_object);
        let own =
            helpers.and_then(|helpers| names(registry).iter().find_map(|name| helpers.get(name)?.as_str()));
        let any = || self.json.get("credsStore").and_then(Value::as_str).filter(|name| !name.is_empty());
        own.or_else(any).map(str::to_owned)
    }

    /// The credentials that stand in it.
    pub(super) fn login(&self, registry: &str) -> Result<Option<Login>, LoginError> {
        let Some(auths) = self.json.get("auths").and_then(Value::as_object) else { return Ok(None) };
        let Some(entry) = names(registry).iter().find_map(|name| auths.get(name)) else { return Ok(None) };
        let text = |field: &str| entry.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(token) = text("identitytoken") {
            return Ok(Some(Login::IdentityToken(Zeroizing::new(token.to_owned()))));
        }
        if let (Some(username), Some(password)) = (text("username"), text("password")) {
            let password = Zeroizing::new(password.to_owned());
            return Ok(Some(Login::Password { username: username.to_owned(), password }));
        }
        let Some(auth) = text("auth") else { return Ok(None) };
        let wrong = || {
            LoginError(format!(
                "the credentials of `{registry}` in {} cannot be read; log in again with `pipe login {registry}`",
                self.path.display()
            ))
        };
        let bytes = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth)).map_err(|_| wrong())?;
        let pair = Zeroizing::new(String::from_utf8(bytes).map_err(|_| wrong())?);
        let (username, password) = pair.split_once(':').ok_or_else(wrong)?;
        let password = Zeroizing::new(password.trim_end_matches('\0').to_owned());
        Ok(Some(Login::Password { username: username.to_owned(), password }))
    }

    pub(super) fn insert(&mut self, registry: &str, login: &Login) {
        self.remove(registry);
        let entry = match login {
            Login::Password { username, password } => {
                json!({ "auth": STANDARD.encode(format!("{username}:{}", **password)) })
            }
            Login::IdentityToken(token) => json!({ "auth": "", "identitytoken": **token }),
        };
        let auths = self.json.entry("auths").or_insert_with(|| json!({}));
        if !auths.is_object() {
            *auths = json!({});
        }
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(docker_key(registry).to_owned(), entry);
        }
    }

    /// Takes the credentials of a registry out; whether there were any.
    pub(super) fn remove(&mut self, registry: &str) -> bool {
        let Some(auths) = self.json.get_mut("auths").and_then(Value::as_object_mut) else { return false };
        let count = auths.len();
        for name in names(registry) {
            auths.shift_remove(&name);
        }
        auths.len() < count
    }

    /// Writes it beside and renames it into place, readable by nobody else. A link is followed.
    pub(super) fn write(&self) -> Result<PathBuf, LoginError> {
        let place = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let written = self.write_at(&place);
        written.map_err(|error| LoginError(format!("cannot write {}: {error}", place.display())))?;
        Ok(place)
    }

    fn write_at(&self, place: &Path) -> io::Result<()> {
        if let Some(folder) = place.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let beside = place.with_extension(format!("json.{}", std::process::id()));
        let bytes = Zeroizing::new(serde_json::to_vec_pretty(&self.json)?);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let written = file.write_all(&bytes).and_then(|()| fs::rename(&beside, place));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn parse(text: &str) -> ConfigFile {
        ConfigFile { path: PathBuf::new(), json: serde_json::from_str(text).unwrap() }
    }

    fn shown(file: &ConfigFile, registry: &str) -> Option<String> {
        Some(match file.login(registry).unwrap()? {
            Login::Password { username, password } => format!("{username} {}", *password),
            Login::IdentityToken(token) => format!("token {}", *token),
        })
    }

    #[test]
    fn credentials_are_found_under_the_names_that_tools_use() {
        let auth = STANDARD.encode("me:p:w");
        let file = parse(&format!(
            r#"{{"auths":{{"https://index.docker.io/v1/":{{"auth":"{auth}"}},"https://ghcr.io":{{"identitytoken":"t"}},
               "plain":{{"username":"u","password":"p"}},"empty":{{}},"broken":{{"auth":"?"}}}},
               "credsStore":"all","credHelpers":{{"gcr.io":"gcloud"}}}}"#
        ));
        assert_eq!(shown(&file, "docker.io").as_deref(), Some("me p:w"));
        assert_eq!(shown(&file, "ghcr.io").as_deref(), Some("token t"));
        assert_eq!(shown(&file, "plain").as_deref(), Some("u p"));
        assert_eq!(shown(&file, "empty"), None);
        assert_eq!(shown(&file, "other"), None);
        assert!(file.login("broken").is_err());
        assert_eq!(file.helper("gcr.io").as_deref(), Some("gcloud"));
        assert_eq!(file.helper("other").as_deref(), Some("all"));
    }

    #[test]
    fn what_is_not_about_credentials_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker/config.json");
        let mut file = ConfigFile::read(&path).unwrap();
        file.json.insert("psFormat".into(), json!("table"));
        let password = Zeroizing::new("secret".to_owned());
        file.insert("docker.io", &Login::Password { username: "me".into(), password });
        file.write().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut read = ConfigFile::read(&path).unwrap();
        assert_eq!(shown(&read, "docker.io").as_deref(), Some("me secret"));
        assert!(read.remove("docker.io"));
        assert!(!read.remove("docker.io"));
        read.write().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("psFormat") && !text.contains("index.docker.io"), "{text}");
    }
}

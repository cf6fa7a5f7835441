//! Docker's credential helpers: programs that speak JSON (docker/docker-credential-helpers).

use std::io::Write;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Login, LoginError};

/// The user name that says that the password is an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(rename = "ServerURL", default)]
    server: String,
    username: String,
    secret: String,
}

/// Asks a helper; `None` when it has nothing.
pub(super) fn get(helper: &str, server: &str) -> Result<Option<Login>, LoginError> {
    let output = match call(helper, "get", server.as_bytes()) {
        Ok(output) => output,
        // How all of them say it.
        Err(Refused::Said(text)) if text.contains("credentials not found") => return Ok(None),
        Err(refused) => return Err(refused.into_error(helper)),
    };
    let entry: Entry = serde_json::from_slice(&output).map_err(|error| {
        LoginError(format!("docker-credential-{helper} did not answer with JSON: {error}"))
    })?;
    let secret = Zeroizing::new(entry.secret);
    Ok(Some(match entry.username.as_str() {
        TOKEN_USER => Login::IdentityToken(secret),
        _ => Login::Password { username: entry.username, password: secret },
    }))
}

/// Has a helper keep a login.
pub(super) fn store(helper: &str, server: &str, login: &Login) -> Result<(), LoginError> {
    let (username, secret) = match login {
        Login::Password { username, password } => (username.clone(), password.to_string()),
        Login::IdentityToken(token) => (TOKEN_USER.to_owned(), token.to_string()),
    };
    let entry = Entry { server: server.to_owned(), username, secret };
    let json = serde_json::to_vec(&entry).map(Zeroizing::new);
    drop(Zeroizing::new(entry.secret));
    let json = json.map_err(|error| LoginError(error.to_string()))?;
    call(helper, "store", &json).map(drop).map_err(|refused| refused.into_error(helper))
}

/// Has a helper forget a login.
pub(super) fn erase(helper: &str, server: &str) -> Result<(), LoginError> {
    call(helper, "erase", server.as_bytes()).map(drop).map_err(|refused| refused.into_error(helper))
}

enum Refused {
    Name,
    Missing(std::io::Error),
    Said(String),
}

impl Refused {
    fn into_error(self, helper: &str) -> LoginError {
        LoginError(match self {
            Refused::Name => format!("`{}` is not the name of a credential helper", helper.escape_debug()),
            Refused::Missing(error) => format!("cannot run docker-credential-{helper}: {error}"),
            Refused::Said(text) => format!("docker-credential-{helper}: {text}"),
        })
    }
}

fn call(helper: &str, action: &str, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if helper.is_empty() || !helper.bytes().all(plain) {
        return Err(Refused::Name);
    }
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg(action)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Refused::Missing)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read its input says so by its exit.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output().map_err(Refused::Missing)?;
    let stdout = Zeroizing::new(output.stdout);
    if output.status.success() {
        return Ok(stdout);
    }
    // Never more of it than a line: it may hold what it should not.
    let said = [stdout.as_slice(), output.stderr.as_slice()].into_iter().find_map(|bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    });
    Err(Refused::Said(said.unwrap_or_else(|| format!("it ended with {}", output.status))))
}

//! A constant in a variable that is called like a secret.

use pipe_diagnostics::Diagnostic;

use super::frame::{Seen, variables};
use super::item::Operation;
use crate::place::Finding;

/// Ends of names that stand for a secret.
const SECRETS: [&str; 8] =
    ["TOKEN", "PASSWORD", "PASSWD", "SECRET", "APIKEY", "PASSPHRASE", "CREDENTIALS", "KEY"];
/// Words before `KEY` that make it a name of something else.
const OTHER_KEYS: [&str; 9] =
    ["PUBLIC", "CACHE", "SORT", "PRIMARY", "FOREIGN", "PARTITION", "HOST", "INDEX", "SITE"];
/// Values that switch something.
const SWITCHES: [&str; 10] = ["", "true", "false", "yes", "no", "on", "off", "0", "1", "none"];

/// `.env("API_TOKEN", "abc")`, also in a map.
pub(super) fn look(call: &Operation<'_, '_>, found: &mut Vec<Finding>) {
    for (name, value) in variables(call.frame, call.name(), call.args) {
        pair(call, &name, &value, found);
    }
}

fn pair(call: &Operation<'_, '_>, name: &Seen<'_>, value: &Seen<'_>, found: &mut Vec<Finding>) {
    let (Some(variable), Some(text)) = (name.text(), value.text()) else { return };
    if !is_secret(&variable) || !is_value(&text) {
        return;
    }
    let message = format!("`{variable}` is called like a secret, and its value stands in the program");
    let place = value.frame.node.place(call.frame.db, value.expr.span);
    let found_here = Diagnostic::warning("secret-in-env", message, place);
    found.push(found_here.help(format!(
        "take it as a parameter of type `Secret`, and write `.secret_env(\"{variable}\", …)`"
    )));
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.rsplit('_');
    let last = words.next().unwrap_or_default();
    match last {
        "KEY" => words.next().is_some_and(|before| !OTHER_KEYS.contains(&before)),
        // `PGPASSWORD`, `NPMTOKEN`.
        _ => SECRETS.iter().any(|secret| *secret != "KEY" && last.ends_with(secret)),
    }
}

/// A path, a switch or a reference to another variable keeps no secret.
fn is_value(text: &str) -> bool {
    let path = text.starts_with(['/', '.', '~', '$']);
    !path && !SWITCHES.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in
            ["API_TOKEN", "PGPASSWORD", "db_password", "AWS_SECRET_ACCESS_KEY", "SSH_KEY", "NPM_TOKEN"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["KEY", "CACHE_KEY", "PUBLIC_KEY", "KEYBOARD", "TOKEN_URL", "PASSWORD_FILE", "MONKEY"] {
            assert!(!is_secret(name), "{name}");
        }
        for value in ["", "yes", "/run/key", "~/.key"] {
            assert!(!is_value(value), "{value}");
        }
        assert!(is_value("hunter2"));
    }
}

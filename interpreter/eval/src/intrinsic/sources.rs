//! What comes from elsewhere: files of web servers, and repositories.

use pipe_ops::{Account, Arg, Op, Output, SecretHeader};

use super::repos::arg;
use super::{Call, Entry, Table, named};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: Table = &[("git", Entry::Run(git)), ("http", Entry::Run(http))];

fn git(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (url, reference) = (arg(machine, call, 0)?, arg(machine, call, 1)?);
    let submodules = call.bool(machine, 2)?;
    let account = match token(machine, call, 3)? {
        None => None,
        Some(password) => Some(Account { username: arg(machine, call, 4)?, password }),
    };
    let site = call.site(machine);
    machine.add_main(Op::Checkout { url, reference, submodules, account }, &site).map(Value::Dir)
}

fn http(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let url = arg(machine, call, 0)?;
    let site = call.site(machine);
    let sha256 = match call.optional(machine, 1)?.cloned() {
        None => None,
        Some(sha256) => Some(machine.arg(&sha256, &site)?),
    };
    if let Some(Arg::Const(datum)) = &sha256
        && let Some(text) = datum.as_text().filter(|text| !is_digest(text))
    {
        let shown: String = text.chars().take(80).collect();
        let message = format!("`{shown}` is not a SHA-256 digest");
        let help = "it has 64 hexadecimal digits: what `sha256sum FILE` prints first";
        return Err(error::invalid(message, call.arg_place(1)).help(help));
    }
    let headers = headers(machine, call)?;
    machine.add_main(Op::Http { url, sha256, headers }, &site).map(Value::File)
}

/// What the server is told: a token as most take it, and headers by their names.
fn headers(machine: &Machine, call: &Call<'_>) -> Result<Vec<SecretHeader>> {
    let bearer = |secret| SecretHeader { name: "Authorization".into(), prefix: "Bearer ".into(), secret };
    let mut headers: Vec<SecretHeader> = token(machine, call, 2)?.into_iter().map(bearer).collect();
    for (name, value) in named(machine, call, 3)? {
        let Value::Secret(secret) = value else { return Err(call.unusable(machine, 3)) };
        if !is_header(&name) {
            let message = format!("`{}` is not the name of a header", name.escape_debug());
            let help = "one has letters, digits and `-`: `PRIVATE-TOKEN`; what says how a request is sent is not among them";
            return Err(error::invalid(message, call.arg_place(3)).help(help));
        }
        if headers.iter().any(|header| header.name.eq_ignore_ascii_case(&name)) {
            let message = format!("the header `{name}` is there twice");
            return Err(
                error::invalid(message, call.arg_place(3)).help("`token:` is the header `Authorization`")
            );
        }
        headers.push(SecretHeader { name: name.to_string(), prefix: String::new(), secret });
    }
    Ok(headers)
}

fn token(machine: &Machine, call: &Call<'_>, index: usize) -> Result<Option<Output>> {
    match call.optional(machine, index)? {
        None => Ok(None),
        Some(Value::Secret(secret)) => Ok(Some(*secret)),
        Some(_) => Err(call.unusable(machine, index)),
    }
}

/// Headers that say how a request is sent, which is not for a pipeline to say.
const OF_THE_REQUEST: [&str; 9] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
];

fn is_header(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_free = |lower: &String| !OF_THE_REQUEST.contains(&lower.as_str());
    !name.is_empty() && name.bytes().all(plain) && is_free(&name.to_ascii_lowercase())
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

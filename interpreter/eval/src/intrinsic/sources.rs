//! What comes from elsewhere: files of web servers, and repositories.

use pipe_ops::{Arg, Op};

use super::repos::arg;
use super::{Call, Entry, Table};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: Table = &[("git", Entry::Run(git)), ("http", Entry::Run(http))];

fn git(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let (url, reference) = (arg(machine, call, 0)?, arg(machine, call, 1)?);
    let submodules = call.bool(machine, 2)?;
    let site = call.site(machine);
    machine.add_main(Op::Checkout { url, reference, submodules }, &site).map(Value::Dir)
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
    machine.add_main(Op::Http { url, sha256 }, &site).map(Value::File)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

//! Files and repositories from elsewhere.

use std::sync::Arc;

use pipe_ops::{Account, Arg, BlobDigest, Digest, Op, SecretHeader};
use zeroize::Zeroizing;

use super::image::Found;
use super::{Inputs, OpContext};
use crate::Value;
use crate::failure::Cause;
use crate::results::NodeResult;
use crate::session::{SecretHeaders, SourceStanding, UsedAccount, WantedCommit};

/// What is known of a source without asking anybody; `None` when the op is none.
pub(crate) fn find(context: &OpContext, op: &Op, inputs: &Inputs) -> Option<Result<Found, Cause>> {
    let standing = match op {
        Op::Http { url, sha256, .. } => standing_file(context, inputs, url, sha256.as_ref()),
        Op::Checkout { .. } => commit(op, inputs).and_then(|wanted| context.sources.standing_commit(&wanted)),
        _ => return None,
    };
    Some(standing.and_then(|standing| {
        Ok(match standing {
            SourceStanding::Here(value) => Found::Known(NodeResult::Value(value)),
            SourceStanding::Elsewhere => Found::Elsewhere,
            SourceStanding::Unresolved => Found::Unresolved(name(op, inputs)?),
        })
    }))
}

/// A source, fetched if it has to be. Only then its secrets are needed.
pub(super) async fn fetch(context: Arc<OpContext>, op: &Op, inputs: &Inputs) -> Result<Value, Cause> {
    if let Some(found) = find(&context, op, inputs)
        && let Found::Known(NodeResult::Value(value)) = found?
    {
        return Ok(value);
    }
    match op {
        Op::Http { url, sha256, headers } => {
            let (digest, headers) = (digest(inputs, sha256.as_ref())?, secret_headers(inputs, headers)?);
            let url = inputs.text(url)?.to_owned();
            context.sources.file(url, digest, headers).await.map(Value::File)
        }
        _ => {
            let account = account(op).map(|account| used(inputs, account)).transpose()?;
            context.sources.tree(WantedCommit { account, ..commit(op, inputs)? }).await
        }
    }
}

fn standing_file(
    context: &OpContext,
    inputs: &Inputs,
    url: &Arg,
    sha256: Option<&Arg>,
) -> Result<SourceStanding, Cause> {
    context.sources.standing_file(inputs.text(url)?, digest(inputs, sha256)?)
}

fn digest(inputs: &Inputs, sha256: Option<&Arg>) -> Result<Option<BlobDigest>, Cause> {
    let Some(text) = sha256.map(|sha256| inputs.text(sha256)).transpose()? else { return Ok(None) };
    let parsed = Digest::from_hex(text).ok_or_else(|| {
        Cause::pipeline(format!("`{text}` is not a SHA-256 digest"))
            .help("it has 64 hexadecimal digits: what `sha256sum FILE` prints first")
    })?;
    Ok(Some(BlobDigest(parsed)))
}

/// Which commit is asked for. What its server is told is no part of that.
fn commit(op: &Op, inputs: &Inputs) -> Result<WantedCommit, Cause> {
    let Op::Checkout { url, reference, submodules, .. } = op else { return Err(super::not_ours(op)) };
    Ok(WantedCommit {
        url: inputs.text(url)?.to_owned(),
        reference: inputs.text(reference)?.to_owned(),
        submodules: *submodules,
        account: None,
    })
}

fn account(op: &Op) -> Option<&Account> {
    match op {
        Op::Checkout { account, .. } => account.as_ref(),
        _ => None,
    }
}

/// A file of a token has a line end, the token has not.
fn used(inputs: &Inputs, account: &Account) -> Result<UsedAccount, Cause> {
    let password = inputs.secret(account.password)?.bytes().without_line_end();
    Ok(UsedAccount { username: inputs.text(&account.username)?.to_owned(), password })
}

fn secret_headers(inputs: &Inputs, headers: &[SecretHeader]) -> Result<SecretHeaders, Cause> {
    let header = |header: &SecretHeader| {
        let secret = inputs.secret(header.secret)?;
        let bytes = secret.bytes().without_line_end();
        let text = std::str::from_utf8(bytes.expose()).ok();
        // RFC 9110, section 5.5.
        let text = text.filter(|text| text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')));
        let text = text.ok_or_else(|| {
            let name = secret.name();
            Cause::usage(format!(
                "the secret `{name}` cannot be a header: it holds more than printable characters"
            ))
        })?;
        Ok((header.name.clone(), Zeroizing::new(format!("{}{text}", header.prefix))))
    };
    headers.iter().map(header).collect()
}

/// As people call it.
fn name(op: &Op, inputs: &Inputs) -> Result<String, Cause> {
    Ok(match op {
        Op::Http { url, .. } => inputs.text(url)?.to_owned(),
        _ => {
            let wanted = commit(op, inputs)?;
            format!("{}#{}", wanted.url, wanted.reference)
        }
    })
}

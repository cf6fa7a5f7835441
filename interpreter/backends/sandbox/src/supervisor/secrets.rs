//! What a step is given that nobody else may see, ready for its processes.

use std::path::Path;

use pipe_engine::StepSecrets;

use super::accounts::{self, Account};
use super::server::Context;
use super::texts::c_bytes;
use super::view::View;
use crate::child::image::{FdSlot, SecretFile, StringArray};
use crate::protocol::{Confidential, Step, StepFailure};

/// An environment, secret variables with the others.
pub(super) fn environment(
    env: &[(String, String)],
    secrets: &[(String, Confidential)],
) -> Result<StringArray, StepFailure> {
    let plain = env.iter().map(|(name, value)| c_bytes(format!("{name}={value}").into_bytes()));
    let secret = secrets.iter().map(|(name, value)| {
        let mut text = Vec::with_capacity(name.len() + value.0.len() + 2);
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        text.extend_from_slice(&value.0);
        c_bytes(text)
    });
    Ok(StringArray::new(plain.chain(secret).collect::<Result<_, _>>()?))
}

/// Files in memory.
pub(super) fn files(
    context: &Context,
    step: &Step,
    account: &Account,
    view: &View<'_>,
) -> Result<Vec<SecretFile>, StepFailure> {
    let files = step.secrets.files.iter().enumerate().map(|(number, file)| {
        let other = file.owner.as_deref().map(|owner| accounts::find(Some(owner), view, context.ids));
        let other = other.transpose()?;
        let owner = other.as_ref().unwrap_or(account);
        Ok(SecretFile {
            name: c_bytes(number.to_string().into_bytes())?,
            content: file.content.0.clone(),
            uid: owner.uid,
            gid: owner.gid,
            mode: file.mode,
            mount: FdSlot::empty(),
        })
    });
    files.collect()
}

/// Where a step finds its agent.
pub(super) fn agent_path() -> &'static Path {
    Path::new(StepSecrets::SSH_AGENT)
}

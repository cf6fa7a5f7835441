//! What a command is given that nobody else may see.

use std::collections::BTreeMap;
use std::path::Path;

use pipe_ops::{Exec, ResolvedExec, ResolvedGiven, ResolvedSecret, SECRET_MODE, SecretGiven};
use pipe_registry::registry_name;

use super::super::Inputs;
use super::PreparedExec;
use super::prepare::ARGUMENT_LIMIT;
use crate::failure::Cause;
use crate::secrets::docker_config;
use crate::{HeldSecret, Leak, Secret, SecretBytes, SecretFile, StepSecrets};

/// How many places of secrets a message names.
const NAMED: usize = 3;

/// The secrets of a command, each with how it is given.
pub(super) fn given(exec: &Exec, inputs: &Inputs) -> Result<Vec<(ResolvedGiven, HeldSecret)>, Cause> {
    let given = exec.secrets.iter().map(|given| {
        let how = match &given.given {
            SecretGiven::Env(name) => ResolvedGiven::Env(name.clone()),
            SecretGiven::File { path, mode, owner } => {
                ResolvedGiven::File { path: path.clone(), mode: *mode, owner: owner.clone() }
            }
            SecretGiven::Login { registry, username } => ResolvedGiven::Login {
                registry: registry_name(registry).map_err(|error| Cause::pipeline(error.to_string()))?,
                username: inputs.text(username)?.to_owned(),
            },
        };
        Ok((how, inputs.held_secret(given.secret)?.clone()))
    });
    given.collect()
}

/// A variable that holds a secret is no other, whatever an image says.
pub(super) fn take_out(secrets: &[(ResolvedGiven, HeldSecret)], env: &mut BTreeMap<String, String>) {
    for (given, _) in secrets {
        if let ResolvedGiven::Env(name) = given {
            env.remove(name);
        }
    }
}

/// Secrets as far as they count.
///
/// # Errors
/// When the value of one counts that cannot be had.
pub(super) fn resolved(
    exec: &Exec,
    secrets: &[(ResolvedGiven, HeldSecret)],
) -> Result<Vec<ResolvedSecret>, Cause> {
    let resolved = exec.secrets.iter().zip(secrets).map(|(use_of, (given, secret))| {
        let value = if use_of.by_name { None } else { Some(secret.get()?.value()) };
        Ok(ResolvedSecret { given: given.clone(), value })
    });
    resolved.collect()
}

/// What a backend is to give a command. Variables that say where it is are added to the others.
pub(super) fn for_step(
    exec: &ResolvedExec,
    secrets: &[(ResolvedGiven, HeldSecret)],
    agent: Option<&Path>,
    env: &mut BTreeMap<String, String>,
) -> Result<StepSecrets, Cause> {
    let mut step = StepSecrets { may_stay_in: exec.allow_secret_in.clone(), ..StepSecrets::default() };
    let mut logins = Vec::new();
    for (given, secret) in secrets {
        let secret = secret.get()?;
        step.hidden.push(secret.bytes().clone());
        match given {
            ResolvedGiven::Env(name) => {
                step.env.insert(name.clone(), variable(name, secret)?);
            }
            ResolvedGiven::File { path, mode, owner } => step.files.push(SecretFile {
                path: path.clone(),
                mode: *mode,
                owner: owner.clone(),
                content: secret.bytes().clone(),
            }),
            ResolvedGiven::Login { registry, username } => {
                logins.push((registry.as_str(), username.as_str(), secret));
            }
        }
    }
    if !logins.is_empty() {
        step.files.push(SecretFile {
            path: format!("{}/config.json", StepSecrets::DOCKER_CONFIG),
            mode: SECRET_MODE,
            owner: None,
            content: docker_config(logins.into_iter()),
        });
        env.insert("DOCKER_CONFIG".to_owned(), StepSecrets::DOCKER_CONFIG.to_owned());
    }
    if exec.ssh_agent {
        let agent = agent.ok_or_else(|| {
            Cause::usage("the step uses your SSH agent, and none is running: SSH_AUTH_SOCK is not set")
                .help("start one (`eval \"$(ssh-agent)\"`, then `ssh-add`) and run it again from there")
        })?;
        step.ssh_agent = Some(agent.to_owned());
        env.insert("SSH_AUTH_SOCK".to_owned(), StepSecrets::SSH_AGENT.to_owned());
    }
    Ok(step)
}

/// A secret as the value of a variable.
fn variable(name: &str, secret: &Secret) -> Result<SecretBytes, Cause> {
    let value = secret.bytes().without_line_end();
    let (source, len) = (secret.name(), value.expose().len());
    let file = "give it as a file, with `secret_file`";
    if value.expose().contains(&0) {
        let reason = format!("the secret `{source}` holds a NUL byte, so it cannot be the variable `{name}`");
        return Err(Cause::pipeline(reason).help(file));
    }
    if len > ARGUMENT_LIMIT {
        let reason = format!(
            "the secret `{source}` has {} KiB, the variable `{name}` can have at most {}",
            len >> 10,
            ARGUMENT_LIMIT >> 10
        );
        return Err(Cause::pipeline(reason).help(file));
    }
    Ok(value)
}

/// The failure of a command that left secrets.
pub(super) fn leaked(step: &PreparedExec, leaks: &[Leak]) -> Cause {
    let told = |leak: &Leak| {
        format!("`{}` holds the secret `{}`", leak.path.display(), step.secret_name(leak.secret))
    };
    let mut told: Vec<String> = leaks.iter().take(NAMED).map(told).collect();
    if let Some(more) = leaks.len().checked_sub(NAMED).filter(|more| *more > 0) {
        told.push(format!("and {more} more files do"));
    }
    let first = leaks.first().map(|leak| leak.path.display().to_string()).unwrap_or_default();
    Cause::pipeline(format!("{}: nothing that the step wrote is kept", told.join(", "))).help(format!(
        "have it written to memory (`.tmpfs(path)`, `secret_file`) or removed by the step itself, or allow it with \
         `allow_secret_in: [\"{first}\"]`: then the result never leaves this machine"
    ))
}

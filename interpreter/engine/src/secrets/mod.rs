//! Secrets: read at most once in a session, when something needs them, and kept in memory.

mod login;
mod secret;

use std::collections::HashMap;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use pipe_ops::{Digest, Op};
use sha2::Sha256;
use tokio::sync::{Mutex, OnceCell};

use crate::failure::Cause;
use crate::redact::RedactError;
use crate::steps::{OpContext, blocking};
use crate::{Engine, Grant, MIN_SECRET, SecretPlace};

pub(crate) use login::docker_config;
pub use secret::{HeldSecret, Secret, SecretBytes};

/// Reads secrets where the user has them.
#[async_trait]
pub trait SecretReader: Send + Sync + std::fmt::Debug {
    /// All bytes of a secret, as they are. Asked once for each in a session.
    ///
    /// # Errors
    /// Why it cannot be had, in the middle of a sentence about it: `the variable TOKEN is not set`.
    async fn read(&self, place: &SecretPlace) -> Result<SecretBytes, String>;
}

/// Has no secrets.
#[derive(Debug)]
pub(crate) struct NoSecrets;

#[async_trait]
impl SecretReader for NoSecrets {
    async fn read(&self, _: &SecretPlace) -> Result<SecretBytes, String> {
        Err("nobody here reads secrets".to_owned())
    }
}

/// The secrets that a session has read.
#[derive(Default)]
pub(crate) struct SessionSecrets {
    /// By source, as the pipeline writes it.
    read: Mutex<HashMap<String, Result<Secret, Cause>>>,
    store_key: OnceCell<SecretBytes>,
}

impl SessionSecrets {
    /// A secret of the user's.
    pub(crate) async fn of_host(&self, context: &OpContext, op: &Op, source: &str) -> Result<Secret, Cause> {
        // One after the other: a command may ask a person.
        let mut known = self.read.lock().await;
        if let Some(secret) = known.get(source) {
            return secret.clone();
        }
        let secret = self.read_host(context, op, source).await;
        known.insert(source.to_owned(), secret.clone());
        secret
    }

    async fn read_host(&self, context: &OpContext, op: &Op, source: &str) -> Result<Secret, Cause> {
        let (engine, access) = (&context.engine, &context.host.access);
        access.check(op).map_err(|missing| Cause::usage(missing.to_string()))?;
        let options = &engine.options;
        let place = SecretPlace::parse(source, access.package(), options.grants.home.as_deref());
        let place = place.ok_or_else(|| Cause::usage(format!("`{source}` is no place of a secret")))?;
        let bytes = options.secrets.read(&place).await;
        let bytes =
            bytes.map_err(|why| Cause::usage(format!("the secret `{source}` cannot be had: {why}")))?;
        if bytes.expose().is_empty() {
            return Err(Cause::usage(format!("the secret `{source}` is empty")));
        }
        mask(engine, source, &bytes)?;
        let value = match &options.cache_key {
            Some(key) => keyed(key.expose(), b"pipe.secret", bytes.expose()),
            None => keyed(self.store_key(engine).await?.expose(), b"pipe.secret", bytes.expose()),
        };
        Ok(Secret::new(source.into(), bytes, value, options.cache_key.is_some()))
    }

    /// A secret that nobody chose. It is the same for its place and store, and counts by its place alone: another store's, which has
    /// another value, gives the same results.
    pub(crate) async fn random(&self, engine: &Engine, place: &str) -> Result<Secret, Cause> {
        let value = keyed(self.store_key(engine).await?.expose(), b"pipe.random", place.as_bytes());
        let bytes = SecretBytes::new(value.to_string().into_bytes());
        mask(engine, "secret.random()", &bytes)?;
        Ok(Secret::new(
            "secret.random()".into(),
            bytes,
            Digest::of(format!("pipe.random {place}").as_bytes()),
            true,
        ))
    }

    async fn store_key(&self, engine: &Engine) -> Result<&SecretBytes, Cause> {
        let store = engine.store.clone();
        let read = || blocking(move || Ok(SecretBytes::new(store.private_key()?.to_vec())));
        self.store_key.get_or_try_init(read).await
    }
}

/// From now on nobody sees it.
fn mask(engine: &Engine, name: &str, bytes: &SecretBytes) -> Result<(), Cause> {
    let options = &engine.options;
    match options.redactor.add(bytes.expose()) {
        Ok(()) => Ok(()),
        Err(RedactError::TooShort { .. }) if options.grants.cover(&Grant::ShortSecrets) => Ok(()),
        Err(RedactError::TooShort { .. }) => Err(Cause::usage(format!(
            "the secret `{name}` has fewer than {MIN_SECRET} bytes: it could not be masked in what steps print"
        ))
        .help("take a longer one, or let it be seen with `--allow short-secrets`")),
        Err(error @ RedactError::TooLarge(_)) => Err(Cause::machine(error.to_string())),
    }
}

/// What stands for bytes and does not tell them. `purpose` keeps apart what one key is used for.
fn keyed(key: &[u8], purpose: &[u8], bytes: &[u8]) -> Digest {
    // Keys of every length are taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Digest::of(purpose) };
    mac.update(purpose);
    mac.update(&[0]);
    mac.update(bytes);
    Digest(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_secret_depends_on_the_key() {
        let one = keyed(b"key", b"pipe.secret", b"hunter2");
        assert_eq!(one, keyed(b"key", b"pipe.secret", b"hunter2"));
        assert_ne!(one, keyed(b"other", b"pipe.secret", b"hunter2"));
        assert_ne!(one, keyed(b"key", b"pipe.random", b"hunter2"));
        // By Python's `hmac`, over what is put before it here.
        let known = "19eedbd764191be92b69bb4bcf2eeac4f09a8c860d934827a3b452a5de8dbdab";
        assert_eq!(keyed(b"Jefe", b"pipe.secret", b"hunter2").to_string(), known);
    }
}

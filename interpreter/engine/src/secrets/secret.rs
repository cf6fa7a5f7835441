//! A secret in memory.

use std::fmt;
use std::sync::Arc;

use pipe_ops::Digest;
use zeroize::Zeroizing;

use crate::failure::Cause;

/// Bytes of a secret. They are never shown, and wiped when the last holder is gone. Cheap to clone.
#[derive(Clone)]
pub struct SecretBytes(Arc<Zeroizing<Vec<u8>>>);

impl SecretBytes {
    /// Takes them over.
    pub fn new(bytes: Vec<u8>) -> SecretBytes {
        SecretBytes(Arc::new(Zeroizing::new(bytes)))
    }

    /// The bytes. Whoever copies them has to wipe the copy.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Without one line end at their end: a file of a token has one, the token has not.
    pub fn without_line_end(&self) -> SecretBytes {
        let bytes = self.expose();
        let cut = bytes.strip_suffix(b"\n").map(|bytes| bytes.strip_suffix(b"\r").unwrap_or(bytes));
        cut.map_or_else(|| self.clone(), |cut| SecretBytes::new(cut.to_vec()))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(***)")
    }
}

/// A secret that was read.
#[derive(Clone, Debug)]
pub struct Secret {
    name: Arc<str>,
    bytes: SecretBytes,
    value: Digest,
    is_common: bool,
}

impl Secret {
    /// `value` stands for the bytes in keys; `is_common` says whether it does so in other stores, too.
    pub(super) fn new(name: Arc<str>, bytes: SecretBytes, value: Digest, is_common: bool) -> Secret {
        Secret { name, bytes, value, is_common }
    }

    /// What a person knows it by: `env:TOKEN`.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its bytes, exactly as they were read.
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// What stands for its value in keys: nobody who sees it can tell the value.
    pub(crate) fn value(&self) -> Digest {
        self.value
    }

    /// Whether other stores have the same for this value, so that results that it counts in can be shared.
    pub(crate) fn is_common(&self) -> bool {
        self.is_common
    }
}

/// A secret as a node gives it. One that could not be read fails only what needs its value: what is in the store already does not.
#[derive(Clone, Debug)]
pub struct HeldSecret {
    name: Arc<str>,
    read: Result<Secret, Cause>,
}

impl HeldSecret {
    /// One that was read.
    pub(crate) fn read(secret: Secret) -> HeldSecret {
        HeldSecret { name: secret.name.clone(), read: Ok(secret) }
    }

    /// One that cannot be had.
    pub(crate) fn missing(name: &str, why: Cause) -> HeldSecret {
        HeldSecret { name: name.into(), read: Err(why) }
    }

    /// What a person knows it by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The secret.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(crate) fn get(&self) -> Result<&Secret, Cause> {
        self.read.as_ref().map_err(Clone::clone)
    }
}

impl PartialEq for HeldSecret {
    fn eq(&self, other: &HeldSecret) -> bool {
        self.name == other.name && self.read.as_ref().ok() == other.read.as_ref().ok()
    }
}

impl Eq for HeldSecret {}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_shown_and_one_line_end_is_no_part_of_a_token() {
        let token = |bytes: &[u8]| SecretBytes::new(bytes.to_vec()).without_line_end().expose().to_vec();
        assert_eq!(token(b"hunter2\r\n"), b"hunter2");
        assert_eq!(token(b"hunter2\n\n"), b"hunter2\n");
        assert_eq!(token(b"hunter2"), b"hunter2");
        let secret =
            Secret::new("env:X".into(), SecretBytes::new(b"hunter2".to_vec()), Digest::of(b""), false);
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}

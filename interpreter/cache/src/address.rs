//! Addresses of caches, as users write them: `type=dir,path=/srv/cache`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{DirCache, RemoteCache};

/// Where a cache is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheAddress {
    /// A folder: on this machine, or on a file system that several have.
    Dir(PathBuf),
}

/// A text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the address of a cache: {reason}")]
pub struct AddressError {
    /// As it was written.
    pub text: String,
    /// What is wrong.
    pub reason: String,
}

impl CacheAddress {
    /// Reads `type=dir,path=PATH`. A relative path starts in `base`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, base: &Path) -> Result<CacheAddress, AddressError> {
        let wrong = |reason: String| AddressError { text: text.to_owned(), reason };
        let kind = text.split(',').find_map(|part| part.strip_prefix("type="));
        match kind {
            Some("dir") => {}
            Some(other) => return Err(wrong(format!("there is no `type={other}`, only `type=dir`"))),
            None => return Err(wrong("`type` is missing; write `type=dir,path=PATH`".to_owned())),
        }
        let (mut kind, mut path) = (None, None);
        for part in text.split(',') {
            let (key, value) =
                part.split_once('=').ok_or_else(|| wrong(format!("`{part}` is not `KEY=VALUE`")))?;
            let place = match key {
                "type" => &mut kind,
                "path" => &mut path,
                _ => return Err(wrong(format!("it has `type` and `path`, and no `{key}`"))),
            };
            if value.is_empty() || place.replace(value).is_some() {
                return Err(wrong(format!("`{key}` is to be said once")));
            }
        }
        let path = path.ok_or_else(|| wrong("`path` is missing".to_owned()))?;
        Ok(CacheAddress::Dir(base.join(path)))
    }

    /// The cache that is there, or will be.
    pub fn open(&self) -> Arc<dyn RemoteCache> {
        match self {
            CacheAddress::Dir(path) => Arc::new(DirCache::new(path.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parse = |text: &str| CacheAddress::parse(text, Path::new("/here"));
        assert_eq!(parse("type=dir,path=/srv/c"), Ok(CacheAddress::Dir("/srv/c".into())));
        assert_eq!(parse("path=c,type=dir"), Ok(CacheAddress::Dir("/here/c".into())));
        for wrong in [
            "",
            "/srv",
            "type=dir",
            "type=dir,path=",
            "type=s3,path=x",
            "path=x",
            "type=dir,path=a,path=b",
            "type=dir,path=a,x=y",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

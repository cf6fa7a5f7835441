//! Paths in records and messages, as their bytes: serde's own form of a path refuses names that are not UTF-8. What postcard writes of a
//! path that is UTF-8 is the same.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_os_str().as_bytes().serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Vec::deserialize(deserializer).map(|bytes| OsString::from_vec(bytes).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::LayerRef;

    #[test]
    fn names_need_not_be_utf_8() {
        let path = PathBuf::from(OsString::from_vec(b"d/\xff".to_vec()));
        let layer = LayerRef { layer: "l".to_owned(), path };
        let bytes = postcard::to_stdvec(&layer).unwrap();
        assert_eq!(postcard::from_bytes::<LayerRef>(&bytes).unwrap(), layer);
    }

    #[test]
    fn others_are_written_as_they_were() {
        let (layer, path) = ("l".to_owned(), PathBuf::from("d/ä"));
        let earlier = postcard::to_stdvec(&(&layer, &path)).unwrap();
        assert_eq!(postcard::to_stdvec(&LayerRef { layer, path }).unwrap(), earlier);
    }
}

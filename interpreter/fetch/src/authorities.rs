//! Certificates of authorities that `git` trusts, where the user has some beside those of the system.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::error::FetchError;

/// Beside what git has in a folder of ours.
const NAME: &str = "authorities.pem";
/// Characters of a line of a certificate (RFC 7468, section 2).
const LINE: usize = 64;

/// Writes the file that `git` is to take in the stead of the system's, for there is only one: all of those, and the user's own. `instead` is a file
/// that the user's environment names for the system's.
pub(crate) fn write(folder: &Path, own: &[u8], instead: Option<&Path>) -> Result<PathBuf, FetchError> {
    let path = folder.join(NAME);
    if path.exists() {
        return Ok(path);
    }
    let mut bundle = match instead {
        Some(file) => fs::read(file).map_err(FetchError::disk(file))?,
        None => of_system().into_bytes(),
    };
    bundle.push(b'\n');
    bundle.extend_from_slice(own);
    fs::write(&path, bundle).map_err(FetchError::disk(&path))?;
    Ok(path)
}

/// What cannot be read of them is not trusted, and nothing else.
fn of_system() -> String {
    rustls_native_certs::load_native_certs().certs.iter().map(|certificate| pem(certificate)).collect()
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(LINE) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_users_own_stand_beside_others() {
        let folder = tempfile::tempdir().unwrap();
        let others = folder.path().join("others");
        fs::write(&others, "others").unwrap();
        let path = write(folder.path(), b"own", Some(&others)).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "others\nown");
        assert!(write(&folder.path().join("nowhere"), b"own", Some(&others)).is_err());
    }

    #[test]
    fn lines_are_short() {
        let text = pem(&[0; 100]);
        let lines: Vec<_> = text.lines().map(str::len).collect();
        assert_eq!(lines, [27, 64, 64, 8, 25]);
    }
}

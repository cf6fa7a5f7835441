//! The certificates of authorities that a step trusts, where the user has some beside those that everybody has.

use std::path::{Path, PathBuf};

use super::folders::StepFolders;
use super::texts::machine;
use super::view::View;
use crate::protocol::StepFailure;

/// Where a step finds them. Nothing else is there, so that programs which renew a system's own bundle go on as they would.
pub(super) const PLACE: &str = pipe_engine::CERTIFICATES;

/// Where systems have their bundle: Debian and Alpine, Fedora, openSUSE, OpenSSL's own.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// More of a bundle than this is not read.
const MOST: u64 = 8 << 20;

/// Writes the bundle of a step: its root's own, or the host's where that has none, and the user's.
pub(super) fn write(view: &View<'_>, own: &[u8], folders: &StepFolders<'_>) -> Result<PathBuf, StepFailure> {
    let of_root = BUNDLES.iter().map(|path| view.read(Path::new(path), MOST));
    let of_host = BUNDLES.iter().map(|path| std::fs::read(path).unwrap_or_default());
    let mut bundle = of_root.chain(of_host).find(|bundle| !bundle.is_empty()).unwrap_or_default();
    bundle.push(b'\n');
    bundle.extend_from_slice(own);
    let path = folders.fresh("certificates");
    std::fs::write(&path, bundle).map_err(machine(&path))?;
    // Every user of the step reads it, whatever umask `pipe` was started with.
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&path, readable).map_err(machine(&path))?;
    Ok(path)
}

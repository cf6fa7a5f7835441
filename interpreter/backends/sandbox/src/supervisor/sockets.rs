//! Sockets that a step leaves. Without the process that listened they are good for nothing, and no archive can hold them: a result has
//! none, and neither has the next step's root.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::layers::{Entry, LayerIndex, Stack, is_opaque};

/// Takes sockets out of an upper folder. What one had the place of in a lower layer was removed by the step and stays so.
pub(super) fn leave_out(
    upper: &Path,
    sockets: &[Vec<u8>],
    below: &Stack,
    index: &LayerIndex,
) -> io::Result<()> {
    for socket in sockets {
        let socket = Path::new(OsStr::from_bytes(socket));
        let path = upper.join(socket);
        std::fs::remove_file(&path)?;
        // Where nothing is hidden, the kernel would show the whiteout itself.
        if below.entry(socket, index) != Entry::Missing && !is_hidden(upper, socket) {
            mknodat(CWD, &path, FileType::CharacterDevice, Mode::RUSR | Mode::WUSR, 0)?;
        }
    }
    Ok(())
}

/// A folder on the way, made anew by the step, hides whatever lower layers have in it.
pub(super) fn is_hidden(upper: &Path, path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| is_opaque(&upper.join(folder)))
}

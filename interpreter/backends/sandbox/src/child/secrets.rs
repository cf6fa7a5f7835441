//! Files in memory with secrets.

use super::image::{SecretFile, StepImage};
use super::mounts::NOTHING;
use super::sys::{self, Errno, Sys};

/// Makes the step's files in a folder in memory that goes with the host's root, and picks each up as a mount of its own. The folder
/// lies over where the root is attached later; nothing leads back to it.
pub(super) fn make(image: &StepImage) -> Sys<()> {
    if image.secrets.is_empty() {
        return Ok(());
    }
    let store = sys::open_folder(c".")?;
    sys::mount(Some(c"tmpfs"), &image.attach_point, Some(c"tmpfs"), NOTHING, Some(c"mode=700,size=64m"))?;
    sys::chdir(&image.attach_point)?;
    image.secrets.iter().try_for_each(make_file)?;
    sys::fchdir(store)?;
    sys::close(store);
    Ok(())
}

fn make_file(secret: &SecretFile) -> Sys<()> {
    let file = sys::create(&secret.name)?;
    let mut rest = secret.content.as_slice();
    while !rest.is_empty() {
        let written = sys::write_some(file, rest)?;
        if written == 0 {
            return Err(Errno(libc::ENOSPC));
        }
        rest = rest.get(written..).unwrap_or_default();
    }
    sys::fchown(file, secret.uid, secret.gid)?;
    sys::fchmod(file, secret.mode)?;
    sys::close(file);
    secret.mount.set(sys::clone_mount(&secret.name)?);
    Ok(())
}

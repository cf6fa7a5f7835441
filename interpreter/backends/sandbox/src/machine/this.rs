//! The machine that this process runs on.

use std::fs::OpenOptions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Machine, Program};
use crate::backend::user_name;

/// The machine that this process runs on.
pub(crate) struct ThisMachine;

impl Machine for ThisMachine {
    fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    fn has(&self, path: &str) -> bool {
        Path::new(path).exists()
    }

    fn may_write(&self, path: &str) -> bool {
        OpenOptions::new().write(true).open(path).is_ok()
    }

    fn program(&self, name: &str) -> Option<Program> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
        let found = places.find(|place| place.is_file())?;
        let is_set_id = std::fs::metadata(&found).is_ok_and(|meta| meta.permissions().mode() & 0o4000 != 0);
        let has_capabilities = rustix::fs::getxattr(&found, "security.capability", &mut [0_u8; 64]).is_ok();
        Some(Program { path: found.display().to_string(), is_privileged: is_set_id || has_capabilities })
    }

    fn file_system(&self, path: &str) -> Option<i64> {
        let mut ancestors = Path::new(path).ancestors();
        // Its width differs between architectures.
        #[allow(clippy::unnecessary_cast)]
        ancestors.find_map(|place| rustix::fs::statfs(place).ok()).map(|stat| stat.f_type as i64)
    }

    fn is_own_process(&self, pid: &str) -> bool {
        let own = std::process::id().to_string();
        let parent = |pid: &String| {
            // The name, in brackets, may hold anything.
            let text = self.text(&format!("/proc/{pid}/stat"))?;
            text.rsplit_once(") ")?.1.split(' ').nth(1).map(str::to_owned)
        };
        std::iter::successors(Some(pid.to_owned()), parent).any(|pid| pid == own)
    }

    fn uid(&self) -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn user_name(&self) -> Option<String> {
        user_name(rustix::process::getuid().as_raw())
    }

    fn release(&self) -> String {
        rustix::system::uname().release().to_string_lossy().into_owned()
    }

    fn own_program(&self) -> String {
        std::env::current_exe().map_or_else(|_| "/usr/bin/pipe".to_owned(), |path| path.display().to_string())
    }
}

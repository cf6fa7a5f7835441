//! Texts as the kernel wants them.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use zeroize::Zeroize;

use crate::protocol::StepFailure;

/// Search path of an environment without `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The paths at which the program may be, by the step's own `PATH`.
pub(super) fn program_paths(argv: &[String], env: &[(String, String)]) -> Result<Vec<CString>, StepFailure> {
    let program = argv.first().filter(|program| !program.is_empty());
    let program = program.ok_or_else(|| StepFailure::Step("the command is empty".to_owned()))?;
    if program.contains('/') {
        return c_texts([program.clone()]);
    }
    let path = env.iter().find(|(name, _)| name == "PATH").map_or(DEFAULT_PATH, |(_, value)| value.as_str());
    c_texts(
        path.split(':').map(|folder| format!("{}/{program}", if folder.is_empty() { "." } else { folder })),
    )
}

/// Every folder on the way to an absolute path, outermost first.
pub(super) fn folders_to(path: &str) -> Result<Vec<CString>, StepFailure> {
    if !path.starts_with('/') {
        return Err(StepFailure::Step(format!("the working folder `{path}` is not absolute")));
    }
    let mut folders: Vec<&Path> =
        Path::new(path).ancestors().filter(|folder| *folder != Path::new("/")).collect();
    folders.reverse();
    folders.into_iter().map(c_path).collect()
}

/// Texts with an end that the kernel sees.
pub(super) fn c_texts(texts: impl IntoIterator<Item = String>) -> Result<Vec<CString>, StepFailure> {
    texts.into_iter().map(|text| CString::new(text).map_err(|_| has_nul())).collect()
}

/// A path with an end that the kernel sees.
pub(super) fn c_path(path: &Path) -> Result<CString, StepFailure> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| has_nul())
}

/// Bytes with an end that the kernel sees. Those of a secret are wiped when they cannot have one.
pub(super) fn c_bytes(bytes: Vec<u8>) -> Result<CString, StepFailure> {
    CString::new(bytes).map_err(|error| {
        error.into_vec().zeroize();
        has_nul()
    })
}

fn has_nul() -> StepFailure {
    StepFailure::Step(
        "a NUL character cannot be part of a command, an environment variable or a path".to_owned(),
    )
}

/// The failure of something that was to be done with a path.
pub(super) fn machine(path: &Path) -> impl Fn(std::io::Error) -> StepFailure + '_ {
    move |error| StepFailure::Machine(told(path, &error))
}

/// Why something could not be done with a path of the store.
pub(super) fn told(path: &Path, error: &std::io::Error) -> String {
    let help = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "; free some room on the disk that holds the store (`pipe cache prune --all` empties it), or set PIPE_STORE to a folder on another disk"
        }
        _ => "",
    };
    format!("{}: {error}{help}", path.display())
}

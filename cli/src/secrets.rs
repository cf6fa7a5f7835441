//! Reading the user's secrets: from the environment, from files, from what a command of the user's prints.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;

use async_trait::async_trait;
use pipe_engine::{SecretBytes, SecretPlace, SecretReader};
use rustix::fs::OFlags;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncReadExt;
use zeroize::{Zeroize, Zeroizing};

use crate::environment;
use crate::exit::CliError;

/// Bytes that a secret may have.
const LARGEST: usize = 1 << 20;

/// Reads secrets.
#[derive(Clone, Debug)]
pub(crate) struct UserSecrets {
    /// By variable: where the user's configuration says that its secret is.
    instead: BTreeMap<String, SecretPlace>,
}

impl UserSecrets {
    /// With what the configuration says of variables. Relative paths there start in the home folder.
    ///
    /// # Errors
    /// When it says of one what is no place.
    pub(crate) fn new(
        instead: &BTreeMap<String, String>,
        home: Option<&Path>,
    ) -> Result<UserSecrets, CliError> {
        let place = |(name, place): (&String, &String)| match SecretPlace::parse(
            place,
            home.unwrap_or(Path::new("/")),
            home,
        ) {
            Some(place) => Ok((name.clone(), place)),
            None => Err(CliError::usage(format!(
                "`secrets.{name}` in the configuration says no place of a secret"
            ))
            .help("it is `env:NAME`, `file:PATH` or `cmd:COMMAND`")),
        };
        Ok(UserSecrets { instead: instead.iter().map(place).collect::<Result<_, _>>()? })
    }
}

#[async_trait]
impl SecretReader for UserSecrets {
    async fn read(&self, place: &SecretPlace) -> Result<SecretBytes, String> {
        forbid_core_dumps();
        let place = match place {
            SecretPlace::Env(name) => self.instead.get(name).unwrap_or(place),
            _ => place,
        };
        match place {
            SecretPlace::Env(name) => {
                environment::secret(name).ok_or_else(|| format!("the variable {name} is not set"))
            }
            SecretPlace::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || file(&path)).await;
                read.unwrap_or_else(|error| Err(error.to_string()))
            }
            SecretPlace::Command(text) => command(text).await,
        }
    }
}

/// A crash of this process must leave no file with what is in its memory. Of one byte, which is less than any has: with 0 the kernel
/// still gives them to a program that `core_pattern` names.
fn forbid_core_dumps() {
    let limit = getrlimit(Resource::Core);
    let one = limit.maximum.map_or(1, |maximum| maximum.min(1));
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(one), maximum: limit.maximum });
}

/// The path is the real one, without links: none may come there meanwhile.
fn file(path: &Path) -> Result<SecretBytes, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).unwrap_or_default();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    if !opened.metadata().map_err(failed)?.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    opened.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    limited(&mut bytes)
}

/// It has the terminal, to ask for a password or a touch.
async fn command(text: &str) -> Result<SecretBytes, String> {
    let failed = |error: std::io::Error| format!("its command: {error}");
    let mut command = tokio::process::Command::new("/bin/sh");
    command.args(["-c", text]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LARGEST as u64 + 1).read_to_end(&mut bytes).await.map_err(failed)?;
    }
    let status = child.wait().await.map_err(failed)?;
    match status.code() {
        Some(0) => limited(&mut bytes),
        // What ends it may be that nobody reads on.
        _ if bytes.len() > LARGEST => limited(&mut bytes),
        Some(code) => Err(format!("its command ended with exit code {code}")),
        None => Err("its command was killed".to_owned()),
    }
}

fn limited(bytes: &mut Vec<u8>) -> Result<SecretBytes, String> {
    if bytes.len() > LARGEST {
        bytes.zeroize();
        return Err(format!("it has more than {} KiB", LARGEST >> 10));
    }
    Ok(SecretBytes::new(std::mem::take(bytes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(reader: &UserSecrets, place: &str) -> Result<Vec<u8>, String> {
        let place = SecretPlace::parse(place, Path::new("/"), None).unwrap();
        let runtime = crate::execute::runtime().unwrap();
        runtime.block_on(reader.read(&place)).map(|bytes| bytes.expose().to_vec())
    }

    #[test]
    fn secrets_are_read_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("key");
        std::fs::write(&path, b"line\n\xff\n").unwrap();
        let at = |path: &Path| format!("file:{}", path.display());
        let reader = UserSecrets::new(&BTreeMap::new(), None).unwrap();
        assert_eq!(read(&reader, &at(&path)).unwrap(), b"line\n\xff\n");
        assert_eq!(read(&reader, "cmd:printf 'a\\n'").unwrap(), b"a\n");
        assert_eq!(read(&reader, "env:PATH").unwrap(), std::env::var("PATH").unwrap().as_bytes());
        assert_eq!(read(&reader, "env:PIPE_NOT_SET").unwrap_err(), "the variable PIPE_NOT_SET is not set");
        assert_eq!(read(&reader, "cmd:exit 3").unwrap_err(), "its command ended with exit code 3");
        assert!(read(&reader, &at(folder.path())).unwrap_err().ends_with(" is not a file"));
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        let large = "cmd:head -c 2000000 /dev/zero";
        assert_eq!(read(&reader, large).unwrap_err(), "it has more than 1024 KiB");
        std::fs::write(&path, vec![b'x'; LARGEST + 1]).unwrap();
        assert_eq!(read(&reader, &at(&path)).unwrap_err(), "it has more than 1024 KiB");
    }

    #[test]
    fn the_configuration_says_where_a_secret_really_is() {
        let instead = BTreeMap::from([("TOKEN".to_owned(), "cmd:printf hunter2".to_owned())]);
        let reader = UserSecrets::new(&instead, None).unwrap();
        assert_eq!(read(&reader, "env:TOKEN").unwrap(), b"hunter2");
        let wrong = BTreeMap::from([("TOKEN".to_owned(), "hunter2".to_owned())]);
        assert!(UserSecrets::new(&wrong, None).is_err());
    }
}

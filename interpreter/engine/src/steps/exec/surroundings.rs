//! Environment, working folder and user of a command: what the pipeline says, over what the image says.

use std::collections::BTreeMap;

use pipe_ops::pure::join_path;
use pipe_ops::{Exec, ImageConfig, SIGTERM, signal_number};
use pipe_store::Store;

use super::super::Inputs;
use crate::TreeValue;
use crate::failure::Cause;

/// Where programs are looked for in an image that does not say.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Bytes of an image's `/etc/passwd` that are looked at.
const PASSWD_LIMIT: u64 = 1 << 20;

/// What surrounds a command.
pub(super) struct Surroundings {
    pub(super) env: BTreeMap<String, String>,
    pub(super) workdir: String,
    pub(super) user: Option<String>,
    /// The signal that asks it to end, if it is a service.
    pub(super) stop_signal: u8,
}

/// What surrounds a command, with the variables that the pipeline sets.
pub(super) fn of(
    store: &Store,
    exec: &Exec,
    root: &TreeValue,
    set: BTreeMap<String, String>,
    inputs: &Inputs,
) -> Result<Surroundings, Cause> {
    let Some(image) = exec.image else {
        let (workdir, user) = (exec.workdir.to_string(), exec.user.clone());
        return Ok(Surroundings { env: set, workdir, user, stop_signal: SIGTERM });
    };
    let config = ImageConfig::from_datum(inputs.value_of(image)?)
        .ok_or_else(|| Cause::machine("a command stands on what is no image's configuration"))?;
    let user = exec.user.clone().or_else(|| Some(config.user.clone()).filter(|user| !user.is_empty()));
    let workdir = join_path(&config.workdir_or_root(), &exec.workdir);
    // One that there is none of is as none, as in container engines.
    let stop_signal = signal_number(&config.stop_signal).unwrap_or(SIGTERM);
    let mut env = config.env;
    env.entry("PATH".to_owned()).or_insert_with(|| DEFAULT_PATH.to_owned());
    if !env.contains_key("HOME") && !set.contains_key("HOME") {
        env.insert("HOME".to_owned(), home(store, root, user.as_deref().unwrap_or("0")));
    }
    for name in &exec.unset_env {
        env.remove(name);
    }
    env.extend(set);
    Ok(Surroundings { env, workdir, user, stop_signal })
}

/// The home of a user, as the image's own accounts say, or what is usual.
fn home(store: &Store, root: &TreeValue, user: &str) -> String {
    let name = user.split(':').next().unwrap_or_default();
    let name = if name.is_empty() { "0" } else { name };
    let passwd = store.subfile(&root.tree, "/etc/passwd").ok().filter(|file| file.size <= PASSWD_LIMIT);
    let text = passwd.and_then(|file| store.read_file(&file).ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut accounts = lines.filter(|fields| fields.first() == Some(&name) || fields.get(2) == Some(&name));
    let found = accounts.find_map(|fields| fields.get(5).copied());
    let usual = if matches!(name, "0" | "root") { "/root" } else { "/" };
    found.filter(|home| home.starts_with('/')).unwrap_or(usual).to_owned()
}

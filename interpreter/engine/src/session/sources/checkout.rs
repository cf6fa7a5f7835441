//! Fetching a commit, with its submodules, into one tree.

use std::cell::Cell;

use pipe_fetch::{FetchError, Login, Remote, Scratch, Shelf, Stop, submodule_address};
use pipe_git::fill_commit;
use pipe_store::{LayerDraft, Store, Tree};

use super::WantedCommit;
use super::way::Ways;
use crate::failure::Cause;

/// Submodules in submodules, and all of them together.
const DEEPEST: usize = 8;
const MOST: usize = 256;

/// A place to fetch to, gone when this is dropped.
pub(super) struct Checkout<'a> {
    store: &'a Store,
    ways: &'a Ways,
    /// For the server of the repository; its submodules may be elsewhere.
    login: Option<Login>,
    scratch: Scratch,
    stop: Stop,
    /// Folders that were made so far.
    made: Cell<usize>,
}

impl<'a> Checkout<'a> {
    pub(super) fn begin(
        store: &'a Store,
        ways: &'a Ways,
        login: Option<Login>,
        stop: Stop,
    ) -> Result<Checkout<'a>, Cause> {
        let scratch = Shelf::new(store.dir().join("packages")).scratch()?;
        Ok(Checkout { store, ways, login, scratch, stop, made: Cell::new(0) })
    }

    fn remote(&self, url: &str) -> Result<Remote, Cause> {
        let settings = self.ways.git(url)?.stopped_by(self.stop.clone());
        Ok(Remote::new(match &self.login {
            None => settings,
            Some(login) => settings.with_login(login.clone()),
        }))
    }

    fn folder(&self) -> Result<std::path::PathBuf, Cause> {
        let number = self.made.replace(self.made.get() + 1);
        Ok(self.scratch.empty(&number.to_string())?)
    }

    /// The commit that a branch or a tag is now.
    pub(super) fn resolve(&self, wanted: &WantedCommit) -> Result<String, Cause> {
        let WantedCommit { url, reference, .. } = wanted;
        let found = self.remote(url)?.resolve(&self.folder()?, url, reference)?;
        found.map(|found| found.commit).ok_or_else(|| super::no_such_name(url, reference))
    }

    /// The files of a commit.
    pub(super) fn tree(&self, url: &str, commit: &str, submodules: bool) -> Result<Tree, Cause> {
        let mut draft = LayerDraft::begin(self.store)?;
        self.fill(url, commit, &[], submodules.then_some(0), &mut draft)?;
        let layer = draft.finish().map_err(pipe_git::GitError::from)?;
        Ok(self.store.stack(&[layer])?)
    }

    /// Puts the files of a commit at a path. `depth` is how many submodules lead to it; `None`: those in it stay empty.
    fn fill(
        &self,
        url: &str,
        commit: &str,
        at: &[u8],
        depth: Option<usize>,
        draft: &mut LayerDraft,
    ) -> Result<(), Cause> {
        let (remote, folder) = (self.remote(url)?, self.folder()?);
        remote.fetch_commit(&folder, url, commit)?;
        fill_commit(&folder, commit, at, draft)?;
        let Some(depth) = depth else { return Ok(()) };
        for submodule in remote.submodules(&folder, commit)? {
            let shown = String::from_utf8_lossy(&submodule.path).into_owned();
            let refused = |reason: &str| {
                Cause::pipeline(format!("the submodule `{shown}` of {url} {reason}"))
                    .help("`submodules: false` leaves submodules empty")
            };
            if depth == DEEPEST || self.made.get() > MOST {
                return Err(refused("is one too many"));
            }
            let stated =
                submodule.url.as_deref().ok_or_else(|| refused("has no address in `.gitmodules`"))?;
            let address = submodule_address(url, stated);
            let address = address.ok_or_else(|| refused("has an address that leads out of its host"))?;
            let place =
                if at.is_empty() { submodule.path } else { [at, b"/", submodule.path.as_slice()].concat() };
            self.fill(&address, &submodule.commit, &place, Some(depth + 1), draft).map_err(|cause| {
                Cause { reason: format!("the submodule `{shown}` of {url}: {}", cause.reason), ..cause }
            })?;
        }
        Ok(())
    }
}

impl From<FetchError> for Cause {
    fn from(error: FetchError) -> Cause {
        let reason = match &error {
            FetchError::NoGit(error) => format!("the program `git` is needed, and it is not there: {error}"),
            other => other.to_string(),
        };
        match error {
            FetchError::NoGit(_) => Cause::machine(reason).help("install git"),
            ref error if needs_login(error) => Cause::machine(reason).help(
                "a private repository is read with a `token:` that its server takes, or as you, with your keys and passwords, with `--allow git:HOST`",
            ),
            FetchError::Git { .. } | FetchError::Disk { .. } | FetchError::Stopped => Cause::machine(reason),
            FetchError::NoVersion { .. }
            | FetchError::NoFolder { .. }
            | FetchError::Moved { .. }
            | FetchError::Refused(_) => Cause::pipeline(reason),
        }
    }
}

/// Whether a server wants to know who asks.
pub(super) fn needs_login(error: &FetchError) -> bool {
    matches!(error, FetchError::Git { said, .. } if asks_who(said))
}

/// What git says when it is not known to a server.
fn asks_who(said: &str) -> bool {
    ["could not read Username", "Authentication failed", "Permission denied", "error: 403"]
        .iter()
        .any(|words| said.contains(words))
}

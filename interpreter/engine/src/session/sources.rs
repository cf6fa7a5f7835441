//! What comes from elsewhere, as one session sees it: a URL means one file, and a branch one commit, for all of it.

mod checkout;
mod lookup;
mod way;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pipe_fetch::{Login, Stop};
use pipe_ops::{Arg, BlobDigest, Op, Origin, Preimage, StepKey};
use pipe_registry::{Files, FilesError, Pins};
use pipe_store::{FileRef, Stored};
use zeroize::Zeroizing;

use self::checkout::Checkout;
pub use self::lookup::{Lookup, LookupError};
use self::way::Ways;
use super::images::on_thread;
use crate::failure::Cause;
use crate::reach::Needed;
use crate::remote_address::RemoteAddress;
use crate::{Engine, EngineOptions, SecretBytes, TreeValue, Unpinned, Value};

/// A commit of a repository that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct WantedCommit {
    pub(crate) url: String,
    pub(crate) reference: String,
    pub(crate) submodules: bool,
    pub(crate) account: Option<UsedAccount>,
}

/// How a server of repositories knows who asks.
#[derive(Clone, Debug)]
pub(crate) struct UsedAccount {
    pub(crate) username: String,
    pub(crate) password: SecretBytes,
}

/// Headers that hold secrets, with their values.
pub(crate) type SecretHeaders = Vec<(String, Zeroizing<String>)>;

impl WantedCommit {
    /// The account as the server of the repository is told it, and nobody else: over https, or to this machine.
    fn login(&self) -> Result<Option<Login>, Cause> {
        let Some(account) = &self.account else { return Ok(None) };
        let remote = RemoteAddress::parse(&self.url);
        let remote = remote.filter(|remote| matches!(remote.scheme.as_str(), "https" | "http"));
        let remote = remote.ok_or_else(|| {
            Cause::pipeline(format!("`{}` takes no token", self.url))
                .help("a token is for `https://…`; over ssh keys are used, with `--allow git:HOST`")
        })?;
        let origin = format!("{}://{}:{}", remote.scheme, remote.host, remote.port);
        Ok(Some(Login::new(&origin, &account.username, account.password.expose())))
    }
}

/// Files and repositories of a session.
pub(crate) struct SessionSources {
    engine: Engine,
    files: Arc<Files>,
    ways: Arc<Ways>,
    /// What was resolved and has no pin yet.
    resolved: Mutex<Pins>,
}

/// What is known of a source before anybody is asked.
pub(crate) enum SourceStanding {
    /// All of it.
    Here(Value),
    /// Which content it is; that is not in the store.
    Elsewhere,
    /// Not even that.
    Unresolved,
}

impl SessionSources {
    pub(crate) fn new(engine: &Engine) -> SessionSources {
        let ways = Arc::new(Ways::of(&engine.options));
        let settings = engine.options.images.settings.clone();
        let files = Files::new(engine.store.clone(), settings, ways.granted());
        SessionSources { engine: engine.clone(), files: Arc::new(files), ways, resolved: Mutex::default() }
    }

    fn options(&self) -> &EngineOptions {
        &self.engine.options
    }

    /// What was resolved and had no pin.
    pub(crate) fn new_pins(&self) -> Pins {
        self.resolved().clone()
    }

    fn resolved(&self) -> std::sync::MutexGuard<'_, Pins> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has no pin, by the names of a lock. What only running names is not among it.
    pub(crate) fn unpinned(&self, nodes: &[Needed]) -> Vec<Unpinned> {
        let pins = &self.options().images.pins;
        let mut unpinned: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        for needed in nodes {
            let name = match &needed.node.op {
                Op::Http { url: Arg::Const(url), sha256: None, .. } => {
                    url.as_text().filter(|url| pins.file(url).is_none()).map(str::to_owned)
                }
                Op::Checkout { url: Arg::Const(url), reference: Arg::Const(reference), .. } => {
                    let named = url.as_text().zip(reference.as_text());
                    let named = named.filter(|(_, reference)| !is_commit(reference));
                    named.map(|(url, name)| pin_name(url, name)).filter(|name| pins.commit(name).is_none())
                }
                _ => None,
            };
            if let Some(name) = name {
                unpinned.entry(name).or_default().extend(needed.node.origins.iter().cloned());
            }
        }
        unpinned.into_iter().map(|(name, origins)| Unpinned { name, origins }).collect()
    }

    /// Which content a file is, as far as that is known without asking anybody.
    fn digest(&self, url: &str, sha256: Option<BlobDigest>) -> Result<Option<BlobDigest>, Cause> {
        let known = sha256.or_else(|| self.resolved().file(url));
        let images = &self.options().images;
        match known.or_else(|| images.pins.file(url)) {
            None if images.offline => Ok(self.files.last_fetched(url)?),
            known => Ok(known),
        }
    }

    /// What is known of a file without asking anybody.
    pub(crate) fn standing_file(
        &self,
        url: &str,
        sha256: Option<BlobDigest>,
    ) -> Result<SourceStanding, Cause> {
        let Some(digest) = self.digest(url, sha256)? else { return Ok(SourceStanding::Unresolved) };
        let file = self.files.stored(digest)?;
        Ok(file.map_or(SourceStanding::Elsewhere, |file| SourceStanding::Here(Value::File(file))))
    }

    /// A file, fetched if it has to be.
    pub(crate) async fn file(
        &self,
        url: String,
        sha256: Option<BlobDigest>,
        headers: SecretHeaders,
    ) -> Result<FileRef, Cause> {
        let wanted = self.digest(&url, sha256)?;
        if let Some(file) = wanted.map(|digest| self.files.stored(digest)).transpose()?.flatten() {
            return Ok(file);
        }
        self.may_ask(&url, wanted.is_some())?;
        let (files, ways, from) = (self.files.clone(), self.ways.clone(), url.clone());
        let fetched = on_thread(move |cancel| {
            ways.check(&from, false)?;
            files.fetch(&from, wanted, &headers, cancel).map_err(Cause::from)
        });
        let pinned = sha256.is_none() && self.options().images.pins.file(&url).is_some();
        let fetched = fetched.await?.map_err(|cause| if pinned { pinned_otherwise(cause) } else { cause })?;
        if wanted.is_none() {
            let mut resolved = self.resolved();
            if resolved.file(&url).is_none() {
                resolved.insert_file(url, fetched.digest);
            }
        }
        Ok(fetched.file)
    }

    /// Which commit is meant, as far as that is known without asking anybody.
    fn commit(&self, wanted: &WantedCommit) -> Result<Option<String>, Cause> {
        if is_commit(&wanted.reference) {
            return Ok(Some(wanted.reference.clone()));
        }
        let name = pin_name(&wanted.url, &wanted.reference);
        let images = &self.options().images;
        let known = self.resolved().commit(&name).map(str::to_owned);
        match known.or_else(|| images.pins.commit(&name).map(str::to_owned)) {
            None if images.offline => {
                let fact: Option<(String, _)> = self.engine.store.fact(last_commit_key(&name))?;
                Ok(fact.map(|(commit, _)| commit))
            }
            known => Ok(known),
        }
    }

    fn stored_commit(&self, commit: &str, submodules: bool) -> Result<Option<Value>, Cause> {
        Ok(match self.engine.store.lookup_op(checkout_key(commit, submodules))? {
            Some(Stored::Tree(tree)) => Some(Value::Tree(TreeValue::whole(tree))),
            _ => None,
        })
    }

    /// What is known of a commit without asking anybody.
    pub(crate) fn standing_commit(&self, wanted: &WantedCommit) -> Result<SourceStanding, Cause> {
        let Some(commit) = self.commit(wanted)? else { return Ok(SourceStanding::Unresolved) };
        let tree = self.stored_commit(&commit, wanted.submodules)?;
        Ok(tree.map_or(SourceStanding::Elsewhere, SourceStanding::Here))
    }

    /// The files of a commit, fetched if they have to be.
    pub(crate) async fn tree(&self, wanted: WantedCommit) -> Result<Value, Cause> {
        let commit = self.commit(&wanted)?;
        if let Some(commit) = &commit
            && let Some(tree) = self.stored_commit(commit, wanted.submodules)?
        {
            return Ok(tree);
        }
        let name = pin_name(&wanted.url, &wanted.reference);
        self.may_ask(&name, commit.is_some())?;
        let (store, ways, known) = (self.engine.store.clone(), self.ways.clone(), commit.clone());
        // Who gives up must not leave a program behind.
        let stop = Ending(Stop::default());
        let (running, of) = (stop.0.clone(), wanted.clone());
        let fetched = on_thread(move |_| {
            let checkout = Checkout::begin(&store, &ways, of.login()?, running)?;
            let commit = match known {
                Some(commit) => commit,
                None => checkout.resolve(&of)?,
            };
            let tree = checkout.tree(&of.url, &commit, of.submodules)?;
            store.record_op(checkout_key(&commit, of.submodules), &Stored::Tree(tree.clone()))?;
            Ok::<_, Cause>((commit, tree))
        });
        let (found, tree) = fetched.await??;
        drop(stop);
        if commit.is_none() {
            self.engine.store.put_fact(last_commit_key(&name), &found, &[])?;
            let mut resolved = self.resolved();
            if resolved.commit(&name).is_none() {
                resolved.insert_commit(name, found);
            }
        }
        Ok(Value::Tree(TreeValue::whole(tree)))
    }

    /// Refuses to ask where that is forbidden.
    fn may_ask(&self, name: &str, is_known: bool) -> Result<(), Cause> {
        let images = &self.options().images;
        if images.offline {
            let message = format!("{name} is not in the store, and `--offline` asks nobody");
            return Err(Cause::machine(message).help("run once without `--offline`"));
        }
        if images.locked && !is_known {
            let message = format!("{name} is not pinned in pipe.lock, and `--locked` takes nothing else");
            return Err(Cause::usage(message)
                .help("run once without `--locked` and keep the pipe.lock that it writes with the sources"));
        }
        Ok(())
    }
}

/// Ends a program when it is dropped.
struct Ending(Stop);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The name of a branch or a tag in a lock.
fn pin_name(url: &str, reference: &str) -> String {
    format!("{url}#{reference}")
}

/// The address and the reference in such a name. An address has no fragment of its own; git's names of references may have a `#`.
fn named(name: &str) -> Option<(&str, &str)> {
    name.split_once('#')
}

fn no_such_name(url: &str, reference: &str) -> Cause {
    Cause::pipeline(format!("{url} has no branch, tag or reference `{reference}`"))
        .help("a commit is named by all of its 40 digits")
}

/// The whole name of a commit.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A commit's name says what is in it, wherever it comes from.
fn checkout_key(commit: &str, submodules: bool) -> StepKey {
    Preimage::new("checkout").text("commit", commit).text("submodules", submodules.to_string()).key()
}

fn last_commit_key(name: &str) -> pipe_ops::Digest {
    Preimage::new("last commit").text("name", name).key().0
}

fn pinned_otherwise(cause: Cause) -> Cause {
    match cause.class {
        crate::FailureClass::Pipeline => {
            cause.help("pipe.lock pins it: when it may be another one now, `pipe update` pins what it is")
        }
        _ => cause,
    }
}

impl From<FilesError> for Cause {
    fn from(error: FilesError) -> Cause {
        let reason = error.to_string();
        match error {
            FilesError::Url(_) | FilesError::Absent(_) | FilesError::Altered { .. } => {
                Cause::pipeline(reason)
            }
            FilesError::Unreachable { .. } | FilesError::Unauthorized { .. } => Cause::machine(reason),
            FilesError::Cancelled => Cause::machine(reason),
            FilesError::Store(error) => Cause::from(error),
        }
    }
}

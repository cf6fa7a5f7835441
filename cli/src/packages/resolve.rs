//! From what manifests say to what the lock says: looks each package up that is missing, until none is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pipe_analysis::{
    LockedPackage, NeededPackage, PackageFiles, PackageLock, PackageSource, PackageState, Reference,
    is_package_file, needed_packages, package_digest,
};
use pipe_fetch::{Fetched, Scratch, Shelf, Wanted, WantedVersion};

use super::accept::{Wish, settle};
use super::place::{Place, failed};
use super::vendored::is_vendored;
use crate::args::ExecutionArgs;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::package::find_package;
use crate::progress::Style;
use crate::{lock, report};

/// What is looked up again though the lock has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Renew {
    /// Nothing.
    Nothing,
    /// All.
    All,
    /// The dependencies of these names, with what they need.
    Named(Vec<String>),
}

/// What may be done.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) renew: Renew,
    /// The lock must not change.
    pub(crate) locked: bool,
    /// Nothing may be fetched.
    pub(crate) offline: bool,
    /// Whatever packages want is accepted, and tags that were moved are taken.
    pub(crate) accept: bool,
    /// How what is done is shown.
    pub(crate) style: Style,
}

impl Rules {
    /// Those of a run, which fetches what is missing and nothing else.
    pub(crate) fn of_run(execution: &ExecutionArgs, style: Style) -> Rules {
        let ExecutionArgs { locked, offline, .. } = *execution;
        Rules { renew: Renew::Nothing, locked, offline, accept: false, style }
    }
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) before: PackageLock,
    pub(crate) lock: PackageLock,
    pub(crate) needed: Vec<NeededPackage>,
}

/// Makes sure that what a run needs is there. What is missing in a `vendor/`, or must not be fetched, the checker says.
///
/// # Errors
/// When a package cannot be fetched, or wants more than was accepted.
pub(crate) fn ensure(
    environment: &Environment,
    directory: Option<&Path>,
    rules: &Rules,
) -> Result<(), CliError> {
    if rules.offline {
        return Ok(());
    }
    let system = environment.system();
    // Whoever has no package is told by the command itself.
    let Ok(root) = find_package(&system, environment, directory) else { return Ok(()) };
    if is_vendored(&root.dir) {
        return Ok(());
    }
    let Ok(before) = lock::packages(&root.dir) else { return Ok(()) };
    let needed = needed_packages(&system, &root, &before);
    let missing = |needed: &NeededPackage| !matches!(needed.state, PackageState::There(_));
    if !needed.iter().any(missing)
        || (rules.locked && needed.iter().any(|needed| needed.state == PackageState::NotLocked))
    {
        return Ok(());
    }
    // A wrong configuration is told by the command itself, too.
    let Ok(place) = Place::of(environment, system, root) else { return Ok(()) };
    let resolved = resolve(&place, rules)?;
    if resolved.lock == resolved.before {
        return Ok(());
    }
    if environment.in_ci {
        report::warning(
            "packages are not pinned in pipe.lock; run `pipe update` outside CI and keep the pipe.lock that is written with the sources",
            rules.style,
        );
    }
    // A run that cannot be checked is none: so it is written in CI, too.
    lock::write_packages(&place.root.dir, &resolved.before, &resolved.lock)
}

/// Looks up whatever is missing or to be renewed. The lock is not written.
///
/// # Errors
/// When a package cannot be fetched, is none, needs itself, or wants more than is accepted.
pub(crate) fn resolve(place: &Place<'_>, rules: &Rules) -> Result<Resolved, CliError> {
    let before = lock::packages(&place.root.dir)?;
    let mut resolver = Resolver {
        place,
        rules,
        lock: before.clone(),
        before,
        renewed: BTreeSet::new(),
        commits: BTreeMap::new(),
        kept: None,
    };
    let needed = resolver.run()?;
    let Resolver { before, mut lock, .. } = resolver;
    let sources: BTreeSet<&PackageSource> = needed.iter().map(|needed| &needed.source).collect();
    lock.retain(|source| sources.contains(source));
    let wishes: Vec<Wish> = needed.iter().filter_map(|needed| Wish::of(needed, &before)).collect();
    settle(&wishes, rules.accept, place.environment, rules.style)?;
    for wish in wishes {
        if let Some(package) = lock.get(&wish.source).cloned() {
            lock.insert(wish.source, LockedPackage { allowed: wish.wanted, ..package });
        }
    }
    if rules.locked && lock != before {
        let added = lock.lines().into_iter().filter(|line| !before.lines().contains(line));
        let message = format!(
            "pipe.lock would change, and --locked forbids it:\n  {}",
            added.collect::<Vec<_>>().join("\n  ")
        );
        return Err(CliError::usage(message)
            .help("run `pipe update` without --locked, and keep the pipe.lock that it writes"));
    }
    Ok(Resolved { before, lock, needed })
}

struct Resolver<'p, 'e> {
    place: &'p Place<'e>,
    rules: &'p Rules,
    before: PackageLock,
    lock: PackageLock,
    /// Those that were looked up again.
    renewed: BTreeSet<PackageSource>,
    /// Commits of versions that were looked up: all packages of one version are of one commit.
    commits: BTreeMap<(String, Reference), String>,
    kept: Option<(Shelf, Scratch, usize)>,
}

impl Resolver<'_, '_> {
    fn run(&mut self) -> Result<Vec<NeededPackage>, CliError> {
        loop {
            let needed = needed_packages(&self.place.system, &self.place.root, &self.lock);
            let mut again = false;
            for package in &needed {
                again |= self.look_at(package)?;
            }
            if !again {
                return Ok(needed);
            }
        }
    }

    /// Whether something was fetched for it.
    fn look_at(&mut self, needed: &NeededPackage) -> Result<bool, CliError> {
        let source = &needed.source;
        let locked = self.lock.get(source).cloned();
        match (&needed.state, locked) {
            (PackageState::Circle(names), _) => {
                let message = format!("packages need each other in a circle: {}", names.join(" -> "));
                Err(CliError::usage(message).help("move what both need into a package of its own"))
            }
            (PackageState::There(None), _) => {
                Err(CliError::usage(format!("{source} is no package: it has no `pipe.toml`")))
            }
            (PackageState::NotFetched | PackageState::Changed, Some(locked))
                if !self.is_to_be_renewed(needed) =>
            {
                self.fetch(needed, Some(&locked.commit), Some(&locked))?;
                Ok(true)
            }
            (PackageState::There(Some(_)), Some(_)) if !self.is_to_be_renewed(needed) => Ok(false),
            _ => {
                let known = self.commits.get(&(source.url.clone(), source.reference.clone())).cloned();
                let known = known.or_else(|| self.commit_beside(source));
                self.fetch(needed, known.as_deref(), None)?;
                self.renewed.insert(source.clone());
                Ok(true)
            }
        }
    }

    fn is_to_be_renewed(&self, needed: &NeededPackage) -> bool {
        let first = needed.name.split('/').next().unwrap_or_default();
        let asked = match &self.rules.renew {
            Renew::Nothing => false,
            Renew::All => true,
            Renew::Named(names) => names.iter().any(|name| name == first),
        };
        let moves = !matches!(needed.source.reference, Reference::Rev(_));
        asked && moves && !self.renewed.contains(&needed.source)
    }

    /// The commit of another package of the same version of the same repository, unless that is looked up again.
    fn commit_beside(&self, source: &PackageSource) -> Option<String> {
        if self.rules.renew != Renew::Nothing {
            return None;
        }
        let same = |other: &PackageSource| other.url == source.url && other.reference == source.reference;
        self.lock.iter().find(|(other, _)| same(other)).map(|(_, package)| package.commit.clone())
    }

    fn fetch(
        &mut self,
        needed: &NeededPackage,
        commit: Option<&str>,
        locked: Option<&LockedPackage>,
    ) -> Result<(), CliError> {
        let source = &needed.source;
        if self.rules.offline {
            return Err(CliError::usage(format!(
                "`{}` has to be fetched, and --offline forbids it: {source}",
                needed.name
            ))
            .help("run `pipe update` once without --offline"));
        }
        report::notice(&format!("fetching {source}\n"), self.rules.style);
        let fetched = self.fetched(source, commit)?;
        let files = texts(source, fetched.files)?;
        let digest = package_digest(&files);
        if let Some(locked) = locked.filter(|locked| locked.digest != digest) {
            let message = format!(
                "{source} is not what pipe.lock says: commit {} has the digest {digest}, and pipe.lock has {}",
                fetched.commit, locked.digest
            );
            return Err(CliError::usage(message)
                .help("pipe.lock was changed by hand, or the repository is not the one it was"));
        }
        self.moved(source, &fetched.commit, &digest)?;
        let damaged = needed.state == PackageState::Changed;
        let (shelf, scratch, _) = self.kept()?;
        shelf.put(scratch, &digest, &files, damaged).map_err(|error| failed(&error))?;
        self.commits.insert((source.url.clone(), source.reference.clone()), fetched.commit.clone());
        let allowed = self.lock.get(source).map(|package| package.allowed.clone()).unwrap_or_default();
        self.lock.insert(source.clone(), LockedPackage { commit: fetched.commit, digest, allowed });
        Ok(())
    }

    fn fetched(&mut self, source: &PackageSource, commit: Option<&str>) -> Result<Fetched, CliError> {
        let version = match &source.reference {
            Reference::Tag(name) => WantedVersion::Tag(name),
            Reference::Branch(name) => WantedVersion::Branch(name),
            Reference::Rev(name) => WantedVersion::Commit(name),
        };
        let wanted = Wanted { url: &source.url, version, commit, dir: &source.dir };
        let remote = &self.place.remote;
        let (_, scratch, number) = self.kept()?;
        *number += 1;
        let folder = scratch.empty(&format!("repository-{number}")).map_err(|error| failed(&error))?;
        remote.fetch(&folder, wanted, &is_package_file).map_err(|error| failed(&error))
    }

    /// The place for packages; made when the first one is fetched.
    fn kept(&mut self) -> Result<&mut (Shelf, Scratch, usize), CliError> {
        match &mut self.kept {
            Some(kept) => Ok(kept),
            empty => {
                let (shelf, scratch) = self.place.shelf()?;
                Ok(empty.insert((shelf, scratch, 0)))
            }
        }
    }

    /// A tag that is something else than it was has to be accepted.
    fn moved(&self, source: &PackageSource, commit: &str, digest: &str) -> Result<(), CliError> {
        let Some(before) = self.before.get(source) else { return Ok(()) };
        let is_tag = matches!(source.reference, Reference::Tag(_));
        if !is_tag || before.digest == digest || self.rules.accept {
            return Ok(());
        }
        let message = format!(
            "the {} of {} was moved: it was commit {} when pipe.lock was written, and is {commit} now, with another content",
            source.reference, source.url, before.commit
        );
        Err(CliError::usage(message)
            .help("tags should not move: ask its owners; `pipe update --accept` takes what it is now, after you looked at it"))
    }
}

/// The files of a package as texts. A licence in another encoding is left out; everything else has to be text.
fn texts(source: &PackageSource, fetched: BTreeMap<String, Vec<u8>>) -> Result<PackageFiles, CliError> {
    let mut files = PackageFiles::new();
    for (path, bytes) in fetched {
        let is_read = path.ends_with(".pipe") || path.ends_with("pipe.toml");
        match (String::from_utf8(bytes), is_read) {
            (Ok(text), _) => drop(files.insert(path, text)),
            (Err(_), false) => {}
            (Err(_), true) => return Err(CliError::usage(format!("`{path}` in {source} is not UTF-8"))),
        }
    }
    if files.contains_key("pipe.toml") {
        return Ok(files);
    }
    let error = CliError::usage(format!("{source} is no package: there is no `pipe.toml`"));
    let other = files.keys().find_map(|path| path.strip_suffix("/pipe.toml"));
    Err(match other {
        Some(folder) if source.dir.is_empty() => {
            error.help(format!("there is one in `{folder}`: name it by `dir = \"{folder}\"`"))
        }
        _ => error.help("`dir` names the folder in the repository that has one"),
    })
}

//! The files of a package, for what is written about them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pipe_analysis::inspect::DeclarationKind;
use pipe_analysis::{Entry, FileKind, System};

/// How many entries of a folder are looked at, and how many folders for modules.
const MANY: usize = 500;

/// The files of a package, as far as they lie in its folder.
#[derive(Clone)]
pub struct PackageFolder {
    system: Arc<dyn System>,
    dir: PathBuf,
    /// Its modules with their texts, once they were asked for.
    modules: Arc<OnceLock<Vec<Module>>>,
    /// What the modules offer, with the texts that it was found in.
    public: Arc<Mutex<HashMap<String, Offered>>>,
}

/// The path of a module in the package, and its text.
type Module = (String, Arc<str>);

/// A text, and what a module with it offers.
type Offered = (Arc<str>, Arc<[PublicName]>);

/// A name that a module of the package offers to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicName {
    pub(crate) name: String,
    pub(crate) kind: DeclarationKind,
    /// Of what is called, whether it has arguments.
    pub(crate) takes: Option<bool>,
}

impl PackageFolder {
    /// The files in a folder, which is absolute.
    pub fn new(system: Arc<dyn System>, dir: PathBuf) -> PackageFolder {
        PackageFolder { system, dir, modules: Arc::default(), public: Arc::default() }
    }

    /// The entries of a folder of the package, by name; `""` is the package's own. Empty for what is no folder of it.
    pub(crate) fn entries(&self, folder: &str) -> Vec<Entry> {
        let Some(path) = self.inside(folder) else { return Vec::new() };
        let mut found = self.system.list(&path).unwrap_or_default();
        found.truncate(MANY);
        found
    }

    /// Looks at its modules anew when they are asked for next: files came, went or changed.
    pub fn forget(&mut self) {
        self.modules = Arc::default();
        // What they offered was found in texts that are read anew, and some of them may be gone.
        self.public = Arc::default();
    }

    /// The paths of its modules, relative to it.
    pub fn module_paths(&self) -> impl Iterator<Item = &str> {
        self.modules().iter().map(|(path, _)| path.as_str())
    }

    /// The `.pipe` files of the package with their texts on the disk, by their paths in it.
    pub(crate) fn modules(&self) -> &[Module] {
        self.modules.get_or_init(|| {
            let read = |path: String| {
                let text = self.inside(&path).and_then(|file| self.system.read(&file).ok())?;
                Some((path, text.into()))
            };
            self.paths().into_iter().filter_map(read).collect()
        })
    }

    /// What a module of this text offers. It is found once for a text: modules are many, and this is asked at every letter.
    pub(crate) fn public(&self, module: &str, text: Arc<str>) -> Arc<[PublicName]> {
        let mut known = self.public.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, found)) = known.get(module)
            && Arc::ptr_eq(of, &text)
        {
            return found.clone();
        }
        let found: Arc<[PublicName]> = public_names(&text).into();
        known.insert(module.to_owned(), (text, found.clone()));
        found
    }

    /// The `.pipe` files of the package, relative to it. Folders that are other packages, or hidden, are left out.
    fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut waiting = vec![String::new()];
        for _ in 0..MANY {
            let Some(folder) = waiting.pop() else { break };
            for entry in self.entries(&folder) {
                let path = format!("{folder}{}", entry.name);
                match entry.kind {
                    FileKind::Dir if entry.name.starts_with('.') => {}
                    FileKind::Dir => {
                        let other = self.dir.join(&path).join("pipe.toml");
                        if self.system.kind(&other).is_none() && entry.name != "node_modules" {
                            waiting.push(format!("{path}/"));
                        }
                    }
                    FileKind::File if entry.name.ends_with(".pipe") => found.push(path),
                    FileKind::File => {}
                }
            }
        }
        found.sort();
        found.truncate(MANY);
        found
    }

    /// A path of the package; `None` for what lies outside it.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let path = self.system.canonical(&self.dir.join(Path::new(path))).ok()?;
        let dir = self.system.canonical(&self.dir).ok()?;
        path.starts_with(dir).then_some(path)
    }
}

/// The public names of a text, found by the first words of its lines.
fn public_names(text: &str) -> Vec<PublicName> {
    let items = text.lines().filter_map(|line| line.strip_prefix("pub ")?.split_once(' '));
    let found = items.filter_map(|(word, rest)| {
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(len);
        let arguments = || {
            let open = rest.split_once('(').map_or("", |(_, inside)| inside.trim_start());
            Some(!open.starts_with(')'))
        };
        let (kind, takes) = match word {
            "fn" => (DeclarationKind::Function, arguments()),
            "action" => (DeclarationKind::Action, arguments()),
            "let" => (DeclarationKind::Let, None),
            "record" => (DeclarationKind::Record, None),
            "enum" => (DeclarationKind::Enum, None),
            _ => return None,
        };
        Some(PublicName { name: name.to_owned(), kind, takes })
    });
    found.filter(|found| !found.name.is_empty()).collect()
}

impl std::fmt::Debug for PackageFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackageFolder").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipe_analysis::MemorySystem;

    #[test]
    fn nothing_outside_is_told() {
        let system = MemorySystem::new()
            .with("/p/a/x.pipe", "let a = 1\n")
            .with("/p/.git/y.pipe", "")
            .with("/p/other/pipe.toml", "")
            .with("/p/other/main.pipe", "")
            .with("/q/z.pipe", "secret");
        let folder = PackageFolder::new(Arc::new(system), "/p".into());
        assert_eq!(folder.modules(), [("a/x.pipe".to_owned(), "let a = 1\n".into())]);
        assert_eq!((folder.entries("../q"), folder.entries("/")), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_a_module_offers_is_found_once_for_a_text() {
        let folder = PackageFolder::new(Arc::new(MemorySystem::new()), "/p".into());
        let text: Arc<str> = "pub fn a() -> Int { 1 }\nfn b() -> Int { 2 }\npub record R { n: Int }\n".into();
        let first = folder.public("x.pipe", text.clone());
        let names: Vec<_> = first.iter().map(|found| (&*found.name, found.takes)).collect();
        assert_eq!(names, [("a", Some(false)), ("R", None)]);
        assert!(Arc::ptr_eq(&first, &folder.public("x.pipe", text.clone())));
        assert_eq!(folder.public("x.pipe", "pub let c: Int = 1\n".into()).len(), 1);
        let mut again = folder.clone();
        again.forget();
        assert!(again.public.lock().unwrap().is_empty(), "a module that is gone is not kept");
        assert_eq!(again.public("x.pipe", text).len(), 2);
    }
}

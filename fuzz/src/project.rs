//! A package of one module that is edited again and again, as in an editor.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use pipe_analysis::{Analysis, Entry, FileKind, MemorySystem, PackageRoot, System};
use pipe_diagnostics::{Diagnostic, FileSpan, Sources};
use pipe_ide::PackageFolder;

/// A checker forgets nothing of names it met; so many texts, and it is replaced.
const TEXTS: usize = 1_000;

pub(crate) struct Project {
    files: Arc<Files>,
    pub(crate) analysis: Analysis,
    texts: usize,
}

impl Project {
    pub(crate) fn new() -> Project {
        let files = Arc::new(Files::default());
        Project { analysis: Analysis::new(files.clone()), files, texts: 0 }
    }

    /// What is wrong with a text, read by a checker that has read others before.
    pub(crate) fn check(&mut self, text: &str) -> Vec<Diagnostic<FileSpan>> {
        self.texts += 1;
        *self.files.current() = MemorySystem::new().with("main.pipe", text);
        let root = PackageRoot::of_file(&*self.files, Path::new("main.pipe"));
        self.analysis.check(&root, &[])
    }

    /// The files beside the text, of which there are none.
    pub(crate) fn folder(&self) -> PackageFolder {
        PackageFolder::new(self.files.clone(), self.files.current_dir())
    }

    pub(crate) fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        for (file, text) in self.analysis.sources() {
            sources.insert(file, text);
        }
        sources
    }
}

thread_local! {
    static PROJECT: RefCell<Option<Project>> = const { RefCell::new(None) };
}

/// Uses this thread's project.
pub(crate) fn with_project<T>(work: impl FnOnce(&mut Project) -> T) -> T {
    PROJECT.with_borrow_mut(|kept| {
        let usable = kept.take().filter(|project| project.texts < TEXTS);
        let mut project = usable.unwrap_or_else(Project::new);
        let result = work(&mut project);
        *kept = Some(project);
        result
    })
}

#[derive(Default)]
struct Files(Mutex<MemorySystem>);

impl Files {
    fn current(&self) -> std::sync::MutexGuard<'_, MemorySystem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl System for Files {
    fn current_dir(&self) -> PathBuf {
        self.current().current_dir()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        self.current().read(path)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        self.current().kind(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        self.current().list(dir)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.current().canonical(path)
    }
}

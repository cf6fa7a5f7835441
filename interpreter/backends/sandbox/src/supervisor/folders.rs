//! The folders that steps need, in the folder of their run.
//!
//! Making and removing folders is dear on some file systems (ext4 with `discard` waits for the disk), so a step makes only what its
//! changes stay in, and an overlay's work folder is handed on from step to step.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The folders of all runs that steps worked in.
#[derive(Default)]
pub(super) struct RunFolders {
    names: AtomicU64,
    /// By run: work folders that are empty and free.
    spare: Mutex<BTreeMap<PathBuf, Vec<PathBuf>>>,
}

impl RunFolders {
    /// Every run's folder.
    pub(super) fn runs(&self) -> Vec<PathBuf> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// For a step of a run.
    pub(super) fn step(&self, run: PathBuf) -> StepFolders<'_> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).entry(run.clone()).or_default();
        StepFolders { all: self, run, made: Mutex::default(), works: Mutex::default() }
    }

    fn take_spare(&self, run: &Path) -> Option<PathBuf> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).get_mut(run)?.pop()
    }

    fn give_back(&self, run: &Path, work: PathBuf) {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(run.to_path_buf())
            .or_default()
            .push(work);
    }
}

/// The folders of one step.
pub(super) struct StepFolders<'a> {
    all: &'a RunFolders,
    run: PathBuf,
    made: Mutex<Vec<PathBuf>>,
    works: Mutex<Vec<PathBuf>>,
}

impl StepFolders<'_> {
    /// A path that nothing else uses. What will be there is removed with the step.
    pub(super) fn fresh(&self, kind: &str) -> PathBuf {
        // The process's id: an earlier supervisor may have worked in the same run.
        let number = self.all.names.fetch_add(1, Ordering::Relaxed);
        let path = self.run.join(format!("{kind}-{}-{number}", std::process::id()));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        path
    }

    /// An empty work folder for an overlay.
    pub(super) fn work(&self) -> io::Result<PathBuf> {
        let path = match self.all.take_spare(&self.run) {
            Some(path) => path,
            None => {
                let path = self.fresh("work");
                std::fs::create_dir(&path)?;
                self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|made| *made != path);
                path
            }
        };
        self.works.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        Ok(path)
    }

    /// Leaves what is at this path to the store.
    pub(super) fn leave(&self, path: &Path) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|made| made != path);
    }

    /// Removes everything that was not left to the store. What cannot be removed goes with the run.
    pub(super) fn remove(self) {
        for path in self.taken() {
            let _ = pipe_store::remove_layer(&path);
        }
    }

    /// As [`StepFolders::remove`], but the work folders are emptied for other steps. To be called when the overlays are gone.
    pub(super) fn recycle(self) {
        let works = std::mem::take(&mut *self.works.lock().unwrap_or_else(PoisonError::into_inner));
        for work in works {
            // What overlayfs makes in it: its own `work`, and a mark that a `volatile` mount was there, which forbids another.
            let emptied = ["work", "incompat"].map(|name| pipe_store::remove_layer(&work.join(name)));
            if emptied.iter().all(Result::is_ok) {
                self.all.give_back(&self.run, work);
            } else {
                let _ = pipe_store::remove_layer(&work);
            }
        }
        self.remove();
    }

    fn taken(&self) -> Vec<PathBuf> {
        let take = |paths: &Mutex<Vec<PathBuf>>| {
            std::mem::take(&mut *paths.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let mut paths = take(&self.made);
        paths.extend(take(&self.works));
        paths
    }
}

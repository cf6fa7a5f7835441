//! The host as one session sees it: each folder, each file and the toolchain is looked at once.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pipe_ops::{Digest, HostDir};
use pipe_store::{Filter, HostPath, ImportError, StoreError};
use tokio::sync::OnceCell;

use crate::failure::Cause;
use crate::{Engine, EngineError, Event, HostAccess, TreeValue, Value, left_out};

/// What was read of the host so far. Steps of one session never see two states of one folder.
pub(crate) struct HostSnapshot {
    pub(crate) access: HostAccess,
    folders: Mutex<HashMap<HostDir, Result<Value, Cause>>>,
    files: Mutex<HashMap<String, Result<Value, Cause>>>,
    toolchain: OnceCell<Digest>,
    /// What was left out of folders and told: the same file can be in several.
    told: Mutex<HashSet<PathBuf>>,
}

impl HostSnapshot {
    pub(crate) fn new(engine: &Engine) -> Result<HostSnapshot, EngineError> {
        let package = &engine.options.package;
        let access = HostAccess::new(package, &engine.options.grants)
            .map_err(|error| EngineError::Package { path: package.display().to_string(), error })?;
        Ok(HostSnapshot {
            access,
            folders: Mutex::default(),
            files: Mutex::default(),
            toolchain: OnceCell::new(),
            told: Mutex::default(),
        })
    }

    /// A folder of the host as a tree. Blocks.
    pub(crate) fn folder(&self, engine: &Engine, dir: &HostDir) -> Result<Value, Cause> {
        if let Some(known) = self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(dir) {
            return known.clone();
        }
        let found = self.import_folder(engine, dir);
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.entry(dir.clone()).or_insert(found).clone()
    }

    fn import_folder(&self, engine: &Engine, dir: &HostDir) -> Result<Value, Cause> {
        let real = self.access.resolve(&dir.path).map_err(|missing| Cause::usage(missing.to_string()))?;
        let filter = Filter::new(&dir.include, &dir.exclude).map_err(Cause::from)?;
        let taken =
            engine.store.import_dir(HostPath::resolved(&real), &filter, &self.access.import_options(&real));
        let taken = taken.map_err(|error| import_cause(&dir.path, &real, error))?;
        self.tell_left_out(engine, &dir.path, taken.left_out);
        Ok(Value::Tree(TreeValue::whole(taken.tree)))
    }

    /// A step would miss it without a word.
    fn tell_left_out(&self, engine: &Engine, folder: &str, left_out: Vec<PathBuf>) {
        let folder = if folder == "." { Path::new("") } else { Path::new(folder) };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let paths = left_out.into_iter().map(|path| folder.join(path));
        let new: Vec<PathBuf> = paths.filter(|path| told.insert(path.clone())).collect();
        if let Some(paths) = left_out::list(&new) {
            let message = format!(
                "{paths}: left out, for only files, folders and links can be taken in; `exclude:` it"
            );
            engine.events.event(Event::Warning { message: message.into() });
        }
    }

    /// A file of the host. Blocks.
    pub(crate) fn file(&self, engine: &Engine, path: &str) -> Result<Value, Cause> {
        if let Some(known) = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let real = self.access.resolve(path).map_err(|missing| Cause::usage(missing.to_string()));
        let found = real.and_then(|real| {
            let file = engine.store.import_file(HostPath::resolved(&real));
            file.map(Value::File).map_err(|error| import_cause(path, &real, error))
        });
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(path.to_owned()).or_insert(found).clone()
    }

    /// The root that `host.toolchain()` is: nothing over the host's own tools.
    pub(crate) async fn toolchain(&self, engine: &Engine) -> Result<Value, Cause> {
        let digest = self.toolchain.get_or_try_init(|| engine.backend.toolchain_digest()).await?;
        let tree = engine.store.empty_diff();
        Ok(Value::Tree(TreeValue { base: Some(*digest), ..TreeValue::whole(tree) }))
    }
}

/// A host path that is not there, or not what it should be, is the caller's mistake.
pub(crate) fn import_cause(path: &str, real: &Path, error: StoreError) -> Cause {
    let StoreError::Import(import) = &error else { return Cause::from(error) };
    match import {
        ImportError::Read { path: at, source }
            if at == real && source.kind() == std::io::ErrorKind::NotFound =>
        {
            Cause::usage(format!("there is no `{path}` on this machine"))
        }
        ImportError::NotADirectory { .. } => Cause::usage(format!("`{path}` is not a folder")),
        ImportError::NotAFile { .. } => Cause::usage(format!("`{path}` is not a file")),
        ImportError::Read { .. } => Cause::usage(error.to_string()),
        ImportError::Changing { .. } | ImportError::Stopped { .. } => Cause::machine(error.to_string()),
    }
}

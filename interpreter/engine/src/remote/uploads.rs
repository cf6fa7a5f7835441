//! Giving results to caches, beside the run.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use pipe_cache::RemoteCache;
use pipe_ops::BlobDigest;
use pipe_store::{StepRecord, Store, Stored};

use super::Complaints;
use super::form::{RemoteError, RemoteMount, RemoteResult, RemoteTree, Source, entry, file_source, tree_of};
use crate::steps::exec::PreparedExec;
use crate::{Event, EventSink};

/// What is on its way.
#[derive(Default)]
pub(crate) struct Uploads {
    threads: Mutex<Vec<JoinHandle<()>>>,
    complaints: Arc<Complaints>,
}

impl Uploads {
    /// Begins to give the result of a step to caches.
    pub(crate) fn begin(
        &self,
        store: &Store,
        caches: &[Arc<dyn RemoteCache>],
        step: &Arc<PreparedExec>,
        events: &Arc<dyn EventSink>,
    ) {
        if caches.is_empty() {
            return;
        }
        let (store, caches, step) = (store.clone(), caches.to_vec(), step.clone());
        let (complaints, events) = (self.complaints.clone(), events.clone());
        let thread = std::thread::spawn(move || {
            for cache in caches {
                if let Err(error) = give(&store, &*cache, &step)
                    && complaints.is_first(cache.origin())
                {
                    let origin = cache.origin();
                    let message = format!("`{}` is not in the cache {origin}: {error}", step.name);
                    events.event(Event::Warning { message: message.into() });
                }
            }
        });
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    /// Whether there is nothing to wait for.
    pub(crate) fn are_done(&self) -> bool {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Waits for all of it. Blocks.
    pub(crate) fn finish(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // What one of them came to was told.
            let _ = thread.join();
        }
    }
}

/// Content first: who finds the result finds all of it.
fn give(store: &Store, cache: &dyn RemoteCache, step: &PreparedExec) -> Result<(), RemoteError> {
    let Some(record) = store.lookup_step(step.key)? else { return Ok(()) };
    let Some((result, sources)) = described(store, step, &record)? else { return Ok(()) };
    for Source { digest, place } in sources {
        if !cache.has_blob(digest)? {
            cache.put_blob(digest, &mut store.open_delta_file(&place)?)?;
        }
    }
    for (digest, _) in result.texts {
        if !cache.has_blob(digest)? {
            let bytes = store.get_blob(digest)?.ok_or(RemoteError::Wrong("what it printed is gone"))?;
            cache.put_blob(digest, &mut bytes.as_slice())?;
        }
    }
    let bytes = postcard::to_stdvec(&result).map_err(|_| RemoteError::Wrong("it cannot be written down"))?;
    Ok(cache.put_result(entry(store, step.key)?, &bytes)?)
}

/// A result over the step's inputs, and the content that it needs; `None` when it cannot be said that way.
fn described(
    store: &Store,
    step: &PreparedExec,
    record: &StepRecord,
) -> Result<Option<(RemoteResult, Vec<Source>)>, RemoteError> {
    let Some(root) = &record.root else { return Ok(None) };
    let Some((root, mut sources)) = RemoteTree::of(store, &step.root.tree, root)? else { return Ok(None) };
    let mut mounts = Vec::new();
    for (left, shown) in record.mounts.iter().zip(step.shown()) {
        mounts.push(match (left, shown) {
            (None, _) => None,
            (Some(Stored::File(file)), _) => {
                sources.push(file_source(file));
                Some(RemoteMount::File { digest: file.digest, size: file.size, mode: file.mode })
            }
            (Some(Stored::Tree(tree)), Some(shown)) => {
                let Some(from) = tree_of(&shown) else { return Ok(None) };
                let Some((tree, files)) = RemoteTree::of(store, from, tree)? else { return Ok(None) };
                sources.extend(files);
                Some(RemoteMount::Tree(tree))
            }
            (Some(Stored::Tree(_)), None) => return Ok(None),
        });
    }
    let text = |digest: BlobDigest| -> Result<(BlobDigest, u64), RemoteError> {
        let bytes = store.get_blob(digest)?.ok_or(RemoteError::Wrong("what it printed is gone"))?;
        Ok((digest, bytes.len() as u64))
    };
    let result = RemoteResult {
        exit_code: record.exit_code,
        duration: u64::try_from(record.duration.as_nanos()).unwrap_or(u64::MAX),
        root,
        mounts,
        texts: [text(record.stdout)?, text(record.stderr)?, text(record.log)?],
    };
    Ok(Some((result, sources)))
}

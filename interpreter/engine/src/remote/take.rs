//! Taking a result from a cache.

use std::time::{Duration, SystemTime};

use pipe_cache::RemoteCache;
use pipe_ops::BlobDigest;
use pipe_store::{StepRecord, Store, Stored};

use super::form::{LARGEST, LARGEST_TEXT, RemoteError, RemoteMount, RemoteResult, blob, entry};
use super::{Complaints, RemoteCaches};
use crate::results::ExecResult;
use crate::steps::exec::PreparedExec;
use crate::{Event, EventSink};

/// The result of a step that a cache has, now also in the own store; only one whose exit code is taken for success. Blocks.
pub(crate) fn take(
    store: &Store,
    caches: &RemoteCaches,
    step: &PreparedExec,
    success: Option<&[i32]>,
    complaints: &Complaints,
    events: &dyn EventSink,
) -> Option<ExecResult> {
    caches.from.iter().find_map(|cache| match from(store, &**cache, step, success) {
        Ok(found) => found,
        Err(error) => {
            let origin = cache.origin();
            if complaints.is_first(origin) {
                let message = format!("the cache {origin} is of no use for `{}`: {error}", step.name);
                events.event(Event::Warning { message: message.into() });
            }
            None
        }
    })
}

fn from(
    store: &Store,
    cache: &dyn RemoteCache,
    step: &PreparedExec,
    success: Option<&[i32]>,
) -> Result<Option<ExecResult>, RemoteError> {
    let Some(bytes) = cache.result(entry(store, step.key)?, LARGEST)? else { return Ok(None) };
    let found: RemoteResult =
        postcard::from_bytes(&bytes).map_err(|_| RemoteError::Wrong("a result of it cannot be read"))?;
    if success.is_some_and(|success| !success.contains(&found.exit_code)) {
        return Ok(None);
    }
    let shown = step.shown();
    if shown.len() != found.mounts.len() {
        return Err(RemoteError::Wrong("a result of it is of another step"));
    }
    let root = found.root.adopt(store, cache, &step.root.tree)?;
    let mut mounts = Vec::with_capacity(shown.len());
    for (mount, shown) in found.mounts.into_iter().zip(shown) {
        mounts.push(match (mount, shown) {
            (None, None) => None,
            (Some(RemoteMount::Tree(tree)), Some(Stored::Tree(shown))) => {
                Some(Stored::Tree(tree.adopt(store, cache, &shown)?))
            }
            (Some(RemoteMount::File { digest, size, mode }), Some(Stored::File(_))) if mode <= 0o7777 => {
                let file = store.make_file(mode, |to| blob(cache, digest, size, to))?;
                Some(Stored::File(file))
            }
            _ => return Err(RemoteError::Wrong("a result of it is of another step")),
        });
    }
    let mut texts = [BlobDigest::of(b""); 3];
    for (kept, (digest, size)) in texts.iter_mut().zip(found.texts) {
        *kept = text(store, cache, digest, size)?;
    }
    let [stdout, stderr, log] = texts;
    let record = StepRecord {
        name: step.name.to_string(),
        exit_code: found.exit_code,
        root: Some(root),
        mounts,
        stdout,
        stderr,
        log,
        duration: Duration::from_nanos(found.duration),
        created: SystemTime::now(),
    };
    store.record_step_from(step.key, &record, &step.preimage, cache.origin())?;
    Ok(ExecResult::from_record(step.key, record, &step.root, &step.mounts))
}

fn text(
    store: &Store,
    cache: &dyn RemoteCache,
    digest: BlobDigest,
    size: u64,
) -> Result<BlobDigest, RemoteError> {
    if digest == BlobDigest::of(b"") {
        return Ok(store.put_blob(b"")?);
    }
    if size > LARGEST_TEXT {
        return Err(RemoteError::Wrong("a result of it printed more than any step does"));
    }
    let mut bytes = Vec::new();
    blob(cache, digest, size, &mut bytes)?;
    Ok(store.put_blob(&bytes)?)
}

//! Images as one session sees them: a tag means one image for all of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use pipe_ops::{Arg, BlobDigest, Datum, Op, Origin};
use pipe_registry::{Cancel, ErrorKind, Fetched, Image, Images, Pins, Reference, RegistryError, Settings};
use pipe_store::FileRef;
use tokio::sync::oneshot;

use crate::failure::Cause;
use crate::reach::Needed;
use crate::{Engine, Unpinned};

/// How images come in.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    /// How registries are reached.
    pub settings: Settings,
    /// What tags are pinned to.
    pub pins: Pins,
    /// A tag without a pin is refused.
    pub locked: bool,
    /// Nobody is asked: what the store has is all there is.
    pub offline: bool,
}

/// An image that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) reference: Reference,
    pub(crate) platform: String,
    /// Nanoseconds after which a tag is resolved again; it is not pinned then.
    pub(crate) fresh: Option<i64>,
}

/// Images of a session.
pub(crate) struct SessionImages {
    images: Arc<Images>,
    options: Arc<crate::EngineOptions>,
    /// What tags were resolved to, by their full names; whether they are to be pinned.
    resolved: Mutex<HashMap<String, (BlobDigest, bool)>>,
    /// The store is only looked at.
    reads_only: bool,
}

/// What is known of an image before anybody is asked.
pub(crate) enum Standing {
    /// All of it.
    Here(Box<Fetched>),
    /// Which one it is; it is not in the store.
    Elsewhere,
    /// Not even which one it is.
    Unresolved,
}

impl SessionImages {
    pub(crate) fn new(engine: &Engine) -> SessionImages {
        let images = Images::new(engine.store.clone(), engine.options.images.settings.clone());
        SessionImages {
            images: Arc::new(images),
            options: engine.options.clone(),
            resolved: Mutex::default(),
            reads_only: engine.store.reads_only(),
        }
    }

    /// Images of the store.
    pub(crate) fn images(&self) -> &Arc<Images> {
        &self.images
    }

    /// Tags that were resolved and have no pin yet.
    pub(crate) fn new_pins(&self) -> Pins {
        let resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = resolved.iter().filter(|(_, (_, pinned))| *pinned).collect();
        names.sort();
        let mut pins = Pins::default();
        for (name, (digest, _)) in names {
            pins.insert(name.as_str(), *digest);
        }
        pins
    }

    /// Which image is meant, as far as that is known without asking anybody.
    fn digest(&self, wanted: &Wanted) -> Result<Option<BlobDigest>, RegistryError> {
        let Some(name) = wanted.reference.pin_name() else { return Ok(wanted.reference.digest) };
        let resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((digest, _)) = resolved.get(&name) {
            return Ok(Some(*digest));
        }
        drop(resolved);
        let options = &self.options.images;
        let Some(fresh) = wanted.fresh else {
            if let Some(pin) = options.pins.get(&name) {
                return Ok(Some(pin));
            }
            // Offline, what it was when it was last resolved is all that is known.
            let last = if options.offline { self.images.last_resolved(&name)? } else { None };
            return Ok(last.map(|(digest, _)| digest));
        };
        let Some((digest, time)) = self.images.last_resolved(&name)? else { return Ok(None) };
        let most = Duration::from_nanos(u64::try_from(fresh).unwrap_or_default());
        Ok((is_younger(time, most, SystemTime::now()) || options.offline).then_some(digest))
    }

    /// Tags without a pin. A reference that only running gives is not among them.
    pub(crate) fn unpinned(&self, nodes: &[Needed]) -> Vec<Unpinned> {
        let options = &self.options.images;
        let mut unpinned: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        for needed in nodes {
            let Op::Image { reference: Arg::Const(Datum::Text(text)), fresh: None, .. } = &needed.node.op
            else {
                continue;
            };
            let name = Reference::parse(text).ok().and_then(|reference| reference.pin_name());
            if let Some(name) = name.filter(|name| options.pins.get(name).is_none()) {
                unpinned.entry(name).or_default().extend(needed.node.origins.iter().cloned());
            }
        }
        unpinned.into_iter().map(|(name, origins)| Unpinned { name, origins }).collect()
    }

    /// What is known of an image without asking anybody.
    pub(crate) fn standing(&self, wanted: &Wanted) -> Result<Standing, RegistryError> {
        let Some(digest) = self.digest(wanted)? else { return Ok(Standing::Unresolved) };
        // Where it came from is remembered by who uses it.
        let image = match self.reads_only {
            true => self.images.stored(digest, &wanted.platform)?,
            false => self.images.stored_from(&wanted.reference, digest, &wanted.platform)?,
        };
        let here = |image| Standing::Here(Box::new(Fetched { image, digest }));
        Ok(image.map_or(Standing::Elsewhere, here))
    }

    /// An image, fetched if it has to be.
    pub(crate) async fn get(&self, wanted: Wanted) -> Result<Fetched, Cause> {
        let digest = self.digest(&wanted).map_err(cause)?;
        if let Some(digest) = digest
            && let Some(image) =
                self.images.stored_from(&wanted.reference, digest, &wanted.platform).map_err(cause)?
        {
            return Ok(Fetched { image, digest });
        }
        let name = wanted.reference.pin_name();
        let options = &self.options.images;
        if options.offline {
            let message = format!("{} is not in the store, and `--offline` asks nobody", wanted.reference);
            return Err(Cause::machine(message).help("run once without `--offline`"));
        }
        if options.locked && digest.is_none() && wanted.fresh.is_none() {
            let message =
                format!("{} is not pinned in pipe.lock, and `--locked` takes nothing else", wanted.reference);
            return Err(Cause::usage(message)
                .help("run once without `--locked` and keep the pipe.lock that it writes with the sources"));
        }
        let (fresh, images) = (wanted.fresh, self.images.clone());
        let fetched =
            on_thread(move |cancel| images.fetch(&wanted.reference, digest, &wanted.platform, cancel));
        let fetched = fetched.await?.map_err(cause)?;
        if let (Some(name), None) = (name, digest) {
            let mut resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
            resolved.entry(name).or_insert((fetched.digest, fresh.is_none()));
        }
        Ok(fetched)
    }
}

impl SessionImages {
    /// The image in a file.
    pub(crate) async fn archived(&self, file: FileRef, platform: String) -> Result<Image, Cause> {
        let images = self.images.clone();
        let image = on_thread(move |cancel| images.archived(&file, &platform, cancel));
        image.await?.map_err(|error| match error.kind {
            // The file is the pipeline's own.
            ErrorKind::Malformed => cause(RegistryError { kind: ErrorKind::Absent, ..error }),
            _ => cause(error),
        })
    }
}

/// Works on a thread of its own, which a registry that does not answer may hold as long as it likes: nobody waits for it when the run
/// is over.
pub(crate) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce(&Cancel) -> T + Send + 'static,
) -> Result<T, Cause> {
    struct Stop(Cancel);
    impl Drop for Stop {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }
    let stop = Stop(Cancel::default());
    let cancel = stop.0.clone();
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || drop(done.send(work(&cancel))));
    let result = result.await;
    result.map_err(|_| Cause::machine("the engine failed while it took something in; please report this"))
}

/// Whose fault it is that an image cannot be had.
pub(crate) fn cause(error: RegistryError) -> Cause {
    let cause = match error.kind {
        ErrorKind::Absent | ErrorKind::Unfit => Cause::pipeline(error.message),
        _ => Cause::machine(error.message),
    };
    match error.help {
        Some(help) => cause.help(help),
        None => cause,
    }
}

/// Whether something of a time is younger than that. What lies ahead was before the clock was set back: nobody knows how old it is.
fn is_younger(time: SystemTime, most: Duration, now: SystemTime) -> bool {
    now.duration_since(time).is_ok_and(|age| age < most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_ahead_is_not_fresh() {
        let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
        assert!(is_younger(now - hour / 2, hour, now));
        assert!(!is_younger(now - hour, hour, now));
        assert!(!is_younger(now + hour, hour, now));
    }
}

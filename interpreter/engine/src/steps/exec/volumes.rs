//! The cache volumes of a command.

use std::time::Duration;

use pipe_store::{Store, StoreError, VolumeId, VolumeLock, VolumeOwner, VolumeUse};
use tokio_util::sync::CancellationToken;

use super::super::blocking;
use super::PreparedExec;
use crate::VolumeSpec;
use crate::failure::Cause;
use crate::session::SessionState;

/// Pauses between looks at a volume that others use.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(25);

/// The cache volumes of a service, for as long as it runs.
pub(crate) struct Volumes {
    uses: Vec<VolumeUse>,
}

impl Volumes {
    /// Waits until all of them are free for it.
    pub(crate) async fn take(
        session: &SessionState,
        step: &PreparedExec,
        stop: &CancellationToken,
    ) -> Result<Volumes, Cause> {
        let taken = wait(session, step, stop).await?;
        Ok(Volumes { uses: begin(session, step, taken).await? })
    }

    /// As a backend is told of them.
    pub(crate) fn specs(&self) -> Vec<VolumeSpec> {
        specs(&self.uses)
    }

    /// The service is over.
    pub(crate) async fn end(self, session: &SessionState) -> Result<(), Cause> {
        end(session, self.uses).await
    }
}

/// Takes all volumes of a command, or none: `None` when one has to wait. Nobody waits for a volume while holding another.
pub(super) fn try_take(
    session: &SessionState,
    step: &PreparedExec,
) -> Result<Option<Vec<VolumeLock>>, Cause> {
    let engine = &session.context.engine;
    let (user, platform) = step.volume_user();
    let package = VolumeOwner::package(session.context.host.access.package());
    let mut taken = Vec::new();
    for volume in step.volumes() {
        let id = VolumeId {
            owner: match &volume.group {
                None => package.clone(),
                Some(group) => VolumeOwner::Group(group.clone()),
            },
            name: volume.name.clone(),
            platform: platform.to_owned(),
            user: user.to_owned(),
        };
        match engine.store.try_take_volume(&id, volume.sharing)? {
            Some(lock) => taken.push(lock),
            None => return Ok(None),
        }
    }
    Ok(Some(taken))
}

/// Waits until all volumes of a command are free for it. To be called without a slot: others may hold them for long.
pub(super) async fn wait(
    session: &SessionState,
    step: &PreparedExec,
    stop: &CancellationToken,
) -> Result<Vec<VolumeLock>, Cause> {
    let mut pause = FIRST_PAUSE;
    loop {
        if stop.is_cancelled() {
            return Err(StoreError::Cancelled.into());
        }
        if let Some(taken) = try_take(session, step)? {
            return Ok(taken);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Writes down what the command is about to see.
pub(super) async fn begin(
    session: &SessionState,
    step: &PreparedExec,
    taken: Vec<VolumeLock>,
) -> Result<Vec<VolumeUse>, Cause> {
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let seen = step.seen();
    with_store(session, move |store| taken.into_iter().map(|lock| Ok(lock.show(store, &seen)?)).collect())
        .await
}

/// The command is over.
pub(super) async fn end(session: &SessionState, uses: Vec<VolumeUse>) -> Result<(), Cause> {
    if uses.is_empty() {
        return Ok(());
    }
    with_store(session, move |store| uses.into_iter().try_for_each(|volume| Ok(volume.finish(store)?))).await
}

async fn with_store<T: Send + 'static>(
    session: &SessionState,
    work: impl FnOnce(&Store) -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    let store = session.context.engine.store.clone();
    blocking(move || work(&store)).await
}

/// The volumes as a backend is told of them.
pub(super) fn specs(uses: &[VolumeUse]) -> Vec<VolumeSpec> {
    let spec = |volume: &VolumeUse| VolumeSpec {
        folder: volume.lock().folder().to_owned(),
        alone: volume.lock().is_alone(),
        touch: volume.touch().to_vec(),
    };
    uses.iter().map(spec).collect()
}

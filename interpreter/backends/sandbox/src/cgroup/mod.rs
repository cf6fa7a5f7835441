//! Limits by control groups: where this process may make groups, and the group of each step that has limits.
//!
//! `pipe` itself makes them, for it has the rights of the user's session that the steps' namespace gives up. A step's command enters its
//! groups by descriptors that were opened here; its first process stays outside, for that one has the supervisor's memory.

mod group;
mod place;
mod settings;

use std::sync::Mutex;

use pipe_engine::BackendError;
use pipe_ops::Limits;

pub(crate) use group::Group;
pub(crate) use place::Places;
use settings::Controller;
pub(crate) use settings::Version;

use crate::machine::ThisMachine;

/// What a step with limits gets.
#[derive(Default)]
pub(crate) struct Limited {
    /// The group that keeps what can be kept.
    pub(crate) group: Option<Group>,
    /// What no group keeps. The kernel's limits on single processes stand in as far as they go.
    pub(crate) rest: Limits,
}

/// The groups of this process's steps.
pub(crate) struct Cgroups {
    places: Places,
    /// Groups that could not be removed yet.
    left: Mutex<Vec<Group>>,
}

impl Cgroups {
    /// Finds out what this machine offers. Groups that killed processes left go.
    pub(crate) fn of_this_machine() -> Cgroups {
        let places = Places::find(&ThisMachine).prepared();
        places.hierarchies.iter().for_each(|hierarchy| group::sweep(&hierarchy.folder));
        Cgroups { places, left: Mutex::default() }
    }

    /// A group with these limits.
    ///
    /// # Errors
    /// When the kernel refuses a group where it seemed to allow one.
    pub(crate) fn limited(&self, limits: &Limits) -> Result<Limited, BackendError> {
        self.clean();
        let wanted = Controller::wanted(limits);
        let kept = |controller: &Controller| self.places.keeps(*controller);
        let rest = wanted.iter().filter(|controller| !kept(controller));
        let rest = rest.fold(Limits::default(), |rest, controller| controller.copy(limits, rest));
        if !wanted.iter().any(kept) {
            return Ok(Limited { group: None, rest });
        }
        let group = Group::make(&self.places.hierarchies, limits).map_err(|error| {
            BackendError::Failed(format!("cannot limit a step by a control group: {error}"))
        })?;
        Ok(Limited { group: Some(group), rest })
    }

    /// Removes a group; what still dies in it is waited for elsewhere.
    pub(crate) fn let_go(&self, group: Group) {
        if !group.remove() {
            self.lock().push(group);
        }
    }

    /// Removes what could not be removed before.
    pub(crate) fn clean(&self) {
        self.lock().retain(|group| !group.remove());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Group>> {
        self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What people are told of limits that no group keeps.
    pub(crate) fn warning(&self, rest: &Limits) -> Option<String> {
        let controllers = Controller::wanted(rest);
        let (first, lack) =
            controllers.iter().find_map(|controller| Some((controller, self.places.lack(*controller)?)))?;
        let names: Vec<String> =
            controllers.iter().map(|controller| format!("`{}:`", controller.argument())).collect();
        let instead = match (rest.memory, rest.pids) {
            (None, None) => "",
            _ => {
                ", so they hold only roughly: `memory:` for each process by itself, `pids:` for all steps together"
            }
        };
        Some(format!(
            "control groups do not keep {} here{instead} ({}); to mend it: {}",
            names.join(" and "),
            lack.meaning(*first),
            lack.remedy()
        ))
    }
}

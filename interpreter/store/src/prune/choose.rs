//! Which results go.

use std::time::SystemTime;

use super::KeepReason;
use super::contents::Place;
use super::results::Results;

/// What goes.
#[derive(Default)]
pub(super) struct Choice {
    /// Results, in the order in which they go.
    pub(super) removed: Vec<Removal>,
    /// Places of results that stay, the least recently used first.
    pub(super) kept: Vec<(u32, KeepReason)>,
    /// Content that no result needs even now.
    pub(super) orphans: Vec<Place>,
    /// Content that no result needs afterwards, with the orphans.
    pub(super) condemned: Vec<Place>,
    /// Bytes that become free.
    pub(super) bytes: u64,
    /// Bytes of results that would have been chosen, were they not in use.
    pub(super) protected: u64,
    /// Likewise, were they not awaited.
    pub(super) awaited: u64,
    /// Numbers of the trees whose rows go.
    pub(super) trees: Vec<u32>,
}

/// A result that goes.
pub(super) struct Removal {
    /// Its place among the results.
    pub(super) index: u32,
    pub(super) why: Why,
    /// Bytes that it frees.
    pub(super) bytes: u64,
    /// Bytes that results need that stay.
    pub(super) shared: u64,
}

/// Why a result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Where it was taken from.
    Origin,
    /// It was not used for too long.
    Age,
    /// Others need its room more.
    Room,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Bytes that the store takes.
    pub(super) total: u64,
    /// Bytes that may stay.
    pub(super) keep: u64,
    /// What was last used before goes in any case.
    pub(super) oldest: Option<SystemTime>,
    /// What was taken from this cache goes in any case.
    pub(super) origin: Option<&'a str>,
    /// What was used in this epoch or later belongs to runs in progress.
    pub(super) in_use: Option<i64>,
    /// What is awaited after this time stays, in nanoseconds since 1970.
    pub(super) now: i64,
}

/// Chooses the least recently used results until no more is left than may stay, and those that are too old. Content frees its bytes
/// with the last result that needs it.
pub(super) fn choose(results: &Results, wanted: &Wanted<'_>) -> Choice {
    let Wanted { total, keep, oldest, origin, in_use, now } = *wanted;
    let contents = &results.contents;
    let mut needed = vec![0u32; contents.len()];
    for place in results.all_needs() {
        needed[*place as usize] += 1;
    }
    let mut choice = Choice::default();
    let mut left = total;
    for place in contents.places() {
        if needed[place as usize] == 0 {
            left = left.saturating_sub(contents.bytes(place));
            choice.orphans.push(place);
        }
    }
    let mut order: Vec<u32> = (0..results.results.len() as u32).collect();
    order.sort_unstable_by_key(|index| {
        let result = &results.results[*index as usize];
        (result.epoch, result.created, *index)
    });
    let mut stays = vec![Some(KeepReason::Room); results.results.len()];
    for &index in &order {
        let (result, needs) = (&results.results[index as usize], results.needs(index as usize));
        let why = if origin.is_some_and(|origin| results.is_of(result, origin)) {
            Why::Origin
        } else if oldest.is_some_and(|oldest| results.used(result) < oldest) {
            Why::Age
        } else if left > keep {
            Why::Room
        } else if oldest.is_none() && origin.is_none() {
            break;
        } else {
            // Ages need not follow the order: the clock may have been set.
            continue;
        };
        let stays_for = match in_use.is_some_and(|first| result.epoch >= first) {
            true => Some((KeepReason::InUse, &mut choice.protected)),
            false => results.is_awaited(index, now).then_some((KeepReason::Awaited, &mut choice.awaited)),
        };
        if let Some((reason, bytes)) = stays_for {
            let held = needs.iter().filter(|place| needed[**place as usize] == 1);
            *bytes += result.own + held.map(|place| contents.bytes(*place)).sum::<u64>();
            stays[index as usize] = Some(reason);
            continue;
        }
        let mut freed = result.own;
        for &place in needs {
            needed[place as usize] -= 1;
            if needed[place as usize] == 0 {
                freed += contents.bytes(place);
            }
        }
        left = left.saturating_sub(freed);
        stays[index as usize] = None;
        choice.removed.push(Removal { index, why, bytes: freed, shared: 0 });
    }
    choice.bytes = total - left;
    for removal in &mut choice.removed {
        let needs = results.needs(removal.index as usize);
        let still = needs.iter().filter(|place| needed[**place as usize] > 0);
        removal.shared = still.map(|place| contents.bytes(*place)).sum();
    }
    choice.kept = order.iter().filter_map(|index| Some((*index, stays[*index as usize]?))).collect();
    choice.condemned = contents.places().filter(|place| needed[*place as usize] == 0).collect();
    let mut named = vec![false; results.trees.len()];
    for (index, _) in &choice.kept {
        results.named(*index as usize).iter().for_each(|tree| named[*tree as usize] = true);
    }
    choice.trees = (0..).zip(&named).filter_map(|(tree, named)| (!named).then_some(tree)).collect();
    choice
}

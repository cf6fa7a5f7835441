//! Which results go.

use std::collections::HashSet;
use std::time::SystemTime;

use pipe_ops::Digest;

use super::KeepReason;
use super::results::{Content, Results, Table, TreeKey};

/// What goes.
#[derive(Default)]
pub(super) struct Choice {
    /// Results, in the order in which they go.
    pub(super) removed: Vec<Removal>,
    /// Places of results that stay, the least recently used first.
    pub(super) kept: Vec<(usize, KeepReason)>,
    /// Content that no result needs even now.
    pub(super) orphans: Vec<Content>,
    /// Content that no result needs afterwards, with the orphans.
    pub(super) condemned: Vec<Content>,
    /// Bytes that become free.
    pub(super) bytes: u64,
    /// Bytes of results that would have been chosen, were they not in use.
    pub(super) protected: u64,
    /// Likewise, were they not awaited.
    pub(super) awaited: u64,
    /// Rows that go with the results: by table, key among the things that are used, and the row's own keys.
    pub(super) rows: Vec<Gone>,
    /// Rows of `tree` that go.
    pub(super) trees: Vec<TreeKey>,
}

/// A result that goes.
pub(super) struct Removal {
    /// Its place among the results.
    pub(super) index: usize,
    /// Bytes that it frees.
    pub(super) bytes: u64,
    /// Bytes that results need that stay.
    pub(super) shared: u64,
    pub(super) why: Why,
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

/// A row that goes.
pub(super) struct Gone {
    pub(super) table: Table,
    pub(super) key: Digest,
    pub(super) row: (Vec<u8>, Vec<u8>),
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
    let mut needed = vec![0u32; results.contents.len()];
    for place in results.results.iter().flat_map(|result| &result.needs) {
        needed[*place] += 1;
    }
    let mut choice = Choice::default();
    let mut left = total;
    for (content, count) in results.contents.iter().zip(&needed) {
        if *count == 0 {
            left = left.saturating_sub(content.bytes);
            choice.orphans.push(content.clone());
        }
    }
    let mut order: Vec<usize> = (0..results.results.len()).collect();
    order.sort_by_key(|index| (results.results[*index].epoch, results.results[*index].created));
    let mut stays = vec![Some(KeepReason::Room); results.results.len()];
    for index in &order {
        let result = &results.results[*index];
        let why = if origin.is_some() && result.origin.as_deref() == origin {
            Why::Origin
        } else if oldest.is_some_and(|oldest| result.used < oldest) {
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
            false => results.is_awaited(result, now).then_some((KeepReason::Awaited, &mut choice.awaited)),
        };
        if let Some((reason, bytes)) = stays_for {
            let held = result.needs.iter().filter(|place| needed[**place] == 1);
            *bytes += result.own + held.map(|place| results.contents[*place].bytes).sum::<u64>();
            stays[*index] = Some(reason);
            continue;
        }
        let mut freed = result.own;
        for place in &result.needs {
            needed[*place] -= 1;
            if needed[*place] == 0 {
                freed += results.contents[*place].bytes;
            }
        }
        left = left.saturating_sub(freed);
        stays[*index] = None;
        choice.removed.push(Removal { index: *index, bytes: freed, shared: 0, why });
        choice.rows.push(Gone { table: result.table, key: result.key, row: result.row.clone() });
    }
    choice.bytes = total - left;
    for removal in &mut choice.removed {
        let still = results.results[removal.index].needs.iter().filter(|place| needed[**place] > 0);
        removal.shared = still.map(|place| results.contents[*place].bytes).sum();
    }
    choice.kept = order.iter().filter_map(|index| Some((*index, stays[*index]?))).collect();
    let unneeded = results.contents.iter().zip(&needed).filter(|(_, count)| **count == 0);
    choice.condemned = unneeded.map(|(content, _)| content.clone()).collect();
    let staying = results.results.iter().zip(&stays).filter(|(_, stays)| stays.is_some());
    let trees: HashSet<&TreeKey> = staying.flat_map(|(result, _)| &result.trees).collect();
    choice.trees = results.trees.keys().filter(|tree| !trees.contains(tree)).copied().collect();
    choice.trees.sort_unstable();
    choice
}

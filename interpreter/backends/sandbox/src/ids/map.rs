//! Which ids are mapped, decided from what the machine offers.

use serde::{Deserialize, Serialize};

use super::SubIds;

/// First host id of the range that root's steps get when `/etc/subuid` names none. Far above every id that `useradd`, `systemd`
/// (dynamic users, `nspawn`: below 2^31 - 2^16) and container engines give out.
pub(crate) const ROOT_BASE: u32 = 0x8000_0000;

/// How many ids a namespace has where there is a choice.
pub(crate) const FULL_RANGE: u32 = 65_536;

/// How many ids are mapped inside, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdCount {
    pub(crate) users: u32,
    pub(crate) groups: u32,
}

impl IdCount {
    /// Whether there is no other id than 0.
    pub(crate) fn is_single(self) -> bool {
        self.users <= 1 || self.groups <= 1
    }
}

/// One line of a map: `count` ids from `inside` are those from `outside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) inside: u32,
    pub(crate) outside: u32,
    pub(crate) count: u32,
}

/// A map of users or of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdMap(pub(crate) Vec<Extent>);

impl IdMap {
    /// Id 0 and nothing else.
    pub(crate) fn single(outside: u32) -> IdMap {
        IdMap(vec![Extent { inside: 0, outside, count: 1 }])
    }

    /// One range from 0 on.
    pub(crate) fn range(outside: u32, count: u32) -> IdMap {
        IdMap(vec![Extent { inside: 0, outside, count }])
    }

    /// Id 0 is the user's own; the ids after it come from the user's subordinate ranges, in the file's order.
    pub(crate) fn own_and_subordinate(own: u32, ranges: &[SubIds]) -> IdMap {
        let mut extents = vec![Extent { inside: 0, outside: own, count: 1 }];
        let mut inside = 1;
        for range in ranges {
            let count = range.count.min(FULL_RANGE - inside);
            if count > 0 {
                extents.push(Extent { inside, outside: range.start, count });
                inside += count;
            }
        }
        IdMap(extents)
    }

    /// How many ids are mapped.
    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|extent| extent.count).sum()
    }

    /// In the form of `/proc/<pid>/uid_map`.
    pub(crate) fn to_proc(&self) -> String {
        self.0.iter().map(|e| format!("{} {} {}\n", e.inside, e.outside, e.count)).collect()
    }

    /// As arguments of `newuidmap`.
    pub(crate) fn to_arguments(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().flat_map(|e| [e.inside, e.outside, e.count]).map(|number| number.to_string())
    }
}

/// The range that root's steps get: `subordinate` (root's own in `/etc/subuid`), else [`ROOT_BASE`], as far as the namespace that
/// `pipe` itself lives in has these ids; else, inside a container, its highest ids, at most all but 0.
pub(crate) fn root_range(subordinate: &[SubIds], available: &[SubIds]) -> Option<SubIds> {
    let fits = |range: &SubIds| available.iter().any(|have| have.contains(range));
    let own = subordinate.iter().copied().find(|range| range.count >= FULL_RANGE && fits(range));
    let own = own.map(|range| SubIds { start: range.start, count: FULL_RANGE });
    let base = SubIds { start: ROOT_BASE, count: FULL_RANGE };
    own.or_else(|| Some(base).filter(fits)).or_else(|| highest(available))
}

fn highest(available: &[SubIds]) -> Option<SubIds> {
    let last = available.iter().max_by_key(|range| range.start)?;
    let end = last.start.checked_add(last.count)?;
    let start = end.saturating_sub(FULL_RANGE).max(last.start).max(1);
    (start < end).then(|| SubIds { start, count: end - start })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: SubIds = SubIds { start: 0, count: u32::MAX };

    #[test]
    fn root_gets_its_own_range_or_a_high_one() {
        let own = SubIds { start: 100_000, count: 65_536 };
        assert_eq!(root_range(&[own], &[ALL]), Some(own));
        assert_eq!(root_range(&[], &[ALL]), Some(SubIds { start: ROOT_BASE, count: FULL_RANGE }));
        let small = SubIds { start: 100_000, count: 10 };
        assert_eq!(root_range(&[small], &[ALL]), Some(SubIds { start: ROOT_BASE, count: FULL_RANGE }));
    }

    #[test]
    fn root_of_a_container_gets_ids_that_exist_there_and_never_0() {
        let container = SubIds { start: 0, count: 65_536 };
        assert_eq!(root_range(&[], &[container]), Some(SubIds { start: 1, count: 65_535 }));
        let large = SubIds { start: 0, count: 200_000 };
        assert_eq!(root_range(&[], &[large]), Some(SubIds { start: 134_464, count: 65_536 }));
        assert_eq!(root_range(&[], &[SubIds { start: 0, count: 1 }]), None);
    }

    #[test]
    fn a_users_ranges_follow_one_another() {
        let ranges = [SubIds { start: 1000, count: 10 }, SubIds { start: 200_000, count: 100_000 }];
        let map = IdMap::own_and_subordinate(7, &ranges);
        assert_eq!(map.to_proc(), "0 7 1\n1 1000 10\n11 200000 65525\n");
        assert_eq!(map.count(), FULL_RANGE);
    }
}

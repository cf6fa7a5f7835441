//! `/etc/subuid`, `/etc/subgid` and `/proc/self/uid_map`.

use std::path::Path;

/// A range of host ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubIds {
    pub(crate) start: u32,
    pub(crate) count: u32,
}

impl SubIds {
    /// Whether another range lies wholly inside.
    pub(crate) fn contains(&self, other: &SubIds) -> bool {
        let end = |range: &SubIds| u64::from(range.start) + u64::from(range.count);
        self.start <= other.start && end(other) <= end(self)
    }
}

/// The ranges that a file like `/etc/subuid` (`subuid(5)`: `name-or-id:start:count`) gives to a user. A file that is not there
/// gives none.
pub(crate) fn subordinate_ids(file: &Path, name: Option<&str>, uid: u32) -> Vec<SubIds> {
    parse_subordinate(&std::fs::read_to_string(file).unwrap_or_default(), name, uid)
}

/// As [`subordinate_ids`], of a text.
pub(crate) fn parse_subordinate(text: &str, name: Option<&str>, uid: u32) -> Vec<SubIds> {
    let uid = uid.to_string();
    let is_own = |owner: &str| Some(owner) == name || owner == uid;
    text.lines().filter_map(parse_line).filter(|(owner, _)| is_own(owner)).map(|(_, range)| range).collect()
}

/// Everybody's ranges of such a file.
pub(crate) fn all_ranges(file: &Path) -> Vec<SubIds> {
    parse_all(&std::fs::read_to_string(file).unwrap_or_default())
}

/// As [`all_ranges`], of a text.
pub(crate) fn parse_all(text: &str) -> Vec<SubIds> {
    text.lines().filter_map(parse_line).map(|(_, range)| range).collect()
}

fn parse_line(line: &str) -> Option<(&str, SubIds)> {
    let mut fields = line.trim().split(':');
    let owner = fields.next()?;
    let (start, count) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let usable = count > 0 && u32::checked_add(start, count).is_some();
    usable.then_some((owner, SubIds { start, count }))
}

/// The ids that exist in the namespace of this process: all of them on a plain host.
pub(crate) fn ids_of_this_namespace(map: &Path) -> Vec<SubIds> {
    parse_own_map(&std::fs::read_to_string(map).unwrap_or_default())
}

fn parse_own_map(text: &str) -> Vec<SubIds> {
    let range = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        let (start, _, count) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        let _: (u32, u32) = (start, count);
        Some(SubIds { start, count })
    };
    text.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_by_name_and_by_number() {
        let text =
            "# comment\nroot:1:2\nann:100000:65536\n1000:300000:10\nbob:5:0\nann:x:1\nann:4294967295:2\n";
        let ranges = parse_subordinate(text, Some("ann"), 1000);
        assert_eq!(ranges, [SubIds { start: 100_000, count: 65_536 }, SubIds { start: 300_000, count: 10 }]);
        assert_eq!(parse_subordinate(text, None, 5), []);
        assert_eq!(parse_subordinate(text, Some("bob"), 5), []);
    }

    #[test]
    fn a_hosts_own_map_has_every_id() {
        assert_eq!(
            parse_own_map("         0          0 4294967295\n"),
            [SubIds { start: 0, count: u32::MAX }]
        );
        assert_eq!(parse_own_map(""), []);
    }
}

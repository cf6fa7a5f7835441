//! Who a step runs as: `user[:group]`, names looked up in the root's own `/etc/passwd` and `/etc/group`.

use std::path::Path;

use super::view::View;
use crate::ids::IdCount;
use crate::protocol::StepFailure;

/// Ids of the namespace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
}

/// More of an account file than this is not read.
const MAX_FILE: u64 = 4 << 20;

/// Looks a user up; root when none is asked for.
pub(super) fn find(user: Option<&str>, view: &View<'_>, ids: IdCount) -> Result<Account, StepFailure> {
    let Some(user) = user else { return Ok(Account { uid: 0, gid: 0, groups: Vec::new() }) };
    let account = parse(user, &read(view, "/etc/passwd"), &read(view, "/etc/group"));
    let account = account.map_err(StepFailure::Step)?;
    if account.uid >= ids.users || account.gid >= ids.groups {
        return Err(unmapped(user, ids));
    }
    Ok(Account { groups: account.groups.into_iter().filter(|gid| *gid < ids.groups).collect(), ..account })
}

/// With a single id it is the machine that lacks something, not the pipeline.
fn unmapped(user: &str, ids: IdCount) -> StepFailure {
    if ids.is_single() {
        return StepFailure::Machine(format!(
            "user `{user}` needs more than one user id, and this account has none to give; \
             `pipe doctor` says how to get a range"
        ));
    }
    let (users, groups) = (ids.users, ids.groups);
    StepFailure::Step(format!(
        "user `{user}` is beyond the {users} user and {groups} group ids that steps have"
    ))
}

fn read(view: &View<'_>, path: &str) -> String {
    String::from_utf8_lossy(&view.read(Path::new(path), MAX_FILE)).into_owned()
}

fn parse(user: &str, passwd: &str, group: &str) -> Result<Account, String> {
    let (user, asked_group) = match user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (user, None),
    };
    let entry = passwd.lines().map(fields).find(|fields| {
        fields.first() == Some(&user) || (user.parse::<u32>().is_ok() && fields.get(2) == Some(&user))
    });
    let number = |index: usize| entry.as_ref().and_then(|fields| fields.get(index)?.parse().ok());
    let uid = user
        .parse()
        .ok()
        .or_else(|| number(2))
        .ok_or_else(|| format!("there is no user `{user}` in the root's /etc/passwd"))?;
    let name = entry.as_ref().and_then(|fields| fields.first().copied()).unwrap_or(user);
    match asked_group {
        Some(asked) => {
            let gid = group_id(asked, group)
                .ok_or_else(|| format!("there is no group `{asked}` in the root's /etc/group"))?;
            Ok(Account { uid, gid, groups: vec![gid] })
        }
        // As everywhere: a bare number without an entry has group 0.
        None => {
            let gid = number(3).unwrap_or(0);
            let mut groups = vec![gid];
            groups.extend(groups_of(name, group).into_iter().filter(|found| *found != gid));
            Ok(Account { uid, gid, groups })
        }
    }
}

fn fields(line: &str) -> Vec<&str> {
    line.split(':').collect()
}

fn group_id(asked: &str, group: &str) -> Option<u32> {
    asked.parse().ok().or_else(|| {
        let entry = group.lines().map(fields).find(|fields| fields.first() == Some(&asked))?;
        entry.get(2)?.parse().ok()
    })
}

fn groups_of(user: &str, group: &str) -> Vec<u32> {
    let is_member =
        |fields: &Vec<&str>| fields.get(3).is_some_and(|names| names.split(',').any(|name| name == user));
    group.lines().map(fields).filter(is_member).filter_map(|fields| fields.get(2)?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nann:x:1000:100::/home/ann:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nusers:x:100:\nwheel:x:10:bob,ann\nann:x:1000:ann\n";

    fn parsed(user: &str) -> Result<(u32, u32, Vec<u32>), String> {
        parse(user, PASSWD, GROUP).map(|account| (account.uid, account.gid, account.groups))
    }

    #[test]
    fn names_and_numbers() {
        assert_eq!(parsed("ann"), Ok((1000, 100, vec![100, 10, 1000])));
        assert_eq!(parsed("1000"), Ok((1000, 100, vec![100, 10, 1000])));
        assert_eq!(parsed("ann:wheel"), Ok((1000, 10, vec![10])));
        assert_eq!(parsed("7:8"), Ok((7, 8, vec![8])));
        assert_eq!(parsed("7"), Ok((7, 0, vec![0])));
    }

    #[test]
    fn who_is_not_there_is_named() {
        assert_eq!(parsed("eve"), Err("there is no user `eve` in the root's /etc/passwd".to_owned()));
        assert_eq!(parsed("ann:x"), Err("there is no group `x` in the root's /etc/group".to_owned()));
    }
}

//! What the machine does not offer is said, with what mends it.

use crate::harness::{World, finish, has_ids, skip};

#[test]
fn user_namespaces_that_are_refused_are_named() {
    let world = World::example("hello");
    let mut command = world.command("unshare");
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" run build";
    command.args(["-Ur", "sh", "-c", script]).arg(crate::harness::pipe_binary());
    finish(&mut command).exits(3).says("max_user_namespaces");
}

/// The store of an earlier run belongs, when that was root, to ids that the refused namespace would have.
#[test]
fn user_namespaces_that_are_refused_later_are_named_too() {
    let world = World::example("hello");
    world.run(["run", "build"]).success();
    let mut command = world.command("unshare");
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" run build --cflags=-O1";
    command.args(["-Ur", "sh", "-c", script]).arg(crate::harness::pipe_binary());
    finish(&mut command).exits(3).says("max_user_namespaces");
}

#[test]
fn doctor_says_what_there_is() {
    let world = World::empty();
    let report = world.run(["doctor"]);
    assert!(report.stdout.contains("user namespaces"), "{}", report.stdout);
    report.success();
}

#[test]
fn doctor_names_the_setting_and_the_command_that_mends_it() {
    let world = World::empty();
    let mut command = world.command("unshare");
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" doctor";
    command.args(["-Ur", "sh", "-c", script]).arg(crate::harness::pipe_binary());
    let report = finish(&mut command).exits(3);
    assert!(
        report.stdout.contains("sysctl") && report.stdout.contains("max_user_namespaces"),
        "{}",
        report.stdout
    );
}

#[test]
fn ownership_can_be_changed_where_ids_are_mapped() {
    let world = World::tools(
        "pub fn probe() -> String { tools.run(sh\"touch /f; chown 7:8 /f; stat -c %u:%g /f\").stdout }\n",
    );
    let outcome = world.run(["run", "probe"]);
    if outcome.code == Some(0) {
        assert_eq!(outcome.stdout, "7:8\n");
        return;
    }
    // A map of one id: said once, in words that name the mending.
    skip("ownership_can_be_changed_where_ids_are_mapped", "no range of subordinate ids");
    outcome.exits(1).says("subuid");
}

/// By name and by number, as its own `/etc` says. With a single id there is root and nobody else: the machine lacks something.
#[test]
fn a_steps_user_is_had_or_refused_in_words() {
    let world = World::tools(
        "pub fn ids(user: String) -> String {\n  tools.write(\"/etc/passwd\", \"root:x:0:0::/root:/bin/sh\\napp:x:7:8::/:/bin/sh\\n\").write(\"/etc/group\", \"root:x:0:\\nweb:x:9:\\n\")\n    .user(user).run(sh\"id -u; id -g\").stdout\n}\n",
    );
    let ids = |user: &str| world.run(["run", "ids", "--user", user]);
    assert_eq!(ids("root").success().stdout, "0\n0\n");
    assert_eq!(ids("0:0").success().stdout, "0\n0\n");
    ids("nobody-there").exits(1).says("there is no user `nobody-there` in the root's /etc/passwd");
    ids("root:nowhere").exits(1).says("there is no group `nowhere` in the root's /etc/group");
    for (user, uid, gid) in [("app", 7, 8), ("7", 7, 8), ("app:web", 7, 9), ("root:web", 0, 9), ("7:9", 7, 9)]
    {
        match has_ids() {
            true => assert_eq!(ids(user).success().stdout, format!("{uid}\n{gid}\n")),
            false => drop(
                ids(user)
                    .exits(3)
                    .says(&format!("user `{user}` needs more than one user id"))
                    .says("`pipe doctor`"),
            ),
        }
    }
    if has_ids() {
        ids("70000").exits(1).says("is beyond the 65536 user");
    }
}

//! What the machine does not offer is said, with what mends it.

use crate::harness::{World, finish, skip};

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

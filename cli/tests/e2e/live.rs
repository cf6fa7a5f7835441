//! The live view, as a person sees it on a terminal.

use crate::harness::World;
use crate::terminal::Terminal;

/// Two steps that run until they are killed, one of which prints.
const SLOW: &str = "pub fn slow() -> Check { tools.check(sh\"printf '\\\\033[2J'; echo working on something that takes long; sleep 1000\") }\n\
                    pub fn quiet() -> Check { tools.check(sh\"sleep 1000\") }\n\
                    pub fn quick() -> Check { tools.check(sh\"echo quick\") }\n\
                    pub fn bad() -> Check { tools.check(sh\"echo the reason; exit 3\") }\n";

#[test]
fn running_steps_are_shown_with_their_last_line_and_nothing_is_left() {
    let world = World::tools(SLOW);
    let mut terminal = Terminal::run(&world, (24, 80), &["run", "quick", "slow", "quiet"], &[]);
    let screen = terminal.wait_for(|screen| {
        screen.contains("quick: done") && screen.contains("takes long") && screen.contains("2 running")
    });
    assert!(screen.contains("slow ") && screen.contains("quiet "), "{screen}");
    // The window becomes small: one line for each, and no more lines than it has.
    terminal.resize(4, 24);
    terminal.wait_for(|screen| screen.contains("and 1 more") || screen.contains("and 2 more"));
    terminal.resize(24, 80);
    terminal.wait_for(|screen| screen.contains("takes long"));
    // Ctrl-C.
    terminal.types("\u{3}");
    let ended = terminal.wait();
    assert_eq!(ended.code, Some(130), "{}", ended.screen);
    assert!(!ended.screen.contains(" running"), "{}", ended.screen);
    assert!(ended.screen.contains("quick: done"), "{}", ended.screen);
    assert!(!ended.raw.contains("\u{1b}[2J"), "what a step prints does not reach the terminal");
}

#[test]
fn a_failure_shows_the_end_of_its_log_and_a_second_run_is_short() {
    let world = World::tools(SLOW);
    let ended = Terminal::run(&world, (40, 100), &["run", "quick", "bad"], &[]).wait();
    assert_eq!(ended.code, Some(1));
    for part in
        ["bad: failed", "exit code 3", "The end of its log:", "  the reason", "2 steps: 1 ran, 1 failed"]
    {
        assert!(ended.screen.contains(part), "{part}\n{}", ended.screen);
    }
    let ended = Terminal::run(&world, (40, 100), &["run", "quick"], &[]).wait();
    assert!(ended.screen.trim().starts_with("1 step: 1 cached in"), "{}", ended.screen);
    assert_eq!(ended.screen.trim().lines().count(), 1, "{}", ended.screen);
}

#[test]
fn colours_and_the_form_can_be_turned_off() {
    let world = World::tools(SLOW);
    let colored = Terminal::run(&world, (24, 80), &["run", "quick"], &[]).wait();
    assert!(colored.raw.contains("\u{1b}[32m"), "{:?}", colored.raw);
    let plain = Terminal::run(&world, (24, 80), &["run", "--no-cache", "quick"], &[("NO_COLOR", "1")]).wait();
    assert!(!plain.raw.contains("\u{1b}[32m"), "{:?}", plain.raw);
    for (args, env) in [
        (&["run", "--no-cache", "--progress", "plain", "--color", "never", "quick"][..], &[][..]),
        (&["run", "--no-cache", "--color", "never", "quick"], &[("TERM", "dumb")]),
    ] {
        let plain = Terminal::run(&world, (24, 80), args, env).wait();
        assert!(!plain.raw.contains('\u{1b}'), "{:?}", plain.raw);
        assert!(plain.raw.contains("quick | quick"), "{:?}", plain.raw);
    }
}

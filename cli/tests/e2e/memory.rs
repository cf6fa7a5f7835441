//! What a run of very many steps takes of memory.

use crate::harness::{World, finish, pipe_binary};

/// Each step prints 64 KiB and leaves a file.
const PROGRAM: &str = r#"
fn digits() -> List[Int] { [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }

fn one(n: Int) -> Check {
  tools.env("N", "${n}").check(sh"yes 'a line of the log of a step that says very much' | head -c 65536; echo $N > /f", network: Off)
}

pub fn checks(tens: Int) -> Check {
  all([for t in digits() for a in digits() if t * 10 + a < tens for b in digits() => one(t * 100 + a * 10 + b)])
}
"#;

/// Peak of a run, of all of its processes the largest, in KiB.
fn peak(steps: usize) -> u64 {
    let world = World::tools(PROGRAM);
    let measure = "import resource, subprocess, sys\n\
        done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
        sys.exit(done.returncode)";
    let mut command = world.command("python3");
    command.args(["-c", measure]).arg(pipe_binary()).args([
        "run",
        "checks",
        "--tens",
        &(steps / 10).to_string(),
    ]);
    finish(&mut command).success().stdout.trim().parse().unwrap()
}

/// What stays of a step is its node and what is known of its result: neither its log nor what it wrote.
#[test]
fn a_run_of_many_steps_keeps_little_of_each() {
    const FEW: usize = 100;
    const MANY: usize = 600;
    const EACH: u64 = 9;
    let (few, many) = (peak(FEW), peak(MANY));
    let each = many.saturating_sub(few) / (MANY - FEW) as u64;
    assert!(each < EACH, "{few} KiB for {FEW}, {many} KiB for {MANY}: {each} KiB a step");
}

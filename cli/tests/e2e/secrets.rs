//! Secrets reach the steps that are given them, and nobody and nothing else.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::process::Signal;

use crate::harness::{Outcome, World, finish, has_ids};
use crate::registry::{PASSWORD, Registry};

pub(crate) const TOKEN: &str = "hunter2-hunter2";

/// Base64 of it, as it is inside other text.
const ENCODED: &str = "aHVudGVyMi1odW50ZXIy";

fn run(world: &World, args: &[&str]) -> Outcome {
    finish(world.pipe().args(args).env("TOKEN", TOKEN).env("PIPE_ALLOW", "secret:TOKEN"))
}

/// Files of the store that hold the token, plain or encoded.
pub(crate) fn holding(folder: &Path) -> Vec<String> {
    let found =
        finish(std::process::Command::new("grep").args(["-rlaF", "-e", TOKEN, "-e", ENCODED]).arg(folder));
    found.stdout.lines().map(str::to_owned).collect()
}

pub(crate) fn with_token(functions: &str) -> World {
    World::tools(&format!("param token: Secret = host.secret(\"env:TOKEN\")\n\n{functions}"))
}

#[test]
fn a_secret_is_seen_by_its_step_and_masked_for_everybody_else() {
    let world = with_token(
        r#"
fn with() -> Container { tools.secret_env("TOKEN", token).secret_file("/root/.token", token) }
pub fn told() -> String {
  with().run(sh"""
    test "$TOKEN" = "$(cat /root/.token)"
    test "$(stat -c %a /root/.token)" = 400
    printf 'x%s %s\n' "$TOKEN" "$(printf %s "$TOKEN" | base64)"
    printf %s "$TOKEN" | od -An -v -tx1 | tr -d ' ' >&2
    printf %s "$TOKEN" | dd bs=1 2>/dev/null
  """).stdout
}
pub fn failing() -> Check { with().check(sh"echo \"it is $TOKEN\"; echo \"$TOKEN\" >&2; exit 1") }
pub fn derived() -> String { tools.run(sh"echo got ${{ told() }}").stdout }
"#,
    );
    assert_eq!(run(&world, &["run", "told"]).success().stdout, "x*** ***\n***");
    assert_eq!(run(&world, &["run", "derived"]).success().stdout, "got x*** ***\n***\n");
    for progress in ["plain", "json", "github", "gitlab"] {
        let outcome = run(&world, &["--progress", progress, "run", "--no-cache", "failing", "told"]).exits(1);
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(said.contains("it is ***") && !said.contains("hunter2") && !said.contains(ENCODED), "{said}");
        assert!(!said.contains("68756e74657232"), "{said}");
    }
    for target in ["failing", "told"] {
        let said = run(&world, &["why", target]).success().stdout;
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(holding(&world.store()).is_empty(), "{:?}", holding(&world.store()));
}

#[test]
fn reports_of_tests_have_no_secret() {
    let world = with_token(
        "fn told() -> String { tools.secret_env(\"TOKEN\", token).run(sh\"echo is $TOKEN; echo $TOKEN >&2\").stdout }\n\
         test \"compared\" { expect told() == \"is hunter3\\n\" }\n\
         test \"failing\" { expect tools.secret_env(\"TOKEN\", token).run(sh\"echo is $TOKEN; exit 1\").stdout == \"\" }\n",
    );
    let report = world.path("junit.xml");
    let outcome = run(&world, &["test", "--junit", report.to_str().unwrap()]).exits(1);
    let report = std::fs::read_to_string(report).unwrap();
    let said = format!("{}{}{report}", outcome.stdout, outcome.stderr);
    assert!(said.contains("is ***") && !said.contains(TOKEN) && !said.contains(ENCODED), "{said}");
}

#[test]
fn what_a_step_writes_is_searched_before_it_is_kept() {
    let world = with_token(
        r#"
fn with() -> Container { tools.secret_env("TOKEN", token) }
pub fn npm() -> Container { with().run(sh"echo \"//r/:_authToken=$TOKEN\" > /root/.npmrc") }
pub fn docker() -> Container { with().run(sh"printf %s \"$TOKEN\" | base64 > /root/config.json") }
pub fn allowed() -> Container { with().run(sh"echo \"$TOKEN\" > /root/.npmrc", allow_secret_in: ["/root/.npmrc"]) }
pub fn cleaned() -> String { with().run(sh"echo \"$TOKEN\" > /tmp/t; rm /tmp/t; echo kept > /out").file("/out").contents }
"#,
    );
    let outcome = run(&world, &["run", "npm"]).exits(1);
    let outcome = outcome
        .says("`/root/.npmrc` holds the secret `env:TOKEN`")
        .says("allow_secret_in")
        .says("main.pipe:7");
    assert!(!outcome.stderr.contains(TOKEN), "{}", outcome.stderr);
    run(&world, &["run", "docker"]).exits(1).says("`/root/config.json` holds the secret");
    assert!(holding(&world.store()).is_empty(), "{:?}", holding(&world.store()));
    assert_eq!(run(&world, &["run", "cleaned"]).success().stdout, "kept\n");
    assert!(holding(&world.store()).is_empty(), "{:?}", holding(&world.store()));
    run(&world, &["run", "allowed"]).success();
    // It is in the key: who does not allow it gets no such result.
    run(&world, &["run", "npm"]).exits(1);
}

/// Killed with its supervisor between the step's writing and the search: the next command removes what they left, also one that finds all
/// it needs.
#[test]
fn after_a_kill_the_next_command_leaves_nothing_of_it() {
    let world = with_token(
        "pub fn probe() -> Container { tools.secret_env(\"TOKEN\", token).run(sh\"echo $TOKEN > /root/.npmrc; echo started; sleep 1000\") }\n\
         pub fn quick() -> String { tools.run(sh\"echo quick\").stdout }\n",
    );
    run(&world, &["run", "quick"]).success();
    let mut command = world.pipe();
    command.env("TOKEN", TOKEN).env("PIPE_ALLOW", "secret:TOKEN");
    let mut running = world.start_with(command, ["run", "probe"]);
    running.wait_for_log("started");
    assert!(!holding(&world.store()).is_empty() || !crate::harness::is_root(), "the step has written it");
    let supervisors = supervisors(&world);
    assert_eq!(supervisors.len(), 1);
    for pid in supervisors {
        rustix::process::kill_process(pid, Signal::STOP).unwrap();
        running.signal(Signal::KILL);
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }
    assert_eq!(running.wait().code, None);
    wait_until_gone(&world);
    assert!(!world.work_folders().is_empty(), "it was left behind");
    run(&world, &["run", "--expect-cached", "quick"]).success();
    assert!(world.work_folders().is_empty(), "{:?}", world.work_folders());
    assert!(holding(&world.store()).is_empty(), "{:?}", holding(&world.store()));
}

/// Supervisors name their folders after themselves.
fn supervisors(world: &World) -> Vec<rustix::process::Pid> {
    let number = |path: std::path::PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        let pid = name.strip_prefix("supervisor-")?.split('-').next()?.parse().ok()?;
        rustix::process::Pid::from_raw(pid)
    };
    world.work_folders().into_iter().filter_map(number).collect()
}

fn wait_until_gone(world: &World) {
    let store = world.store().display().to_string();
    while crate::harness::command_lines()
        .iter()
        .any(|line| line.contains(&store) || line.contains("sleep 1000"))
    {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn a_large_result_is_searched_in_parts() {
    let world = with_token(
        "pub fn large() -> Container { tools.secret_env(\"TOKEN\", token).run(sh\"head -c 3G /dev/zero > /large; printf %s \\\"$TOKEN\\\" >> /large\") }\n",
    );
    let mut command = world.command("sh");
    // Address space, in KiB: far less than the file, and enough for everything else.
    command.args(["-c", "ulimit -v 2000000; exec \"$0\" run large"]).arg(crate::harness::pipe_binary());
    let outcome = finish(command.env("TOKEN", TOKEN).env("PIPE_ALLOW", "secret:TOKEN"));
    outcome.exits(1).says("`/large` holds the secret `env:TOKEN`");
    assert!(world.work_folders().is_empty(), "{:?}", world.work_folders());
}

#[test]
fn a_crash_leaves_no_core() {
    let world = with_token(
        "pub fn crash() -> String { tools.secret_env(\"TOKEN\", token).run(sh\"cd /tmp; sh -c 'kill -SEGV $$$$' || true; ls -A /tmp | wc -l\").stdout }\n",
    );
    world.write("main.pipe", &world.read("main.pipe").replace("$$$$", "$$"));
    let mut command = world.command("sh");
    command.args(["-c", "ulimit -c unlimited; exec \"$0\" run crash"]).arg(crate::harness::pipe_binary());
    let outcome = finish(command.env("TOKEN", TOKEN).env("PIPE_ALLOW", "secret:TOKEN"));
    assert_eq!(outcome.success().stdout, "0\n");
    assert!(holding(&world.store()).is_empty(), "{:?}", holding(&world.store()));
}

#[test]
fn secrets_come_from_the_environment_files_and_commands() {
    let world = World::tools(
        "pub fn length(secret: Secret) -> String { tools.secret_file(\"/s\", secret).secret_env(\"S\", secret).run(sh\"wc -c < /s; printf %s \\\"$S\\\" | wc -c\").stdout }\n\
         pub fn own(secret: Secret = host.secret(\"env:NPM_TOKEN\")) -> String { length(secret) }\n",
    );
    std::fs::write(world.path("key"), format!("{TOKEN}\n")).unwrap();
    let given = |place: &str| run(&world, &["run", "length", "--secret", place]);
    assert_eq!(given("env:TOKEN").success().stdout, "15\n15\n");
    assert_eq!(given("file:../key").success().stdout, "16\n15\n");
    assert_eq!(given("cmd:printf '%s\\n' hunter2-hunter2").success().stdout, "16\n15\n");
    given("env:MISSING")
        .exits(2)
        .says("the secret `env:MISSING` cannot be had: the variable MISSING is not set");
    given("file:../missing").exits(2).says("cannot be had").says("No such file");
    given("file:..").exits(2).says("is not a file");
    given("cmd:exit 7").exits(2).says("its command ended with exit code 7");
    given("cmd:true").exits(2).says("is empty");
    given("cmd:printf tiny").exits(2).says("fewer than 6 bytes").says("--allow short-secrets");
    let allowed = ["run", "--allow", "short-secrets", "length", "--secret", "cmd:printf tiny"];
    assert_eq!(run(&world, &allowed).success().stdout, "4\n4\n");
    let nul = given("cmd:printf 'hunter2\\0hunter2'").exits(1);
    nul.says("holds a NUL byte").says("secret_file");
    // What a package asks for as a variable the user may have elsewhere.
    world.configure("[secrets]\nNPM_TOKEN = \"cmd:printf hunter2-hunter2\"\n");
    run(&world, &["run", "own"]).exits(2).says("--allow secret:NPM_TOKEN");
    assert_eq!(run(&world, &["run", "--allow", "secret:NPM_TOKEN", "own"]).success().stdout, "15\n15\n");
    world.configure("[secrets]\nNPM_TOKEN = \"hunter2\"\n");
    run(&world, &["run", "--allow", "secret:NPM_TOKEN", "own"]).exits(2).says("secrets.NPM_TOKEN");
}

#[test]
fn a_secret_counts_and_a_plan_does_not_read_it() {
    let world = with_token(
        "pub fn told() -> Container { tools.secret_env(\"TOKEN\", token).run(sh\"true\") }\n\
         pub fn named() -> Container { tools.secret_env(\"TOKEN\", token, key: ByName).run(sh\"true\") }\n\
         pub fn random() -> Container { tools.secret_env(\"TOKEN\", secret.random()).run(sh\"test ${#TOKEN} -ge 32\") }\n",
    );
    let events = |token: &str, target: &str, key: Option<&str>| {
        let mut command = world.pipe();
        command.env("TOKEN", token).env("PIPE_ALLOW", "secret:TOKEN");
        key.map(|key| command.env("PIPE_CACHE_KEY", key));
        finish(command.args(["--progress=json", "run", target])).success()
    };
    let ran = |outcome: &Outcome| !outcome.steps("ran").is_empty();
    let first = events(TOKEN, "told", None);
    assert!(ran(&first) && !ran(&events(TOKEN, "told", None)));
    assert!(ran(&events("another-secret", "told", None)));
    assert!(ran(&events(TOKEN, "named", None)) && !ran(&events("another-secret", "named", None)));
    assert!(ran(&events(TOKEN, "random", None)) && !ran(&events(TOKEN, "random", None)));
    // A key of a team is not the store's own.
    let shared = "0123456789abcdef0123456789abcdef";
    assert!(ran(&events(TOKEN, "told", Some(shared))) && !ran(&events(TOKEN, "told", Some(shared))));
    finish(world.pipe().args(["run", "told"]).env("PIPE_CACHE_KEY", "short")).exits(2).says("PIPE_CACHE_KEY");
    // Without the variable: nothing was read.
    let plan = finish(world.pipe().args(["plan", "told"]).env("PIPE_ALLOW", "secret:TOKEN")).success().stdout;
    assert!(plan.contains("the secret env:TOKEN, which a plan does not read"), "{plan}");
    let plan = world.prints(["plan", "random"]);
    assert!(plan.contains("cached"), "{plan}");
    let said = run(&world, &["why", "told"]).success().stdout;
    assert!(said.contains("the secret env:TOKEN"), "{said}");
}

#[test]
fn tests_run_with_random_secrets_and_not_with_fakes() {
    let world = World::tools(
        "fn told(token: Secret) -> Container { tools.secret_env(\"TOKEN\", token).run(sh\"test -n \\\"$TOKEN\\\"; echo ok\") }\n\
         test \"random\" { expect told(secret.random()).stdout == \"ok\\n\" }\n\
         test \"fake\" { expect told(fake.secret()).stdout == \"ok\\n\" }\n",
    );
    let said = world.run(["test"]).exits(1);
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("which has no value: nothing can run with it"), "{said}");
    world.run(["test", "random"]).success();
}

#[test]
fn a_dockerfile_gets_secrets_for_single_commands() {
    let world = World::tools(
        "pub fn built(token: Secret) -> Container { dir().write(\"Dockerfile\", \"FROM scratch\\nRUN --mount=type=secret,id=t true\\n\").dockerfile(secrets: [\"t\": token]) }\n",
    );
    let plan = world.prints(["plan", "built", "--token", "env:TOKEN"]);
    assert!(plan.contains("RUN true"), "{plan}");
}

#[test]
fn logins_are_where_tools_look_for_them() {
    let world = with_token(
        r#"
pub fn config() -> String {
  tools.registry_auth("docker.io", RegistryAuth(username: "me", password: token))
    .registry_auth("ghcr.io", RegistryAuth(username: "you", password: token))
    .run(sh"sed 's/[^a-z.:/{}\" ,].*//' \"$DOCKER_CONFIG/config.json\"; stat -c %a \"$DOCKER_CONFIG/config.json\"; grep -c 'ghcr.io' \"$DOCKER_CONFIG/config.json\"").stdout
}
"#,
    );
    let printed = run(&world, &["run", "config"]).success().stdout;
    assert!(printed.ends_with("400\n1\n") && printed.contains("\"auths\""), "{printed}");
    assert!(holding(&world.store()).is_empty());
}

/// Answers two requests with an empty list of keys; how many came.
fn agent(socket: &Path) -> std::thread::JoinHandle<usize> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut count, mut request) = (0, [0; 5]);
        while stream.read_exact(&mut request).is_ok() {
            count += 1;
            stream.write_all(&[0, 0, 0, 5, 12, 0, 0, 0, 0]).unwrap();
        }
        count
    })
}

#[test]
fn the_ssh_agent_needs_a_grant_and_is_reached_by_the_step() {
    let world = World::tools(
        r#"
pub fn keys() -> String {
  tools.ssh_agent().run(sh"""
    perl -e '
      use IO::Socket::UNIX;
      my $s = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die "connect: $!";
      for my $body ("\x0b", "\x11") {
        syswrite $s, pack("N", length $body) . $body;
        sysread $s, my $len, 4; sysread $s, my $answer, unpack("N", $len);
        print unpack("H*", $answer), "\n";
      }
    '
  """).stdout
}
"#,
    );
    world.run(["run", "keys"]).exits(2).says("--allow ssh-agent").says("main.pipe:");
    world.run(["run", "--allow", "ssh-agent", "keys"]).exits(2).says("SSH_AUTH_SOCK is not set");
    let socket = world.path("agent");
    let agent = agent(&socket);
    let outcome =
        finish(world.pipe().args(["run", "--allow", "ssh-agent", "keys"]).env("SSH_AUTH_SOCK", &socket));
    assert_eq!(outcome.success().stdout, "0c00000000\n05\n");
    assert_eq!(agent.join().unwrap(), 1);
    // Whose keys they are is not known: what ran is cached, and needs no agent.
    assert_eq!(world.prints(["run", "--allow", "ssh-agent", "keys"]), "0c00000000\n05\n");
}

#[test]
fn a_step_of_another_user_reads_its_file() {
    if !has_ids() {
        crate::harness::skip("a_step_of_another_user_reads_its_file", "steps have a single id here");
        return;
    }
    let world = with_token(
        "pub fn told() -> String { tools.user(\"1000:1000\").secret_file(\"/key\", token).secret_file(\"/other\", token, mode: \"0440\", owner: \"0:1000\")\n  .run(sh\"stat -c '%a %u:%g' /key /other; cmp /key /other && echo same\").stdout }\n",
    );
    assert_eq!(run(&world, &["run", "told"]).success().stdout, "400 1000:1000\n440 0:1000\nsame\n");
}

/// Through a cache in a folder: who has the same key shares, nobody else does, and what may hold a secret is given to nobody.
#[test]
fn stores_with_a_common_key_share_results_of_steps_with_secrets() {
    let world = with_token(
        "pub fn told() -> Container { tools.secret_env(\"TOKEN\", token).run(sh\"echo made > /made\") }\n\
         pub fn kept() -> Container { tools.secret_env(\"TOKEN\", token).run(sh\"echo $TOKEN > /t\", allow_secret_in: [\"/t\"]) }\n\
         pub fn random() -> Container { tools.secret_env(\"TOKEN\", secret.random()).run(sh\"echo made > /made\") }\n",
    );
    let cache = format!("type=dir,path={}", world.path("cache").display());
    let (one, two) = ("0123456789abcdef-one", "0123456789abcdef-two");
    let ran = |store: &str, key: Option<&str>, target: &str| {
        let mut command = world.pipe();
        command.env("PIPE_STORE", world.path(store)).env("TOKEN", TOKEN).env("PIPE_ALLOW", "secret:TOKEN");
        key.map(|key| command.env("PIPE_CACHE_KEY", key));
        command.args(["--progress=json", "run", "--cache-from", &cache, "--cache-to", &cache, target]);
        let outcome = finish(&mut command).success();
        let warned = outcome.warnings().iter().any(|text| text.contains("PIPE_CACHE_KEY"));
        (!outcome.steps("ran").is_empty(), warned)
    };
    assert_eq!(ran("a", Some(one), "told"), (true, false));
    assert_eq!(ran("b", Some(one), "told"), (false, false));
    assert_eq!(ran("c", Some(two), "told"), (true, false));
    assert_eq!(ran("d", None, "told"), (true, true));
    assert_eq!(ran("a", Some(one), "kept"), (true, false));
    assert_eq!(ran("b", Some(one), "kept"), (true, false));
    assert_eq!(ran("a", None, "random"), (true, false));
    assert_eq!(ran("b", None, "random"), (false, false));
    assert!(holding(&world.path("cache")).is_empty());
}

#[test]
fn an_image_is_pushed_with_a_password_that_nobody_sees() {
    let registry = Registry::empty_asking();
    let world = World::module(
        "pub action ship(ref: ImageRef, password: Secret) -> ImageRef {\n\
           do scratch().write(\"/f\", \"x\").push(ref, auth: RegistryAuth(username: \"me\", password: password))\n}\n",
    );
    let reference = format!("{}/app:1", registry.address);
    let ship = |password: &str| {
        let args = ["run", "ship", "--ref", &reference, "--password", "env:P"];
        finish(world.pipe().args(args).env("P", password))
    };
    let refused = ship("a wrong password").exits(3).says("401 Unauthorized");
    assert!(!refused.stderr.contains("a wrong password"), "{}", refused.stderr);
    ship(PASSWORD).success();
    let found = finish(world.command("grep").args(["-rlaF", PASSWORD]).arg(world.store()));
    assert_eq!(found.stdout, "");
}

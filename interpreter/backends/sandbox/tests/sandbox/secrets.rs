//! What a step is given that nobody else may see, and that nothing of it stays.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use pipe_engine::{Backend, Exit, MountSource, MountSpec, SecretBytes, SecretFile, StepSpec, VolumeSpec};
use tokio_util::sync::CancellationToken;

use crate::lab::{Lab, Ran};

const TOKEN: &str = "hunter2-hunter2";

fn bytes(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

/// A script with the token in its environment.
fn with_token(lab: &Lab, script: &str) -> StepSpec {
    let mut spec = lab.script(script);
    spec.secrets.env.insert("TOKEN".to_owned(), bytes(TOKEN));
    spec.secrets.hidden.push(bytes(TOKEN));
    spec
}

fn leaks(ran: &Ran) -> Vec<String> {
    ran.outcome.leaks.iter().map(|leak| leak.path.display().to_string()).collect()
}

fn file(path: &str, mode: u32, owner: Option<&str>) -> SecretFile {
    SecretFile {
        path: path.to_owned(),
        mode,
        owner: owner.map(str::to_owned),
        content: bytes("line\nhunter2\n"),
    }
}

#[tokio::test]
async fn a_variable_and_files_are_there_for_the_step_alone() {
    let lab = Lab::new();
    let mut spec = with_token(
        &lab,
        "printf '%s\\n' \"$TOKEN\"; cat /root/.ssh/key /etc/deep/er; stat -c '%a %u:%g %s' /root/.ssh/key /etc/deep/er
         grep -c ' /root/.ssh/key tmpfs' /proc/self/mountinfo || grep ' /root/.ssh/key ' /proc/self/mountinfo",
    );
    spec.secrets.files.push(file("/root/.ssh/key", 0o400, None));
    spec.secrets.files.push(file("/etc/deep/er", 0o440, None));
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    let begin = "hunter2-hunter2\nline\nhunter2\nline\nhunter2\n400 0:0 13\n440 0:0 13\n";
    assert!(ran.stdout.starts_with(begin) && ran.stdout.contains("tmpfs"), "{}", ran.stdout);
    // Neither they nor what they stand on.
    assert!(ran.outcome.root.is_none(), "{:?}", ran.outcome.root);
    assert!(leaks(&ran).is_empty());
    lab.output("test ! -e /root/.ssh && test ! -e /etc/deep && test -z \"$TOKEN\"").await;
}

#[tokio::test]
async fn files_have_the_owner_that_is_asked_for() {
    let lab = Lab::new();
    if lab.has_single_id() {
        eprintln!("SKIP files_have_the_owner_that_is_asked_for: steps have a single id here");
        return;
    }
    let mut spec = lab.script("stat -c '%a %u:%g' /key /other; cat /key; cat /other 2>&1 || true");
    spec.user = Some("1000:1001".to_owned());
    spec.secrets.files.push(file("/key", 0o400, None));
    spec.secrets.files.push(file("/other", 0o400, Some("7:8")));
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    let begin = "400 1000:1001\n400 7:8\nline\nhunter2\n";
    assert!(ran.stdout.starts_with(begin) && ran.stdout.contains("Permission denied"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_file_stands_over_what_is_mounted() {
    let lab = Lab::new();
    let tree = lab.tree("mkdir d; echo plain > d/key; echo beside > d/beside").await;
    let mut spec = Lab::mounted(lab.script("cat /m/d/key /m/d/beside /t/key"), "/m", &[tree]);
    spec.mounts.push(MountSpec { path: "/t".to_owned(), source: MountSource::Tmpfs { size: None } });
    spec.secrets.files.push(file("/m/d/key", 0o400, None));
    spec.secrets.files.push(file("/t/key", 0o400, None));
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.stdout, "line\nhunter2\nbeside\nline\nhunter2\n", "{}", ran.stderr);
    assert!(ran.outcome.mounts.iter().all(Option::is_none), "{:?}", ran.outcome.mounts);
    let mut spec = lab.script("true");
    spec.secrets.files.push(file("/usr", 0o400, None));
    let error = lab.run(spec).await.unwrap_err().to_string();
    assert_eq!(error, "`/usr` is a folder; a file cannot be mounted there");
}

#[tokio::test]
async fn what_a_step_leaves_is_searched() {
    let lab = Lab::new();
    let tree = lab.tree("echo plain > f").await;
    for (script, found) in [
        ("mkdir -p /root/a; echo \"//r/:_authToken=$TOKEN\" > /root/a/.npmrc", "/root/a/.npmrc"),
        ("printf 'user:%s' \"$TOKEN\" | base64 > /b", "/b"),
        ("printf %s \"$TOKEN\" | od -An -v -tx1 | tr -d ' \\n' > /h", "/h"),
        ("ln -s \"$TOKEN\" /l", "/l"),
        ("echo \"$TOKEN\" >> /m/f", "/m/f"),
        ("echo \"$TOKEN\" > /x; chmod 000 /x", "/x"),
        ("head -c 3000000 /dev/zero > /z; printf %s \"$TOKEN\" >> /z", "/z"),
        // Also when it fails: the files of a failed step are kept.
        ("echo \"$TOKEN\" > /f; exit 3", "/f"),
    ] {
        let spec = Lab::mounted(with_token(&lab, script), "/m", std::slice::from_ref(&tree));
        let ran = lab.run(spec).await.unwrap();
        assert_eq!(leaks(&ran), [found], "{script}: {}", ran.stderr);
        assert!(ran.outcome.root.is_none() && ran.outcome.mounts.iter().all(Option::is_none), "{script}");
    }
    let ran = lab.run(with_token(&lab, "mkdir \"/n$TOKEN\"")).await.unwrap();
    assert_eq!(leaks(&ran), ["/nhunter2-hunter2"]);
    // What is taken out again, or never was on a disk, is no leak; and other things are kept.
    let ran =
        lab.run(with_token(&lab, "echo $TOKEN > /f; rm /f; echo $TOKEN > /dev/shm/f; echo ok > /kept")).await;
    let ran = ran.unwrap();
    assert!(leaks(&ran).is_empty() && ran.outcome.root.is_some());
    lab.sandbox.shutdown().await;
    assert!(!holds(&lab.store(), TOKEN), "{:?}", lab.leftovers());
}

#[tokio::test]
async fn where_it_is_allowed_a_secret_may_stay() {
    let lab = Lab::new();
    let allowed = |paths: &[&str]| {
        let mut spec = with_token(&lab, "mkdir /d; echo $TOKEN > /d/f; echo $TOKEN > /e");
        spec.secrets.may_stay_in = paths.iter().map(|path| (*path).to_owned()).collect();
        spec
    };
    let ran = lab.run(allowed(&["/d"])).await.unwrap();
    assert_eq!(leaks(&ran), ["/e"]);
    let ran = lab.run(allowed(&["/d/f", "/e"])).await.unwrap();
    assert!(leaks(&ran).is_empty() && ran.outcome.root.is_some());
}

/// A volume stays, however the step ended; what else is in it does, too.
#[tokio::test]
async fn a_cache_volume_keeps_no_secret() {
    let lab = Lab::new();
    let folder = lab.volume("v");
    let spec = |script: &str| {
        let mut spec = with_token(&lab, script);
        let volume = VolumeSpec { folder: folder.clone(), alone: true, touch: Vec::new() };
        spec.mounts.push(MountSpec { path: "/c".to_owned(), source: MountSource::Volume(volume) });
        spec
    };
    let ran = lab.run(spec("echo kept > /c/kept; mkdir /c/d; echo $TOKEN > /c/d/token")).await.unwrap();
    assert_eq!(leaks(&ran), ["/c/d/token"]);
    let cancel = CancellationToken::new();
    let running = lab.run_until(spec("echo $TOKEN > /c/token; echo there > /c/there; sleep 1000"), &cancel);
    let there = lab.store().join(&folder).join("data/there");
    let (ran, ()) = tokio::join!(running, async {
        while !there.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        cancel.cancel();
    });
    assert!(ran.is_err());
    let ran = lab.run(spec("ls /c /c/d")).await.unwrap();
    assert_eq!(ran.stdout, "/c:\nd\nkept\nthere\n\n/c/d:\n");
}

#[tokio::test]
async fn a_crash_leaves_no_core() {
    let lab = Lab::new();
    let ran = lab
        .run(with_token(&lab, "ulimit -c; cd /tmp; sh -c 'kill -SEGV $$' || true; ls -A /tmp"))
        .await
        .unwrap();
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, "0\n"), "{}", ran.stderr);
    assert!(ran.outcome.root.is_none() && leaks(&ran).is_empty(), "{:?}", ran.outcome.root);
    let ran = lab.run(with_token(&lab, "kill -SEGV $$")).await.unwrap();
    assert_eq!(ran.outcome.exit, Exit::Code(139));
}

/// Answers requests with their own bytes, the type's first; tells which types came.
fn agent(socket: &Path) -> std::thread::JoinHandle<Vec<u8>> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _): (UnixStream, _) = listener.accept().unwrap();
        let (mut kinds, mut len) = (Vec::new(), [0; 4]);
        while stream.read_exact(&mut len).is_ok() {
            let mut body = vec![0; u32::from_be_bytes(len) as usize];
            stream.read_exact(&mut body).unwrap();
            kinds.push(body[0]);
            stream.write_all(&len).unwrap();
            stream.write_all(&body).unwrap();
        }
        kinds
    })
}

/// Asks the agent, in the language that is on every Debian.
const ASK: &str = r#"
perl -e '
  use IO::Socket::UNIX;
  my $s = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die "connect: $!";
  for my $body ("\x0b", "\x0d..", "\x11add", "\x13") {
    syswrite $s, pack("N", length $body) . $body;
    sysread $s, my $len, 4; sysread $s, my $answer, unpack("N", $len);
    print unpack("H*", $answer), "\n";
  }
'
"#;

#[tokio::test]
async fn the_users_agent_signs_and_does_nothing_else() {
    let lab = Lab::new();
    let socket = lab.store().join("agent");
    let agent = agent(&socket);
    let mut spec = lab.script(ASK);
    spec.env.insert("SSH_AUTH_SOCK".to_owned(), pipe_engine::StepSecrets::SSH_AGENT.to_owned());
    spec.secrets.ssh_agent = Some(socket.clone());
    if !lab.has_single_id() {
        spec.user = Some("1000".to_owned());
    }
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.stdout, "0b\n0d2e2e\n05\n05\n", "{}", ran.stderr);
    assert!(ran.outcome.root.is_none() && ran.outcome.sockets.is_empty(), "{:?}", ran.outcome);
    assert_eq!(agent.join().unwrap(), [11, 13]);
    std::fs::remove_file(&socket).unwrap();
    let mut spec = lab.script("true");
    spec.secrets.ssh_agent = Some(socket);
    let error = lab.run(spec).await.unwrap_err().to_string();
    assert!(error.contains("your SSH agent") && error.contains("cannot be reached"), "{error}");
}

/// Whether any file of a folder has this in it.
fn holds(folder: &Path, text: &str) -> bool {
    let status = std::process::Command::new("grep").arg("-rqF").arg(text).arg(folder).status().unwrap();
    status.success()
}

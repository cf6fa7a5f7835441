//! What goes wrong in one task, and what goes on.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::ask::{Stop, StopWhenDropped};

/// A question that fails, or gives the text of its file.
struct Planted {
    fails: bool,
    found: Option<String>,
    sender: mpsc::Sender<Result<String, Unanswered>>,
}

impl Ask for Planted {
    fn begin(&mut self, _: Stopper) {}

    fn look(&mut self, view: &View<'_>) {
        assert!(!self.fails, "planted");
        self.found = Some(view.text.source.to_owned());
    }

    fn answer(self: Box<Self>, failed: Option<Unanswered>) {
        let Planted { found, sender, .. } = *self;
        let answer = failed.map_or_else(|| Ok(found.unwrap()), Err);
        sender.send(answer).unwrap();
    }
}

fn ask(tasks: &Tasks, uri: &Uri, fails: bool) -> Result<String, Unanswered> {
    let (sender, answer) = mpsc::channel();
    let question = Box::new(Planted { fails, found: None, sender });
    tasks.send(Task::Ask { uri: uri.clone(), whole: false, question }).unwrap();
    answer.recv().unwrap()
}

#[test]
fn a_mistake_ends_nothing_but_its_own_task() {
    let folder = tempfile::tempdir().unwrap();
    let uri = Uri::from_file_path(folder.path().canonicalize().unwrap().join("main.pipe")).unwrap();
    let (tasks, owner) = channel();
    let (outgoing, mut said) = tokio::sync::mpsc::unbounded_channel();
    owner.start(outgoing, None, None).unwrap();
    let text = "pub fn f() -> Int { 1 }\n";
    tasks.send(Task::Open(Document { uri: uri.clone(), version: 1, text: text.into() })).unwrap();
    assert_eq!(ask(&tasks, &uri, false).as_deref(), Ok(text));
    assert_eq!(ask(&tasks, &uri, true), Err(Unanswered::Panicked));
    assert_eq!(ask(&tasks, &uri, false).as_deref(), Ok(text));
    // The owner itself fails; what is open stays open.
    tasks.send(Task::Planted).unwrap();
    assert_eq!(ask(&tasks, &uri, false).as_deref(), Ok(text));
    let told = std::iter::from_fn(|| said.blocking_recv()).find(|said| matches!(said, Outgoing::Log(_)));
    assert!(told.is_some());
}

/// A question that is looked for until it is stopped.
struct Endless {
    begun: mpsc::Sender<Stopper>,
    ended: mpsc::Sender<Option<Unanswered>>,
}

impl Ask for Endless {
    fn begin(&mut self, stopper: Stopper) {
        self.begun.send(stopper).unwrap();
    }

    fn look(&mut self, view: &View<'_>) {
        loop {
            view.snapshot.diagnostics();
        }
    }

    fn answer(self: Box<Self>, failed: Option<Unanswered>) {
        self.ended.send(failed).unwrap();
    }
}

#[test]
fn a_question_that_nobody_waits_for_ends() {
    let folder = tempfile::tempdir().unwrap();
    let uri = Uri::from_file_path(folder.path().canonicalize().unwrap().join("main.pipe")).unwrap();
    let (tasks, owner) = channel();
    let (outgoing, _said) = tokio::sync::mpsc::unbounded_channel();
    owner.start(outgoing, None, None).unwrap();
    let text = "pub fn f() -> Int { 1 }\n";
    tasks.send(Task::Open(Document { uri: uri.clone(), version: 1, text: text.into() })).unwrap();
    let ((begun, begins), (ended, ends)) = (mpsc::channel(), mpsc::channel());
    let question = Box::new(Endless { begun, ended });
    tasks.send(Task::Ask { uri: uri.clone(), whole: false, question }).unwrap();
    let stop = Arc::new(Stop::default());
    let held = StopWhenDropped(stop.clone());
    stop.begin(begins.recv().unwrap());
    drop(held);
    assert_eq!(ends.recv().unwrap(), Some(Unanswered::Stopped));
    // One that was given up before it began does not begin.
    let ((begun, begins), (ended, ends)) = (mpsc::channel(), mpsc::channel());
    let question = Box::new(Endless { begun, ended });
    tasks.send(Task::Ask { uri: uri.clone(), whole: false, question }).unwrap();
    stop.begin(begins.recv().unwrap());
    assert_eq!(ends.recv().unwrap(), Some(Unanswered::Stopped));
    assert_eq!(ask(&tasks, &uri, false).as_deref(), Ok(text));
}

/// Modules that are opened as they are on the disk, the entry first.
fn opened(
    count: usize,
) -> (tempfile::TempDir, Vec<Uri>, Tasks, tokio::sync::mpsc::UnboundedReceiver<Outgoing>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (tasks, owner) = channel();
    let (outgoing, said) = tokio::sync::mpsc::unbounded_channel();
    owner.start(outgoing, None, None).unwrap();
    tasks.send(Task::Agreed(Agreement { watches: true, ..Agreement::default() })).unwrap();
    let mut uris = Vec::new();
    for n in 0..count {
        let file = root.join(if n == 0 { "main.pipe".to_owned() } else { format!("m{n}.pipe") });
        let uses = if n + 1 < count { format!("use \"./m{}.pipe\" as next\n", n + 1) } else { String::new() };
        let call = if n + 1 < count { "next.f()" } else { "wrong" };
        std::fs::write(&file, format!("{uses}pub fn f() -> Int {{ {call} }}\n")).unwrap();
        uris.push((Uri::from_file_path(&file).unwrap(), file));
    }
    for (uri, file) in &uris {
        let text = std::fs::read_to_string(file).unwrap();
        tasks.send(Task::Open(Document { uri: uri.clone(), version: 1, text })).unwrap();
    }
    (folder, uris.into_iter().map(|(uri, _)| uri).collect(), tasks, said)
}

/// What is said until every one of some files was spoken of in a version.
fn until_said(
    said: &mut tokio::sync::mpsc::UnboundedReceiver<Outgoing>,
    wanted: &[Uri],
    version: i32,
) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut waits: std::collections::BTreeSet<&str> = wanted.iter().map(|uri| uri.as_str()).collect();
    while !waits.is_empty() {
        if let Some(Outgoing::Diagnostics(uri, diagnostics, of)) = said.blocking_recv() {
            if of == Some(version) {
                waits.remove(uri.as_str());
            }
            found.push((uri.as_str().to_owned(), diagnostics.len()));
        }
    }
    found
}

#[test]
fn an_edit_says_nothing_about_the_documents_that_it_does_not_change() {
    let (_folder, uris, tasks, mut said) = opened(30);
    let first = until_said(&mut said, &uris, 1);
    let wrong = first.iter().filter(|(_, found)| *found > 0);
    assert!(wrong.clone().all(|(uri, _)| *uri == *uris[29].as_str()), "{first:?}");
    assert!(wrong.count() >= 1);
    let text = "use \"./m1.pipe\" as next\npub fn f() -> Int { next.f() + 1 }\n".to_owned();
    let changes = vec![TextDocumentContentChangeEvent { range: None, range_length: None, text }];
    tasks.send(Task::Change { uri: uris[0].clone(), version: 2, changes }).unwrap();
    let second = until_said(&mut said, &uris[..1], 2);
    let last = second.last().unwrap();
    assert_eq!((last.0.as_str(), last.1), (uris[0].as_str(), 0));
    // Nothing else was said about the first one in between, and nothing about those whose version stayed.
    let others = second.iter().filter(|(uri, _)| first.iter().filter(|(known, _)| known == uri).count() > 1);
    assert_eq!(others.count(), 0, "{second:?}");
}

/// An owner whose tasks the test does itself, with one thread that answers.
fn by_hand() -> (Owner, mpsc::Receiver<Task>, tokio::sync::mpsc::UnboundedReceiver<Outgoing>) {
    let (outgoing, said) = tokio::sync::mpsc::unbounded_channel();
    let (owner, tasks) = channel().1.owner(outgoing, None, 1).unwrap();
    (owner, tasks, said)
}

fn open(owner: &mut Owner, file: &std::path::Path, text: &str) -> Uri {
    let uri = Uri::from_file_path(file).unwrap();
    owner.handle(Task::Open(Document { uri: uri.clone(), version: 1, text: text.into() }));
    uri
}

fn edit(uri: &Uri, text: &str) -> Task {
    let changes = vec![TextDocumentContentChangeEvent { range: None, range_length: None, text: text.into() }];
    Task::Change { uri: uri.clone(), version: 2, changes }
}

/// What was said of files so far: how much is wrong in each.
fn told(said: &mut tokio::sync::mpsc::UnboundedReceiver<Outgoing>) -> Vec<(String, usize)> {
    let messages = std::iter::from_fn(|| said.try_recv().ok());
    let diagnostics = messages.filter_map(|message| match message {
        Outgoing::Diagnostics(uri, found, _) => Some((uri.as_str().to_owned(), found.len())),
        _ => None,
    });
    diagnostics.collect()
}

#[test]
fn what_a_question_interrupts_is_looked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("alone.pipe"), "pub let n: Int = 1\n").unwrap();
    let (mut owner, tasks, mut said) = by_hand();
    let uri = open(&mut owner, &root.join("main.pipe"), "pub fn f() -> Int { wrong }\n");
    // The search begins after the question took its program: the one thread is busy until then.
    owner.pool.spawn(|| std::thread::sleep(std::time::Duration::from_millis(300)));
    owner.diagnose();
    let (sender, answer) = mpsc::channel();
    owner.handle(Task::Ask { uri, whole: true, question: Box::new(Files { found: Vec::new(), sender }) });
    assert_eq!(answer.recv().unwrap().len(), 2);
    // Until what is wrong was found.
    while told(&mut said).iter().all(|(_, found)| *found == 0) {
        // The thread sends before it is done.
        let task = tasks.recv_timeout(std::time::Duration::from_secs(20)).expect("it is looked for again");
        owner.handle(task);
        owner.diagnose();
    }
}

#[test]
fn what_is_looked_for_again_waits_for_whom_it_would_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (mut owner, _tasks, _said) = by_hand();
    open(&mut owner, &root.join("main.pipe"), "pub fn f() -> Int { wrong }\n");
    owner.diagnose();
    let (package, known) = owner.packages.of(&root.join("main.pipe")).unwrap();
    let (asking, generation) = (known.asking(), known.generation);
    owner.handle(Task::Interrupted { package, generation: generation + 1 });
    drop(asking);
    owner.handle(Task::Answered { package });
    assert_eq!(owner.packages.undiagnosed().count(), 0, "somebody edited, and looks again");
    let asking = owner.packages.get(package).unwrap().asking();
    owner.handle(Task::Interrupted { package, generation });
    assert_eq!(owner.packages.undiagnosed().count(), 0, "a question is being answered");
    drop(asking);
    owner.handle(Task::Answered { package });
    assert_eq!(owner.packages.undiagnosed().count(), 1);
}

/// Longer than anything waits that nobody asks for.
const LONG: std::time::Duration = std::time::Duration::from_secs(60);

#[test]
fn a_mistake_in_a_search_is_not_made_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (mut owner, tasks, mut said) = by_hand();
    owner.take(Task::PlantedInSearch);
    open(&mut owner, &root.join("main.pipe"), "pub fn f() -> Int { wrong }\n");
    owner.unasked(Instant::now() + LONG);
    assert!(matches!(said.try_recv(), Ok(Outgoing::Log(_))));
    assert_eq!(owner.pace.next(), None, "nothing is done until something comes");
    // What comes next begins it again.
    owner.planted = false;
    owner.take(Task::Planted);
    owner.unasked(Instant::now() + LONG);
    owner.take(tasks.recv().unwrap());
    assert!(told(&mut said).iter().any(|(_, found)| *found > 0));
}

#[test]
fn what_was_found_before_a_mistake_is_not_said_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (mut owner, tasks, mut said) = by_hand();
    let uri = open(&mut owner, &root.join("main.pipe"), "pub fn f() -> Int { wrong }\n");
    owner.diagnose();
    let found = tasks.recv().unwrap();
    owner.take(Task::Planted);
    // As many changes as before.
    owner.take(edit(&uri, "pub fn f() -> Int { 1 }\n"));
    owner.take(found);
    assert_eq!(told(&mut said), []);
}

#[test]
fn the_disk_is_looked_at_also_for_a_client_that_watches_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("m.pipe"), "pub let n: Int = 1\n").unwrap();
    let text = "use \"./m.pipe\" as m\npub fn f() -> Int { m.n }\n";
    let (mut owner, tasks, mut said) = by_hand();
    owner.take(Task::Agreed(Agreement { watches: true, ..Agreement::default() }));
    let uri = open(&mut owner, &root.join("main.pipe"), text);
    owner.take(edit(&uri, text));
    owner.unasked(Instant::now());
    owner.take(tasks.recv().unwrap());
    assert!(told(&mut said).iter().all(|(_, found)| *found == 0));
    // The client does not see this.
    std::fs::write(root.join("m.pipe"), "pub let other: Int = 1\n").unwrap();
    assert!(owner.pace.next().is_some());
    owner.unasked(Instant::now() + LONG);
    owner.take(tasks.recv_timeout(LONG).unwrap());
    assert!(told(&mut said).iter().any(|(_, found)| *found > 0));
}

#[test]
fn a_look_at_the_disk_that_finds_nothing_new_interrupts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("m.pipe"), "pub let n: Int = 1\n").unwrap();
    std::fs::write(root.join("pipe.toml"), "name = \"a\"\n").unwrap();
    let text = "use \"./m.pipe\" as m\npub fn f() -> Int { m.n }\n";
    let (mut owner, _tasks, _said) = by_hand();
    let uri = open(&mut owner, &root.join("main.pipe"), text);
    owner.take(edit(&uri, &format!("{text}\n")));
    let ((begun, begins), (ended, ends)) = (mpsc::channel(), mpsc::channel());
    owner.take(Task::Ask { uri, whole: false, question: Box::new(Endless { begun, ended }) });
    let stopper = begins.recv().unwrap();
    owner.take(Task::Disk);
    // Had it set anything, it would have waited until the question ended.
    let _ = owner.packages.of(&root.join("main.pipe")).unwrap().1.snapshot();
    stopper.stop();
    assert_eq!(ends.recv().unwrap(), Some(Unanswered::Stopped));
}

#[test]
fn a_look_at_the_disk_waits_for_a_question_about_every_module() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("main.pipe"), "").unwrap();
    std::fs::write(root.join("m.pipe"), "").unwrap();
    let (mut owner, _tasks, _said) = by_hand();
    let text = "pub fn f() -> Int { 1 }\n";
    let uri = open(&mut owner, &root.join("main.pipe"), text);
    owner.take(edit(&uri, &format!("{text}\n")));
    owner.unasked(Instant::now());
    let ((begun, begins), (ended, ends)) = (mpsc::channel(), mpsc::channel());
    owner.take(Task::Ask { uri, whole: true, question: Box::new(Endless { begun, ended }) });
    let stopper = begins.recv().unwrap();
    // The disk may be other than it was, and it is time to look.
    std::fs::write(root.join("m.pipe"), "pub let n: Int = 1\n").unwrap();
    owner.unasked(Instant::now() + LONG);
    owner.unasked(Instant::now() + LONG + LONG);
    stopper.stop();
    assert_eq!(ends.recv().unwrap(), Some(Unanswered::Stopped), "it was not interrupted");
    assert!(owner.pace.next().is_some(), "it is looked at later");
}

#[test]
fn a_package_does_not_speak_of_a_document_that_moved_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("pipe.toml"), "name = \"a\"\n").unwrap();
    std::fs::create_dir(root.join("b")).unwrap();
    let (mut owner, tasks, mut said) = by_hand();
    open(&mut owner, &root.join("main.pipe"), "pub fn f() -> Int { 1 }\n");
    let moved = open(&mut owner, &root.join("b/main.pipe"), "pub fn f() -> Int { wrong }\n");
    owner.diagnose();
    owner.take(tasks.recv().unwrap());
    let of_moved = |told: Vec<(String, usize)>| -> Vec<usize> {
        told.into_iter().filter(|(uri, _)| uri == moved.as_str()).map(|(_, found)| found).collect()
    };
    assert_eq!(of_moved(told(&mut said)), [1]);
    std::fs::write(root.join("b/pipe.toml"), "name = \"b\"\n").unwrap();
    owner.take(Task::Disk);
    owner.diagnose();
    let (old, new) = (tasks.recv().unwrap(), tasks.recv().unwrap());
    // That of the old package comes last.
    let is_new = |task: &Task| matches!(task, Task::Found { package: 1, .. });
    let (old, new) = if is_new(&old) { (new, old) } else { (old, new) };
    owner.take(new);
    owner.take(old);
    assert_eq!(of_moved(told(&mut said)), [1]);
}

#[test]
fn what_is_asked_of_a_text_alone_needs_no_program() {
    let (_folder, uris, tasks, _said) = opened(2);
    let ask = |uri: &Uri| {
        let (sender, answer) = mpsc::channel();
        let question = Box::new(move |text: Option<&Text<'_>>| {
            sender.send(text.map(|text| text.source.len())).unwrap();
        });
        tasks.send(Task::AskText { uri: uri.clone(), question }).unwrap();
        answer.recv().unwrap()
    };
    assert!(ask(&uris[1]).is_some_and(|length| length > 0));
    assert_eq!(ask(&"file:///nowhere.pipe".parse().unwrap()), None);
}

#[test]
fn several_packages_each_have_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (tasks, owner) = channel();
    let (outgoing, mut said) = tokio::sync::mpsc::unbounded_channel();
    owner.start(outgoing, None, None).unwrap();
    for name in ["a", "b"] {
        std::fs::create_dir(root.join(name)).unwrap();
        std::fs::write(root.join(name).join("pipe.toml"), format!("name = \"{name}\"\n")).unwrap();
        let uri = Uri::from_file_path(root.join(name).join("main.pipe")).unwrap();
        let text = format!("pub fn f() -> Int {{ {name} }}\n");
        tasks.send(Task::Open(Document { uri, version: 7, text })).unwrap();
    }
    let mut wrong = BTreeMap::new();
    while wrong.len() < 2 {
        if let Some(Outgoing::Diagnostics(uri, found, version)) = said.blocking_recv()
            && uri.as_str().ends_with(".pipe")
        {
            assert_eq!(version, Some(7));
            wrong.insert(uri.as_str().to_owned(), found.len());
        }
    }
    assert!(wrong.values().all(|found| *found >= 1), "{wrong:?}");
    let (sender, documents) = oneshot::channel();
    tasks.send(Task::Packages(sender)).unwrap();
    assert_eq!(documents.blocking_recv().unwrap().len(), 2);
}

/// A question for the files of the program.
struct Files {
    found: Vec<String>,
    sender: mpsc::Sender<Vec<String>>,
}

impl Ask for Files {
    fn begin(&mut self, _: Stopper) {}

    fn look(&mut self, view: &View<'_>) {
        self.found = view.snapshot.own_files().map(ToString::to_string).collect();
    }

    fn answer(self: Box<Self>, failed: Option<Unanswered>) {
        assert_eq!(failed, None);
        let Files { found, sender } = *self;
        sender.send(found).unwrap();
    }
}

#[test]
fn modules_that_nothing_uses_are_looked_at_when_all_are_meant() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("lib")).unwrap();
    std::fs::write(root.join("lib/alone.pipe"), "pub let n: Int = 1\n").unwrap();
    std::fs::write(root.join("main.pipe"), "pub fn f() -> Int { 1 }\n").unwrap();
    let uri = Uri::from_file_path(root.join("main.pipe")).unwrap();
    let (tasks, owner) = channel();
    let (outgoing, _said) = tokio::sync::mpsc::unbounded_channel();
    owner.start(outgoing, None, None).unwrap();
    let text = "pub fn f() -> Int { 1 }\n".to_owned();
    tasks.send(Task::Open(Document { uri: uri.clone(), version: 1, text })).unwrap();
    let files = |whole: bool| {
        let (sender, answer) = mpsc::channel();
        let question = Box::new(Files { found: Vec::new(), sender });
        tasks.send(Task::Ask { uri: uri.clone(), whole, question }).unwrap();
        answer.recv().unwrap().len()
    };
    assert_eq!([files(false), files(true), files(false)], [1, 2, 1]);
}

//! What goes wrong in one task, and what goes on.

#![allow(clippy::unwrap_used)]

use super::*;

/// A question that fails, or gives the text of its file.
struct Planted {
    fails: bool,
    found: Option<String>,
    sender: mpsc::Sender<Result<String, Unanswered>>,
}

impl Ask for Planted {
    fn look(&mut self, view: &View<'_>) {
        assert!(!self.fails, "planted");
        self.found = Some(view.text.to_string());
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
    owner.start(outgoing, None).unwrap();
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

#[test]
fn several_packages_each_have_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (tasks, owner) = channel();
    let (outgoing, mut said) = tokio::sync::mpsc::unbounded_channel();
    owner.start(outgoing, None).unwrap();
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
    owner.start(outgoing, None).unwrap();
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

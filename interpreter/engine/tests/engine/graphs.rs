//! Building graphs by hand.

use std::sync::Arc;

use pipe_ops::{Arg, Copy, Exec, Graph, Hints, HostDir, Mount, Network, NodeId, Op, Origin, Output, Slot};

/// A graph with short ways to add nodes.
#[derive(Default)]
pub(crate) struct Build {
    pub(crate) graph: Graph,
}

pub(crate) fn main(node: NodeId) -> Output {
    Output { node, slot: Slot::Main }
}

pub(crate) fn slot(node: NodeId, slot: Slot) -> Output {
    Output { node, slot }
}

fn origin(name: &str) -> Option<Origin> {
    Some(Origin { file: "main.pipe".into(), start: 0, end: 4, line: 1, name: name.into() })
}

/// A command on a root, without mounts.
pub(crate) fn command(root: Output, argv: &[&str]) -> Exec {
    Exec {
        root,
        mounts: Vec::new(),
        argv: argv.iter().map(|text| Arg::text(*text)).collect(),
        image: None,
        unset_env: Vec::new(),
        volatile_env: Vec::new(),
        env: pipe_ops::Named::new(),
        workdir: "/".into(),
        user: None,
        platform: format!("linux/{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }).into(),
        network: Network::Off,
        stdin: None,
        services: Vec::new(),
        secrets: Vec::new(),
        ssh_agent: false,
        allow_secret_in: Vec::new(),
        privileged: false,
    }
}

pub(crate) fn mount(path: &str, source: Output) -> Mount {
    Mount { path: path.into(), shown: pipe_ops::Mounted::Tree(source) }
}

impl Build {
    pub(crate) fn add(&mut self, name: &str, op: Op) -> NodeId {
        self.graph.add(op, origin(name), Hints::default()).unwrap()
    }

    pub(crate) fn scratch(&mut self) -> Output {
        main(self.add("scratch", Op::Empty))
    }

    pub(crate) fn exec(&mut self, name: &str, exec: Exec) -> NodeId {
        self.add(name, Op::Exec(Box::new(exec)))
    }

    /// A command in an empty root.
    pub(crate) fn run(&mut self, name: &str, argv: &[&str]) -> NodeId {
        let root = self.scratch();
        self.exec(name, command(root, argv))
    }

    /// A command with a folder at `/in` that must end with 0.
    pub(crate) fn run_on(&mut self, name: &str, argv: &[&str], input: Output) -> NodeId {
        let root = self.scratch();
        let exec = Exec { mounts: vec![mount("/in", input)], ..command(root, argv) };
        let exec = self.exec(name, exec);
        self.guard(exec, &[0])
    }

    pub(crate) fn hinted(&mut self, name: &str, exec: Exec, hints: Hints) -> NodeId {
        self.graph.add(Op::Exec(Box::new(exec)), origin(name), hints).unwrap()
    }

    pub(crate) fn guard(&mut self, exec: NodeId, success: &[i32]) -> NodeId {
        self.add("guard", Op::Guard { exec: main(exec), success: success.to_vec() })
    }

    pub(crate) fn checked(&mut self, name: &str, argv: &[&str]) -> NodeId {
        let exec = self.run(name, argv);
        self.guard(exec, &[0])
    }

    pub(crate) fn host_dir(&mut self, path: &str) -> Output {
        let dir = HostDir { path: path.into(), include: Vec::new(), exclude: Vec::new() };
        main(self.add("src", Op::HostDir(dir)))
    }

    pub(crate) fn subdir(&mut self, tree: Output, path: &str) -> Output {
        main(self.add("dir", Op::Subdir { tree, path: Arg::text(path) }))
    }

    pub(crate) fn subfile(&mut self, tree: Output, path: &str) -> Output {
        main(self.add("file", Op::Subfile { tree, path: Arg::text(path) }))
    }

    pub(crate) fn contents(&mut self, file: Output) -> Output {
        main(self.add("contents", Op::Contents { file }))
    }

    pub(crate) fn write(&mut self, into: Output, path: &str, text: Arg) -> Output {
        main(self.add("write", Op::Write { into, path: Arg::text(path), text, mode: 0o644 }))
    }

    pub(crate) fn copy(&mut self, into: Output, path: &str, source: Output, is_file: bool) -> Output {
        let copy = Copy {
            into,
            path: Arg::text(path),
            source,
            is_file,
            owner: None,
            mode: None,
            include: Vec::new(),
            exclude: Vec::new(),
        };
        main(self.add("copy", Op::Copy(Box::new(copy))))
    }

    pub(crate) fn apply(&mut self, function: &str, args: Vec<Arg>) -> Output {
        main(self.add("apply", Op::Apply { function: Arc::from(function), args }))
    }
}

//! A terminal to run `pipe` in: a pseudoterminal with an emulator behind it, which knows what a person would see.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex};

use crate::harness::{World, pipe_binary};

/// A running `pipe` on a terminal.
pub(crate) struct Terminal {
    child: Child,
    pty: Arc<pty_process::blocking::Pty>,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    /// All that was written, as it came.
    raw: Vec<u8>,
    ended: bool,
}

/// How a command on a terminal ended, and what stands on its screen then.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) screen: String,
    pub(crate) raw: String,
}

impl Terminal {
    /// Runs `pipe` on a terminal of this size, with these variables.
    pub(crate) fn run(world: &World, size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> Terminal {
        Terminal::start(world, size, pipe_binary().as_os_str(), args, env)
    }

    /// Runs another program there.
    pub(crate) fn program(world: &World, size: (u16, u16), program: &str, args: &[&str]) -> Terminal {
        Terminal::start(world, size, program.as_ref(), args, &[])
    }

    fn start(
        world: &World,
        size: (u16, u16),
        program: &OsStr,
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Terminal {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(pty_process::Size::new(size.0, size.1)).unwrap();
        let plain = world.pipe();
        let mut command = pty_process::blocking::Command::new(program).env_clear();
        for (name, value) in plain.get_envs() {
            command = command.env(name, value.unwrap());
        }
        command = command.env("TERM", "xterm-256color");
        for (name, value) in env {
            command = command.env(name, value);
        }
        let child = command.current_dir(world.package()).args(args).spawn(pts);
        let pty = Arc::new(pty);
        let reader = pty.clone();
        let parser = vt100::Parser::new(length(size.0), length(size.1), 200);
        let state = State { parser, raw: Vec::new(), ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let told = shared.clone();
        std::thread::spawn(move || read(&reader, &told));
        Terminal { child: child.unwrap(), pty, shared }
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub(crate) fn wait_for(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut state = self.shared.state.lock().unwrap();
        loop {
            let screen = state.parser.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            assert!(!state.ended, "it ended with:\n{screen}");
            state = self.shared.changed.wait(state).unwrap();
        }
    }

    /// Types something.
    pub(crate) fn types(&mut self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    /// Makes the window another size.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        self.shared.state.lock().unwrap().parser.screen_mut().set_size(length(rows), length(columns));
        self.pty.resize(pty_process::Size::new(rows, columns)).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        let mut state = self.shared.state.lock().unwrap();
        while !state.ended {
            state = self.shared.changed.wait(state).unwrap();
        }
        Ended {
            code,
            screen: state.parser.screen().contents(),
            raw: String::from_utf8_lossy(&state.raw).into_owned(),
        }
    }
}

fn length(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).unwrap()
}

/// Until nobody has the terminal open any more, which is an error to who reads it.
fn read(mut reader: &pty_process::blocking::Pty, shared: &Shared) {
    let mut buffer = [0; 4096];
    loop {
        let read = reader.read(&mut buffer).unwrap_or(0);
        let mut state = shared.state.lock().unwrap();
        match buffer.get(..read) {
            Some(bytes) if !bytes.is_empty() => {
                state.parser.process(bytes);
                state.raw.extend_from_slice(bytes);
            }
            _ => state.ended = true,
        }
        shared.changed.notify_all();
        if state.ended {
            return;
        }
    }
}

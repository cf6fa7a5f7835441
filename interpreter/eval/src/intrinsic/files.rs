//! Files of containers: `mount`, `copy`, `write`, `remove`, `dir`, `file`. What lies in a mount is read from it and written to it.

use std::sync::Arc;

use pipe_ops::{Arg, Mounted, Op, Output};

use super::places::Place;
use super::starts::tree_of;
use super::{Call, Entry, Table, options};
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::{ContainerValue, Value};

pub(super) const TABLE: Table = &[
    ("Container.mount", Entry::Run(mount)),
    ("Container.copy", Entry::Run(copy)),
    ("Container.write", Entry::Run(write)),
    ("Container.remove", Entry::Run(remove)),
    ("Container.dir", Entry::Run(dir)),
    ("Container.file", Entry::Run(file)),
    ("Check.dir", Entry::Run(check_dir)),
    ("Check.file", Entry::Run(check_file)),
];

fn mount(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let mut container = call.container(machine, 0)?.as_ref().clone();
    let path = mount_path(machine, call, &container)
        .map_err(|error| error.help("copy it instead: `.copy(\"/\", tree)`"))?;
    let (source, is_file) = tree_of(machine, call, call.arg(2)?)?;
    container.add_mount(path, if is_file { Mounted::File(source) } else { Mounted::Tree(source) });
    Ok(container.into())
}

/// Where argument 1 says that something is to be mounted.
pub(super) fn mount_path(
    machine: &mut Machine,
    call: &Call<'_>,
    container: &ContainerValue,
) -> Result<String> {
    let path = machine.known_path(container, call, 1)?;
    if path == "/" {
        let message = "nothing can be mounted at `/`: it would hide everything";
        return Err(error::invalid(message, call.arg_place(1)));
    }
    Ok(path)
}

fn copy(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let place = machine.place_of(&container, call, 1)?;
    if let Place::MountedFile(index) = place {
        let (source, is_file) = tree_of(machine, call, call.arg(2)?)?;
        if !is_file {
            return Err(error::invalid(
                "a directory cannot be copied onto a mounted file",
                call.arg_place(2),
            ));
        }
        return with_mount(&container, index, source, call);
    }
    change(machine, call, &container, place, |machine, into, path| {
        Ok(Op::Copy(Box::new(options::copy(machine, call, into, path)?)))
    })
}

fn write(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let place = machine.place_of(&container, call, 1)?;
    if let Place::MountedFile(index) = place {
        // A file of its own, in the mounted one's stead.
        let site = call.site(machine);
        let empty = machine.add_main(Op::Empty, &site)?;
        let op = options::write(machine, call, empty, Arg::text("file"))?;
        let tree = machine.add_main(op, &site)?;
        let file = machine.add_main(Op::Subfile { tree, path: Arg::text("file") }, &site)?;
        return with_mount(&container, index, file, call);
    }
    change(machine, call, &container, place, |machine, into, path| options::write(machine, call, into, path))
}

fn remove(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    let place = machine.place_of(&container, call, 1)?;
    if let Place::MountedFile(_) = place {
        return Err(error::invalid("this is a mounted file, which cannot be removed", call.arg_place(1)));
    }
    if let Place::Mount(_, path) = &place
        && path.is_empty()
    {
        return Err(error::invalid(
            "a tree is mounted here, which cannot be removed as a whole",
            call.arg_place(1),
        ));
    }
    change(machine, call, &container, place, |_, from, path| Ok(Op::Remove { from, path }))
}

/// Puts a node on top of the tree that a place lies in.
fn change(
    machine: &mut Machine,
    call: &Call<'_>,
    container: &ContainerValue,
    place: Place,
    op: impl FnOnce(&mut Machine, Output, Arg) -> Result<Op>,
) -> Result<Value> {
    let site = call.site(machine);
    match place {
        Place::Root(path) => {
            let op = op(machine, container.root, path)?;
            let mut container = container.clone();
            container.root = machine.add_main(op, &site)?;
            Ok(container.into())
        }
        Place::Mount(index, path) => {
            let source = mounted(container, index, call)?;
            let path = if path.is_empty() { ".".to_owned() } else { path };
            let op = op(machine, source, Arg::text(path))?;
            let source = machine.add_main(op, &site)?;
            with_mount(container, index, source, call)
        }
        Place::MountedFile(_) | Place::Apart(_) => {
            Err(error::internal("this place is no tree", call.place()))
        }
    }
}

fn with_mount(container: &ContainerValue, index: usize, source: Output, call: &Call<'_>) -> Result<Value> {
    let mut container = container.clone();
    match container.mounts.get_mut(index).map(|mount| &mut mount.shown) {
        Some(Mounted::Tree(shown) | Mounted::File(shown)) => *shown = source,
        _ => return Err(error::internal("no such mount", call.place())),
    }
    Ok(container.into())
}

fn dir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    dir_of(machine, call, &container)
}

fn file(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.container(machine, 0)?;
    file_of(machine, call, &container)
}

fn check_dir(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.checked_container(machine)?;
    dir_of(machine, call, &container)
}

fn check_file(machine: &mut Machine, call: &Call<'_>) -> Result<Value> {
    let container = call.checked_container(machine)?;
    file_of(machine, call, &container)
}

fn dir_of(machine: &mut Machine, call: &Call<'_>, container: &Arc<ContainerValue>) -> Result<Value> {
    let site = call.site(machine);
    let (tree, path) = match machine.place_of(container, call, 1)? {
        Place::Root(Arg::Const(path)) if path.as_text() == Some("/") => {
            return Ok(Value::Dir(container.root));
        }
        Place::Root(path) => (container.root, path),
        Place::Mount(index, path) => {
            let source = mounted(container, index, call)?;
            if path.is_empty() {
                return Ok(Value::Dir(source));
            }
            (source, Arg::text(path))
        }
        Place::MountedFile(_) => {
            return Err(error::invalid("a file is mounted here, not a directory", call.arg_place(1)));
        }
        Place::Apart(_) => return Err(error::internal("this place is no tree", call.place())),
    };
    machine.add_main(Op::Subdir { tree, path }, &site).map(Value::Dir)
}

fn file_of(machine: &mut Machine, call: &Call<'_>, container: &Arc<ContainerValue>) -> Result<Value> {
    let site = call.site(machine);
    let (tree, path) = match machine.place_of(container, call, 1)? {
        Place::Root(path) => (container.root, path),
        Place::MountedFile(index) => return mounted(container, index, call).map(Value::File),
        Place::Mount(_, path) if path.is_empty() => {
            return Err(error::invalid("a directory is mounted here, not a file", call.arg_place(1)));
        }
        Place::Mount(index, path) => (mounted(container, index, call)?, Arg::text(path)),
        Place::Apart(_) => return Err(error::internal("this place is no tree", call.place())),
    };
    machine.add_main(Op::Subfile { tree, path }, &site).map(Value::File)
}

fn mounted(container: &ContainerValue, index: usize, call: &Call<'_>) -> Result<Output> {
    let mount = container.mounts.get(index).and_then(|mount| mount.shown.source());
    mount.ok_or_else(|| error::internal("no such mount", call.place()))
}

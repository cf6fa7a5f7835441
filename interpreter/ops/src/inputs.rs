//! The edges that lead into an op.

use crate::{
    Account, Act, Arg, Assembly, Breakpoint, Exec, Gather, GitQuery, Inspection, Mounted, Op, Output, Probe,
    SecretGiven, Service,
};

/// A function that visits the edges into an op in a fixed order; with `mut`, one that may change them.
macro_rules! visitor {
    ($visit:ident, $visit_exec:ident, $visit_assembly:ident, $visit_arg:ident $(, $mutable:ident)?) => {
        fn $visit(op: &$($mutable)? Op, each: &mut dyn FnMut(&$($mutable)? Output)) {
            match op {
                Op::Empty
                | Op::Toolchain
                | Op::HostDir(_)
                | Op::HostFile { .. }
                | Op::HostEnv { .. }
                | Op::HostSecret { .. }
                | Op::RandomSecret { .. }
                | Op::FakeSecret { .. }
                | Op::Repo { .. } => {}
                Op::Image { reference, .. } => $visit_arg(reference, each),
                Op::Exec(exec) => $visit_exec(exec, each),
                Op::Service(service) => {
                    let Service { exec, ready, .. } = &$($mutable)? **service;
                    $visit_exec(exec, each);
                    if let Some(Probe { argv, env }) = ready {
                        for arg in argv {
                            $visit_arg(arg, each);
                        }
                        for (_, arg) in env {
                            $visit_arg(arg, each);
                        }
                    }
                }
                Op::Breakpoint(breakpoint) => {
                    let Breakpoint { exec, last, .. } = &$($mutable)? **breakpoint;
                    $visit_exec(exec, each);
                    if let Some(last) = last {
                        each(last);
                    }
                }
                Op::Guard { exec, .. } => each(exec),
                Op::Subdir { tree, path } | Op::Subfile { tree, path } | Op::Remove { from: tree, path } => {
                    each(tree);
                    $visit_arg(path, each);
                }
                Op::Copy(copy) => {
                    each(&$($mutable)? copy.into);
                    each(&$($mutable)? copy.source);
                    $visit_arg(&$($mutable)? copy.path, each);
                }
                Op::BuildContext { tree, .. } => each(tree),
                Op::Gather(gather) => {
                    let Gather { into, path, sources, owner, .. } = &$($mutable)? **gather;
                    each(into);
                    for source in sources {
                        each(&$($mutable)? source.tree);
                        $visit_arg(&$($mutable)? source.pattern, each);
                    }
                    $visit_arg(path, each);
                    if let Some(owner) = owner {
                        $visit_arg(owner, each);
                    }
                }
                Op::Write { into, path, text, .. } => {
                    each(into);
                    $visit_arg(path, each);
                    $visit_arg(text, each);
                }
                Op::Http { url, sha256, headers } => {
                    $visit_arg(url, each);
                    if let Some(sha256) = sha256 {
                        $visit_arg(sha256, each);
                    }
                    for header in headers {
                        each(&$($mutable)? header.secret);
                    }
                }
                Op::Checkout { url, reference, account, .. } => {
                    $visit_arg(url, each);
                    $visit_arg(reference, each);
                    if let Some(Account { username, password }) = account {
                        $visit_arg(username, each);
                        each(password);
                    }
                }
                Op::Contents { file } | Op::Unpack { file, .. } | Op::Archive { file, .. } => each(file),
                Op::Git { repo, query } => {
                    each(repo);
                    match query {
                        GitQuery::MergeBase(a, b) | GitQuery::Diff(a, b) => {
                            $visit_arg(a, each);
                            $visit_arg(b, each);
                        }
                        GitQuery::Log { limit, .. } => $visit_arg(limit, each),
                        _ => {}
                    }
                }
                Op::Inspect { of, what } => {
                    each(of);
                    if let Inspection::Glob(pattern) = what {
                        $visit_arg(pattern, each);
                    }
                }
                Op::Difference { from, to } => {
                    each(from);
                    each(to);
                }
                Op::Pack { tree, .. } => each(tree),
                Op::Assemble(assembly) => $visit_assembly(assembly, each),
                Op::Tarball { image } => each(image),
                Op::Apply { args, .. } => {
                    for arg in args {
                        $visit_arg(arg, each);
                    }
                }
                Op::Effect(effect) => {
                    match &$($mutable)? effect.act {
                        Act::Perform(exec) => $visit_exec(exec, each),
                        Act::Export { source, .. } | Act::Up { service: source, .. } => each(source),
                        Act::Sleep(arg) | Act::Approve(arg) | Act::Notify(arg) => $visit_arg(arg, each),
                        Act::Push { image, reference, auth } => {
                            each(image);
                            $visit_arg(reference, each);
                            if let Some(Account { username, password }) = auth {
                                $visit_arg(username, each);
                                each(password);
                            }
                        }
                        Act::Load { image, reference } => {
                            each(image);
                            $visit_arg(reference, each);
                        }
                        Act::Attach { image, media_type, file } => {
                            $visit_arg(image, each);
                            $visit_arg(media_type, each);
                            each(file);
                        }
                    }
                    for output in &$($mutable)? effect.after {
                        each(output);
                    }
                }
                Op::Settled { start, of, .. } => {
                    for output in start {
                        each(output);
                    }
                    for output in of {
                        each(output);
                    }
                }
                Op::After { of, after } => {
                    each(of);
                    for output in after {
                        each(output);
                    }
                }
                Op::Together { of: outputs }
                | Op::Index { images: outputs }
                | Op::Lane { after: outputs, .. }
                | Op::Declared { inputs: outputs, .. } => {
                    for output in outputs {
                        each(output);
                    }
                }
            }
        }

        fn $visit_exec(exec: &$($mutable)? Exec, each: &mut dyn FnMut(&$($mutable)? Output)) {
            let Exec { root, image, mounts, argv, env, stdin, services, secrets, .. } = exec;
            each(root);
            if let Some(image) = image {
                each(image);
            }
            for mount in mounts {
                if let Mounted::Tree(source) | Mounted::File(source) = &$($mutable)? mount.shown {
                    each(source);
                }
            }
            for arg in argv {
                $visit_arg(arg, each);
            }
            for (_, arg) in env {
                $visit_arg(arg, each);
            }
            if let Some(arg) = stdin {
                $visit_arg(arg, each);
            }
            for binding in services {
                each(&$($mutable)? binding.service);
            }
            for given in secrets {
                each(&$($mutable)? given.secret);
                if let SecretGiven::Login { username, .. } = &$($mutable)? given.given {
                    $visit_arg(username, each);
                }
            }
        }

        fn $visit_assembly(assembly: &$($mutable)? Assembly, each: &mut dyn FnMut(&$($mutable)? Output)) {
            let Assembly { root, base, env, workdir, entrypoint, command, labels, annotations, .. } = assembly;
            each(root);
            if let Some(base) = base {
                each(&$($mutable)? base.root);
                each(&$($mutable)? base.digests);
            }
            for map in [env, labels, annotations] {
                for (_, arg) in map {
                    $visit_arg(arg, each);
                }
            }
            for arg in [workdir, entrypoint, command].into_iter().flatten() {
                $visit_arg(arg, each);
            }
        }

        fn $visit_arg(arg: &$($mutable)? Arg, each: &mut dyn FnMut(&$($mutable)? Output)) {
            if let Arg::Output(output) = arg {
                each(output);
            }
        }
    };
}

visitor!(visit, visit_exec, visit_assembly, visit_arg);
visitor!(visit_mut, visit_exec_mut, visit_assembly_mut, visit_arg_mut, mut);

impl Op {
    /// The edges that lead into the op, in a fixed order. A [`Op::Guard`]'s slot means nothing, see there.
    pub fn inputs(&self) -> Vec<Output> {
        let mut inputs = Vec::new();
        visit(self, &mut |output| inputs.push(*output));
        inputs
    }

    /// Changes the edges that lead into the op.
    pub fn redirect(&mut self, mut to: impl FnMut(Output) -> Output) {
        visit_mut(self, &mut |output| *output = to(*output));
    }

    /// The command it runs, cached or not; a service's, and what a person gets at a breakpoint.
    pub fn command(&self) -> Option<&Exec> {
        match self {
            Op::Exec(exec) => Some(exec),
            Op::Service(service) => Some(&service.exec),
            Op::Breakpoint(breakpoint) => Some(&breakpoint.exec),
            Op::Effect(effect) => match &effect.act {
                Act::Perform(exec) => Some(exec),
                _ => None,
            },
            _ => None,
        }
    }
}

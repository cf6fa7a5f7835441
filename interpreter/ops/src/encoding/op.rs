//! The encoding of ops.

use std::collections::BTreeMap;

use super::Encoder;
use super::tag::OpTag;
use crate::{
    Account, Act, Arg, Assembly, Copy, Digest, Effect, Exec, Gather, GitQuery, HostDir, Inspection, Mount,
    Mounted, Network, NodeId, Op, OpDigest, Output, PackForm, SecretGiven, SecretUse, Service, Sharing, Slot,
};

/// The digest of an op's definition. `input` gives the digests of the nodes it names, all of which the graph has checked to exist.
pub(crate) fn digest_op(op: &Op, input: impl Fn(NodeId) -> Option<OpDigest>) -> OpDigest {
    let mut encoder = OpEncoder { encoder: Encoder::new("pipe.op"), input };
    encoder.op(op);
    OpDigest(encoder.encoder.finish())
}

/// What a command may have behind the fields that all have: each begins with a number of its own.
const EXEC_SERVICES: u8 = 0;
const EXEC_VOLATILE: u8 = 1;
const EXEC_SECRETS: u8 = 2;
const EXEC_PRIVILEGED: u8 = 3;

struct OpEncoder<F> {
    encoder: Encoder,
    input: F,
}

impl<F: Fn(NodeId) -> Option<OpDigest>> OpEncoder<F> {
    fn op(&mut self, op: &Op) {
        match op {
            Op::Empty => self.tag(OpTag::Empty),
            Op::Toolchain => self.tag(OpTag::Toolchain),
            Op::Image { reference, platform, fresh } => {
                self.tag(OpTag::Image);
                self.arg(reference);
                self.encoder.text(platform);
                self.encoder.optional(fresh.as_ref(), |encoder, fresh| encoder.i64(*fresh));
            }
            Op::Archive { file, platform } => {
                self.tag(OpTag::Archive);
                self.output(*file);
                self.encoder.text(platform);
            }
            Op::Http { url, sha256, headers } => {
                self.tag(OpTag::Http);
                self.arg(url);
                self.each(sha256.as_slice(), Self::arg);
                // Not of the first version, here and below: without any the bytes are what they were.
                for header in headers {
                    self.encoder.text(&header.name);
                    self.encoder.text(&header.prefix);
                    self.output(header.secret);
                }
            }
            Op::Checkout { url, reference, submodules, account } => {
                self.tag(OpTag::Checkout);
                self.arg(url);
                self.arg(reference);
                self.encoder.u8(u8::from(*submodules));
                if let Some(account) = account {
                    self.account(account);
                }
            }
            Op::HostDir(dir) => self.host_dir(dir),
            Op::HostFile { path } => {
                self.tag(OpTag::HostFile);
                self.encoder.text(path);
            }
            Op::HostEnv { name } => {
                self.tag(OpTag::HostEnv);
                self.encoder.text(name);
            }
            Op::HostSecret { source } => {
                self.tag(OpTag::HostSecret);
                self.encoder.text(source);
            }
            Op::RandomSecret { place } => {
                self.tag(OpTag::RandomSecret);
                self.encoder.text(place);
            }
            Op::FakeSecret { name } => {
                self.tag(OpTag::FakeSecret);
                self.encoder.text(name);
            }
            Op::Exec(exec) => self.exec(exec),
            Op::Service(service) => self.service(service),
            Op::Guard { exec, success } => self.guard(exec.node, success),
            Op::Subdir { tree, path } => self.at_path(OpTag::Subdir, *tree, path),
            Op::Subfile { tree, path } => self.at_path(OpTag::Subfile, *tree, path),
            Op::Copy(copy) => self.copy(copy),
            Op::BuildContext { tree, dockerfile } => {
                self.tag(OpTag::BuildContext);
                self.output(*tree);
                self.encoder.text(dockerfile);
            }
            Op::Gather(gather) => self.gather(gather),
            Op::Write { into, path, text, mode } => {
                self.at_path(OpTag::Write, *into, path);
                self.arg(text);
                self.encoder.u32(*mode);
            }
            Op::Remove { from, path } => self.at_path(OpTag::Remove, *from, path),
            Op::Contents { file } => {
                self.tag(OpTag::Contents);
                self.output(*file);
            }
            Op::Assemble(assembly) => self.assembly(assembly),
            Op::Index { images } => {
                self.tag(OpTag::Index);
                self.each(images, |this, image| this.output(*image));
            }
            Op::Tarball { image } => {
                self.tag(OpTag::Tarball);
                self.output(*image);
            }
            Op::Apply { function, args } => {
                self.tag(OpTag::Apply);
                self.encoder.text(function);
                self.each(args, Self::arg);
            }
            Op::Effect(effect) => self.effect(effect),
            Op::Settled { start, of, forgives } => {
                self.tag(OpTag::Settled);
                self.each(start, |this, output| this.output(*output));
                self.each(of, |this, output| this.output(*output));
                self.encoder.u8(u8::from(*forgives));
            }
            Op::Lane { after, index } => {
                self.tag(OpTag::Lane);
                self.each(after, |this, output| this.output(*output));
                self.encoder.u32(*index);
            }
            Op::After { of, after } => {
                self.tag(OpTag::After);
                self.output(*of);
                self.each(after, |this, output| this.output(*output));
            }
            Op::Together { of } => {
                self.tag(OpTag::Together);
                self.each(of, |this, output| this.output(*output));
            }
            Op::Declared { operation, inputs, args } => {
                self.tag(OpTag::Declared);
                self.encoder.text(operation);
                self.each(inputs, |this, input| this.output(*input));
                self.encoder.list(args, Encoder::datum);
            }
            Op::Repo { history, submodules } => {
                self.tag(OpTag::Repo);
                self.encoder.u8(u8::from(*history));
                if *submodules {
                    self.encoder.u8(1);
                }
            }
            Op::Git { repo, query } => self.git(*repo, query),
            Op::Inspect { of, what } => self.inspect(*of, what),
            Op::Difference { from, to } => {
                self.tag(OpTag::Difference);
                self.output(*from);
                self.output(*to);
            }
            Op::Pack { tree, form } => {
                self.tag(OpTag::Pack);
                self.output(*tree);
                self.encoder.u8(match form {
                    PackForm::Tar => 0,
                    PackForm::Zip => 1,
                    PackForm::Checksums => 2,
                });
            }
            Op::Unpack { file, root } => {
                self.tag(OpTag::Unpack);
                self.output(*file);
                self.encoder.u8(u8::from(*root));
            }
        }
    }

    fn tag(&mut self, tag: OpTag) {
        self.encoder.u8(tag as u8);
    }

    fn gather(&mut self, gather: &Gather) {
        self.tag(OpTag::Gather);
        self.output(gather.into);
        self.arg(&gather.path);
        self.encoder.u8(u8::from(gather.folder));
        self.each(&gather.sources, |this, source| {
            this.output(source.tree);
            this.arg(&source.pattern);
        });
        self.each(gather.owner.as_slice(), Self::arg);
        self.encoder.optional(gather.mode.as_ref(), |encoder, mode| encoder.u32(*mode));
        self.encoder.list(&gather.exclude, |encoder, pattern| encoder.text(pattern));
        self.encoder.u8(u8::from(gather.parents));
    }

    fn git(&mut self, repo: Output, query: &GitQuery) {
        self.tag(OpTag::Git);
        self.output(repo);
        match query {
            GitQuery::Tree => self.encoder.u8(0),
            GitQuery::Commit => self.encoder.u8(1),
            GitQuery::Branch => self.encoder.u8(2),
            GitQuery::Tags => self.encoder.u8(3),
            GitQuery::Describe => self.encoder.u8(4),
            GitQuery::Dirty => self.encoder.u8(5),
            GitQuery::Time => self.encoder.u8(6),
            GitQuery::MergeBase(a, b) => {
                self.encoder.u8(7);
                self.arg(a);
                self.arg(b);
            }
            GitQuery::Diff(a, b) => {
                self.encoder.u8(8);
                self.arg(a);
                self.arg(b);
            }
            GitQuery::TreeWithSubmodules => self.encoder.u8(10),
            GitQuery::Log { limit, record } => {
                self.encoder.u8(9);
                self.arg(limit);
                self.encoder.text(record);
            }
        }
    }

    fn inspect(&mut self, of: Output, what: &Inspection) {
        self.tag(OpTag::Inspect);
        self.output(of);
        match what {
            Inspection::Entries => self.encoder.u8(0),
            Inspection::Glob(pattern) => {
                self.encoder.u8(1);
                self.arg(pattern);
            }
            Inspection::Digest => self.encoder.u8(2),
            Inspection::Size => self.encoder.u8(3),
        }
    }

    fn effect(&mut self, effect: &Effect) {
        self.tag(OpTag::Effect);
        self.encoder.text(&effect.name);
        self.each(&effect.after, |this, output| this.output(*output));
        self.encoder.u8(u8::from(effect.cleanup));
        match &effect.act {
            Act::Perform(exec) => {
                self.encoder.u8(0);
                self.exec(exec);
            }
            Act::Export { source, is_file, path } => {
                self.encoder.u8(1);
                self.output(*source);
                self.encoder.u8(u8::from(*is_file));
                self.encoder.text(path);
            }
            Act::Sleep(duration) => self.told(2, duration),
            Act::Approve(question) => self.told(3, question),
            Act::Notify(message) => self.told(4, message),
            Act::Up { service, ports } => {
                self.encoder.u8(5);
                self.output(*service);
                self.encoder.list(ports, |encoder, (host, port)| {
                    encoder.u32(u32::from(*host));
                    encoder.u32(u32::from(*port));
                });
            }
            Act::Push { image, reference, auth } => {
                self.told(6, reference);
                self.output(*image);
                self.encoder.u8(u8::from(auth.is_some()));
                if let Some(account) = auth {
                    self.account(account);
                }
            }
            Act::Load { image, reference } => {
                self.told(7, reference);
                self.output(*image);
            }
            Act::Attach { image, media_type, file } => {
                self.told(8, image);
                self.arg(media_type);
                self.output(*file);
            }
        }
    }

    fn account(&mut self, Account { username, password }: &Account) {
        self.arg(username);
        self.output(*password);
    }

    fn assembly(&mut self, assembly: &Assembly) {
        self.tag(OpTag::Assemble);
        self.output(assembly.root);
        self.encoder.u8(u8::from(assembly.base.is_some()));
        if let Some(base) = &assembly.base {
            self.output(base.root);
            self.output(base.digests);
        }
        self.encoder.text(&assembly.platform);
        self.encoder.u8(u8::from(assembly.whole));
        self.named(&assembly.env);
        self.encoder.list(&assembly.unset_env, |encoder, name| encoder.text(name));
        self.each(assembly.workdir.as_slice(), Self::arg);
        self.encoder.optional(assembly.user.as_ref(), |encoder, user| encoder.text(user));
        self.each(assembly.entrypoint.as_slice(), Self::arg);
        self.each(assembly.command.as_slice(), Self::arg);
        self.named(&assembly.labels);
        self.named(&assembly.annotations);
        self.encoder.list(&assembly.ports, |encoder, port| encoder.text(port));
        self.encoder.optional(assembly.shell.as_ref(), |encoder, shell| {
            encoder.list(shell, |encoder, word| encoder.text(word));
        });
    }

    /// A `BTreeMap` is sorted: the order in which things were set does not count.
    fn named(&mut self, values: &BTreeMap<String, Arg>) {
        self.encoder.u64(values.len() as u64);
        for (name, value) in values {
            self.encoder.text(name);
            self.arg(value);
        }
    }

    fn told(&mut self, tag: u8, arg: &Arg) {
        self.encoder.u8(tag);
        self.arg(arg);
    }

    fn host_dir(&mut self, dir: &HostDir) {
        self.tag(OpTag::HostDir);
        self.encoder.text(&dir.path);
        self.encoder.list(&dir.include, |encoder, glob| encoder.text(glob));
        self.encoder.list(&dir.exclude, |encoder, glob| encoder.text(glob));
    }

    fn exec(&mut self, exec: &Exec) {
        self.tag(OpTag::Exec);
        self.output(exec.root);
        self.each(&exec.mounts, Self::mount);
        self.each(&exec.argv, Self::arg);
        self.named(&exec.env);
        self.encoder.u8(u8::from(exec.image.is_some()));
        if let Some(image) = exec.image {
            self.output(image);
        }
        self.encoder.list(&exec.unset_env, |encoder, name| encoder.text(name));
        self.encoder.text(&exec.workdir);
        self.encoder.optional(exec.user.as_ref(), |encoder, user| encoder.text(user));
        self.encoder.text(&exec.platform);
        self.encoder.u8(match exec.network {
            Network::Off => 0,
            Network::Outbound => 1,
            Network::Host => 2,
        });
        self.encoder.u8(u8::from(exec.stdin.is_some()));
        if let Some(stdin) = &exec.stdin {
            self.arg(stdin);
        }
        // Not of the first version: a command without any keeps its bytes.
        if !exec.services.is_empty() {
            self.encoder.u8(EXEC_SERVICES);
            self.each(&exec.services, |this, binding| {
                this.encoder.text(&binding.alias);
                this.output(binding.service);
                this.encoder.u8(u8::from(binding.localhost));
            });
        }
        if !exec.volatile_env.is_empty() {
            self.encoder.u8(EXEC_VOLATILE);
            self.encoder.list(&exec.volatile_env, |encoder, name| encoder.text(name));
        }
        self.confidential(exec);
        if exec.privileged {
            self.encoder.u8(EXEC_PRIVILEGED);
        }
    }

    fn service(&mut self, service: &Service) {
        self.tag(OpTag::Service);
        self.encoder.u8(u8::from(service.ready.is_some()));
        if let Some(ready) = &service.ready {
            self.each(&ready.argv, Self::arg);
            self.encoder.u64(ready.env.len() as u64);
            for (name, value) in &ready.env {
                self.encoder.text(name);
                self.arg(value);
            }
        }
        self.encoder.list(&service.ports, |encoder, port| encoder.u32(u32::from(*port)));
        self.encoder.u8(u8::from(service.shared));
        self.exec(&service.exec);
    }

    /// A command that is given nothing of the kind keeps the bytes it always had.
    fn confidential(&mut self, exec: &Exec) {
        if exec.secrets.is_empty() && !exec.ssh_agent && exec.allow_secret_in.is_empty() {
            return;
        }
        self.encoder.u8(EXEC_SECRETS);
        self.each(&exec.secrets, Self::secret_use);
        self.encoder.u8(u8::from(exec.ssh_agent));
        self.encoder.list(&exec.allow_secret_in, |encoder, path| encoder.text(path));
    }

    fn secret_use(&mut self, given: &SecretUse) {
        self.output(given.secret);
        self.encoder.u8(u8::from(given.by_name));
        match &given.given {
            SecretGiven::Env(name) => {
                self.encoder.u8(0);
                self.encoder.text(name);
            }
            SecretGiven::File { path, mode, owner } => {
                self.encoder.u8(1);
                self.encoder.text(path);
                self.encoder.u32(*mode);
                self.encoder.optional(owner.as_ref(), |encoder, owner| encoder.text(owner));
            }
            SecretGiven::Login { registry, username } => {
                self.encoder.u8(2);
                self.encoder.text(registry);
                self.arg(username);
            }
        }
    }

    fn mount(&mut self, mount: &Mount) {
        self.encoder.text(&mount.path);
        match &mount.shown {
            Mounted::Tree(source) => self.shown(*source, 0),
            Mounted::File(source) => self.shown(*source, 1),
            Mounted::Cache(volume) => {
                match &volume.group {
                    None => self.no_source(2),
                    Some(group) => {
                        self.no_source(4);
                        self.encoder.text(group);
                    }
                }
                self.encoder.text(&volume.name);
                self.encoder.u8(match volume.sharing {
                    Sharing::Shared => 0,
                    Sharing::Locked => 1,
                    Sharing::Private => 2,
                });
            }
            Mounted::Tmpfs { size } => {
                self.no_source(3);
                self.encoder.optional(size.as_ref(), |encoder, size| encoder.u64(*size));
            }
        }
    }

    fn shown(&mut self, source: Output, kind: u8) {
        self.output(source);
        self.encoder.u8(kind);
    }

    /// What is no view of anything has a digest that no node has in the edge's place, so that trees and files keep their bytes.
    fn no_source(&mut self, kind: u8) {
        self.encoder.digest(Digest([0; 32]));
        self.encoder.u8(0);
        self.encoder.u8(kind);
    }

    fn guard(&mut self, exec: NodeId, success: &[i32]) {
        self.tag(OpTag::Guard);
        self.node(exec);
        self.encoder.list(success, |encoder, code| encoder.i32(*code));
    }

    fn copy(&mut self, copy: &Copy) {
        self.at_path(OpTag::Copy, copy.into, &copy.path);
        self.output(copy.source);
        self.encoder.u8(u8::from(copy.is_file));
        self.encoder.optional(copy.owner.as_ref(), |encoder, owner| encoder.text(owner));
        self.encoder.optional(copy.mode.as_ref(), |encoder, mode| encoder.u32(*mode));
        self.encoder.list(&copy.include, |encoder, glob| encoder.text(glob));
        self.encoder.list(&copy.exclude, |encoder, glob| encoder.text(glob));
    }

    fn at_path(&mut self, tag: OpTag, tree: Output, path: &Arg) {
        self.tag(tag);
        self.output(tree);
        self.arg(path);
    }

    fn arg(&mut self, arg: &Arg) {
        match arg {
            Arg::Const(datum) => {
                self.encoder.u8(0);
                self.encoder.datum(datum);
            }
            Arg::Output(output) => {
                self.encoder.u8(1);
                self.output(*output);
            }
        }
    }

    fn output(&mut self, output: Output) {
        self.node(output.node);
        match output.slot {
            Slot::Main => self.encoder.u8(0),
            Slot::Root => self.encoder.u8(1),
            Slot::Mount(index) => {
                self.encoder.u8(2);
                self.encoder.u32(index);
            }
            Slot::Stdout => self.encoder.u8(3),
            Slot::Stderr => self.encoder.u8(4),
            Slot::ExitCode => self.encoder.u8(5),
            Slot::Config => self.encoder.u8(32),
            Slot::Digests => self.encoder.u8(33),
        }
    }

    fn node(&mut self, id: NodeId) {
        self.encoder.digest((self.input)(id).map_or(Digest([0; 32]), |digest| digest.0));
    }

    fn each<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.encoder.u64(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }
}

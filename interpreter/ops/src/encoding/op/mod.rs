//! The encoding of ops.

mod effect;
mod exec;
mod image;
mod tree;

use std::collections::BTreeMap;

use super::Encoder;
use super::tag::OpTag;
use crate::{Account, Arg, Digest, NodeId, Op, OpDigest, Output, PackForm, Slot};

/// The digest of an op's definition. `input` gives the digests of the nodes it names, all of which the graph has checked to exist.
pub(crate) fn digest_op(op: &Op, input: impl Fn(NodeId) -> Option<OpDigest>) -> OpDigest {
    let mut encoder = OpEncoder { encoder: Encoder::new("pipe.op"), input };
    encoder.op(op);
    OpDigest(encoder.encoder.finish())
}

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
            Op::Breakpoint(breakpoint) => self.breakpoint(breakpoint),
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

    fn account(&mut self, Account { username, password }: &Account) {
        self.arg(username);
        self.output(*password);
    }

    /// A `BTreeMap` is sorted: the order in which things were set does not count.
    fn named(&mut self, values: &BTreeMap<String, Arg>) {
        self.pairs(values.len(), values.iter().map(|(name, value)| (name.as_str(), value)));
    }

    fn pairs<'v>(&mut self, count: usize, pairs: impl Iterator<Item = (&'v str, &'v Arg)>) {
        self.encoder.u64(count as u64);
        for (name, value) in pairs {
            self.encoder.text(name);
            self.arg(value);
        }
    }

    fn guard(&mut self, exec: NodeId, success: &[i32]) {
        self.tag(OpTag::Guard);
        self.node(exec);
        self.encoder.list(success, |encoder, code| encoder.i32(*code));
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

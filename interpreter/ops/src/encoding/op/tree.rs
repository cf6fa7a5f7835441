//! The encoding of what is made of trees, files and repositories, and asked of them.

use super::OpEncoder;
use crate::encoding::tag::OpTag;
use crate::{Arg, Copy, Gather, GitQuery, HostDir, Inspection, NodeId, OpDigest, Output};

impl<F: Fn(NodeId) -> Option<OpDigest>> OpEncoder<F> {
    pub(super) fn host_dir(&mut self, dir: &HostDir) {
        self.tag(OpTag::HostDir);
        self.encoder.text(&dir.path);
        self.encoder.list(&dir.include, |encoder, glob| encoder.text(glob));
        self.encoder.list(&dir.exclude, |encoder, glob| encoder.text(glob));
    }

    pub(super) fn copy(&mut self, copy: &Copy) {
        self.at_path(OpTag::Copy, copy.into, &copy.path);
        self.output(copy.source);
        self.encoder.u8(u8::from(copy.is_file));
        self.encoder.optional(copy.owner.as_ref(), |encoder, owner| encoder.text(owner));
        self.encoder.optional(copy.mode.as_ref(), |encoder, mode| encoder.u32(*mode));
        self.encoder.list(&copy.include, |encoder, glob| encoder.text(glob));
        self.encoder.list(&copy.exclude, |encoder, glob| encoder.text(glob));
    }

    pub(super) fn gather(&mut self, gather: &Gather) {
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

    pub(super) fn inspect(&mut self, of: Output, what: &Inspection) {
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

    pub(super) fn git(&mut self, repo: Output, query: &GitQuery) {
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

    pub(super) fn at_path(&mut self, tag: OpTag, tree: Output, path: &Arg) {
        self.tag(tag);
        self.output(tree);
        self.arg(path);
    }
}

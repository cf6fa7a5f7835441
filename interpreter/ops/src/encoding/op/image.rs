//! The encoding of images that are made.

use super::OpEncoder;
use crate::encoding::tag::OpTag;
use crate::{Assembly, NodeId, OpDigest};

impl<F: Fn(NodeId) -> Option<OpDigest>> OpEncoder<F> {
    pub(super) fn assembly(&mut self, assembly: &Assembly) {
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
}

//! The encoding of what is done to the world.

use super::OpEncoder;
use crate::encoding::tag::OpTag;
use crate::{Act, Arg, Effect, NodeId, OpDigest};

impl<F: Fn(NodeId) -> Option<OpDigest>> OpEncoder<F> {
    pub(super) fn effect(&mut self, effect: &Effect) {
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

    fn told(&mut self, tag: u8, arg: &Arg) {
        self.encoder.u8(tag);
        self.arg(arg);
    }
}

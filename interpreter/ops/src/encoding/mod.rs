//! The byte encoding that digests are taken of.
//!
//! **Version 1.** A digest is SHA-256 over: a domain (`pipe.op` for definitions, `pipe.key` for keys) as a text, the version as a
//! `u8`, then the value. All of it is prefix-free, so two different values never have the same bytes:
//!
//! | what | bytes |
//! |---|---|
//! | `u8 u32 u64 i32 i64` | fixed width, little endian |
//! | text, bytes | length as `u64`, then the bytes |
//! | list, map | count as `u64`, then the elements, of a map key before value |
//! | optional | `0`, or `1` and the value |
//! | enum | its tag as a `u8`, then its fields in the order of their declaration |
//! | an edge | the [`OpDigest`](crate::OpDigest) of its node (32 bytes), then the slot |
//!
//! Tags of ops stand in `tag.rs`, the others beside each variant; none is ever reused. Whatever changes the bytes of an op that exists raises the
//! version, which makes every old result unreachable.

mod datum;
mod op;
mod tag;

use sha2::{Digest as _, Sha256};

use crate::Digest;

pub(crate) use op::digest_op;

/// The version of the encoding.
const VERSION: u8 = 1;

/// Feeds the encoding to the hash.
pub(crate) struct Encoder {
    hash: Sha256,
}

impl Encoder {
    /// An encoder for one kind of digest.
    pub(crate) fn new(domain: &str) -> Encoder {
        let mut encoder = Encoder { hash: Sha256::new() };
        encoder.text(domain);
        encoder.u8(VERSION);
        encoder
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.hash.update([value]);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.hash.update(value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.hash.update(value.to_le_bytes());
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.hash.update(value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.hash.update(value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.u64(value.len() as u64);
        self.hash.update(value.as_bytes());
    }

    pub(crate) fn digest(&mut self, value: Digest) {
        self.hash.update(value.0);
    }

    pub(crate) fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Encoder, &T)) {
        self.u64(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }

    pub(crate) fn optional<T>(&mut self, value: Option<&T>, some: impl FnOnce(&mut Encoder, &T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            some(self, value);
        }
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.hash.finalize().into())
    }
}

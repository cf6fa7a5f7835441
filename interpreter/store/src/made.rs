//! Files that the engine itself makes.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use pipe_ops::{BlobDigest, Digest};
use sha2::{Digest as _, Sha256};

use crate::plan::{PlanBuilder, Planned};
use crate::{FileContent, FileRef, Meta, Store, StoreError, WritePoint};

/// The name of a made file in the tree that holds it.
const NAME: &[u8] = b"file";

impl Store {
    /// A file with what `write` writes, kept with a tree of its own. It may be large: nothing holds it in memory.
    ///
    /// # Errors
    /// What `write` gives, or when it cannot be kept.
    pub fn make_file<E: From<StoreError>>(
        &self,
        mode: u32,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<FileRef, E> {
        let staged = self.staged()?;
        let failed = |error| StoreError::io("write", &staged, error);
        let file = self.disk().create_new(&staged).map_err(failed)?;
        let mut hashed =
            Hashed { file: BufWriter::with_capacity(128 << 10, file), hash: Sha256::new(), size: 0 };
        write(&mut hashed).inspect_err(|_| drop(std::fs::remove_file(&staged)))?;
        hashed.flush().map_err(failed)?;
        self.disk().before(WritePoint::Filled(&staged)).map_err(failed)?;
        let Hashed { hash, size, .. } = hashed;
        let digest = BlobDigest(Digest(hash.finalize().into()));
        let content = FileContent::Staged(self.relative(&staged).to_path_buf());
        let meta = Meta::plain(mode);
        let mut plan = PlanBuilder::new(Meta::plain(0o755));
        plan.put(0, NAME, Planned::File { digest, size, meta, link: None, content });
        let tree = self.record_plan(&self.empty_tree(), &plan.finish())?;
        // Another tree with the same content may have been found instead.
        let _ = std::fs::remove_file(&staged);
        Ok(self.subfile(&tree, "file")?)
    }
}

/// Digests what goes through.
struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
    size: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

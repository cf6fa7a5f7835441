//! One gzip member (RFC 1952) that is compressed by several processors.
//!
//! What is written is cut into blocks of one length. Each is compressed for itself, so that any number of threads may do it at
//! once, and ends at a whole byte (an empty stored block: RFC 1951, section 3.2.4). One after another they are one stream of
//! DEFLATE, which every reader of gzip can read; their checksums are combined. How many threads there were cannot be seen in it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, available_parallelism};

use flate2::{Compress, Compression, Crc, FlushCompress};

// What the same bytes were compressed to before must come out again, so none of these is ever changed.

/// Bytes of a block.
const BLOCK: usize = 1 << 20;
/// How much is searched for repetitions.
const LEVEL: Compression = Compression::new(6);
/// Bytes of each of the samples that tell whether a block is worth the search.
const SAMPLE: usize = 16 << 10;
/// Method DEFLATE, no flags, no time, no hint, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// An empty block that says that it is the last one.
const LAST: [u8; 2] = [3, 0];

/// Most threads that compress. Each holds up to four blocks.
const MOST_THREADS: usize = 8;

/// Compresses what is written to it. Nothing is complete before [`finish`](Self::finish).
pub(super) struct Gzip<W> {
    to: W,
    begun: bool,
    held: Vec<u8>,
    crc: Crc,
    waiting: VecDeque<Receiver<io::Result<Block>>>,
    threads: Threads,
}

/// A block that is compressed.
struct Block {
    bytes: Vec<u8>,
    crc: Crc,
}

impl<W: Write> Gzip<W> {
    /// Compresses with as many threads as there are processors.
    pub(super) fn new(to: W) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::with_threads(to, processors.min(MOST_THREADS))
    }

    /// Compresses with a number of threads; with none in the thread that writes.
    fn with_threads(to: W, threads: usize) -> Self {
        let threads = Threads { wanted: threads, running: Vec::new(), jobs: None };
        Self { to, begun: false, held: Vec::new(), crc: Crc::new(), waiting: VecDeque::new(), threads }
    }

    /// Writes what is left, and the end.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.held);
        while let Some(next) = self.waiting.pop_front() {
            self.pass_on(&next)?;
        }
        if !rest.is_empty() || !self.begun {
            let block = compressed(&rest)?;
            self.write_block(&block)?;
        }
        self.to.write_all(&LAST)?;
        self.to.write_all(&self.crc.sum().to_le_bytes())?;
        self.to.write_all(&self.crc.amount().to_le_bytes())
    }

    /// Gives a whole block to the threads. At most two for each are on their way.
    fn compress(&mut self) -> io::Result<()> {
        let block = std::mem::replace(&mut self.held, Vec::with_capacity(BLOCK));
        if self.waiting.len() >= self.threads.wanted.max(1) * 2
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.pass_on(&oldest)?;
        }
        let (answer, waiting) = sync_channel(1);
        self.waiting.push_back(waiting);
        self.threads.give(Job { block, answer });
        Ok(())
    }

    fn pass_on(&mut self, block: &Receiver<io::Result<Block>>) -> io::Result<()> {
        let block = block.recv().map_err(|_| io::Error::other("a thread that compresses has ended"))??;
        self.write_block(&block)
    }

    fn write_block(&mut self, block: &Block) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.to.write_all(&HEADER)?;
        }
        self.crc.combine(&block.crc);
        self.to.write_all(&block.bytes)
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(BLOCK - self.held.len());
        self.held.extend(bytes.get(..count).unwrap_or_default());
        if self.held.len() == BLOCK {
            self.compress()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A block, and who waits for it.
struct Job {
    block: Vec<u8>,
    answer: SyncSender<io::Result<Block>>,
}

impl Job {
    fn run(self) {
        // Who waited for it may have failed meanwhile.
        let _ = self.answer.send(compressed(&self.block));
    }
}

/// Threads that compress: none before the first whole block, for most layers are smaller.
struct Threads {
    wanted: usize,
    running: Vec<JoinHandle<()>>,
    jobs: Option<Sender<Job>>,
}

impl Threads {
    fn give(&mut self, job: Job) {
        if self.running.is_empty() {
            self.start();
        }
        match &self.jobs {
            Some(jobs) if !self.running.is_empty() => {
                if let Err(unsent) = jobs.send(job) {
                    unsent.0.run();
                }
            }
            // No thread could be started, so it is done here.
            _ => job.run(),
        }
    }

    fn start(&mut self) {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..self.wanted {
            let queue = Arc::clone(&queue);
            let thread = Builder::new().name("compress".to_owned()).spawn(move || {
                while let Some(job) = next(&queue) {
                    job.run();
                }
            });
            self.running.extend(thread);
        }
        self.jobs = Some(jobs);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.running.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Waits for the next job. `None` when no more will come.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn compressed(block: &[u8]) -> io::Result<Block> {
    let mut crc = Crc::new();
    crc.update(block);
    let level = if is_worth_it(block)? { LEVEL } else { Compression::none() };
    Ok(Block { bytes: deflated(block, level)?, crc })
}

/// Whether a block gets smaller by a thirty-second at least, by samples of its beginning, its middle and its end: what is
/// compressed or encrypted already does not, and searching it takes thirty times as long as writing it down.
fn is_worth_it(block: &[u8]) -> io::Result<bool> {
    if block.len() < 4 * SAMPLE {
        return Ok(true);
    }
    for from in [0, block.len() / 2, block.len() - SAMPLE] {
        let sample = block.get(from..from + SAMPLE).unwrap_or_default();
        if deflated(sample, Compression::fast())?.len() <= SAMPLE - SAMPLE / 32 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One or more blocks of DEFLATE that end at a whole byte, none of them the last one.
fn deflated(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut compress = Compress::new(level, false);
    let mut out = Vec::with_capacity(bytes.len() / 2 + 1024);
    loop {
        let read = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(read..).unwrap_or_default();
        compress.compress_vec(rest, &mut out, FlushCompress::Sync)?;
        let done = usize::try_from(compress.total_in()).is_ok_and(|read| read == bytes.len());
        // Only when there is room left was everything written.
        if done && out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(out.capacity());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8], threads: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut gzip = Gzip::with_threads(&mut out, threads);
        for piece in bytes.chunks(70_000) {
            gzip.write_all(piece).unwrap();
        }
        gzip.finish().unwrap();
        out
    }

    /// A reader that stops at the end of the first member, and says what is behind it.
    fn read_back(bytes: &[u8]) -> Vec<u8> {
        let mut reader = GzDecoder::new(bytes);
        let mut back = Vec::new();
        reader.read_to_end(&mut back).unwrap();
        assert!(reader.into_inner().is_empty(), "one member and nothing behind it");
        back
    }

    /// Bytes that no compressor makes smaller (xorshift, Marsaglia 2003).
    fn noise(count: usize, seed: u64) -> Vec<u8> {
        let mut state = seed | 1;
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend(state.to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }

    #[test]
    fn any_number_of_threads_makes_the_same() {
        let mut bytes = b"what is said again and again ".repeat(100_000);
        bytes.extend(noise(3 * BLOCK + 17, 7));
        let alone = packed(&bytes, 0);
        for threads in [1, 2, 8] {
            assert!(packed(&bytes, threads) == alone, "{threads} threads");
        }
        assert!(read_back(&alone) == bytes);
    }

    /// Levels, blocks and the rule for noise are what digests of images rest on.
    #[test]
    fn what_comes_out_is_always_the_same() {
        let mut bytes = b"what is said again and again ".repeat(100_000);
        bytes.extend(noise(2 * BLOCK, 7));
        let digest = pipe_ops::BlobDigest::of(&packed(&bytes, 2));
        assert_eq!(digest.0.to_string(), "2d7882f70839090605c20f20710d87c79da7bb288bae6956b9f161f5341ed084");
    }

    #[test]
    fn gzip_itself_reads_it() {
        let mut bytes = b"what is said again and again ".repeat(100_000);
        bytes.extend(noise(BLOCK + 1, 7));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), packed(&bytes, 2)).unwrap();
        let input = std::fs::File::open(file.path()).unwrap();
        let read = std::process::Command::new("gzip").arg("-dc").stdin(input).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        assert!(read.stdout == bytes);
    }

    #[test]
    fn the_ends_of_blocks() {
        for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK] {
            for bytes in [noise(count, 3), vec![b'a'; count]] {
                assert!(read_back(&packed(&bytes, 2)) == bytes, "{count} bytes");
            }
        }
    }

    #[test]
    fn noise_is_written_down_and_text_is_compressed() {
        let bytes = noise(2 * BLOCK, 5);
        let out = packed(&bytes, 2);
        assert!(out.len() < bytes.len() + bytes.len() / 1000, "{}", out.len());
        let mut mixed = noise(BLOCK, 9);
        mixed.get_mut(BLOCK / 2..).unwrap().fill(b'x');
        assert!(packed(&mixed, 2).len() < BLOCK * 6 / 10, "half of a block is worth it");
    }

    #[test]
    fn an_error_of_what_it_writes_to_comes_out() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut gzip = Gzip::with_threads(Full, 2);
        let outcome = (0..40).try_for_each(|_| gzip.write_all(&vec![0; BLOCK])).and_then(|()| gzip.finish());
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_read_back_is_what_was_written(
            parts in prop::collection::vec((any::<u64>(), 0..BLOCK, any::<bool>()), 0..4),
            threads in 0_usize..4,
        ) {
            let bytes: Vec<u8> = parts
                .iter()
                .flat_map(|&(seed, count, random)| {
                    if random { noise(count, seed) } else { seed.to_string().into_bytes().repeat(count / 20) }
                })
                .collect();
            prop_assert!(read_back(&packed(&bytes, threads)) == bytes);
        }
    }
}

//! Secrets in what a step leaves: found as they are and in the forms in which programs write them.

use std::io::{self, Read};

use aho_corasick::{AhoCorasick, MatchKind};
use zeroize::Zeroizing;

use super::{RedactError, forms};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// Looks for secrets in bytes. Not in compressed or encrypted ones.
pub struct LeakScan {
    automaton: AhoCorasick,
    /// By pattern, the secret's place in the list.
    secrets: Vec<usize>,
    longest: usize,
}

impl LeakScan {
    /// For these secrets. One that is too short to be told from other bytes is not looked for.
    ///
    /// # Errors
    /// When all together are too large.
    pub fn new<S: AsRef<[u8]>>(all: &[S]) -> Result<LeakScan, RedactError> {
        let (mut patterns, mut secrets) = (Zeroizing::new(Vec::new()), Vec::new());
        for (index, secret) in all.iter().enumerate() {
            let forms = forms::telling(secret.as_ref());
            secrets.extend(std::iter::repeat_n(index, forms.len()));
            patterns.extend(forms);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(patterns.iter())
            .map_err(|error| RedactError::TooLarge(error.to_string()))?;
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        Ok(LeakScan { automaton, secrets, longest })
    }

    /// The place in the list of the first secret that is in these bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let found = self.automaton.find(bytes)?;
        self.secrets.get(found.pattern().as_usize()).copied()
    }

    /// As [`LeakScan::find`], of all that can be read; so much memory as a secret is long and a chunk more, however much that is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn find_in(&self, mut reader: impl Read) -> io::Result<Option<usize>> {
        let overlap = self.longest.saturating_sub(1);
        let mut buffer = Zeroizing::new(vec![0; CHUNK + overlap]);
        let mut kept = 0;
        loop {
            let room = buffer.get_mut(kept..).unwrap_or_default();
            let read = match reader.read(room) {
                Ok(0) => return Ok(None),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let filled = kept + read;
            let found = self.find(buffer.get(..filled).unwrap_or_default());
            if found.is_some() {
                return Ok(found);
            }
            kept = overlap.min(filled);
            buffer.copy_within(filled - kept..filled, 0);
        }
    }
}

impl std::fmt::Debug for LeakScan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeakScan").field("patterns", &self.secrets.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Gives at most so many bytes at once.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(self.0.len()).min(buffer.len());
            buffer[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    #[test]
    fn files_of_programs_are_seen_through() {
        let scan = LeakScan::new(&["other-secret", "npm_0123456789"]).unwrap();
        assert_eq!(scan.find(b"//registry.npmjs.org/:_authToken=npm_0123456789\n"), Some(1));
        // `printf user:npm_0123456789 | base64`, as Docker keeps it.
        assert_eq!(scan.find(br#"{"auth": "dXNlcjpucG1fMDEyMzQ1Njc4OQ=="}"#), Some(1));
        assert_eq!(scan.find(b"npm_012345678"), None);
        assert_eq!(LeakScan::new::<&str>(&[]).unwrap().find(b"anything"), None);
    }

    #[test]
    fn of_a_key_its_lines_tell_and_not_what_every_key_has() {
        let line = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQ";
        let key = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{line}\n-----END OPENSSH PRIVATE KEY-----\n");
        let scan = LeakScan::new(&[&key]).unwrap();
        assert_eq!(scan.find(format!("key: |\n    {line}\n").as_bytes()), Some(0));
        assert_eq!(scan.find(b"grep -- '-----BEGIN OPENSSH PRIVATE KEY-----' *"), None);
        let account = "{\n  \"type\": \"service_account\",\n  \"private_key_id\": \"0123456789abcdef0123456789abcdef01234567\"\n}\n";
        let scan = LeakScan::new(&[account]).unwrap();
        assert_eq!(scan.find(b"  \"type\": \"service_account\","), None);
        assert_eq!(scan.find(account.as_bytes()), Some(0));
    }

    #[test]
    fn a_large_file_is_read_in_parts() {
        let scan = LeakScan::new(&["hunter2-hunter2"]).unwrap();
        for before in [CHUNK - 20, CHUNK - 7, CHUNK, CHUNK + 9, 3 * CHUNK - 1] {
            let mut bytes = vec![b'x'; before];
            bytes.extend(b"hunter2-hunter2");
            assert_eq!(scan.find_in(&bytes[..]).unwrap(), Some(0), "{before}");
            bytes.pop();
            assert_eq!(scan.find_in(&bytes[..]).unwrap(), None, "{before}");
        }
    }

    proptest! {
        /// However a file is read, every form is found, wherever it stands.
        #[test]
        fn every_form_is_found(
            secret in prop::collection::vec(any::<u8>(), 6..60),
            before in prop::collection::vec(any::<u8>(), 0..100),
            piece in 1usize..20,
        ) {
            let scan = LeakScan::new(&[&secret]).unwrap();
            for form in forms::telling(&secret) {
                let bytes = [before.as_slice(), &form, b"after"].concat();
                prop_assert_eq!(scan.find_in(Pieces(&bytes, piece)).unwrap(), Some(0));
            }
        }
    }
}

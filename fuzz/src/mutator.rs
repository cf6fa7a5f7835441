//! Changes to programs, word by word: bytes that change at random seldom leave a program that the checker has much to say to.

use std::path::Path;
use std::sync::OnceLock;

use pipe_syntax::testing::{TokenPlace, program, token_places};

/// Changes the text in `data[..size]`, which has room for `max_size` bytes; gives its new size. Sometimes, and what is no text always, it is
/// changed by `bytes` instead.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    bytes: impl FnOnce(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mut random = Random(u64::from(seed) << 1 | 1);
    let text = data.get(..size).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let Some(text) = text.filter(|_| random.below(4) > 0) else {
        return bytes(data, size, max_size);
    };
    let changed = if random.below(200) == 0 { program(seed.into()) } else { changed(text, &mut random) };
    let mut end = changed.len().min(max_size).min(data.len());
    while !changed.is_char_boundary(end) {
        end -= 1;
    }
    data[..end].copy_from_slice(&changed.as_bytes()[..end]);
    end
}

fn changed(text: &str, random: &mut Random) -> String {
    let mut words = words(text);
    let known = vocabulary();
    for _ in 0..=random.below(3) {
        let at = random.below(words.len() + 1);
        let some = 1 + random.below(6);
        match random.below(6) {
            0 => drop(words.drain(at..(at + some).min(words.len()))),
            1 => {
                let from = random.below(words.len() + 1);
                let copied = words[from..(from + some).min(words.len())].to_vec();
                words.splice(at..at, copied);
            }
            2 if at < words.len() => {
                let other = random.below(words.len());
                words.swap(at, other);
            }
            3 if at < words.len() => words[at] = &known[random.below(known.len())],
            _ => {
                let from = random.below(known.len());
                let piece = known[from..(from + some * 2).min(known.len())].iter().map(String::as_str);
                words.splice(at..at, piece);
            }
        }
    }
    words.concat()
}

/// Tokens, and what stands between them.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut end = 0;
    for TokenPlace { start, end: next } in token_places(text) {
        words.extend([&text[end..start], &text[start..next]]);
        end = next;
    }
    words.push(&text[end..]);
    words.retain(|word| !word.is_empty());
    words
}

/// Words of the standard library and of programs, in their order there.
fn vocabulary() -> &'static [String] {
    static WORDS: OnceLock<Vec<String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut texts: Vec<String> =
            pipe_stdlib::MODULES.iter().map(|module| module.text.to_owned()).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lang/syntax/tests/programs");
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = files.map(|file| file.path()).collect();
        files.sort();
        texts.extend(files.iter().filter_map(|file| std::fs::read_to_string(file).ok()));
        texts.iter().flat_map(|text| words(text)).map(str::to_owned).collect()
    })
}

/// Numbers from a seed: xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
struct Random(u64);

impl Random {
    /// A number below `limit`, or 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        if limit == 0 { 0 } else { number as usize % limit }
    }
}

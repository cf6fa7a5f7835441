//! Documents of images: OCI layouts and what `docker save` writes.

use pipe_registry::{Cancel, ErrorKind, Images, Settings};
use sha2::{Digest, Sha256};

use crate::scratch::{LIMITS, with_store};

/// The files of an image, in the order in which the bytes give their contents.
const FILES: &[&str] = &["index.json", "manifest.json", "config.json"];

/// Any documents in a well-formed archive give an image or an error about the image. Documents stand behind each other, with
/// a zero byte between them; `@2` and `~2` in one are the digest and the size of the second, if that stands behind it.
pub fn run(data: &[u8]) {
    let documents = documents(data);
    let mut archive = tar::Builder::new(Vec::new());
    append(&mut archive, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    for (name, document) in FILES.iter().zip(&documents) {
        append(&mut archive, name, document);
    }
    for document in &documents {
        append(&mut archive, &format!("blobs/sha256/{}", digest(document)), document);
    }
    let Ok(bytes) = archive.into_inner() else { return };
    with_store(|scratch| {
        let file = scratch.file(&bytes);
        let images = Images::new(scratch.store.clone(), Settings::default()).with_limits(LIMITS);
        if let Err(error) = images.archived(&file, "linux/amd64", &Cancel::default()) {
            assert_ne!(error.kind, ErrorKind::Store, "{error:?}");
        }
    });
}

fn documents(data: &[u8]) -> Vec<Vec<u8>> {
    let mut done: Vec<Vec<u8>> = Vec::new();
    let parts: Vec<&[u8]> = data.split(|byte| *byte == 0).take(8).collect();
    // The last one first: what it is decides what others call it.
    for part in parts.iter().rev() {
        let mut text = Vec::new();
        let mut bytes = part.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let number = bytes.peek().filter(|_| b"@~".contains(&byte)).map(|digit| digit.wrapping_sub(b'1'));
            let named =
                number.and_then(|n| (parts.len() - 1).checked_sub(n.into())).and_then(|n| done.get(n));
            let Some(named) = named else {
                text.push(byte);
                continue;
            };
            bytes.next();
            match byte {
                b'@' => text.extend(format!("sha256:{}", digest(named)).bytes()),
                _ => text.extend(named.len().to_string().bytes()),
            }
        }
        done.push(text);
    }
    done.reverse();
    done
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, content).expect("memory");
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

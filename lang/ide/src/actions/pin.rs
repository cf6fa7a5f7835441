//! The digest of an image.

use pipe_analysis::typed::{CheckedKind, Type};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// Writes the digest that `pipe.lock` pins an image to.
pub(super) fn pin(site: &Site<'_>) -> Option<Action> {
    let Node::String(string, span) = *site.path.last()? else { return None };
    if !matches!(site.type_of(span), Some(Type::Checked(CheckedKind::ImageRef))) {
        return None;
    }
    let image = string.constant().filter(|image| !image.contains('@'))?;
    let digest = site.snapshot.pinned(&image)?;
    let edit = site.insert(span.end - if string.triple { 3 } else { 1 }, format!("@{digest}"));
    site.action(ActionKind::Rewrite, "pin the image to its digest", vec![edit])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn the_digest_of_the_lock_is_written() {
        let digest = format!("sha256:{}", "a1".repeat(32));
        let lock = format!("--- pipe.lock\nimage docker.io/library/alpine:3 {digest}\n");
        check(
            &format!("fn f() -> Container {{ image(\"alp$0ine:3\") }}\n{lock}"),
            "pin the image to its digest",
            &format!("fn f() -> Container {{\n  image(\"alpine:3@{digest}\")\n}}\n"),
        );
        refused(
            &format!("fn f() -> Container {{ image(\"alp$0ine:4\") }}\n{lock}"),
            "pin the image to its digest",
        );
    }
}

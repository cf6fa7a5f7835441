//! A cache volume that containers of two platforms share.

use pipe_diagnostics::{Diagnostic, Edit};

use super::frame::{Link, Seen, argument};
use super::item::{ItemLints, Operation, Volume};
use crate::typed::{Expr, ExprKind, Global, ModuleId};

/// Folders whose content is the same for every platform, or that the tool keeps apart itself.
const NEUTRAL: [&str; 18] = [
    "/go/pkg/mod",
    "/go-build",
    "/.npm",
    "/.yarn",
    "/.cache/yarn",
    "/.pnpm-store",
    "/pnpm/store",
    "/.m2",
    "/.m2/repository",
    "/cargo/registry",
    "/.cargo/registry",
    "/cargo/git",
    "/.cargo/git",
    "/.cache/pip",
    "/.cache/uv",
    "/.composer",
    "/.nuget/packages",
    "/.ivy2",
];

/// `image(…, platform: p).cache(path, "name")` where `p` is not always the same.
pub(super) fn look(call: &Operation<'_, '_>, out: &mut ItemLints) {
    let (Some(receiver), Some(path), Some(name)) = (call.arg(0), call.arg(1), call.arg(2)) else { return };
    let Some(volume) = name.text() else { return };
    let path = path.text().unwrap_or_default();
    if NEUTRAL.iter().any(|neutral| path.trim_end_matches('/').ends_with(neutral)) {
        return;
    }
    let history = receiver.history();
    let Some(platform) = history.last().and_then(platform) else { return };
    if let Some(platform) = platform.text() {
        let place = call.place(name.expr);
        return out.volumes.push(Volume { name: volume, platform, place });
    }
    if !varies(&platform) {
        return;
    }
    let message =
        format!("the volume `{volume}` is shared by every platform that this container is made for");
    let found = Diagnostic::warning("shared-volume", message, call.place(name.expr))
        .label(platform.frame.node.place(call.frame.db, platform.expr.span), "its platform")
        .help("one platform's tools would find what another's left: put the platform into the name");
    // A name in this body can stand in a text of this body.
    let local = match (&platform.expr.kind, &name.expr.kind) {
        (ExprKind::Local(id), ExprKind::Text(_)) if platform.frame.node == call.frame.node => {
            call.frame.local(*id)
        }
        _ => None,
    };
    out.findings.push(match local {
        Some(local) => {
            let text = format!("\"{volume}-${{{local}.arch}}\"");
            let edit = Edit { place: call.place(name.expr), text: text.clone() };
            found.suggestion(format!("write `{text}`"), vec![edit])
        }
        None => found,
    });
}

/// The platform that the first link gives.
fn platform<'db>(link: &Link<'db>) -> Option<Seen<'db>> {
    if !matches!(&*link.op, "image" | "scratch") {
        return None;
    }
    let function = Global::new(ModuleId("std/prelude".into()), link.op.clone());
    let expr = argument(link.frame.db, &function, link.args, "platform")?;
    Some(unwrapped(link.frame.see(expr)))
}

/// Without the conversion to `Platform?`.
fn unwrapped(seen: Seen<'_>) -> Seen<'_> {
    match &seen.expr.kind {
        ExprKind::Convert { expr, .. } => unwrapped(seen.frame.see(expr)),
        _ => seen,
    }
}

/// Whether a value is one thing here and another there: a parameter, an element of a list, a flag.
fn varies(seen: &Seen<'_>) -> bool {
    let mut expr = seen.clone();
    loop {
        let flag = matches!(expr.expr.kind, ExprKind::Param(_));
        expr = expr.behind();
        let base: &Expr = match &expr.expr.kind {
            ExprKind::Field { base, .. } | ExprKind::IntrinsicField { base, .. } => base,
            // Behind it stands nothing: nobody knows who calls.
            ExprKind::Local(_) => return true,
            _ => return flag,
        };
        expr = expr.frame.see(base);
    }
}

//! Types whose values are compared, written or read as text, but are no plain data.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, Severity};

use super::data::{has_text_form, no_data, no_order};
use crate::db::{Db, ItemNode, item_of};
use crate::infer::{DefaultOf, DemandKind, GenericUse, article, infer};
use crate::place::{Finding, ItemTag, Place};
use crate::signature::{Signature, map_type, signature};
use crate::typed::{Global, Type};

/// How many generic functions are looked at behind one use. What lies further away is found when it is evaluated.
const REACH: usize = 200;
/// What may be generic: functions by their bodies, types by their defaults.
const GENERIC: &[ItemTag] = &[ItemTag::Function, ItemTag::Record, ItemTag::Enum];

/// Values that cannot be compared are.
pub(crate) fn not_comparable(part: &str, place: Place) -> Finding {
    let found = Diagnostic::error("not-comparable", format!("values of `{part}` cannot be compared"), place);
    match part {
        "Secret" => found
            .help("a secret is never looked at: compare what you know of it, such as the name you give it"),
        "Container" | "Dir" | "File" => {
            found.help("compare what can be read from it: `.digest`, `.entries`, …")
        }
        _ => found,
    }
}

/// What the bodies of an item ask of types that cannot give it, also through the generic functions that they use.
pub(crate) fn unmet_demands(db: &dyn Db, node: ItemNode<'_>) -> Vec<Finding> {
    let bodies = infer(db, node);
    let demands = &bodies.demands;
    // What is wrong already may be why.
    if bodies.findings.iter().any(|found| found.severity == Severity::Error) {
        return Vec::new();
    }
    let own = demands.all().flat_map(|demands| &demands.demands).filter_map(|demand| {
        let place = node.place(db, demand.span);
        match parameters(&demand.ty).first() {
            Some(name) if demand.kind == DemandKind::Decode => Some(read_as_parameter(name, place)),
            _ => unmet(db, demand.kind, &demand.ty, place),
        }
    });
    let mut found: Vec<Finding> = own.collect();
    for used in demands.all().flat_map(|demands| &demands.uses) {
        let asked = asked_of_parameters(db, used);
        let unmet = used.args.iter().find_map(|(name, ty)| {
            let mut kinds = asked.iter().filter(|(asked, _)| asked == name).map(|(_, kind)| *kind);
            kinds.find_map(|kind| Some((kind, name, unmet(db, kind, ty, node.place(db, used.span))?)))
        });
        if let Some((kind, name, unmet)) = unmet {
            let why = format!("`{}` {} values of its `{name}`", used.function.name, verb(kind));
            found.push(unmet_by_use(db, &used.function, unmet, why));
        }
    }
    found
}

fn unmet_by_use(db: &dyn Db, function: &Global, found: Finding, why: String) -> Finding {
    match item_of(db, function, GENERIC) {
        Some(callee) => found.label(callee.place(db, super::name_span(db, callee)), why),
        None => found,
    }
}

fn verb(kind: DemandKind) -> &'static str {
    match kind {
        DemandKind::Compare => "compares",
        DemandKind::Order => "sorts",
        DemandKind::Key => "makes keys of",
        DemandKind::Encode => "writes out",
        DemandKind::Decode => "reads",
    }
}

/// What is asked of a type that cannot give it.
fn unmet(db: &dyn Db, kind: DemandKind, ty: &Type, place: Place) -> Option<Finding> {
    match kind {
        _ if no_data(db, ty).is_some() => no_data(db, ty).map(|part| not_data(kind, &part, place)),
        DemandKind::Order => no_order(db, ty).map(|part| not_ordered(&part, place)),
        DemandKind::Key if !has_text_form(db, ty) && parameters(ty).is_empty() => Some(not_a_key(ty, place)),
        _ => None,
    }
}

/// Values that have no order are put in order.
pub(crate) fn not_ordered(part: &str, place: Place) -> Finding {
    let found = Diagnostic::error("not-comparable", format!("values of `{part}` have no order"), place);
    found.help("put in order what can be read from it: its keys, its `.entries()`, its length")
}

/// The keys of a map are of a type that no key has.
pub(crate) fn not_a_key(ty: &Type, place: Place) -> Finding {
    let message = format!("{} cannot be a key", article(&ty.to_string()));
    Diagnostic::error("bad-key", message, place)
        .help("keys are texts, numbers, booleans or variants without payload")
}

fn not_data(kind: DemandKind, part: &str, place: Place) -> Finding {
    match (kind, part) {
        (DemandKind::Encode, "Secret") => {
            let message = "a Secret cannot become text; use `secret_env` or `secret_file`";
            Diagnostic::error("secret-as-text", message, place)
                .help("leave it out of what is written, and give it to the step that needs it")
        }
        (DemandKind::Encode, _) => {
            Diagnostic::error("no-text-form", format!("{} has no text form", article(part)), place)
                .help("texts are made of plain data: records, lists, maps, texts, numbers")
        }
        (DemandKind::Decode, "Secret") => {
            Diagnostic::error("no-text-form", "a `Secret` cannot be read from a text", place)
                .help("a secret is never written down: take it as a parameter, or use `secret.random()`")
        }
        (DemandKind::Decode, _) => {
            let message = format!("{} cannot be read from a text", article(part));
            Diagnostic::error("no-text-form", message, place)
                .help("plain data can: records, lists, maps, texts, numbers")
        }
        (DemandKind::Compare | DemandKind::Order | DemandKind::Key, _) => not_comparable(part, place),
    }
}

fn read_as_parameter(name: &str, place: Place) -> Finding {
    let message = format!("a text cannot be read as `{name}`: which type that is, only callers know");
    Diagnostic::error("ambiguous-type", message, place)
        .help("decode where the type is known, and take the value as a parameter")
}

/// For each type parameter of a function, the type parameters of the first function that it is made of.
type Origins = Vec<(Arc<str>, BTreeSet<Arc<str>>)>;

/// What a generic function, or the defaults of a generic type, ask of its type parameters, by themselves and by what they use: of the
/// defaults those that count.
fn asked_of_parameters(db: &dyn Db, used: &GenericUse) -> BTreeSet<(Arc<str>, DemandKind)> {
    let mut asked = BTreeSet::new();
    // Each function with its type parameters in terms of those of the first.
    let mut seen = BTreeSet::new();
    let mut open: Vec<(Global, Vec<DefaultOf>, Origins)> = Vec::new();
    if let Some(node) = item_of(db, &used.function, GENERIC) {
        let type_params: &[Arc<str>] = match &signature(db, node).signature {
            Signature::Function(function) => &function.type_params,
            Signature::Record(record) => &record.type_params,
            Signature::Enum(item) => &item.type_params,
            Signature::Value(_) | Signature::None => &[],
        };
        let own = type_params.iter().map(|name| (name.clone(), BTreeSet::from([name.clone()])));
        open.push((used.function.clone(), used.left_out.clone(), own.collect()));
    }
    while let Some((function, left_out, names)) = open.pop() {
        if seen.len() == REACH {
            break;
        }
        if !seen.insert((function.clone(), left_out.clone(), names.clone())) {
            continue;
        }
        let Some(node) = item_of(db, &function, GENERIC) else { continue };
        let demands = &infer(db, node).demands;
        let outer = |ty: &Type| -> BTreeSet<Arc<str>> {
            let inner = parameters(ty);
            names
                .iter()
                .filter(|(name, _)| inner.contains(name))
                .flat_map(|(_, outer)| outer.clone())
                .collect()
        };
        for demand in demands.of_use(&left_out).flat_map(|demands| &demands.demands) {
            asked.extend(outer(&demand.ty).into_iter().map(|name| (name, demand.kind)));
        }
        for used in demands.of_use(&left_out).flat_map(|demands| &demands.uses) {
            let args = used.args.iter().map(|(name, ty)| (name.clone(), outer(ty)));
            open.push((used.function.clone(), used.left_out.clone(), args.collect()));
        }
    }
    asked
}

/// The type parameters that occur in a type, each once.
fn parameters(ty: &Type) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    map_type(ty, &mut |leaf| {
        if let Type::Parameter(name) = leaf
            && !found.contains(name)
        {
            found.push(name.clone());
        }
        None
    });
    found
}

//! Whether a `match` covers everything, and whether every arm can be reached.
//!
//! The method is usefulness of a row against a matrix of patterns (Maranget, "Warnings for pattern matching", 2007): a
//! pattern is useful when it matches something that no row above does; a wildcard that is useful at the end is what is
//! missing. A budget bounds the search, which is exponential in contrived cases; when it is used up nothing is reported.

use std::sync::Arc;

use pipe_diagnostics::Edit;
use pipe_syntax::{Span, ast};

use crate::db::item_of;
use crate::infer::Infer;
use crate::place::{Finding, ItemTag};
use crate::signature::{Signature, signature, substitute};
use crate::stack::deeper;
use crate::typed::{Arm, Pattern, Type};

/// How many rows the search may look at.
const BUDGET: usize = 100_000;
/// How many missing patterns a message names.
const SHOWN: usize = 3;

/// Reports what a `match` leaves out, and arms that are never reached.
pub(crate) fn exhaustive(
    infer: &Infer<'_>,
    ty: &Type,
    match_span: Span,
    whole: Span,
    arms: &[ast::Arm],
    typed: &[Arm],
) -> Vec<Finding> {
    let mut search = Search { infer, budget: BUDGET };
    let mut matrix: Vec<Vec<Pattern>> = Vec::new();
    let mut found = Vec::new();
    for (arm, tree) in typed.iter().zip(arms) {
        let row = vec![arm.pattern.clone()];
        if search.useful(&matrix, &row, std::slice::from_ref(ty)).is_none() && search.budget > 0 {
            let unreachable =
                infer.warning("unreachable-arm", "this arm is never reached", tree.pattern.span);
            found.push(unreachable.help("the arms above cover everything it would; remove it"));
        }
        if arm.guard.is_none() {
            matrix.push(row);
        }
    }
    let missing = search.missing(&mut matrix, ty);
    if search.budget > 0 && !missing.is_empty() {
        found.push(not_covered(infer, &missing, match_span, whole, arms));
    }
    found
}

fn not_covered(
    infer: &Infer<'_>,
    missing: &[Witness],
    match_span: Span,
    whole: Span,
    arms: &[ast::Arm],
) -> Finding {
    let named: Vec<String> = missing.iter().take(SHOWN).map(|witness| witness.text(true)).collect();
    let more = if missing.len() > SHOWN { " and more" } else { "" };
    let message = format!("`match` does not cover {}{more}", named.join(", "));
    let found = infer.error("missing-arm", message, match_span);
    let found = found
        .label(infer.place(whole), "this `match`")
        .help("add an arm for it, or `_ => …` for all that is left");
    let Some(last) = arms.last() else { return found };
    let at = infer.place(Span { start: last.span.end, end: last.span.end });
    let new: Vec<String> = missing
        .iter()
        .take(SHOWN)
        .map(|witness| format!(", {} => fail(\"not handled yet\")", witness.text(false)))
        .collect();
    let title = if missing.len() == 1 { "add the arm" } else { "add the arms" };
    found.suggestion(title, vec![Edit { place: at, text: new.concat() }])
}

/// Something that no arm matches, as the pattern that would.
#[derive(Clone, Debug)]
enum Witness {
    Any,
    Text(String),
    Variant { owner: Arc<str>, name: Arc<str>, payload: Vec<Witness> },
    Tuple(Vec<Witness>),
    List(Vec<Witness>),
}

impl Witness {
    /// As code: with the enum before the variant for people, without it as a pattern.
    fn text(&self, qualified: bool) -> String {
        let list = |parts: &[Witness]| {
            let parts: Vec<String> = parts.iter().map(|part| part.text(qualified)).collect();
            parts.join(", ")
        };
        match self {
            Witness::Any => "_".to_owned(),
            Witness::Text(text) => text.clone(),
            Witness::Variant { owner, name, payload } => {
                let name = match owner.is_empty() || !qualified {
                    true => name.to_string(),
                    false => format!("{owner}.{name}"),
                };
                if payload.is_empty() { name } else { format!("{name}({})", list(payload)) }
            }
            Witness::Tuple(parts) => format!("({})", list(parts)),
            Witness::List(parts) => format!("[{}]", list(parts)),
        }
    }
}

/// What a value is made with: the head of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Constructor {
    Variant(usize),
    Bool(bool),
    None,
    Some,
    Tuple,
    List(usize),
    /// A number or a text; there are always more.
    Literal(Pattern),
}

struct Search<'a, 'db> {
    infer: &'a Infer<'db>,
    budget: usize,
}

impl Search<'_, '_> {
    /// Everything that is missing, one witness after the other, up to a few.
    fn missing(&mut self, matrix: &mut Vec<Vec<Pattern>>, ty: &Type) -> Vec<Witness> {
        let mut missing = Vec::new();
        while missing.len() <= SHOWN {
            let Some(witness) = self.useful(matrix, &[Pattern::Wildcard], std::slice::from_ref(ty)) else {
                break;
            };
            let Some(first) = witness.into_iter().next() else { break };
            let pattern = self.pattern_of(&first, ty);
            let stop = matches!(pattern, Pattern::Wildcard);
            missing.push(first);
            matrix.push(vec![pattern]);
            if stop {
                break;
            }
        }
        missing
    }

    /// Something that the row matches and no row of the matrix does.
    fn useful(&mut self, matrix: &[Vec<Pattern>], row: &[Pattern], types: &[Type]) -> Option<Vec<Witness>> {
        deeper(|| self.useful_row(matrix, row, types))
    }

    fn useful_row(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
    ) -> Option<Vec<Witness>> {
        self.budget = self.budget.saturating_sub(1 + matrix.len());
        if self.budget == 0 {
            return None;
        }
        let (Some(first), Some(ty)) = (row.first(), types.first()) else {
            return matrix.is_empty().then(Vec::new);
        };
        match first {
            Pattern::Or(alternatives) => alternatives.iter().find_map(|alternative| {
                let mut row = row.to_vec();
                if let Some(head) = row.first_mut() {
                    *head = alternative.clone();
                }
                self.useful(matrix, &row, types)
            }),
            Pattern::Wildcard | Pattern::Bind(_) => self.useful_wildcard(matrix, row, types, ty),
            pattern => {
                let constructor = head(pattern)?;
                self.useful_constructor(matrix, row, types, &constructor)
            }
        }
    }

    fn useful_constructor(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
        constructor: &Constructor,
    ) -> Option<Vec<Witness>> {
        let (ty, rest) = types.split_first()?;
        let parts = self.parts(constructor, ty);
        let specialised = specialise(matrix, constructor, parts.len());
        let row = specialise(&[row.to_vec()], constructor, parts.len());
        let all: Vec<Type> = parts.iter().chain(rest).cloned().collect();
        let mut witness = self.useful(&specialised, row.first()?, &all)?;
        let tail = witness.split_off(parts.len());
        let mut out = vec![self.witness(constructor, witness, ty)];
        out.extend(tail);
        Some(out)
    }

    fn useful_wildcard(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
        ty: &Type,
    ) -> Option<Vec<Witness>> {
        let mut used: Vec<Constructor> = Vec::new();
        for row in matrix {
            heads(row.first(), &mut used);
        }
        let all = self.constructors(ty, &used);
        if let Some(all) = &all {
            let complete = all.iter().all(|constructor| used.contains(constructor));
            if complete {
                return all
                    .iter()
                    .find_map(|constructor| self.useful_constructor(matrix, row, types, constructor));
            }
        }
        // Some constructor is not used: rows that ask for one do not match it.
        let rest: Vec<Vec<Pattern>> = matrix.iter().flat_map(|row| without_first(row)).collect();
        let tail = self.useful(&rest, row.get(1..)?, types.get(1..)?)?;
        let unused = all.and_then(|all| all.into_iter().find(|constructor| !used.contains(constructor)));
        let first = match unused {
            Some(constructor) if !used.is_empty() || names_itself(&constructor) => {
                let parts = self.parts(&constructor, ty).iter().map(|_| Witness::Any).collect();
                self.witness(&constructor, parts, ty)
            }
            _ => Witness::Any,
        };
        let mut out = vec![first];
        out.extend(tail);
        Some(out)
    }

    /// Every constructor of a type; `None` when there are always more.
    fn constructors(&self, ty: &Type, used: &[Constructor]) -> Option<Vec<Constructor>> {
        match ty {
            Type::Bool => Some(vec![Constructor::Bool(true), Constructor::Bool(false)]),
            Type::Optional(_) => Some(vec![Constructor::None, Constructor::Some]),
            Type::Tuple(_) | Type::Unit => Some(vec![Constructor::Tuple]),
            Type::Enum(..) => {
                let count = self.enum_of(ty, |item, _| item.variants.len())?;
                Some((0..count).map(Constructor::Variant).collect())
            }
            Type::List(_) => {
                // Lists have any length: the shortest that no arm has is the witness.
                let longest = used.iter().filter_map(|c| match c {
                    Constructor::List(len) => Some(*len),
                    _ => None,
                });
                let bound = longest.max().map_or(0, |len| len + 1);
                Some((0..=bound).map(Constructor::List).collect())
            }
            _ => None,
        }
    }

    fn enum_of<T>(
        &self,
        ty: &Type,
        read: impl FnOnce(&crate::signature::EnumSignature, &[Type]) -> T,
    ) -> Option<T> {
        let Type::Enum(global, args) = ty else { return None };
        let node = item_of(self.infer.db, global, &[ItemTag::Enum])?;
        match &signature(self.infer.db, node).signature {
            Signature::Enum(item) => Some(read(item, args)),
            _ => None,
        }
    }

    /// The types of a constructor's parts.
    fn parts(&self, constructor: &Constructor, ty: &Type) -> Vec<Type> {
        match (constructor, ty) {
            (Constructor::Some, Type::Optional(inner)) => vec![(**inner).clone()],
            (Constructor::Tuple, Type::Tuple(types)) => types.clone(),
            (Constructor::List(len), Type::List(element)) => vec![(**element).clone(); *len],
            (Constructor::Variant(index), Type::Enum(..)) => self
                .enum_of(ty, |item, args| {
                    let payload = item.variants.get(*index).map(|variant| variant.payload.as_slice());
                    let types = payload.unwrap_or_default().iter();
                    types.map(|p| substitute(&p.ty, &item.type_params, args)).collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn witness(&self, constructor: &Constructor, parts: Vec<Witness>, ty: &Type) -> Witness {
        match constructor {
            Constructor::Bool(value) => Witness::Text(value.to_string()),
            Constructor::None => Witness::Text("none".into()),
            Constructor::Some => Witness::Variant { owner: "".into(), name: "some".into(), payload: parts },
            Constructor::Tuple => Witness::Tuple(parts),
            Constructor::List(_) => Witness::List(parts),
            Constructor::Literal(_) => Witness::Any,
            Constructor::Variant(index) => {
                let names = self.enum_of(ty, |item, _| {
                    let name = item.variants.get(*index).map(|variant| variant.name.clone());
                    (item.global.name.clone(), name.unwrap_or_else(|| "_".into()))
                });
                let (owner, name) = names.unwrap_or_else(|| ("".into(), "_".into()));
                Witness::Variant { owner, name, payload: parts }
            }
        }
    }

    /// The pattern that matches what a witness stands for.
    fn pattern_of(&self, witness: &Witness, ty: &Type) -> Pattern {
        let each = |parts: &[Witness], types: &[Type]| {
            parts.iter().zip(types).map(|(part, ty)| self.pattern_of(part, ty)).collect::<Vec<_>>()
        };
        match (witness, ty) {
            (Witness::Text(text), _) => match text.as_str() {
                "none" => Pattern::None,
                "true" => Pattern::Bool(true),
                "false" => Pattern::Bool(false),
                _ => Pattern::Wildcard,
            },
            (Witness::Variant { payload, .. }, Type::Optional(inner)) => {
                let inner = payload.first().map_or(Pattern::Wildcard, |part| self.pattern_of(part, inner));
                Pattern::Some(Box::new(inner))
            }
            (Witness::Variant { name, payload, .. }, Type::Enum(..)) => {
                let index = self.enum_of(ty, |item, _| item.variant(name).map(|(index, _)| index)).flatten();
                let Some(variant) = index else { return Pattern::Wildcard };
                let types = self.parts(&Constructor::Variant(variant), ty);
                Pattern::Variant { variant, payload: each(payload, &types) }
            }
            (Witness::Tuple(parts), Type::Tuple(types)) => Pattern::Tuple(each(parts, types)),
            (Witness::List(parts), Type::List(element)) => {
                Pattern::List(parts.iter().map(|part| self.pattern_of(part, element)).collect())
            }
            _ => Pattern::Wildcard,
        }
    }
}

/// Whether the constructor says more than `_` would when no arm names any.
fn names_itself(constructor: &Constructor) -> bool {
    !matches!(constructor, Constructor::Tuple | Constructor::List(_) | Constructor::Literal(_))
}

fn head(pattern: &Pattern) -> Option<Constructor> {
    Some(match pattern {
        Pattern::Wildcard | Pattern::Bind(_) | Pattern::Or(_) => return None,
        Pattern::Bool(value) => Constructor::Bool(*value),
        Pattern::None => Constructor::None,
        Pattern::Some(_) => Constructor::Some,
        Pattern::Variant { variant, .. } => Constructor::Variant(*variant),
        Pattern::Tuple(_) => Constructor::Tuple,
        Pattern::List(parts) => Constructor::List(parts.len()),
        literal => Constructor::Literal(literal.clone()),
    })
}

/// The constructors at the head of a pattern, through its alternatives.
fn heads(pattern: Option<&Pattern>, out: &mut Vec<Constructor>) {
    match pattern {
        Some(Pattern::Or(alternatives)) => {
            alternatives.iter().for_each(|alternative| heads(Some(alternative), out))
        }
        Some(pattern) => out.extend(head(pattern).filter(|constructor| !out.contains(constructor))),
        None => {}
    }
}

/// The rows that match a constructor, with its parts in place of the first pattern.
fn specialise(matrix: &[Vec<Pattern>], constructor: &Constructor, parts: usize) -> Vec<Vec<Pattern>> {
    let mut out = Vec::new();
    for row in matrix {
        let Some((first, rest)) = row.split_first() else { continue };
        specialise_row(first, rest, constructor, parts, &mut out);
    }
    out
}

fn specialise_row(
    first: &Pattern,
    rest: &[Pattern],
    constructor: &Constructor,
    parts: usize,
    out: &mut Vec<Vec<Pattern>>,
) {
    let mut row = match first {
        Pattern::Or(alternatives) => {
            for alternative in alternatives {
                specialise_row(alternative, rest, constructor, parts, out);
            }
            return;
        }
        Pattern::Wildcard | Pattern::Bind(_) => vec![Pattern::Wildcard; parts],
        pattern if head(pattern).as_ref() == Some(constructor) => match pattern {
            Pattern::Some(inner) => vec![(**inner).clone()],
            Pattern::Variant { payload, .. } => payload.clone(),
            Pattern::Tuple(inner) | Pattern::List(inner) => inner.clone(),
            _ => Vec::new(),
        },
        _ => return,
    };
    // A pattern that was reported may have another number of parts.
    row.resize(parts, Pattern::Wildcard);
    row.extend(rest.iter().cloned());
    out.push(row);
}

/// The rest of a row whose first pattern matches anything.
fn without_first(row: &[Pattern]) -> Vec<Vec<Pattern>> {
    fn any(pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Wildcard | Pattern::Bind(_) => true,
            Pattern::Or(alternatives) => alternatives.iter().any(any),
            _ => false,
        }
    }
    match row.split_first() {
        Some((first, rest)) if any(first) => vec![rest.to_vec()],
        _ => Vec::new(),
    }
}

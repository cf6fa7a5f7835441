//! Records and enums that hold functions of themselves. With such a value a pure function can call itself without any
//! cycle in the call graph, so evaluation would not end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast};

use crate::db::{Db, ItemNode, SourceModule, item_of, items, module_of};
use crate::place::{Finding, ItemTag};
use crate::signature::{ParamSignature, Signature, signature};
use crate::typed::{Global, Type};

/// A mention of a type by a field of another.
struct Mention {
    target: Global,
    /// Inside the type of a function.
    in_function: bool,
}

/// What a field says about the types it mentions.
struct FieldType<'db> {
    node: ItemNode<'db>,
    owner: Global,
    /// Where the field's type is written.
    span: Span,
    mentions: Vec<Mention>,
}

/// Fields that hold functions of the type they belong to, however far around.
#[salsa::tracked]
pub(crate) fn type_cycles(db: &dyn Db, module: SourceModule) -> Vec<Finding> {
    let through = parameters_in_functions(db, module);
    let mut fields = Vec::new();
    for &node in &items(db, module).nodes {
        fields.extend(fields_of(db, node, through));
    }
    let mut edges: BTreeMap<&Global, Vec<&Global>> = BTreeMap::new();
    for field in &fields {
        edges.entry(&field.owner).or_default().extend(field.mentions.iter().map(|mention| &mention.target));
    }
    let cyclic = |field: &&FieldType<'_>| {
        field.mentions.iter().any(|m| m.in_function && reaches(&edges, &m.target, &field.owner))
    };
    fields.iter().filter(cyclic).map(|field| holds_itself(db, field)).collect()
}

fn holds_itself(db: &dyn Db, field: &FieldType<'_>) -> Finding {
    let what = if field.node.key(db).kind == ItemTag::Enum { "an enum" } else { "a record" };
    let message = format!("{what} cannot hold a function of itself");
    let place = field.node.place(db, field.span);
    Diagnostic::error("recursive-function-type", message, place)
        .role(format!("this function takes or gives `{}`", field.owner.name))
        .help("a pipeline always ends, and a function that is reached through its own argument might not; pass it as an argument")
}

fn reaches(edges: &BTreeMap<&Global, Vec<&Global>>, from: &Global, to: &Global) -> bool {
    let mut seen: BTreeSet<&Global> = BTreeSet::new();
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        if at == to {
            return true;
        }
        for &next in edges.get(at).into_iter().flatten() {
            if seen.insert(next) {
                stack.push(next);
            }
        }
    }
    false
}

/// For generic types of this module: which of their parameters end up inside the type of a function.
type Through = BTreeMap<Global, BTreeSet<Arc<str>>>;

/// Grows until nothing more is found: a parameter may be handed on to another generic type.
#[salsa::tracked]
fn parameters_in_functions(db: &dyn Db, module: SourceModule) -> Through {
    let own = items(db, module)
        .nodes
        .iter()
        .filter(|node| matches!(node.key(db).kind, ItemTag::Record | ItemTag::Enum));
    let mut through: Through = own.map(|node| (node.global(db), BTreeSet::new())).collect();
    loop {
        let before: usize = through.values().map(BTreeSet::len).sum();
        for &node in &items(db, module).nodes {
            for (field, _) in declared_fields(db, node) {
                let mut found = BTreeSet::new();
                walk(db, &field.ty, false, &through, &mut |ty, in_function| {
                    if let (Type::Parameter(name), true) = (ty, in_function) {
                        found.insert(name.clone());
                    }
                });
                through.entry(node.global(db)).or_default().extend(found);
            }
        }
        if through.values().map(BTreeSet::len).sum::<usize>() == before {
            return through;
        }
    }
}

fn fields_of<'db>(db: &'db dyn Db, node: ItemNode<'db>, through: &Through) -> Vec<FieldType<'db>> {
    let owner = node.global(db);
    declared_fields(db, node)
        .into_iter()
        .map(|(field, span)| {
            let mut mentions = Vec::new();
            walk(db, &field.ty, false, through, &mut |ty, in_function| {
                if let Type::Record(global, _) | Type::Enum(global, _) = ty {
                    mentions.push(Mention { target: global.clone(), in_function });
                }
            });
            FieldType { node, owner: owner.clone(), span, mentions }
        })
        .collect()
}

/// The fields of a record and the payloads of an enum, with the places of their types.
fn declared_fields(db: &dyn Db, node: ItemNode<'_>) -> Vec<(ParamSignature, Span)> {
    let spans: Vec<Span> = match &**node.tree(db) {
        ast::ItemKind::Record(item) => item.fields.iter().map(|field| field.ty.span).collect(),
        ast::ItemKind::Enum(item) => {
            item.variants.iter().flat_map(|variant| &variant.payload).map(|param| param.ty.span).collect()
        }
        _ => return Vec::new(),
    };
    let fields: Vec<ParamSignature> = match &signature(db, node).signature {
        Signature::Record(record) => record.fields.clone(),
        Signature::Enum(item) => item.variants.iter().flat_map(|variant| variant.payload.clone()).collect(),
        _ => Vec::new(),
    };
    fields.into_iter().zip(spans).collect()
}

/// Visits a type and its parts, with whether they stand inside the type of a function.
fn walk(db: &dyn Db, ty: &Type, in_function: bool, through: &Through, visit: &mut dyn FnMut(&Type, bool)) {
    visit(ty, in_function);
    match ty {
        Type::List(inner) | Type::Optional(inner) | Type::Action(inner) => {
            walk(db, inner, in_function, through, visit)
        }
        Type::Map(key, value) => {
            walk(db, key, in_function, through, visit);
            walk(db, value, in_function, through, visit);
        }
        Type::Tuple(parts) | Type::Opaque(_, parts) => {
            parts.iter().for_each(|part| walk(db, part, in_function, through, visit));
        }
        Type::Record(global, args) | Type::Enum(global, args) => {
            for (arg, param) in args.iter().zip(type_parameters(db, global)) {
                let inside = inside_function(db, global, &param, through);
                walk(db, arg, in_function || inside, through, visit);
            }
        }
        Type::Function { params, ret } => {
            params.iter().for_each(|param| walk(db, param, true, through, visit));
            walk(db, ret, true, through, visit);
        }
        _ => {}
    }
}

/// Whether a parameter of a generic type ends up inside the type of a function. Types of other modules cannot mention those of
/// this one but by their arguments, since modules do not import each other in a circle.
fn inside_function(db: &dyn Db, global: &Global, param: &Arc<str>, own: &Through) -> bool {
    if let Some(names) = own.get(global) {
        return names.contains(param);
    }
    let module =
        module_of(db, &global.module).filter(|_| !own.keys().any(|known| known.module == global.module));
    module.is_some_and(|module| {
        parameters_in_functions(db, module).get(global).is_some_and(|names| names.contains(param))
    })
}

fn type_parameters(db: &dyn Db, global: &Global) -> Vec<Arc<str>> {
    let node = item_of(db, global, &[ItemTag::Record, ItemTag::Enum]);
    match node.map(|node| &signature(db, node).signature) {
        Some(Signature::Record(record)) => record.type_params.clone(),
        Some(Signature::Enum(item)) => item.type_params.clone(),
        _ => Vec::new(),
    }
}

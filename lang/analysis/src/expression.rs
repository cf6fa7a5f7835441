//! Expressions of the command line.

use std::sync::Arc;

use pipe_diagnostics::Severity;

use crate::db::{Db, SourceModule};
use crate::infer::{BodyKind, Expected, Infer};
use crate::place::{Finding, Place};
use crate::scope::Names;
use crate::typed::{Body, Global, Type};

/// An expression that was found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedExpression {
    /// The expression with its locals.
    pub body: Arc<Body>,
    /// Its type.
    pub ty: Type,
    /// Items that it needs.
    pub(crate) needs: Vec<Global>,
}

/// Checks an expression in the scope of a module, against a type if one is given. Its own places have no item.
pub(crate) fn check(
    db: &dyn Db,
    scope: Option<SourceModule>,
    text: &str,
    expected: Option<&Type>,
) -> Result<CheckedExpression, Vec<Finding>> {
    let Some(module) = scope else { return Err(Vec::new()) };
    let (tree, errors) = pipe_syntax::parse_expression(text);
    if !errors.is_empty() {
        let id = module.id(db).clone();
        let place = |span| Place { module: id.clone(), item: None, span };
        return Err(errors.into_iter().map(|error| error.map(place)).collect());
    }
    let mut infer = Infer::new(Names::new(db, module), None, BodyKind::CommandLine, &[]);
    let expr = match expected {
        Some(ty) => infer.check(&tree, &Expected::new(ty.clone())),
        None => infer.infer(&tree),
    };
    let finished = infer.finish(expr);
    if finished.findings.iter().any(|found| found.severity == Severity::Error) {
        return Err(finished.findings);
    }
    let ty = expected.cloned().unwrap_or_else(|| finished.body.expr.ty.clone());
    let mut needs: Vec<Global> = finished.references.globals.into_iter().collect();
    needs.extend(finished.references.types);
    Ok(CheckedExpression { body: Arc::new(finished.body), ty, needs })
}

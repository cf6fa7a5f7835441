//! The state of inferring one body.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast};

use super::demand::Demands;
use super::table::TypeTable;
use super::trace::{Trace, trace_written_type};
use crate::db::{Db, ItemNode};
use crate::place::{Finding, Place};
use crate::scope::Names;
use crate::signature::Lowering;
use crate::typed::{Expr, ExprKind, Global, LocalDecl, LocalId, Type};

/// What a body belongs to, which decides what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// Of a `fn`.
    Function,
    /// Of an `action`: may `do` and `gate`.
    Action,
    /// Of a `test`: may `expect`.
    Test,
    /// A default of a `param` or of a function's parameter: may read the host in the root package.
    Default,
    /// A default of a field or a payload, or the value of a `let`.
    Constant,
    /// An expression of the command line: may read the host, for the user writes it.
    CommandLine,
}

/// What stands between a `do` and its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nest {
    /// A lambda.
    Lambda,
    /// A comprehension.
    Comprehension,
}

/// The items that a body needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    /// Items by name.
    pub(crate) globals: BTreeSet<Global>,
    /// Records and enums that stand in the types of its expressions.
    pub(crate) types: BTreeSet<Global>,
    /// Local names of `use` items.
    pub(crate) aliases: BTreeSet<Arc<str>>,
}

impl References {
    pub(crate) fn extend(&mut self, other: References) {
        self.globals.extend(other.globals);
        self.types.extend(other.types);
        self.aliases.extend(other.aliases);
    }
}

/// The call whose arguments are being looked at, for fixes that change it.
#[derive(Clone, Debug)]
pub(crate) struct CallContext {
    /// `Container.env`, `image`.
    pub(crate) function: Arc<str>,
    /// The written name.
    pub(crate) name: Span,
    /// Where the receiver ends: a new operation can be put here.
    pub(crate) receiver_end: Option<u32>,
    /// The written arguments: where the name is, if there is one, and the value.
    pub(crate) values: Vec<(Option<Span>, Span)>,
}

/// A local with what is known about its use.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) decl: LocalDecl,
    /// It was bound by `let`, and nothing has used it yet.
    pub(crate) unused_let: bool,
    /// The value that a `let` binds it to as a whole.
    pub(crate) value: Option<Span>,
}

/// The state of inferring one body.
pub(crate) struct Infer<'db> {
    pub(crate) db: &'db dyn Db,
    /// The item whose places the findings have; `None` for text of the command line.
    pub(crate) item: Option<ItemNode<'db>>,
    pub(crate) names: Names<'db>,
    pub(crate) kind: BodyKind,
    pub(crate) type_params: Vec<Arc<str>>,
    pub(crate) table: TypeTable,
    pub(crate) locals: Vec<Local>,
    /// Names of locals, innermost block last.
    pub(crate) scopes: Vec<Vec<(Arc<str>, LocalId)>>,
    pub(crate) nests: Vec<Nest>,
    /// The name that is being matched: `match x { some(x) => … }` may bind it again.
    pub(crate) matched: Option<Arc<str>>,
    pub(crate) calls: Vec<CallContext>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) references: References,
    pub(crate) demands: Demands,
    /// What an editor wants to know; `None` when only the program is checked.
    pub(crate) trace: Option<Box<Trace<'db>>>,
}

impl<'db> Infer<'db> {
    pub(crate) fn new(
        names: Names<'db>,
        item: Option<ItemNode<'db>>,
        kind: BodyKind,
        type_params: &[Arc<str>],
    ) -> Infer<'db> {
        Infer {
            db: names.db,
            item,
            names,
            kind,
            type_params: type_params.to_vec(),
            table: TypeTable::default(),
            locals: Vec::new(),
            scopes: vec![Vec::new()],
            nests: Vec::new(),
            matched: None,
            calls: Vec::new(),
            findings: Vec::new(),
            references: References::default(),
            demands: Demands::default(),
            trace: None,
        }
    }

    /// A place in this body's item.
    pub(crate) fn place(&self, span: Span) -> Place {
        match self.item {
            Some(item) => item.place(self.db, span),
            None => Place { module: self.names.module.id(self.db).clone(), item: None, span },
        }
    }

    pub(crate) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// An error at a span of this item, to be completed and reported.
    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>, span: Span) -> Finding {
        Diagnostic::error(code, message, self.place(span))
    }

    /// A warning at a span of this item, to be completed and reported.
    pub(crate) fn warning(&self, code: &'static str, message: impl Into<String>, span: Span) -> Finding {
        Diagnostic::warning(code, message, self.place(span))
    }

    /// Notes that this body needs an item.
    pub(crate) fn refer(&mut self, node: ItemNode<'db>) {
        self.references.globals.insert(node.global(self.db));
    }

    /// The type as written; what is wrong with it is reported.
    pub(crate) fn lower(&mut self, ty: &ast::TypeExpr) -> Type {
        let params = std::mem::take(&mut self.type_params);
        let mut lowering = Lowering::new(self.names, self.item, &params);
        let lowered = lowering.lower(ty);
        let Lowering { findings, aliases, .. } = lowering;
        self.findings.extend(findings);
        self.references.aliases.extend(aliases);
        self.type_params = params;
        if let Some(trace) = &mut self.trace {
            trace_written_type(self.names, ty, &mut trace.uses);
        }
        lowered
    }

    /// The type with its variables followed, as it is shown.
    pub(crate) fn show(&self, ty: &Type) -> String {
        self.table.follow(ty).to_string()
    }
}

/// A typed expression.
pub(crate) fn typed(kind: ExprKind, ty: Type, span: Span) -> Expr {
    Expr { kind, ty, span }
}

/// What stands for something that was reported.
pub(crate) fn broken(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, ty: Type::Error, span }
}

//! Walking the syntax tree by place.

use pipe_syntax::Span;
use pipe_syntax::ast::{
    Arg, ArmBody, Block, Clause, Element, Else, Expr, ExprKind, Item, ItemKind, LambdaBody, Module,
    ScriptLit, ScriptPart, StatementKind, StrLit, StrPart, TriviaKind,
};

/// A part of the tree; its span is of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node<'t> {
    /// An expression that is neither a string nor a script.
    Expr(&'t Expr, Span),
    Block(&'t Block, Span),
    String(&'t StrLit, Span),
    Script(&'t ScriptLit, Span),
}

impl Node<'_> {
    pub(crate) fn span(&self) -> Span {
        match self {
            Node::Expr(_, span) | Node::Block(_, span) | Node::String(_, span) | Node::Script(_, span) => {
                *span
            }
        }
    }
}

/// What a place is in, or at the edge of, from the outside in.
pub(crate) fn path_at(module: &Module, offset: u32) -> Vec<Node<'_>> {
    let mut path = Vec::new();
    let item = module.items.iter().rfind(|item| item.offset <= offset);
    let mut next = item.and_then(|item| find(item_children(item), item.offset, offset));
    while let Some(node) = next {
        path.push(node);
        let base = item.map_or(0, |item| item.offset);
        next = find(node_children(node), base, offset);
    }
    path
}

/// An item with the `##` lines above it.
pub(crate) fn whole_item(module: &Module, item: &Item) -> Span {
    let end = item.offset + item.len;
    let above = module.trivia.iter().rev().filter(|trivia| trivia.span.end <= item.offset);
    let docs = above.take_while(|trivia| matches!(trivia.kind, TriviaKind::Doc(_))).take(item.docs.len());
    Span { start: docs.last().map_or(item.offset, |first| first.span.start), end }
}

/// Every part of an item, those around others first.
pub(crate) fn for_each_node<'t>(item: &'t Item, visit: &mut dyn FnMut(Node<'t>)) {
    let mut waiting: Vec<Child<'t>> = item_children(item);
    while let Some(child) = waiting.pop() {
        let node = child.node(item.offset);
        visit(node);
        waiting.extend(node_children(node));
    }
}

fn find<'t>(children: Vec<Child<'t>>, base: u32, offset: u32) -> Option<Node<'t>> {
    let mut nodes = children.into_iter().map(|child| child.node(base));
    nodes.find(|node| node.span().start <= offset && offset <= node.span().end)
}

enum Child<'t> {
    Expr(&'t Expr),
    Block(&'t Block),
}

impl<'t> Child<'t> {
    fn node(&self, base: u32) -> Node<'t> {
        match self {
            Child::Block(block) => Node::Block(block, block.span.at(base)),
            Child::Expr(e) => match &e.kind {
                ExprKind::String(string) => Node::String(string, e.span.at(base)),
                ExprKind::Script(script) => Node::Script(script, e.span.at(base)),
                _ => Node::Expr(e, e.span.at(base)),
            },
        }
    }
}

fn item_children(item: &Item) -> Vec<Child<'_>> {
    match &*item.kind {
        ItemKind::Param(item) => item.default.iter().map(Child::Expr).collect(),
        ItemKind::Let(item) => vec![Child::Expr(&item.value)],
        ItemKind::Function(item) => {
            let defaults = item.params.iter().filter_map(|param| param.default.as_ref());
            defaults.map(Child::Expr).chain([Child::Block(&item.body)]).collect()
        }
        ItemKind::Record(item) => {
            item.fields.iter().filter_map(|field| field.default.as_ref()).map(Child::Expr).collect()
        }
        ItemKind::Enum(item) => {
            let payload = item.variants.iter().flat_map(|variant| &variant.payload);
            payload.filter_map(|param| param.default.as_ref()).map(Child::Expr).collect()
        }
        ItemKind::Test(item) => {
            let with = item.with.iter().map(|arg| Child::Expr(&arg.value));
            with.chain([Child::Block(&item.body)]).collect()
        }
        ItemKind::Use(_) | ItemKind::Error => Vec::new(),
    }
}

fn node_children(node: Node<'_>) -> Vec<Child<'_>> {
    match node {
        Node::Block(block, _) => {
            let statements = block.statements.iter();
            statements
                .filter_map(|statement| match &statement.kind {
                    StatementKind::Let { value: e, .. }
                    | StatementKind::Expect(e)
                    | StatementKind::Gate(e)
                    | StatementKind::Expr(e) => Some(Child::Expr(e)),
                    StatementKind::Error => None,
                })
                .collect()
        }
        Node::String(string, _) => {
            let holes = string.parts.iter().filter_map(|part| match part {
                StrPart::Hole { expr, .. } => Some(Child::Expr(expr)),
                StrPart::Text(_) => None,
            });
            holes.collect()
        }
        Node::Script(script, _) => {
            let holes = script.parts.iter().filter_map(|part| match part {
                ScriptPart::Hole { expr, .. } => Some(Child::Expr(expr)),
                ScriptPart::Text(_) => None,
            });
            holes.collect()
        }
        Node::Expr(e, _) => expr_children(e),
    }
}

fn with_arguments<'t>(first: &'t Expr, args: &'t [Arg]) -> Vec<Child<'t>> {
    std::iter::once(first).chain(args.iter().map(|arg| &arg.value)).map(Child::Expr).collect()
}

fn expr_children(e: &Expr) -> Vec<Child<'_>> {
    match &e.kind {
        ExprKind::Paren(inner)
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Do { action: inner, .. }
        | ExprKind::Field { base: inner, .. } => vec![Child::Expr(inner)],
        ExprKind::Tuple(parts) => parts.iter().map(Child::Expr).collect(),
        ExprKind::List { elements, .. } => {
            let elements = elements.iter().map(|element| match element {
                Element::Item(e) | Element::Spread(e) => Child::Expr(e),
            });
            elements.collect()
        }
        ExprKind::Map { entries, .. } => {
            entries.iter().flat_map(|(key, value)| [Child::Expr(key), Child::Expr(value)]).collect()
        }
        ExprKind::Comprehension { clauses, element, value } => {
            let clauses = clauses.iter().map(|clause| match clause {
                Clause::For(_, e) | Clause::If(e) => Child::Expr(e),
            });
            let value = value.iter().map(|value| Child::Expr(value));
            clauses.chain([Child::Expr(element)]).chain(value).collect()
        }
        ExprKind::Call { callee: first, args, .. } => with_arguments(first, args),
        ExprKind::Pipe(pipe) => pipe.args.iter().map(|arg| Child::Expr(&arg.value)).collect(),
        ExprKind::Binary { left, right, .. } => vec![Child::Expr(left), Child::Expr(right)],
        ExprKind::Lambda { body, .. } => match &**body {
            LambdaBody::Expr(e) => vec![Child::Expr(e)],
            LambdaBody::Block(block) => vec![Child::Block(block)],
        },
        ExprKind::If { condition, then, otherwise, .. } => {
            let otherwise = otherwise.iter().map(|otherwise| match &**otherwise {
                Else::Block(block) => Child::Block(block),
                Else::If(e) => Child::Expr(e),
            });
            [Child::Expr(condition), Child::Block(then)].into_iter().chain(otherwise).collect()
        }
        ExprKind::Match { scrutinee, arms, .. } => {
            let arms = arms.iter().flat_map(|arm| {
                let body = match &arm.body {
                    ArmBody::Expr(e) => Child::Expr(e),
                    ArmBody::Block(block) => Child::Block(block),
                };
                arm.guard.iter().map(Child::Expr).chain([body])
            });
            std::iter::once(Child::Expr(scrutinee)).chain(arms).collect()
        }
        ExprKind::Name(_)
        | ExprKind::TypeName(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Script(_)
        | ExprKind::Bool(_)
        | ExprKind::None
        | ExprKind::Error => Vec::new(),
    }
}

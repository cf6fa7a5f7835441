//! Whether two trees are the same program.

use crate::Span;
use crate::ast::*;

/// Whether two modules are the same but for where things stand, how lines are broken, and the order of comments.
pub fn same_program(a: &Module, b: &Module) -> bool {
    comments(a) == comments(b) && bare(a) == bare(b)
}

fn comments(module: &Module) -> Vec<String> {
    let mut all: Vec<String> = module
        .trivia
        .iter()
        .filter_map(|trivia| match &trivia.kind {
            TriviaKind::Comment { text, .. } => Some(text.trim_end().to_owned()),
            TriviaKind::Doc(text) => Some(format!("#{}", text.trim_end())),
            TriviaKind::Blank => None,
        })
        .collect();
    all.sort();
    all
}

/// Whether two runs of items are the same but for where things stand and how lines are broken.
pub(super) fn same_items(a: &[Item], b: &[Item]) -> bool {
    a.len() == b.len() && bare_items(a) == bare_items(b)
}

/// The module without places, breaks and trivia.
fn bare(module: &Module) -> Module {
    Module { docs: module.docs.clone(), items: bare_items(&module.items), trivia: Vec::new() }
}

fn bare_items(items: &[Item]) -> Vec<Item> {
    let mut items = items.to_vec();
    for item in &mut items {
        (item.offset, item.len) = (0, 0);
        bare_item(&mut item.kind);
    }
    items
}

fn bare_item(kind: &mut ItemKind) {
    match kind {
        ItemKind::Use(Use { path, alias }) => {
            match path {
                UsePath::Package(path) => names(path),
                UsePath::File { span, .. } => *span = Span::default(),
            }
            names(alias);
        }
        ItemKind::Param(param) => {
            name(&mut param.name);
            ty(&mut param.ty);
            param.default.iter_mut().for_each(expr);
        }
        ItemKind::Let(binding) => {
            name(&mut binding.name);
            binding.ty.iter_mut().for_each(ty);
            expr(&mut binding.value);
        }
        ItemKind::Function(function) => {
            name(&mut function.name);
            names(&mut function.type_params);
            function.params.iter_mut().for_each(param);
            function.ret.iter_mut().for_each(ty);
            block(&mut function.body);
        }
        ItemKind::Record(record) => {
            name(&mut record.name);
            names(&mut record.type_params);
            for field in &mut record.fields {
                field.span = Span::default();
                name(&mut field.name);
                ty(&mut field.ty);
                field.default.iter_mut().for_each(expr);
            }
        }
        ItemKind::Enum(list) => {
            name(&mut list.name);
            names(&mut list.type_params);
            for variant in &mut list.variants {
                variant.span = Span::default();
                name(&mut variant.name);
                variant.payload.iter_mut().for_each(param);
            }
        }
        ItemKind::Test(test) => {
            string(&mut test.title);
            test.with.iter_mut().for_each(arg);
            block(&mut test.body);
        }
        ItemKind::Error => {}
    }
}

fn name(name: &mut Name) {
    name.span = Span::default();
}

fn names<'a>(names: impl IntoIterator<Item = &'a mut Name>) {
    names.into_iter().for_each(name);
}

fn param(param: &mut Param) {
    param.span = Span::default();
    name(&mut param.name);
    ty(&mut param.ty);
    param.default.iter_mut().for_each(expr);
}

fn arg(arg: &mut Arg) {
    names(&mut arg.name);
    expr(&mut arg.value);
}

fn ty(at: &mut TypeExpr) {
    at.span = Span::default();
    match &mut at.kind {
        TypeKind::Named { modules, name: own, args } => {
            names(modules);
            name(own);
            args.iter_mut().for_each(ty);
        }
        TypeKind::Optional(inner) => ty(inner),
        TypeKind::Tuple(parts) => parts.iter_mut().for_each(ty),
        TypeKind::Function { params, ret } => {
            params.iter_mut().for_each(ty);
            ty(ret);
        }
        TypeKind::Error => {}
    }
}

fn block(block: &mut Block) {
    block.span = Span::default();
    for statement in &mut block.statements {
        statement.span = Span::default();
        match &mut statement.kind {
            StatementKind::Let { binder: own, ty: own_ty, value } => {
                binder(own);
                own_ty.iter_mut().for_each(ty);
                expr(value);
            }
            StatementKind::Expect(value) | StatementKind::Gate(value) | StatementKind::Expr(value) => {
                expr(value)
            }
            StatementKind::Error => {}
        }
    }
}

fn binder(at: &mut Binder) {
    at.span = Span::default();
    match &mut at.kind {
        BinderKind::Name(own) => name(own),
        BinderKind::Tuple(parts) => parts.iter_mut().for_each(binder),
        BinderKind::Wildcard | BinderKind::Error => {}
    }
}

fn pattern(at: &mut Pattern) {
    at.span = Span::default();
    match &mut at.kind {
        PatternKind::Bind(own) => name(own),
        PatternKind::Number { value, .. } => value.span = Span::default(),
        PatternKind::String(literal) => string(literal),
        PatternKind::Some(inner) => pattern(inner),
        PatternKind::Variant { path, name: own, args, .. } => {
            names(path);
            name(own);
            for arg in args.iter_mut().flatten() {
                names(&mut arg.name);
                pattern(&mut arg.pattern);
            }
        }
        PatternKind::Tuple(parts) | PatternKind::List(parts) | PatternKind::Or(parts) => {
            parts.iter_mut().for_each(pattern);
        }
        PatternKind::Wildcard | PatternKind::Bool(_) | PatternKind::None | PatternKind::Error => {}
    }
}

fn fixed(text: &mut TextPart) {
    text.span = Span::default();
    text.map.clear();
}

fn string(literal: &mut StrLit) {
    literal.span = Span::default();
    for part in &mut literal.parts {
        match part {
            StrPart::Text(text) => fixed(text),
            StrPart::Hole { expr: inner, span } => {
                *span = Span::default();
                expr(inner);
            }
        }
    }
}

fn script(literal: &mut ScriptLit) {
    literal.span = Span::default();
    for part in &mut literal.parts {
        match part {
            ScriptPart::Text(text) => fixed(text),
            ScriptPart::Hole { expr: inner, span, .. } => {
                *span = Span::default();
                expr(inner);
            }
        }
    }
}

fn expr(at: &mut Expr) {
    at.span = Span::default();
    match &mut at.kind {
        ExprKind::Name(own) | ExprKind::TypeName(own) => name(own),
        ExprKind::Number(number) => number.span = Span::default(),
        ExprKind::String(literal) => string(literal),
        ExprKind::Script(literal) => script(literal),
        ExprKind::Paren(inner) => expr(inner),
        ExprKind::Tuple(parts) => parts.iter_mut().for_each(expr),
        ExprKind::Unary { op_span, operand, .. } => {
            *op_span = Span::default();
            expr(operand);
        }
        ExprKind::Do { do_span, action } => {
            *do_span = Span::default();
            expr(action);
        }
        ExprKind::Binary { op_span, left, right, .. } => {
            *op_span = Span::default();
            expr(left);
            expr(right);
        }
        ExprKind::Bool(_) | ExprKind::None | ExprKind::Error => {}
        ExprKind::List { .. } | ExprKind::Map { .. } | ExprKind::Comprehension { .. } => {
            collection(&mut at.kind)
        }
        ExprKind::Call { .. } | ExprKind::Field { .. } | ExprKind::Pipe { .. } => step(&mut at.kind),
        ExprKind::Lambda { .. } | ExprKind::If { .. } | ExprKind::Match { .. } => control(&mut at.kind),
    }
}

fn collection(kind: &mut ExprKind) {
    match kind {
        ExprKind::List { elements, broken } => {
            *broken = false;
            for element in elements {
                match element {
                    Element::Item(value) | Element::Spread(value) => expr(value),
                }
            }
        }
        ExprKind::Map { entries, broken } => {
            *broken = false;
            for (key, value) in entries {
                expr(key);
                expr(value);
            }
        }
        ExprKind::Comprehension { clauses, element, value } => {
            for clause in clauses {
                match clause {
                    Clause::For(own, list) => {
                        binder(own);
                        expr(list);
                    }
                    Clause::If(condition) => expr(condition),
                }
            }
            expr(element);
            value.iter_mut().for_each(|value| expr(value));
        }
        _ => {}
    }
}

fn step(kind: &mut ExprKind) {
    match kind {
        ExprKind::Call { callee, args, broken } => {
            *broken = false;
            expr(callee);
            args.iter_mut().for_each(arg);
        }
        ExprKind::Field { base, name, broken, .. } => {
            *broken = false;
            expr(base);
            names(name);
        }
        ExprKind::Pipe { base, function, args, broken } => {
            *broken = false;
            expr(base);
            names(function);
            args.iter_mut().for_each(arg);
        }
        _ => {}
    }
}

fn control(kind: &mut ExprKind) {
    match kind {
        ExprKind::Lambda { params, body } => {
            for param in params {
                binder(&mut param.binder);
                param.ty.iter_mut().for_each(ty);
            }
            match &mut **body {
                LambdaBody::Expr(body) => expr(body),
                LambdaBody::Block(body) => block(body),
            }
        }
        ExprKind::If { if_span, condition, then, otherwise } => {
            *if_span = Span::default();
            expr(condition);
            block(then);
            match otherwise.as_deref_mut() {
                Some(Else::Block(other)) => block(other),
                Some(Else::If(next)) => expr(next),
                None => {}
            }
        }
        ExprKind::Match { match_span, scrutinee, arms } => {
            *match_span = Span::default();
            expr(scrutinee);
            for arm in arms {
                arm.span = Span::default();
                pattern(&mut arm.pattern);
                arm.guard.iter_mut().for_each(expr);
                match &mut arm.body {
                    ArmBody::Expr(body) => expr(body),
                    ArmBody::Block(body) => block(body),
                }
            }
        }
        _ => {}
    }
}

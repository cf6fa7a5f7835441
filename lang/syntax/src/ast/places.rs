//! Every place in an item's tree.

use super::*;
use crate::deeper;

/// A place in a tree, to be changed.
pub(crate) enum Place<'a> {
    /// Where a node stands.
    Span(&'a mut Span),
    /// Where the parts of a text stand: [`TextPart::map`].
    Text(&'a mut Box<[(u32, u32)]>),
    /// Whether lines are broken there.
    Break(&'a mut bool),
}

/// Visits every place of a tree.
pub(crate) struct Places<F> {
    pub(crate) visit: F,
}

impl<F: FnMut(Place<'_>)> Places<F> {
    pub(crate) fn item(&mut self, kind: &mut ItemKind) {
        match kind {
            ItemKind::Use(Use { path, alias }) => {
                match path {
                    UsePath::Package(path) => self.names(path),
                    UsePath::File { span, .. } => (self.visit)(Place::Span(span)),
                }
                self.names(alias);
            }
            ItemKind::Param(param) => {
                self.name(&mut param.name);
                self.ty(&mut param.ty);
                param.default.iter_mut().for_each(|at| self.expr(at));
            }
            ItemKind::Let(binding) => {
                self.name(&mut binding.name);
                binding.ty.iter_mut().for_each(|at| self.ty(at));
                self.expr(&mut binding.value);
            }
            ItemKind::Function(function) => {
                self.name(&mut function.name);
                self.names(&mut function.type_params);
                function.params.iter_mut().for_each(|at| self.param(at));
                function.ret.iter_mut().for_each(|at| self.ty(at));
                self.block(&mut function.body);
            }
            ItemKind::Record(record) => {
                self.name(&mut record.name);
                self.names(&mut record.type_params);
                for field in &mut record.fields {
                    (self.visit)(Place::Span(&mut field.span));
                    self.name(&mut field.name);
                    self.ty(&mut field.ty);
                    field.default.iter_mut().for_each(|at| self.expr(at));
                }
            }
            ItemKind::Enum(list) => {
                self.name(&mut list.name);
                self.names(&mut list.type_params);
                for variant in &mut list.variants {
                    (self.visit)(Place::Span(&mut variant.span));
                    self.name(&mut variant.name);
                    variant.payload.iter_mut().for_each(|at| self.param(at));
                }
            }
            ItemKind::Test(test) => {
                self.string(&mut test.title);
                test.with.iter_mut().for_each(|at| self.arg(at));
                self.block(&mut test.body);
            }
            ItemKind::Error => {}
        }
    }

    fn name(&mut self, name: &mut Name) {
        (self.visit)(Place::Span(&mut name.span));
    }

    fn names<'a>(&mut self, names: impl IntoIterator<Item = &'a mut Name>) {
        names.into_iter().for_each(|name| self.name(name));
    }

    fn param(&mut self, param: &mut Param) {
        (self.visit)(Place::Span(&mut param.span));
        self.name(&mut param.name);
        self.ty(&mut param.ty);
        param.default.iter_mut().for_each(|at| self.expr(at));
    }

    fn arg(&mut self, arg: &mut Arg) {
        self.names(&mut arg.name);
        self.expr(&mut arg.value);
    }

    fn ty(&mut self, at: &mut TypeExpr) {
        (self.visit)(Place::Span(&mut at.span));
        match &mut at.kind {
            TypeKind::Named { modules, name: own, args } => {
                self.names(modules);
                self.name(own);
                args.iter_mut().for_each(|at| self.ty(at));
            }
            TypeKind::Optional(inner) => self.ty(inner),
            TypeKind::Tuple(parts) => parts.iter_mut().for_each(|at| self.ty(at)),
            TypeKind::Function { params, ret } => {
                params.iter_mut().for_each(|at| self.ty(at));
                self.ty(ret);
            }
            TypeKind::Error => {}
        }
    }

    fn block(&mut self, block: &mut Block) {
        (self.visit)(Place::Span(&mut block.span));
        for statement in &mut block.statements {
            (self.visit)(Place::Span(&mut statement.span));
            match &mut statement.kind {
                StatementKind::Let { binder: own, ty: own_ty, value } => {
                    self.binder(own);
                    own_ty.iter_mut().for_each(|at| self.ty(at));
                    self.expr(value);
                }
                StatementKind::Expect(value) | StatementKind::Gate(value) | StatementKind::Expr(value) => {
                    self.expr(value)
                }
                StatementKind::Error => {}
            }
        }
    }

    fn binder(&mut self, at: &mut Binder) {
        (self.visit)(Place::Span(&mut at.span));
        match &mut at.kind {
            BinderKind::Name(own) => self.name(own),
            BinderKind::Tuple(parts) => parts.iter_mut().for_each(|at| self.binder(at)),
            BinderKind::Wildcard | BinderKind::Error => {}
        }
    }

    fn pattern(&mut self, at: &mut Pattern) {
        (self.visit)(Place::Span(&mut at.span));
        match &mut at.kind {
            PatternKind::Bind(own) => self.name(own),
            PatternKind::Number { value, .. } => (self.visit)(Place::Span(&mut value.span)),
            PatternKind::String(literal) => self.string(literal),
            PatternKind::Some(inner) => self.pattern(inner),
            PatternKind::Variant { path, name: own, args, .. } => {
                self.names(path);
                self.name(own);
                for arg in args.iter_mut().flatten() {
                    self.names(&mut arg.name);
                    self.pattern(&mut arg.pattern);
                }
            }
            PatternKind::Tuple(parts) | PatternKind::List(parts) | PatternKind::Or(parts) => {
                parts.iter_mut().for_each(|at| self.pattern(at));
            }
            PatternKind::Wildcard | PatternKind::Bool(_) | PatternKind::None | PatternKind::Error => {}
        }
    }

    fn fixed(&mut self, text: &mut TextPart) {
        (self.visit)(Place::Span(&mut text.span));
        (self.visit)(Place::Text(&mut text.map));
    }

    fn string(&mut self, literal: &mut StrLit) {
        (self.visit)(Place::Span(&mut literal.span));
        for part in &mut literal.parts {
            match part {
                StrPart::Text(text) => self.fixed(text),
                StrPart::Hole { expr: inner, span } => {
                    (self.visit)(Place::Span(span));
                    self.expr(inner);
                }
            }
        }
    }

    fn script(&mut self, literal: &mut ScriptLit) {
        (self.visit)(Place::Span(&mut literal.span));
        for part in &mut literal.parts {
            match part {
                ScriptPart::Text(text) => self.fixed(text),
                ScriptPart::Hole { expr: inner, span, .. } => {
                    (self.visit)(Place::Span(span));
                    self.expr(inner);
                }
            }
        }
    }

    fn expr(&mut self, at: &mut Expr) {
        deeper(|| self.parts(at));
    }

    fn parts(&mut self, at: &mut Expr) {
        (self.visit)(Place::Span(&mut at.span));
        match &mut at.kind {
            ExprKind::Name(own) | ExprKind::TypeName(own) => self.name(own),
            ExprKind::Number(number) => (self.visit)(Place::Span(&mut number.span)),
            ExprKind::String(literal) => self.string(literal),
            ExprKind::Script(literal) => self.script(literal),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Tuple(parts) => parts.iter_mut().for_each(|at| self.expr(at)),
            ExprKind::Unary { op_span, operand, .. } => {
                (self.visit)(Place::Span(op_span));
                self.expr(operand);
            }
            ExprKind::Do { do_span, action } => {
                (self.visit)(Place::Span(do_span));
                self.expr(action);
            }
            ExprKind::Binary { op_span, left, right, .. } => {
                (self.visit)(Place::Span(op_span));
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Bool(_) | ExprKind::None | ExprKind::Error => {}
            ExprKind::List { .. } | ExprKind::Map { .. } | ExprKind::Comprehension { .. } => {
                self.collection(&mut at.kind)
            }
            ExprKind::Call { .. } | ExprKind::Field { .. } | ExprKind::Pipe(_) => self.step(&mut at.kind),
            ExprKind::Lambda { .. } | ExprKind::If { .. } | ExprKind::Match { .. } => {
                self.control(&mut at.kind)
            }
        }
    }

    fn collection(&mut self, kind: &mut ExprKind) {
        match kind {
            ExprKind::List { elements, broken } => {
                (self.visit)(Place::Break(broken));
                for element in elements {
                    match element {
                        Element::Item(value) | Element::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::Map { entries, broken } => {
                (self.visit)(Place::Break(broken));
                for (key, value) in entries {
                    self.expr(key);
                    self.expr(value);
                }
            }
            ExprKind::Comprehension { clauses, element, value } => {
                for clause in clauses {
                    match clause {
                        Clause::For(own, list) => {
                            self.binder(own);
                            self.expr(list);
                        }
                        Clause::If(condition) => self.expr(condition),
                    }
                }
                self.expr(element);
                value.iter_mut().for_each(|value| self.expr(value));
            }
            _ => {}
        }
    }

    fn step(&mut self, kind: &mut ExprKind) {
        match kind {
            ExprKind::Call { callee, args, broken } => {
                (self.visit)(Place::Break(broken));
                self.expr(callee);
                args.iter_mut().for_each(|at| self.arg(at));
            }
            ExprKind::Field { base, name, broken, .. } => {
                (self.visit)(Place::Break(broken));
                self.expr(base);
                self.names(name);
            }
            ExprKind::Pipe(pipe) => {
                let Pipe { function, args, broken } = &mut **pipe;
                (self.visit)(Place::Break(broken));
                self.names(function);
                args.iter_mut().for_each(|at| self.arg(at));
            }
            _ => {}
        }
    }

    fn control(&mut self, kind: &mut ExprKind) {
        match kind {
            ExprKind::Lambda { params, body } => {
                for param in params {
                    self.binder(&mut param.binder);
                    param.ty.iter_mut().for_each(|at| self.ty(at));
                }
                match &mut **body {
                    LambdaBody::Expr(body) => self.expr(body),
                    LambdaBody::Block(body) => self.block(body),
                }
            }
            ExprKind::If { if_span, condition, then, otherwise } => {
                (self.visit)(Place::Span(if_span));
                self.expr(condition);
                self.block(then);
                match otherwise.as_deref_mut() {
                    Some(Else::Block(other)) => self.block(other),
                    Some(Else::If(next)) => self.expr(next),
                    None => {}
                }
            }
            ExprKind::Match { match_span, scrutinee, arms } => {
                (self.visit)(Place::Span(match_span));
                self.expr(scrutinee);
                for arm in arms {
                    (self.visit)(Place::Span(&mut arm.span));
                    self.pattern(&mut arm.pattern);
                    arm.guard.iter_mut().for_each(|at| self.expr(at));
                    match &mut arm.body {
                        ArmBody::Expr(body) => self.expr(body),
                        ArmBody::Block(body) => self.block(body),
                    }
                }
            }
            _ => {}
        }
    }
}

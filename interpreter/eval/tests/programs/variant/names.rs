//! Other names for what a program declares.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pipe_syntax::Span;
use pipe_syntax::ast::*;

use super::Edit;
use super::random::Random;

/// Words that new names are made of. Some are words of the language where they stand in another place.
const WORDS: &[&str] =
    &["step", "thing", "x", "a_long_name", "test", "gate", "with", "action", "param", "expect", "use"];

/// What a walk over a program finds.
pub(super) struct Walk {
    /// What functions, params and `let` items are called now, by what they were called.
    pub(super) names: BTreeMap<String, String>,
    /// Where new names stand.
    pub(super) edits: Vec<Edit>,
    /// Literals and comments, in order.
    pub(super) opaque: Vec<Range<usize>>,
    /// Numbers and strings of functions: what tests expect, and what is read of the host, is not among them.
    pub(super) literals: Vec<Range<usize>>,
}

impl Walk {
    /// Gives other names to functions, params, `let` items, parameters and locals; public functions and values keep theirs unless
    /// `public`.
    pub(super) fn over(module: &Module, public: bool, random: &mut Random) -> Walk {
        let comments = module.trivia.iter().filter(|trivia| trivia.kind != TriviaKind::Blank);
        let mut renamer = Renamer {
            random,
            offset: 0,
            taken: BTreeSet::new(),
            scopes: vec![BTreeMap::new()],
            params: BTreeMap::new(),
            edits: Vec::new(),
            opaque: comments.map(|trivia| trivia.span.range()).collect(),
            literals: Vec::new(),
            in_function: false,
        };
        for item in &module.items {
            renamer.declare(item, public);
        }
        for item in &module.items {
            renamer.offset = item.offset;
            renamer.in_function = matches!(*item.kind, ItemKind::Function(_));
            renamer.item(&item.kind);
        }
        let names = renamer.scopes.swap_remove(0);
        let Renamer { edits, mut opaque, literals, .. } = renamer;
        opaque.sort_by_key(|range| range.start);
        Walk { names, edits, opaque, literals }
    }
}

type Scope = BTreeMap<String, String>;

struct Renamer<'r> {
    random: &'r mut Random,
    /// Where the present item begins.
    offset: u32,
    taken: BTreeSet<String>,
    /// New names by old ones, the innermost scope last; the first is the module's.
    scopes: Vec<Scope>,
    /// New names of parameters, by function.
    params: BTreeMap<String, Scope>,
    edits: Vec<Edit>,
    opaque: Vec<Range<usize>>,
    literals: Vec<Range<usize>>,
    in_function: bool,
}

impl Renamer<'_> {
    fn fresh(&mut self) -> String {
        loop {
            let word = WORDS[self.random.below(WORDS.len())];
            let number = self.random.below(1000);
            let name = if self.random.percent(10) { word.to_owned() } else { format!("{word}_{number}") };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    fn declare(&mut self, item: &Item, public: bool) {
        let (name, function) = match &*item.kind {
            ItemKind::Param(param) => (&param.name, None),
            ItemKind::Let(binding) => (&binding.name, None),
            ItemKind::Function(function) => (&function.name, Some(function)),
            _ => return,
        };
        if item.public && !public {
            return;
        }
        let new = self.fresh();
        self.scopes[0].insert(name.text.to_string(), new);
        if let Some(function) = function {
            let params = function.params.iter().map(|param| (param.name.text.to_string(), self.fresh()));
            let params = params.collect();
            self.params.insert(name.text.to_string(), params);
        }
    }

    fn write(&mut self, span: Span, new: String) {
        self.edits.push((span.at(self.offset).range(), new));
    }

    /// A name that stands for what is declared.
    fn name(&mut self, name: &Name) {
        let new = self.scopes.iter().rev().find_map(|scope| scope.get(name.text.as_str())).cloned();
        if let Some(new) = new {
            self.write(name.span, new);
        }
    }

    /// A name that is declared in the innermost scope.
    fn bind(&mut self, name: &Name) {
        // Alternatives of a pattern bind the same names.
        let known = self.scopes.last().and_then(|scope| scope.get(name.text.as_str())).cloned();
        let new = known.unwrap_or_else(|| self.fresh());
        self.write(name.span, new.clone());
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.text.to_string(), new);
        }
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope::new());
        inside(self);
        self.scopes.pop();
    }

    fn item(&mut self, kind: &ItemKind) {
        match kind {
            ItemKind::Use(Use { path: UsePath::File { span, .. }, .. }) => {
                self.opaque.push(span.at(self.offset).range());
            }
            ItemKind::Use(_) | ItemKind::Error => {}
            ItemKind::Param(param) => {
                self.name(&param.name);
                param.default.iter().for_each(|default| self.expr(default));
            }
            ItemKind::Let(binding) => {
                self.name(&binding.name);
                self.expr(&binding.value);
            }
            ItemKind::Function(function) => self.function(function),
            ItemKind::Record(record) => {
                record.fields.iter().filter_map(|field| field.default.as_ref()).for_each(|e| self.expr(e));
            }
            ItemKind::Enum(list) => {
                let payload = list.variants.iter().flat_map(|variant| &variant.payload);
                payload.filter_map(|param| param.default.as_ref()).for_each(|e| self.expr(e));
            }
            ItemKind::Test(test) => {
                for arg in &test.with {
                    arg.name.iter().for_each(|name| self.name(name));
                    self.expr(&arg.value);
                }
                self.string(&test.title);
                self.block(&test.body);
            }
        }
    }

    fn function(&mut self, function: &Function) {
        self.name(&function.name);
        let own = self.params.get(function.name.text.as_str()).cloned();
        function.params.iter().filter_map(|param| param.default.as_ref()).for_each(|e| self.expr(e));
        // Those of a public function keep their names, and hide what is called so in the module.
        let kept =
            || function.params.iter().map(|p| (p.name.text.to_string(), p.name.text.to_string())).collect();
        self.scopes.push(own.unwrap_or_else(kept));
        function.params.iter().for_each(|param| self.name(&param.name));
        self.block(&function.body);
        self.scopes.pop();
    }

    fn block(&mut self, block: &Block) {
        self.scoped(|this| block.statements.iter().for_each(|statement| this.statement(statement)));
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let { binder, value, .. } => {
                self.expr(value);
                self.bind_behind(binder);
            }
            StatementKind::Expect(value) | StatementKind::Gate(value) | StatementKind::Expr(value) => {
                self.expr(value);
            }
            StatementKind::Error => {}
        }
    }

    /// Names for what follows in the present scope: a second one of the same name is another one.
    fn bind_behind(&mut self, binder: &Binder) {
        self.scopes.push(Scope::new());
        self.binder(binder);
        let new = self.scopes.pop().unwrap_or_default();
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(new);
        }
    }

    fn binder(&mut self, binder: &Binder) {
        match &binder.kind {
            BinderKind::Name(name) => self.bind(name),
            BinderKind::Tuple(parts) => parts.iter().for_each(|part| self.binder(part)),
            BinderKind::Wildcard | BinderKind::Error => {}
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Bind(name) => self.bind(name),
            PatternKind::Some(inner) => self.pattern(inner),
            PatternKind::Variant { args, .. } => {
                args.iter().flatten().for_each(|arg| self.pattern(&arg.pattern));
            }
            PatternKind::Tuple(parts) | PatternKind::List(parts) | PatternKind::Or(parts) => {
                parts.iter().for_each(|part| self.pattern(part));
            }
            PatternKind::Number { value, .. } => self.opaque.push(value.span.at(self.offset).range()),
            PatternKind::String(string) => self.opaque.push(string.span.at(self.offset).range()),
            PatternKind::Wildcard | PatternKind::Bool(_) | PatternKind::None | PatternKind::Error => {}
        }
    }

    fn string(&mut self, string: &StrLit) {
        self.literal(string.span);
        for part in &string.parts {
            if let StrPart::Hole { expr, .. } = part {
                self.expr(expr);
            }
        }
    }

    fn literal(&mut self, span: Span) {
        let range = span.at(self.offset).range();
        self.opaque.push(range.clone());
        if self.in_function {
            self.literals.push(range);
        }
    }

    /// Arguments of what is called by a name of the module, or by none.
    fn args(&mut self, args: &[Arg], callee: Option<&Name>) {
        let params = callee.and_then(|name| self.params.get(name.text.as_str())).cloned().unwrap_or_default();
        for arg in args {
            if let Some(name) = &arg.name
                && let Some(new) = params.get(name.text.as_str())
            {
                self.write(name.span, new.clone());
            }
            self.expr(&arg.value);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::String(string) => self.string(string),
            ExprKind::Script(script) => {
                self.opaque.push(script.span.at(self.offset).range());
                for part in &script.parts {
                    if let ScriptPart::Hole { expr, .. } = part {
                        self.expr(expr);
                    }
                }
            }
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Tuple(parts) => parts.iter().for_each(|part| self.expr(part)),
            ExprKind::List { elements, .. } => elements.iter().for_each(|element| match element {
                Element::Item(value) | Element::Spread(value) => self.expr(value),
            }),
            ExprKind::Map { entries, .. } => entries.iter().for_each(|(key, value)| {
                self.expr(key);
                self.expr(value);
            }),
            ExprKind::Comprehension { clauses, element, value } => self.scoped(|this| {
                clauses.iter().for_each(|clause| this.clause(clause));
                this.expr(element);
                value.iter().for_each(|value| this.expr(value));
            }),
            ExprKind::Call { callee, args, .. } => {
                self.expr(callee);
                let named = if let ExprKind::Name(name) = &callee.kind { Some(name) } else { None };
                self.args(args, named);
            }
            ExprKind::Field { base, .. } => self.expr(base),
            ExprKind::Pipe(pipe) => {
                let (base, function, args) = (pipe.base(), &pipe.function, pipe.written_args());
                self.expr(base);
                let named = if let [name] = &**function { Some(name) } else { None };
                named.into_iter().for_each(|name| self.name(name));
                self.args(args, named);
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Do { action, .. } => self.expr(action),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Lambda { params, body } => self.scoped(|this| {
                params.iter().for_each(|param| this.binder(&param.binder));
                match &**body {
                    LambdaBody::Expr(body) => this.expr(body),
                    LambdaBody::Block(body) => this.block(body),
                }
            }),
            ExprKind::If { condition, then, otherwise, .. } => {
                self.expr(condition);
                self.block(then);
                match otherwise.as_deref() {
                    Some(Else::Block(block)) => self.block(block),
                    Some(Else::If(nested)) => self.expr(nested),
                    None => {}
                }
            }
            ExprKind::Match { scrutinee, arms, .. } => {
                self.expr(scrutinee);
                arms.iter().for_each(|arm| self.scoped(|this| this.arm(arm)));
            }
            ExprKind::Number(number) => self.literal(number.span),
            ExprKind::TypeName(_) | ExprKind::Bool(_) | ExprKind::None | ExprKind::Error => {}
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match clause {
            Clause::For(binder, list) => {
                self.expr(list);
                self.bind_behind(binder);
            }
            Clause::If(condition) => self.expr(condition),
        }
    }

    fn arm(&mut self, arm: &Arm) {
        self.pattern(&arm.pattern);
        arm.guard.iter().for_each(|guard| self.expr(guard));
        match &arm.body {
            ArmBody::Expr(body) => self.expr(body),
            ArmBody::Block(body) => self.block(body),
        }
    }
}

//! Bodies as they are looked at from outside: what a local stands for, what a container was made by, through the functions of the
//! program. Nothing is evaluated: what is not plain to see is not known.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::db::{Db, ItemNode, Role, item_of};
use crate::infer::{Bodies, infer};
use crate::place::ItemTag;
use crate::signature::{Signature, signature};
use crate::typed::{Binder, Body, Expr, ExprKind, Global, ListElement, LocalId, Statement, TextPiece};

/// How many functions, values and links are gone through for one question.
const MAX_STEPS: usize = 400;

/// A body, with what its parameters are when it was come to through a call.
#[derive(Clone)]
pub(crate) struct Frame<'db> {
    pub(crate) db: &'db dyn Db,
    pub(crate) node: ItemNode<'db>,
    body: &'db Body,
    /// Made when it is asked for.
    lets: Rc<OnceCell<HashMap<LocalId, &'db Expr>>>,
    /// The parameters of the function; those it was called with, else its defaults.
    params: Rc<Vec<Option<Seen<'db>>>>,
}

/// An expression in its body.
#[derive(Clone)]
pub(crate) struct Seen<'db> {
    pub(crate) frame: Frame<'db>,
    pub(crate) expr: &'db Expr,
}

/// An operation that made a container, or its beginning (`image`, `scratch`).
pub(crate) struct Link<'db> {
    pub(crate) op: Arc<str>,
    pub(crate) args: &'db [Option<Expr>],
    pub(crate) frame: Frame<'db>,
}

impl<'db> Link<'db> {
    /// The variables that it sets, each by its name and its value, as far as they are plain to see.
    pub(crate) fn variables(&self) -> Vec<(Seen<'db>, Seen<'db>)> {
        variables(&self.frame, &self.op, self.args)
    }
}

/// The variables that `env`, `volatile_env`, `secret_env` and `envs` set.
pub(crate) fn variables<'db>(
    frame: &Frame<'db>,
    operation: &str,
    args: &'db [Option<Expr>],
) -> Vec<(Seen<'db>, Seen<'db>)> {
    let arg = |index: usize| Some(frame.see(args.get(index)?.as_ref()?));
    match operation {
        "Container.env" | "Container.volatile_env" | "Container.secret_env" => {
            arg(1).zip(arg(2)).into_iter().collect()
        }
        "Container.envs" => {
            let Some(map) = arg(1).map(Seen::behind) else { return Vec::new() };
            let ExprKind::Map(entries) = &map.expr.kind else { return Vec::new() };
            entries.iter().map(|(name, value)| (map.frame.see(name), map.frame.see(value))).collect()
        }
        _ => Vec::new(),
    }
}

impl<'db> Frame<'db> {
    /// A body of an item, called by nobody.
    pub(crate) fn of(db: &'db dyn Db, node: ItemNode<'db>, body: &'db Body) -> Frame<'db> {
        Frame { db, node, body, lets: Rc::default(), params: Rc::default() }
    }

    /// The name of a local.
    pub(crate) fn local(&self, id: LocalId) -> Option<&'db str> {
        self.body.locals.get(id.0 as usize).map(|local| &*local.name)
    }

    /// The value of a local that is bound by `let`.
    fn value(&self, id: LocalId) -> Option<&'db Expr> {
        self.lets.get_or_init(|| lets(&self.body.expr)).get(&id).copied()
    }

    pub(crate) fn see(&self, expr: &'db Expr) -> Seen<'db> {
        Seen { frame: self.clone(), expr }
    }
}

fn lets(body: &Expr) -> HashMap<LocalId, &Expr> {
    let mut lets = HashMap::new();
    body.walk(&mut |expr| {
        let ExprKind::Block(statements) = &expr.kind else { return };
        for statement in statements {
            if let Statement::Let(Binder::Local(id), value) = statement {
                lets.insert(*id, value);
            }
        }
    });
    lets
}

/// Whether a global is of the prelude.
pub(crate) fn in_prelude(global: &Global) -> bool {
    &*global.module.0 == "std/prelude"
}

/// The argument of a function of the standard library, by its parameter's name.
pub(crate) fn argument<'db>(
    db: &'db dyn Db,
    function: &Global,
    args: &'db [Option<Expr>],
    name: &str,
) -> Option<&'db Expr> {
    let node = item_of(db, function, &[ItemTag::Function])?;
    let Signature::Function(function) = &signature(db, node).signature else { return None };
    let index = function.params.iter().position(|param| &*param.name == name)?;
    args.get(index)?.as_ref()
}

impl<'db> Seen<'db> {
    /// What stands behind names, blocks and conversions: goes to the definition of what is only named, through `let`s,
    /// parameters, and calls of the program's functions.
    pub(crate) fn behind(self) -> Seen<'db> {
        let mut seen = self;
        for _ in 0..MAX_STEPS {
            match seen.step() {
                Some(next) => seen = next,
                None => break,
            }
        }
        seen
    }

    /// As [`Seen::behind`], through conversions and local names only.
    fn step(&self) -> Option<Seen<'db>> {
        let db = self.frame.db;
        match &self.expr.kind {
            ExprKind::Convert { expr, .. } | ExprKind::Some(expr) => Some(self.frame.see(expr)),
            ExprKind::Block(statements) => match statements.last()? {
                Statement::Value(value) => Some(self.frame.see(value)),
                _ => None,
            },
            ExprKind::Local(id) => match self.frame.value(*id) {
                Some(value) => Some(self.frame.see(value)),
                None => self.frame.params.get(id.0 as usize)?.clone(),
            },
            ExprKind::Let(global) => value_of(db, item_of(db, global, &[ItemTag::Let])?),
            ExprKind::Param(global) => value_of(db, item_of(db, global, &[ItemTag::Param])?),
            ExprKind::Call { function, args, .. } => self.call(function, args),
            _ => None,
        }
    }

    /// The body of a function of the program, with these arguments.
    fn call(&self, function: &Global, args: &'db [Option<Expr>]) -> Option<Seen<'db>> {
        let db = self.frame.db;
        let node = item_of(db, function, &[ItemTag::Function])?;
        if node.module(db).role(db) == Role::Std {
            return None;
        }
        let Bodies::Function { defaults, body: Some(body) } = &infer(db, node).bodies else { return None };
        let params = args.iter().enumerate().map(|(index, arg)| match arg {
            Some(arg) => Some(self.frame.see(arg)),
            None => {
                let default = defaults.get(index)?.as_ref()?;
                Some(Frame::of(db, node, default).see(&default.expr))
            }
        });
        let frame = Frame { params: Rc::new(params.collect()), ..Frame::of(db, node, body) };
        Some(frame.see(&body.expr))
    }

    /// Its text, when that is constant.
    pub(crate) fn text(&self) -> Option<String> {
        let seen = self.clone().behind();
        let ExprKind::Text(pieces) = &seen.expr.kind else { return None };
        pieces
            .iter()
            .map(|piece| match piece {
                TextPiece::Fixed(text) => Some(&**text),
                TextPiece::Hole(_) => None,
            })
            .collect()
    }

    /// The words of a list; `None` for one that is not constant.
    pub(crate) fn words(&self) -> Option<Vec<Option<String>>> {
        let seen = self.clone().behind();
        let ExprKind::List(elements) = &seen.expr.kind else { return None };
        Some(
            elements
                .iter()
                .map(|element| match element {
                    ListElement::Item(expr) => seen.frame.see(expr).text(),
                    ListElement::Spread(_) => None,
                })
                .collect(),
        )
    }

    /// What made a container, the last first, as far as it is plain to see. A branch ends it.
    pub(crate) fn history(&self) -> Vec<Link<'db>> {
        let mut links = Vec::new();
        let mut seen = self.clone();
        for _ in 0..MAX_STEPS {
            if let ExprKind::Call { function, args, .. } = &seen.expr.kind
                && in_prelude(function)
            {
                let frame = seen.frame.clone();
                let receiver = args.first().and_then(Option::as_ref);
                let goes_on = function.name.starts_with("Container.");
                links.push(Link { op: function.name.clone(), args, frame });
                match receiver.filter(|_| goes_on) {
                    Some(receiver) => seen = seen.frame.see(receiver),
                    None => break,
                }
            } else {
                match seen.step() {
                    Some(next) => seen = next,
                    None => break,
                }
            }
        }
        links
    }
}

fn value_of<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> Option<Seen<'db>> {
    if node.module(db).role(db) == Role::Std {
        return None;
    }
    let Bodies::Value(Some(body)) = &infer(db, node).bodies else { return None };
    Some(Frame::of(db, node, body).see(&body.expr))
}

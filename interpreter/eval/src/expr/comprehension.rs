//! Comprehensions.

use indexmap::IndexMap;
use pipe_analysis::typed::{Clause, Expr};
use pipe_ops::Datum;

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::{Machine, Site};
use crate::value::{Items, Value};

/// A comprehension, and what it has built so far.
struct Comprehension<'a> {
    element: &'a Expr,
    /// Of a map.
    value: Option<&'a Expr>,
    /// The whole of it.
    expr: &'a Expr,
    list: Vec<Value>,
    map: IndexMap<Datum, Value>,
}

impl Machine {
    pub(super) fn comprehension(
        &mut self,
        clauses: &[Clause],
        element: &Expr,
        value: Option<&Expr>,
        expr: &Expr,
        env: &mut Env,
    ) -> Result<Value> {
        let mut built = Comprehension { element, value, expr, list: Vec::new(), map: IndexMap::new() };
        self.clauses(clauses, &mut built, env)?;
        match value {
            None => self.counted_items(built.list, expr, env).map(Value::List),
            Some(_) => self.finish_map(built.map, expr, env),
        }
    }

    fn clauses(&mut self, clauses: &[Clause], built: &mut Comprehension<'_>, env: &mut Env) -> Result<()> {
        let Some((clause, rest)) = clauses.split_first() else { return self.element(built, env) };
        match clause {
            Clause::If(condition) => {
                if self.condition("`if`", condition, env)? {
                    self.clauses(rest, built, env)?;
                }
            }
            Clause::For(binder, list) => {
                for item in self.elements(list, env)? {
                    self.step(1, &env.frame, list.span)?;
                    self.bind(binder, item, list, env)?;
                    self.clauses(rest, built, env)?;
                }
            }
        }
        Ok(())
    }

    /// One more element. Its memory is counted before there is another one: what is too much ends as soon as it is.
    fn element(&mut self, built: &mut Comprehension<'_>, env: &mut Env) -> Result<()> {
        let Comprehension { element, value, expr, list, map } = built;
        let Some(value) = value else {
            self.count_elements(1, expr, env)?;
            list.push(self.eval(element, env)?);
            return Ok(());
        };
        let key = self.map_key(element, env)?;
        if map.contains_key(&key) {
            return Err(error::invalid("this key occurs twice in the map", env.place(element.span)));
        }
        self.count_entry(expr, env)?;
        map.insert(key, self.eval(value, env)?);
        Ok(())
    }

    /// What a `for` goes over: the elements of a list, the pairs of a map.
    fn elements(&mut self, list: &Expr, env: &mut Env) -> Result<Vec<Value>> {
        let value = self.eval(list, env)?;
        match self.resolved_at(value, &env.frame.clone(), list.span)? {
            Value::List(items) => Ok(items.to_vec()),
            Value::Map(map) => {
                let site: Site = self.site(&env.frame.clone(), list.span);
                let pairs = map.entries.iter().map(|(key, value)| {
                    let key = self.datum_value(key.clone(), &site)?;
                    Ok(Value::Tuple(Items::new(vec![key, value.clone()])))
                });
                pairs.collect()
            }
            other => Err(self.unusable("`for`", &other, env.place(list.span))),
        }
    }
}

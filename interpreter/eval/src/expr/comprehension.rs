//! Comprehensions.

use indexmap::IndexMap;
use pipe_analysis::typed::{Clause, Expr};
use pipe_ops::Datum;

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::{Machine, Site};
use crate::value::{Items, Value};

/// What a comprehension has built so far.
enum Built {
    List(Vec<Value>),
    Map(IndexMap<Datum, Value>),
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
        let mut built = if value.is_some() { Built::Map(IndexMap::new()) } else { Built::List(Vec::new()) };
        self.clauses(clauses, element, value, &mut built, env)?;
        match built {
            Built::List(values) => self.items(values, expr, env).map(Value::List),
            Built::Map(map) => self.finish_map(map, expr, env),
        }
    }

    fn clauses(
        &mut self,
        clauses: &[Clause],
        element: &Expr,
        value: Option<&Expr>,
        built: &mut Built,
        env: &mut Env,
    ) -> Result<()> {
        let Some((clause, rest)) = clauses.split_first() else {
            return self.element(element, value, built, env);
        };
        match clause {
            Clause::If(condition) => {
                if self.condition("`if`", condition, env)? {
                    self.clauses(rest, element, value, built, env)?;
                }
            }
            Clause::For(binder, list) => {
                for item in self.elements(list, env)? {
                    self.step(1, &env.frame, list.span)?;
                    self.bind(binder, item, list, env)?;
                    self.clauses(rest, element, value, built, env)?;
                }
            }
        }
        Ok(())
    }

    fn element(
        &mut self,
        element: &Expr,
        value: Option<&Expr>,
        built: &mut Built,
        env: &mut Env,
    ) -> Result<()> {
        match (built, value) {
            (Built::Map(map), Some(value)) => {
                let key = self.map_key(element, env)?;
                if map.contains_key(&key) {
                    return Err(error::invalid("this key occurs twice in the map", env.place(element.span)));
                }
                let value = self.eval(value, env)?;
                map.insert(key, value);
            }
            (Built::List(values), _) => values.push(self.eval(element, env)?),
            (Built::Map(_), None) => {
                return Err(error::internal("a map without values", env.place(element.span)));
            }
        }
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

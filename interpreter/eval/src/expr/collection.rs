//! Lists, tuples and maps.

use indexmap::IndexMap;
use pipe_analysis::typed::{Expr, ListElement};
use pipe_ops::{Arg, Datum};

use crate::error::{self, Result};
use crate::frame::Env;
use crate::machine::{Machine, symbolic};
use crate::value::{Items, Value, map_value};

impl Machine {
    /// Values as elements: counts their memory, refuses what nests too deeply.
    pub(crate) fn items(&mut self, values: Vec<Value>, expr: &Expr, env: &Env) -> Result<Items> {
        self.count_elements(values.len(), expr, env)?;
        self.counted_items(values, expr, env)
    }

    /// Counts the memory of elements before they are there.
    pub(super) fn count_elements(&mut self, count: usize, expr: &Expr, env: &Env) -> Result<()> {
        self.charge(count.saturating_mul(size_of::<Value>()), &env.frame, expr.span)
    }

    /// As [`Machine::items`], of values whose memory was counted as they came.
    pub(super) fn counted_items(&self, values: Vec<Value>, expr: &Expr, env: &Env) -> Result<Items> {
        let items = Items::new(values);
        self.check_depth(items.depth(), &env.frame, expr.span)?;
        Ok(items)
    }

    pub(super) fn tuple(&mut self, parts: &[Expr], expr: &Expr, env: &mut Env) -> Result<Value> {
        let values = parts.iter().map(|part| self.eval(part, env)).collect::<Result<Vec<_>>>()?;
        self.items(values, expr, env).map(Value::Tuple)
    }

    /// A list. One that spreads a list known only later is such a list itself.
    pub(super) fn list(&mut self, elements: &[ListElement], expr: &Expr, env: &mut Env) -> Result<Value> {
        let mut values = Vec::with_capacity(elements.len());
        // Chunks before a symbolic spread, and that spread.
        let mut chunks: Vec<Value> = Vec::new();
        for element in elements {
            match element {
                ListElement::Item(item) => {
                    self.count_elements(1, expr, env)?;
                    values.push(self.eval(item, env)?);
                }
                ListElement::Spread(list) => match self.eval(list, env)? {
                    Value::List(items) => {
                        self.count_elements(items.len(), expr, env)?;
                        values.extend(items.iter().cloned());
                    }
                    symbolic @ Value::Symbolic(_) => {
                        let before = self.counted_items(std::mem::take(&mut values), expr, env)?;
                        chunks.extend([Value::List(before), symbolic]);
                    }
                    other => return Err(self.unusable("`..`", &other, env.place(list.span))),
                },
            }
        }
        let last = Value::List(self.counted_items(values, expr, env)?);
        if chunks.is_empty() {
            return Ok(last);
        }
        chunks.push(last);
        let lists = Value::List(self.items(chunks, expr, env)?);
        let site = self.site(&env.frame.clone(), expr.span);
        self.apply("List.flatten", &[&lists], &expr.ty, &site)
    }

    pub(super) fn map(&mut self, entries: &[(Expr, Expr)], expr: &Expr, env: &mut Env) -> Result<Value> {
        let mut map = IndexMap::with_capacity(entries.len());
        for (key, value) in entries {
            let key_datum = self.map_key(key, env)?;
            if map.contains_key(&key_datum) {
                return Err(error::invalid("this key occurs twice in the map", env.place(key.span)));
            }
            self.count_entry(expr, env)?;
            map.insert(key_datum, self.eval(value, env)?);
        }
        self.finish_map(map, expr, env)
    }

    /// A key: it must be known.
    pub(super) fn map_key(&mut self, key: &Expr, env: &mut Env) -> Result<Datum> {
        let value = self.eval(key, env)?;
        let site = self.site(&env.frame.clone(), key.span);
        let value = self.resolved(value, &site)?;
        match self.arg(&value, &site)? {
            Arg::Const(datum) => Ok(datum),
            Arg::Output(output) if self.is_known(output) => {
                let value = self.resolved(symbolic(output, &key.ty), &site)?;
                let datum = self.known_datum(&value, &site)?;
                datum.ok_or_else(|| error::internal("a key that is no data", site.place))
            }
            Arg::Output(output) => Err(self.later("a key of a map", output, site.place)),
        }
    }

    /// Counts the memory of an entry of a map before it is there.
    pub(super) fn count_entry(&mut self, expr: &Expr, env: &Env) -> Result<()> {
        self.count_elements(2, expr, env)
    }

    /// A map of entries that were counted; refuses what nests too deeply.
    pub(super) fn finish_map(&self, map: IndexMap<Datum, Value>, expr: &Expr, env: &Env) -> Result<Value> {
        let map = map_value(map);
        self.check_depth(map.depth(), &env.frame, expr.span)?;
        Ok(map)
    }
}

//! Items that need themselves: evaluation would not end. Modules do not import each other in a circle, so a cycle never
//! leaves its module.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::ast;

use super::name_span;
use crate::db::{Db, ItemNode, SourceModule, items};
use crate::infer::infer;
use crate::place::{Finding, ItemTag};
use crate::signature::untyped_let_cycles;
use crate::typed::Global;

/// A cycle with all items that are part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    pub(crate) members: BTreeSet<Global>,
    pub(crate) finding: Finding,
}

struct Graph<'db> {
    db: &'db dyn Db,
    /// Items in source order.
    nodes: Vec<ItemNode<'db>>,
    /// For each item those of this module that it needs, defaults included, in source order.
    edges: Vec<Vec<usize>>,
}

/// The cycles among the items of a module, one for each group of items that need each other.
#[salsa::tracked]
pub(crate) fn call_cycles(db: &dyn Db, module: SourceModule) -> Vec<Cycle> {
    let graph = Graph::new(db, module);
    let mut cycles = Vec::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for start in graph.suspects() {
        if seen.contains(&start) {
            continue;
        }
        if let Some(path) = graph.way_back(start) {
            let group = graph.group(start);
            seen.extend(&group);
            cycles.extend(graph.cycle(&path, &group));
        }
    }
    let reported: BTreeSet<Arc<str>> =
        cycles.iter().flat_map(|cycle| cycle.members.iter().map(|global| global.name.clone())).collect();
    let unknown = untyped_let_cycles(db, module);
    if unknown.is_disjoint(&reported) {
        cycles.extend(unknown.iter().next().and_then(|name| graph.unknown_let(name)));
    }
    cycles
}

impl<'db> Graph<'db> {
    fn new(db: &'db dyn Db, module: SourceModule) -> Graph<'db> {
        let nodes: Vec<ItemNode<'db>> = items(db, module).nodes.clone();
        let index: BTreeMap<Global, usize> =
            nodes.iter().enumerate().rev().map(|(i, node)| (node.global(db), i)).collect();
        let edges = nodes
            .iter()
            .map(|node| {
                let needed = infer(db, *node).references.globals.iter();
                let mut needed: Vec<usize> = needed.filter_map(|global| index.get(global).copied()).collect();
                needed.sort_unstable();
                needed
            })
            .collect();
        Graph { db, nodes, edges }
    }

    /// Items that need themselves, or need one that does: what is left when items that need nothing more are taken away
    /// until none is. Mostly nothing, in linear time.
    fn suspects(&self) -> BTreeSet<usize> {
        let mut needs: Vec<usize> = self.edges.iter().map(Vec::len).collect();
        let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (from, edges) in self.edges.iter().enumerate() {
            for &to in edges {
                if let Some(list) = needed_by.get_mut(to) {
                    list.push(from);
                }
            }
        }
        let mut left: BTreeSet<usize> = (0..self.nodes.len()).collect();
        let mut settled: Vec<usize> =
            needs.iter().enumerate().filter(|(_, n)| **n == 0).map(|(i, _)| i).collect();
        while let Some(at) = settled.pop() {
            left.remove(&at);
            for &from in needed_by.get(at).into_iter().flatten() {
                let Some(count) = needs.get_mut(from) else { continue };
                *count -= 1;
                if *count == 0 {
                    settled.push(from);
                }
            }
        }
        left
    }

    /// The shortest way from an item back to itself, which stands at both ends.
    fn way_back(&self, start: usize) -> Option<Vec<usize>> {
        let mut from: BTreeMap<usize, usize> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for &next in self.edges.get(at).into_iter().flatten() {
                if next == start {
                    let mut path = vec![start];
                    path.extend(std::iter::successors(Some(at), |step| from.get(step).copied()));
                    path.reverse();
                    return Some(if at == start { vec![start, start] } else { path });
                }
                if let Entry::Vacant(entry) = from.entry(next) {
                    entry.insert(at);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// All items that an item needs and that need it.
    fn group(&self, start: usize) -> BTreeSet<usize> {
        let reached = self.reached(start);
        reached.into_iter().filter(|&other| self.reached(other).contains(&start)).collect()
    }

    fn reached(&self, start: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut stack = vec![start];
        while let Some(at) = stack.pop() {
            for &next in self.edges.get(at).into_iter().flatten() {
                if reached.insert(next) {
                    stack.push(next);
                }
            }
        }
        reached
    }

    fn cycle(&self, path: &[usize], group: &BTreeSet<usize>) -> Option<Cycle> {
        let node = |i: &usize| self.nodes.get(*i).copied();
        let path: Vec<ItemNode<'db>> = path.iter().filter_map(node).collect();
        let members = group.iter().filter_map(node).map(|node| node.global(self.db)).collect();
        Some(Cycle { members, finding: self.finding(&path)? })
    }

    fn finding(&self, path: &[ItemNode<'db>]) -> Option<Finding> {
        let names: Vec<&str> = path.iter().map(|node| &*node.key(self.db).name).collect();
        let way = names.join(" -> ");
        let (first, name) = (path.first()?, names.first()?);
        let functions = path.iter().all(|node| node.key(self.db).kind == ItemTag::Function);
        let verb = if functions { "calls itself" } else { "needs itself" };
        let place = first.place(self.db, name_span(self.db, *first));
        let mut found = Diagnostic::error("call-cycle", format!("`{name}` {verb}: {way}"), place);
        for node in path.iter().skip(1).take(path.len().saturating_sub(2)) {
            found = found.label(node.place(self.db, name_span(self.db, *node)), "on the way");
        }
        let help = "a pipeline always ends, so nothing can need itself; go through a list with `for`, `map` or `fold`";
        Some(found.help(help))
    }

    /// A `let` without a type in a circle of names that the references do not confirm.
    fn unknown_let(&self, name: &Arc<str>) -> Option<Cycle> {
        let node = self.nodes.iter().find(|node| node.key(self.db).name == *name)?;
        let ast::ItemKind::Let(_) = &**node.tree(self.db) else { return None };
        let place = node.place(self.db, name_span(self.db, *node));
        let message = format!("the type of `{name}` cannot be told without that of names it mentions");
        let finding =
            Diagnostic::error("missing-type", message, place).help(format!("write it: `let {name}: T = …`"));
        Some(Cycle { members: BTreeSet::from([node.global(self.db)]), finding })
    }
}

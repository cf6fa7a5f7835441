//! How checks are judged: part by part, together, or only for a warning; and what makes one wait for another.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_ops::{NodeId, Op, Output, Slot};

use crate::demand::Part;
use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::rounds::Waiting;
use crate::value::{CheckKind, CheckValue, Judged};

impl Machine {
    /// The parts of a check that are judged.
    pub(crate) fn parts(&mut self, check: &CheckValue, parts: &mut Vec<Part>, site: &Site) -> Result<()> {
        self.meter.steps(1).map_err(|e| error::limit(&e.0, site.place.clone()))?;
        let mut inner = Vec::new();
        self.own_parts(check, &mut inner, site)?;
        if let CheckKind::All { fail_fast: true, .. } = &check.kind {
            let of = judged(&inner);
            let together = self.add_main(Op::Together { of }, site)?;
            inner.iter_mut().for_each(|part| part.judged = vec![together]);
        }
        if check.lenient {
            for part in &mut inner {
                let of = std::mem::take(&mut part.judged);
                let settled = Op::Settled { start: Vec::new(), of, forgives: true };
                part.judged = vec![self.add_main(settled, site)?];
                part.lenient = true;
            }
        }
        for part in &mut inner {
            part.judged.extend(&check.declared);
        }
        parts.extend(inner);
        Ok(())
    }

    fn own_parts(&mut self, check: &CheckValue, parts: &mut Vec<Part>, site: &Site) -> Result<()> {
        let mut part = Part {
            name: check.name.clone(),
            judged: Vec::new(),
            exec: None,
            keeps: false,
            kept: None,
            reports: None,
            lenient: false,
            waits: false,
            fails_here: false,
            lost: Vec::new(),
        };
        match &check.kind {
            CheckKind::All { parts: inner, .. } => {
                if inner.is_empty() && !check.declared.is_empty() {
                    parts.push(part);
                }
                return inner.iter().try_for_each(|check| self.parts(check, parts, site));
            }
            CheckKind::Waiting(waiting) => {
                part.waits = true;
                part.lost.clone_from(&waiting.lost);
                part.judged.clone_from(&waiting.needs);
            }
            CheckKind::Fake { passed: true, .. } => {}
            CheckKind::Fake { passed: false, .. } => {
                // Only a simulation passes by here; in the graph it is something that cannot be had.
                part.fails_here = true;
                part.judged.push(self.declared("a fake check", Vec::new(), Vec::new(), site)?);
            }
            CheckKind::Built { outputs, .. } => {
                part.judged.clone_from(outputs);
            }
            CheckKind::Exec { judged, container, keep, reports, .. } => {
                part.judged.push(Output { node: judged.guard, slot: Slot::ExitCode });
                part.exec = Some(judged.exec);
                part.keeps = !keep.is_empty();
                part.kept = if self.keeps { self.kept(container, keep, site)? } else { None };
                part.reports = self.kept(container, reports, site)?;
            }
        }
        parts.push(part);
        Ok(())
    }

    /// Everything a check is judged by.
    pub(crate) fn judgement(&mut self, check: &CheckValue, site: &Site) -> Result<Vec<Output>> {
        let mut parts = Vec::new();
        self.parts(check, &mut parts, site)?;
        Ok(judged(&parts))
    }

    /// A check whose commands wait until all of these are there, and that fails with them. Of what is to be built, the last commands
    /// wait; where there is none, the judgement.
    pub(crate) fn checked_after(
        &mut self,
        check: &CheckValue,
        after: &[Output],
        site: &Site,
    ) -> Result<CheckValue> {
        self.meter.steps(1).map_err(|e| error::limit(&e.0, site.place.clone()))?;
        let mut later = check.clone();
        match &mut later.kind {
            CheckKind::Waiting(_) | CheckKind::Fake { .. } => {}
            CheckKind::All { parts, .. } => {
                for part in parts {
                    *part = Arc::new(self.checked_after(part, after, site)?);
                }
            }
            CheckKind::Built { outputs, container } => {
                let moved = self.delayed(outputs, after, site)?;
                for output in outputs.iter_mut() {
                    *output = match moved.get(&output.node) {
                        Some(node) => Output { node: *node, ..*output },
                        None => self.add_main(Op::After { of: *output, after: after.to_vec() }, site)?,
                    };
                }
                if let Some(container) = container {
                    Arc::make_mut(container).redirect(&moved);
                }
            }
            CheckKind::Exec { judged: Judged { exec, guard, .. }, container, gated, .. } => {
                let before = [Output { node: *guard, slot: Slot::ExitCode }];
                let moved = self.delayed(&before, after, site)?;
                for node in [exec, guard] {
                    *node = moved.get(node).copied().unwrap_or(*node);
                }
                Arc::make_mut(container).redirect(&moved);
                *gated = true;
            }
        }
        Ok(later)
    }

    /// The nodes that lead from the last commands to these outputs, once more: with commands that wait.
    fn delayed(
        &mut self,
        outputs: &[Output],
        after: &[Output],
        site: &Site,
    ) -> Result<BTreeMap<NodeId, NodeId>> {
        let mut way: BTreeMap<NodeId, bool> = BTreeMap::new();
        let mut pending: Vec<NodeId> = outputs.iter().map(|output| output.node).collect();
        while let Some(id) = pending.pop() {
            let Some(node) = self.graph.get(id) else { continue };
            let is_command = matches!(node.op, Op::Exec(_));
            if way.insert(id, is_command).is_none() && !is_command {
                pending.extend(node.op.inputs().iter().map(|input| input.node));
            }
        }
        let mut moved: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        for (id, is_command) in way {
            self.meter.steps(1).map_err(|e| error::limit(&e.0, site.place.clone()))?;
            let Some(node) = self.graph.shared(id).cloned() else { continue };
            let mut op = node.op.clone();
            if let Op::Exec(exec) = &mut op {
                exec.root = self.add_main(Op::After { of: exec.root, after: after.to_vec() }, site)?;
            } else if !is_command && !op.inputs().iter().any(|input| moved.contains_key(&input.node)) {
                continue;
            }
            op.redirect(|input| match moved.get(&input.node) {
                Some(node) => Output { node: *node, ..input },
                None => input,
            });
            let origin = node.origins.first().cloned();
            let added = self.graph.add(op, origin, (*node.hints).clone());
            moved.insert(id, added.map_err(|e| error::internal(&e.to_string(), site.place.clone()))?);
        }
        Ok(moved)
    }
}

impl CheckValue {
    /// Whether it succeeds, when nothing of it has to run.
    pub(crate) fn without_running(&self) -> Option<bool> {
        match &self.kind {
            CheckKind::Fake { passed, .. } => Some(*passed || self.lenient),
            CheckKind::All { parts, .. } => {
                let parts: Option<Vec<bool>> = parts.iter().map(|part| part.without_running()).collect();
                parts.map(|parts| self.lenient || parts.into_iter().all(|passed| passed))
            }
            CheckKind::Exec { .. } | CheckKind::Built { .. } | CheckKind::Waiting(_) => None,
        }
    }

    /// What it waits for that is known only in a later round.
    pub(crate) fn first_waiting(&self) -> Option<&Arc<Waiting>> {
        match &self.kind {
            CheckKind::Waiting(waiting) => Some(waiting),
            CheckKind::All { parts, .. } if self.waits => parts.iter().find_map(|part| part.first_waiting()),
            _ => None,
        }
    }
}

/// What all of them are judged by, each once.
fn judged(parts: &[Part]) -> Vec<Output> {
    let mut judged: Vec<Output> = parts.iter().flat_map(|part| part.judged.iter().copied()).collect();
    judged.sort_unstable();
    judged.dedup();
    judged
}

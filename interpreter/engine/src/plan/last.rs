//! How the steps of a plan ended when they last ran.

use std::collections::{HashMap, HashSet};

use pipe_ops::{NodeId, StepKey};
use pipe_store::LastResult;

use super::{Plan, PlanNode};
use crate::why::{LOOKED_AT, nearest};
use crate::{Engine, EngineError};

impl Engine {
    /// How each step of a plan ended when it last ran, as far as that is known: under its key; else, with another key, the step of its
    /// name. Of several of one name in the plan it is the one whose key was made of the most similar things.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_results(&self, plan: &Plan) -> Result<HashMap<NodeId, LastResult>, EngineError> {
        let steps = || plan.nodes.iter().filter(|node| node.is_step);
        let beside: HashSet<StepKey> = steps().filter_map(|node| node.key).collect();
        let mut named: HashMap<&str, u32> = HashMap::new();
        steps().for_each(|node| *named.entry(&*node.name).or_default() += 1);
        let mut found = HashMap::new();
        for node in steps() {
            let is_only = named.get(&*node.name) == Some(&1);
            if let Some(last) = self.last_result(node, is_only, &beside)? {
                found.insert(node.node, last);
            }
        }
        Ok(found)
    }

    fn last_result(
        &self,
        node: &PlanNode,
        is_only: bool,
        beside: &HashSet<StepKey>,
    ) -> Result<Option<LastResult>, EngineError> {
        if let Some(key) = node.key
            && let Some(last) = self.store.last_of_key(key)?
        {
            return Ok(Some(last));
        }
        let named = self.store.last_named(&node.name)?;
        if is_only || named.is_none() {
            return Ok(named);
        }
        let (Some(preimage), Some(key)) = (&node.preimage, node.key) else { return Ok(None) };
        let earlier = nearest(self.store.steps_named(&node.name, LOOKED_AT)?, preimage, key, beside);
        Ok(earlier.map(|(key, _)| self.store.last_of_key(key)).transpose()?.flatten())
    }
}

//! Who needs whom, by numbers of nodes: lists of all nodes in a few long ones.

/// The inputs and the consumers of each node.
#[derive(Default)]
pub(crate) struct Edges {
    /// One behind the other; an edge is a place in here.
    inputs: Vec<u32>,
    /// By node: where its inputs end.
    ends: Vec<u32>,
    /// By edge: the node that it leads to, and the next edge from the same input.
    led: Vec<(u32, u32)>,
    /// By node: the first and the last edge from it.
    from: Vec<(u32, u32)>,
}

/// There is no such edge.
const NONE: u32 = u32::MAX;

impl Edges {
    /// Adds a node that needs these, all of which are there.
    pub(crate) fn push(&mut self, inputs: &[u32]) {
        let node = self.ends.len() as u32;
        for &input in inputs {
            let edge = self.inputs.len() as u32;
            self.inputs.push(input);
            self.led.push((node, NONE));
            let Some((first, last)) = self.from.get_mut(input as usize) else { continue };
            match self.led.get_mut(*last as usize) {
                Some((_, next)) => *next = edge,
                None => *first = edge,
            }
            *last = edge;
        }
        self.ends.push(self.inputs.len() as u32);
        self.from.push((NONE, NONE));
    }

    /// The nodes that a node needs.
    pub(crate) fn inputs(&self, node: u32) -> &[u32] {
        let end = |node: u32| self.ends.get(node as usize).copied().unwrap_or_default() as usize;
        let start = node.checked_sub(1).map_or(0, end);
        self.inputs.get(start..end(node)).unwrap_or_default()
    }

    /// The nodes that need a node, in the order in which they were added.
    pub(crate) fn consumers(&self, node: u32) -> impl Iterator<Item = u32> {
        let led = |edge: u32| self.led.get(edge as usize).copied();
        let first = self.from.get(node as usize).and_then(|(first, _)| led(*first));
        std::iter::successors(first, move |(_, next)| led(*next)).map(|(to, _)| to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_and_consumers_are_told_in_order() {
        let mut edges = Edges::default();
        for inputs in [&[][..], &[0], &[0], &[1, 2], &[0, 3]] {
            edges.push(inputs);
        }
        let consumers = |node: u32| edges.consumers(node).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 3, 4].map(consumers), [vec![1, 2, 4], vec![3], vec![3], vec![4], vec![]]);
        assert_eq!([0, 1, 2, 3, 4].map(|node| edges.inputs(node)), [&[][..], &[0], &[0], &[1, 2], &[0, 3]]);
        assert!(edges.inputs(5).is_empty() && edges.consumers(5).next().is_none());
    }
}

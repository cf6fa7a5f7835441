//! Plans, schedules and caches the operations of a graph.

//! Evaluates a typed module to a graph of operations.

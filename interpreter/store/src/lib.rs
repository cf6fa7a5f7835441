//! Content-addressed storage of trees, blobs and step results.

//! Columns that hold encoded values.

use rusqlite::Row;

/// What a column holds; `None` when it cannot be read.
pub(super) fn decode<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default();
    Ok(postcard::from_bytes(bytes).ok())
}

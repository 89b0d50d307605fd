//! Reads cells that say how much of the mix was heard.

/// The percentage that a cell begins with.
pub fn share(cell: &str) -> Option<f64> {
    cell.split_once(" %")?.0.parse().ok()
}

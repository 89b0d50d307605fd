//! A table in Markdown whose columns also stand under each other in a terminal.

use std::fmt;

/// A head and rows of as many cells.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(|&cell| cell.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells that are missing stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.resize(self.head.len(), String::new());
        self.rows.push(cells);
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]);
            cells
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        (0..self.head.len()).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        line(f, &self.head, &widths)?;
        let rule: Vec<_> = widths.iter().map(|&width| "-".repeat(width)).collect();
        line(f, &rule, &widths)?;
        self.rows.iter().try_for_each(|row| line(f, row, &widths))
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[String], widths: &[usize]) -> fmt::Result {
    for (cell, &width) in cells.iter().zip(widths) {
        write!(f, "| {cell:width$} ")?;
    }
    writeln!(f, "|")
}

/// A figure with three digits that mean something; what is no number is a dash.
pub fn figure(value: f64) -> String {
    let digits = match value.abs() {
        size if !size.is_finite() => return "–".into(),
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(&["what", "own"]);
        table.row(["join, ms".into(), "9".into()]);
        table.row(["–".into()]);
        assert_eq!(
            table.to_string(),
            "| what     | own |\n\
             | -------- | --- |\n\
             | join, ms | 9   |\n\
             | –        |     |\n"
        );
    }

    #[test]
    fn figures_have_three_digits() {
        let table = [
            (0.061, "0.06"),
            (-3.456, "-3.46"),
            (12.34, "12.3"),
            (1_234.5, "1234"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ];
        for (value, text) in table {
            assert_eq!(figure(value), text);
        }
    }
}
